"""Coarser programs that agree are found, others are refused with a reason."""

import json

import numpy as np
import pytest
from dear_programs import (
    DOMAINS,
    FOLDER,
    FUEL,
    built_of,
    dear,
    runs_of,
    small,
)

from nsc.sandbox import RunLimits, fuel_of, run
from nsc.twins import find_twin, recalled, taught_by


def searched(program, n=16, **limits):
    return find_twin(program, *runs_of(program, n), fuel=FUEL, **limits)


@pytest.mark.parametrize(
    ("name", "error", "price"),
    [
        ("heat", 1e-3, 1 / 16),
        ("option", 1e-3, 1 / 8),
        ("vanderpol", 1e-6, 1 / 32),
        ("projectile", 1e-5, 1 / 8),
        ("quadrature", 1e-6, 1 / 64),
        ("plate", 0.05, 1 / 8),
        ("friction", 1e-6, 1 / 100),
        ("kepler", 0.05, 1 / 4),
    ],
)
def test_dear_programs_have_twins(name, error, price):
    found = searched(dear(name)).twin
    assert found.error <= error and found.price <= price
    x, y = runs_of(dear(name), 64, seed=9)
    limits = RunLimits(fuel_per_sample=FUEL)
    dear_price = fuel_of(built_of(dear(name)), x, limits)
    assert fuel_of(found.built, x, limits) < 1.5 * price * dear_price
    taught = taught_by(
        runs_of(dear(name), 16),
        x,
        execute=lambda x: run(found.built, x, limits).outputs,
        standard=lambda x: x,
    )
    assert ((taught.y - y) ** 2).mean() < 20 * error * y.var()


def test_the_same_search_finds_the_same():
    first, second = searched(dear("heat")), searched(dear("heat"))
    assert (
        first.twin.said
        == second.twin.said
        == "CELLS 64 -> 16, STEPS 600 -> 36"
    )
    assert (first.spent, first.tried) == (second.spent, second.tried)


def test_threads_change_nothing():
    one, three = (searched(dear("heat"), workers=n) for n in (1, 3))
    assert one.as_json() == three.as_json()


def test_an_answer_is_recalled():
    found = searched(dear("option"))
    kept = json.loads(json.dumps(found.as_json()))
    again = recalled(dear("option"), kept)
    assert again.as_json() == found.as_json()
    assert again.twin.said == found.twin.said
    assert again.twin.values == found.twin.values


def test_a_program_without_a_resolution_has_none():
    found = searched(small("double f(double x) { return 3 * x; }", x=(0, 1)))
    assert found.twin is None
    assert "no number in its text" in found.why


CHAOS = """
double f(double x) {
  for (int i = 0; i < 1000; i++) x = 3.9999 * x * (1.0 - x);
  return x;
}
"""


def test_what_does_not_agree_is_dropped_and_it_is_said():
    found = searched(small(CHAOS, x=(0.1, 0.9)))
    assert found.twin is None
    assert "agrees with it; the best (1000 -> " in found.why


BEYOND = """
#define N 64
static double mean(const double *v, int n) {
  double s = 0.0;
  for (int i = 0; i < n; i++) s += v[i];
  return s / n;
}
double f(double x) {
  double v[N];
  for (int i = 0; i < N; i++) v[i] = x;
  double s = 0.0;
  for (int k = 0; k < 500; k++) s += mean(v, N) + v[40] - x;
  return s / 500;
}
"""


@pytest.mark.parametrize("cells", ["N", "64"])
def test_a_twin_stays_inside_its_arrays(cells):
    """With fewer than 41 cells it reads what lies behind them, or was not written."""
    text = BEYOND.replace("v[N]", f"v[{cells}]")
    twin = searched(small(text, x=(0, 1))).twin
    assert twin is not None
    assert "N 64 -> 16" not in twin.said and "N 64 -> 32" not in twin.said


def test_a_search_of_a_dear_program_is_short():
    """What it may spend beside a second's worth grows with the program's runs."""
    slow = small(
        "#include <math.h>\ndouble f(double x) { double s = 0;"
        " for (int i = 0; i < 1000; i++) for (int j = 0; j < 200; j++)"
        " s += sin(x * i + j); return s; }",
        x=(0, 1),
    )
    found = searched(slow, 4)
    assert found.spent * found.price < 4e9


def test_too_few_runs_compare_nothing():
    found = searched(dear("heat"), 2)
    assert found.twin is None and "too few" in found.why


def test_a_twin_must_cost_as_little_as_is_asked_for():
    found = searched(dear("option"), cheapest=0.02)
    assert found.twin.price <= 0.02


def test_a_price_is_the_same_every_time():
    built = built_of(dear("friction"))
    x, _ = runs_of(dear("friction"), 16)
    limits = RunLimits(fuel_per_sample=FUEL)
    assert fuel_of(built, x, limits) == fuel_of(built, x, limits) > 1e5
    assert fuel_of(built, x, RunLimits(fuel_per_sample=1000)) is None


def test_values_are_corrected_by_runs_of_the_program():
    program = dear("heat")
    twin = searched(program).twin
    x, y = runs_of(program, 200, seed=5)
    lo, hi = np.array(program.domain.lo), np.array(program.domain.hi)
    limits = RunLimits(fuel_per_sample=FUEL)
    taught = taught_by(
        runs_of(program, 32),
        x,
        execute=lambda x: run(twin.built, x, limits).outputs,
        standard=lambda x: 2 * (x - lo) / (hi - lo) - 1,
    )
    error = float(((taught.y - y) ** 2).mean() / y.var())
    assert taught.runs == 232
    assert error < 1e-5
    assert error < 10 * taught.nmse[0]


BLOCK = """
#define N 64
typedef struct { double cells[N]; } block;
double f(block b) {
  double s = 0.0;
  for (int k = 0; k < 300; k++)
    for (int i = 0; i < N; i++) s += b.cells[i] / (k + 1);
  return s;
}
"""


def test_types_that_are_handed_over_keep_their_extents():
    program = small(BLOCK)
    assert program.n_inputs == 64
    found = searched(program)
    assert found.twin is None or "N 64" not in found.twin.said


def test_a_very_dear_program_is_searched_frugally():
    text = (FOLDER / "plate.c").read_text().replace("< 100", "< 4000")
    program = small(text, **DOMAINS["plate"])
    found = searched(program, 8)
    assert found.price > 3e7
    assert found.twin.error < 0.1 and found.twin.price < 1 / 15
    assert found.spent < 0.75 * 8 + 2e9 / found.price + 8
