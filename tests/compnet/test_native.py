"""The compiled walk is the reference, faster: numbers, every function, bits that do not
depend on company.
"""

import ctypes
import pickle
from itertools import islice

import numpy as np
import pytest

from nsc.compnet import CompNet, load_compnet
from nsc.compnet.functions import FUNCTIONS
from nsc.compnet.native import (
    SOURCE,
    STRUCTURES,
    NativeWalk,
    defines_of,
    expect_sizes,
)
from nsc.compnet.reference import ReferenceWalk
from nsc.compnet.rewrite import terms_of
from nsc.compnet.terms import UNARY
from nsc.compnet.training.grow import Grower
from nsc.compnet.walk_result import error_features
from nsc.errors import BuildError
from nsc.host import load_library
from nsc.program import parse_program

TEXTS = [
    "double f(double x, double y) { return sin(3*x)*cos(y) + tan(x/2) - atan(4*x*y); }",
    (
        "double f(double x, double y, double z) { return sqrt(fabs(x*y - z)) *"
        " exp(-x*x) / (2 + tanh(z)); }"
    ),
    (
        "double f(double x, double y) { double s = x > y ? floor(3*x) : ceil(y); return"
        " s + round(2*x) - trunc(3*y); }"
    ),
    (
        "double f(double x) { return asin(x/2) + sinh(x) - cosh(2*x) + cbrt(x) * erf(x)"
        " + log(x*x + 0.1); }"
    ),
    (
        "double f(double x, double y) { return x == 0 ? 1 : sin(9*x)/(x*9) + 1/(y +"
        " 0.5); }"
    ),
    (
        "double f(double x) { double s = x; for (int i = 0; i < 12; i++) s = 0.5*s +"
        " x/(1 + s*s); return s; }"
    ),
    (
        "double f(double a, double b, double c, double d) { return a*b*c*d + 1e9*a -"
        " 1e9*b; }"
    ),
    "double f(double x) { return log(x) + sqrt(x - 2) + exp(50*x); }",
]


@pytest.fixture(scope="module")
def terms():
    return [
        terms_of(parse_program("#include <math.h>\n" + text).dag)
        for text in TEXTS
    ]


def test_compiled_and_reference_walks_agree(terms):
    used = {FUNCTIONS[f] for t in terms for f in t.functions[t.kinds == UNARY]}
    assert used == set(FUNCTIONS)
    arrays = load_compnet().arrays
    native, reference = (
        walk(arrays)(terms) for walk in (NativeWalk, ReferenceWalk)
    )
    np.testing.assert_allclose(native.h, reference.h, atol=2e-3)
    np.testing.assert_allclose(native.scales, reference.scales, rtol=1e-4)
    np.testing.assert_allclose(
        native.formula_scales, reference.formula_scales, rtol=1e-4
    )
    np.testing.assert_allclose(
        native.means / reference.scales,
        reference.means / reference.scales,
        atol=1e-4,
    )
    for name in ("depths", "sizes", "inputs"):
        np.testing.assert_array_equal(
            getattr(native, name), getattr(reference, name)
        )
    np.testing.assert_allclose(
        error_features(native), error_features(reference), atol=1e-3
    )


def test_emissions_agree_whichever_walk(terms):
    shipped = load_compnet()
    dags = [parse_program("#include <math.h>\n" + text).dag for text in TEXTS]
    other = CompNet(shipped.arrays, {}, walk=ReferenceWalk)
    for mine, theirs in zip(
        shipped.emit_many(dags), other.emit_many(dags), strict=True
    ):
        np.testing.assert_allclose(
            mine.values,
            theirs.values,
            atol=1e-3 * max(np.abs(theirs.values).max(), 1e-30),
        )
        assert mine.expected_nmse == pytest.approx(
            theirs.expected_nmse, rel=1e-2
        )


def test_a_programs_bits_do_not_depend_on_others(terms):
    walk = NativeWalk(load_compnet().arrays)
    together = walk(terms)
    for k, one in enumerate(terms):
        alone = walk([one])
        np.testing.assert_array_equal(alone.h[0], together.h[k])
        assert (
            alone.means[0] == together.means[k]
            and alone.scales[0] == together.scales[k]
        )


def test_walks_agree_on_random_programs():
    """Mutations of the programs above: whatever training may meet."""
    pool = [parse_program("#include <math.h>\n" + text).dag for text in TEXTS]
    dags = islice(Grower(pool, np.ones(len(pool)), 5).programs(), 60)
    found = [terms_of(dag) for dag in dags]
    programs = [t for t in found if not isinstance(t, float)]
    assert len(programs) > 40
    arrays = load_compnet().arrays
    native, reference = (
        walk(arrays)(programs) for walk in (NativeWalk, ReferenceWalk)
    )
    np.testing.assert_array_equal(native.depths, reference.depths)
    # nearly all; a step at a predicted value may fall to either side
    is_close = np.abs(native.h - reference.h).max(axis=1) < 5e-3
    assert is_close.mean() > 0.9
    scales = reference.scales[is_close]
    np.testing.assert_allclose(native.scales[is_close], scales, rtol=1e-3)
    off = (native.means - reference.means)[is_close] / scales
    np.testing.assert_allclose(off, 0, atol=1e-3)


def test_a_sum_of_inputs_is_known_exactly():
    """3 x - 4 y + 7 has mean 7 and, of U(-1, 1), deviation 5 / sqrt(3)."""
    dag = parse_program(
        "double f(double x, double y) { return 3*x - 4*y + 7; }"
    ).dag
    terms = terms_of(dag)
    arrays = load_compnet().arrays
    for walk in (NativeWalk, ReferenceWalk):
        roots = walk(arrays)([terms])
        assert roots.means.tolist() == [7.0]
        assert roots.formula_scales[0] == pytest.approx(
            5 / np.sqrt(3), rel=1e-12
        )
        assert (roots.depths[0], roots.sizes[0], roots.inputs[0]) == (1, 3, 2)


def test_a_function_that_the_compiled_walk_does_not_know_is_refused_by_name():
    defines = defines_of(load_compnet().arrays, (*FUNCTIONS, "LGAMMA"))
    with pytest.raises(BuildError, match="LGAMMA"):
        load_library(SOURCE, defines)


def test_structures_of_another_size_are_refused_by_name():
    sizes = [ctypes.sizeof(structure) for structure in STRUCTURES]
    expect_sizes(sizes)
    sizes[1] += 8
    with pytest.raises(
        BuildError, match="walk.c's TermArrays has 80 bytes; .* has 72"
    ):
        expect_sizes(sizes)


def test_a_walk_travels_to_another_process(terms):
    walk = NativeWalk(load_compnet().arrays)
    again = pickle.loads(pickle.dumps(walk))
    np.testing.assert_array_equal(walk(terms[:2]).h, again(terms[:2]).h)
