"""A pointer that is asked whether it is null is no less a number behind a pointer."""

import numpy as np
import pytest

from nsc.errors import SourceError
from nsc.graph import Unsupported, evaluate
from nsc.program import parse_program
from nsc.sandbox import build, run


@pytest.mark.parametrize(
    "body",
    [
        "if (!p) return 0; return *p * 2;",
        "if (p == NULL || q == 0) return 0; return *p * 2;",
        "if (NULL != p) return *p * 2; return 0;",
        "if (p) return *p * 2; return 0;",
        "return p && q ? *p * 2 : 0;",
        "return p ? *p * 2 : 0;",
    ],
)
def test_a_null_check_is_followed(body):
    text = f"double f(const double *p, double *q) {{ *q = 1; {body} }}"
    program = parse_program(text, function="f")
    signature = program.signature
    assert [leaf.name for leaf in signature.inputs] == ["p"]
    x = np.linspace(-1, 1, 5)[:, None]
    (built,) = build([program.unit])
    found = run(built, x).outputs
    np.testing.assert_array_equal(found, np.hstack([2 * x, np.ones((5, 1))]))
    assert not isinstance(program.dag, Unsupported), program.dag
    np.testing.assert_allclose(evaluate(program.dag, x), found)


def test_a_comparison_with_another_pointer_is_none():
    text = "double f(double *p, double *q) { return p == q ? *p : *q; }"
    with pytest.raises(SourceError) as caught:
        parse_program(text, function="f")
    assert caught.value.problems[0].reason == "pointer_escapes"
