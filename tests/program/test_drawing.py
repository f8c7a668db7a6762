"""How inputs are drawn: log-uniformly, where conditions hold, from a sample, all of them."""

from dataclasses import replace

import numpy as np
import pytest

from nsc.errors import DomainError
from nsc.program import (
    Program,
    Table,
    count_inputs,
    draw_inputs,
    every_input,
    is_drawn,
    narrowed,
    parse_program,
    parse_ranges,
)

TEXT = "double f(double a, float b, int n) { return a * b + n; }"
RANGES = {"a": ("log", 1, 1e6), "b": (0, 1), "n": (1, 5)}


def drawn(program: Program, n: int, seed: int = 0) -> np.ndarray:
    return draw_inputs(program, n, generator=np.random.default_rng(seed))


def test_logarithms_are_uniform():
    x = drawn(parse_program(TEXT, ranges=RANGES), 20_000)
    logs = np.log10(x[:, 0])
    counts, _ = np.histogram(logs, 6, (0, 6))
    assert abs(counts / 20_000 - 1 / 6).max() < 0.01
    assert x[:, 0].min() >= 1 and x[:, 0].max() <= 1e6
    # the others are as ever
    np.testing.assert_array_equal(
        x[:, 1:],
        drawn(parse_program(TEXT, ranges=RANGES | {"a": (1, 2)}), 20_000)[
            :, 1:
        ],
    )


def test_negative_numbers_and_integers_have_logarithms_too():
    text = "int f(int n, double x) { return n + (int)x; }"
    ranges = {"n": ("log", -8, -1), "x": ("log", -1e3, -1e-3)}
    x = drawn(parse_program(text, ranges=ranges), 20_000)
    values, counts = np.unique(x[:, 0], return_counts=True)
    np.testing.assert_array_equal(values, np.arange(-8, 0))
    share = np.log((1 - values) / -values) / np.log(9)
    assert abs(counts / 20_000 - share).max() < 0.01
    assert x[:, 1].min() >= -1e3 and x[:, 1].max() <= -1e-3
    assert abs(np.median(np.log10(-x[:, 1]))) < 0.05


@pytest.mark.parametrize("bounds", [(0, 1), (-1, 1), (2, 1), (1, np.inf)])
def test_what_has_no_logarithm_is_refused(bounds):
    ranges = RANGES | {"a": ("log", *bounds)}
    with pytest.raises(DomainError, match="logarithmic range of 'a' must be"):
        parse_program(TEXT, ranges=ranges)


def test_logarithmic_ranges_are_read_from_flags():
    ranges = parse_ranges("a=log:1:1e6,b=0:1,n=3")
    assert ranges == {"a": (1.0, 1e6), "b": (0.0, 1.0), "n": (3.0, 3.0)}
    program = parse_program(TEXT, ranges=ranges)
    assert program.drawing.log == (True, False)
    assert program.domain.lo == (1.0, 0.0)
    for wrong in ("a=log:1", "a=log::1", "a=log:x:1"):
        with pytest.raises(DomainError, match="NAME=log:LO:HI"):
            parse_ranges(wrong)


def test_only_inputs_that_fulfil_conditions_are_drawn():
    where = ["a < b * 1e6 && n != 2", "!(b > 0.9)"]
    program = parse_program(TEXT, ranges=RANGES, where=where)
    x = drawn(program, 1000)
    assert len(x) == 1000 and program.drawing.holds(x).all()
    a, b, n = x.T
    assert ((a < b * 1e6) & (n != 2) & (b <= 0.9)).all()
    assert (x[:, 1] == x[:, 1].astype(np.float32)).all()
    # more of the same begin with the same
    np.testing.assert_array_equal(drawn(program, 64), x[:64])
    np.testing.assert_array_equal(drawn(program, 301), x[:301])


def test_conditions_may_name_what_is_fixed():
    program = parse_program(
        TEXT, ranges={"a": (0, 9)}, fix={"n": 4}, where="a > n"
    )
    assert drawn(program, 100)[:, 0].min() > 4


def test_conditions_that_hardly_ever_hold_are_refused():
    with pytest.raises(DomainError, match="holds on 0 of 100,000 that were"):
        parse_program(TEXT, ranges=RANGES, where="b > 2")
    with pytest.raises(DomainError, match="^where must hold on at least 1 in"):
        parse_program(TEXT, ranges=RANGES, where="b < 0.0005")
    program = parse_program(TEXT, ranges=RANGES, where="b < 0.002")
    assert len(drawn(program, 50)) == 50


def test_few_integers_are_listed():
    text = "int f(int a, _Bool b) { return b ? a : -a; }"
    program = parse_program(text, ranges={"a": (-1.5, 2.5)})
    assert count_inputs(program) == 8
    listed = every_input(program)
    assert sorted(map(tuple, listed.tolist())) == [
        (a, b) for a in (-1, 0, 1, 2) for b in (0, 1)
    ]
    program = narrowed(program, "b || a > 0")
    assert len(every_input(program)) == 6
    assert count_inputs(parse_program(TEXT, ranges=RANGES)) == np.inf


def table(n: int = 100, **more) -> Table:
    r = np.random.default_rng(1)
    columns = {
        "n": r.integers(1, 6, n).astype(float),
        "a": r.uniform(2, 3, n),
        "b": r.uniform(0, 1, n),
    }
    return Table("in.csv", columns | more, list(range(2, n + 2)))


def test_a_sample_is_what_is_drawn_from():
    given = table(name=np.zeros(100))
    program = parse_program(TEXT, sample=given)
    rows = program.drawing.sample.rows
    np.testing.assert_array_equal(rows[:, 0], given.columns["a"])
    np.testing.assert_array_equal(
        rows[:, 1], given.columns["b"].astype(np.float32)
    )
    assert program.domain.lo == tuple(rows.min(axis=0))
    assert program.domain.hi == tuple(rows.max(axis=0))
    assert program.notes[-1].endswith("are left out: name")
    x = drawn(program, 1000)
    assert is_drawn(program, x).all()
    assert not is_drawn(program, x + [0, 0.125, 0]).any()


def test_rows_that_do_not_fit_are_left_out_by_name():
    program = parse_program(
        TEXT, ranges={"b": (0, 0.5)}, where="n > 1", sample=table()
    )
    given = table().columns
    inside = given["b"].astype(np.float32) <= 0.5
    kept = inside & (given["n"] > 1)
    sample = program.drawing.sample
    assert len(sample.rows) == kept.sum()
    assert sample.n_left_out == 100 - kept.sum()
    assert program.notes[-2:] == (
        f"{(~inside).sum()} of 100 rows of in.csv are left out: they are outside the"
        " domain",
        f"{(inside & ~kept).sum()} of 100 rows of in.csv are left out: 'n > 1' does not"
        " hold",
    )
    fixed = parse_program(TEXT, fix={"n": 3}, sample=table())
    assert len(fixed.drawing.sample.rows) == (given["n"] == 3).sum()
    assert "other values of inputs that are fixed" in fixed.notes[-1]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"m": 1}, "has none named 'b'; its columns are m, n, a"),
        ({"n": np.full(100, 2.5)}, "in.csv:2: 'n' is an integer (int): exp"),
        ({"n": np.full(100, 2.0)}, "'n' = 2 alone: fix it with fix={'n': 2}"),
        ({"a": np.full(100, 3e300), "n": np.full(100, 1e12)}, "alone: fix"),
        ({"n": np.linspace(0, 1e12, 100).round()}, "must hold values of its"),
    ],
)
def test_samples_that_do_not_fit_are_refused(given, message):
    columns = {**table().columns, **given}
    if "m" in given:
        columns = {"m": columns["a"], "n": columns["n"], "a": columns["a"]}
    wrong = replace(table(), columns=columns)
    with pytest.raises(DomainError) as caught:
        parse_program(TEXT, sample=wrong)
    assert message in str(caught.value)


def test_a_sample_needs_rows_and_a_plain_domain():
    with pytest.raises(DomainError, match="at least 8 rows.*has 0 .*100 of"):
        parse_program(TEXT, ranges={"b": (5, 6)}, sample=table())
    with pytest.raises(DomainError, match="must not be logarithmic with a"):
        parse_program(TEXT, ranges={"a": ("log", 1, 9)}, sample=table())


def test_rows_that_verify_are_never_learned_from():
    program = parse_program(TEXT, sample=table(1000))
    for budget, wanted, held in (
        (100, 400, 400),
        (900, 400, 250),
        (10, 4096, 500),
    ):
        sample = program.drawing.sample.divided(budget, wanted, seed=3)
        assert len(sample.verifying) == held
        assert len(sample.learned) == 1000 - held
        learned = {row.tobytes() for row in sample.learned}
        assert not learned & {row.tobytes() for row in sample.verifying}
        divided = replace(
            program, drawing=replace(program.drawing, sample=sample)
        )
        assert {row.tobytes() for row in drawn(divided, 5000)} <= learned
        again = program.drawing.sample.divided(budget, wanted, seed=3)
        np.testing.assert_array_equal(sample.rows, again.rows)
