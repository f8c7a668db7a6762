"""Training the papers' CompNet: it learns, resumes bit by bit, keeps its budget,
refuses what does not fit.
"""

import json
from dataclasses import replace

import numpy as np
import pytest
from test_bert import PIECES, SMALL, write_checkpoint

pytestmark = pytest.mark.needs("torch")

from nsc.app import main  # noqa: E402
from nsc.compnet import load_compnet  # noqa: E402
from nsc.compnet.bert import BertCompNet  # noqa: E402
from nsc.compnet.bert.text import linearised  # noqa: E402
from nsc.compnet.bert.training import BertTrainConfig  # noqa: E402
from nsc.compnet.bert.training.corpus import (
    encode,
    learn_tokenizer,
    read_examples,
)  # noqa: E402
from nsc.errors import InputError  # noqa: E402
from nsc.exestack import write_synthetic  # noqa: E402
from nsc.initial import compiler_input  # noqa: E402
from nsc.program import parse_program  # noqa: E402
from nsc.record import Record, read_records, shared_inputs, write_records  # noqa: E402

NO_DAG = "#include <math.h>\ndouble f(double x) { return jn(3, x + 3); }"
QUICK = BertTrainConfig(
    programs=8,
    inputs=64,
    learning_rate=1e-3,
    steps=12,
    vocabulary=200,
    checkpoint_every=4,
)


def emitted(compnet, program, output=0):
    return compnet.emission_for(compiler_input(program), output)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("records")
    write_synthetic(folder, programs=60, seed=5, shard_size=30)
    return folder


def record(name, text, y, n_inputs=1, scale=()):
    y = np.asarray(y, np.float32)
    return Record(
        name,
        text,
        "test",
        n_inputs,
        y.shape[1],
        ((-1, 1),) * n_inputs,
        0,
        y,
        None,
        scale=scale,
    )


def train(data, folder, config, **more):
    from nsc.compnet.bert.training import train_bert

    return train_bert(data, folder, config, **more)


@pytest.mark.slow
def test_it_learns(tmp_path):
    x = shared_inputs()[:, :1]
    few = [
        record(
            f"f{k}",
            f"double f(double x) {{ return {k} * x + {k}; }}",
            k * x + k,
        )
        for k in range(8)
    ]
    write_records(tmp_path / "data" / "few.parquet", few)
    rows = []
    # a batch holds all eight
    every_program = replace(QUICK, steps=10, vocabulary=80, checkpoint_every=2)
    train(
        tmp_path / "data",
        tmp_path / "run",
        every_program,
        progress=rows.append,
    )
    assert rows[-1]["loss"] < 0.98 * rows[1]["loss"]


def test_matrices_in_bfloat16_lose_nearly_the_same(data, tmp_path):
    single, half = [], []
    two_steps = replace(QUICK, steps=2)
    train(data, tmp_path / "single", two_steps, progress=single.append)
    train(
        data,
        tmp_path / "half",
        replace(two_steps, bf16=True),
        progress=half.append,
    )
    assert half[-1]["loss"] == pytest.approx(single[-1]["loss"], rel=0.02)
    assert half[-1]["loss"] != single[-1]["loss"]


def test_it_resumes_bit_by_bit(data, tmp_path, interrupt):
    rows = []
    whole = train(data, tmp_path / "whole", QUICK, progress=rows.append)
    assert rows[0]["programs"] > 40 and rows[0]["vocabulary"] == 200
    assert [row["step"] for row in rows[1:]] == [4, 8, 12] and rows[-1][
        "done"
    ] == 1.0

    for _ in range(2):
        interrupt(train, data, tmp_path / "parts", QUICK)
    parts = train(data, tmp_path / "parts", QUICK)
    theirs = load_compnet(parts).arrays
    for name, array in load_compnet(whole).arrays.items():
        np.testing.assert_array_equal(array, theirs[name], err_msg=name)
    assert not list(tmp_path.glob("*/.*"))  # no temporary file is left


def test_time_is_a_budget_that_a_resumed_run_goes_on_with(
    data, tmp_path, interrupt
):
    config = replace(
        QUICK, steps=None, seconds=0.3, checkpoint_every=1, schedule="linear"
    )

    interrupt(train, data, tmp_path, config)
    rows = []
    path = train(data, tmp_path, config, progress=rows.append)
    assert rows[1]["step"] == 2 and rows[-1]["done"] == 1.0
    assert load_compnet(path).metadata["training_seconds"] >= 0.3


@pytest.mark.parametrize(
    ("schedule", "rate"),
    [
        ("constant", 1.0),
        ("linear", 0.4),
        ("cosine", 0.5 + 0.5 * np.cos(0.6 * np.pi)),
    ],
)
def test_the_rate_follows_the_fraction_of_the_budget(schedule, rate):
    from nsc.compnet.bert.training.schedule import fraction_done, rate_at

    config = replace(
        QUICK, steps=10, seconds=100.0, learning_rate=1.0, schedule=schedule
    )
    done = fraction_done(config, 60, step=2, seconds=60.0)
    assert done == 0.6  # 20 % of the steps, 60 % of the time
    assert fraction_done(config, 60, step=9, seconds=60.0) == 0.9
    assert rate_at(config, done) == pytest.approx(rate)


def test_without_steps_or_time_epochs_are_the_budget():
    from nsc.compnet.bert.training.schedule import fraction_done, steps_in_all

    epochs = replace(QUICK, steps=None, seconds=None)
    assert steps_in_all(epochs, 61) == 1200 * 7  # whole batches of 8
    assert fraction_done(epochs, 61, step=4200, seconds=1e9) == 0.5
    assert steps_in_all(replace(epochs, seconds=3.0), 61) is None
    assert steps_in_all(epochs, 3) == 1200  # fewer than a batch are one


def test_every_program_is_seen_once_an_epoch():
    from nsc.compnet.bert.training.schedule import batches

    lengths = np.random.default_rng(0).integers(5, 500, 64)
    coming = batches(lengths, 8, seed=3, step=0)
    first = [next(coming) for _ in range(8)]
    assert sorted(np.concatenate(first).tolist()) == list(range(64))
    spreads = [np.ptp(lengths[batch]) for batch in first]
    assert max(spreads) < np.ptp(lengths) / 2  # of similar length
    second = [next(coming) for _ in range(8)]
    assert not np.array_equal(first, second)
    resumed = batches(lengths, 8, seed=3, step=9)
    np.testing.assert_array_equal(next(resumed), second[1])
    other = batches(lengths, 8, seed=4, step=0)
    assert not np.array_equal(next(other), first[0])


def test_the_papers_filters(tmp_path):
    x = np.linspace(-1, 1, 64)[:, None]
    wide = record(
        "wide", "double f(double a, double b) { return a; }", x, n_inputs=2
    )
    tall = record(
        "tall", "double f(double x) { return 9 + 2 * x; }", 9 + 2 * x
    )
    nan = record(
        "nan",
        "double f(double x) { return sqrt(x); }",
        np.sqrt(np.where(x < 0, np.nan, x)),
    )
    scaled = record(
        "scaled", "double f(double x) { return 16 * x; }", x, scale=(16.0,)
    )
    long = record(
        "long", "double f(double x) { return x" + " + x" * 300 + "; }", x
    )
    three = record(
        "three",
        "void f(double x, double *a, double *b, double *c);",
        np.hstack([x, 2 * x, 3 * x]),
    )
    write_records(
        tmp_path / "shard-0.parquet", [wide, tall, nan, scaled, long, three]
    )
    config = replace(QUICK, profile="hybertnet")
    examples = read_examples(tmp_path, config)
    assert examples.left_out == {"too_many_inputs": 1, "too_large_output": 3}
    corpus = encode(examples, learn_tokenizer(examples, 200), 512)
    assert len(corpus) == 1 and corpus.left_out["too_long"] == 1
    np.testing.assert_allclose(
        corpus.outputs[0], np.hstack([x, 2 * x]).T, rtol=1e-6
    )
    with pytest.raises(
        InputError, match="every program is longer than 5 word pieces"
    ):
        encode(examples, learn_tokenizer(examples, 200), 5)
    padded = read_examples(tmp_path, QUICK)
    # wide, long, and the first output of three
    assert padded.outputs.shape == (3, 1, 64)


def test_missing_outputs_are_zero(tmp_path):
    x = np.linspace(-1, 1, 64)[:, None]
    write_records(
        tmp_path / "shard-0.parquet",
        [record("one", "double f(double x) { return x; }", x)],
    )
    y = read_examples(tmp_path, replace(QUICK, profile="hybertnet")).outputs
    np.testing.assert_array_equal(
        y[0], np.hstack([x, 0 * x]).T.astype(np.float32)
    )


def test_a_pretrained_encoder_is_where_it_starts(data, tmp_path):
    folder = write_checkpoint(tmp_path / "bert")
    config = replace(QUICK, learning_rate=1e-12, steps=1)
    short = tmp_path / "data"
    x = np.linspace(-1, 1, 64)[:, None]
    write_records(
        short / "shard-0.parquet",
        [record(str(k), "double f(double x);", x) for k in range(8)],
    )
    compnet = load_compnet(
        train(short, tmp_path / "run", config, pretrained=folder)
    )
    assert compnet.config == SMALL and compnet.tokenizer.vocabulary == PIECES

    from nsc.compnet.bert.training.pretrained import load_pretrained

    for name, value in load_pretrained(folder).weights.items():
        np.testing.assert_allclose(
            compnet.arrays[name], value, rtol=1e-3, atol=1e-4
        )
    with pytest.raises(InputError, match="holds another run .pretrained"):
        train(short, tmp_path / "run", config)


def test_another_run_is_never_overwritten(data, tmp_path):
    train(data, tmp_path, QUICK)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(
        InputError,
        match="holds another run .seed 0 there, 1 here.; choose another folder",
    ):
        train(data, tmp_path, replace(QUICK, seed=1))
    other = tmp_path.parent / "other-data"
    write_synthetic(other, programs=20, seed=6, shard_size=20)
    with pytest.raises(InputError, match="holds another run .records"):
        train(other, tmp_path, QUICK)
    assert {
        path.name: path.read_bytes() for path in tmp_path.iterdir()
    } == before


@pytest.mark.slow
def test_command_line(data, tmp_path, capsys):
    run = tmp_path / "run"
    command = [
        "train",
        "--encoder",
        "bert",
        "--data",
        str(data),
        "-o",
        str(run),
        "--profile",
        "hybertnet",
    ]
    assert (
        main(
            [
                *command,
                "--steps",
                "2",
                "--learning-rate",
                "1e-3",
                "--schedule",
                "cosine",
            ]
        )
        == 0
    )
    *log, path = capsys.readouterr().out.strip().splitlines()
    assert [json.loads(line).get("step") for line in log] == [None, 2]
    assert isinstance(load_compnet(path), BertCompNet)
    assert main(["evaluate", "--data", str(data), "--compnet", path]) == 0
    assert "true mean" in capsys.readouterr().out
    assert len(list(read_records(data))) == 60


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (["--encoder", "rnn"], "--encoder expects dag or bert; found 'rnn'"),
        (
            ["--bert", "there", "--seconds", "3"],
            "--seconds, --bert: only with --encoder bert",
        ),
        (
            ["--encoder", "bert", "--programs", "5"],
            "--programs: only with --encoder dag",
        ),
        (["--encoder", "bert", "--profile", "wide"], "unknown profile 'wide'"),
        (
            ["--encoder", "bert", "--schedule", "step"],
            "unknown schedule 'step'",
        ),
        (["--encoder", "bert", "--seconds", "0"], "seconds must be positive"),
        (["--encoder", "bert", "--steps", "-1"], "steps must be positive"),
        (
            ["--encoder", "bert", "--bert", "nowhere"],
            "not a readable BERT configuration",
        ),
        (["--encoder", "bert", "--data", "nowhere"], "no record shards"),
    ],
)
def test_what_does_not_fit_is_one_clear_message(
    data, tmp_path, capsys, monkeypatch, given, why
):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--data", str(data), "-o", "run", *given]) == 2
    said = capsys.readouterr().err
    assert why in said and "Traceback" not in said
    assert not (tmp_path / "run").exists()


def test_a_spoilt_run_is_one_clear_message(data, tmp_path, capsys):
    run = tmp_path / "run"
    train(data, run, QUICK)
    command = [
        "train",
        "--encoder",
        "bert",
        "--data",
        str(data),
        "-o",
        str(run),
        "--steps",
        "2",
    ]
    for spoilt in (b"no state", (run / "state.pt").read_bytes()[:3000], b""):
        (run / "state.pt").write_bytes(spoilt)
        assert main(command) == 2
        assert (
            "state.pt is not a readable training state"
            in capsys.readouterr().err
        )


def test_a_control_reads_dags(data, tmp_path):
    dag = parse_program(
        "double f(double x, double y) { return 2 * (x * x) - y / 4; }"
    ).dag
    listed = "n0 = SQ x0 ; n1 = MUL 2 n0 ; n2 = MUL x1 0.25 ; n3 = SUB n1 n2 ; return n3"
    assert linearised(dag) == listed
    path = train(data, tmp_path, replace(QUICK, reads="dag"))
    compnet = load_compnet(path)
    texts = [
        "double f(double x) { return sin(x) * 3; }",
        "double g(double y) { double t = sin(y); return 3 * t; }",
    ]
    one, other = (
        emitted(compnet, parse_program("#include <math.h>\n" + t))
        for t in texts
    )
    np.testing.assert_array_equal(one.w, other.w)
    assert (
        "could not be used"
        in emitted(compnet, parse_program(NO_DAG)).notes[-1]
    )
    with_dag, without = (
        list(read_records(data))[0],
        record("f", "double f(double x) { return x; }", np.ones((2048, 1))),
    )
    of_records = compnet.emit_records([with_dag, without])
    assert (
        of_records[0].notes == ()
        and "no expression DAG" in of_records[1].notes[-1]
    )
    with pytest.raises(
        InputError, match="^reads expects text or dag; found 'words'"
    ):
        replace(QUICK, reads="words")


def test_texts_are_encoded_end_to_end_and_padded_in_batches(tmp_path):
    x = np.linspace(-1, 1, 64)[:, None]
    texts = [
        "double f(double x) { return x; }",
        "double longer(double x) { return x + x; }",
    ]
    records = [
        record(str(k), text, (k + 1) * x) for k, text in enumerate(texts)
    ]
    write_records(tmp_path / "shard-0.parquet", records)
    examples = read_examples(tmp_path, QUICK)
    assert examples.texts == texts and examples.n_inputs.tolist() == [1, 1]
    tokenizer = learn_tokenizer(examples, 60)
    corpus = encode(examples, tokenizer, 512)
    encoded = [tokenizer.encode(text) for text in texts]
    assert corpus.tokens.tolist() == encoded[0] + encoded[1]
    assert corpus.lengths.tolist() == [len(numbers) for numbers in encoded]
    tokens, lengths = corpus.batch(np.array([1, 0]), pad=0)
    assert lengths.tolist() == [len(encoded[1]), len(encoded[0])]
    assert tokens[1].tolist() == encoded[0] + [0] * (lengths[0] - lengths[1])
    np.testing.assert_allclose(corpus.outputs[1, 0], 2 * x[:, 0], rtol=1e-6)


def test_a_corpus_is_named_by_its_content(data):
    examples = read_examples(data, QUICK)
    tokenizer = learn_tokenizer(examples, 100)
    corpus = encode(examples, tokenizer, 512)
    name = corpus.name
    assert name == encode(examples, tokenizer, 512).name
    assert name.startswith(f"{len(corpus)} programs, ")
    assert len(corpus) + corpus.left_out["too_long"] == len(examples.texts)
    other = replace(examples, outputs=examples.outputs + 1)
    assert encode(other, tokenizer, 512).name != name


def test_records_without_a_dag_are_counted_where_dags_are_read(tmp_path):
    x = np.linspace(-1, 1, 64)[:, None]
    write_records(
        tmp_path / "a.parquet", [record("f", "double f(double x);", x)]
    )
    with pytest.raises(
        InputError, match="fits profile 'exestackcpn': {'no_dag': 1}"
    ):
        read_examples(tmp_path, replace(QUICK, reads="dag"))
