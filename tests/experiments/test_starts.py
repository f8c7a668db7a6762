"""Every start gives parameters of its topology; controls are what they are called."""

import numpy as np
import pytest
from bench_cases import PROGRAMS, record_of

from nsc.errors import InputError
from nsc.experiments import STARTS, Sources, chosen_starts
from nsc.experiments.suites import subject_of
from nsc.surrogate import COVERING, forward, pad_inputs

SOURCES = Sources(draws=3)


@pytest.fixture(scope="module")
def subjects():
    found = [record_of(name, PROGRAMS[name]) for name in ("slope", "bowl")]
    return [subject_of(record) for record in found]


def outputs(w, subject):
    return forward(w, COVERING, pad_inputs(subject.x_test, COVERING))


@pytest.mark.parametrize("name", [n for n in STARTS if n != "bert"])
def test_every_row_keeps_its_contract(name, subjects):
    slope, bowl = subjects
    row = STARTS[name]
    w = row.make(slope, bowl, SOURCES)
    assert w.dtype == np.float64 and w.shape[1:] == (
        row.topology.n_parameters,
    )
    assert len(w) >= 1 and np.isfinite(w).all()
    assert (w == row.make(slope, bowl, SOURCES)).all()
    assert isinstance(row.made_of(SOURCES), str)
    assert row.title and row.missing(SOURCES) == ""


def test_random_starts_differ_by_program_trial_and_name(subjects):
    slope, bowl = subjects
    of = {
        (name, s.name): STARTS[name].make(s, None, SOURCES)
        for name in ("random", "random-again")
        for s in subjects
    }
    drawn = np.concatenate(list(of.values()))
    assert len(np.unique(drawn, axis=0)) == len(drawn)


def test_more_draws_leave_the_first_as_they_are(subjects):
    few = STARTS["random"].make(subjects[0], None, SOURCES)
    many = STARTS["random"].make(subjects[0], None, Sources(draws=5))
    assert (many[:3] == few).all()


def test_the_true_mean_is_the_mean(subjects):
    bowl = subjects[1]
    for w in STARTS["true-mean"].make(bowl, None, SOURCES):
        assert outputs(w, bowl) == pytest.approx(bowl.y_train.mean())


def test_the_best_linear_function_is_linear(subjects):
    slope, bowl = subjects
    w = STARTS["best-linear"].make(slope, None, SOURCES)[0]
    assert np.abs(outputs(w, slope) - slope.y_test).max() < 2e-3
    w = STARTS["best-linear"].make(bowl, None, SOURCES)[0]
    error = ((outputs(w, bowl) - bowl.y_test) ** 2).mean()
    assert error == pytest.approx(bowl.y_test.var(), rel=0.05)


def test_mismatched_is_what_the_other_program_gets(subjects):
    slope, bowl = subjects
    other = STARTS["mismatched"].make(slope, bowl, SOURCES)
    assert (other == STARTS["compnet"].make(bowl, None, SOURCES)).all()


def test_random_always_comes_first():
    names = [row.name for row in chosen_starts("distill,compnet", SOURCES)]
    assert names == ["random", "distill", "compnet"]
    every = [row.name for row in chosen_starts("", SOURCES)]
    assert "bert" not in every and {"compnet", "distill"} <= set(every)
    assert not any(STARTS[name].is_control for name in every)


def test_what_cannot_be_had_is_refused_by_name():
    with pytest.raises(InputError, match="found 'compnett'"):
        chosen_starts("compnett", SOURCES)
    with pytest.raises(InputError, match="bert='FILE'"):
        chosen_starts("bert", SOURCES)
