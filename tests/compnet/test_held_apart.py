"""What is kept for judging is not trained on, whatever its names and the order of its
inputs.
"""

import numpy as np
import pytest

from nsc.compnet.pack import pack
from nsc.compnet.rewrite import terms_of
from nsc.compnet.training.corpus import grow, grown_corpus
from nsc.compnet.training.held_apart import (
    folders_apart,
    is_apart,
    names_apart,
    names_of_dags,
)
from nsc.exestack import parrot_dags, write_synthetic
from nsc.graph import evaluate
from nsc.program import parse_program
from nsc.record import (
    Record,
    read_dags,
    read_records,
    shared_inputs,
    write_records,
)


def dag_of(expression, *inputs):
    arguments = ", ".join(f"double {name}" for name in inputs)
    return parse_program(
        f"#include <math.h>\ndouble f({arguments}) {{ return {expression}; }}"
    ).dag


def record_of(name, dag, *, keep_dag=True):
    y = evaluate(dag, shared_inputs()[:, : dag.n_inputs]).astype(np.float32)
    return Record(
        name,
        "",
        "test",
        dag.n_inputs,
        1,
        ((-1, 1),) * dag.n_inputs,
        0,
        y,
        dag if keep_dag else None,
    )


@pytest.fixture
def data(tmp_path):
    judged = [
        record_of("ordered", dag_of("a - 2 * b * b", "a", "b")),
        record_of("three", dag_of("sin(x) * z", *"xyz")),
    ]
    write_records(tmp_path / "test" / "a.parquet", judged)
    write_records(
        tmp_path / "validation" / "b.parquet",
        [record_of("opaque", dag_of("exp(x)", "x"), keep_dag=False)],
    )
    write_synthetic(tmp_path / "train", programs=40, seed=1, shard_size=40)
    return tmp_path / "train"


@pytest.mark.parametrize(
    ("expression", "inputs", "expected"),
    [
        ("a - 2 * b * b", "ab", True),
        ("b - 2 * a * a", "ab", True),
        ("b * (a + a) * -1 * b / a + a", "ba", True),
        ("a - (b + b) * b", "uab", True),
        ("q * sin(p)", "pq", True),
        ("q * sin(p) + 0.01", "pq", False),
        ("1 / exp(-x)", "x", True),
        ("exp(2 * x)", "x", False),
    ],
)
def test_programs_are_compared_by_what_they_compute(
    data, expression, inputs, expected
):
    packed = pack([terms_of(dag_of(expression, *inputs))])
    assert is_apart(packed, names_apart(data)).tolist() == [expected]


def test_only_the_splits_beside_are_kept_apart(data):
    assert [f.name for f in folders_apart(data)] == ["validation", "test"]
    assert [f.name for f in folders_apart(data.parent / "test")] == [
        "validation"
    ]
    assert names_apart(data.parent / "test") != names_apart(data)


def test_grown_programs_leave_out_what_is_judged(data, tmp_path):
    grown = grow(data, [0, 0], 300)
    assert not is_apart(grown.packed, names_apart(data)).any()
    free = tmp_path / "alone" / "train"
    write_synthetic(free, programs=40, seed=1, shard_size=40)
    assert len(list(read_dags(free))) == len(list(read_records(free))) == 40
    alone = grow(free, [0, 0], 300)
    assert alone.left_out == 0 and len(alone) == len(grown) + grown.left_out


def test_a_benchmark_is_kept_apart_as_compiled_and_as_it_is():
    names = names_of_dags(parrot_dags())
    scaled = dag_of(
        "sqrt(0.25 * (a-d)*(a-d) + 0.25 * (b-e)*(b-e) + 0.25 * (c-f)*(c-f))",
        *"abcdef",
    )
    as_is = dag_of("sin(-2 * 3.14159265358979323846 * x)", "x")
    other = dag_of("sqrt((a-d)*(a-d) + 3 * (b-e)*(b-e))", *"abcdef")
    packed = pack([terms_of(dag) for dag in (scaled, as_is, other)])
    assert is_apart(packed, names).tolist() == [True, True, False]


def test_no_grown_program_computes_what_a_benchmark_does(data, tmp_path):
    grown = [
        grown_corpus(
            data,
            tmp_path / "grown",
            programs=300,
            seed=0,
            workers=1,
            benchmark=benchmark,
        )
        for benchmark in ((), [dag_of("a * b", "a", "b")])
    ]
    assert grown[0].origin != grown[1].origin
    assert not is_apart(
        grown[1].packed, names_of_dags([dag_of("a * b", "a", "b")])
    ).any()
