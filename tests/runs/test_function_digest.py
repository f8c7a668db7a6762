"""A function's digest changes with all that its code reaches, and with nothing else."""

import functools
import math
import types

import numpy as np
import pytest

from nsc.runs import NotNamedError, digest_of

TEXT = """
import math
import numpy as np
K = 2.0
TABLE = {"a": [1, 2], "b": np.arange(3)}
def helper(x, power=2):
    return x ** power
class Model:
    def __init__(self, slope):
        self.slope = slope
    def at(self, x):
        return self.slope * x
MODEL = Model(1.5)
def f(a):
    inner = lambda x: helper(x) * K
    return math.sin(inner(a)) + MODEL.at(a) + TABLE["b"][1] + a * 1.0
def make(c):
    def g(a):
        return c * a
    return g
"""


def module(text=TEXT):
    made = types.ModuleType("own")
    exec(text, vars(made))
    return made


def test_the_same_text_has_the_same_digest():
    assert digest_of(module().f) == digest_of(module().f)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("K = 2.0", "K = 2.5"),
        ("K = 2.0", "K = 2"),
        ("[1, 2]", "[1, 3]"),
        ("np.arange(3)", "np.arange(3.0)"),
        ("power=2", "power=3"),
        ("x ** power", "x * power"),
        ("Model(1.5)", "Model(1.25)"),
        ("self.slope * x", "self.slope - x"),
        ("math.sin", "math.cos"),
        ("helper(x) * K", "helper(x) / K"),
        ("a * 1.0", "a * 1"),
        ("def f(a):", "def f(a, b=1):"),
    ],
)
def test_what_is_reached_changes_it(old, new):
    assert old in TEXT
    changed = module(TEXT.replace(old, new))
    assert digest_of(module().f) != digest_of(changed.f)


def test_what_is_not_reached_does_not():
    more = module(TEXT + "\nOTHER = 3\ndef unused(x):\n    return x\n")
    commented = module(TEXT.replace("K = 2.0", "K = 2.0  # said"))
    assert digest_of(module().f) == digest_of(more.f)
    assert digest_of(module().f) == digest_of(commented.f)


def test_closures_partials_and_methods_are_named():
    make = module().make
    assert digest_of(make(1.0)) == digest_of(make(1.0)) != digest_of(make(2))
    assert digest_of(functools.partial(pow, 2)) != digest_of(
        functools.partial(pow, 3)
    )
    own = module()
    assert digest_of(own.Model(1.0).at) != digest_of(own.Model(2.0).at)
    assert digest_of(math.hypot) != digest_of(np.hypot)


def test_recursion_ends():
    own = module("def f(n):\n    return f(n - 1) if n > 0 else 0.0\n")
    assert digest_of(own.f) == digest_of(own.f)


@pytest.mark.parametrize(
    "text",
    [
        "def f(a):\n    return float(open('x').read()) * a",
        "import os\ndef f(a):\n    return a * len(os.listdir('.'))",
        "import numpy as np\ndef f(a):\n    return np.load('x')[0] * a",
        "import subprocess\ndef f(a):\n    return subprocess.run(['x'])",
        "import threading\nL = threading.Lock()\ndef f(a):\n    return L, a",
        "F = (x for x in ())\ndef f(a):\n    return next(F)",
    ],
)
def test_what_no_code_tells_is_not_named(text):
    with pytest.raises(NotNamedError):
        digest_of(module(text).f)
