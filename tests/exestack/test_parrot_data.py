"""`nsc data parrot` end to end: sizes, determinism, reading back, what happens without
photographs.
"""

import hashlib
import json
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest

from nsc.app import main
from nsc.errors import InputError, StoreError
from nsc.exestack import parrot_programs, read_parrot, write_parrot
from nsc.exestack.parrot import images
from nsc.sandbox import build, run

SIZES = {
    "fft_0": (32_768, 2_048),
    "fft_1": (32_768, 2_048),
    "invk2j_0": (10_000, 10_000),
    "invk2j_1": (10_000, 10_000),
    "kmeans": (50_000, 44_000),
    "sobel": (510 * 510, 198 * 218),
    "jmeint": (10_000, 10_000),
    "jpeg": (4_028, 675),
}


def digests(folder):
    return {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.iterdir())
    }


def check(programs, manifest):
    """Sizes, boxes and outputs of all programs, and that the manifest says the same."""
    codes = {code.name: code for code in parrot_programs()}
    assert [p.name for p in programs] == [
        described["name"] for described in manifest["programs"]
    ]
    built = build(
        [(p.code.program() or p.code.original()).unit for p in programs]
    )
    for program, described, unit in zip(
        programs, manifest["programs"], built, strict=True
    ):
        assert program.code == codes[program.name]
        assert (described["train"], described["test"]) == SIZES[program.name]
        lo, hi = np.array(program.code.box).T
        for split in ("train", "test"):
            x, y = (
                getattr(program, f"{split}_inputs"),
                getattr(program, f"{split}_outputs"),
            )
            assert x.dtype == y.dtype == np.float32
            assert x.shape == (described[split], program.code.n_inputs)
            assert y.shape == (described[split], program.code.n_outputs)
            assert (x >= lo).all() and (x <= hi).all() and np.isfinite(y).all()
            assert np.array_equal(
                run(unit, x[-300:]).outputs.astype(np.float32), y[-300:]
            )


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    write_parrot(folder, seed=5)
    return folder


def test_the_command_line_writes_what_the_reader_reads(tmp_path, capsys):
    assert (
        main(
            [
                "data",
                "parrot",
                "-o",
                str(tmp_path),
                "--only",
                "fft,invk2j,jmeint",
                "--seed",
                "5",
            ]
        )
        == 0
    )
    manifest = json.loads(capsys.readouterr().out)
    assert manifest == json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["seed"] == 5 and "photographs" not in manifest
    names = ["fft_0", "fft_1", "invk2j_0", "invk2j_1", "jmeint"]
    assert set(digests(tmp_path)) == {f"{name}.parquet" for name in names} | {
        "manifest.json"
    }
    programs = read_parrot(tmp_path)
    assert [p.name for p in programs] == names
    check(programs, manifest)
    assert not np.array_equal(
        programs[2].train_inputs, programs[2].test_inputs
    )


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_parrot(tmp_path / folder, seed=seed, only=["fft"])
    a, b, c = (digests(tmp_path / folder) for folder in "abc")
    assert a == b and not set(a.values()) & set(c.values())


@pytest.mark.needs("sklearn")
@pytest.mark.needs("PIL")
def test_all_six_benchmarks(whole, tmp_path):
    manifest = json.loads((whole / "manifest.json").read_text())
    programs = read_parrot(whole)
    check(programs, manifest)
    assert set(manifest["photographs"]["pixels_sha256"]) == {
        "china.jpg",
        "flower.jpg",
    }
    # the same whichever others are made
    write_parrot(tmp_path, seed=5, only=["sobel", "kmeans"])
    assert {**digests(whole), **digests(tmp_path)} == {
        **digests(whole),
        "manifest.json": digests(tmp_path)["manifest.json"],
    }
    kmeans = next(p for p in programs if p.name == "kmeans")
    assert len(np.unique(kmeans.test_inputs[:, 3:], axis=0)) == 6
    nearest = np.unique(kmeans.test_inputs[:, 3:], axis=0)
    assert (
        np.linalg.norm(kmeans.test_inputs[:, None, :3] - nearest, axis=2)
        .min(axis=1)
        .mean()
        < 0.15
    )
    sobel = next(p for p in programs if p.name == "sobel")
    # one pixel on
    assert np.array_equal(
        sobel.test_inputs[0, [1, 2, 4, 5]], sobel.test_inputs[1, [0, 1, 3, 4]]
    )


@pytest.mark.needs("sklearn")
@pytest.mark.needs("PIL")
def test_images_are_photographs_at_the_papers_sizes():
    train, test = images.train_image(), images.test_image()
    assert train.shape == (427, 614, 3) and (427 - 2) * (614 - 2) == (
        512 - 2
    ) * (512 - 2)
    assert test.shape == (200, 220, 3)
    for image in (train, test):
        assert 0 <= image.min() < 0.1 and 0.9 < image.max() <= 1


@pytest.mark.parametrize("package", ["sklearn", "PIL"])
def test_without_the_photographs_package_nothing_is_written(
    tmp_path, capsys, monkeypatch, package
):
    images.photograph.cache_clear()
    for module in (
        ("sklearn", "sklearn.datasets")
        if package == "sklearn"
        else ("PIL", "PIL.Image")
    ):
        monkeypatch.setitem(sys.modules, module, None)
    assert main(["data", "parrot", "-o", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert (
        "pip install 'nsc[parrot]'" in error
        and "scikit-learn" in error
        and "Traceback" not in error
    )
    assert not (tmp_path / "out").exists()
    assert (
        main(["data", "parrot", "-o", str(tmp_path / "out"), "--only", "fft"])
        == 0
    )


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(
        InputError, match="no benchmark 'fftw'; there are fft, invk2j"
    ):
        write_parrot(tmp_path / "new", seed=0, only=["fftw"])
    with pytest.raises(InputError, match="seed must be 0 or more; found -1"):
        write_parrot(tmp_path / "new", seed=-1)
    assert not (tmp_path / "new").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write to"):
        write_parrot(tmp_path / "file", seed=0, only=["fft"])
    with pytest.raises(StoreError, match="holds no benchmark"):
        read_parrot(tmp_path)


def test_broken_and_foreign_files_are_refused(tmp_path):
    write_parrot(tmp_path, seed=0, only=["fft"])
    path = tmp_path / "fft_1.parquet"
    table = pq.read_table(path)
    pq.write_table(table.replace_schema_metadata({"nsc_parrot": "0"}), path)
    with pytest.raises(
        StoreError, match="fft_1.parquet has benchmark version 0"
    ):
        read_parrot(tmp_path)
    path.write_bytes(b"PAR1")
    with pytest.raises(StoreError, match="fft_1.parquet is not a readable"):
        read_parrot(tmp_path)
    path.unlink()
    with pytest.raises(StoreError, match="fft_1.parquet"):
        read_parrot(tmp_path)
