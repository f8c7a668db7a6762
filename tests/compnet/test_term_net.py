"""Torch and numpy are one function, and the tape's gradients are autograd's."""

import numpy as np
import pytest

pytestmark = pytest.mark.needs("torch")

from nsc.compnet import CompNet  # noqa: E402
from nsc.compnet.anchors import ANCHORS  # noqa: E402
from nsc.compnet.arrays import NumpyArrays  # noqa: E402
from nsc.compnet.config import ModelConfig  # noqa: E402
from nsc.compnet.evaluate import run_covering  # noqa: E402
from nsc.compnet.functions import FUNCTIONS  # noqa: E402
from nsc.compnet.pack import make_batch, pack  # noqa: E402
from nsc.compnet.rewrite import terms_of  # noqa: E402
from nsc.program import parse_program  # noqa: E402
from nsc.surrogate import COVERING  # noqa: E402

SMALL = ModelConfig(24, 30, 20, 10, 12, 32)
TEXTS = [
    "double f(double x, double y) { return sin(3 * x) * y; }",
    "double f(double x) { return x * x * x - 2 * x; }",
    (
        "double f(double a, double b, double c) { return a < b ? a * b : exp(c) / (2 +"
        " b * b); }"
    ),
    "double f(double x, double y) { return sqrt(fabs(x - y)) + floor(3 * y); }",
]


@pytest.fixture(scope="module")
def dags():
    return [parse_program("#include <math.h>\n" + text).dag for text in TEXTS]


@pytest.fixture
def net():
    import torch

    from nsc.compnet.training.model import TermNet

    torch.manual_seed(3)
    net = TermNet(SMALL)
    with torch.no_grad():
        for p in net.parameters():  # no zeros, so that nothing is untested
            p.add_(0.05 * torch.randn(p.shape))
    return net


def test_numpy_and_torch_are_one_function(net, dags):
    import torch

    from nsc.compnet.shrink import shrunk
    from nsc.compnet.training.device import on_device
    from nsc.compnet.training.tape import Tape
    from nsc.compnet.walk_result import error_features, roots_of

    batch = make_batch(pack([terms_of(d) for d in dags]), np.arange(len(dags)))
    with torch.no_grad():
        tape = Tape(net, on_device(batch, torch.device("cpu")))
        h = tape.h[torch.from_numpy(batch.roots), : SMALL.width]
        w, shapes = net.parameters_of(h), net.root_shapes_of(h).numpy()
        errors = net.errors_of(
            h,
            torch.from_numpy(
                error_features(roots_of(batch, tape.walk, tape.h))
            ),
        )
    mean, scale = (
        a.numpy()[batch.roots, None]
        for a in (tape.walk.means, tape.walk.scales)
    )
    lo, hi = batch.lo[batch.roots, None], batch.hi[batch.roots, None]
    w = w.double().numpy()
    w = np.concatenate(
        [w[:, :60], w[:, 60:64] * scale, w[:, 64:] * scale + mean], axis=1
    )
    values, w = shrunk(
        np.clip(mean + scale * shapes, lo, hi),
        w,
        np.exp(errors.double().numpy()[:, :1]),
    )
    compnet = CompNet(
        {name: p.detach().numpy() for name, p in net.named_parameters()}, {}
    )
    for k, (dag, emission) in enumerate(
        zip(dags, compnet.emit_many(dags), strict=True)
    ):
        close = {"rtol": 0, "atol": 2e-4 * scale[k, 0]}
        np.testing.assert_allclose(emission.values, values[k], **close)
        x = np.zeros((512, 9))
        x[:, emission.inputs] = ANCHORS[:, : len(emission.inputs)]
        used = ANCHORS * (np.arange(9) < len(emission.inputs))
        np.testing.assert_allclose(
            run_covering(emission.w, x, dag.n_inputs),
            run_covering(w[k], used, 9),
            **close,
        )
        e = min(float(errors[k, 0].exp()), 4.0)
        assert emission.expected_nmse == pytest.approx(
            e - 3 / 16 * e * e, rel=2e-3
        )


def gradients_of(net):
    """Copy the parameters' gradients, and forget them."""
    found = {
        name: p.grad.clone()
        for name, p in net.named_parameters()
        if p.grad is not None
    }
    net.zero_grad()
    return found


def embedded_in_one_graph(net, tape):
    """Embed a tape's nodes again, its calls in one graph, inputs first: `m d+2`."""
    import torch

    from nsc.compnet.training.model import standardised
    from nsc.compnet.training.tape import CELLS

    w = net.weights(frozen=False)
    calls = [
        (call, kind) for kind, calls in tape.calls.items() for call in calls
    ]
    h = {}
    for call, kind in sorted(calls, key=lambda pair: pair[0].rows.start):
        kids = [
            torch.stack([h[k] for k in index.tolist()])[:, : SMALL.width]
            for index in call.sources
        ]
        out = standardised(w, CELLS[kind](w, kids, call.arguments))
        h |= dict(
            zip(range(call.rows.start, call.rows.stop), out, strict=True)
        )
    return torch.stack([h[k] for k in sorted(h)])


def test_the_tapes_gradients_are_autograds(net, dags):
    import torch

    from nsc.compnet.training.device import on_device
    from nsc.compnet.training.tape import Tape

    batch = make_batch(pack([terms_of(d) for d in dags]), np.arange(len(dags)))
    tape = Tape(net, on_device(batch, torch.device("cpu")))
    target = torch.randn(
        tape.h.shape, generator=torch.Generator().manual_seed(1)
    )
    (tape.h * target).sum().backward()
    tape.backward()
    found = gradients_of(net)
    (embedded_in_one_graph(net, tape) * target).sum().backward()
    want = gradients_of(net)
    assert found.keys() == want.keys() > {"inputs", "product_in", "unary_out"}
    for name, gradient in want.items():
        close = {"rtol": 2e-4, "atol": 2e-4 * float(gradient.abs().max())}
        np.testing.assert_allclose(
            found[name], gradient, **close, err_msg=name
        )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_torch_are_those_of_numpy(name):
    import torch

    from nsc.compnet.training.device import TorchArrays

    a = np.array(
        [
            -np.inf,
            -800.0,
            -2.5,
            -1.5,
            -1.0,
            -0.5,
            -1e-10,
            -0.0,
            0.0,
            0.3,
            0.5,
            1.5,
            2.5,
            4e5,
            np.inf,
            np.nan,
        ]
    )
    here = (
        TorchArrays(torch.device("cpu"))
        .apply(FUNCTIONS.index(name), torch.from_numpy(a))
        .numpy()
    )
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(
            here, NumpyArrays().apply(FUNCTIONS.index(name), a), rtol=1e-12
        )


def test_the_papers_encoder_stays_on_its_device():
    import torch

    from nsc.compnet.bert.config import BertConfig
    from nsc.compnet.bert.training.model import BertNet
    from nsc.compnet.training.surrogates import run_surrogates

    with torch.device("meta"):
        net = BertNet(
            BertConfig(50, 32, 2, 2, 64, 40),
            COVERING.n_parameters,
            dropout=0.1,
        )
        lengths = torch.ones(3, dtype=torch.long)
        w = net(torch.zeros(3, 7, dtype=torch.long), lengths)
        x = torch.zeros(5, 9)
    y = run_surrogates(w, COVERING, x, lengths)
    y.sum().backward()
    assert y.device.type == "meta" and y.shape == (3, 1, 5)
    assert {p.grad.device.type for p in net.parameters()} == {"meta"}


def test_nothing_of_a_walk_stays_on_another_device(net, dags, monkeypatch):
    """On torch's "meta" device, which holds no numbers: most of what mixed it with the
    CPU would raise.
    """
    from contextlib import nullcontext

    import torch

    from nsc.compnet.training.device import on_device
    from nsc.compnet.training.surrogates import run_covering as run_in_torch
    from nsc.compnet.training.tape import Tape

    # knows no meta device
    monkeypatch.setattr(
        torch, "autocast", lambda *args, **options: nullcontext()
    )
    meta = torch.device("meta")
    net = net.to(meta)
    for p in net.parameters():
        p.grad = torch.zeros_like(p)
    tape = Tape(
        net,
        on_device(
            make_batch(
                pack([terms_of(d) for d in dags]), np.arange(len(dags))
            ),
            meta,
        ),
    )
    h = tape.h[: len(dags), : SMALL.width]
    x, n_inputs = (
        torch.zeros(5, 9, device=meta),
        torch.ones(len(dags), dtype=torch.long, device=meta),
    )
    emitted = run_in_torch(net.parameters_of(h), x, n_inputs)
    features = torch.zeros(len(dags), 6, device=meta)
    (
        tape.h.sum()
        + emitted.sum()
        + net.root_shapes_of(h).sum()
        + net.errors_of(h, features).sum()
    ).backward()
    tape.backward()
    assert {
        t.device
        for t in (tape.h.grad, tape.walk.means, tape.walk.formula_scales)
    } == {meta}
