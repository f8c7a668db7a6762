"""Hostile text is refused by name, within memory and time."""

import json
import subprocess
import sys

import pytest

READ = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
from nsc.errors import SourceError
from nsc.graph import Dag
from nsc.program import parse_program
try:
    dag = parse_program(sys.stdin.read(), function="f").dag
    said = "dag" if isinstance(dag, Dag) else dag.reason
except SourceError as error:
    said = error.problems[0].reason
print(json.dumps(said))
"""
SECONDS = 60

BOMB = (
    "#define S(a) #a\n#define T(a) S(a) S(a)\ndouble f(double x) { return x + sizeof("
    + "T(" * 14
    + "x"
    + ")" * 14
    + "); }"
)


def nested(levels: int, member: str, end: str) -> str:
    """Return structs inside one another, the innermost with the member `end`."""
    lines = [f"struct s0 {{ {end} }};"]
    lines += [
        f"struct s{k} {{ struct s{k - 1} {member}; }};"
        for k in range(1, levels)
    ]
    return "\n".join(lines) + "\n"


def chain(n: int) -> str:
    links = (
        f"static double g{k}(double x) {{ return g{k - 1}(x); }}\n"
        for k in range(1, n)
    )
    first = "static double g0(double x) { return x; }\n"
    return (
        first
        + "".join(links)
        + f"double f(double x) {{ return g{n - 1}(x); }}"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BOMB, "macro_too_large"),
        (
            nested(13, "v[4]", "double v[4];")
            + "double f(struct s12 *p) { return p->v[0].v[0]"
            + ".v[0]" * 11
            + "; }",
            "too_many_scalars",
        ),
        (
            nested(40, "v, w", "double v, w;")
            + "double f(struct s39 *p) { return p->v"
            + ".v" * 39
            + "; }",
            "too_many_scalars",
        ),
        (
            "double f(double x) { double a[1000][1000][1000] = {0};"
            " return a[1][2][3] + x; }",
            "too_many_cells",
        ),
        (
            "double f(double x) { double s = 0; for (int i = 0; i < 200; i++) {"
            " double a[100000] = {0}; s += a[i] + x; } return s; }",
            "too_many_cells",
        ),
        (chain(2000), "closure_too_large"),
        ("double f(double x) { return x + 0x1p999999999; }", "bad_number"),
        ("double f(double x) { return x + 0x1p1000000L; }", "bad_number"),
        (f"double f(double x) {{ return x + {'9' * 3000}; }}", "bad_number"),
        (f"double f(double x) {{ return x + {'9' * 6000}; }}", "bad_number"),
        (
            f"enum {{ A = {'9' * 3000} }}; double f(double x) {{ return x + A; }}",
            "bad_number",
        ),
        ("double f(double x) { return x + 1_000; }", "syntax_error"),
    ],
)
def test_is_refused_by_name(text, reason):
    done = subprocess.run(
        [sys.executable, "-c", READ],
        input=text,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == reason
