"""A long has 64 bits in what is read, too: DAGs compute what the sandbox does."""

import numpy as np
import pytest

from nsc.graph import Dag, evaluate
from nsc.program import parse_program
from nsc.sandbox import Built, build, run


@pytest.mark.parametrize(
    "body",
    [
        "union { double d; unsigned long i; } u = {x};"
        " u.i &= 0x7fffffffffffffffUL; return u.d;",
        "union { double d; long i; } u = {x}; return u.i < 0;",
        "return (double)(long)(x * 1e12) + sizeof(size_t) + sizeof(long);",
        "unsigned long n = -1UL; return n > 4294967295.0 ? x : 1;",
        "return x < LONG_MAX && x > LONG_MIN ? x : 1;",
        "unsigned long n = ~0UL; return x + (n >> 40);",
        "long n = 1; n <<= 40; return x * n + (1UL << 33);",
        "struct { char c; long n; } s; return x + sizeof s;",
    ],
)
def test_it_is_read_as_it_runs(body):
    text = f"#include <limits.h>\ndouble f(double x) {{ {body} }}"
    program = parse_program(text)
    built = build([program.unit])[0]
    assert isinstance(built, Built)
    assert isinstance(program.dag, Dag)
    x = np.array([[-0.7], [0.2], [0.9]])
    np.testing.assert_allclose(
        evaluate(program.dag, x), run(built, x).outputs, rtol=1e-12
    )


def test_its_domain_is_that_of_64_bits():
    text = "double f(long n) { return n; }"
    program = parse_program(text, ranges={"n": (-1e15, 1e15)})
    assert program.domain.hi == (1e15,)
