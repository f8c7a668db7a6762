"""A decorated function is called as before, and its surrogate answers."""

import inspect
import math
import subprocess
import sys
import warnings

import numpy as np
import pytest

import nsc
from nsc import OutsideDomainWarning
from nsc.errors import InputError

BOX = {"a": (0.0, 1.0), "b": (0.0, 2.0)}
FEW = {"budget": 100, "verification": 64}


@nsc.surrogate(inputs=BOX, **FEW)
def product(a, b, *, scale=1.0):
    """Return a product."""
    return math.sin(a) * b * scale


def test_it_looks_like_the_function():
    assert product.__name__ == "product"
    assert product.__doc__ == "Return a product."
    assert list(inspect.signature(product).parameters) == ["a", "b", "scale"]


def test_it_is_compiled_when_it_is_first_called():
    calls = []

    @nsc.surrogate(inputs={"a": (0, 1)}, **FEW)
    def counted(a):
        calls.append(float(np.mean(a)))
        return a * 2.0

    assert not calls and "not compiled yet" in repr(counted)
    assert counted(0.25) == pytest.approx(0.5, abs=0.01)
    n = len(calls)
    counted(0.5)
    assert len(calls) == n and "not" not in repr(counted)
    assert counted.original(0.5) == 1.0
    assert counted.report["test"]["n"] == 64
    assert counted.surrogate is counted.surrogate


def test_numbers_in_numbers_out_and_arrays_in_arrays_out():
    expected = product.original(0.5, 1.0)
    for found in (product(0.5, 1.0), product(a=0.5, b=1), product(0.5, b=1)):
        assert isinstance(found, float)
        assert found == pytest.approx(expected, abs=0.02)
    a = np.linspace(0, 1, 6).reshape(2, 3)
    found = product(a, 1.0)
    assert found.shape == (2, 3)
    np.testing.assert_allclose(found, np.sin(a), atol=0.02)
    assert product(0.5, 1.0, scale=1.0) == product(0.5, 1.0)
    assert product(np.zeros(0), 1.0).shape == (0,)
    with pytest.raises(InputError, match=r"one shape; found \(2,\), \(3,\)"):
        product(np.zeros(2), np.zeros(3))


def test_outputs_come_in_the_functions_form():
    @nsc.surrogate(inputs=BOX, **FEW)
    def in_dict(a, b):
        return {"sum": a + b, "apart": a - b}

    @nsc.surrogate(inputs=BOX, **FEW)
    def in_tuple(a, b):
        return a + b, a - b

    @nsc.surrogate(inputs=BOX, **FEW)
    def of_rows(x):
        return np.stack([x[..., 0] + x[..., 1], x[..., 0]], axis=-1)

    found = in_dict(0.5, 1.0)
    assert list(found) == ["sum", "apart"]
    assert found["sum"] == pytest.approx(1.5, abs=0.05)
    assert in_tuple(0.5, 1.0)[1] == pytest.approx(-0.5, abs=0.05)
    assert of_rows([0.5, 1.0]).shape == (2,)
    assert of_rows(np.full((3, 2), 0.5)).shape == (3, 2)


def test_outside_the_domain_it_warns_once():
    @nsc.surrogate(inputs={"a": (0, 1)}, **FEW)
    def f(a):
        return a * 2.0

    f.compile()
    with pytest.warns(OutsideDomainWarning, match=r"f: outside .* a=3 \(ver"):
        f(3.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        f(4.0)


def test_outside_the_domain_it_may_refuse_or_ask_the_original():
    def f(a):
        return a * 2.0

    refusing = nsc.surrogate({"a": (0, 1)}, outside="raise", **FEW)(f)
    with pytest.raises(InputError, match="a=nan"):
        refusing(math.nan)
    asking = nsc.surrogate({"a": (0, 1)}, outside="original", **FEW)(f)
    assert asking(100.0) == 200.0
    clipping = nsc.surrogate({"a": (0, 1)}, outside="clip", **FEW)(f)
    assert clipping(100.0) == clipping(1.0)
    silent = nsc.surrogate({"a": (0, 1)}, outside="nan", **FEW)(f)
    assert math.isnan(silent(100.0)) and not math.isnan(silent(1.0))


def test_what_cannot_be_is_explained():
    with pytest.raises(InputError, match="needs the inputs' ranges"):
        nsc.surrogate(lambda a: a)
    with pytest.raises(InputError, match="outside must be one of warn, raise"):
        nsc.surrogate({"a": (0, 1)}, outside="ignore")
    with pytest.raises(InputError, match="stay at their defaults; found 'sc"):
        product(0.5, 1.0, scale=2.0)
    with pytest.raises(InputError, match="a must be numbers; found str 'x'"):
        product("x", 1.0)
    with pytest.raises(TypeError, match="missing a required argument: 'b'"):
        product(0.5)


def test_the_room_and_the_decorator_share_a_name():
    code = (
        "import nsc, sys; assert 'numpy' not in sys.modules;"
        "deco = nsc.surrogate;"
        "import nsc.surrogate as room; from nsc.surrogate import load;"
        "assert room is deco is nsc.surrogate and load is nsc.load;"
        "f = deco(inputs={'a': (0, 1)})(lambda a: a); print(f)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert done.stdout.startswith("<surrogate of <lambda>"), done.stderr
