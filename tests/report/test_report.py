"""The page: well-formed, self-contained, and safe with any text."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from report_cases import STARTS, example, without_bound

from nsc.app import CompileOptions, compile_file, main
from nsc.report import html_page


class _Checker(HTMLParser):
    """Keeps a stack of open tags and notes what a page must not have."""

    def __init__(self):
        super().__init__()
        self.open, self.bad = [], []
        self.policy = ""
        self.scripts = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in ("iframe", "link", "img"):
            self.bad.append(tag)
        if tag == "script":
            self.scripts.append((given.get("type"), ""))
        if tag == "meta" and "http-equiv" in given:
            self.policy = given["content"]
        self.bad += [
            v
            for k, v in attrs
            if k in ("src", "href") or (v or "").startswith("http")
        ]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            kind, before = self.scripts[-1]
            self.scripts[-1] = (kind, before + data)

    def expect_own_scripts(self):
        """One script whose digest the policy names, and one that is data."""
        (kind, data), (none, script) = self.scripts
        assert kind == "application/json" and none is None
        digest = hashlib.sha256(script.encode()).digest()
        own = base64.b64encode(digest).decode()
        assert f"script-src 'sha256-{own}'" in self.policy
        assert "default-src 'none'" in self.policy
        return json.loads(data)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.bad.append(f"</{tag}>")


@pytest.mark.parametrize(
    "inputs",
    ["double x", "double x, double y", "double x, double y, double z"],
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
    assert checker.expect_own_scripts()["function"] == "f"
    assert "<script>alert" not in page and "&lt;b&gt;" in page
    assert "nan" not in re.sub(
        r"<pre>.*</pre>|<script.*</script>", "", page, flags=re.DOTALL
    ).lower().replace("finance", "")


def test_report_json_has_what_is_promised(tmp_path):
    path = tmp_path / "f.c"
    path.write_text("double f(double x) { return x; }")
    compile_file(path, tmp_path, CompileOptions(budget=30))
    report = json.loads((tmp_path / "report.json").read_text())
    promised = """function inputs outputs topology initial optimizer budget seed program_runs zero_shot test time_s
        ns_per_call""".split()
    assert set(promised) <= set(report)
    assert {"train", "validation", "verification"} <= set(
        report["program_runs"]
    )
    assert {"mse", "rmse", "nmse", "max_abs", "bound"} <= set(report["test"])
    assert {
        "compile",
        "execute",
        "finetune",
        "verify",
        "export",
        "total",
    } <= set(report["time_s"])


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


def test_a_page_needs_figures():
    with pytest.raises(ValueError, match="a page needs a report with figures"):
        html_page(replace(example(), figures=None), starts=STARTS)


def test_what_the_page_says_of_starts():
    page = html_page(example(), starts=STARTS)
    assert (
        "<td>compiled from the text</td><td class='n'>0.5</td><td class='n'>0.25</td>"
        in page
    )
    assert (
        "Of the starts that raced, the best on validation was: compiled"
        in page
    )
    assert "an nmse of 0.125 was expected" in page
    assert "<td>check runs</td><td>512 signature</td>" in page
    in_all = 80 + 20 + 4096 + 512
    assert f"<b>{in_all}</b><span>program runs in all</span>" in page
    few = replace(
        example(),
        program_runs={"train": 2, "validation": 0},
        finetune=(
            replace(
                example().finetune[0], winner="compiled text with predictions"
            ),
        ),
    )
    page = html_page(few, starts=STARTS)
    assert "The runs were too few to choose a start by" in page
    assert ">validation<" not in page  # no such curve either


def test_a_page_without_training_without_a_bound_and_without_text():
    bare = replace(
        without_bound(example()),
        finetune=(),
        expected_zero_shot_nmse=None,
        program=replace(example().program, text=""),
    )
    page = html_page(bare, starts=STARTS)
    assert "Zero-shot: no training." in page
    assert "Too few verification inputs for a distribution-free bound." in page
    assert "A Python callable; it has no C text." in page
    assert "was expected" not in page


def test_c_is_coloured_line_by_line():
    text = "/* a\n b */ int f(void) { return 12; } // <end>\n"
    report = replace(example(), program=replace(example().program, text=text))
    page = html_page(report, starts=STARTS)
    assert page[page.index("<pre>") : page.index("</pre>")] == (
        "<pre><span class='g'>  1  </span><span class='c'>/* a</span>\n"
        "<span class='g'>  2  </span><span class='c'> b */</span>"
        " <span class='k'>int</span> f(<span class='k'>void</span>) {"
        " <span class='k'>return</span> <span class='l'>12</span>; }"
        " <span class='c'>// &lt;end&gt;</span>"
    )


def test_no_name_breaks_out_of_the_data():
    name = "</script><script>alert(1)</script>\u2028<!--"
    network = {"function": name, "inputs": [], "outputs": [], "networks": []}
    page = html_page(example(), starts=STARTS, network=network)
    checker = _Checker()
    checker.feed(page)
    assert checker.expect_own_scripts()["function"] == name
    assert "alert(1)</script>" not in page
