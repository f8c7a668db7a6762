"""From files as people write them to Programs: choice, closure, signature, refusals."""

import random

import numpy as np
import pytest

from nsc.errors import DomainError, SourceError
from nsc.graph import Dag, Unsupported, evaluate
from nsc.program import list_functions, parse_program
from nsc.sandbox import Built, build
from nsc.syntax import Pointer

FILE = """\
#include <math.h>
#include "config.h"
#define TWO_PI (2.0*M_PI)
#define SQ(a) ((a)*(a))
#define UNUSED 7
static const double TABLE[3] = {1.0, 2.0, 3.0};
static const double OTHER[2] = {1.0, 2.0};
typedef struct { double x, y; } vec2;
static double helper(double a) { return SQ(a) + TABLE[1]; }

double wave(double x, double y)
{
  /* a comment */
  return helper(x) * sin(TWO_PI * y);
}
"""


def names(leaves):
    return [leaf.name for leaf in leaves]


def test_the_closure_is_exact():
    program = parse_program(FILE)
    assert program.name == "wave"
    assert program.line == 11
    assert program.globals_ == ("TABLE", "helper", "wave")
    assert program.headers == ("math.h",)
    assert (
        "OTHER" not in program.text
        and "UNUSED" not in program.text
        and "vec2" not in program.text
    )
    assert "#define SQ" in program.text and "/* a comment */" in program.text
    assert "#" not in program.source and "SQ" not in program.source


def test_normalised_text_forgets_names_layout_and_comments():
    a = parse_program(
        "static double f(double a, double b) { /* c */ return a+b; }"
    )
    b = parse_program(
        "double   sum(const double x,double y){\n return x + y;\n}"
    )
    assert (
        a.normalised
        == b.normalised
        == "double f0 ( double p0 , double p1 ) { return p0 + p1 ; }"
    )


@pytest.mark.parametrize(
    ("text", "inputs", "outputs"),
    [
        ("float f(float x) { return x; }", ["x"], ["return"]),
        (
            "void f(float x, float *re, float *im) { *re = x; *im = -x; }",
            ["x"],
            ["re", "im"],
        ),
        (
            "double f(const double v[3]) { return v[0]+v[1]; }",
            ["v[0]", "v[1]", "v[2]"],
            ["return"],
        ),
        (
            "double f(double *v) { return v[0]*v[2]; }",
            ["v[0]", "v[1]", "v[2]"],
            ["return"],
        ),
        (
            "typedef struct { double a; } *P; double f(P p) { return 2*p->a; }",
            ["p.a"],
            ["return"],
        ),
        (
            "typedef struct { double a; } T, *P; double f(P p) { return 2*p->a; }",
            ["p.a"],
            ["return"],
        ),
        (
            (
                "void f(double *a, double *b) { for (int i = 0; i < 2; i++) b[i] ="
                " 2*a[i]; }"
            ),
            ["a[0]", "a[1]"],
            ["b[0]", "b[1]"],
        ),
        ("void f(double *x) { *x = *x * 2; }", ["x"], ["x"]),
        ("void f(double x, double *y) { *y += x; }", ["x", "y"], ["y"]),
        (
            (
                "typedef struct { float x, y; } v2; v2 f(v2 p, float s) { p.x *= s;"
                " return p; }"
            ),
            ["p.x", "p.y", "s"],
            ["return.x", "return.y"],
        ),
        (
            (
                "struct in { struct { double a; double b[2]; } q; double c; };"
                "double f(const struct in *p) { return p->q.a + p->q.b[1]; }"
            ),
            ["p.q.a", "p.q.b[1]"],
            ["return"],
        ),
        (
            (
                "static void g(double *o, double v) { *o = v; } void f(double x, double"
                " *y) { g(y, x); }"
            ),
            ["x"],
            ["y"],
        ),
        (
            (
                "static void g(double *o) { o[1] = o[0]; } double f(double *y) { g(y);"
                " return y[1]; }"
            ),
            ["y[0]"],
            ["return", "y[1]"],
        ),
        (
            (
                "double f(double m[2][2]) { double s = 0; for (int i = 0; i < 2; ++i) s"
                " += m[i][i]; return s; }"
            ),
            ["m[0][0]", "m[0][1]", "m[1][0]", "m[1][1]"],
            ["return"],
        ),
        (
            "double f(double x) { double i; return modf(x, &i); }",
            ["x"],
            ["return"],
        ),
    ],
)
def test_desugaring(text, inputs, outputs):
    program = parse_program(text, function="f")
    assert names(program.signature.inputs) == inputs
    assert names(program.signature.outputs) == outputs


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        (
            "typedef struct { double x, y; } vec;\ndouble f(vec *v) { return v.x; }",
            "type_mismatch",
            2,
        ),
        ("double f(double x) { return g(x); }", "unknown_function", 1),
        ("double f(double x) {\n return x * SCALE; }", "unknown_name", 2),
        ("double f(thing x) { return x; }", "unknown_type", 1),
        ('double f(double x) {\n scanf("%lf", &x); return x; }', "uses_io", 2),
        ("double f(double x) { return x * rand(); }", "uses_random", 1),
        ("double f(double x, ...) { return x; }", "uses_varargs", 1),
        ("int n; double f(double x) {\n n++; return x; }", "writes_global", 2),
        (
            "double f(double x) {\n static double m; m += x; return m; }",
            "keeps_state",
            2,
        ),
        ("double f(void *p) { return *(double *)p; }", "void_pointer", 1),
        (
            "double f(double (*g)(double)) { return g(1); }",
            "function_pointer",
            1,
        ),
        ("double f(double **m) { return m[0][1]; }", "nested_pointer", 1),
        (
            (
                "double f(double *v, int n) {\n double s = 0; for (int i=0;i<n;i++) s"
                " += v[i]; return s; }"
            ),
            "dynamic_size",
            2,
        ),
        ("double f(double x) { return f(x) + 1; }", "unbounded_recursion", 1),
        ("double f(double nsc_x) { return nsc_x; }", "reserved_name", 1),
        ("double *f(double x) { return 0; }", "returns_pointer", 1),
        ("void f(double x) { }", "no_output", 1),
        ("double f(void) { return 1; }", "no_input", 1),
        (
            "union u { double d; long l; }; double f(union u v) { return v.d; }",
            "uses_union",
            1,
        ),
        ('double f(double x) { asm("nop"); return x; }', "uses_asm", 1),
        ("double f(volatile double x) { return x; }", "uses_volatile", 1),
        ("double f(double x) {\n return x +; }", "syntax_error", 2),
        (
            "double f(const char *s, double x) { return s[0] + x; }",
            "uses_strings",
            1,
        ),
        # that it calls itself is true as well, and tells less
        (
            "int f(char *s) {\n return s[0] ? f(s + 1) + 1 : 0; }",
            "uses_strings",
            1,
        ),
        (
            "volatile double v; double f(double x) { return x + v; }",
            "uses_volatile",
            1,
        ),
        (
            "double g(double); double f(double x) { return g(x); }",
            "unknown_function",
            1,
        ),
        (
            "extern const double K; double f(double x) { return K * x; }",
            "unknown_name",
            1,
        ),
        ("double f(double x) { return (pixel) x * 2; }", "unknown_type", 1),
        (
            "\ndouble complex f(double complex z) { return z; }",
            "uses_complex",
            2,
        ),
        (
            "double f(double x) { double _Complex z = x; return x; }",
            "uses_complex",
            1,
        ),
    ],
)
def test_refusals_are_named_and_located(text, reason, line):
    with pytest.raises(SourceError) as caught:
        parse_program(text, path="a.c", function="f")
    assert reason in [p.reason for p in caught.value.problems]
    found = next(p for p in caught.value.problems if p.reason == reason)
    assert found.line == line
    assert f"a.c:{line}:" in str(caught.value)


def test_statements_override_the_text():
    text = (
        "void f(double x, double *v, double *w) { for (int i = 0; x > i; i++) v[i] ="
        " w[0]; }"
    )
    with pytest.raises(SourceError, match="arrays={'v': N}"):
        parse_program(text)
    program = parse_program(text, arrays={"v": 4})
    assert names(program.signature.outputs) == [f"v[{k}]" for k in range(4)]
    assert isinstance(program.signature.params[1].type, Pointer)
    program = parse_program(
        "void f(double x, double *y) { *y += x; }", out=["y"]
    )
    assert names(program.signature.inputs) == ["x"]
    with pytest.raises(SourceError, match="'z' is not a parameter"):
        parse_program("double f(double x) { return x; }", out=["z"])


def test_choosing_a_function():
    with pytest.raises(
        SourceError, match="no function 'g'; found helper, wave"
    ):
        parse_program(FILE, function="g")
    text = (
        "double a(double x) { return x; }\ndouble b(double x) { return x; }\nint c(char"
        " *s) { return 0; }"
    )
    with pytest.raises(SourceError) as caught:
        parse_program(text, path="m.c")
    message = str(caught.value)
    assert "m.c:1:1: a: function='a'" in message
    assert "m.c:2:1: b: function='b'" in message
    assert "m.c:3:7: c: 's' points to characters" in message
    with pytest.raises(SourceError, match="no function definition"):
        parse_program("int x;")


def test_overview():
    found = {f.name: f for f in list_functions(FILE)}
    assert found["wave"].closure_functions == 2
    assert found["wave"].is_candidate


def test_domain():
    text = (
        "double f(double x, const double v[2], int n, _Bool b) { return b ? x * v[0] *"
        " v[1] : n; }"
    )
    with pytest.raises(DomainError, match=r"domain={'n': \(0, 10\)}"):
        parse_program(text)
    program = parse_program(
        text, ranges={"x": (0, 10), "v": (-2, 2), "v[1]": (3, 4), "n": (0, 7)}
    )
    assert program.domain.lo == (0, -2, 3, 0, 0)
    assert program.domain.hi == (10, 2, 4, 7, 1)
    for ranges, message in [
        ({"q": (0, 1)}, "'q' is not an input of f"),
        ({"x": (1, 0)}, "LO < HI"),
        ({"x": (0, float("inf"))}, "finite"),
    ]:
        with pytest.raises(DomainError, match=message):
            parse_program(text, ranges={"n": (0, 7)} | ranges)


def test_many_calls_of_each_other_are_walked_once():
    """Each function calls the others often: a walk per call would never end."""
    ring = [
        f"double f{k}(double *p, double x) {{ return"
        f" {' + '.join([f'f{(k + j) % 8}(p, x - {j})' for j in range(1, 8)] * 2)}; }}"
        for k in range(8)
    ]
    found = list_functions(
        "\n".join(ring)
        + "\ndouble g(double x) { double y = x; return x > 0 ? f0(&y, x) : 0; }"
    )
    assert len(found) == 9


@pytest.mark.parametrize("n", [100, 60_000])
def test_nested_parentheses_end(n):
    found = list_functions(
        f"double f(double x) {{ return {'(' * n}x{')' * n}; }}"
    )
    assert len(found) <= 1


def test_headers_belong_to_the_program_but_are_not_listed():
    headers = {
        "vec.h": (
            "#define HALF 0.5\ntypedef struct { double x, y; } vec;\nstatic double"
            " dot(vec a) { return a.x * a.y * HALF; }\n"
        )
    }
    text = '#include "vec.h"\ndouble f(vec a) { return dot(a) + 1; }\n'

    def include(name, angled, asking):
        return (name, headers[name]) if name in headers else None

    assert [f.name for f in list_functions(text, include=include)] == ["f"]
    program = parse_program(text, include=include)
    assert names(program.signature.inputs) == ["a.x", "a.y"]
    assert (
        program.text.index("#define HALF")
        < program.text.index("typedef")
        < program.text.index("double f(")
    )
    assert parse_program(text, function="dot", include=include).name == "dot"
    with pytest.raises(
        SourceError, match=r"give its folder with include=\['DIR'\]"
    ):
        parse_program(text)
    headers["vec.h"] = "typedef struct { double x; void *y; } vec;\n#error no"
    # an #error in a header says nothing of this function
    with pytest.raises(SourceError, match="nested_pointer"):
        parse_program(text, include=include)


@pytest.mark.parametrize(
    "text",
    [
        (
            "double sin(double); extern double cos(); double f(double x) { return"
            " sin(x) + cos(x); }"
        ),
        (
            "static double g(double); double f(double x) { return g(x); } static double"
            " g(double x) { return x; }"
        ),
        (
            "double f(double x) { volatile float y = x; y = y + 1; return (volatile"
            " float) y; }"
        ),
        (
            "#define PURE __attribute__((const, nonnull(1)))\nPURE static double"
            " g(double x) { return x; }\nPURE double f(double x) { return g(x); }"
        ),
        (
            "extern const double K; const double K = 3; double f(double x) { return K *"
            " x; }"
        ),
    ],
)
def test_what_real_files_do(text):
    program = parse_program(text, function="f")
    assert isinstance(program.dag, Dag)
    assert isinstance(build([program.unit])[0], Built)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("(fabs(x * x)) + 1.0", 1.25),
        ("((fabs(x))) - 1", -0.5),
        ("(v[1]) * x", 1.0),
        ("(m[1](x)) * x", None),
        ("(x)*(x)", 0.25),
        ("-(x)+(x)", 0.0),
        ("(double)(x)-1", -0.5),
        ("(number)(x)-1", -0.5),
        ("(float) x * 2", 1.0),
        ("(x) ? (x)-1 : (x)", -0.5),
        ("(fabs(')' - 41.0 + x)) + 1", 1.5),
        ("(x*(x*x))*x", 0.0625),
        ("(fabs(x) * (x * fabs(x))) - x", -0.375),
        ("(x*(x*v[1])) + 2.0", 2.5),
        ("-(x*(x*x))*(x+x)", -0.125),
        ("fabs((x*(x*(x*x)))-1.0)", 0.9375),
        ("4.0 / (x * (x * x)) * x", 16.0),
        ("2.0 * (x*(x*x)) * x", 0.125),
        ("2.0*(x*(x*x))*x", 0.125),
        ("2.0/(v[0]*(x*(v[1]*x)))*x", 2.0),
        ("2.0 +  (x)*x", 2.25),
        ("2.0 +\n  (x*(x*x))*x", 2.0625),
        ("' ' * (x*(x*x))*x", 2.0),
        ("2.0*(x*(x*x))*x*(' ' - 31)", 0.125),
        ("(fabs(x)*(x*x))*(x*(x))- -(x- -(x))", 1.03125),
        ("((x*((x*x)))*x)", 0.0625),
    ],
)
def test_parentheses_are_no_casts(expression, value):
    text = (
        "#include <math.h>\ntypedef double number;\nstatic const double v[2] = {1,"
        f" 2}};\ndouble f(double x) {{ return {expression}; }}"
    )
    if value is None:
        with pytest.raises(SourceError, match="'m' is not defined"):
            parse_program(text)
    else:
        assert (
            evaluate(parse_program(text).dag, np.array([[0.5]]))[0, 0] == value
        )


def test_a_product_moves_nothing_outside_its_statement():
    """Factors change places within their product; any number of products is read."""
    f = "double f(double x, double y){return x-y;}"
    g = "double g(double a,double b,double c,double d){return 2.0*(a*(b*c))*d;}"
    assert parse_program(f"{g}\n{f}\n", function="f").source == f + "\n"
    assert parse_program(f"{g}\n{f}\n", function="g").source == g + "\n"
    sums = "\n".join("  s = s + 2.0 * (a * (b * c)) * d;" for _ in range(50))
    text = (
        "double h(double a, double b, double c, double d) {\n  double s ="
        f" 0;\n{sums}\n  return s;\n}}\n{f}\n"
    )
    assert parse_program(text, function="f").source == f + "\n"
    value = evaluate(
        parse_program(text, function="h").dag, np.array([[0.5, 0.5, 0.5, 0.5]])
    )
    assert value[0, 0] == pytest.approx(50 * 2.0 * 0.5**4)


def _random_expression(r, depth):
    """Write a product, sum or call with parentheses and spaces where C and Python mean
    the same.
    """
    if depth <= 0 or r.random() < 0.15:
        return r.choice(
            "a b c s 2.0 f(a) v[1] f(b*c) (a) (f(b)) (v[0]) -a (-b)".split()
        )
    left, right = (
        _random_expression(r, depth - 1),
        _random_expression(r, depth - 1),
    )
    gaps = [r.choice(("", "", " ")) for _ in range(2)]
    wide, narrow = f"{gaps[0]}{r.choice('+-')} ", f"{gaps[0]}*{gaps[1]}"
    made = r.choice(
        (f"{left}{narrow}{right}",) * 3
        + (f"{left}{wide}{right}", f"f({left})", f"({left}{gaps[0]})")
    )
    return f"({made})" if r.random() < 0.6 else made


def test_random_products_are_no_casts():
    r = random.Random(5)
    known = {
        "a": 0.3,
        "b": -0.7,
        "c": 0.9,
        "s": 0.2,
        "v": [1.25, 2.5],
        "f": lambda q: q + 0.5,
    }
    for _ in range(300):
        text = _random_expression(r, r.choice((2, 3, 4, 5)))
        program = parse_program(
            "static double f(double q) { return q + 0.5; }\nstatic const double v[2]"
            " = {1.25, 2.5};\ndouble g(double a, double b, double c, double s) {"
            f" return {text}; }}",
            function="g",
        )
        value = evaluate(program.dag, np.array([[0.3, -0.7, 0.9, 0.2]]))[0, 0]
        assert value == pytest.approx(
            eval(text, known), rel=1e-12, abs=1e-12
        ), text


DEEP = {
    "calls": lambda n: f"return {'(g(' * n}x{'))' * n};",
    "minus": lambda n: f"return {'- ' * n}x;",
    "sum": lambda n: f"return x{' + x' * n};",
    "conditional": lambda n: f"return {'x > 0 ? x : ' * n}x;",
    "else": lambda n: f"{'if (x > 0) x = x + 1; else ' * n}x = 2; return x;",
    "blocks": lambda n: f"{'{' * n}x = x * 2;{'}' * n} return x;",
    "loops": lambda n: (
        f"{'for (int i = 0; i < 1; i++) ' * n}x = x * 2; return x;"
    ),
    "indices": lambda n: (
        f"static const int t[2] = {{0, 1}}; return {'t[' * n}1{']' * n} + x;"
    ),
    "casts": lambda n: f"return {'(double)' * n}x;",
    "enumerator": lambda n: (
        f"return x; }} enum e {{ A = {'-' * n}1 }}; double h(double x) {{ return A * x;"
    ),
}


@pytest.mark.parametrize("form", DEEP)
@pytest.mark.parametrize("n", [60, 240, 5_000])
def test_deep_programs_are_read_or_refused(form, n):
    text = f"double g(double x) {{ return x; }} double f(double x) {{ {DEEP[form](n)} }}"
    for function in list_functions(text):
        if function.is_candidate:
            program = parse_program(text, function=function.name)
            assert program.unit and program.normalised and program.dag


def test_long_chains_of_calls_are_read():
    chain = [
        f"static double g{k}(double x) {{ return g{k + 1}(x); }}"
        for k in range(400)
    ]
    text = (
        "double g400(double x);\n"
        + "\n".join(chain)
        + "\ndouble g400(double x) { return x; }\ndouble f(double x) { return g0(x); }"
    )
    assert len(parse_program(text, function="f").globals_) == 402


def test_macros_from_outside():
    text = (
        "#ifndef SCALE\n#error choose SCALE\n#endif\ndouble f(double x) { return SCALE"
        " * x; }"
    )
    assert "3 * p0" in parse_program(text, defines={"SCALE": "3"}).normalised
    with pytest.raises(SourceError, match="#error"):
        parse_program(text)


def test_what_a_macro_defines_stays_a_call_of_the_macro():
    text = """#define VEC(R, C) typedef struct { R dat[2]; } C;
VEC(double, vec)
#define OP(name, o) static double name(double a, double b) { return a o b; }
OP(add, +)
double f(vec z, double y) { return add(z.dat[0], y) * z.dat[1]; }
"""
    program = parse_program(text, function="f")
    assert (
        "VEC(double, vec)\n" in program.text and "OP(add, +)\n" in program.text
    )
    again = parse_program(program.text, function="f")
    assert again.text == program.text and again.source == program.source


def test_a_macro_that_defines_several_functions_is_called_once():
    text = """#define TWO(a, b) double a(double x) { return x + 1; } double b(double x) { return a(x) * 2; }
TWO(g, f)
"""
    program = parse_program(text, function="f")
    assert program.text.count("TWO(g, f)") == 1
    assert parse_program(program.text, function="f").source == program.source


def test_truth_needs_its_header():
    assert (
        "stdbool.h"
        in parse_program(
            "float f(float x) { return x > 0 && true ? x : -x; }"
        ).headers
    )
    assert (
        parse_program(
            "enum { FALSE, TRUE }; float f(float x) { return TRUE ? x : FALSE; }"
        ).headers
        == ()
    )
    assert (
        parse_program("float f(float x) { return TRUE ? x : FALSE; }").headers
        == ()
    )
    program = parse_program(
        "typedef enum { false, true } bool; float f(float x) { bool b = true; return b"
        " ? x : 0; }"
    )
    assert program.globals_ == ("bool", "false", "true", "f")
    assert isinstance(build([program.unit])[0], Built)


def test_a_place_that_has_no_meaning_is_told_in_the_users_file():
    text = """/* not
   read */
#define EACH(n) for (int k = 0; k < n; k++)
#include "steps.h"
double f(double x) { return   steps(x); }
"""
    header = "double steps(double x) {\n  double *p = (double *)(long)x; x += *p;\n  return x; }\n"
    program = parse_program(
        text,
        path="main.c",
        function="f",
        include=lambda name, angled, asking: ("steps.h", header),
    )
    assert isinstance(program.dag, Unsupported)
    assert program.dag.where.startswith("steps.h:2:")
    own = text.replace('#include "steps.h"', header)
    found = parse_program(own, path="main.c", function="f").dag
    assert isinstance(found, Unsupported)
    assert found.where.startswith("main.c:5:")
