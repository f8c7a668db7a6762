"""Documents: bars stand on 1, text is escaped, figures are files of their own."""

import math
import re
import xml.etree.ElementTree as ET

from nsc.report import (
    Axis,
    Bar,
    Document,
    Figure,
    GroupedBars,
    Picture,
    Section,
    Series,
    TableOf,
    document_figures,
    document_markdown,
    document_page,
)

NAN = math.nan


def bars(*values, **more):
    series = (Series("a<b", "c0", tuple(Bar(v, **more) for v in values)),)
    names = tuple(f"g{k}" for k in range(len(values)))
    return GroupedBars("t<i>tle", names, series)


def heights(svg):
    found = re.findall(
        r'class="bar c0"[^>]* y="([\d.]+)"[^>]*height="([\d.]+)"', svg
    )
    return [(float(y), float(height)) for y, height in found]


def test_bars_go_up_above_one_and_down_below():
    up, down = heights(bars(10.0, 0.1).svg())
    assert up[0] + up[1] == down[0]  # both end at 1
    assert abs(up[1] - down[1]) < 0.2


def test_values_that_are_missing_or_endless_are_left_out():
    assert len(heights(bars(NAN, math.inf, 2.0).svg())) == 1
    assert bars(NAN).svg()  # an axis without any value
    assert "diamond" not in bars(2.0).svg()
    assert "polygon" in bars(2.0, published=3.0).svg()
    assert "whisker" in bars(2.0, low=1.5, high=1e300).svg()


def document():
    figure = Figure("a & b", Axis(0, 1), Axis(1, 10, log=True))
    figure.line([0, 1], [1, 10], "c1", "x<y")
    table = TableOf(
        "t", ("a|b", "n"), (("<i>", "1"), ("q", "2")), frozenset({1})
    )
    pictures = (Picture("one", bars(2.0)), Picture("two", figure))
    section = Section("s", ("note",), (table,), pictures)
    return Document(
        "title", ("lead",), (("5×", "what"),), (section,), ("warn",)
    )


def test_text_is_escaped_everywhere():
    page = document_page(document())
    assert "<i>" not in re.sub(r"<i class", "", page)
    assert "&lt;i&gt;" in page and "class='quoted'" in page
    assert "| a\\|b | n |" in document_markdown(document())


def test_figures_are_files():
    files = document_figures(document())
    assert list(files) == ["one.svg", "two.svg"]
    for text in files.values():
        assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
        assert "![" not in text
