"""Training: torch and numpy are one function, runs resume bit by bit."""

import json

import numpy as np
import pytest

pytestmark = pytest.mark.needs("torch")

from nsc.cli import main  # noqa: E402
from nsc.compnet import CompNet, load_compnet  # noqa: E402
from nsc.compnet.config import ModelConfig, TrainConfig  # noqa: E402
from nsc.compnet.pack import make_batch, pack  # noqa: E402
from nsc.errors import InputError  # noqa: E402
from nsc.exestack import write_synthetic  # noqa: E402
from nsc.program.dag import evaluate_nodes  # noqa: E402
from nsc.record import read_records, shared_inputs  # noqa: E402

SMALL = TrainConfig(ModelConfig(16, 24, 8, 32), steps=24, batch=16, warmup_steps=4, checkpoint_every=8)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("records")
    write_synthetic(folder, programs=120, seed=5, shard_size=60)
    return folder


def arrays_of(path):
    return load_compnet(path).arrays


def test_numpy_and_torch_are_one_function(data):
    import torch

    from nsc.compnet.compile import squash
    from nsc.compnet.model import DagNet, Tape, surrogate_forward

    torch.manual_seed(3)
    net = DagNet(ModelConfig(24, 40, 20, 48))
    dags = [r.dag for r in read_records(data)]
    batch = make_batch(pack(dags), np.arange(len(dags)))
    with torch.no_grad():
        roots = Tape(net, batch).h[torch.from_numpy(batch.roots)]
        w, z = net.parameters_of(roots), net.root_values_of(roots)
        n_inputs = torch.tensor([d.n_inputs for d in dags])
        y = surrogate_forward(w, torch.from_numpy(shared_inputs(n=30).astype(np.float32)), n_inputs)
    compnet = CompNet({name: p.detach().numpy() for name, p in net.named_parameters()}, {})
    emissions = compnet.emit_many(dags)
    np.testing.assert_allclose([e.w for e in emissions], w, rtol=0, atol=1e-5)
    np.testing.assert_allclose([squash(e.values) for e in emissions], z, rtol=1e-5, atol=5e-5)  # float32, deep DAGs

    from nsc.compnet.evaluate import run_covering

    for k in range(len(dags)):
        np.testing.assert_allclose(run_covering(emissions[k].w, shared_inputs(n=30), dags[k].n_inputs), y[k], atol=1e-5)


def test_the_tapes_gradient_is_autograds(data):
    import torch

    from nsc.compnet.model import DagNet, Tape

    torch.manual_seed(0)
    net = DagNet(ModelConfig(8, 12, 6, 16)).double()
    dags = [r.dag for r in read_records(data)][:10]
    batch = make_batch(pack(dags), np.arange(10))
    batch.__dict__["literals"] = batch.literals.astype(np.float64)
    torch.set_default_dtype(torch.float64)
    try:
        tape = Tape(net, batch)
        tape.h[torch.from_numpy(batch.roots)].pow(2).sum().backward()
        tape.backward()
        got = {n: p.grad.clone() for n, p in net.named_parameters() if p.grad is not None}
        net.zero_grad()
        h = [leaf for leaf in net.leaves(batch)]
        for level in batch.levels:
            rows = slice(level.start, level.stop)
            args, ends = batch.args[rows], (level.stop - level.start, level.binary, level.ternary)
            kids = [
                torch.stack([h[c] for c in args[:end, k]]) if end else torch.empty(0, 8) for k, end in enumerate(ends)
            ]
            h += list(net.cell(torch.from_numpy(batch.ops[rows]), *kids))
        torch.stack([h[r] for r in batch.roots]).pow(2).sum().backward()
        for name, p in net.named_parameters():
            if p.grad is not None:
                np.testing.assert_allclose(got[name], p.grad, rtol=1e-9, atol=1e-12, err_msg=name)
    finally:
        torch.set_default_dtype(torch.float32)


def test_training_learns_and_resumes_bit_by_bit(data, tmp_path):
    from nsc.compnet.train import train

    rows = []
    whole = train(data, tmp_path / "whole", SMALL, progress=rows.append)
    assert [r["step"] for r in rows] == [8, 16, 24]
    assert rows[-1]["roots"] < rows[0]["roots"]

    class Killed(Exception):
        pass

    def kill(row):
        raise Killed

    for _ in range(2):
        with pytest.raises(Killed):
            train(data, tmp_path / "parts", SMALL, progress=kill)
    parts = train(data, tmp_path / "parts", SMALL)
    for name, array in arrays_of(whole).items():
        np.testing.assert_array_equal(array, arrays_of(parts)[name], err_msg=name)
    assert load_compnet(parts).metadata["steps"] == 24


def test_another_run_is_never_overwritten(data, tmp_path):
    from nsc.compnet.train import train

    train(data, tmp_path, SMALL)
    other = TrainConfig(SMALL.model, steps=24, batch=16, warmup_steps=4, checkpoint_every=8, seed=1)
    with pytest.raises(InputError, match="holds another run .seed 0 there, 1 here.; choose another folder"):
        train(data, tmp_path, other)


def test_command_line(data, tmp_path, capsys, monkeypatch):
    import nsc.compnet.train as module

    monkeypatch.setattr(
        module, "TrainConfig", lambda **given: TrainConfig(SMALL.model, batch=16, checkpoint_every=5, **given)
    )
    assert main(["train", "--data", str(data), "-o", str(tmp_path / "run"), "--steps", "10"]) == 0
    *log, path = capsys.readouterr().out.strip().splitlines()
    assert [json.loads(line)["step"] for line in log] == [5, 10]
    assert main(["evaluate", "--data", str(data), "--compnet", path]) == 0
    assert "true mean" in capsys.readouterr().out
    assert main(["evaluate", "--data", str(data), "--compnet", path, "--train", str(data)]) == 2
    assert "no program is left" in capsys.readouterr().err


def test_no_records_is_an_input_error(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["train", "--data", str(tmp_path / "empty"), "-o", str(tmp_path / "run"), "--steps", "1"]) == 2
    assert "no record shards" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_node_values_are_the_programs_own(data):
    from nsc.compnet.compile import squash
    from nsc.compnet.corpus import load_corpus

    corpus = load_corpus(data, data / "packed")
    records = list(read_records(data))
    assert len(corpus) == len(records)
    for k in (0, 59, 60, 119):  # both shards
        rows = slice(corpus.packed.offsets[k], corpus.packed.offsets[k + 1])
        x = shared_inputs()[:128, : records[k].n_inputs]
        want = squash(evaluate_nodes(records[k].dag, x)).astype(np.float16)
        np.testing.assert_array_equal(corpus.node_values[rows], want)
        np.testing.assert_array_equal(corpus.outputs[k], records[k].outputs[:512, 0])
