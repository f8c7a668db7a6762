"""A surrogate -> ONNX in the user's units, checked against onnxruntime.

In: an `ExportJob`. Out: the file's bytes. Needs the extra [onnx], whose tools are
imported inside functions, for all else here works without. Non-goals: other runtimes.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from nsc.deploy.agreement import check_agreement
from nsc.deploy.exporter import ExportJob
from nsc.deploy.onnx_policy import policy_of, refusal_of, whole_inputs
from nsc.errors import BuildError, InputError, MissingExtraError
from nsc.program import Program, as_returned
from nsc.surrogate import Member, Surrogate, resize_inputs

OPSET = 17
IR_VERSION = 8
_ACTIVATIONS = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu"}


@dataclass(frozen=True)
class OnnxExporter:
    """float64 ONNX: input "x" (n, i), output "y" (n, o), both in the user's units.

    Outputs are the networks'; what of them is an integer, the user rounds: the model's
    properties say how ("rounding of NAME"). They say, too, what the domain is and what is
    done outside of it. A fraction of an integer input is cut off, as C does.
    """

    file_name: str = "surrogate.onnx"
    tools: tuple[str, ...] = ("onnx", "onnxruntime")
    commands: tuple[str, ...] = ()
    is_default: bool = True

    def refusal(self, program: Program, outside: str | None) -> str | None:
        """Refuse policies that a graph cannot follow; see `Exporter.refusal`."""
        return refusal_of(program, outside)

    def render(self, job: ExportJob) -> bytes:
        """Return the file; see `Exporter.render`."""
        onnx, _ = _tools()
        outside = "original" if job.guard else job.outside
        reason = self.refusal(job.program, outside)
        if reason is not None:
            raise InputError(f"export must be left without onnx: {reason}")
        model = _Graph(job, onnx).model()
        onnx.checker.check_model(model)
        data = model.SerializeToString()
        self.check(job, data)
        return data

    def check(self, job: ExportJob, data: bytes) -> None:
        """Compare with onnxruntime; see `Exporter.check`."""
        check_agreement(job, lambda x: self._answered(job, data, x), "double")

    def _answered(
        self, job: ExportJob, data: bytes, x: np.ndarray
    ) -> np.ndarray:
        """Run the file; what is NaN because it is outside is the networks'."""
        y = self.evaluate(job, data, x)
        if job.outside != "nan":
            return y
        is_outside = ~job.surrogate.is_inside(x)
        if not np.isnan(y[is_outside]).all():
            raise BuildError("the ONNX graph is no NaN outside the domain")
        y[is_outside] = job.surrogate.evaluate(x[is_outside])
        return y

    def evaluate(
        self, job: ExportJob, data: bytes, x: np.ndarray
    ) -> np.ndarray:
        """Run the file, and round as its note says; see `Exporter.evaluate`."""
        y = evaluate_onnx(data, np.asarray(x, np.float64))
        return as_returned(job.program, job.surrogate.as_held(y))


def _tools() -> tuple[ModuleType, ModuleType]:
    try:
        import onnx
        import onnxruntime
    except ImportError:
        raise MissingExtraError("onnx", "onnx") from None
    return onnx, onnxruntime


def evaluate_onnx(data: bytes, x: np.ndarray) -> np.ndarray:
    """Run a file's bytes on `n i` float64; returns `n o`.

    Raises:
        MissingExtraError: onnx or onnxruntime is not installed.
    """
    _, onnxruntime = _tools()
    session = onnxruntime.InferenceSession(
        data, providers=["CPUExecutionProvider"]
    )
    return session.run(["y"], {"x": x})[0]


def relative_difference(
    surrogate: Surrogate, x: np.ndarray, y: np.ndarray
) -> float:
    """Return the largest difference of `y` from the surrogate's outputs on `x`.

    It is relative to the largest output, or to the largest terms that a last layer adds
    up: where these cancel, each order of adding has an error of its own.
    """
    expected = surrogate.networks(x)
    largest_terms = max(map(_largest_sum, surrogate.members))
    scale = max(np.abs(expected).max(), largest_terms, 1e-300)
    return float(np.abs(y - expected).max() / scale)


def _largest_sum(member: Member) -> float:
    """Bound what the last layer adds up, where hidden units are between -1 and 1."""
    weight, bias = list(member.topology.layers(member.w))[-1]
    return float((np.abs(weight).sum(axis=1) + np.abs(bias)).max())


class _Graph:
    """Nodes and constants of one surrogate, collected in order."""

    def __init__(self, job: ExportJob, onnx: Any):
        self.job = job
        self.surrogate = job.surrogate
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def model(self) -> Any:
        """Return the model: normalise, each network, and their outputs side by side."""
        whole = self._whole("x")
        normalised = self._normalised(self._clipped(whole))
        outputs = [
            self._network(k, member, normalised)
            for k, member in enumerate(self.surrogate.members)
        ]
        is_nan = self.job.outside == "nan"
        y = self._node("Concat", outputs, "real" if is_nan else "y", axis=1)
        if is_nan:
            self._nan_outside(whole, y)
        return self._described(self._graph())

    def _node(
        self, kind: str, inputs: list[str], output: str, **attributes
    ) -> str:
        make = self.onnx.helper.make_node
        self.nodes.append(make(kind, inputs, [output], **attributes))
        return output

    def _constant(self, name: str, value: np.ndarray) -> str:
        plain = np.ascontiguousarray(value, np.float64)
        self.constants.append(self.onnx.numpy_helper.from_array(plain, name))
        return name

    def _whole(self, x: str) -> str:
        """Cut off the fractions of integer inputs, if there are any."""
        marks = whole_inputs(self.job.program)
        if not marks.any():
            return x
        size = self._node("Abs", [x], "size")
        floor = self._node("Floor", [size], "floor")
        sign = self._node("Sign", [x], "sign")
        cut = self._node("Mul", [sign, floor], "cut")
        array = self.onnx.numpy_helper.from_array(marks, "is_whole")
        self.constants.append(array)
        return self._node("Where", ["is_whole", cut, x], "whole")

    def _clipped(self, x: str) -> str:
        """Take the nearest inputs of the domain, if that is the policy."""
        if self.job.outside != "clip":
            return x
        ends = self._ends()
        above = self._node("Max", [x, ends[0]], "above")
        return self._node("Min", [above, ends[1]], "clipped")

    def _ends(self) -> tuple[str, str]:
        lo = self._constant("lo", self.surrogate.lo)
        return lo, self._constant("hi", self.surrogate.hi)

    def _nan_outside(self, x: str, y: str) -> None:
        """Give NaN in rows that have an input outside the domain."""
        lo, hi = self._ends()
        above = self._node("GreaterOrEqual", [x, lo], "is_above")
        below = self._node("LessOrEqual", [x, hi], "is_below")
        both = self._node("And", [above, below], "is_between")
        double = self.onnx.TensorProto.DOUBLE
        number = self._node("Cast", [both], "between", to=double)
        least = self._node(
            "ReduceMin", [number], "least", axes=[1], keepdims=1
        )
        zero = self._constant("zero", np.zeros(1))
        is_inside = self._node("Greater", [least, zero], "is_inside")
        nan = self._constant("nan", np.full(1, np.nan))
        self._node("Where", [is_inside, y, nan], "y")

    def _normalised(self, x: str) -> str:
        """Map the domain onto [-1, 1], as `Surrogate.normalise` does."""
        lo = self.surrogate.lo
        hi = self.surrogate.hi
        middle = self._constant("mid", (hi + lo) / 2)
        half = self._constant("half", (hi - lo) / 2)
        centred = self._node("Sub", [x, middle], "centred")
        return self._node("Div", [centred, half], "u")

    def _network(self, k: int, member: Member, h: str) -> str:
        """Add the layers of member k to the value named `h`; returns its output."""
        n_inputs = len(self.surrogate.lo)
        w, topology = resize_inputs(member.w, member.topology, n_inputs)
        layers = list(topology.layers(w))
        for n, (weight, bias) in enumerate(layers):
            weight_name = self._constant(f"weight_{k}_{n}", weight)
            bias_name = self._constant(f"bias_{k}_{n}", bias)
            inputs = [h, weight_name, bias_name]
            h = self._node("Gemm", inputs, f"z_{k}_{n}", transB=1)
            if n < len(layers) - 1:
                h = self._node(
                    _ACTIVATIONS[topology.activation], [h], f"h_{k}_{n}"
                )
        return h

    def _graph(self) -> Any:
        n_inputs = len(self.surrogate.lo)
        n_outputs = len(self.surrogate.output_names)
        return self.onnx.helper.make_graph(
            self.nodes,
            "surrogate",
            [self._table("x", n_inputs)],
            [self._table("y", n_outputs)],
            self.constants,
        )

    def _table(self, name: str, columns: int) -> Any:
        """Declare a float64 value of any number of rows."""
        double = self.onnx.TensorProto.DOUBLE
        return self.onnx.helper.make_tensor_value_info(
            name, double, ["n", columns]
        )

    def _domain(self) -> str:
        sides = zip(
            self.surrogate.input_names,
            self.surrogate.lo,
            self.surrogate.hi,
            strict=True,
        )
        ranges = [
            f"{name} in [{lo!r}, {hi!r}]"
            for name, lo, hi in (
                (name, float(lo), float(hi)) for name, lo, hi in sides
            )
        ]
        conditions = [c.text for c in self.surrogate.conditions]
        return "; ".join([*ranges, *conditions])

    def _described(self, graph: Any) -> Any:
        """Make a model of a graph; it says what inputs and outputs are called."""
        helper = self.onnx.helper
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(
            graph, producer_name="nsc", opset_imports=[opset]
        )
        model.ir_version = IR_VERSION
        names = {
            "inputs": ",".join(self.surrogate.input_names),
            "outputs": ",".join(self.surrogate.output_names),
            "domain": self._domain(),
            "outside of the domain": policy_of(self.job.outside),
        }
        for name, held in zip(
            self.surrogate.output_names, self.surrogate.held, strict=False
        ):
            if held is not None:
                names[f"rounding of {name}"] = held.sentence()
        helper.set_model_props(model, names)
        return model
