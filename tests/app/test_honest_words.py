"""Words about surrogates that are worse than what they stand for, and wrong arguments."""

from types import SimpleNamespace

import numpy as np
import pytest

import nsc
from nsc.adaptation import HeldOut
from nsc.app import main
from nsc.app.adapt_report import _notes_on_the_program
from nsc.app.notes import _useless
from nsc.errors import InputError
from nsc.verify import verify

PLANE = "double plane(double x, double y) { return (x - y) * (x + y); }"


def rows():
    x, y = np.random.default_rng(0).uniform(-1, 1, (2, 24))
    return {"x": x, "y": y, "z": (x - y) * (x + y)}


@pytest.mark.slow
def test_a_program_that_is_right_is_not_outdone_by_what_was_adapted():
    found = nsc.adapt(
        PLANE, rows(), outputs="z", splits=0, timing=False, budget=0
    )

    assert found.report is not None
    errors = found.report["held_out_rmse"]
    assert errors["program"] < errors["adapted"]
    notes = " ".join(found.report["notes"])
    assert "the program itself is nearer to the measurements" in notes


@pytest.mark.parametrize(("program", "is_said"), [(0.1, True), (0.3, False)])
def test_a_program_that_is_nearer_is_named(program, is_said):
    held = HeldOut(*(np.full(5, v) for v in (program, 1.0, 0.2)))
    adaptation = SimpleNamespace(held_out=held)

    assert bool(_notes_on_the_program(["z"], [adaptation])) is is_said  # pyright: ignore


def test_worse_than_a_constant_is_not_called_better():
    x = np.linspace(-1, 1, 100)[:, None]
    worse = verify(x, -3 * x)
    hardly = verify(x, 0.1 * x)

    assert _useless(worse, ("y",))[0].startswith("worse than a constant")
    assert _useless(hardly, ("y",))[0].startswith("hardly better")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"wrong": 3}, "nsc.adapt takes no 'wrong'"),
        ({"outputs": 3}, "outputs must be a text"),
    ],
)
def test_arguments_of_adapt_are_checked(given, words):
    with pytest.raises(InputError, match=words):
        nsc.adapt(PLANE, rows(), **({"outputs": "z"} | given))


def test_weights_of_another_length_are_refused():
    x = np.random.default_rng(0).uniform(-1, 1, (20, 1))
    model = nsc.SurrogateRegressor(hidden=(3,), restarts=1).fit(x, x[:, 0])

    with pytest.raises(ValueError, match="one a row"):
        model.score(x, x[:, 0], sample_weight=np.ones(3))


@pytest.mark.parametrize("text", ["", "# nothing\n", "bogus %foo\n"])
def test_assembly_without_a_known_block_is_an_error(text, tmp_path, capsys):
    path = tmp_path / "b.s"
    path.write_text(text)

    assert main(["mca", "predict", str(path)]) == 2
    assert "expected basic blocks" in capsys.readouterr().err


def test_pickled_arrays_are_refused_without_advice_to_run_them(tmp_path):
    path = tmp_path / "rows.npz"
    np.savez(path, x=np.array([{}], object))

    with pytest.raises(InputError, match="found pickled data"):
        nsc.adapt(PLANE, path, outputs="z")


def test_a_missing_file_is_told_without_numbers_of_errors(tmp_path, capsys):
    assert main(["mca", "predict", str(tmp_path / "none.s")]) == 2
    assert "Errno" not in capsys.readouterr().err
