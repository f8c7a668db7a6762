"""A callee's surrogate is tuned to measurements of the program that calls it."""

import json

import numpy as np
import pytest

from nsc.app.cli import main
from nsc.app.grey_measured import tune
from nsc.errors import InputError
from nsc.program import parse_program
from nsc.sandbox import ProgramOracle

TEXT = """#include <math.h>
static double rate(double c) { return 0.5 * c; }
double left(double c, double t) {
  for (int k = 0; k < 5; k++) c -= 0.2 * t * rate(c);
  return c;
}
"""
TRUE = TEXT.replace("0.5 * c", "0.5 * c * c / (0.3 + c)")
RANGES = {"c": (0.1, 2), "t": (0.1, 2)}


def outputs(text, x):
    program = parse_program(text, function="left", ranges=RANGES)
    return ProgramOracle(program.unit)(x)


def inputs(n, seed):
    drawn = np.random.default_rng(seed).uniform(0, 1, (n, 2))
    return 0.1 + 1.9 * drawn


def words(tmp_path, rows):
    (tmp_path / "left.c").write_text(TEXT)
    table = "\n".join(",".join(f"{v:.12g}" for v in row) for row in rows)
    (tmp_path / "m.csv").write_text(f"c,t,return\n{table}\n")
    where = [str(tmp_path / "left.c"), "-o", str(tmp_path / "o")]
    measured = ["--learn", "rate", "--data", str(tmp_path / "m.csv")]
    size = ["--topology", "9-4-1", "--budget", "64", "--verification", "200"]
    domain = ["--domain", "c=0.1:2,t=0.1:2", "--no-timing"]
    return ["compile", *where, "--function", "left", *measured, *size, *domain]


def test_the_whole_is_nearer_to_what_was_measured(tmp_path):
    x = inputs(40, 0)
    rows = np.concatenate([x, outputs(TRUE, x)], axis=1)
    assert main(words(tmp_path, rows)) == 0
    report = json.loads((tmp_path / "o" / "report.json").read_text())
    measured = report["within"]["measured"]
    assert measured["rows"] == 40
    assert measured["after"] < 0.2 * measured["before"]
    assert any("by intention" in note for note in report["notes"])
    fresh = inputs(300, 1)
    truth = outputs(TRUE, fresh)
    tuned = (tmp_path / "o" / "whole.c").read_text()
    errors = [np.std(outputs(t, fresh) - truth) for t in (TEXT, tuned)]
    assert errors[1] < 0.2 * errors[0]


def test_measurements_that_tell_nothing_change_nothing(tmp_path):
    x = inputs(40, 0)
    rows = np.concatenate([x, outputs(TEXT, x)], axis=1)
    rows[:, 2] += np.random.default_rng(1).normal(0, 3.0, 40)
    assert main(words(tmp_path, rows)) == 0
    report = json.loads((tmp_path / "o" / "report.json").read_text())
    measured = report["within"]["measured"]
    if measured["strength"] is None:
        assert measured["after"] == measured["before"]
    assert report["within"]["test"]["nmse"] < 0.1


def test_too_few_rows_are_an_error(tmp_path, capsys):
    x = inputs(5, 0)
    rows = np.concatenate([x, outputs(TEXT, x)], axis=1)
    assert main(words(tmp_path, rows)) == 2
    assert "at least 8 rows" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--error-bars"], "--error-bars must be left out with learn"),
        (["--inputs", "t,c"], "found 't' in the place of 'c'"),
    ],
)
def test_what_would_tell_of_another_program_is_refused(
    flags, said, tmp_path, capsys
):
    x = inputs(20, 0)
    rows = np.concatenate([x, outputs(TRUE, x)], axis=1)
    assert main([*words(tmp_path, rows), *flags, "--outputs", "return"]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_numbers_are_found_again():
    w_true = np.array([1.5, -0.5, 0.3])
    x = np.random.default_rng(0).uniform(-1, 1, (50, 2))

    def run(many, rows):
        y = many[:, 0] * rows[:, 0] + many[:, 1] * rows[:, 1] ** 2
        return (y + many[:, 2])[:, None]

    y = run(np.tile(w_true, (50, 1)), x)
    found = tune(run, w_true + 0.3, x, y, seed=0)
    assert found.after < 0.05 * found.before
    assert np.allclose(found.w, w_true, atol=0.05)


def test_an_output_that_never_varies_is_an_error():
    x = np.zeros((20, 1))
    with pytest.raises(InputError, match="must vary"):
        tune(lambda w, r: r, np.zeros(1), x, np.ones((20, 1)), seed=0)
