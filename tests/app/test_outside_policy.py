"""A compilation's surrogate and its C have one policy for inputs outside the domain."""

import json
import math

import numpy as np
import pytest

import nsc
from nsc.app import main
from nsc.errors import InputError

TRIPLE = "int triple(int n, double x) { return n < 3 ? 3 * n : n + (int)x; }"
FEW = {"budget": 64, "verification": 64, "timing": False, "topology": "2-3-1"}
SMALL = ["--budget", "64", "--verification", "64", "--no-timing"]


@pytest.fixture(scope="module")
def triple():
    return nsc.compile(TRIPLE, domain={"n": (0, 9), "x": (0, 1)}, **FEW)


def test_integers_are_the_programs(triple):
    assert triple.whole == (True, False)
    assert isinstance(triple(n=2, x=0.5), float)
    with pytest.raises(InputError, match="'n' must be whole numbers.*2.5"):
        triple(n=2.5, x=0.5)


def test_original_asks_the_program(triple):
    assert triple(n=100, x=7.5, outside="original") == 107
    x = np.array([[1, 0.5], [-5, 0.5], [50, 2.0]])
    found = triple(x, outside="original")[:, 0]
    assert found[1:].tolist() == [-15, 52]
    assert found[0] == triple(x[0])[0]


def test_what_is_saved_has_the_policy_and_not_the_program(triple, tmp_path):
    triple.with_outside("nan").save(tmp_path / "s")
    loaded = nsc.load(tmp_path / "s")
    assert math.isnan(loaded(n=100, x=0.5))
    with pytest.raises(InputError, match="needs the program.*n=100"):
        loaded(n=100, x=0.5, outside="original")
    asking = loaded.with_outside("original", original=triple.original)
    assert asking(n=100, x=7.5) == 107


def test_conditions_go_with_a_surrogate(tmp_path):
    made = nsc.compile(
        "double f(double a, double b) { return a * b; }",
        where="a < b",
        outside="raise",
        folder=tmp_path,
        **FEW,
    )
    for surrogate in (made, nsc.load(tmp_path / "surrogate.safetensors")):
        assert surrogate.in_domain([[0, 0.5], [0.5, 0]]).tolist() == [
            True,
            False,
        ]
        with pytest.raises(InputError, match="verified where a < b"):
            surrogate(a=0.5, b=0)
    assert "abort()" in (tmp_path / "surrogate.c").read_text()


def test_python_functions_and_rows():
    made = nsc.compile(
        lambda a: a**2, inputs={"a": (0, 1)}, outside="original", budget=64
    )
    assert made(a=10) == 100
    x = np.random.default_rng(0).uniform(0, 1, (40, 1))
    fitted = nsc.fit(x, x[:, 0], outside="clip", topology="1-2-1")
    assert fitted([[5.0]]) == fitted(x.max(axis=0)[None])
    for wrong in ("original", "ignore"):
        with pytest.raises(InputError, match="^outside must be"):
            nsc.fit(x, x[:, 0], outside=wrong)


def test_a_folder_needs_c_for_the_original(tmp_path):
    with pytest.raises(InputError, match="^outside must be another.*folder"):
        nsc.compile(
            lambda a: a,
            inputs={"a": (0, 1)},
            outside="original",
            folder=tmp_path,
        )


def test_the_flag(wave, tmp_path, capsys):
    out = tmp_path / "out"
    words = ["compile", str(wave), "-o", str(out), *SMALL, "--json"]
    assert main([*words, "--outside", "clip"]) == 0
    json.loads(capsys.readouterr().out)
    assert "nearest inputs" in (out / "surrogate.c").read_text()
    loaded = nsc.load(out / "surrogate.safetensors")
    assert loaded(x=5, y=0.5) == loaded(x=1, y=0.5)
    assert main([*words, "--outside", "original"]) == 0
    original = (out / "surrogate.c").read_text()
    assert main([*words, "--guard"]) == 0
    assert (out / "surrogate.c").read_text() == original
    capsys.readouterr()
    assert main([*words, "--outside", "ignore"]) == 2
    assert "--outside must be one of warn, raise" in capsys.readouterr().err
    assert main([*words, "--outside", "nan", "--guard"]) == 2
    assert "--outside must be 'original'" in capsys.readouterr().err
