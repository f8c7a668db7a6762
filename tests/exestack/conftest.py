"""A small tree, and what tells two data sets apart."""

import hashlib

import pytest


@pytest.fixture
def digests():
    """Return what maps a data set's folder to the digests of its shards."""

    def of(folder):
        shards = sorted(folder.glob("t*/*.parquet"))
        return {
            str(p.relative_to(folder)): hashlib.sha256(
                p.read_bytes()
            ).hexdigest()
            for p in shards
        }

    return of


@pytest.fixture
def many(tmp_path):
    root = tmp_path / "many"
    for k in range(200):
        folder = root / f"pkg{k % 7}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"f{k}.c").write_text(
            f"double f{k}(double x, double y) {{ return x * {k / 100} + y * y;"
            f" }}\ndouble bad{k}(void *p);\n"
        )
    return root
