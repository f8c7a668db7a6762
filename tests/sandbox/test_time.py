"""A limit of time: what ends in time has the bits that fuel gives, the rest is named."""

import time

import numpy as np
import pytest

from nsc.errors import OracleError
from nsc.program import parse_program
from nsc.sandbox import (
    Built,
    Outcome,
    ProgramOracle,
    RunLimits,
    build,
    price_of,
    run,
)

# loops for ever above 0.5, a while below 0, and hardly between
UNEVEN = """double f(double x) {
  double s = x;
  volatile double v = x;
  int n = x < 0 ? 300000 : 10;
  while (v > 0.5) s = s * 0.5;
  for (int i = 0; i < n; i++) s = s * 0.999 + x;
  return s;
}"""
LOOP = "double f(double x) { for (int i = 0; i < N; i++) x = x * 0.9 + 1; return x; }"


def built_of(text: str) -> Built:
    [made] = build([parse_program(text).unit])
    assert isinstance(made, Built)
    return made


def test_the_bits_are_those_that_fuel_gives():
    x = np.random.default_rng(0).uniform(-1, 0.5, (300, 1))
    built = built_of(UNEVEN)
    timed = run(built, x, RunLimits(None, seconds=60))
    fuelled = run(built, x, RunLimits(20_000_000))
    assert timed.failed == fuelled.failed == {}
    assert timed.outputs.tobytes() == fuelled.outputs.tobytes()


def test_a_sample_that_never_ends_is_the_last():
    x = np.linspace(0, 0.6, 61)[:, None]
    started = time.monotonic()
    done = run(built_of(UNEVEN), x, RunLimits(None, seconds=0.3))
    assert done.failed == {51: Outcome.out_of_time}
    assert np.isfinite(done.outputs[:51]).all()
    assert np.isnan(done.outputs[51:]).all()
    assert time.monotonic() - started < 30


def test_samples_that_are_long_together_are_not_late():
    """Eight of them take longer than one may, which nobody of them does."""
    built = built_of(LOOP.replace("N", "4000000"))
    x = np.linspace(0, 1, 40)[:, None]
    one = price_of(built, x[:1], 60.0).seconds
    done = run(built, x, RunLimits(None, seconds=max(1.0, 8 * one)))
    assert done.failed == {}


def test_a_refusal_says_how_long_a_call_may_take():
    oracle = ProgramOracle(
        parse_program(UNEVEN).unit, RunLimits(None, seconds=0.2)
    )
    with pytest.raises(OracleError) as caught:
        oracle(np.array([[0.1], [0.75]]))
    assert str(caught.value) == (
        "the program ran longer than 0.2 s on 1 of the first 2 inputs, for example at"
        " (0.75); restrict the domain, or give a call longer with call_limit='SECONDS'"
        " [out_of_time]"
    )


@pytest.mark.parametrize("n", [100, 3_000_000])
def test_a_price_is_the_same_every_time(n):
    built = built_of(LOOP.replace("N", str(n)))
    x = np.linspace(0, 1, 8)[:, None]
    first, second = (price_of(built, x, 60.0) for _ in range(2))
    assert first.fuel == second.fuel
    assert first.fuel is not None and 2 * n < first.fuel < 20 * n + 1000
    assert first.outcome is Outcome.ok
    whole = run(built, x, RunLimits(None, seconds=60))
    n_run = len(first.outputs)
    assert n_run == 8 if n == 100 else 1 <= n_run < 8
    assert first.outputs.tobytes() == whole.outputs[:n_run].tobytes()


def test_the_price_of_what_never_ends_is_its_limit():
    price = price_of(built_of(UNEVEN), np.array([[0.9]]), 0.2)
    assert price.fuel is None and price.outcome is Outcome.out_of_time
    assert len(price.outputs) == 0
