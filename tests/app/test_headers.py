"""Which files are opened: sources, their own headers, and nothing else."""

import json

import nsc
from nsc.app import header_reader, main


def test_own_headers_are_found_beside_the_file_and_with_i(tmp_path, capsys):
    (tmp_path / "lib").mkdir()
    (tmp_path / "src").mkdir()
    (tmp_path / "lib" / "scale.h").write_text("#define SCALE 2.0\n")
    (tmp_path / "src" / "shift.h").write_text("#define SHIFT 1.0\n")
    path = tmp_path / "src" / "f.c"
    path.write_text(
        '#include "shift.h"\n#include <scale.h>\ndouble f(double x) { return SCALE * x'
        " + SHIFT; }\n"
    )
    assert main(["show", str(path)]) == 0
    assert (
        "f.c:3:" in (shown := capsys.readouterr().out)
        and "'SCALE'" in shown
        and "SHIFT" not in shown
    )
    out = ["-o", str(tmp_path / "out"), "--budget", "20", "--json"]
    assert main(["compile", str(path), "-I", str(tmp_path / "lib"), *out]) == 0
    assert (
        nsc.compile(path, include=[tmp_path / "lib"], budget=0).report[
            "function"
        ]
        == "f"
    )
    assert main(["compile", str(path), "-D", "SCALE=3", *out]) == 0
    assert main(["compile", str(path), "-D", "3", *out]) == 2
    assert "-D expects NAME" in capsys.readouterr().err
    assert (
        main(["compile", str(path), "-I", str(tmp_path / "none"), *out]) == 2
    )
    assert (
        "--include expects folders; there is no such folder"
        in capsys.readouterr().err
    )


def test_headers_outside_the_named_folders_are_not_opened(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "secret.h").write_text("#define SECRET 2.0\n")
    (tmp_path / "src" / "link.h").symlink_to(tmp_path / "secret.h")
    (tmp_path / "src" / "notes.txt").write_text("private")
    include = header_reader(tmp_path / "src" / "f.c")
    for name in (
        "../secret.h",
        str(tmp_path / "secret.h"),
        "link.h",
        "/etc/hostname",
        "notes.txt",
        "a\0b",
        "x" * 5000,
        ".",
        "",
    ):
        assert include(name, False, "") is None, name
    assert header_reader(None)("secret.h", False, "") is None
    assert (
        header_reader(tmp_path / "src" / "f.c", [tmp_path])(
            "link.h", False, ""
        )
        is not None
    )


def test_a_header_that_is_not_there_is_told(wave, tmp_path, capsys):
    wave.write_text(
        '#include "config.h"\ndouble f(double x) {\n#ifdef FAST\n  return x;\n#endif\n '
        " return x * x;\n}\n"
    )
    assert (
        main(
            [
                "compile",
                str(wave),
                "-o",
                str(tmp_path / "out"),
                "--no-timing",
                "--json",
            ]
        )
        == 0
    )
    assert json.loads(capsys.readouterr().out)["notes"] == [
        "config.h was not found, and is left out: give its folder with --include DIR"
    ]
    (tmp_path / "inc").mkdir()
    (tmp_path / "inc" / "config.h").write_text("#define FAST\n")
    folder = str(tmp_path / "inc")
    assert (
        main(
            [
                "compile",
                str(wave),
                "-I",
                folder,
                "-o",
                str(tmp_path / "out"),
                "--no-timing",
                "--json",
            ]
        )
        == 0
    )
    assert json.loads(capsys.readouterr().out)["notes"] == []


def test_missing_files_and_unwritable_folders(wave, tmp_path, capsys):
    assert main(["compile", str(tmp_path / "none.c")]) == 2
    assert "no such file" in capsys.readouterr().err
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert main(["compile", str(wave), "-o", str(blocked / "out")]) == 2
    assert "cannot write to" in capsys.readouterr().err
    (tmp_path / "b.c").write_bytes(b"\0\1")
    assert main(["compile", str(tmp_path / "b.c")]) == 2
    assert "binary" in capsys.readouterr().err
