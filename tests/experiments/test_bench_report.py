"""The report has every table and figure, the papers' numbers beside ours."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from bench_cases import ask_of, run

from nsc.errors import StoreError
from nsc.experiments import write_report
from nsc.experiments.published import PUBLISHED, published


@pytest.fixture
def results(data, small, tmp_path):
    folder = tmp_path / "results"
    run(ask_of(data, small, "compnet,base"), folder)
    return folder


def test_pages_tables_and_figures(results):
    page, markdown = write_report(results)
    text = page.read_text()
    assert "<script" not in text and "http" not in text.replace("www.w3", "")
    assert "HyBERTNet" in text and "9.5" in text
    lines = markdown.read_text()
    quoted = "| published, preprint: HyBERTNet | 33.2 | 1.37 | 4.31 | 5.51 |"
    assert quoted in lines  # of the sizes that were run
    assert "| geometric mean |" in lines and "MPI" in lines
    figures = sorted((results / "report").glob("*.svg"))
    assert len(figures) == 5
    for figure in figures:
        assert ET.parse(figure).getroot().tag.endswith("svg")
        assert f"({figure.name})" in lines


def test_unfinished_and_quick_results_say_so(data, small, tmp_path):
    quick = replace(small, is_quick=True)
    folder = tmp_path / "r"
    run(ask_of(data, quick, "base", "data-efficiency"), folder)
    path = folder / "data-efficiency/exestack/adam/base.jsonl"
    kept = path.read_text().splitlines(keepends=True)[:-3]
    path.write_text("".join(kept))
    _, markdown = write_report(folder)
    text = markdown.read_text()
    assert "These numbers are no results" in text
    assert "not done yet for base" in text


def test_no_results_are_refused(tmp_path):
    with pytest.raises(StoreError, match="nsc bench all -o"):
        write_report(tmp_path)


def test_damaged_results_are_refused(results):
    path = results / "data-efficiency/exestack/adam/base.jsonl"
    path.write_text("{}\n")
    with pytest.raises(StoreError, match="does not hold a run"):
        write_report(results)
    path.write_text(path.read_text() + "\x00" * 20 + "\n")
    with pytest.raises(StoreError, match="does not hold a run"):
        write_report(results)


def test_the_papers_numbers_are_one_each():
    keys = [
        (p.experiment, p.suite, p.initial, p.program, p.size, p.paper)
        for p in PUBLISHED
    ]
    assert len(set(keys)) == len(keys)
    (found,) = published("data-efficiency", "parrot", "maml", program="sobel")
    assert found.value == 1.0 and found.where == "figure 4"
    both = published("training-time", "exestack", "bert")
    assert [p.value for p in both] == [3.34, 7.28]
