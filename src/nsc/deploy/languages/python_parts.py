"""The pieces of an exported Python file, as formats.

In: nothing. Out: texts. Non-goals: putting them together (python).
"""

from __future__ import annotations

from collections.abc import Mapping

TEXT = '''"""{head}

One call: {name}({parameters}) gives {result}.
Many: {batch}(rows), with a row an example, gives rows of outputs; numpy's array gives an
array. Run this file to have it test itself. It needs nothing but Python.
"""

import math{imports}
from operator import mul

_MIDDLES = {middles}
_HALVES = {halves}
# a network each: its activation, its layers: (weights of a unit, ...), biases
_NETWORKS = (
{networks}
)


def _sigmoid(z):
    if z >= 0:
        return 1.0 / (1.0 + math.exp(-z))
    e = math.exp(z)
    return e / (1.0 + e)


def _relu(z):
    return 0.0 if z < 0 else z


_ACTIVATIONS = {{"sigmoid": _sigmoid, "tanh": math.tanh, "relu": _relu}}


def _layer(rows, biases, h):
    return [sum(map(mul, row, h)) + b for row, b in zip(rows, biases)]


def _network(x):
    """Return the networks' own outputs."""
    u = [(v - m) / s for v, m, s in zip(x, _MIDDLES, _HALVES)]
    y = []
    for activation, layers in _NETWORKS:
        h = u
        for rows, biases in layers[:-1]:
            act = _ACTIVATIONS[activation]
            h = [act(z) for z in _layer(rows, biases, h)]
        y += _layer(*layers[-1], h)
    return y


def _nearest(y, least, largest):
    """Return the nearest whole number; halves go away from zero."""
    if y != y:
        return y
    if y <= least:
        return least
    if y >= largest:
        return largest
    return float(math.trunc(y + math.copysign(0.5, y)))


def _one_of(y, thresholds, values):
    if y != y:
        return y
    return values[sum([y > t for t in thresholds])]


def _outputs(y):
    """Return what the program gives for the networks' outputs."""
    return (
{outputs}    )


{policy}def {name}({parameters}):
    """Return {listed}."""
    x = {given}
    return _answered(tuple(map(float, x))){returned}


def {batch}(rows):
    """Return outputs of many rows: lists, or numpy's array for such an array."""
    if hasattr(rows, "columns"):
        raise TypeError(
            "a frame's columns may be in any order: give frame[[...]].to_numpy()"
        )
    if hasattr(rows, "__array__"):
        return _arrays(rows)
    return [list(_answered(_checked(row))) for row in rows]


def _checked(row):
    x = tuple(map(float, row))
    if len(x) != len(_MIDDLES):
        raise ValueError(f"a row has {{len(_MIDDLES)}} inputs; found {{len(x)}}")
    return x


def _arrays(rows):
    import numpy

    x = numpy.asarray(rows, numpy.float64)
    if x.ndim != 2 or x.shape[1] != len(_MIDDLES):
        raise ValueError(f"expected n x {{len(_MIDDLES)}} numbers; found {{x.shape}}")
    given = _brought_in_array(x)
    u = (given - numpy.array(_MIDDLES)) / numpy.array(_HALVES)
    parts = []
    for activation, layers in _NETWORKS:
        h = u
        for weights, biases in layers[:-1]:
            z = h @ numpy.array(weights).T + numpy.array(biases)
            if activation == "sigmoid":
                h = 1.0 / (1.0 + numpy.exp(-numpy.clip(z, -700.0, 700.0)))
            elif activation == "tanh":
                h = numpy.tanh(z)
            else:
                h = numpy.where(z < 0, 0.0, z)
        weights, biases = layers[-1]
        parts.append(h @ numpy.array(weights).T + numpy.array(biases))
    y = numpy.concatenate(parts, axis=1)
    answers = [_outputs(row) for row in y.tolist()]
    found = numpy.array(answers, numpy.float64).reshape(len(x), -1)
    return _left_array(x, found)


# inputs, then outputs
_SELFTEST = (
{rows}
)
_ALLOWED = {allowed}


def selftest():
    """Return how many outputs are wrong."""
    n = len(_MIDDLES)
    rows = [row[:n] for row in _SELFTEST]
    wrong = 0
    alone = [_answered(x) for x in rows]
    for found in (alone, {batch}(rows)):
        for y, row in zip(found, _SELFTEST):
            errors = [abs(a - b) for a, b in zip(y, row[n:])]
            wrong += sum([not e <= t for e, t in zip(errors, _ALLOWED)])
    return wrong


if __name__ == "__main__":
    wrong = selftest()
    print(f"{{wrong}} of {{2 * len(_SELFTEST) * len(_ALLOWED)}} values wrong")
    raise SystemExit(wrong != 0)
'''
INSIDE = """_LOWS = {lows}
_HIGHS = {highs}


def _is_inside(x):
    return (
        all([lo <= v <= hi for v, lo, hi in zip(x, _LOWS, _HIGHS)]){tests}
    )


"""
_PLAIN_ARRAYS = """def _brought_in_array(x):
    return x


"""
_PLAIN_LEFT = """def _left_array(x, y):
    return y


"""
_RAISING = """def _expect_inside(x):
    if not _is_inside(x):
        raise ValueError("{message}")


def _answered(x):
    _expect_inside(x)
    return _outputs(_network(x))


def _brought_in_array(x):
    for row in x.tolist():
        _expect_inside(row)
    return x


"""
_WARNING = """_has_warned = False


def _warn_outside(x):
    global _has_warned
    if not _has_warned and not _is_inside(x):
        _has_warned = True
        warnings.warn("{message}; this is said once", stacklevel=4)


def _answered(x):
    _warn_outside(x)
    return _outputs(_network(x))


def _brought_in_array(x):
    for row in x.tolist():
        _warn_outside(row)
    return x


"""
_CLIPPING = """def _clipped(x):
    limits = zip(x, _LOWS, _HIGHS)
    return tuple([lo if v < lo else hi if v > hi else v for v, lo, hi in limits])


def _answered(x):
    return _outputs(_network(_clipped(x)))


def _brought_in_array(x):
    return x.clip(_LOWS, _HIGHS)


"""
_GIVING_NAN = """def _answered(x):
    if not _is_inside(x):
        return (math.nan,) * len(_ALLOWED)
    return _outputs(_network(x))


"""
_LEFT_NAN = """def _left_array(x, y):
    y[[not _is_inside(row) for row in x.tolist()]] = math.nan
    return y


"""
_TRUSTING = """def _answered(x):
    return _outputs(_network(x))


"""
LEAVING: Mapping[str | None, str] = {
    None: _TRUSTING + _PLAIN_ARRAYS + _PLAIN_LEFT,
    "raise": _RAISING + _PLAIN_LEFT,
    "warn": _WARNING + _PLAIN_LEFT,
    "clip": _CLIPPING + _PLAIN_LEFT,
    "nan": _GIVING_NAN + _PLAIN_ARRAYS + _LEFT_NAN,
}
"""What is done outside the domain."""


def _guarded(name: str, otherwise: str) -> str:
    """Write a function of one number, by <math.h>'s rules where Python's raises."""
    return f"""def _{name}(x):
    try:
        return float(math.{name}(x))
    except (ValueError, OverflowError):
        return {otherwise}


"""


_LOGARITHM = "-math.inf if x == 0 else math.nan"
HELPERS: Mapping[str, str] = {
    "/": """def _divide(a, b):
    if b != 0:
        return a / b
    if a == 0 or a != a:
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


""",
    "fabs": _guarded("fabs", "math.nan"),
    "sqrt": _guarded("sqrt", "math.nan"),
    "exp": _guarded("exp", "math.inf"),
    "log": _guarded("log", _LOGARITHM),
    "log10": _guarded("log10", _LOGARITHM),
    "floor": _guarded("floor", "x"),
    "ceil": _guarded("ceil", "x"),
    "sin": _guarded("sin", "math.nan"),
    "cos": _guarded("cos", "math.nan"),
    "tan": _guarded("tan", "math.nan"),
    "fmin": """def _fmin(a, b):
    return a if b != b or a < b else b


""",
    "fmax": """def _fmax(a, b):
    return a if b != b or a > b else b


""",
    "pow": """def _pow(a, b):
    try:
        return math.pow(a, b)
    except (ValueError, OverflowError):
        if a < 0 and b != math.floor(b):
            return math.nan
        is_odd = b % 2 == 1
        return math.copysign(math.inf, a) if is_odd else math.inf


""",
    "hypot": """def _hypot(a, b):
    return math.hypot(a, b)


""",
    "fmod": """def _fmod(a, b):
    try:
        return math.fmod(a, b)
    except ValueError:
        return math.nan


""",
    "atan2": """def _atan2(a, b):
    return math.atan2(a, b)


""",
}

DRIVER = """import array
import importlib.util
import warnings

spec = importlib.util.spec_from_file_location("surrogate", "{file}")
surrogate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(surrogate)
warnings.simplefilter("ignore")
if surrogate.selftest():
    raise SystemExit("its self-test fails")
given = array.array("d")
with open("x.bin", "rb") as file:
    given.frombytes(file.read())
n_called = int(given[0])
n_apart = int(given[1])
flat = given[2:].tolist()
n = {n_inputs}
rows = [flat[k * n : (k + 1) * n] for k in range(n_called + n_apart)]
answers = array.array("d")
for row in rows[:n_called]:
    y = surrogate.{name}(*row)
    answers.extend(y if isinstance(y, tuple) else (y,))
# lists are taken row by row, as one row is: a few are enough
few = surrogate.{batch}(rows[: min(n_called, 256)])
together = [value for row in few for value in row]
answers.extend(together + answers.tolist()[len(together) :])
try:
    import numpy
except ImportError:
    numpy = None
if numpy is not None:
    x = numpy.array(rows[:n_called], numpy.float64).reshape(n_called, n)
    answers.extend(surrogate.{batch}(x).ravel().tolist())
for row in rows[n_called:]:
    answers.extend(surrogate._outputs(surrogate._network(row)))
with open("y.bin", "wb") as file:
    file.write(answers.tobytes())
"""
