"""What a program prints has no part in what it computes."""

import numpy as np
import pytest

from nsc.deploy import time_per_call
from nsc.deploy.native import PRINTS as MUTED
from nsc.errors import SourceError
from nsc.graph import Unsupported, evaluate
from nsc.program import parse_program
from nsc.sandbox import build, run
from nsc.text import PRINTS

X = np.linspace(-1, 1, 9)[:, None]
PRINTING = (
    '#include <stdio.h>\ndouble f(double x) { if (x < 0) { fprintf(stderr, "no\\n");'
    ' return 0; } printf("%d %g%%n" " ok", 3, x); puts("a"); putchar(65);'
    " fflush(stdout); return x * x; }"
)


def test_printing_changes_nothing():
    program = parse_program(PRINTING, function="f")
    assert program.headers == ("stdio.h",)
    assert program.prints == ("fflush", "fprintf", "printf", "putchar", "puts")
    (built,) = build([program.unit])
    found = run(built, X).outputs
    np.testing.assert_array_equal(found, np.where(X < 0, 0, X * X))
    assert not isinstance(program.dag, Unsupported), program.dag
    np.testing.assert_allclose(evaluate(program.dag, X), found)


def test_a_native_run_prints_nothing():
    assert set(MUTED) == PRINTS
    program = parse_program(PRINTING, function="f")
    timing = time_per_call(program, "double g(double x) { return x; }", "g", X)
    np.testing.assert_allclose(timing.outputs, np.where(X < 0, 0, X * X))


@pytest.mark.parametrize(
    "body",
    [
        'int n = 0; printf("%g%n", x, &n); return n;',
        'double *p = &x; printf("%5td", p - p); return x;',
        'int n = 0; fprintf(stderr, "%-5hhn", &n); return n;',
        'const char *s = "%n"; int n = 0; printf(s, &n); return n;',
        'char s[9]; sprintf(s, "%g", x); return s[0];',
        'FILE *o = fopen("a", "w"); return x;',
    ],
)
def test_what_does_more_than_print_is_refused(body):
    with pytest.raises(SourceError) as caught:
        parse_program(f"double f(double x) {{ {body} }}", function="f")
    assert {p.reason for p in caught.value.problems} == {"uses_io"}


def test_the_value_of_printing_has_no_symbolic_meaning():
    text = 'double f(double x) { return x + printf("%g", x); }'
    dag = parse_program(text, function="f").dag
    assert isinstance(dag, Unsupported)
