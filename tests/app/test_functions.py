"""Python functions: how they are called is found by trying, and never in silence."""

import functools
import itertools
import math
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import nsc
from nsc.app.functions import program_of_function
from nsc.errors import DomainError, InputError, OracleError
from nsc.program import draw_inputs
from nsc.runs import kept_runs

BOX = {"a": (0.0, 1.0), "b": (1.0, 2.0)}
FEW = {"budget": 40, "verification": 64}


def truth(a, b):
    return math.sin(a) * b


def branching(a, b, scale=2.0):
    if a > 0.5:
        return scale * b
    return scale * a


def in_tuple(a, b):
    return a + b, a - b


def in_dict(a, b):
    return {"total": a + b, "apart": a - b}


def of_row(x):
    return x[0] + x[1]


def of_rows(x):
    return x[:, 0] + x[:, 1]


def of_either(x):
    return np.stack([x[..., 0] + x[..., 1], x[..., 0]], axis=-1)


def by_place(a, b, /):
    return math.hypot(a, b)


class Adder:
    def __call__(self, a, b):
        return a + b


def outputs_on(program, n=9):
    generator = np.random.default_rng(1)
    x = draw_inputs(program, n, generator=generator)
    runs = program.function
    found = runs(x)
    return x, getattr(found, "outputs", found)


@pytest.mark.parametrize(
    ("function", "names", "expected"),
    [
        (truth, ("return",), lambda a, b: np.sin(a) * b),
        (branching, ("return",), lambda a, b: 2 * np.where(a > 0.5, b, a)),
        (in_tuple, ("y1", "y2"), lambda a, b: [a + b, a - b]),
        (in_dict, ("total", "apart"), lambda a, b: [a + b, a - b]),
        (of_row, ("return",), lambda a, b: a + b),
        (of_rows, ("return",), lambda a, b: a + b),
        (of_either, ("y1", "y2"), lambda a, b: [a + b, a]),
        (by_place, ("return",), np.hypot),
        (math.hypot, ("return",), np.hypot),
        (np.hypot, ("return",), np.hypot),
        (Adder(), ("return",), lambda a, b: a + b),
        (functools.partial(branching, scale=3.0), ("return",), None),
    ],
)
def test_functions_are_called_as_they_are_written(function, names, expected):
    program = program_of_function(function, inputs=BOX)
    found = tuple(leaf.name for leaf in program.signature.outputs)
    assert found == names
    x, y = outputs_on(program)
    if expected is not None:
        wanted = np.atleast_2d(expected(*x.T)).T
        np.testing.assert_allclose(y, wanted, rtol=1e-12)


@settings(max_examples=30, deadline=None)
@example(1, 5, "array", False, "array")  # as many outputs as rows are tried
@given(
    n_inputs=st.integers(1, 8),
    n_outputs=st.integers(1, 8),
    takes=st.sampled_from(["names", "array"]),
    is_vectorized=st.booleans(),
    gives=st.sampled_from(["tuple", "array"]),
)
def test_no_shape_is_taken_for_another(
    n_inputs, n_outputs, takes, is_vectorized, gives
):
    """Numbers of inputs, outputs and rows may be equal: none is mixed up."""
    weights = np.random.default_rng(0).normal(size=(n_inputs, n_outputs))

    def answer(columns):
        if not is_vectorized and np.ndim(columns[0]):
            raise TypeError("scalars only")
        outputs = [
            sum(w * c**2 for w, c in zip(row, columns, strict=True))
            for row in weights.T
        ]
        is_array = gives == "array"
        return np.stack(outputs, axis=-1) if is_array else tuple(outputs)

    names = [f"v{k}" for k in range(n_inputs)]
    if takes == "names":
        listed = ", ".join(names)
        function = eval(f"lambda {listed}: answer([{listed}])", locals())
    else:

        def function(x):
            return answer([x[..., k] for k in range(n_inputs)])

    program = program_of_function(function, inputs=names)
    x, y = outputs_on(program)
    np.testing.assert_allclose(y, x**2 @ weights, rtol=1e-9, atol=1e-12)


def test_a_compiled_function_is_verified_and_knows_its_names():
    surrogate = nsc.compile(truth, inputs=BOX, outputs=["y"], budget=200)
    assert surrogate.input_names == ("a", "b")
    assert surrogate.output_names == ("y",)
    assert surrogate.report["function"] == "truth"
    assert surrogate.report["test"]["nmse"] < 1e-3


def test_names_come_from_the_signature_and_defaults_stay():
    program = program_of_function(branching, domain=BOX)
    assert [leaf.name for leaf in program.signature.inputs] == ["a", "b"]
    all_three = program_of_function(
        branching, inputs={**BOX, "scale": (1.0, 2.0)}
    )
    assert all_three.n_inputs == 3


def test_integers_are_integers():
    def power(a: float, n: int):
        assert isinstance(n, int)
        return sum(a**k for k in range(n))

    program = program_of_function(power, inputs={"a": (0, 1), "n": (1, 5)})
    x, _ = outputs_on(program)
    assert (x[:, 1] == np.round(x[:, 1])).all()
    assert program.signature.prototype == "double power(double a, int n)"


def test_outputs_can_be_chosen_by_name():
    program = program_of_function(in_dict, inputs=BOX, outputs=["apart"])
    x, y = outputs_on(program)
    np.testing.assert_allclose(y[:, 0], x[:, 0] - x[:, 1])


CALLS = itertools.count()


@pytest.mark.parametrize(
    ("function", "options", "message"),
    [
        (truth, {"inputs": {"a": (0, 1)}}, "inputs must give 'b' a range"),
        (truth, {"inputs": {**BOX, "c": (0, 1)}}, "'c' is no parameter of"),
        (truth, {"inputs": "ab"}, "inputs must map names"),
        (truth, {"inputs": BOX, "domain": BOX}, "domain must not name 'a'"),
        (lambda: 1, {}, "has no parameters to be inputs"),
        (lambda a: None, {}, "with a=.* it returned None; expected a number"),
        (lambda a: "x", {}, "it returned a str"),
        (lambda a: a + 1j, {}, "expected"),
        (lambda a: (), {}, "it returned nothing"),
        (lambda a: [[a]], {}, "among what it returned is a list"),
        (lambda a: 1 / 0, {}, r"ZeroDivisionError: .*test_functions.py:\d+"),
        (lambda a: range(a), {}, "annotate inputs that are integers"),
        (
            lambda a: a / np.max(a),
            {},
            "different outputs: for a=.* state it with vectorized=True",
        ),
        (lambda a: a + next(CALLS), {}, "whenever it is called.*state it"),
        (
            lambda a: a / np.max(a),
            {"vectorized": True},
            "depends on the other rows",
        ),
        (in_tuple, {"outputs": ["y"]}, "name the 2 numbers that in_tuple"),
        (in_dict, {"outputs": ["y"]}, "total, apart; found 'y'"),
        (in_dict, {"outputs": "total"}, "outputs must be names"),
    ],
)
def test_what_cannot_be_called_is_explained(function, options, message):
    with pytest.raises(InputError, match=message):
        program_of_function(function, **options)


def test_an_integer_needs_a_range():
    def f(n: int):
        return n

    with pytest.raises(DomainError, match="domain needs a range"):
        program_of_function(f)


def test_what_is_for_c_is_refused():
    with pytest.raises(InputError, match="what is for C text must be left"):
        nsc.compile(truth, inputs=BOX, fix={"a": 1})
    with pytest.raises(InputError, match="are for Python functions"):
        nsc.compile("double f(double x) { return x; }", outputs=["y"])
    with pytest.raises(InputError, match="text_only must be left out"):
        nsc.compile(truth, inputs=BOX, text_only=True)


def test_stated_ways_are_heeded():
    halves = program_of_function(
        lambda a: a / np.max(a), inputs={"a": (0.1, 1)}, vectorized=False
    )
    _, y = outputs_on(halves)
    assert (y == 1).all()


@pytest.mark.parametrize("is_vectorized", [False, True])
def test_what_a_function_raises_names_its_sample(is_vectorized):
    def picky(a):
        if np.any(a > 0.995):
            raise ValueError("too large")
        return a + 0.0

    options = {"inputs": {"a": (0.0, 1.0)}, "vectorized": is_vectorized}
    with pytest.raises(OracleError) as caught:
        nsc.compile(picky, budget=2000, **options)
    message = str(caught.value)
    assert "at (0.99" in message or "at (1)" in message
    assert "ValueError: too large (" in message and "test_functions" in message


def test_noise_is_told():
    generator = np.random.default_rng(0)

    def noisy(a):
        return math.sin(a) + generator.normal(scale=0.01)

    notes = nsc.compile(noisy, inputs={"a": (0, 3)}, **FEW).report["notes"]
    assert any("different outputs for the same inputs" in n for n in notes)


def test_dict_keys_may_come_in_any_order():
    count = itertools.count()

    def shuffled(a, b):
        both = [("p", float(a)), ("q", float(b))]
        return dict(both if next(count) % 2 else both[::-1])

    program = program_of_function(shuffled, inputs=BOX, outputs=["q", "p"])
    x, y = outputs_on(program)
    assert (y == x[:, ::-1]).all()


# what users write: no guard, functions of the script, closures over its values
SCRIPT = """
import sys, time
import nsc
SCALE = 2.0
def make(slope):
    def sim(a):
        time.sleep(0.01)
        return SCALE * a * a + slope * a if a >= 0 else 0.0
    return sim
s = nsc.compile(
    make(3.0), inputs={"a": (0, 1)}, budget=200, verification=64,
    workers=int(sys.argv[1]), folder=sys.argv[2],
)
print(s.report["test"]["nmse"] < 0.01, s.members[0].w.tobytes().hex()[:400])
print([n for n in s.report["notes"] if "one process" in n or "kept" in n])
"""


def run_script(path, *words):
    done = subprocess.run(
        [sys.executable, str(path), *map(str, words)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_script_needs_no_guard_and_its_runs_are_kept(tmp_path):
    pytest.importorskip("cloudpickle")
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    alone = run_script(path, 1, tmp_path / "one")
    both = run_script(path, 2, tmp_path / "two")
    assert alone == both and alone.startswith("True") and "[]" in alone
    [kept] = kept_runs(tmp_path / "two")
    again = run_script(path, 2, tmp_path / "two").splitlines()
    assert again[:-1] == both.splitlines()[:-1]
    assert again[-1].endswith("264; made now: 0']")
    [again] = kept_runs(tmp_path / "two")
    assert len(again.x) == len(kept.x) == 264  # nothing ran twice
    assert (tmp_path / "two" / "surrogate.c").exists()


def test_what_cannot_be_sent_runs_here(monkeypatch):
    lock = threading.Lock()

    def locked(a):
        with lock:
            time.sleep(0.01)
            return 2.0 * float(a)

    options = {"inputs": {"a": (0, 1)}, "budget": 100, "verification": 64}
    report = nsc.compile(locked, workers=2, **options).report
    assert report["test"]["nmse"] < 0.01
    [note] = [n for n in report["notes"] if "all ran in one process" in n]
    assert "TypeError" in note and "make it inside the function" in note


def test_runs_that_no_code_names_are_not_kept(tmp_path):
    data = tmp_path / "factor"
    data.write_text("2.0")

    def reads(a):
        with open(data) as file:
            return float(a) * float(file.read())

    surrogate = nsc.compile(
        reads, inputs={"a": (0, 1)}, folder=tmp_path / "out", **FEW
    )
    [note] = [n for n in surrogate.report["notes"] if "are not kept" in n]
    assert "it calls 'open'" in note
    assert not (tmp_path / "out" / "runs").exists()


def test_kept_runs_of_something_else_are_found_out(tmp_path):
    hidden = {"factor": 2.0}

    class Box:
        __slots__ = ()

        def factor(self):
            return globals()["HIDDEN"]["factor"]

    globals()["HIDDEN"] = hidden
    box = Box.factor

    def sim(a):
        time.sleep(0.002)
        return float(a) * box(None)

    options = {"inputs": {"a": (0, 1)}, "folder": tmp_path / "out", **FEW}
    nsc.compile(sim, **options)
    hidden["factor"] = 3.0
    with pytest.raises(InputError, match="though its code is the same"):
        nsc.compile(sim, **options)
