"""The sizes that were tried and what other forms cost, on the page and in words."""

import re
from dataclasses import replace

from report_cases import STARTS, example

from nsc.report import html_page
from nsc.report.sizes import better_form, forms_table, ladder_figures


def test_the_page_draws_the_sizes_and_marks_the_chosen_one():
    page = html_page(example(), starts=STARTS)
    drawn = page.split("Sizes that were tried")[2].split("</figure>")[0]
    assert drawn.count('class="dot b"') == 1
    assert "9-8-8-1" in drawn and "9-16-1" in drawn
    assert "9-8-1" not in re.sub("9-8-8-1", "", drawn)  # its error is none
    assert "measured where they were" in page


def test_unmeasured_sizes_are_said_to_be():
    report = example()
    sizes = tuple(
        tuple(replace(s, measured_ns=None) for s in each)
        for each in report.sizes or ()
    )
    said = ladder_figures(replace(report, sizes=sizes))
    assert "ns are modelled" in said and "measured" not in said


def test_measured_sizes_are_said_to_be():
    report = example()
    sizes = tuple(
        tuple(replace(s, measured_ns=s.measured_ns or 7.0) for s in each)
        for each in report.sizes or ()
    )
    said = ladder_figures(replace(report, sizes=sizes))
    assert "ns are measured, each size" in said


def test_the_better_form_is_named():
    report = example()
    said = "a polynomial of degree 9 (80 bytes, about 6 ns a call"
    assert better_form(report).startswith(said)
    assert said in forms_table(report)


def test_nothing_is_said_where_nothing_was_compared():
    report = replace(example(), forms=None, sizes=None)
    assert better_form(report) == ""
    assert "Size and form" not in html_page(report, starts=STARTS)
