"""Whole applications: their errors, their networks, their place in bench and report."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from bench_cases import PROGRAMS, record_of

from nsc.errors import InputError
from nsc.experiments import (
    EXPERIMENTS,
    Ask,
    Protocol,
    Sources,
    bench,
    chosen_starts,
    experiments_of,
    left_out,
    read_results,
    suites_of,
    write_report,
)
from nsc.experiments import quantization as quantizing
from nsc.experiments.applications import (
    APPLICATIONS,
    radix_2,
    relative_error,
)
from nsc.experiments.bench import partners
from nsc.experiments.data_efficiency import measure
from nsc.experiments.job import Job, Task
from nsc.experiments.networks import Network, trained
from nsc.experiments.photographs import averaged, drawn_picture
from nsc.experiments.quantization import (
    exact_distance,
    exactly_quantized,
    first_colours,
    likeness,
    quantized,
    surrogate_distance,
)
from nsc.experiments.suites import SUITES, load_suite, subject_of

FEW = Protocol(steps=30, trials=2, time_trials=2, sizes=(0.0, 0.1), seed=1)


@pytest.fixture(scope="module")
def applications():
    suite = load_suite("applications", None, most=None)
    return {subject.name: subject for subject in suite.subjects}


@pytest.fixture(scope="module")
def pictures():
    return load_suite("photographs", None, most=None)


def ask_of(what, names, data=None):
    sources = Sources(seed=FEW.seed, draws=FEW.draws)
    return Ask(
        experiments_of(what),
        suites_of("parrot"),
        tuple(chosen_starts(names, sources)),
        FEW,
        sources,
        data,
        workers=1,
    )


def job_of(name, initial, *subjects):
    tasks = tuple(map(Task, subjects))
    return Job(name, initial, FEW, Sources(draws=9), tasks, (0, 1))


def test_the_transform_is_a_fourier_transform():
    signal = np.random.default_rng(0).uniform(size=64)
    twiddles = np.exp(-2j * np.pi * np.arange(32) / 64)
    assert radix_2(signal, twiddles) == pytest.approx(np.fft.fft(signal))


def test_relative_errors_are_at_most_one():
    exact = np.array([[3.0, 4.0], [1.0, 0.0], [0.0, 0.0], [1.0, 0.0]])
    found = np.array([[3.0, 3.0], [9.0, 0.0], [0.0, 0.0], [np.nan, 0.0]])
    assert relative_error(found, exact) == pytest.approx((0.2 + 3) / 4)


@dataclass(frozen=True, eq=False)
class Exactly(Network):
    """What stands for a network that is right everywhere."""

    function: Callable[[np.ndarray], np.ndarray]

    def __call__(self, x, kind=np.float64):
        return self.function(np.asarray(x, np.float64)).astype(kind)


def exactly(part, function):
    return Exactly(part, np.empty(0), function)


def _distance(x):
    colours = (x + 1) / 2
    apart = colours[:, :3] - colours[:, 3:]
    return np.sqrt((apart**2).sum(axis=1, keepdims=True))


def _turn(function):
    return lambda x: function(-2 * np.pi * (x + 1) / 4)


def test_exact_networks_make_no_error(applications):
    exact = {
        "fft": [_turn(np.sin), _turn(np.cos)],
        "kmeans": [_distance],
    }
    for name, functions in exact.items():
        subject = applications[name]
        pairs = zip(subject.parts, functions, strict=True)
        networks = [exactly(*pair) for pair in pairs]
        assert APPLICATIONS[name](subject, networks, 0) < 1e-6
    for name in ("invk2j", "sobel"):
        subject = applications[name]
        networks = [
            exactly(part, lambda x, part=part: part.y_test)
            for part in subject.parts
        ]
        assert APPLICATIONS[name](subject, networks, 0) == 0
        wrong = [
            exactly(n.part, lambda x, n=n: 0 * n.part.y_test) for n in networks
        ]
        assert APPLICATIONS[name](subject, wrong, 0) > 0.1


def test_all_pairs_go_through_the_network_at_once(pictures):
    subject = pictures.subjects[0]
    w = np.random.default_rng(3).normal(size=65)
    network = Network(subject.parts[0], w)
    pixels = drawn_picture().reshape(-1, 3)[::300]
    centres = first_colours(subject, 1)
    found = surrogate_distance(network, pixels, centres)
    for i, pixel in enumerate(pixels):
        for k, centre in enumerate(centres):
            x = 2 * np.concatenate([pixel, centre])[None] - 1
            assert found[i, k] == pytest.approx(network(x)[0, 0], abs=1e-5)


def test_k_means_finds_colours():
    picture = np.zeros((4, 6, 3))
    picture[:, :3, 0] = 0.9
    picture[:, 3:, 2] = 0.4
    first = np.array([[0.5, 0.0, 0.0], [0.0, 0.0, 0.5], [9.0, 9.0, 9.0]])
    found = quantized(picture, first, exact_distance)
    assert found == pytest.approx(picture)


def test_nan_distances_are_far_away():
    picture = drawn_picture()
    first = np.array([[0.1, 0.1, 0.1], [0.9, 0.9, 0.9]])

    def distance(pixels, centres):
        found = exact_distance(pixels, centres)
        found[:, 0] = np.nan
        return found

    found = quantized(picture, first, distance)
    mean = picture.reshape(-1, 3).mean(axis=0)
    assert found == pytest.approx(np.broadcast_to(mean, picture.shape))


def test_pictures_are_averaged():
    image = np.random.default_rng(0).integers(0, 256, (427, 640, 3))
    found = averaged(image)
    assert found.shape == (142, 213, 3)
    assert found[0, 0] == pytest.approx(image[:3, :3].mean(axis=(0, 1)) / 255)


@pytest.mark.needs("skimage")
def test_a_picture_is_most_like_itself(pictures):
    exact = exactly_quantized(pictures.subjects[0], 0)
    assert likeness(exact, exact) == pytest.approx(1.0)
    assert likeness(exact, 0 * exact + 0.5) < 0.6


@pytest.mark.parametrize("optimizer", ["adam", "lm"])
def test_networks_are_those_of_the_data_efficiency(optimizer):
    subject = subject_of(record_of("bowl", PROGRAMS["bowl"]))
    job = job_of("data-efficiency", "compnet", subject)
    job = Job(
        **{**vars(job), "protocol": Protocol(optimizer, 30, sizes=FEW.sizes)}
    )
    losses = {(m.size, m.trial): m for m in measure(job)}
    for found in trained(job):
        wanted = losses[found.size, found.trial]
        for networks, loss in (
            (found.start, wanted.start),
            (found.end, wanted.value),
        ):
            y = networks[0](subject.x_test)
            error = ((y - subject.y_test) ** 2).mean()
            assert error == pytest.approx(loss, rel=1e-4)


def test_applications_share_a_surrogate(pictures):
    distance = pictures.subjects[0].parts[0]
    one, two = (
        subject
        for subject in (
            pictures.subjects[0],
            load_suite("applications", None, most=None).subjects[2],
        )
    )
    assert one.learners == two.learners == (distance.name,)
    found = list(trained(job_of("applications", "random", one, two)))
    by_task = {(f.task.subject.name, f.size, f.trial): f for f in found}
    for size in FEW.sizes:
        for trial in (0, 1):
            ends = [
                by_task[n, size, trial].end[0].w for n in ("drawn", "kmeans")
            ]
            assert (ends[0] == ends[1]).all()


def test_mismatched_text_is_never_the_own(pictures, applications):
    found = partners(pictures.subjects, pictures.strangers)
    for subject in pictures.subjects:
        partner = found[subject.name]
        assert partner is not None and partner.learners != subject.learners
        assert Task(subject, found[subject.name]).parts[0].partner is not None
    pairs = partners(tuple(applications.values()))
    for task in Task(applications["fft"], pairs["fft"]).parts:
        assert task.partner is not None
        assert task.partner.name not in ("fft_0", "fft_1")


def test_errors_of_applications_are_measured(tmp_path):
    bench(ask_of("applications", "compnet"), tmp_path, lambda *_: None)
    (result,) = read_results(tmp_path)
    assert [p["name"] for p in result.programs] == [
        "fft",
        "invk2j",
        "kmeans",
        "sobel",
    ]
    assert result.gains("compnet").shape == (4, 2)
    assert np.isfinite(result.gains("compnet")).all()
    _, markdown = write_report(tmp_path)
    text = markdown.read_text()
    assert "| fft: random |" in text and "rate of wrong answers" in text
    assert "need the benchmark's data" in text


def test_larger_likeness_is_better_and_pictures_are_shown(
    tmp_path, monkeypatch
):
    monkeypatch.setitem(
        vars(quantizing), "likeness", lambda a, b: 1 - abs(a - b).mean()
    )
    monkeypatch.setattr(quantizing, "find_spec", lambda name: name)
    ask = ask_of("colour-quantization", "distill")
    bench(ask, tmp_path, lambda *_: None)
    (result,) = read_results(tmp_path)
    means = {n: v.values.mean(axis=2) for n, v in result.runs.items()}
    expected = means["distill"] / means["random"]
    assert result.gains("distill") == pytest.approx(expected)
    page, markdown = write_report(tmp_path)
    assert "data:image/png;base64," in page.read_text()
    (picture,) = (tmp_path / "report").glob("*.png")
    assert f"({picture.name})" in markdown.read_text()
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_what_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr(quantizing, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="scikit-image.*pip install"):
        experiments_of("colour-quantization")
    names = [row.name for row in experiments_of("all")]
    assert "applications" in names and "colour-quantization" not in names
    (line,) = left_out("all")
    assert line.startswith("colour-quantization left out: scikit-image")


def test_applications_come_with_their_programs():
    assert suites_of("exestack") == ("exestack",)
    assert set(suites_of("both")) == set(SUITES)
    with pytest.raises(InputError, match="exestack, parrot, both"):
        suites_of("photographs")
    for row in EXPERIMENTS.values():
        assert set(row.suites) <= set(SUITES)
        assert not row.compared_with or row.compared_with in EXPERIMENTS


def test_an_experiment_without_its_suite_is_refused(tmp_path):
    ask = ask_of("applications", "")
    ask = Ask(**{**vars(ask), "suites": ("exestack",)})
    with pytest.raises(InputError, match="done on suite parrot; found exe"):
        bench(ask, tmp_path, lambda *_: None)
