"""A small C file."""

import pytest

WAVE = "#include <math.h>\ndouble wave(double x, double y) { return sin(3*x) * y; }\n"


@pytest.fixture
def wave(tmp_path):
    path = tmp_path / "wave.c"
    path.write_text(WAVE)
    return path


@pytest.fixture(autouse=True)
def without_teacher(request, monkeypatch):
    """Leave out the teacher of few runs, which takes a second, where it is not tested.

    The examples' and the README's tests run all there is.
    """
    if "with_teacher" not in request.keywords:
        monkeypatch.setattr("nsc.app.runs_teacher.MOST", 0)
