"""The compiled walk is the reference, faster: numbers, every function, bits that do not
depend on company.
"""

import numpy as np
import pytest

from nsc.compnet import CompNet, load_compnet
from nsc.compnet.functions import FUNCTIONS
from nsc.compnet.native import NativeWalk
from nsc.compnet.reference import ReferenceWalk
from nsc.compnet.rewrite import terms_of
from nsc.compnet.terms import UNARY
from nsc.compnet.walk_result import error_features
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
    return [terms_of(parse_program("#include <math.h>\n" + text).dag) for text in TEXTS]


def test_compiled_and_reference_walks_agree(terms):
    used = {FUNCTIONS[f] for t in terms for f in t.functions[t.kinds == UNARY]}
    assert used == set(FUNCTIONS)
    arrays = load_compnet().arrays
    native, reference = (walk(arrays)(terms) for walk in (NativeWalk, ReferenceWalk))
    np.testing.assert_allclose(native.h, reference.h, atol=2e-3)
    np.testing.assert_allclose(native.scales, reference.scales, rtol=1e-4)
    np.testing.assert_allclose(
        native.formula_scales, reference.formula_scales, rtol=1e-4
    )
    np.testing.assert_allclose(
        native.means / reference.scales, reference.means / reference.scales, atol=1e-4
    )
    for name in ("depths", "sizes", "inputs"):
        np.testing.assert_array_equal(getattr(native, name), getattr(reference, name))
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
        assert mine.expected_nmse == pytest.approx(theirs.expected_nmse, rel=1e-2)


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
