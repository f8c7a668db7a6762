"""Starts that were trained on other programs, in the package."""

from dataclasses import replace

import numpy as np
import pytest

from nsc.compnet import CompNet, load_compnet
from nsc.errors import InputError
from nsc.initial import (
    INITIALISERS,
    WEIGHTS,
    Order,
    fit_covering,
    nearest_initial,
    shipped_library,
    shipped_starts,
    trained_initial,
)
from nsc.program import parse_program
from nsc.surrogate import COVERING, Topology, forward

ONE = "double f(double x, double y) { return x * x - 0.5 * y; }"
UNREADABLE = "#include <math.h>\ndouble f(double x) { return jn(3, x + 3); }"
CONSTANT = "double f(double x) { return 2; }"
TWO = "void f(double x, double y, double *s, double *c) { *s = 2 * y; *c = x * x - y; }"


@pytest.mark.parametrize("name", ["pretrained", "maml"])
def test_seeds_go_round_the_trained_ones(name):
    program = parse_program(ONE)
    starts = [trained_initial(name, program, COVERING, k).w for k in range(4)]
    assert shipped_starts(name).w.shape == (3, 65)
    np.testing.assert_array_equal(starts[0], starts[3])
    assert np.abs(starts[0] - starts[1]).max() > 0.01
    assert np.abs(starts[1] - starts[2]).max() > 0.01


@pytest.mark.parametrize("name", ["pretrained", "maml", "nearest"])
def test_any_topology_that_holds_them_computes_the_same(name):
    program = parse_program(ONE)
    x = np.random.default_rng(0).uniform(-1, 1, (50, 2))
    made = [
        (topology, INITIALISERS[name].make(order(program, topology)))
        for topology in map(Topology.parse, ("9-4-4-1", "2-6-5-1", "9-4-4-3"))
    ]
    first = forward(made[0][1].w, COVERING, x)
    for topology, found in made:
        assert found.runs == 0 and found.notes == ()
        y = forward(found.w, topology, x)
        np.testing.assert_allclose(y, np.repeat(first, y.shape[1], axis=1))
    small = INITIALISERS[name].make(order(program, Topology((2, 3, 1))))
    assert small.notes == ("random: 2-3-1 sigmoid cannot hold 9-4-4-1",)


def order(program, topology, output=None):
    return Order(program, topology, 0, output, load_compnet())


@pytest.mark.parametrize("shift", [0, 100])
@pytest.mark.parametrize("factor", [1e-3, 7])
@pytest.mark.parametrize("first", ["", "double unused, "])
def test_the_nearest_start_has_the_programs_mean_spread_and_inputs(
    shift, factor, first
):
    text = f"double f({first}double y) {{ return {factor} * y + {shift}; }}"
    found = nearest_initial(
        parse_program(text), COVERING, 0, compnet=load_compnet()
    )
    x = np.random.default_rng(0).uniform(-1, 1, (500, 2 if first else 1))
    y = factor * x[:, -1:] + shift
    error = ((forward(found.w, COVERING, x) - y) ** 2).mean()
    assert error < 0.2 * y.var()


def test_each_output_has_a_nearest_program_of_its_own():
    program, compnet = parse_program(TWO), load_compnet()
    s, c, both = (
        nearest_initial(program, topology, 0, compnet=compnet, output=output).w
        for topology, output in (
            (COVERING, 0),
            (COVERING, 1),
            (Topology((9, 4, 4, 2)), None),
        )
    )
    assert np.abs(s - c).max() > 0.01
    cloned = fit_covering(s, Topology((9, 4, 4, 2)), seed=0)
    np.testing.assert_array_equal(both, cloned)


def test_without_a_dag_it_is_the_base_vector_and_says_so():
    program, compnet = parse_program(UNREADABLE), load_compnet()
    found = nearest_initial(program, COVERING, 0, compnet=compnet)
    np.testing.assert_array_equal(found.w, compnet.base)
    [note] = found.notes
    assert note.startswith("the text could not be used for the start: ")


def test_a_constant_is_itself():
    program = parse_program(CONSTANT)
    found = nearest_initial(program, COVERING, 0, compnet=load_compnet())
    np.testing.assert_array_equal(
        forward(found.w, COVERING, np.ones((1, 1))), 2.0
    )


def test_without_a_program_of_as_many_inputs_it_says_so(monkeypatch):
    library = shipped_library()
    ones = replace(library, used=np.ones(len(library), int))
    monkeypatch.setattr("nsc.initial.trained.shipped_library", lambda: ones)
    found = nearest_initial(
        parse_program(ONE), COVERING, 0, compnet=load_compnet()
    )
    assert found.notes == (
        "the start is the same for every program: no program of the library uses 2 inputs",
    )


def test_another_compnet_is_refused_by_name():
    compnet = load_compnet()
    arrays = compnet.arrays | {"base": compnet.arrays["base"] + 1}
    other = CompNet(arrays, compnet.metadata)
    with pytest.raises(InputError, match="another one.*nsc train --baseline"):
        nearest_initial(parse_program(ONE), COVERING, 0, compnet=other)


def test_the_shipped_files_are_small():
    files = list(WEIGHTS.glob("*.safetensors"))
    assert {f.stem for f in files} == {"pretrained", "maml", "nearest"}
    assert sum(f.stat().st_size for f in files) < 2_000_000
