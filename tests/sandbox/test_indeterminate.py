"""What C leaves open is refused where it decides a result: null pointers, unwritten variables."""

import numpy as np
import pytest

from nsc.errors import OracleError
from nsc.program import parse_program
from nsc.sandbox import Outcome, ProgramOracle, run

PAIR = "struct pair { int code; double v[3]; };\n"
CHOSEN = (
    "struct pair one = {1, {2, 3, 4}}; struct pair *p = x > 0 ? 0 : &one; "
)


def found(body: str, before: str = "") -> Outcome | None:
    text = f"{before}double f(double x) {{ {body} }}"
    oracle = ProgramOracle(parse_program(text, function="f").unit)
    seen = oracle.unsettled(np.linspace(-1, 1, 101)[:, None])
    if seen is None:
        return None
    assert seen.outputs.tolist() == [0]
    return seen.outcome


@pytest.mark.parametrize(
    ("body", "before"),
    [
        ("double z = x; double *p = x > 0 ? 0 : &z; return *p + 1;", ""),
        (f"{CHOSEN} return p->v[1];", PAIR),
        (f"{CHOSEN} return p[1 - (x <= 0)].code;", PAIR),
        (f"{CHOSEN} struct pair q = *p; return q.v[2] + x;", PAIR),
        ("return table[2] * x;", "static double *table = 0;"),
        ("return n > 3 ? table[n].v[0] : x;", f"{PAIR}static struct pair *table; static int n = 7;"),
    ],
)  # fmt: skip
def test_a_read_through_a_null_pointer_is_found(body, before):
    assert found(body, before) is Outcome.null_pointer


@pytest.mark.parametrize(
    "body",
    [
        "double s; if (x > 0) s = x; return s * 2;",
        "int s; if (x > 0) s = 1; return s > 0 ? 3 : 4;",
        "double s[4]; s[0] = x; if (x < 0) s[1] = 2; return s[0] + s[1];",
        "struct { int n; float v; } s; s.n = 2; return s.n * s.v + x;",
        "int k; switch ((int)(x * 3)) { case 0: k = 1; break; case 1: k = 4; } return k;",
        "double t[3] = {1, 2, 3}; unsigned k; if (x > 0) k = 1; return t[k];",
        "double *p; if (x > 0) p = &x; return *p;",
        "double *v = malloc(16); if (x > 0) v[1] = x; x = v[1]; free(v); return x;",
        "int n = x > 0; int v[n + 2]; v[n] = 1; return v[1];",
    ],
)
def test_a_read_of_what_was_never_written_is_found(body):
    assert found(body, "#include <stdlib.h>\n") is Outcome.unwritten_value


@pytest.mark.parametrize(
    ("body", "before"),
    [
        ("double s; if (x > 0) s = x; return x > 0 ? s * 2 : x;", ""),
        ("double *p = x > 0 ? &x : 0; return p ? *p : 3;", ""),
        (f"{CHOSEN} double *v = &p->v[1]; return p ? *v : x;", PAIR),
        ("return x + (unsigned long)&((struct pair *)0)->v;", PAIR),
        ("double s[64]; for (int k = 0; k < 9; k++) s[k] = sin(k + x); return s[8];", "#include <math.h>\n"),
        ("struct pair q = {1}; struct pair r = q; return r.v[2] + x;", PAIR),
        ("double *v = calloc(2, 8); v[0] = x; x += v[1]; free(v); return x;", "#include <stdlib.h>\n"),
        ("double *v = malloc(16); v[0] = x; x = v[0] * 2; free(v); return x;", "#include <stdlib.h>\n"),
    ],
)  # fmt: skip
def test_what_is_settled_passes(body, before):
    assert found(body, before) is None


def test_a_write_through_a_null_pointer_ends_a_run():
    text = "double f(double x) { double z; double *p = x > 0 ? 0 : &z; *p = x; return x; }"
    oracle = ProgramOracle(parse_program(text).unit)
    x = np.array([[-1.0], [0.5], [-0.5], [0.25]])
    done = run(oracle.built, x)
    assert done.failed == {
        1: Outcome.null_pointer,
        3: Outcome.null_pointer,
    }
    assert done.outputs[[0, 2], 0].tolist() == [-1, -0.5]
    with pytest.raises(OracleError, match="through a null pointer on 2 of"):
        oracle(x)


def test_an_oracle_refuses_with_the_inputs():
    text = "double f(double x) { double s; if (x > 0) s = x; return s; }"
    oracle = ProgramOracle(parse_program(text).unit)
    with pytest.raises(OracleError) as raised:
        oracle(np.array([[1.0], [-0.25]]))
    assert str(raised.value) == (
        "the program read a variable before it was written on 1 of the first 2 inputs,"
        " for example at (-0.25); restrict the domain [unwritten_value]"
    )
