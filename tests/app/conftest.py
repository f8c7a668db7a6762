"""A small C file."""

import pytest

WAVE = "#include <math.h>\ndouble wave(double x, double y) { return sin(3*x) * y; }\n"


@pytest.fixture
def wave(tmp_path):
    path = tmp_path / "wave.c"
    path.write_text(WAVE)
    return path
