"""The parts of training: settings, schedules, surrogates in torch, states, processes."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

pytestmark = pytest.mark.needs("torch")

from nsc.compnet.anchors import targets_of  # noqa: E402
from nsc.compnet.bert.training import BertTrainConfig  # noqa: E402
from nsc.compnet.config import ModelConfig, tensor_shapes  # noqa: E402
from nsc.compnet.functions import FUNCTIONS  # noqa: E402
from nsc.compnet.pack import make_batch, pack  # noqa: E402
from nsc.compnet.rewrite import terms_of  # noqa: E402
from nsc.compnet.training import TrainConfig  # noqa: E402
from nsc.compnet.training.corpus import corpus_of  # noqa: E402
from nsc.compnet.training.expression_families import family  # noqa: E402
from nsc.compnet.training.grow import MAX_NODES, Grower  # noqa: E402
from nsc.compnet.training.schedule import batches, eps_at, rate_at  # noqa: E402
from nsc.errors import InputError, StoreError  # noqa: E402
from nsc.graph import Builder  # noqa: E402
from nsc.program import parse_program  # noqa: E402
from nsc.surrogate import (  # noqa: E402
    COVERING,
    Topology,
    forward,
    random_parameters,
)

TEXTS = [
    "double f(double x) { return x * x - 2 * x; }",
    "double f(double x, double y) { return sin(3 * x) * exp(y) + x; }",
    "double f(double a, double b, double c) { return a < b ? c : a * b * c; }",
]
TINY = ModelConfig(16, 24, 16, 8, 8, 32)


def dags():
    return [parse_program("#include <math.h>\n" + text).dag for text in TEXTS]


# settings


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"steps": 0}, "^steps must be at least 1; found 0$"),
        ({"batch": -3}, "^batch must be at least 1; found -3$"),
        ({"workers": 0}, "^workers must be at least 1"),
        ({"device": "tpu"}, "^device expects cpu or cuda; found 'tpu'$"),
        (
            {"batch": 4, "processes": 5},
            "^processes must be at most the 4 programs of a batch; found 5$",
        ),
    ],
)
def test_settings_are_refused_by_the_names_of_arguments(given, why):
    with pytest.raises(InputError, match=why):
        TrainConfig(**given)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"steps": 0}, "^steps must be positive; found 0$"),
        ({"seconds": -1.5}, "^seconds must be positive; found -1.5$"),
        (
            {"learning_rate": float("nan")},
            "^learning_rate must be positive; found nan",
        ),
        ({"reads": "words"}, "^reads expects text or dag; found 'words'$"),
        (
            {"schedule": "step"},
            "^unknown schedule 'step'; known are constant, linear",
        ),
        (
            {"profile": "wide"},
            "^unknown profile 'wide'; known are exestackcpn",
        ),
        ({"device": "tpu"}, "^device expects cpu or cuda"),
    ],
)
def test_settings_of_the_papers_compiler_are_refused_likewise(given, why):
    with pytest.raises(InputError, match=why):
        BertTrainConfig(**given)


def test_a_device_that_is_not_here_is_named(monkeypatch):
    from nsc.compnet.training.device import device_named
    from nsc.compnet.training.parallel import Ranks

    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(
        InputError, match="^device cuda: torch finds no such device"
    ):
        device_named("cuda")
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    with pytest.raises(InputError, match="found 2 processes and 1 GPUs"):
        device_named("cuda", Ranks(0, 2))
    assert device_named("cpu").type == "cpu"


# schedules


def test_batches_are_epochs_of_programs_of_one_depth():
    depths = np.repeat([1, 5, 20, 60], 16)
    first = list(islice(batches(depths, 8, seed=2, step=0), 8))
    assert sorted(np.concatenate(first).tolist()) == list(range(64))
    assert all(np.ptp(depths[batch]) == 0 for batch in first)


def test_a_resumed_run_sees_the_same_batches():
    depths = np.random.default_rng(0).integers(1, 30, 50)
    whole = list(islice(batches(depths, 8, seed=2, step=0), 15))
    rest = list(islice(batches(depths, 8, seed=2, step=9), 6))
    np.testing.assert_array_equal(whole[9:], rest)
    other = next(batches(depths, 8, seed=3, step=0))
    assert not np.array_equal(whole[0], other)


def test_the_rate_warms_up_and_falls_and_eps_falls_geometrically():
    config = TrainConfig(steps=1000, warmup_steps=100, learning_rate=1.0)
    assert rate_at(config, 0) == pytest.approx(0.01 * 1.003)
    assert rate_at(config, 99) > 0.97
    assert rate_at(config, 500) == pytest.approx(0.503)
    assert rate_at(config, 1000) == pytest.approx(0.003)
    middle = eps_at(config, 500)
    assert eps_at(config, 0) == config.eps_from
    assert middle == pytest.approx(np.sqrt(config.eps_from * config.eps_to))


# surrogates


def test_surrogates_in_torch_are_those_of_numpy():
    import torch

    from nsc.compnet.training.surrogates import run_covering, run_surrogates

    w = np.stack([random_parameters(COVERING, seed=k) for k in range(3)])
    x = np.random.default_rng(0).uniform(-1, 1, (7, 9))
    n_inputs = torch.tensor([9, 4, 1])
    given = torch.from_numpy(w), torch.from_numpy(x)
    found = run_covering(*given, n_inputs)
    general = run_surrogates(given[0], COVERING, given[1], n_inputs)
    for k, n in enumerate(n_inputs.tolist()):
        want = forward(w[k], COVERING, x[:, :n])[:, 0]
        np.testing.assert_allclose(found[k], want, atol=1e-12)
        np.testing.assert_allclose(general[k, 0], want, atol=1e-12)


def test_layers_in_torch_are_those_of_the_topology():
    import torch

    from nsc.compnet.training.surrogates import layers_of

    topology = Topology((3, 5, 2))
    w = np.stack([random_parameters(topology, seed=k) for k in range(2)])
    found = layers_of(torch.from_numpy(w), topology)
    for (weight, bias), (ours, our_bias) in zip(
        found, topology.layers(w), strict=True
    ):
        np.testing.assert_array_equal(weight, ours)
        np.testing.assert_array_equal(bias[..., 0], our_bias)


def test_the_first_base_vector_is_always_the_same():
    import torch

    from nsc.compnet.training.surrogates import random_covering

    torch.manual_seed(1)
    first = random_covering()
    torch.manual_seed(2)
    np.testing.assert_array_equal(first, random_covering())
    (weight, bias), *_ = COVERING.layers(first.numpy())
    assert (
        np.abs(weight).max() <= 2 / 3 and np.abs(bias).max() <= 2 / 3
    )  # fan-in 9


def test_the_net_has_the_tensors_that_a_checkpoint_expects():
    from nsc.compnet.training.model import TermNet

    found = {
        name: tuple(p.shape) for name, p in TermNet(TINY).named_parameters()
    }
    assert found == tensor_shapes(TINY, len(FUNCTIONS))


def test_losses_are_finite_and_teach_every_parameter():
    import torch

    from nsc.compnet.training.device import on_device
    from nsc.compnet.training.losses import NAMES, Losses
    from nsc.compnet.training.model import TermNet
    from nsc.compnet.training.parallel import Ranks
    from nsc.compnet.training.tape import Tape

    torch.manual_seed(0)
    net = TermNet(TINY)
    corpus = corpus_of([terms_of(dag) for dag in dags()])
    programs = np.arange(len(corpus))
    batch = make_batch(corpus.packed, programs)
    tape = Tape(net, on_device(batch, torch.device("cpu")))
    losses = Losses(net, corpus, tape, batch, programs, Ranks())
    found = losses.all(0.01, np.random.default_rng(0))
    assert len(found) == len(NAMES) and all(
        torch.isfinite(loss) for loss in found
    )
    sum(found).backward()
    tape.backward()
    assert {
        name for name, p in net.named_parameters() if p.grad is None
    } == set()


# growing


def test_constant_undefined_and_enormous_programs_are_left_out():
    texts = [
        "double f(double x) { return x; }",
        "double f(double x) { return 1e-6 * x + 3; }",
        "double f(double x) { return sqrt(x - 2); }",
        "double f(double x) { return 1e7 * x; }",
    ]
    programs = [
        terms_of(parse_program("#include <math.h>\n" + t).dag) for t in texts
    ]
    corpus = corpus_of(programs)
    assert len(corpus) == 1
    want = targets_of(pack(programs[:1]))
    np.testing.assert_array_equal(corpus.targets.outputs, want.outputs)
    np.testing.assert_array_equal(corpus.targets.shapes, want.shapes)


def test_grown_programs_are_a_function_of_the_seed_and_fit():
    pool = dags()
    drawn = [
        list(islice(Grower(pool, np.ones(3), seed).programs(), 30))
        for seed in (7, 7, 8)
    ]
    names = [[dag.fingerprint for dag in grown] for grown in drawn]
    assert names[0] == names[1] != names[2]
    assert len(set(names[0])) > 20
    for dag in drawn[0]:
        assert (
            len(dag) <= MAX_NODES and dag.n_inputs <= 9 and len(dag.roots) == 1
        )


def test_weights_say_how_often_a_program_is_grown_from():
    square, wave, _ = dags()
    grown = islice(
        Grower([square, wave], np.array([1.0, 0.0]), 1).programs(), 40
    )
    assert sum("EXP" in repr(terms_text(dag)) for dag in grown) < 20


def terms_text(dag):
    from nsc.graph import OPS

    return [OPS[op] for op in dag.ops.tolist()]


def test_families_are_finite_expressions_over_some_inputs():
    generator = np.random.default_rng(0)
    seen = set()
    for _ in range(40):
        builder = Builder(9, 300)
        dag = builder.finish([family(builder, generator)])
        seen.update(terms_text(dag))
        assert not isinstance(terms_of(dag), float)
    assert {"MUL", "ADD", "SIN", "COS"} <= seen


# states


def test_a_state_is_read_as_it_was_written(tmp_path):
    from nsc.compnet.training.run_state import read_state, write_state

    assert read_state(tmp_path) is None
    state = {
        "net": {},
        "optimizer": {},
        "step": 3,
        "seconds": 1.5,
        "config": {"a": 1},
    }
    write_state(tmp_path, state)
    assert read_state(tmp_path) == state
    assert [path.name for path in tmp_path.iterdir()] == ["state.pt"]
    write_state(tmp_path, {"step": 3})
    with pytest.raises(
        StoreError, match="state.pt is not a readable training state"
    ):
        read_state(tmp_path)


def test_settings_that_came_later_are_as_they_were_before():
    from nsc.compnet.training.run_state import with_defaults

    found = with_defaults({"steps": 5, "old": 1}, TrainConfig)
    assert (found["steps"], found["old"], found["device"]) == (5, 1, "cpu")


def test_other_runs_are_refused_by_what_differs(tmp_path):
    from nsc.compnet.training.run_state import refuse_other

    theirs = {"seed": 0, "threads": 1, "steps": 5}
    refuse_other(tmp_path, theirs, theirs | {"threads": 2}, but=["threads"])
    with pytest.raises(
        InputError,
        match="holds another run .seed 0 there, 1 here; steps 5 there, 6",
    ):
        refuse_other(tmp_path, theirs, {"seed": 1, "steps": 6, "threads": 1})


# processes


def test_ranks_share_a_batch(monkeypatch):
    from nsc.compnet.training.parallel import Ranks, together

    items = np.arange(10)
    parts = [Ranks(rank, 3).part(items) for rank in range(3)]
    np.testing.assert_array_equal(np.concatenate(parts), items)
    assert [len(part) for part in parts] == [4, 3, 3]
    assert Ranks().gather(5, 7).tolist() == [[5, 7]]
    assert Ranks().is_first and not replace(Ranks(), rank=1, size=2).is_first
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    assert (Ranks(5, 8).local_rank, Ranks(5, 8).local_size) == (1, 4)
    with together(1, "cpu", pytest.fail) as ranks:
        assert ranks == Ranks()


def test_a_batch_on_a_device_has_tensors_alone():
    import torch

    from nsc.compnet.training.device import on_device

    packed = pack([terms_of(dag) for dag in dags()])
    batch = make_batch(packed, np.arange(3))
    moved = on_device(batch, torch.device("cpu"))
    assert (
        isinstance(moved.kinds, torch.Tensor)
        and moved.n_leaves == batch.n_leaves
    )
    for here, there in zip(batch.levels, moved.levels, strict=True):
        assert (
            isinstance(there.owner, torch.Tensor) and there.runs == here.runs
        )
        np.testing.assert_array_equal(there.weight.numpy(), here.weight)
