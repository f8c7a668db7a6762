"""What the terminal shows, word for word."""

import io
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path

import pytest
from report_cases import TWIN, draft, example, with_outputs, without_bound
from rich.console import Console

from nsc.report import (
    BEATEN,
    CallTime,
    FunctionLine,
    Twin,
    console_progress,
    console_summary,
    draft_summary,
    evaluation_table,
    from_json,
    functions_text,
    html_page,
    said_of_twin,
    to_json,
)

STARTS = {
    "compnet": "from the text",
    "distill": "distilled",
    "random": "at random",
}


def shown(what) -> list[str]:
    text = io.StringIO()
    Console(file=text, width=100, highlight=False).print(what)
    return [line.rstrip() for line in text.getvalue().splitlines()]


def summary(report) -> list[str]:
    return shown(console_summary(report, Path("out"), starts=STARTS))


def test_a_summary():
    assert summary(example()) == [
        "wave  9-4-4-1, auto start, lm",
        "inputs        x in [0, 2]",
        "              rows of x.csv (9,000), x log-uniformly, where x < 2",
        "outputs       return",
        "zero-shot     nmse 0.25 from the text, 4 at random",
        "              expected from the text: nmse 0.125",
        "best start    compiled text",
        "verified      rmse 0.5, nmse 0.0625, largest error 1.5",
        "              with 99 % confidence few exceed 1.25",
        "error bars    the 95 % interval held on 94 % of 2,048 inputs that calibrated"
        " nothing",
        "program runs  80 train, 20 validation, 4096 verification",
        "check runs    512 signature",
        "twin          N 200 -> 20, 20 times cheaper; nmse 1e-05 on 16 runs of the program"
        " (linear in the",
        "              twin); 1040 runs of it, which with the search cost about 70 runs of"
        " the program",
        "a call        30.5 ns (the original 12.2 ns)",
        "speed         do not replace the program: it is faster",
        "form          a polynomial of degree 9 (80 bytes, about 6 ns a call, nmse 9e-05)"
        " would be the better",
        "              choice",
        "time          2 min 10 s, of it 1.5 s finetuning",
        "written       out/ surrogate.c, report.json",
        "note: a [note]",
    ]


def test_a_summary_leaves_out_what_there_is_not():
    bare = replace(
        without_bound(example()),
        expected_zero_shot_nmse=None,
        finetune=(),
        ns_per_call=CallTime(),
        notes=(),
        check_runs=None,
        twin=None,
        error_bars=None,
        forms=None,
        drawn=None,
    )
    titles = [line.split("  ")[0] for line in summary(bare)[1:]]
    assert titles == [
        "inputs",
        "outputs",
        "zero-shot",
        "verified",
        "program runs",
        "time",
        "written",
    ]


def test_without_validation_nothing_was_chosen():
    report = replace(example(), program_runs={"train": 2, "validation": 0})
    assert "start         compiled text" in summary(report)


def test_outputs_are_summarised_one_by_one_up_to_eight():
    lines = summary(with_outputs(example(), 10))
    assert (
        "              y0: rmse 0.5, nmse 0.0625, largest error 1.5" in lines
    )
    assert "              y7: rmse 64, nmse 0.0625, largest error 1.5" in lines
    assert "              2 more outputs: report.json" in lines
    assert not any("y8: " in line for line in lines)
    assert not any(
        "more outputs" in line for line in summary(with_outputs(example(), 8))
    )


def test_a_draft():
    assert shown(draft_summary(draft(), Path("out"))) == [
        "wave  9-4-4-1, from the text alone",
        "inputs    x in [0, 2]",
        "          rows of x.csv (9,000), x log-uniformly, where x < 2",
        "outputs   return",
        "expected  nmse 0.125",
        "verified  no: nothing was run",
        "time      500 ms",
        "written   out/ surrogate.c, report.json",
        "note: 'g' has no body here and is read as sin, by its name",
    ]


CANDIDATE = FunctionLine(
    "f",
    3,
    prototype="double f(double x)",
    inputs=("x",),
    outputs=("return",),
    closure_lines=1,
    closure_functions=2,
)
REFUSED = FunctionLine("g", 12, problems=("a.c:12: why",))


def test_functions_are_listed_candidates_first():
    assert shown(functions_text([REFUSED, CANDIDATE], "a.c")) == [
        "    3  double f(double x)",
        "       x -> return   closure: 1 line, 2 functions",
        "not candidates:",
        "   12  g",
        "       a.c:12: why",
    ]
    assert shown(functions_text([], "a.c")) == [
        "a.c: no function can become a surrogate"
    ]


def test_progress_is_silent_where_it_is_no_terminal_and_quick():
    text = io.StringIO()
    with console_progress(Console(file=text)) as progress:
        progress("finetuning [1]", 0.5)
    assert text.getvalue() == ""


def test_progress_is_told_after_a_while(monkeypatch):
    clock = iter([0.0, 20.0, 20.0, 21.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    text = io.StringIO()
    with console_progress(Console(file=text)) as progress:
        progress("finetuning [1]", 0.5)
        progress("finetuning [1]", 0.6)
    assert text.getvalue() == " 50% finetuning [1]\n"


@dataclass
class Row:
    group: str = "all"
    programs: int = 7
    compnet: float = 3.14159
    compnet_median: float = 2.0
    true_mean: float = 1.0
    mismatched: float = 0.5
    base: float = 1.25
    median_nmse: float = 1e-4


def test_improvements_in_a_table():
    head, row = shown(evaluation_table([Row()]))
    assert head.split("  ")[0] == "group" and head.endswith("median nmse")
    assert row.split() == [
        "all",
        "7",
        "3.14",
        "2",
        "1",
        "0.5",
        "1.25",
        "0.0001",
    ]


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_what_is_no_number_is_shown_all_the_same(value):
    report = replace(example(), test=replace(example().test, nmse=value))
    assert any(
        "verified      rmse 0.5, nmse" in line for line in summary(report)
    )


@pytest.mark.parametrize(
    ("twin", "expected"),
    [
        (
            TWIN,
            "N 200 -> 20, 20 times cheaper; nmse 1e-05 on 16 runs of the program"
            " (linear in the twin); 1040 runs of it, which with the search cost about"
            " 70 runs of the program",
        ),
        (
            Twin(why_none="nothing agrees", cost=3.0),
            "none: nothing agrees (the search cost about 3 runs of the program)",
        ),
    ],
)
def test_a_summary_tells_of_twins(twin, expected):
    told = " ".join(summary(replace(example(), twin=twin)))
    assert f"twin {expected} " in " ".join(told.split())
    page = html_page(replace(example(), twin=twin), starts=STARTS)
    assert expected in unescape(page)


def test_a_twin_that_was_not_used():
    told = said_of_twin(replace(TWIN, is_used=False))
    assert told.endswith("; not used: examples alone were as good")


def test_a_twin_is_read_back():
    report = replace(example(), twin=TWIN)
    assert from_json(to_json(report)) == report


def test_a_surrogate_that_loses_says_so_in_the_first_line():
    report = replace(example(), notes=(f"{BEATEN} to the same runs: return",))
    assert summary(report)[0].startswith(f"wave is {BEATEN}")
