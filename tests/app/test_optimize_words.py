"""What `nsc optimize` says of conditions, ranges, fronts and runs that tell nothing."""

import json

import numpy as np
import pytest

import nsc
from nsc.app import main
from nsc.errors import InputError
from nsc.report import optimization_page, optimization_text

BOWL = "double bowl(double a, double b) { return a * a + b * b; }\n"
TWO = """void two(double x, double y, double *f, double *g) {
  *f = (x - 1) * (x - 1) + y * y;
  *g = x * x + (y - 1) * (y - 1);
}
"""
DOMAIN = {"a": (-1, 1), "b": (-1, 1)}


def bowl(a, b):
    return a * a + b * b


def said(tmp_path, capsys, text, *flags):
    """Run the verb on a text; returns its exit code, stdout and stderr."""
    path = tmp_path / "f.c"
    path.write_text(text)
    argv = ["optimize", str(path), "--runs", "20", "-o", str(tmp_path / "o")]
    code = main([*argv, *flags])
    found = capsys.readouterr()
    return code, found.out, found.err


@pytest.mark.parametrize("condition", ["a < 1 / 0", "1e308 * 10 > return"])
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_what_is_fulfilled_beyond_numbers_is_fulfilled(condition):
    found = nsc.optimize(bowl, domain=DOMAIN, runs=20, subject_to=condition)

    assert found.value < 1e-6
    assert not found.report.notes


def test_a_condition_that_is_no_number_is_not_the_programs_fault():
    with pytest.raises(InputError, match="subject_to must come to numbers"):
        nsc.optimize(bowl, domain=DOMAIN, runs=20, subject_to="return / 0 < 1")
    found = nsc.optimize(
        bowl, domain=DOMAIN, runs=20, subject_to="sqrt(a) < return + 1"
    )

    assert any("a condition came to NaN" in n for n in found.report.notes)
    assert not any("failed" in n for n in found.report.notes)


def test_runs_that_are_all_the_same_are_no_find():
    found = nsc.optimize(lambda a: 3.0 + 0 * a, domain={"a": (0, 1)}, runs=20)

    assert "every run gave the same" in " ".join(found.report.notes)


def test_objectives_are_separated_by_commas(tmp_path, capsys):
    box = "x=-2:2,y=-2:2"
    flags = ("--out", "f,g", "--domain", box, "--minimize", "f,g")

    code, out, _ = said(tmp_path, capsys, TWO, *flags)

    assert code == 0
    assert "this is the one with the least f" in out
    report = json.loads((tmp_path / "o" / "report.json").read_text())
    assert list(report["objectives"]) == ["f", "g"]
    page = (tmp_path / "o" / "report.html").read_text()
    assert "least f" in page
    assert "run again" in page


def test_a_front_says_which_of_its_points_are_not_confirmed():
    generator = np.random.default_rng(0)

    def noisy(x, y):
        return {"f": x + 0.1 * generator.normal(), "g": y - x}

    box = {"x": (0, 1), "y": (0, 1)}
    found = nsc.optimize(
        noisy, domain=box, minimize=["f", "g"], runs=20, vectorized=False
    )

    n = len(found.report.front)
    text = optimization_text(found.report)
    assert f"the program gave other values at {n} of {n} points" in text
    page = optimization_page(found.report)
    assert page.count("NOT CONFIRMED") > n


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--domain", "a=int:0:3"], "leave out 'int:'"),
        (["--tune", "a=0:1"], "search it with --tune b=0:1"),
    ],
)
def test_mistakes_in_ranges_say_what_to_do(flags, words, tmp_path, capsys):
    code, _, err = said(tmp_path, capsys, BOWL, *flags)

    assert code == 2
    assert words in " ".join(err.split())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"minimize": 3}, "minimize must be a text"),
        ({"subject_to": [3]}, "subject_to must be a text"),
        ({"domain": [(0, 1), (0, 1)]}, "domain must be a dict"),
        ({"tune": "a"}, "tune must be a dict"),
        ({"tune": {"a": (0, 1)}, "fit": {"a": [1]}}, "fit must be a path"),
    ],
)
def test_arguments_of_another_type_are_refused(given, words):
    with pytest.raises(InputError, match=words):
        nsc.optimize(bowl, **({"domain": DOMAIN, "runs": 20} | given))
