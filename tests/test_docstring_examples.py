"""Everything public says what it takes and gives, with an example that runs."""

import doctest
import stat
import sys

import numpy as np
import pytest

import nsc
from nsc.app import surrogate as decorate
from nsc.surrogate import Member, Surrogate, Topology, random_parameters

METHODS = [
    f"Surrogate.{name}"
    for name in (
        "__call__ in_domain with_outside gradient to_torch to_jax plot save"
        " backend report"
    ).split()
]
# commands of their own tell how these are called
WITHOUT = ("adapt", "optimize")
NAMES = [name for name in nsc.__all__ if name not in WITHOUT]
NEEDS = {
    "Surrogate.to_torch": "torch",
    "Surrogate.to_jax": "jax",
    "Surrogate.plot": "matplotlib",
}
ANSWERS = """#!%s
import json, sys
for line in sys.stdin:
    re = json.loads(line)["inputs"]["re"]
    print(json.dumps({"outputs": {"drag": re / 3}}), flush=True)
"""


def made_by_hand():
    topology = Topology((2, 4, 1))
    member = Member(topology, random_parameters(topology, seed=0))
    box = (np.array([-1.0, 0.0]), np.array([1.0, 2.0]))
    return Surrogate((member,), *box, ("x", "y"), ("z",))


def public(name):
    found = nsc
    for part in name.split("."):
        found = getattr(found, part)
    return found


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Put the programs of examples where they run."""
    monkeypatch.chdir(tmp_path)
    texts = {
        "sim": '#!/bin/sh\necho "[$2]"\n',
        "answers": ANSWERS % sys.executable,
    }
    for name, text in texts.items():
        path = tmp_path / name
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.needs(NEEDS[name]))
        if name in NEEDS
        else name
        for name in [
            *NAMES,
            *METHODS,
            "Program.from_callable",
        ]
    ],
)
@pytest.mark.filterwarnings("ignore:os.fork")  # JAX, once it is there
def test_an_example_runs(name, programs):
    if name == "Program":
        pytest.skip(
            "its examples are those of parse_program and from_callable"
        )
    if name == "Surrogate.plot":
        matplotlib = pytest.importorskip("matplotlib")
        matplotlib.use("agg")
    text = decorate.__doc__ if name == "surrogate" else public(name).__doc__
    scope = {"nsc": nsc, "np": np, "surrogate": made_by_hand()}
    parser = doctest.DocTestParser()
    test = parser.get_doctest(text, scope, name, None, None)
    assert test.examples, f"{name} has no example"
    said = []
    runner = doctest.DocTestRunner(
        optionflags=doctest.NORMALIZE_WHITESPACE, verbose=False
    )
    result = runner.run(test, out=said.append)
    assert result.failed == 0, "".join(said)
