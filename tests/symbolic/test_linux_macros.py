"""Statement expressions and types of expressions have DAGs that compute the same."""

import numpy as np
import pytest
from agreement import expect_agreement, read_and_built

from nsc.graph import Unsupported
from nsc.program import parse_program

LINUX = """
#define min(x, y) ({ __typeof__(x) _x = (x); __typeof__(y) _y = (y); \\
  (void)(&_x == &_y); _x < _y ? _x : _y; })
#define max(x, y) ({ typeof(x) _x = (x); typeof(y) _y = (y); _x > _y ? _x : _y; })
#define min_t(type, x, y) ({ type __x = (x); type __y = (y); __x < __y ? __x : __y; })
#define clamp(v, lo, hi) max((__typeof__(v))(lo), min((__typeof__(v))(v), (__typeof__(v))hi))
#define swap(a, b) do { typeof(a) __tmp = (a); (a) = (b); (b) = __tmp; } while (0)
#define abs_(x) __extension__ ({ __auto_type v_ = (x); v_ < 0 ? -v_ : v_; })
#define square(x) ({ __auto_type t_ = (x); t_ * t_; })
#define let(x) ({ double t = x; t; })
"""
# f of x and y in [-1, 1]
BODIES = [
    "return max(x, y);",
    "return max(max(x, y), min(x * 2, y));",
    "return clamp(x, -0.5, y > 0 ? 0.5 : 0.25);",
    "swap(x, y); return x - 3 * y;",
    "return square(abs_(x)) + min_t(double, x, y);",
    # an integer stays one, whatever is on the other side
    "int k = x > 0 ? 7 : 5; typeof(k) h = 2.9; return k / h + y;",
    "int k = x > 0 ? 7 : 5; return max(k, 3) / 2 + y;",
    "int k = 7; return (1 ? ({ int j = k; j; }) : 2.0) / 2 + x * y;",
    "int k = 7; return (1 ? k : ({ int j = k; j; })) / 2 + x * y;",
    "return (1 ? 7 : ({ double j = x; j; })) / 2 + y;",
    "unsigned char c = 7; typeof(c + 1) d = -3; return d / 2 + x + y;",
    "__auto_type k = 7; __auto_type q = x * k; return k / 2 + q * y;",
    # effects inside happen once, where they stand
    "double s = 0; x = ({ s += 1; s * 2; }) + ({ s += 1; s; }); return x + s * y;",
    "double s = y; s = x > 0 ? ({ s += 1; s * 2; }) : ({ s -= 1; s; }); return s;",
    "return ({ double s = 0; for (int i = 0; i < 3; i++) s += x * i; s; }) + y;",
    "return ({ double s = x; if (s > y) s = y * 2; s; });",
    "return (x > 0 && ({ y += 1; y > 0.5; })) + y;",
    "({ y = x; }); return y * 2;",
    "return ({ y = x; (void)0; y; }) + sizeof(({ int k = 3; k; }));",
    # types of what is pointed to, of elements, members, calls
    "double v[2] = {x, y}; typeof(v[0]) *p = v; typeof(p) q = p + 1; return *q - *p;",
    "double v[2] = {x, y}; typeof(v) w = {y, x}; return w[0] * 2 + v[0];",
    "struct s { double a; int k; } s = {x, 3}; typeof(s) t = s; typeof(t.k) k = 3.7;"
    " __auto_type p = &t; p->a += k; return t.a + y / s.k;",
    "typeof(sin(x)) a = x; typeof(twice(x)) b = y; typeof(two(x)) k = 2.5;"
    " return a + b + k + two(x) / 2;",
    "typeof(double) a = x; typeof(int *) p = 0; typeof(double[2]) v = {y, a};"
    " return v[0] + v[1] * 2 + !p;",
    "double v[2] = {x, y}; return *(typeof(double *))v + ((typeof(&x))v)[1] * 2;",
    "return (typeof(x))(y) - x + (typeof(y)) - y * (__typeof__(1))2.5;",
    "typeof(x) (y2) = y, *p = &y2; return *p + sizeof(typeof(x)) + sizeof(typeof(p));",
    "typeof(({ typeof(x) k = 3; k; })) r = 2.5; return r * x + y;",
    "for (typeof(1) i = 0; i < 3; i++) x += i * y; return x;",
    "return ({ typeof(x) t=x; t*t; }) + ({double u=y;u * u;});",
    "typeof(1.0f) a = x; typeof(2u) k = 7.5; typeof(3ll) l = 1;"
    " return sizeof(a) + 10 * sizeof(k) + 100 * sizeof(l) + k / 2 + y;",
    "int k = x > 0; return (k ?: 5) / 2 + (x > 0.5 ?: y ?: 3);",
    "int k = 5; double s = 0; s = ({ y += 1; y; }) ?: 7; return (k ?: 2.5) / 2 + s + y;",
    "double v[2] = {x, y}, *p = v, *q = 0; return *(p ?: q) + (q ?: p)[1] * 2;",
    "typeof(x > y) k = 7.5; typeof(k ? x : 1) z = 0.5; return k / 2 + z * x + y;",
]


def test_a_dag_computes_what_the_program_does():
    texts = [
        LINUX
        + "#include <math.h>\nstatic double twice(double v) { return 2 * v; }\n"
        "static int two(double v) { return v > 0 ? 3 : 5; }\n"
        f"double f(double x, double y) {{ {body} }}"
        for body in BODIES
    ]
    x = np.random.default_rng(0).uniform(-1, 1, (200, 2))
    for program, built in read_and_built(texts):
        expect_agreement(program, built, x)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return ({ if (x > 0) return 1; x; });", "unsupported_syntax"),
        ("typeof(unknown(x)) k = 3.5; return k * x;", "unknown_type"),
    ],
)
def test_what_has_no_meaning_is_named(body, reason):
    text = "double unknown(double x) { return x; }\n" * ("unknown" in body)
    text = text.replace("double unknown", "static double g") if text else text
    program = parse_program(
        f"double f(double x) {{ {body} }}", function="f", partial=True
    )
    assert isinstance(program.dag, Unsupported)
    assert program.dag.reason == reason
