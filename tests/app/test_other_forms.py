"""What simpler forms of equal error would cost: found where they are better."""

import numpy as np
import pytest

import nsc
from nsc.report import from_json

ANY = {"timing": False, "verification": 1024, "seed": 1}


def forms_of(function, **options):
    surrogate = nsc.compile(function, **{**ANY, **options})
    return from_json(surrogate.report).forms


def test_a_smooth_curve_is_better_a_polynomial():
    forms = forms_of(lambda x: np.exp(-x) * x, domain={"x": (0, 2)}, budget=60)
    polynomial = {f.kind: f for f in forms.others}["polynomial"]
    assert polynomial.is_better
    assert polynomial.nmse <= 1.1 * max(forms.network.nmse, 1e-12)
    assert polynomial.bytes < forms.network.bytes
    assert forms.runs == 768


def test_more_than_three_inputs_are_not_compared():
    forms = forms_of(
        lambda a, b, c, d: a * b + c * d,
        domain=dict.fromkeys("abcd", (0, 1)),
        budget=20,
    )
    assert forms is None


def test_a_bend_is_no_polynomial():
    forms = forms_of(
        lambda x: abs(x - 0.3) + x, domain={"x": (-1, 1)}, budget=300
    )
    assert "polynomial" not in {f.kind for f in forms.others if f.is_better}


def test_a_rational_function_is_found_where_scipy_is():
    pytest.importorskip("scipy.interpolate", reason="scipy has AAA")
    forms = forms_of(
        lambda x: 1 / (1 + 25 * x * x), domain={"x": (-1, 1)}, budget=100
    )
    found = {f.kind: f for f in forms.others}
    assert found["rational function"].nmse < 1e-10
    assert found["rational function"].bytes <= 64
