"""CompNet inference: what it emits, from what, and what it says when it cannot."""

import json

import numpy as np
import pytest

from nsc.app import main
from nsc.compnet import evaluate_compnet, load_compnet, rows_by_start
from nsc.compnet.checkpoint import save_compnet
from nsc.compnet.evaluate import run_covering
from nsc.errors import StoreError
from nsc.graph import evaluate
from nsc.initial import compiler_input
from nsc.program import parse_program
from nsc.record import Record, shared_inputs, write_records

UNREAD = "> 512 nodes or none"
WAVE = "#include <math.h>\ndouble f(double x, double y) { return sin(3 * x) * y; }"
TWIN = """#include <math.h>
#define SPEED 3.0
static double swing(double angle) { return sin(SPEED * angle); }
double other_name(double first, double /* the height */ second) { double r = swing(first); return r * second; }"""
DEEP = (
    "double f(double x) { for (int k = 0; k < 40; k++) x = x * 0.9 + 0.1 / (1 + x * x);"
    " return x; }"
)


def emitted(compnet, program, output=0):
    return compnet.emission_for(compiler_input(program), output)


@pytest.fixture(scope="module")
def compnet():
    return load_compnet()


def nmse(w, program):
    x = shared_inputs()
    y = evaluate(program.dag, x[:, : program.dag.n_inputs])[:, 0]
    return (
        np.mean((run_covering(w, x, program.dag.n_inputs) - y) ** 2) / y.var()
    )


def test_the_text_tells_more_than_the_mean(compnet):
    for text in (
        WAVE,
        "double f(double a) { return a * a - a; }",
        "double f(double a, double b) { return a + b; }",
    ):
        program = parse_program(text)
        emission = emitted(compnet, program)
        assert emission.notes == () and emission.w.shape == (65,)
        assert nmse(emission.w, program) < 0.5 < nmse(compnet.base, program)


def test_spelling_does_not_matter(compnet):
    a, b = parse_program(WAVE), parse_program(TWIN)
    assert a.dag.fingerprint == b.dag.fingerprint
    np.testing.assert_array_equal(emitted(compnet, a).w, emitted(compnet, b).w)


def test_what_one_program_gets_does_not_depend_on_the_batch(compnet):
    dags = [
        parse_program(t).dag
        for t in (
            WAVE,
            DEEP,
            "float f(float a, float b) { return a < b ? a * b : 1; }",
        )
    ]
    for alone, together in zip(
        [compnet.emit(d) for d in dags], compnet.emit_many(dags), strict=True
    ):
        np.testing.assert_allclose(alone.w, together.w, rtol=0, atol=1e-5)
        np.testing.assert_allclose(
            alone.values, together.values, rtol=1e-4, atol=1e-5
        )


def test_outputs_are_compiled_one_by_one(compnet):
    both = parse_program(
        "#include <math.h>\nvoid f(double x, double *s, double *c) { *s = sin(x); *c ="
        " -x; }"
    )
    s = parse_program(
        "#include <math.h>\ndouble f(double x) { return sin(x); }"
    )
    np.testing.assert_allclose(
        emitted(compnet, both, 0).w, emitted(compnet, s).w, atol=1e-5
    )
    assert (
        emitted(compnet, both, 0).inputs
        == emitted(compnet, both, 1).inputs
        == (0,)
    )
    assert not np.allclose(
        emitted(compnet, both, 1).w, emitted(compnet, both, 0).w
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("double f(double x) { return jn(3, x); }", "unknown_call"),
        (
            (
                f"double f({', '.join(f'double x{k}' for k in range(10))}) {{ return x0"
                " * x9; }"
            ),
            "too_many_inputs",
        ),
        (
            DEEP.replace(
                "0.1 /", "sqrt(x * x + k) * 0.1 * k * x / (k * k + 1.5) +"
            ).replace("40", "60"),
            "too_many_nodes",
        ),
        (DEEP.replace("40", "4000"), "long_loop"),
    ],
)
def test_what_it_cannot_read_gets_the_base_vector_and_a_note(
    compnet, text, why
):
    emission = emitted(compnet, parse_program(text))
    assert f"[{why}]" in emission.notes[-1] and emission.notes[-1].startswith(
        "the text could not be used for the start"
    )
    np.testing.assert_array_equal(emission.w, compnet.base)
    assert emission.values.size == 0


def test_a_loop_that_is_cut_off_is_compiled_with_a_note(compnet):
    emission = emitted(
        compnet,
        parse_program(
            "double f(double x) { while (x < 4) x += 1.1 + sin(x); return x; }"
        ),
    )
    assert "loop" in emission.notes[-1] and emission.values.size == 512


def test_evaluation_compares_with_its_controls(compnet):
    x = shared_inputs()
    records = []
    for k, text in enumerate(
        [
            WAVE,
            DEEP,
            "double f(double a, double b) { return a - b; }",
            "double f(double x) { return x * x; }",
        ]
    ):
        dag = parse_program(text).dag
        y = evaluate(dag, x[:, : dag.n_inputs]).astype(np.float32)
        records.append(
            Record(
                str(k),
                text,
                "test",
                dag.n_inputs,
                1,
                ((-1, 1),) * dag.n_inputs,
                0,
                y,
                dag,
            )
        )
    rows = {
        row.group: row for row in evaluate_compnet(compnet, records, seed=0)
    }
    assert rows["all"].programs == 4 and rows["1 input"].programs == 2
    assert rows["all"].compnet > rows["all"].true_mean > rows["all"].mismatched
    assert evaluate_compnet(compnet, records, seed=0)[0] == rows["all"]


def test_checkpoints_that_do_not_fit_are_refused(compnet, tmp_path):
    with pytest.raises(
        StoreError, match="no CompNet checkpoint at .*nsc train"
    ):
        load_compnet(tmp_path / "none.safetensors")
    (tmp_path / "text.safetensors").write_text("not tensors at all")
    with pytest.raises(StoreError, match="not a readable checkpoint"):
        load_compnet(tmp_path / "text.safetensors")
    whole = tmp_path / "whole.safetensors"
    save_compnet(whole, compnet.arrays, compnet.metadata)
    np.testing.assert_array_equal(load_compnet(whole).base, compnet.base)
    for old, new, what in (
        (b'"nsc_compnet":"2"', b'"nsc_compnet":"7"', "version 7"),
        (b"SQRT SIN", b"SQRT SON", "other functions"),
    ):
        bent = tmp_path / "bent.safetensors"
        bent.write_bytes(whole.read_bytes().replace(old, new))
        with pytest.raises(StoreError, match=what):
            load_compnet(bent)
    (tmp_path / "half.safetensors").write_bytes(whole.read_bytes()[:5000])
    with pytest.raises(StoreError, match="not a readable checkpoint"):
        load_compnet(tmp_path / "half.safetensors")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"product_in": np.zeros((1, 4096))},
            "do not fit the header: product_in",
        ),
        (
            {"unary_in": np.zeros((1, 1)), "bias_out": np.zeros(3)},
            "bias_out, unary_in",
        ),
        ({"more": np.zeros(3)}, "do not fit the header: more"),
        ({"base": None}, "do not fit the header: base"),
        ({"inputs": np.full((9, 256), np.nan)}, "NaN or infinity"),
    ],
)
def test_tensors_of_other_shapes_never_reach_compiled_code(
    compnet, tmp_path, change, message
):
    arrays = {
        name: a
        for name, a in (compnet.arrays | change).items()
        if a is not None
    }
    save_compnet(tmp_path / "bent.safetensors", arrays, compnet.metadata)
    with pytest.raises(StoreError, match=message):
        load_compnet(tmp_path / "bent.safetensors")


def test_headers_that_describe_no_model_are_refused(compnet, tmp_path):
    for metadata in (
        {},
        {"config": {"model": {"width": "wide"}}},
        {"config": 3},
    ):
        save_compnet(tmp_path / "bent.safetensors", compnet.arrays, metadata)
        with pytest.raises(StoreError, match="the header is damaged"):
            load_compnet(tmp_path / "bent.safetensors")


def test_evaluation_keeps_programs_without_a_dag_apart(compnet):
    x = shared_inputs()
    dag = parse_program(WAVE).dag
    y = evaluate(dag, x[:, :2]).astype(np.float32)
    read = Record("read", WAVE, "test", 2, 1, ((-1, 1),) * 2, 0, y, dag)
    unread = Record("unread", WAVE, "test", 2, 1, ((-1, 1),) * 2, 0, y, None)
    rows = {
        row.group: row
        for row in evaluate_compnet(compnet, [unread, read, unread], seed=0)
    }
    assert rows["all"].programs == 1 and rows[UNREAD].programs == 2
    assert rows[UNREAD].compnet == pytest.approx(rows[UNREAD].base)
    only = evaluate_compnet(compnet, [unread], seed=0)
    assert [row.group for row in only] == [UNREAD]


def test_evaluation_as_json_has_a_row_for_each_start_and_group(
    compnet, tmp_path, capsys
):
    x = shared_inputs()
    dag = parse_program(WAVE).dag
    y = evaluate(dag, x[:, :2]).astype(np.float32)
    rest = (2, 1, ((-1, 1),) * 2, 0, y)
    records = [
        Record("read", WAVE, "test", *rest, dag),
        Record("unread", WAVE, "test", *rest, None),
    ]
    write_records(tmp_path / "shard.parquet", records)
    assert main(["evaluate", "--data", str(tmp_path), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows == rows_by_start(evaluate_compnet(compnet, records, seed=0))
    assert {row["start"] for row in rows} == {
        "compnet",
        "true_mean",
        "mismatched",
        "base",
    }
    found = {(row["start"], row["group"]): row for row in rows}
    every = found["compnet", "all"]
    assert every["programs"] == 1
    # of one program, mean and median are the same
    assert every["geometric_mean"] == pytest.approx(every["median"])
    assert every["median"] > found["true_mean", "all"]["median"]
    unread = found["base", UNREAD]
    assert unread["median"] == pytest.approx(
        found["compnet", UNREAD]["median"]
    )
