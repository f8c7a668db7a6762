"""Reports go to JSON and back; what is no report is told by its place."""

import json
from dataclasses import fields, is_dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_cases import draft, example, with_outputs

from nsc.report import DraftReport, Report, from_json, to_json


@settings(deadline=None, max_examples=50)
@given(st.from_type(Report) | st.from_type(DraftReport))
def test_any_report_survives_json(report):
    report = replace(report, text_only=True) if is_draft(report) else report
    text = json.dumps(to_json(report))
    again = from_json(json.loads(text))
    assert type(again) is type(report)
    assert json.dumps(to_json(again)) == text  # so that NaN equals NaN


def is_draft(report) -> bool:
    return isinstance(report, DraftReport)


@pytest.mark.parametrize(
    "report", [example(), with_outputs(example(), 3), draft()]
)
def test_a_report_comes_back_equal(report):
    assert from_json(json.loads(json.dumps(to_json(report)))) == report


def test_the_version_comes_first_and_fields_keep_their_order():
    found = to_json(example())
    assert list(found)[0] == "schema" and found["schema"] == 1
    assert list(found)[1:] == [f.name for f in fields(Report)]


def test_keys_that_readers_know():
    found = to_json(example())
    assert found["domain"] == {"x": [0.0, 2.0]}
    assert found["zero_shot"]["compnet"] == {"mse": 0.5, "nmse": 0.25}
    assert found["test"]["bound"]["fraction"] == 0.005
    assert found["ns_per_call"] == {"original": 12.25, "surrogate": 30.5}
    assert found["figures"]["histogram"] == {
        "edges": [-1.0, 0.0, 1.0],
        "counts": [2, 3],
    }


def test_a_report_without_figures_has_no_such_key():
    report = replace(example(), figures=None)
    assert "figures" not in to_json(report)
    assert from_json(to_json(report)) == report


def test_a_report_from_before_checks_were_counted_is_read():
    report = replace(example(), check_runs=None)
    assert "check_runs" not in to_json(report)
    assert from_json(to_json(report)) == report


def test_a_draft_says_that_it_is_one():
    found = to_json(draft())
    assert found["text_only"] is True
    assert "test" not in found and "figures" not in found


def spoilt(*path, value="nonsense"):
    """Return a report as JSON, with another value at a path."""
    found = json.loads(json.dumps(to_json(example())))
    at = found
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return found


def lacking(*path):
    found = spoilt(*path)
    at = found
    for step in path[:-1]:
        at = at[step]
    del at[path[-1]]
    return found


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ([], r"report: expected an object; found \[\]"),
        ({}, "report: expected schema 1; found None"),
        (spoilt("schema", value=2), "report: expected schema 1; found 2"),
        (spoilt("more"), "report: unknown field 'more'"),
        (spoilt("test", "more"), "report.test: unknown field 'more'"),
        (lacking("budget"), "report: field 'budget' is missing"),
        (
            lacking("test", "bound", "error"),
            "report.test.bound: field 'error' is",
        ),
        (spoilt("budget"), "report.budget: expected int; found 'nonsense'"),
        (
            spoilt("budget", value=1.5),
            "report.budget: expected int; found 1.5",
        ),
        (
            spoilt("budget", value=True),
            "report.budget: expected int; found True",
        ),
        (
            spoilt("function", value=3),
            "report.function: expected str; found 3",
        ),
        (
            spoilt("inputs"),
            "report.inputs: expected an array; found 'nonsense'",
        ),
        (
            spoilt("domain", "x", value=[1.0]),
            "report.domain.x: expected 2 items; found",
        ),
        (
            spoilt("domain", "x", 1),
            r"report.domain.x\[1\]: expected float; found",
        ),
        (spoilt("time_s"), "report.time_s: expected an object; found"),
        (spoilt("test"), "report.test: expected an object; found"),
        (
            spoilt("finetune", 0, "train_loss", 1),
            r"report.finetune\[0\].train_loss\[1\]: expected float; found 'nonsense'",
        ),
        (
            spoilt("notes", 0, value=["x"]),
            r"report.notes\[0\]: expected str; found \['x'\]",
        ),
    ],
)
def test_what_is_no_report_is_told_by_its_place(found, message):
    with pytest.raises(ValueError, match=message):
        from_json(found)


def test_long_values_are_cut_off_in_messages():
    with pytest.raises(ValueError, match=r"found 'x{56}\.\.\.$"):
        from_json(spoilt("budget", value="x" * 1000))


def test_whole_numbers_may_stand_for_floating_ones():
    found = spoilt("target_error", value=1)
    assert from_json(found).target_error == 1


def test_every_value_is_frozen():
    def values(value):
        yield value
        for f in fields(value):
            inner = getattr(value, f.name)
            for part in inner if isinstance(inner, tuple) else [inner]:
                if is_dataclass(part):
                    yield from values(part)

    for value in values(example()):
        with pytest.raises(AttributeError):
            setattr(value, fields(value)[0].name, None)
