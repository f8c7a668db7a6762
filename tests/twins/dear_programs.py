"""Dear programs, written from formulas, and runs of them."""

import json
from functools import cache
from pathlib import Path

import numpy as np

from nsc.program import draw_inputs, parse_program
from nsc.sandbox import Built, RunLimits, build, run

FOLDER = Path(__file__).parent / "programs"
DOMAINS = json.loads((FOLDER / "domains.json").read_text())
FUEL = 100_000_000


@cache
def dear(name):
    """Return a program of this folder over its domain."""
    text = (FOLDER / f"{name}.c").read_text()
    ranges = {k: tuple(v) for k, v in DOMAINS[name].items()}
    return parse_program(text, path=f"{name}.c", ranges=ranges)


def small(text, **ranges):
    return parse_program(text, ranges=ranges)


def built_of(program, checks=()):
    [built] = build([program.unit], checks=checks)
    assert isinstance(built, Built)
    return built


@cache
def runs_of(program, n, seed=0):
    """Return `n` runs of a program: `n i` and `n o`."""
    x = draw_inputs(program, n, generator=np.random.default_rng(seed))
    done = run(built_of(program), x, RunLimits(fuel_per_sample=FUEL))
    assert not done.failed
    return x, done.outputs
