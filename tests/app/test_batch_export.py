"""Batches, derivatives and threads of exported C, as they are asked for."""

import json

import numpy as np
import pytest

import nsc
from nsc.app import main
from nsc.deploy import run_selftest
from nsc.errors import InputError

TEXT = "double f(double x, double y) { return x * x + y; }"


def test_flags_ask_for_derivatives_and_threads(tmp_path, capsys):
    path = tmp_path / "f.c"
    path.write_text(TEXT)
    out = tmp_path / "out"
    flags = (
        "--budget 64 --topology 2-4-1 --gradient --openmp --json -o".split()
    )
    assert main(["compile", str(path), *flags, str(out)]) == 0
    ns = json.loads(capsys.readouterr().out)["ns_per_call"]
    assert ns["batch"] > 0
    text = (out / "surrogate.c").read_text()
    assert "void f_surrogate_grad(const double *" in text
    assert "#pragma omp parallel for" in text
    assert run_selftest(text)
    surrogate = nsc.load(out / "surrogate.safetensors")
    slopes = surrogate.gradient(np.zeros((5, 2)))
    assert slopes.shape == (5, 2)


def test_without_them_there_are_batches_alone(tmp_path):
    nsc.compile(
        TEXT, budget=64, topology="2-4-1", folder=tmp_path, timing=False
    )
    text = (tmp_path / "surrogate.c").read_text()
    assert "void f_surrogate_n(" in text and "void f_surrogate_soa(" in text
    assert "_grad(" not in text and "#pragma" not in text


def test_derivatives_of_an_integer_are_refused_before_anything_runs(
    tmp_path, capsys
):
    whole = "int f(double x) { for (;;) { } }"
    with pytest.raises(InputError, match=r"^gradient must be left out.*int"):
        nsc.compile(whole, gradient=True, folder=tmp_path)
    path = tmp_path / "f.c"
    path.write_text(whole)
    assert main(["compile", str(path), "--gradient"]) == 2
    assert "--gradient must be left out" in capsys.readouterr().err
