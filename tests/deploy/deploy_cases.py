"""Programs of every kind of signature, with surrogates of random parameters."""

import numpy as np

from nsc.program import Program, parse_program
from nsc.surrogate import Member, Surrogate, Topology, random_parameters

CASES = {
    "scalar_double": (
        "double f(double x, double y) { return x * y; }",
        {"x": (0, 10)},
        {},
    ),
    "float_pointers": (
        "void f(float x, float *re, float *im) { *re = x; *im = -x; }",
        {},
        {},
    ),
    "array_in": (
        "float f(const float w[2][2]) { return w[0][0] - w[1][1]; }",
        {"w": (0, 255)},
        {},
    ),
    "struct_in_out": (
        (
            "typedef struct { double x, y; } vec; vec f(vec a, const vec *b) { vec r ="
            " {a.x*b->x, a.y+b->y}; return r; }"
        ),
        {},
        {},
    ),
    "integer_out": (
        "int f(double x, int n) { return (int)(x * n); }",
        {"n": (1, 9)},
        {},
    ),
    "guarded": ("double f(double x) { return x * x; }", {}, {"guard": True}),
    "drop_in": (
        (
            "#include <math.h>\n#define SQ(a) ((a)*(a))\nstatic double g(double a) {"
            " return SQ(a); }\ndouble f(double x, double h1, double j) { return g(x) +"
            " h1 * j; }"
        ),
        {"j": (2, 3)},
        {"guard": True, "drop_in": True},
    ),
    "bit_fields": (
        (
            "struct flags { unsigned on : 1; int : 0; int mode : 3; double gain; };"
            " void f(struct flags *s, double x) { s->mode += s->on; s->on ^= x > 0;"
            " s->gain *= x; }"
        ),
        {},
        {"guard": True, "drop_in": True},
    ),
    "old_style": (
        (
            "#define SQ(a) ((a) * (a))\ndouble g(a) double a; { return SQ(a); }\n"
            "float f(x, v) float x; double v[2]; { return g(x) * v[0] + v[1]; }"
        ),
        {},
        {"guard": True, "drop_in": True},
    ),
    "tanh": ("double f(double x) { return x; }", {}, {"activation": "tanh"}),
    "relu": ("float f(float x) { return x; }", {}, {"activation": "relu"}),
    "split": (
        "void f(double x, double *a, double *b) { *a = x; *b = x; }",
        {},
        {"split": True},
    ),
}


def case(name: str) -> tuple[Program, Surrogate, dict]:
    """Make a program and a surrogate with random parameters, rounded so that golden
    files are short.
    """
    text, ranges, options = CASES[name]
    options = dict(options)
    program = parse_program(text, function="f", ranges=ranges)
    split, activation = (
        options.pop("split", False),
        options.pop("activation", "sigmoid"),
    )
    topology = Topology(
        (9, 3, 3, 1 if split else program.n_outputs), activation
    )
    members = tuple(
        Member(topology, np.round(random_parameters(topology, seed=k) * 4, 2))
        for k in range(program.n_outputs if split else 1)
    )
    names = (
        tuple(leaf.name for leaf in leaves)
        for leaves in (program.signature.inputs, program.signature.outputs)
    )
    return (
        program,
        Surrogate(
            members,
            np.array(program.domain.lo),
            np.array(program.domain.hi),
            *names,
        ),
        options,
    )
