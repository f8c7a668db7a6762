"""Names, paths and numbers that nobody means: a clear message, code 2, no traceback."""

import os
import subprocess
import sys

import numpy as np
import pytest

import nsc
from nsc.app import header_reader, main, read_source
from nsc.errors import InputError

LINE = "double f(double x) { return x * x; }\n"


@pytest.fixture
def line(tmp_path):
    path = tmp_path / "line.c"
    path.write_text(LINE)
    return path


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--budget", "1e12"], "--budget"),
        (["--budget", "1000000000000"], "--budget must be at most"),
        (
            ["--verification", "1000000000000"],
            "--verification must be at most",
        ),
        (["--seed", "-1"], "seed"),
        (["--array", f"x={'9' * 5000}"], "--array expects NAME=N"),
        (["--domain", f"x=0:{'9' * 5000}"], "finite"),
        (["--topology", f"1-{'9' * 5000}-1"], "topology"),
        (["-D", "=1"], "-D expects NAME"),
        (["-I", "/" + "x" * 5000], "there is no such folder"),
        (["-I", "line.c"], "there is no such folder"),
        (["-o", "/" + "x" * 5000], "name too long"),
        (["-o", "line.c"], "cannot write to line.c"),
        (["-o", "line.c/deeper"], "cannot write to line.c/deeper"),
        (["-o", "/proc/nowhere"], "cannot write to /proc/nowhere"),
        (["--target-error", "nan"], "--target-error"),
    ],
)
def test_options(words, message, line, capsys, monkeypatch):
    monkeypatch.chdir(line.parent)
    assert main(["compile", "line.c", *words]) == 2
    told = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert message.lower() in told.lower()
    assert not (line.parent / "out").exists()


@pytest.mark.parametrize("name", ["x" * 5000, "a/" * 2500 + "b.c", "none.c"])
def test_sources_that_are_none(name, capsys):
    assert main(["show", name]) == 2
    told = capsys.readouterr().err
    assert told.startswith("nsc: ") and len(told) < 500


def test_a_pipe_and_a_device_are_no_sources(tmp_path):
    os.mkfifo(tmp_path / "pipe.c")
    for path in (tmp_path / "pipe.c", "/dev/zero"):
        with pytest.raises(InputError, match="no regular file"):
            read_source(path)


def test_headers_that_lead_to_themselves(tmp_path):
    (tmp_path / "loop.h").symlink_to("loop.h")
    (tmp_path / "pair.h").symlink_to("riap.h")
    (tmp_path / "riap.h").symlink_to("pair.h")
    os.mkfifo(tmp_path / "pipe.h")
    (tmp_path / "own.h").write_text('#include "own.h"\n#define K 2\n')
    source = tmp_path / "f.c"
    for name in ("loop", "pair", "pipe", "own"):
        source.write_text(f'#include "{name}.h"\n{LINE}')
        assert main(["show", str(source)]) in (0, 2), name


def test_a_header_that_becomes_a_link_is_not_followed(tmp_path, monkeypatch):
    inside = tmp_path / "project"
    inside.mkdir()
    secret = tmp_path / "secret.h"
    secret.write_text("#define SECRET 1\n")
    header = inside / "own.h"
    header.write_text("#define K 2\n")
    include = header_reader(inside / "f.c")
    assert include("own.h", False, "") == (str(header), "#define K 2\n")
    real = os.path.realpath

    def swap(path, **options):
        found = real(path, **options)
        if str(path).endswith("own.h"):
            header.unlink()
            header.symlink_to(secret)
        return found

    monkeypatch.setattr(os.path, "realpath", swap)
    assert include("own.h", False, "") is None


def test_a_folder_that_may_not_be_searched(tmp_path, monkeypatch, capsys):
    def refuse(*args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)  # whoever runs this may search any
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        read_source(tmp_path / "f.c")


@pytest.mark.parametrize(
    "name", ["[", "[red] x[", "[bold]", ":smile:", "a b\n.c"]
)
def test_paths_that_read_like_markup(name, tmp_path, capsys):
    folder = tmp_path / name
    folder.mkdir()
    (folder / "f.c").write_text(LINE)
    assert main(["show", str(folder / "f.c")]) == 0
    out = folder / "out"
    words = ["compile", str(folder / "f.c"), "-o", str(out), "--text-only"]
    assert main(words) == 0
    found = "".join(capsys.readouterr().out.split())
    assert "".join(name.split()) in found
    assert main(["show", str(folder / "no.c")]) == 2
    assert name in capsys.readouterr().err
    assert main(["data", "info", str(folder)]) == 2


@pytest.mark.parametrize(
    "words", [["show", "line.c"], ["show", "line.c", "--json"]]
)
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device")
def test_a_full_disk_at_the_other_end(words, line):
    run = "import sys; from nsc.app import main; sys.exit(main())"
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", run, *words],
            cwd=line.parent,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "No space left" in done.stderr


def test_a_file_of_results_that_is_a_folder(line, tmp_path, capsys):
    out = tmp_path / "out"
    (out / "report.json").mkdir(parents=True)
    assert main(["compile", str(line), "-o", str(out)]) == 2
    assert (
        "report.json: there is a folder of that name"
        in capsys.readouterr().err
    )
    assert os.listdir(out) == ["report.json"]


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, "[]", "3", "\xff\xfe", '{"a']
)
def test_a_damaged_note_of_a_build(text, tmp_path, capsys):
    (tmp_path / "build.json").write_text(text, encoding="latin-1")
    for verb in ("build", "synthetic"):
        words = ["synthetic:1"] if verb == "build" else ["--programs", "1"]
        assert main(["data", verb, *words, "-o", str(tmp_path)]) == 2
        assert "build.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, "[]", "3", "\xff\xfe", "{}"]
)
def test_a_damaged_manifest(text, tmp_path, capsys):
    (tmp_path / "manifest.json").write_text(text, encoding="latin-1")
    assert main(["data", "info", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err


def test_numpy_scalars_are_numbers(tmp_path):
    plain = nsc.compile(
        LINE, budget=64, seed=3, verification=128, timing=False
    )
    numpys = nsc.compile(
        LINE,
        budget=np.int64(64),
        seed=np.uint8(3),
        verification=np.int32(128),
        timing=False,
    )
    assert (numpys.members[0].w == plain.members[0].w).all()
    assert numpys.report["budget"] == 64
    found = nsc.compile(
        LINE,
        budget=64,
        target_error=np.float32(0.5),
        time_limit=np.float64(60),
        timing=False,
    )
    assert found.report["target_error"] == 0.5
    numpys.save(tmp_path / "s.safetensors")


@pytest.mark.parametrize("value", [float("nan"), 1.5, "64", [1], np.ones(2)])
@pytest.mark.parametrize("name", ["budget", "seed", "verification", "workers"])
def test_numbers_that_are_none(name, value):
    with pytest.raises(InputError, match=f"^{name} must be a whole number"):
        nsc.compile(LINE, **{name: value})


# the others have a default that hangs on the program
@pytest.mark.parametrize("name", ["budget", "seed"])
def test_numbers_that_must_be_given(name, value=None):
    with pytest.raises(InputError, match=f"^{name} must be a whole number"):
        nsc.compile(LINE, **{name: value})


@pytest.mark.parametrize("value", ["1", [1], float("inf"), float("nan")])
def test_target_errors_that_are_none(value):
    with pytest.raises(InputError, match="^target_error must be"):
        nsc.compile(LINE, target_error=value)


@pytest.mark.skipif(sys.platform != "linux", reason="ulimit -v is Linux's")
@pytest.mark.parametrize("kilobytes", [1_000_000, 2_500_000])
def test_too_little_memory_is_the_machines_fault(kilobytes, line):
    run = f"import resource, sys; n = {kilobytes} << 10; from nsc.app import main;"
    run += " resource.setrlimit(resource.RLIMIT_AS, (n, n)); sys.exit(main())"
    for words in (
        ["compile", "line.c", "--budget", "64", "-o", "out"],
        ["data", "build", "tree:.", "-o", "set", "--workers", "1"],
    ):
        done = subprocess.run(
            [sys.executable, "-c", run, *words],
            cwd=line.parent,
            capture_output=True,
            text=True,
        )
        assert done.returncode in (1, 2), done.stderr
        assert "memory" in done.stderr and "trapped" not in done.stderr
        assert "Traceback" not in done.stderr
    assert not (line.parent / "out").exists()
