"""What the page is told of a program."""

import json
import shutil
import subprocess

import pytest

from nsc.app.play_cli import EXAMPLES
from nsc.app.play_worker import answer
from nsc.errors import InputError, SourceError


def told(request, folder):
    found = []
    answer(request, folder, lambda kind, values: found.append((kind, values)))
    return found


def test_a_text_is_read_and_its_network_given_without_a_run(tmp_path):
    text = EXAMPLES["easing: one input, smooth"]
    events = dict(told({"text": text, "domain": {"t": [0, 1]}}, tmp_path))
    assert list(events) == ["functions", "understood", "dag", "text", "done"]
    assert events["understood"]["inputs"][0]["hi"] == 1
    assert len(events["dag"]["nodes"]) == events["dag"]["count"]
    assert events["text"]["network"]["networks"]
    assert list(tmp_path.iterdir()) == []


def test_what_calls_the_others_is_chosen(tmp_path):
    text = (
        "double g(double x) { return x; }\ndouble f(double x) { return g(x); }"
    )
    for chosen, expected in ((None, "f"), ("g", "g"), ("gone", "f")):
        events = dict(told({"text": text, "function": chosen}, tmp_path))
        assert events["understood"]["function"] == expected


def test_an_integer_has_a_range_to_begin_with(tmp_path):
    text = "double f(double x, int n) { return x * n; }"
    events = dict(told({"text": text}, tmp_path))
    assert events["understood"]["inputs"][1]["hi"] == 10
    assert "n is an integer" in events["understood"]["notes"][0]


def test_a_compilation_ends_with_files_and_a_command(tmp_path):
    text = "double f(double x) { return x * x; }"
    request = {"text": text, "compile": True, "budget": 60, "seed": 3}
    events = told(request | {"formats": ["python"]}, tmp_path)
    kind, done = events[-1]
    assert kind == "done" and done["report"]["test"]["nmse"] < 1e-3
    names = {file["name"] for file in done["files"]}
    assert {"surrogate.c", "surrogate.py", "report.html"} <= names
    assert "--budget 60 --seed 3 --export c,python" in done["command"]
    assert any(
        "nmse" in values for kind, values in events if kind == "progress"
    )
    assert done["report"]["figures"]["curves"]
    json.dumps(done)


def test_a_refused_function_is_told_with_its_place(tmp_path):
    with pytest.raises(SourceError) as refused:
        told({"text": EXAMPLES["refused: it is random"]}, tmp_path)
    assert refused.value.problems[0].line


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"text": 3},
        {"text": "x" * 300_000},
        {"text": "double f(double x) { return x; }", "budget": 1 << 40},
        {"text": "double f(double x) { return x; }", "budget": "9"},
        {"text": "double f(double x) { return x; }", "domain": {"x": [1]}},
        {"text": "double f(double x) { return x; }", "domain": [1]},
        {"text": "double f(double x) { return x; }", "domain": {"x": [2, 1]}},
        {"text": "double f(double x) { return x; }", "seed": -1},
        {"text": "double f(double x) { return x; }", "seed": True},
        {"text": "double f(double x) { return x; }", "function": [1]},
        {
            "text": "double f(double x) { return x; }",
            "domain": {"x": [-(10**400), 10**400]},
        },
        {
            "text": "double f(double x) { return x; }",
            "domain": {"x": [True, 2]},
        },
        {"text": ""},
    ],
)
def test_what_is_no_request_is_refused(request_, tmp_path):
    with pytest.raises(InputError):
        told(request_, tmp_path)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_page_evaluates_what_python_does(tmp_path):
    import numpy as np

    import nsc
    from nsc.deploy import ExportJob, network_values
    from nsc.program import parse_program
    from nsc.report import PAGE_FILES

    text = "int f(double x, int n) { return (int)(3 * x) + n; }"
    program = parse_program(text, ranges={"n": (-1, 1)})
    surrogate = nsc.compile(program, text_only=True)
    x = np.array([[-0.9, 0.0], [0.2, 1.0], [0.99, -1.0]])
    values = network_values(ExportJob(surrogate, program, x))
    script = (
        f"{PAGE_FILES['network.js'].decode()}\nconst network = {json.dumps(values)};"
        f"console.log(JSON.stringify({x.tolist()}.map((r) => nscEvaluate(network, r))))"
    )
    said = subprocess.run(
        ["node", "-e", script], capture_output=True, text=True, check=True
    )
    assert json.loads(said.stdout) == surrogate(x).tolist()
