"""A surrogate shows itself in a line, in a notebook and as a plot."""

import json
import sys
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from test_rows import TWO, linear

from nsc.conditions import parse_condition
from nsc.errors import MissingExtraError

REPORT = {
    "test": {
        "n": 4096,
        "rmse": 0.001234,
        "bound": {"sentence": "at most 1 % are wrong by <b>more</b> than 2"},
    }
}
VERIFIED = replace(TWO, metadata={"report": json.dumps(REPORT)})


def test_repr_is_one_line():
    assert repr(VERIFIED) == (
        "<Surrogate (a, b, c) -> u, v; 3-1 + 3-1; a in [-1, 1], b in [-1, 1],"
        " c in [-1, 1]; verified rmse 0.00123 on 4,096 inputs>"
    )
    assert "not verified" in repr(TWO)
    assert "not verified" in repr(replace(TWO, metadata={"report": "["}))
    many = linear(np.ones(30), tuple(f"x{k}" for k in range(30)))
    assert len(repr(many)) < 200 and "and 26 more" in repr(many)


def test_a_notebook_shows_it_escaped():
    condition = parse_condition("a < b", ("a", "b", "c"), {})
    odd = replace(
        VERIFIED,
        input_names=("a<script>", "b", "c"),
        output_names=("u&v", "w"),
        conditions=(condition,),
        whole=(True, False, False),
    )
    html = odd._repr_html_()
    root = ElementTree.fromstring(html.replace("&rarr;", "->"))
    assert "script" not in {e.tag for e in root.iter()}
    text = " ".join(root.itertext())
    for said in (
        "(a<script>, b, c) -> u&v, w",
        "<b>more</b>",
        "a < b",
        "0.00123",
    ):
        assert said in text
    assert "integer" in text and "outside the domain: warn" in text
    paths = [e for e in root.iter() if e.tag.endswith("path")]
    assert len(paths) == 2 * 3 * 2
    # no rule of its own reaches the rest of the page
    assert "<style" not in html and "class=" not in html


def test_many_inputs_stay_small():
    many = linear(np.ones(40), tuple(f"x{k}" for k in range(40)))
    assert len(many._repr_html_()) < 15_000


@pytest.mark.needs("matplotlib")
def test_plot():
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    axes = VERIFIED.plot()
    assert axes.shape == (2, 3)
    assert axes[1, 0].get_ylabel() == "v" and axes[1, 2].get_xlabel() == "c"
    x, y = axes[0, 0].lines[0].get_data()
    np.testing.assert_allclose(x, y)
    pyplot.close("all")


def test_matplotlib_is_an_extra(monkeypatch):
    monkeypatch.delitem(sys.modules, "nsc.surrogate.plot", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(MissingExtraError, match=r"nsc\[plot\]"):
        TWO.plot()
