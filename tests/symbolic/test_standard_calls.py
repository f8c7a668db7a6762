"""The standard library: formulas beside their mathematics, and what writes memory."""

import math

import numpy as np
import pytest
from closed import body, points, read, values

from nsc.graph import Unsupported

POSITIVE = ((0.1, 4),)
UNIT = ((-0.99, 0.99),)
WIDE = ((-5, 5),)
OF_ONE = {
    "sqrt": (math.sqrt, POSITIVE),
    "sin": (math.sin, WIDE),
    "cos": (math.cos, WIDE),
    "tan": (math.tan, UNIT),
    "exp": (math.exp, WIDE),
    "log": (math.log, POSITIVE),
    "fabs": (math.fabs, WIDE),
    "atan": (math.atan, WIDE),
    "tanh": (math.tanh, WIDE),
    "floor": (math.floor, WIDE),
    "ceil": (math.ceil, WIDE),
    "trunc": (math.trunc, WIDE),
    "asin": (math.asin, UNIT),
    "acos": (math.acos, UNIT),
    "sinh": (math.sinh, WIDE),
    "cosh": (math.cosh, WIDE),
    "asinh": (math.asinh, WIDE),
    "acosh": (math.acosh, ((1.01, 5),)),
    "atanh": (math.atanh, UNIT),
    "cbrt": (np.cbrt, WIDE),
    "erf": (math.erf, WIDE),
    "erfc": (math.erfc, WIDE),
    "log2": (math.log2, POSITIVE),
    "log10": (math.log10, POSITIVE),
    "log1p": (math.log1p, POSITIVE),
    "exp2": (lambda x: 2**x, WIDE),
    "exp10": (lambda x: 10**x, WIDE),
    "expm1": (math.expm1, WIDE),
    "rint": (round, WIDE),
    "nearbyint": (round, WIDE),
    "logb": (lambda x: math.frexp(x)[1] - 1, POSITIVE),
    "significand": (lambda x: 2 * math.frexp(x)[0], POSITIVE),
    "tgamma": (math.gamma, ((0.2, 6),)),
    "lgamma": (math.lgamma, ((0.2, 9),)),
    "abs": (lambda x: abs(math.trunc(x)), WIDE),
    "lrint": (round, WIDE),
    "ilogb": (lambda x: math.frexp(x)[1] - 1, POSITIVE),
    "isnan": (lambda x: 0, WIDE),
    "isinf": (lambda x: 0, WIDE),
    "isfinite": (lambda x: 1, WIDE),
    "isnormal": (lambda x: 1, WIDE),
    "fpclassify": (lambda x: 4, WIDE),
    "signbit": (lambda x: x < 0, WIDE),
}


@pytest.mark.parametrize("name", OF_ONE)
def test_functions_of_one_number(name):
    python, ranges = OF_ONE[name]
    u, x = points(ranges)
    found = values(read(body(f"return {name}(x);"), ranges), u)
    np.testing.assert_allclose(
        found, [python(v) for v in x[:, 0]], rtol=1e-9, atol=1e-12
    )


OF_TWO = {
    "pow": lambda x, y: (x + 6) ** y,
    "atan2": lambda x, y: math.atan2(x + 6, y),
    "fmin": lambda x, y: min(x + 6, y),
    "fmax": lambda x, y: max(x + 6, y),
    "fmod": lambda x, y: math.fmod(x + 6, y),
    "hypot": lambda x, y: math.hypot(x + 6, y),
    "copysign": lambda x, y: math.copysign(x + 6, y),
    "fdim": lambda x, y: max(x + 6 - y, 0),
    "remainder": lambda x, y: math.remainder(x + 6, y),
    "ldexp": lambda x, y: math.ldexp(x + 6, math.trunc(y)),
    "nextafter": lambda x, y: x + 6,
    "isless": lambda x, y: x + 6 < y,
    "isgreater": lambda x, y: x + 6 > y,
    "islessequal": lambda x, y: x + 6 <= y,
    "isgreaterequal": lambda x, y: x + 6 >= y,
    "islessgreater": lambda x, y: x + 6 != y,
    "isunordered": lambda x, y: 0,
}


@pytest.mark.parametrize("name", OF_TWO)
def test_functions_of_two_numbers(name):
    ranges = ((-5, 5), (-5, 5))
    u, x = points(ranges)
    found = values(read(body(f"return {name}(x + 6, y);", "xy"), ranges), u)
    expected = [OF_TWO[name](*row) for row in x]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_a_function_of_three_numbers():
    ranges = (*WIDE, *WIDE, *WIDE)
    u, x = points(ranges)
    found = values(read(body("return fma(x, y, z);", "xyz"), ranges), u)
    np.testing.assert_allclose(found, x[:, 0] * x[:, 1] + x[:, 2])


def bessel_integral(order: int, x: float) -> float:
    """Return J of a whole order: the mean of cos(order t - x sin t) over [0, pi]."""
    t = (np.arange(2000) + 0.5) * np.pi / 2000
    return float(np.cos(order * t - x * np.sin(t)).mean())


@pytest.mark.parametrize("order", [0, 1])
def test_bessel_functions_are_their_integrals(order):
    ranges = ((-30, 30),)
    u, x = points(ranges)
    found = values(read(body(f"return j{order}(x);"), ranges), u)
    expected = [bessel_integral(order, v) for v in x[:, 0]]
    np.testing.assert_allclose(found, expected, atol=2e-7)


def test_bessel_functions_of_both_kinds_fulfil_their_wronskian():
    ranges = ((0.3, 30),)
    u, x = points(ranges)
    text = body("return x * (j1(x) * y0(x) - j0(x) * y1(x));")
    np.testing.assert_allclose(
        values(read(text, ranges), u), 2 / np.pi, atol=2e-6
    )


def test_gamma_is_reflected_below_a_half():
    ranges = ((-3.9, 0.4),)
    u, x = points(ranges)
    product = body("return tgamma(x) * tgamma(1 - x) * sin(M_PI * x);")
    np.testing.assert_allclose(
        values(read(product, ranges), u), np.pi, rtol=1e-7
    )
    logarithm = values(read(body("return lgamma(x);"), ranges), u)
    expected = [math.lgamma(v) for v in x[:, 0]]
    np.testing.assert_allclose(logarithm, expected, atol=1e-9)


def test_halves_of_whole_numbers_are_rounded_to_even():
    ranges = ((-20, 20),)
    u, x = points(ranges)
    found = values(read(body("int n = x; return rint(n * 0.5);"), ranges), u)
    np.testing.assert_array_equal(found, np.round(np.trunc(x[:, 0]) / 2))


def test_what_may_be_undefined_is_told_from_numbers():
    dag = read(body("double r = sqrt(x); return isnan(r) ? -1 : r;"))
    u = np.array([[-0.5], [0.25]])
    np.testing.assert_allclose(values(dag, u), [-1, 0.5])


@pytest.mark.parametrize(
    "name", ["sinf", "sinl", "__builtin_sin", "__builtin_sinf"]
)
def test_other_spellings_mean_the_same(name):
    plain = read(body("return sin(x);"))
    assert read(body(f"return {name}(x);")).fingerprint == plain.fingerprint


def test_names_of_numbers_are_known_unless_a_program_defines_them():
    u = np.zeros((1, 1))
    assert (
        values(read(body("return M_PI + INT_MAX + x;")), u)
        == math.pi + 2**31 - 1
    )
    own = "enum { INT_MAX = 3 }; "
    assert values(read(own + body("return INT_MAX + x;")), u) == 3
    assert values(read(body("double M_PI = 4; return M_PI + x;")), u) == 4


def test_a_function_of_the_program_goes_before_the_librarys():
    own = "static double sin(double v) { return 7; } "
    assert values(read(own + body("return sin(x);")), np.zeros((1, 1))) == 7


WRITES = {
    "modf": (
        "double w, r = modf(x, &w); return 10 * w + r;",
        lambda x: 10 * math.trunc(x) + x - math.trunc(x),
    ),
    "frexp": (
        "int e; double m = frexp(x, &e); return m + 10 * e;",
        lambda x: math.frexp(x)[0] + 10 * math.frexp(x)[1],
    ),
    "sincos": (
        "double s, c; sincos(x, &s, &c); return s + 10 * c;",
        lambda x: math.sin(x) + 10 * math.cos(x),
    ),
    "remquo": (
        "int q; double r = remquo(x, 3, &q); return r + 10 * q;",
        lambda x: math.remainder(x, 3) + 10 * round(x / 3),
    ),
    "an element": (
        "double v[3] = {0}; modf(x, v + 1); return v[1];",
        lambda x: math.trunc(x),
    ),
    "memcpy": (
        "double a[3] = {x, 2, 3}, b[3] = {0}; memcpy(b + 1, a, 2 * sizeof *a);"
        " return b[0] + b[1] + 10 * b[2];",
        lambda x: x + 20,
    ),
    "memmove over itself": (
        "double a[3] = {x, 2, 3}; memmove(a + 1, a, 2 * sizeof *a);"
        " return a[0] + 10 * a[1] + 100 * a[2];",
        lambda x: 11 * x + 200,
    ),
    "memcpy of a struct": (
        "struct { double a; int n; } s = {x, 2}, t; memcpy(&t, &s, sizeof s);"
        " return t.a + t.n;",
        lambda x: x + 2,
    ),
    "memset": (
        "double a[2] = {x, x}; memset(a, 0, sizeof *a); return a[0] + 2 * a[1];",
        lambda x: 2 * x,
    ),
}


@pytest.mark.parametrize("name", WRITES)
def test_what_the_library_writes(name):
    statements, python = WRITES[name]
    u, x = points(WIDE)
    found = values(read(body(statements), WIDE), u)
    np.testing.assert_allclose(found, [python(v) for v in x[:, 0]], rtol=1e-9)


def test_a_program_that_ends_gives_no_output_there():
    u, x = points(WIDE)
    text = body("if (x < 0) abort(); if (x > 2) exit(1); return 2 * x;")
    found = values(read(text, WIDE), u)
    runs = (x[:, 0] >= 0) & (x[:, 0] <= 2)
    np.testing.assert_allclose(found[runs], 2 * x[runs, 0])


def test_an_assertion_holds_and_keeps_what_it_assigns():
    u, x = points(WIDE)
    text = body(
        'double m = x; assert(m = 2); assert(unknown(x) && "odd"); return m;'
    )
    np.testing.assert_allclose(values(read(text, WIDE), u), 2)


def test_an_assertion_that_fails_inside_a_call_leaves_no_trace():
    own = "static int g(double v) { double w = v; { unknown(w); } return 1; } "
    text = own + body("{ double w = x; assert(g(w)); x = w + 1; } return x;")
    u, x = points(WIDE)
    np.testing.assert_allclose(values(read(text, WIDE), u), x[:, 0] + 1)


def test_expect_gives_its_first_argument():
    dag = read(body("return __builtin_expect(x > 0, 1) ? x : -x;"))
    u = np.array([[-0.5], [0.25]])
    np.testing.assert_allclose(values(dag, u), [0.5, 0.25])


REFUSED = {
    "return jn(3, x);": ("unknown_call", "'jn' has no symbolic meaning"),
    "return sin(x, x);": ("unknown_call", "'sin' does not take 2 arguments"),
    "return sin(&x);": ("unknown_call", "'sin' has no symbolic meaning"),
    "return modf(x);": ("argument_count", "'modf' takes 2 arguments"),
    "return modf(x, 0);": ("not_a_pointer", "not a pointer to a known object"),
    "return modf(&x, &x);": ("not_a_number", "is used as a number"),
    "double v[2]; memset(v, 1, 16); return x;": (
        "unknown_call",
        "bytes are set to something other than zero",
    ),
    "double v[2]; memset(v, 0, 12); return x;": (
        "unknown_call",
        "'memset' covers 12 bytes of 2 times 8",
    ),
    "double v[2]; memset(v, 0, 24); return x;": (
        "unknown_call",
        "'memset' covers 24 bytes of 2 times 8",
    ),
    "double v[2]; memset(v, 0, (int)x); return x;": (
        "unknown_call",
        "what 'memset' covers is not known",
    ),
    "double *p[1]; memset(p, 0, sizeof p); return x;": (
        "unknown_call",
        "pointers are set to zero bytes",
    ),
    "double v[1]; float w[2]; memcpy(v, w, 4); return x;": (
        "unknown_call",
        "'memcpy' covers 4 bytes of 1 times 8",
    ),
    "int v[2]; float w[2]; memcpy(v, w, 8); return x;": (
        "unknown_call",
        "bytes are copied between objects of different types",
    ),
}


@pytest.mark.parametrize("statements", REFUSED)
def test_refused_calls(statements):
    reason, message = REFUSED[statements]
    dag = read(body(statements))
    assert isinstance(dag, Unsupported)
    assert dag.reason == reason and message in dag.message


def test_a_function_without_a_body_is_guessed_only_where_that_is_asked_for():
    text = "double my_min(double, double); " + body("return my_min(x, 0);")
    assert isinstance(read(text), Unsupported)
    dag = read(text, bodiless=["my_min"])
    u, x = points(((-1, 1),))
    np.testing.assert_allclose(values(dag, u), np.minimum(x[:, 0], 0))
    assert dag.guesses == (("my_min", "min"),) and not dag.is_exact
