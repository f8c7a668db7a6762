"""Mutants: new programs from real ones, each with one to three changes."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsc.exestack.programs.mutate import Parent, mutants, read_parents
from nsc.program import parse_program
from nsc.record import Record, write_records
from nsc.text import preprocess, solid_words

TEXT = """#include <math.h>

double f(double x, double y) {
  return sin(x * 2.5) - fmax(x, y) / 3.0;
}
"""


def of(text, copies=60, seed=1, function="f"):
    return list(
        mutants(
            Parent(f"a.c:1:{function}", function, text, "MIT"),
            copies,
            seed=seed,
        )
    )


def words(text):
    return solid_words(preprocess(text).text)


def test_the_same_seed_writes_the_same():
    one = [m.text for m in of(TEXT)]
    assert (
        one == [m.text for m in of(TEXT)] != [m.text for m in of(TEXT, seed=2)]
    )
    assert [m.text for m in of(TEXT, copies=10)] == one[
        : len(of(TEXT, copies=10))
    ]


def test_mutants_differ_from_their_parent_and_mostly_from_each_other():
    found = [m.text for m in of(TEXT)]
    assert TEXT not in found and len(set(found)) > 40


def test_nothing_outside_of_bodies_changes():
    head = "#include <math.h>\n\ndouble f(double x, double y) {"
    assert all(m.text.startswith(head) for m in of(TEXT))
    with_global = (
        "static double k = 2.5;\ndouble f(double x) { return x * 1.5; }\n"
    )
    assert all("double k = 2.5;" in m.text for m in of(with_global))


def test_a_mutant_says_whose_it_is():
    first = of(TEXT)[0]
    assert (first.origin, first.licence) == ("mutated", "MIT")
    assert re.fullmatch(r"a\.c:1:f/\d+", first.path)


@given(st.integers(min_value=0, max_value=10**6))
@settings(max_examples=25, deadline=None)
def test_a_mutant_is_c_with_the_same_signature(seed):
    for mutant in of(TEXT, copies=4, seed=seed):
        program = parse_program(mutant.text, function="f")
        assert [leaf.name for leaf in program.signature.inputs] == ["x", "y"]


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        ("return 2.5;", r"return -?[\d.e+-]+;"),
        ("return x < y;", None),
        ("return sin(x);", r"return .*(sin|cos|tanh|atan|x).*;"),
        ("return x > 0.0 ? x : y;", None),
    ],
)
def test_each_kind_of_change_is_made(body, allowed):
    text = f"double f(double x, double y) {{ {body} }}\n"
    found = {m.text for m in of(text, copies=80)}
    assert found
    for made in found if allowed else ():
        assert re.search(allowed, made), made


def test_calls_become_their_kin():
    text = "double f(double x) { return sqrtf(x); }\n"
    found = {m.text for m in of(text, copies=200)}
    names = set().union(*(re.findall(r"\b(\w+)\(", t) for t in found)) - {
        "f",
        "sizeof",
    }
    assert {"cbrtf", "fabsf"} <= names


def test_arguments_are_shuffled():
    text = "double f(double x, double y) { return mix(x, y, 1); }\n"
    found = {m.text for m in of(text, copies=100)}
    assert any("mix(y, x, 1)" in t for t in found)


def test_counts_and_indices_stay():
    loop = "double f(double x) {\n  for (int i = 0; i < 3; i++) x += v[2];\n  return x;\n}"
    assert of(loop) == []  # nothing but counts to change
    table = "double f(double x) { double v[3] = {0}; return v[2] + 1.5; }\n"
    assert all("v[3]" in m.text and "case" not in m.text for m in of(table))
    switch = "double f(double x) { switch (1) { case 1 + 1: return x; } return 0; }\n"
    assert all("case 1 + 1:" in m.text for m in of(switch))


def test_integers_are_no_constants_to_change():
    found = of("double f(double x) { return x + 7; }\n", copies=100)
    assert all(
        re.search(r"\b7\b", m.text) or "7" not in words(m.text) for m in found
    )
    hexadecimal = "double f(double x) { return 0xE; }\n"
    assert of(hexadecimal) == []


def test_a_float_stays_a_float():
    text = "float f(float x) { return 2.5f; }\n"
    assert all(re.search(r"return -?[\d.e+-]+f;", m.text) for m in of(text))


def test_bytes_that_are_no_ascii_stay():
    text = "double f(double x) { /* \xe9 */ return x * 2.5; }\n"
    assert all("\xe9" in m.text for m in of(text))


def test_parents_are_the_training_splits_real_programs(tmp_path):
    y = np.zeros((2048, 1), np.float32)

    def record(name, origin, flags=()):
        return Record(
            name,
            f"text of {name}",
            origin,
            1,
            1,
            ((-1.0, 1.0),),
            0,
            y,
            None,
            flags=flags,
        )

    records = [
        record("p/a.c:3:real", "p"),
        record("synthetic-0-0-1", "synthetic"),
        record("p/a.c:1:f/2:1:mutant", "mutated"),
        record("p/b.c:1:flat", "p", ("constant",)),
        record("p/b.c:2:nearly", "p", ("near_constant",)),
    ]
    (tmp_path / "train").mkdir()
    write_records(tmp_path / "train" / "shard-00000.parquet", records)
    found = list(read_parents(tmp_path))
    assert [p.function for p in found] == ["real", "nearly"]
    assert found[0].text == "text of p/a.c:3:real"
