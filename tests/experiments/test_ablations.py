"""Ablations: two arms compared, groups by traits, starts that are not what they say."""

import json
from dataclasses import replace

import numpy as np
import pytest
from bench_cases import PROGRAMS, ask_of, record_of, run, write_data

from nsc.app import main
from nsc.experiments import (
    STARTS,
    Protocol,
    Sources,
    read_results,
    write_report,
)
from nsc.experiments.ablations import memory_figure
from nsc.experiments.cloning import measure_cloned, measure_separate
from nsc.experiments.groups import traits_groups
from nsc.experiments.job import Job, Task
from nsc.experiments.padding import measure as measure_padded
from nsc.experiments.store import read_run
from nsc.experiments.suites import load_suite, subject_of
from nsc.experiments.traits import traits_of

FEW = Protocol(steps=30, trials=2, time_trials=2, sizes=(0.0, 0.1), seed=1)


def job_of(name, initial, *subjects):
    tasks = tuple(map(Task, subjects))
    return Job(name, initial, FEW, Sources(draws=9), tasks, (0, 1))


def test_random_padding_is_noise_to_inputs_that_do_not_count():
    subject = subject_of(record_of("bowl", PROGRAMS["bowl"]))
    random = measure_padded(job_of("random-padding", "random", subject))
    zero = measure_padded(
        job_of("random-padding", "true-mean", subject)
    )  # a constant hears no input
    at_start = [m for m in zero if m.size == 0]
    constant = np.mean((subject.y_test - subject.y_train.mean()) ** 2)
    assert at_start[0].value == pytest.approx(constant, rel=1e-5)
    assert len(random) == 4


def test_arms_are_compared(data, small, tmp_path):
    folder = tmp_path / "r"
    run(ask_of(data, small, "compnet", "data-efficiency"), folder)
    run(ask_of(data, small, "compnet", "random-padding"), folder)
    _, markdown = write_report(folder)
    text = markdown.read_text()
    assert "losses over those of data efficiency" in text
    assert "| up to 60 tokens | 4 |" in text


def test_two_outputs_from_one_network_or_two():
    suite = load_suite("pairs", None, most=None)
    assert [s.name for s in suite.subjects] == ["fft", "invk2j"]
    fft = suite.subjects[0]
    separate = measure_separate(job_of("separate-outputs", "distill", fft))
    cloned = measure_cloned(job_of("cloned-outputs", "distill", fft))
    first = [found[0].start for found in (separate, cloned)]
    # the sine stands for the cosine too
    assert first[0] < 0.1 < first[1]
    assert {m.key for m in separate} == {m.key for m in cloned}


def test_traits_are_counted():
    subjects = [subject_of(record_of(n, t)) for n, t in PROGRAMS.items()]
    traits = dict(zip(PROGRAMS, traits_of(subjects), strict=True))
    assert traits["wave"]["calls"] == 1 and traits["slope"]["calls"] == 0
    assert traits["slope"]["tokens"] == 18
    assert all(-1 <= t["cosine"] <= 1.0001 for t in traits.values())
    groups = dict(traits_groups(list(traits.values())))
    assert groups["1 transcendental call"].sum() == 2
    assert traits_groups([{"name": "of an earlier version"}]) == []


def test_similarity_has_a_figure_where_programs_are_many(
    data, small, tmp_path
):
    run(ask_of(data, small, "base", "data-efficiency"), tmp_path / "r")
    (result,) = read_results(tmp_path / "r")
    assert memory_figure(result) is None
    programs = [
        program | {"cosine": 0.9 + k / 1000}
        for k in range(5)
        for program in result.programs
    ]
    run_ = {
        name: replace(v, values=np.tile(v.values, (5, 1, 1)))
        for name, v in result.runs.items()
    }
    many = replace(
        result, suite=result.suite | {"programs": programs}, runs=run_
    )
    figure = memory_figure(many)
    assert figure is not None and "polyline" in figure.svg()


def test_results_of_an_earlier_version_are_described_anew(
    data, small, tmp_path
):
    folder = tmp_path / "r"
    run(ask_of(data, small, "base", "data-efficiency"), folder)
    path = folder / "exestack.json"
    whole = path.read_text()
    old = json.loads(whole)
    for program in old["programs"]:
        del program["tokens"], program["calls"], program["cosine"]
    path.write_text(json.dumps(old))
    run(ask_of(data, small, "base", "data-efficiency"), folder)
    assert path.read_text() == whole


def test_text_that_cannot_be_read_is_counted(tmp_path, small, capsys):
    data = write_data(tmp_path / "data", ("wave", "bowl"), ("decay",))
    subject = subject_of(record_of("bowl", PROGRAMS["bowl"]))
    broken = replace(subject, text="int nothing;", dag=None)
    assert STARTS["pretrained"].falls_back(subject, None) == ""
    assert STARTS["pretrained"].falls_back(broken, None) == "random"
    assert STARTS["compnet"].falls_back(broken, None) == "text-free vector"
    assert STARTS["mismatched"].falls_back(subject, None) != ""
    folder = tmp_path / "r"
    run(ask_of(data, small, "nearest", "data-efficiency"), folder)
    path = folder / "data-efficiency/exestack/adam/nearest.jsonl"
    _, measured = read_run(path)
    assert {m.fallback for m in measured} == {""}
    lines = path.read_text().replace(
        '"fallback": ""', '"fallback": "random"', 3
    )
    path.write_text(lines)
    (result,) = read_results(folder)
    assert result.fallbacks["nearest"].counts == {"random": 1}
    assert result.fallbacks["random"].total == 0
    assert main(["report", str(folder)]) == 0
    text = (folder / "report/report.md").read_text()
    assert "| nearest training program | random: 1 | 2 |" in text


def test_runs_of_an_earlier_version_were_not_looked_at(data, small, tmp_path):
    folder = tmp_path / "r"
    run(ask_of(data, small, "base", "data-efficiency"), folder)
    path = folder / "data-efficiency/exestack/adam/base.jsonl"
    text = path.read_text().replace(', "fallback": "", "w": null', "")
    path.write_text(text)
    (result,) = read_results(folder)
    assert result.fallbacks["base"].known == 0
    assert result.fallbacks["random"].known == 4


def test_generated_programs_can_be_read():
    suite = load_suite("exestack", None, most=None)
    for subject in suite.subjects:
        for name in ("pretrained", "maml", "nearest"):
            assert STARTS[name].falls_back(subject, None) == ""
