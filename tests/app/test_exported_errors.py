"""What is told as verified holds for the exported C as well as for the network."""

import json
from dataclasses import replace

import numpy as np
import pytest

from nsc.app import CompileOptions, compile_file, compile_program
from nsc.deploy.c_exporter import CExporter
from nsc.program import as_returned, parse_program
from nsc.report import from_json

OPTIONS = CompileOptions(budget=64, verification=200)


@pytest.fixture
def network(wave):
    """What is compiled of the file, before anything is exported."""
    program = parse_program(wave.read_text())
    return compile_program(program, OPTIONS, timing=False)


@pytest.fixture
def exported(monkeypatch):
    """Let exported C return something else."""

    def set_to(changed):
        evaluate = CExporter.evaluate

        def other(self, job, data, x):
            return changed(evaluate(self, job, data, x))

        monkeypatch.setattr(CExporter, "evaluate", other)
        monkeypatch.setattr(CExporter, "check", lambda *of: None)

    return set_to


def compiled(wave, folder, **options):
    chosen = replace(OPTIONS, **options)
    compile_file(wave, folder, chosen, timing=False)
    return from_json(json.loads((folder / "report.json").read_text()))


def test_rounding_alone_changes_nothing(wave, network, exported, tmp_path):
    exported(lambda y: y + 1e-12)
    report = compiled(wave, tmp_path)
    assert report.test.rmse == network.evidence.compilation.verification.rmse


def test_the_farther_of_network_and_c_is_verified(
    wave, network, exported, tmp_path
):
    found = network.evidence.compilation
    predicted = as_returned(network.program, network.surrogate(found.x))
    given = predicted.copy()
    given[:50] += 0.5  # farther from the program
    given[50:100] = found.y[50:100]  # nearer
    exported(lambda y: given)
    report = compiled(wave, tmp_path)
    errors = np.abs(predicted - found.y)
    errors[:50] = np.abs(given - found.y)[:50]
    assert report.test.n == 200
    assert report.test.max_abs == pytest.approx(errors.max())
    assert report.test.mse == pytest.approx(np.mean(errors**2))
    assert report.test.mse > found.verification.mse
    assert report.target_reached is None and report.notes == network.notes
    page = (tmp_path / "report.html").read_text()
    assert f"<b>{report.test.rmse:.3g}</b>" in page


def test_c_that_gives_no_number_is_not_verified(wave, exported, tmp_path):
    exported(lambda y: np.where(np.arange(len(y))[:, None] == 3, np.nan, y))
    report = compiled(wave, tmp_path, target_error=0.5)
    assert report.test.rmse is None and report.target_reached is False


@pytest.mark.parametrize(
    ("by", "is_reached"), [(0.0, True), (1e-3, True), (1.0, False)]
)
def test_a_target_that_c_misses_is_told(
    by, is_reached, wave, exported, tmp_path, capsys
):
    exported(lambda y: y + by)
    report = compiled(wave, tmp_path, target_error=0.2)
    assert report.rounds[-1].rmse <= 0.2
    assert report.target_reached is is_reached
    told = "the target error 0.2 holds for the network, but not for its C,"
    said = [note for note in report.notes if note.startswith(told)]
    rmse = f"{report.test.rmse:.3g}"
    rounds = [f"{told} which rounds: verified rmse is {rmse}"]
    assert said == ([] if is_reached else rounds)


def test_a_target_that_the_network_misses_is_told_once(
    wave, exported, tmp_path
):
    exported(lambda y: y + 1.0)
    report = compiled(wave, tmp_path, target_error=1e-9, time_limit=1e-9)
    assert report.target_reached is False
    missed = [note for note in report.notes if "target error" in note]
    assert len(missed) == 1
    network_rmse = f"{report.rounds[-1].rmse:.3g}"
    assert missed[0].startswith(
        "the target error 1e-09 was not reached; verified rmse is"
        f" {network_rmse}: the time limit of 1e-09 s is over"
    )
