"""Whole files, claimed folders, caches, and libraries that are built once."""

import ctypes
import json
import os

import pytest

from nsc.errors import BuildError, InputError
from nsc.host import (
    cache_folder,
    claim,
    exclusive,
    load_library,
    replacing,
    write_whole,
    zig_command,
    zig_environment,
)


def test_a_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "made.txt"
    with replacing(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        assert (
            temporary.parent == path.parent
        )  # on the same disk: a rename suffices
    assert path.read_text() == "half"
    assert list(tmp_path.iterdir()) == [path]


def test_after_an_error_the_old_file_stands(tmp_path):
    path = tmp_path / "made.txt"
    write_whole(path, "old é")
    with pytest.raises(KeyError), replacing(path) as temporary:
        temporary.write_text("new")
        raise KeyError
    assert path.read_text(encoding="utf-8") == "old é"
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_of_one_file_do_not_meet(tmp_path):
    path = tmp_path / "made.txt"
    with replacing(path) as first, replacing(path) as second:
        assert first != second
        first.write_text("first")
        second.write_text("second")
    assert path.read_text() == "first"  # whose block ends last


def test_a_folder_is_claimed_for_one_thing(tmp_path):
    claim(tmp_path, {"seed": 1, "profile": "wide"})
    claim(tmp_path, {"seed": 1, "profile": "wide"})
    assert json.loads((tmp_path / "build.json").read_text()) == {
        "seed": 1,
        "profile": "wide",
    }
    with pytest.raises(
        InputError, match="holds a build with seed 1, profile wide"
    ):
        claim(tmp_path, {"seed": 2, "profile": "wide"})


def test_a_folder_is_written_by_one_at_a_time(tmp_path):
    claim(tmp_path, {"seed": 1})
    refused = pytest.raises(InputError, match="another process is writing")
    with exclusive(tmp_path), refused, exclusive(tmp_path):
        pass
    with exclusive(tmp_path):  # it has been let go
        pass


def test_the_cache_is_where_it_is_said_to_be(monkeypatch, tmp_path):
    monkeypatch.setenv("NSC_CACHE_DIR", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"
    monkeypatch.delenv("NSC_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "users"))
    assert cache_folder() == tmp_path / "users" / "nsc"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "nsc"


def test_a_compiler_sees_nothing_of_the_user(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET", "1")
    seen = zig_environment(tmp_path)
    assert "SECRET" not in seen
    assert seen["HOME"] == seen["TMPDIR"] == str(tmp_path)
    assert seen["PATH"] == os.defpath
    assert os.access(zig_command()[0], os.X_OK)


def test_a_library_is_built_once_and_again_when_a_neighbour_changes(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("NSC_CACHE_DIR", str(cache_folder()))
    builds = []

    def load(name: str, value: int, factor: str) -> int:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "f.c").write_text(
            '#include "g.h"\nint f(void) { return V * N; }\n'
        )
        (folder / "g.h").write_text(f"#define V {value}\n// {tmp_path}\n")
        library = load_library(
            folder / "f.c", (f"N={factor}",), lambda: builds.append(name)
        )
        assert isinstance(library, ctypes.CDLL)
        return library.f()

    assert load("first", 3, "5") == 15
    assert load("same", 3, "5") == 15
    assert load("neighbour", 4, "5") == 20
    assert load("constant", 3, "7") == 21
    assert builds == ["first", "neighbour", "constant"]


def test_a_library_that_does_not_compile_says_why(tmp_path):
    (tmp_path / "bad.c").write_text("int f(void) { return nothing; }\n")
    with pytest.raises(
        BuildError, match=r"does not compile \(bad\.c\).*nothing"
    ):
        load_library(tmp_path / "bad.c", ())
