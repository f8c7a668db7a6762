"""Arrays, structs, unions and pointers: hand-worked examples, and what is refused."""

import numpy as np
import pytest
from closed import body, points, read, values

from nsc.graph import Dag, Unsupported, evaluate
from nsc.symbolic import dag_of
from nsc.syntax import (
    DOUBLE,
    INT,
    Array,
    Domain,
    Leaf,
    Param,
    Pointer,
    Signature,
    Struct,
)

RANGES = ((-1, 1), (-1, 1))
TYPES = (
    "typedef struct { double a, b; } P; typedef struct { P p[2]; int n; } Q; "
)
U, X = points(RANGES)
x, y = X.T

CASES = {
    "elements": (
        "double v[3] = {x, y}; v[2] = v[0] + v[1]; return v[2];",
        x + y,
    ),
    "rows": (
        "double m[2][2] = {{x, 1}, {2, y}}; return m[0][0] * m[1][1];",
        x * y,
    ),
    "copy of a struct": (
        "P p = {x, y}, q = p; q.a = 5; return p.a + q.a + q.b;",
        x + 5 + y,
    ),
    "nested struct": (
        "Q q = {.n = 3}; q.p[1].b = x; return q.p[1].b * q.n + q.p[0].a;",
        3 * x,
    ),
    "array of an initialiser's length": (
        "double v[] = {x, y, 1}; return v[1] + sizeof v / sizeof *v;",
        y + 3,
    ),
    "symbolic index": (
        "double v[3] = {1, 4, 9}; int k = x > 0 ? 2 : 0; return v[k];",
        np.where(x > 0, 9, 1),
    ),
    "symbolic index of two dimensions": (
        "double m[2][2] = {{1, 2}, {3, 4}}; return m[x > 0][y > 0];",
        1 + 2 * (x > 0) + (y > 0),
    ),
    "symbolic write": (
        "double v[3] = {x, x, x}; v[(int)(1.5 + y)] = 7; return v[0] + 2 * v[1];",
        np.where(y < -0.5, 7 + 2 * x, np.where(y < 0.5, x + 14, 3 * x)),
    ),
    "pointer to a variable": ("double *p = &x; *p = 2 * y; return x;", 2 * y),
    "pointer that walks": (
        "double v[3] = {x, y, 4}, *p = v; p++; ++p; double s = *p--; return s + *p;",
        4 + y,
    ),
    "pointer plus and minus": (
        "double v[3] = {x, y, 4}, *p = v + 2; p -= 1; return *p + *(p - 1) + p[1];",
        x + y + 4,
    ),
    "pointer moved by an input": (
        "double v[4] = {1, 2, 3, 4}, *p = v; p += x > 0; p += y > 0; return *p;",
        1.0 + (x > 0) + (y > 0),
    ),
    "pointers are compared": (
        "double v[2], *p = v, *q = v + 1; return (p != q) + 2 * (p + 1 == q) + x;",
        3 + x,
    ),
    "pointer to a pointer": (
        "double *p = &x, **q = &p; *q = &y; **q = 3; return *p + x;",
        3 + x,
    ),
    "arrow": ("P p = {x, y}, *q = &p; q->a += q->b; return p.a;", x + y),
    "row by a symbolic index": (
        "double m[2][2] = {{1, 2}, {3, 4}}; const double *r = m[x > 0]; return r[1];",
        np.where(x > 0, 4, 2),
    ),
    "address of an element": (
        "double v[3] = {x, y, 1}, *p = &v[1]; return p[1] + *p;",
        1 + y,
    ),
    "struct by a choice": (
        "P p = {x, 1}, q = {y, 2}; P r = x > y ? p : q; return r.a * r.b;",
        np.where(x > y, x, 2 * y),
    ),
    "compound literal": (
        "return ((P){.b = x}).b + ((double[]){y, 2})[1];",
        x + 2,
    ),
    "union of one number": (
        "union { double d; double e; } u; u.d = x; u.e += 1; return u.d;",
        x + 1,
    ),
    "sign bit through a union": (
        "union { double d; unsigned long long i; } u = {x};"
        " u.i &= 0x7fffffffffffffffULL; return u.d;",
        np.abs(x),
    ),
    "sign of the high word through a pointer": (
        "int high = *(1 + (int *)&x); return high < 0 ? y : -y;",
        np.where(x < 0, y, -y),
    ),
    "unwritten numbers are zero": (
        "double v[2]; P p; return v[1] + p.a + x;",
        x,
    ),
    "logical sides change what they assign": (
        "double n = 0; if (x > 0 && (n = y) > 0) n += 1; return n;",
        np.where(x > 0, np.where(y > 0, y + 1, y), 0),
    ),
    "or stops where it is true": (
        "double n = 0; int t = x > 0 || (n = 1); return n + 2 * t;",
        np.where(x > 0, 2, 3),
    ),
    "comma": ("return (x += 1, y = 2 * x, y);", 2 * x + 2),
    "postfix gives the old value": ("return x++ + 10 * x;", x + 10 * (x + 1)),
    "prefix gives the new value": ("return --x + 10 * x;", 11 * (x - 1)),
}


@pytest.mark.parametrize("name", CASES)
def test_objects(name):
    statements, expected = CASES[name]
    found = values(read(TYPES + body(statements, "xy"), RANGES), U)
    np.testing.assert_allclose(found, expected, atol=1e-12)


INTEGERS = {
    "unsigned char": (lambda v: v % 256),
    "signed char": (lambda v: (v + 128) % 256 - 128),
    "unsigned short": (lambda v: v % 65536),
    "int": (lambda v: (v + 2**31) % 2**32 - 2**31),
    "unsigned int": (lambda v: v % 2**32),
    "_Bool": (lambda v: int(v != 0)),
}


@pytest.mark.parametrize("ctype", INTEGERS)
@pytest.mark.parametrize(
    "value", [0, 1, -1, 127, 128, -129, 255, 256, 65537, 2**31]
)
def test_known_integers_wrap_around_as_their_type_does(ctype, value):
    dag = read(body(f"{ctype} n = (long long){value}LL; return n + 0 * x;"))
    found = values(dag, np.zeros((1, 1)))[0]
    assert found == INTEGERS[ctype](value)


def test_conversions_to_integers_cut_towards_zero():
    u, x = points(((-9, 9),))
    dag = read(body("int n = x; return n;"), ((-9, 9),))
    np.testing.assert_array_equal(values(dag, u), np.trunc(x[:, 0]))


def test_the_other_side_of_a_known_choice_decides_the_type():
    halves = {
        "1 ? 3 : x": 1.5,
        "0 ? x : 3": 1.5,
        "1 ? 3 : 4": 1,
        "1 ? 3 : (x, 4)": 1,
        "1 ? 3 : (4, x)": 1.5,
        "1 ? 3 : (int)x": 1,
        "1 ? 3 : -x": 1.5,
        "1 ? 3 : !x": 1,
        "1 ? 3 : sin(x)": 1.5,
        "1 ? 3 : abs(2)": 1,
        "1 ? 3 : half(x)": 1.5,
        "1 ? 3 : count(x)": 1,
        "1 ? 3 : (x > 0)": 1,
        "1 ? 3 : (x = 1)": 1.5,
        "1 ? 3 : 1 + 2.0": 1.5,
        "1 ? 3 : (x > 0 ? 1 : 2.0)": 1.5,
        "1 ? 3 : sizeof(x)": 1,
        "1 ? 3 : v[0]": 1.5,
    }
    start = "double half(double v); double half(double v) { return v / 2; }"
    start += "int count(double v) { return 1; }"
    for choice, expected in halves.items():
        dag = read(
            start + body(f"double v[1]; return ({choice}) / 2 + 0 * x;")
        )
        assert values(dag, np.zeros((1, 1)))[0] == expected, choice


REFUSED = {
    "element outside": ("double v[2]; return v[2];", "index_out_of_bounds"),
    "negative index": ("double v[2]; return v[-1];", "index_out_of_bounds"),
    "pointer outside": ("double *p = &x; return p[1];", "index_out_of_bounds"),
    "no array": ("return x[0];", "not_a_pointer"),
    "no pointer": ("return *x;", "not_a_pointer"),
    "no such field": ("P p; return p.c;", "unknown_field"),
    "no such field of a union": (
        "union { double d; int i; } u; return u.e;",
        "unknown_field",
    ),
    "pointer not set": ("double *p; return *p;", "uninitialised_pointer"),
    "pointer by an input": (
        "double *p = x > 0 ? &x : &y; return *p;",
        "pointer_depends_on_input",
    ),
    "write through a chosen row": (
        "double m[2][2] = {{1, 2}, {3, 4}}; double *r = m[x > 0]; r[0] = 5; return x;",
        "pointer_depends_on_input",
    ),
    "pointer as a number": ("double v = &x; return v;", "pointer_cast"),
    "pointer cast to a number": ("return (long)&x;", "pointer_cast"),
    "product of pointers": ("return &x * &y;", "pointer_arithmetic"),
    "pointer times two": (
        "double *p = &x; p *= 2; return x;",
        "pointer_arithmetic",
    ),
    "one object moved by an input": (
        "double *p = &x; return *(p + (int)y);",
        "pointer_arithmetic",
    ),
    "struct as a number": ("P p = {x, y}; return -p;", "not_a_number"),
    "number added to a struct": (
        "P p = {x, y}; p += 1; return x;",
        "not_a_number",
    ),
    "struct counted up": ("P p = {x, y}; p++; return x;", "not_a_number"),
    "index by an input into too many": (
        "double v[2000]; return v[(int)(x * y * 1999 + 1000)];",
        "index_depends_on_input",
    ),
    "quarter of a number": (
        "union { double d; short s[4]; } u = {x}; return u.s[0];",
        "uses_union",
    ),
    "array in a union, by an input": (
        "union { double d; int w[2]; } u = {x}; return u.w[y > 0];",
        "uses_union",
    ),
    "list for an array in a union": (
        "union { double d; int w[2]; } u = {.w = {1, 2}}; return u.d;",
        "uses_union",
    ),
    "pointer into a union": (
        "union { double d; int w[2]; } u = {x}; int *p = &u.w[0]; return *p;",
        "uses_union",
    ),
    "pointer cast, moved by an input": (
        "int *p = (int *)&x; return *(p + (y > 0));",
        "pointer_cast",
    ),
    "size of an open type": ("return sizeof(void);", "dynamic_size"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_meaning_is_refused_by_name(name):
    statements, reason = REFUSED[name]
    dag = read(TYPES + body(statements, "xy"), RANGES)
    assert isinstance(dag, Unsupported), dag
    assert dag.reason == reason and dag.message and dag.line == 1


def leaf(param: str, path: tuple = (), ctype=DOUBLE) -> Leaf:
    name = ".".join(map(str, (param, *path)))
    return Leaf(name, name, ctype, param, path)


def test_parameters_may_be_structs_arrays_and_pointers():
    text = (
        "typedef struct { double a; int n; } S;"
        "void f(S s, const double *v, double *out) {"
        " for (int i = 0; i < s.n; i++) *out += s.a * v[i]; v = 0; }"
    )
    struct = Struct("S", (("a", DOUBLE), ("n", INT)))
    params = (
        Param("s", struct, "in", "S s"),
        Param("v", Pointer(Array(DOUBLE, 3)), "in", "const double *v"),
        Param("out", Pointer(DOUBLE), "inout", "double *out"),
    )
    inputs = (leaf("s", ("a",)), leaf("v", (0,)), leaf("v", (2,)), leaf("out"))
    signature = Signature("f", params, DOUBLE, inputs, (leaf("out"),), "")
    # n is no input and therefore zero: the loop never runs
    dag = dag_of(text, signature, Domain((-1.0,) * 4, (1.0,) * 4))
    assert isinstance(dag, Dag) and len(dag) == 1
    whole = (*inputs[:1], leaf("s", ("n",), INT), *inputs[1:])
    signature = Signature("f", params, DOUBLE, whole, (leaf("out"),), "")
    lo = (-1.0, 3.0, -1.0, -1.0, -1.0)
    hi = (1.0, 3.0, 1.0, 1.0, 1.0)
    dag = dag_of(text, signature, Domain(lo, hi))
    u = np.random.default_rng(0).uniform(-1, 1, (50, 5))
    a, _, first, third, out = u.T
    assert isinstance(dag, Dag)
    found = evaluate(dag, u)[:, 0]
    np.testing.assert_allclose(found, out + a * (first + third))


def test_whole_inputs_are_rounded_and_ranges_are_mapped():
    signature = Signature(
        "f",
        (Param("n", INT, "in", "int n"),),
        DOUBLE,
        (leaf("n", ctype=INT),),
        (leaf("return"),),
        "",
    )
    dag = dag_of(
        "double f(int n) { return n / 2; }", signature, Domain((0.0,), (9.0,))
    )
    assert isinstance(dag, Dag)
    u = np.array([[-1.0], [-0.3], [0.0], [0.35], [1.0]])
    n = np.floor(4.5 + 4.5 * u[:, 0] + 0.5)
    np.testing.assert_array_equal(evaluate(dag, u)[:, 0], np.trunc(n / 2))
