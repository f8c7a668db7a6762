"""The page: well-formed, self-contained, and safe with any text."""

import json
import re
from html.parser import HTMLParser

import pytest

from nsc.app import main
from nsc.app.api import compile_file
from nsc.app.pipeline import CompileOptions
from nsc.report.svg import axis_for


class _Checker(HTMLParser):
    """Keeps a stack of open tags and notes what a page must not have."""

    def __init__(self):
        super().__init__()
        self.open, self.bad = [], []

    def handle_starttag(self, tag, attrs):
        if tag in ("script", "iframe", "link", "img"):
            self.bad.append(tag)
        self.bad += [
            v for k, v in attrs if k in ("src", "href") or (v or "").startswith("http")
        ]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.bad.append(f"</{tag}>")


@pytest.mark.parametrize(
    "inputs", ["double x", "double x, double y", "double x, double y, double z"]
)
def test_page(inputs, tmp_path):
    text = (
        f'/* <script>alert("&")</script> */ double f({inputs}) {{ return x < 0 ? -x : x'
        " * x; /* <b>\n </i> */ }"
    )
    path = tmp_path / "a<b>.c"
    path.write_text(text)
    compile_file(path, tmp_path, CompileOptions(budget=40))
    page = (tmp_path / "report.html").read_text()
    checker = _Checker()
    checker.feed(page)
    assert checker.bad == [] and checker.open == []
    assert "<script" not in page and "&lt;b&gt;" in page
    assert "nan" not in re.sub(
        r"<pre>.*</pre>", "", page, flags=re.DOTALL
    ).lower().replace("finance", "")


def test_report_json_has_what_is_promised(tmp_path):
    path = tmp_path / "f.c"
    path.write_text("double f(double x) { return x; }")
    compile_file(path, tmp_path, CompileOptions(budget=30))
    report = json.loads((tmp_path / "report.json").read_text())
    promised = """function inputs outputs topology initial optimizer budget seed program_runs zero_shot test time_s
        ns_per_call""".split()
    assert set(promised) <= set(report)
    assert {"train", "validation", "verification"} <= set(report["program_runs"])
    assert {"mse", "rmse", "nmse", "max_abs", "bound"} <= set(report["test"])
    assert {"compile", "execute", "finetune", "verify", "export", "total"} <= set(
        report["time_s"]
    )


def test_an_axis_is_as_long_as_asked_for():
    axis = axis_for([1.0, 1.001], least=0.5)
    assert (axis.lo + axis.hi) / 2 == pytest.approx(
        1.0005
    ) and axis.hi - axis.lo == pytest.approx(0.5)
    assert axis_for([1.0, 3.0], least=0.5).hi > 3


@pytest.mark.parametrize(
    ("values", "log"),
    [
        ([1.0], False),
        ([0.0, 0.0], False),
        ([], False),
        ([1e-9, 1.0], True),
        ([0.0], True),
    ],
)
def test_axes_always_have_room(values, log):
    axis = axis_for(values, log=log)
    assert axis.lo < axis.hi
    assert all(-0.02 <= axis.fraction(v) <= 1.02 for v in values)
    assert len(axis.ticks()) < 12


def test_outputs_of_different_scales_are_told_apart(tmp_path, capsys):
    path = tmp_path / "f.c"
    path.write_text(
        "void f(double x, double *small, double *large) { *small = 1e-3 * x * x; *large"
        " = 1e6 * x; }"
    )
    assert (
        main(
            [
                "compile",
                str(path),
                "-o",
                str(tmp_path / "out"),
                "--budget",
                "100",
                "--no-timing",
            ]
        )
        == 0
    )
    test = json.loads((tmp_path / "out" / "report.json").read_text())["test"]
    small, large = test["outputs"]
    assert (
        small["max_abs"] < 1e-3 < large["max_abs"] == test["max_abs"]
        and small["bound"]["error"] < 1e-3
    )
    assert f"small: rmse {small['rmse']:.3g}"[:12] in capsys.readouterr().out
    page = (tmp_path / "out" / "report.html").read_text()
    checker = _Checker()
    checker.feed(page)
    assert (
        checker.bad == []
        and checker.open == []
        and "99.5 % of inputs stay below" in page
    )
