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
from nsc.errors import MissingExtraError
from nsc.program import Program, as_returned
from nsc.surrogate import Member, Surrogate, resize_inputs

OPSET = 17
IR_VERSION = 8
_ACTIVATIONS = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu"}


@dataclass(frozen=True)
class OnnxExporter:
    """float64 ONNX: input "x" (n, i), output "y" (n, o), both in the user's units.

    Outputs are the networks'; what of them is an integer, the user rounds: the model's
    properties say how ("rounding of NAME").
    """

    file_name: str = "surrogate.onnx"
    tools: tuple[str, ...] = ("onnx", "onnxruntime")
    commands: tuple[str, ...] = ()
    is_default: bool = True

    def refusal(self, program: Program, outside: str | None) -> str | None:
        """Refuse nothing: the model is the networks alone; see `Exporter.refusal`."""
        return None

    def render(self, job: ExportJob) -> bytes:
        """Return the file; see `Exporter.render`."""
        onnx, _ = _tools()
        model = _Graph(job.surrogate, onnx).model()
        onnx.checker.check_model(model)
        data = model.SerializeToString()
        self.check(job, data)
        return data

    def check(self, job: ExportJob, data: bytes) -> None:
        """Compare with onnxruntime; see `Exporter.check`."""
        check_agreement(job, lambda x: self.evaluate(job, data, x), "double")

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

    def __init__(self, surrogate: Surrogate, onnx: Any):
        self.surrogate = surrogate
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def model(self) -> Any:
        """Return the model: normalise, each network, and their outputs side by side."""
        normalised = self._normalised()
        outputs = [
            self._network(k, member, normalised)
            for k, member in enumerate(self.surrogate.members)
        ]
        self._node("Concat", outputs, "y", axis=1)
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

    def _normalised(self) -> str:
        """Map the domain onto [-1, 1], as `Surrogate.normalise` does."""
        lo = self.surrogate.lo
        hi = self.surrogate.hi
        middle = self._constant("mid", (hi + lo) / 2)
        half = self._constant("half", (hi - lo) / 2)
        centred = self._node("Sub", ["x", middle], "centred")
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
        }
        for name, held in zip(
            self.surrogate.output_names, self.surrogate.held, strict=False
        ):
            if held is not None:
                names[f"rounding of {name}"] = held.sentence()
        helper.set_model_props(model, names)
        return model
