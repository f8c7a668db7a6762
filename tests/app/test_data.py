"""Rows that exist become a surrogate, and what is said of them is true of them."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nsc
from nsc.app import main
from nsc.app.data import program_of_rows
from nsc.app.options import CompileOptions
from nsc.app.table import Table, read_table
from nsc.deploy import run_selftest
from nsc.errors import InputError


def examples(n=300, seed=0):
    x = np.random.default_rng(seed).uniform(size=(n, 2))
    return x, np.sin(3 * x[:, 0]) * x[:, 1]


def write_csv(path, n=300):
    x, y = examples(n)
    rows = [
        f"{a!r},{b!r},r{k},{c!r}"
        for k, (a, b, c) in enumerate(
            zip(*x.T.tolist(), y.tolist(), strict=True)
        )
    ]
    path.write_text("a,b,name,y\n" + "\n".join(rows) + "\n")
    return path


def given_of(x, y, **options):
    y = np.asarray(y)
    table = Table("t", {"a": x[:, 0], "b": x[:, 1], "y": y})
    program, options = program_of_rows(
        table, ["a", "b"], ["y"], CompileOptions(**options), budget=None
    )
    return program, options


def test_arrays_are_fitted_and_the_bound_speaks_of_rows():
    x, y = examples(1000)
    surrogate = nsc.fit(x, y)
    report = surrogate.report
    assert surrogate.input_names == ("x1", "x2")
    assert surrogate.output_names == ("y",)
    assert report["test"]["n"] == 200 and report["budget"] == 800
    assert report["test"]["nmse"] < 1e-4
    sentence = report["test"]["bound"]["sentence"]
    assert "rows that come about as these did" in sentence
    assert "domain" not in sentence
    [note] = [n for n in report["notes"] if "rows to learn from" in n]
    assert "800 rows to learn from, 200 to verify on" in note
    assert "no program ran" in note
    assert not any("Python callable" in n for n in report["notes"])


def test_the_seed_decides_the_division():
    x, y = examples()
    same = [nsc.fit(x, y, seed=1).members[0].w.tobytes() for _ in range(2)]
    other = nsc.fit(x, y, seed=2).members[0].w.tobytes()
    assert same[0] == same[1] != other


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(20, 200), copies=st.integers(0, 100), seed=st.integers(0, 9)
)
def test_no_input_both_teaches_and_verifies(n, copies, seed):
    x, y = examples(n)
    chosen = np.random.default_rng(seed).integers(0, n, copies)
    x = np.concatenate([x, x[chosen]])
    y = np.concatenate([y, y[chosen] + seed])
    program, options = given_of(x, y, seed=seed)
    found = program.function.given
    held = {row.tobytes() for row in found.held[0]}
    learned = {row.tobytes() for row in found.x}
    assert len(held) == options.verification == len(found.held[0])
    assert len(learned) == options.budget
    assert not held & learned and len(held | learned) == n
    means = {
        row.tobytes(): y[(x == row).all(axis=1)].mean() for row in found.x
    }
    for row, value in zip(found.x, found.y[:, 0], strict=True):
        assert value == pytest.approx(means[row.tobytes()])


def test_noise_is_told_with_its_size():
    x, y = examples(200)
    noise = np.random.default_rng(1).normal(scale=0.1, size=400)
    program, _ = given_of(np.repeat(x, 2, 0), np.repeat(y, 2) + noise)
    copies, noisy = program.notes[1:]
    assert copies.startswith("200 of 400 rows have the inputs of an earlier")
    size = float(noisy.split(" y by ")[1].split()[0])
    assert 0.08 < size < 0.12
    exact, _ = given_of(np.repeat(x, 3, 0), np.repeat(y, 3))
    assert len(exact.notes) == 2


class Frame:
    """What pandas, polars and arrow frames have in common."""

    def __init__(self, columns):
        self.held = columns
        self.columns = list(columns)

    def __getitem__(self, name):
        return self.held[name]


@pytest.mark.parametrize("make", [dict, Frame])
def test_frames_are_read_by_name(make):
    x, y = examples()
    frame = make({"y": y, "flow rate": x[:, 0], "b": x[:, 1]})
    surrogate = nsc.fit(frame, "y", budget=200)
    assert surrogate.input_names == ("flow_rate", "b")
    assert (
        "column 'flow rate' is called 'flow_rate'"
        in (surrogate.report["notes"])
    )
    chosen = nsc.fit(frame, ["y"], names=["b", "flow rate"], budget=200)
    assert chosen.input_names == ("b", "flow_rate")


@pytest.mark.parametrize(
    ("x", "y", "options", "message"),
    [
        (np.zeros((3, 2)), np.zeros(3), {}, "'x1' is 0 in every row"),
        (np.ones(30), np.ones(30), {}, "X must be a data frame, or an array"),
        (examples()[0], np.ones(300), {}, "'y' is 1 in every row"),
        (*examples(10), {}, "at least 16 rows .* found 10"),
        (examples()[0], examples(299)[1], {}, "must have the same rows"),
        (examples()[0], ["a"] * 300, {}, "there is no column 'a'"),
        (examples()[0], examples()[0], {"names": ["a"]}, "names must name 2"),
        (
            np.where(np.arange(60).reshape(30, 2) == 7, np.nan, 1),
            np.ones(30),
            {},
            "row 4, column 'x2': expected a finite number; found nan",
        ),
        (*examples(), {"target_error": 0.1}, "target_error must be left out"),
        (*examples(), {"verification": 299}, "verification must leave some"),
        (*examples(), {"initial": "distill"}, "initial must run no program"),
        ({"a": examples()[1], "a_": examples()[1]}, examples()[1], {}, "both"),
        (examples()[0] * 1e200, examples()[1], {}, "row .* overflow: scale"),
        (
            np.array([["1", "b"]] * 30),
            np.arange(30),
            {},
            "must hold real numbers",
        ),
    ],
)
def test_what_is_no_table_is_explained(x, y, options, message):
    with pytest.raises(InputError, match=message):
        nsc.fit(x, y, **options)


@pytest.mark.parametrize("kind", ["csv", "parquet", "npz"])
def test_files_are_compiled(tmp_path, capsys, kind):
    x, y = examples()
    path = tmp_path / f"runs.{kind}"
    columns = {"a": x[:, 0], "b": x[:, 1], "y": y}
    if kind == "csv":
        write_csv(path)
    elif kind == "parquet":
        pq.write_table(pa.table(columns), path)
    else:
        np.savez(path, **columns)
    words = ["--data", str(path), "--inputs", "a,b", "--outputs", "y"]
    out = tmp_path / "out"
    assert main(["compile", *words, "-o", str(out), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["function"] == "runs" and report["inputs"] == ["a", "b"]
    assert report["test"]["n"] == 60 and report["test"]["nmse"] < 1e-3
    assert run_selftest((out / "surrogate.c").read_text())
    assert "rows that come about as these did" in (
        out / "surrogate.c"
    ).read_text().replace("\n * ", " ").replace("\n// ", " ")
    same = nsc.fit({"a": x[:, 0], "b": x[:, 1]}, {"y": y})
    loaded = nsc.load(out / "surrogate.safetensors")
    assert loaded.members[0].w.tobytes() == same.members[0].w.tobytes()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"t.csv:1: expected the columns' names; the line is empty"),
        (
            "\n1,2\n",
            r"t.csv:1: expected the columns' names; the line is empty",
        ),
        ("1,2\n3,4\n", "t.csv:1: .*; found numbers: write names above them"),
        ("a,b\n1,2\n", "t.csv:1: there is no column 'y'; found a, b"),
        ("a,y,a\n1,2,3\n", "t.csv:1: .*'a' is there twice"),
        ("a,y\n", "must have rows below the columns' names; found none"),
        ("a,y\n1,2\n1\n", "t.csv:3: expected 2 cells, .*; found 1"),
        ("a,y\n1,2\n\n3,x\n", "t.csv:4:3: .*; found 'x'"),
        ('n,a,y\n"p,q",,2\n', "t.csv:2:7: .*; found ''"),
        ('n,a,y\n"p\nq",1,2\nr,NaN,2\n', "t.csv:4:3: .*; found 'NaN'"),
        ("a,y\n1,inf\n", "t.csv:2:3: expected a finite number; found 'inf'"),
        ("a;y\n1,5;2\n", "t.csv:2:1: .*; found '1,5'"),
        ("a,y\n1_0,2\n", "t.csv:2:1: .*; found '1_0'"),
        ("a,y\n" + "1," * 700_000, "lines of less than"),
        ('a,y\n"' + "1\n" * 100_000, "expected a row of cells"),
        (b"a,y\n\xff,1\n", "expected UTF-8 text; byte"),
        ("a,y\n1,2\n3,4\n", "at least 16 rows with different inputs; found 2"),
    ],
)
def test_bad_files_are_explained(tmp_path, capsys, monkeypatch, text, message):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "t.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    words = ["--data", "t.csv", "--inputs", "a", "--outputs", "y"]
    assert main(["compile", *words]) == 2
    error = capsys.readouterr().err
    assert error.startswith("nsc: ") and "Traceback" not in error
    with pytest.raises(InputError, match=message):
        raise InputError(error)


@pytest.mark.parametrize("name", ["t.parquet", "t.npz"])
def test_files_of_another_kind_are_explained(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"a,y\n1,2\n")
    with pytest.raises(InputError, match="cannot be read as"):
        read_table(path, lambda names: names)
    with pytest.raises(InputError, match="data must be a .csv, .parquet or"):
        read_table(tmp_path / "t.xls", lambda names: names)
    with pytest.raises(InputError, match="there is none"):
        read_table(tmp_path / f"no{name}", lambda names: names)


def test_text_and_gaps_in_parquet_are_explained(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"a": ["x", "y"], "b": [1.0, None]}), path)
    with pytest.raises(InputError, match="'a' must hold real numbers"):
        read_table(path, lambda names: ["a"])
    with pytest.raises(InputError, match="row 2, column 'b'.*found nan"):
        read_table(path, lambda names: ["b"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 2),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_numbers_are_read_bit_by_bit(tmp_path_factory, rows, between, end):
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    lines = [between.join(['"a"', "y"])]
    lines += [between.join(map(repr, row)) for row in rows]
    path.write_bytes(("\ufeff" + end.join(lines)).encode())
    table = read_table(path, lambda names: names)
    found = np.stack([table.columns["a"], table.columns["y"]], axis=1)
    assert found.tobytes() == np.array(rows).tobytes()
    assert table.place(len(rows) - 1) == f"{path}:{len(rows) + 1}"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "compile needs a C file, rows"),
        (["x.c", "--outputs", "y"], "are for --data and --command"),
        (["--data", "runs.csv"], "--outputs must name columns of runs.csv"),
        (
            ["--data", "runs.csv", "--outputs", "y", "--fix", "a=1"],
            "--fix must be left out with --data",
        ),
        (
            ["--data", "runs.csv", "--outputs", "y", "--inputs", "y"],
            "must be different columns; found 'y' twice",
        ),
        (
            [
                "--data",
                "runs.csv",
                "--outputs",
                "y",
                "--guard",
                "--inputs",
                "a",
            ],
            "guard and drop_in must be left out|--guard",
        ),
    ],
)
def test_command_lines_are_explained(
    tmp_path, capsys, monkeypatch, words, message
):
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "runs.csv")
    assert main(["compile", *words]) == 2
    with pytest.raises(InputError, match=message):
        raise InputError(capsys.readouterr().err)


PROGRAM = """
#include <math.h>
double wave(double a, double b) { return sin(3 * a) * b; }
"""
OF_WAVE = ["--data", "runs.csv", "--outputs", "y", "--domain", "a=0:1,b=0:1"]


@pytest.fixture
def wave(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wave.c").write_text(PROGRAM)
    return write_csv(tmp_path / "runs.csv")


def test_rows_of_a_program_are_its_first_examples(wave, capsys):
    words = ["compile", "wave.c", *OF_WAVE, "--json"]
    assert main([*words, "--budget", "400"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert any("300 of the examples" in note for note in report["notes"])
    assert report["test"]["n"] == 4096 and report["budget"] == 400
    assert "inputs in the domain" in report["test"]["bound"]["sentence"]
    # all that is learned from is in the file
    assert main([*words, "--budget", "200"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["test"]["nmse"] < 1e-3


@pytest.mark.parametrize(
    ("words", "is_changed", "message"),
    [
        ([], True, "runs.csv:9: expected 0.*found 10"),
        (["--domain", "a=0:0.5"], False, "'a' in the domain, 0 to 0.5"),
        (["--text-only"], False, "--text-only must be left out with rows"),
        (
            ["--inputs", "a"],
            False,
            "each of a, b must have its column among inputs",
        ),
        (["--inputs", "b,a"], False, "which the program gives there"),
    ],
)
def test_rows_of_another_program_are_refused(
    wave, capsys, words, is_changed, message
):
    text = wave.read_text()
    if is_changed:
        lines = text.splitlines()
        lines[8] = lines[8].replace(",r7,", ",r7,1")
        text = "\n".join(lines)
    wave.write_text(text)
    given = ["compile", "wave.c", *OF_WAVE, *words]
    assert main(given) == 2
    with pytest.raises(InputError, match=message):
        raise InputError(capsys.readouterr().err)
