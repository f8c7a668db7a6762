"""A surrogate -> ONNX in the user's units, checked against onnxruntime.

In: Surrogate, path. Out: a file. Needs the extra [onnx]. Non-goals: other runtimes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nsc.errors import BuildError, MissingExtraError
from nsc.host import replacing
from nsc.surrogate import Member, Surrogate, resize_inputs

OPSET = 17
_NODES = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu"}


def save_onnx(surrogate: Surrogate, path: Path, x: np.ndarray) -> float:
    """Write float64 ONNX: input "x" (n, i), output "y" (n, o), both in the user's
    units.

    Args:
        x: `n i` inputs to check the file with.

    Returns:
        The largest relative difference between onnxruntime and the surrogate on `x`.

    Raises:
        MissingExtraError: onnx or onnxruntime is not installed.
        BuildError: onnxruntime disagrees with the surrogate.
    """
    try:
        import onnx
        import onnxruntime
    except ImportError:
        raise MissingExtraError("onnx", "onnx") from None
    model = _model(surrogate, onnx)
    onnx.checker.check_model(model)
    data = model.SerializeToString()
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    expected = surrogate(x)
    found = session.run(["y"], {"x": np.asarray(x, np.float64)})[0]
    terms = max(map(_largest_sum, surrogate.members))  # that may cancel
    error = float(
        np.abs(found - expected).max() / max(np.abs(expected).max(), terms, 1e-300)
    )
    if error > 1e-9:
        raise BuildError(
            f"onnxruntime differs from the surrogate by {error:.2e} (relative)"
        )
    with replacing(path) as temporary:
        temporary.write_bytes(data)
    return error


def _largest_sum(member: Member) -> float:
    """Bound what the last layer adds up, where hidden units are between -1 and 1."""
    weight, bias = list(member.topology.layers(member.w))[-1]
    return float((np.abs(weight).sum(axis=1) + np.abs(bias)).max())


def _model(surrogate: Surrogate, onnx):
    helper = onnx.helper
    numpy_helper = onnx.numpy_helper
    nodes = []
    constants = []
    outputs = []

    def constant(name: str, value: np.ndarray) -> str:
        constants.append(
            numpy_helper.from_array(np.ascontiguousarray(value, np.float64), name)
        )
        return name

    constant("mid", (surrogate.hi + surrogate.lo) / 2)
    constant("half", (surrogate.hi - surrogate.lo) / 2)
    nodes.append(helper.make_node("Sub", ["x", "mid"], ["centred"]))
    nodes.append(helper.make_node("Div", ["centred", "half"], ["u"]))
    for k, member in enumerate(surrogate.members):
        w, topology = resize_inputs(member.w, member.topology, len(surrogate.lo))
        h = "u"
        layers = topology.layers(w)
        for n, (weight, bias) in enumerate(layers):
            names = [
                h,
                constant(f"weight_{k}_{n}", weight),
                constant(f"bias_{k}_{n}", bias),
            ]
            h = f"z_{k}_{n}"
            nodes.append(helper.make_node("Gemm", names, [h], transB=1))
            if n < len(layers) - 1:
                nodes.append(
                    helper.make_node(_NODES[topology.activation], [h], [f"h_{k}_{n}"])
                )
                h = f"h_{k}_{n}"
        outputs.append(h)
    nodes.append(helper.make_node("Concat", outputs, ["y"], axis=1))
    double = onnx.TensorProto.DOUBLE
    graph = helper.make_graph(
        nodes,
        "surrogate",
        [helper.make_tensor_value_info("x", double, ["n", len(surrogate.lo)])],
        [
            helper.make_tensor_value_info(
                "y", double, ["n", len(surrogate.output_names)]
            )
        ],
        constants,
    )
    model = helper.make_model(
        graph, producer_name="nsc", opset_imports=[helper.make_opsetid("", OPSET)]
    )
    model.ir_version = 8
    helper.set_model_props(
        model,
        {
            "inputs": ",".join(surrogate.input_names),
            "outputs": ",".join(surrogate.output_names),
        },
    )
    return model
