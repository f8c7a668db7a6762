"""Debian packages through a stand-in for apt, and which files are worth parsing."""

import io
import json
import os
import tarfile
import time
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nsc.app import main
from nsc.errors import InputError
from nsc.exestack import build_dataset
from nsc.exestack.programs.extract import extract
from nsc.exestack.programs.profile import profile_named
from nsc.exestack.sources.debian import debian_package
from nsc.exestack.sources.outline import (
    Floating,
    Outline,
    floating_names,
    may_be_scalar,
)
from nsc.exestack.sources.source import (
    count_files,
    read_source_texts,
    versions_of,
)
from nsc.exestack.sources.text import SourceText
from nsc.record import read_records

APT = """#!/bin/sh
for name; do :; done
case "$name" in
  pkg) cp {archives}/* . ;;
  half) cp {archives}/pkg_1.2.orig.tar.gz half_3.orig.tar.gz; echo "E: Failed to fetch half.debian.tar.xz  404" >&2; exit 100 ;;
  hidden) echo "E: You must put some 'deb-src' URIs in your sources.list" >&2; exit 100 ;;
  *) echo "E: Unable to find a source package for $name" >&2; exit 100 ;;
esac
"""
COPYRIGHT = (
    "Format: x\n\nFiles: debian/*\nLicense: GPL-3\n\nFiles: *\nCopyright:"
    " someone\nLicense: MIT\n"
)


def add(archive, name, text, **fields):
    info = tarfile.TarInfo(name)
    info.size = len(text)
    for key, value in fields.items():
        setattr(info, key, value)
    archive.addfile(info, io.BytesIO(text.encode()))


@pytest.fixture
def apt(tmp_path, monkeypatch):
    """Put a stand-in for apt-get on the path, and the cache into a folder of the test's
    own.
    """
    archives, binaries = tmp_path / "archives", tmp_path / "bin"
    archives.mkdir()
    binaries.mkdir()
    with tarfile.open(archives / "pkg_1.2.orig.tar.gz", "w:gz") as archive:
        add(archive, "pkg-1.2/src/f.c", "double f(double x) { return x; }\n")
        add(
            archive,
            "pkg-1.2/src/f.h",
            "/* SPDX-License-Identifier: Zlib */\ndouble f(double);\n",
        )
        add(
            archive,
            "pkg-1.2/COPYING",
            "GNU GENERAL PUBLIC LICENSE\n  Version 2\n",
        )
        add(archive, "pkg-1.2/README", "no C\n")
        add(archive, "pkg-1.2/../../evil.c", "int x;")
        add(archive, "/etc/evil.c", "int x;")
        add(
            archive,
            "pkg-1.2/link.c",
            "",
            type=tarfile.SYMTYPE,
            linkname="/etc/hostname",
        )
    with tarfile.open(archives / "pkg_1.2-3.debian.tar.xz", "w:xz") as archive:
        add(archive, "debian/copyright", COPYRIGHT)
    (binaries / "apt-get").write_text(APT.format(archives=archives))
    (binaries / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{binaries}:{os.environ['PATH']}")
    monkeypatch.setattr(
        "nsc.exestack.sources.debian.cache_folder", lambda: tmp_path / "cache"
    )
    return binaries


def test_a_package_is_unpacked_once_and_stays_inside(apt, tmp_path):
    lines = []
    folder, package = debian_package("pkg", lines.append)
    assert (package.name, package.version, package.licence) == (
        "pkg",
        "1.2-3",
        "MIT",
    )
    assert lines == ["fetching pkg", "unpacking pkg"]
    found = sorted(
        str(p.relative_to(tmp_path / "cache"))
        for p in (tmp_path / "cache").rglob("*.*")
    )
    assert found == [
        "debian/pkg/etc/evil.c",
        "debian/pkg/package.json",
        "debian/pkg/src/f.c",
        "debian/pkg/src/f.h",
    ]
    assert (
        not (tmp_path / "evil.c").exists() and not (folder / "link.c").exists()
    )
    (apt / "apt-get").unlink()
    assert debian_package("pkg") == (folder, package)
    texts = {
        f.path: f
        for f in read_source_texts("debian:pkg")
        if isinstance(f, SourceText)
    }
    assert (
        texts["pkg/src/f.c"].licence == "MIT"
        and texts["pkg/src/f.h"].licence == "Zlib"
    )
    assert texts["pkg/src/f.c"].origin == "pkg" and texts[
        "pkg/src/f.c"
    ].package == str(folder)
    assert versions_of(["tree:x", "debian:pkg"]) == {
        "pkg": "1.2-3"
    } and count_files("debian:pkg") == len(texts)


def test_a_package_without_debians_part_is_taken(apt):
    _, package = debian_package("half")
    assert (package.version, package.licence) == ("3", "GPL-2")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "nothing",
            (
                "debian:nothing cannot be fetched: Unable to find a source package for"
                " nothing"
            ),
        ),
        ("hidden", "add a deb-src line to apt's sources"),
        ("../x", "is no Debian package name"),
    ],
)
def test_what_cannot_be_had_is_told(apt, tmp_path, name, message, capsys):
    with pytest.raises(InputError, match=message):
        debian_package(name)
    assert (
        main(
            [
                "data",
                "build",
                f"debian:pkg,{name}",
                "-o",
                str(tmp_path / "out"),
            ]
        )
        == 2
    )
    assert (
        message in capsys.readouterr().err and not (tmp_path / "out").exists()
    )


def test_what_cannot_be_had_is_left_out_on_request(apt, tmp_path, capsys):
    out = tmp_path / "out"
    words = [
        "data",
        "build",
        "debian:pkg,nothing",
        "--skip-missing",
        "-o",
        str(out),
    ]
    assert main([*words, "--json"]) == 0
    found = capsys.readouterr()
    assert "left out: debian:nothing cannot be fetched" in found.err
    manifest = json.loads(found.out)
    assert list(manifest["skipped"]) == ["nothing"]
    assert manifest["sources"] == ["debian:pkg"]
    nothing = [
        "data",
        "build",
        "debian:nothing",
        "--skip-missing",
        "-o",
        str(out),
    ]
    assert main(nothing) == 2
    assert "nothing is left to build" in capsys.readouterr().err


def test_without_apt(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(
        "nsc.exestack.sources.debian.cache_folder", lambda: tmp_path / "cache"
    )
    with pytest.raises(
        InputError,
        match="needs apt-get .Debian, Ubuntu.; elsewhere unpack it and use tree:DIR",
    ):
        debian_package("gsl")


FLOATING = Floating(
    Floating().names | {"real", "point"}, Floating().scalars | {"real"}
)


def test_names_of_floating_types():
    text = """
    typedef double real; // a typedef
    typedef struct { real x, y; } point;
    struct box { point a, b; };
    typedef float mat3[3][3];
    #define REAL real
    typedef struct { int n; double x; } mixed;
    typedef int number;
    typedef double (*callback)(double);
    """
    scalars = Floating().scalars | {"real", "mat3", "REAL"}
    assert floating_names(Outline(text).declared) == Floating(
        scalars | {"point", "box"}, scalars
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("double f(double x) { return x; }", None),
        (
            (
                "static inline\nfloat\nf (const float *x, float y)\n/* doc */\n{ return"
                " *x; }"
            ),
            None,
        ),
        ("double f(x, y) double x; double y; { return x; }", None),
        (
            (
                "#ifdef A\ndouble f(double x)\n#else\ndouble f(x)\ndouble x;\n#endif\n{"
                " return x; }"
            ),
            None,
        ),
        ("real f(point p) { return 0; }", None),
        ("FUNCTION(a, b) (real x) { return x; }", None),
        ("int f(int x) { double y = x; return y; }", "no_floating_point"),
        ("double f(double x, int n) { return x; }", "no_floating_point"),
        ("double f(x, n) double x; int n; { return x; }", "no_floating_point"),
        (
            "void f(struct context *c, float x) { if (x) { } }",
            "no_floating_point",
        ),
        ("long double f(long double x) { return x; }", "no_floating_point"),
        (
            "void f(void) { for (real = g(); real; real = h(real)) { } }",
            "no_floating_point",
        ),
        ("double f(double x);", "no_function"),
        ("/* double f(double x) { } */ int x[] = {1};", "no_function"),
        ("namespace a { double f(double x) { return x; } }", "c_plus_plus"),
        ("template <class T> T f(T x) { return x; }", "c_plus_plus"),
    ],
)
def test_files_worth_parsing(text, reason):
    assert Outline(text).skip_reason(FLOATING) == reason


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        ("static real f(const real x, float y) { return x; }", True),
        ("double f(x, y) double x; double y; { return x; }", True),
        ("double f(point p) { return p.x; }", False),
        ("point f(double x) { }", False),
        ("double f(double *x) { return *x; }", False),
        ("void f(double x) { }", False),
        ("double f(double x, int n) { return x; }", False),
        ("long double f(double x) { return x; }", False),
    ],
)
def test_files_worth_parsing_for_scalars(text, worth):
    assert Outline(text).skip_reason(FLOATING, scalar=True) == (
        None if worth else "no_scalar_function"
    )


def test_functions_of_scalars_are_told_by_their_words():
    assert may_be_scalar(
        "static const real ", ["float x", "const real y"], FLOATING
    )
    for result, parameters in (
        ("int", ["float x"]),
        ("real", ["float *x"]),
        ("real", ["point p"]),
    ):
        assert not may_be_scalar(result, parameters, FLOATING)


def test_functions_that_others_may_call():
    text = (
        "static double a(double x) { return x; }\ndouble b(double (*f)(double))"
        " {\n}\nint *c(void)\n{ if (1) { } }"
    )
    assert list(Outline(text).defined_functions()) == ["b", "c"]


@pytest.mark.parametrize(
    "unit",
    [
        "typedef ",
        "struct a {",
        "f(",
        "(",
        "/*",
        "#define a ",
        "f(a) double a;",
    ],
)
def test_hostile_text_takes_time_in_proportion_to_its_length(unit):
    """Four times the text may take four times as long, and not sixteen."""

    def seconds(length):
        text = unit * (length // len(unit)) + "{"
        started = time.process_time()
        outline = Outline(text)
        outline.skip_reason(floating_names(outline.declared))
        return time.process_time() - started

    short = min(seconds(50_000) for _ in range(3))
    assert min(seconds(200_000) for _ in range(2)) < 10 * short + 0.05


def test_a_defect_of_ours_costs_one_file(monkeypatch):
    def crash(*args, **options):
        raise IndexError("string index out of range")

    monkeypatch.setattr("nsc.exestack.programs.extract.list_programs", crash)
    source = SourceText("x", "f.c", "double f(double x) { return x; }")
    made, dropped = extract(source, profile_named("wide"))
    assert made == [] and [d.reason for d in dropped] == [
        "file:crash:IndexError"
    ]


def test_archives_are_read_without_unpacking(tmp_path):
    root = tmp_path / "tree"
    (root / "pkg").mkdir(parents=True)
    (tmp_path / "f.c").write_text("double f(double x) { return x + 1; }")
    with tarfile.open(root / "pkg" / "a.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "f.c", "../../evil/f.c")
    with zipfile.ZipFile(
        root / "pkg" / "b.zip", "w", zipfile.ZIP_DEFLATED
    ) as archive:
        archive.writestr("g.c", "double g(double x) { return x * 3; }")
        archive.writestr("bomb.c", " " * 30_000_000)
    (root / "pkg" / "c.tar").write_bytes(b"no archive at all")
    found = list(read_source_texts(f"tree:{root}"))
    assert [f.path for f in found if isinstance(f, SourceText)] == [
        "a.tar.gz:../../evil/f.c",
        "b.zip:g.c",
    ]
    assert sorted(
        f.reason for f in found if not isinstance(f, SourceText)
    ) == [
        "broken_archive",
        "too_large",
    ]
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    "kind", ["a.zip", "a.tar.gz", "a.tar.xz", "a.tar.bz2", "a.tar"]
)
def test_a_damaged_archive_costs_a_named_drop(kind, tmp_path):
    text = "".join(
        f"double f{k}(double x) {{ return x * {k * 7919 % 1013}; }}\n"
        for k in range(300)
    )
    whole = tmp_path / kind
    if kind == "a.zip":
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("f.c", text)
    else:
        with tarfile.open(
            whole, f"w:{kind.removeprefix('a.tar').removeprefix('.')}"
        ) as archive:
            add(archive, "f.c", text)
    data, random = whole.read_bytes(), np.random.default_rng(0)
    root = tmp_path / "tree"
    root.mkdir()
    for number in range(40):
        bent = bytearray(data)
        for place in random.integers(0, len(data), size=8):
            bent[place] = random.integers(256)
        (root / f"{number}.{kind}").write_bytes(bent)
    reasons = {
        f.reason
        for f in read_source_texts(f"tree:{root}")
        if not isinstance(f, SourceText)
    }
    assert (
        "broken_archive"
        in reasons
        <= {"broken_archive", "binary", "too_large", "archive_too_large"}
    )


def test_names_that_are_no_text_are_spelled_with_escapes(tmp_path):
    folder = os.fsencode(tmp_path) + b"/tree/p\xe9"
    os.makedirs(folder)
    with open(folder + b"/caf\xe9.c", "w") as file:
        file.write("double f(double x) { return x + 1; }\n")
    manifest = build_dataset(
        [f"tree:{tmp_path}/tree"], tmp_path / "out", keep_dropped=True
    )
    assert manifest["records"] == 1
    (record,) = (
        r
        for split in ("train", "validation", "test")
        for r in read_records(tmp_path / "out" / split)
    )
    assert record.name == "p\\xe9/caf\\xe9.c:1:f" and record.origin == "p\\xe9"


def test_pipes_and_links_hold_nothing_up(tmp_path):
    for name in ("a.tar", "b.zip", "c.c", "d.tar.gz"):
        os.mkfifo(tmp_path / name)
    (tmp_path / "e.c").symlink_to("/dev/zero")
    found = {f.path: f.reason for f in read_source_texts(f"tree:{tmp_path}")}
    assert found == {
        "a.tar": "broken_archive",
        "b.zip": "broken_archive",
        "c.c": "not_a_file",
        "d.tar.gz": "broken_archive",
        "e.c": "not_a_file",
    }


ODD_ROWS = [
    {"content": [b"double f;", None], "lang": ["c", "c"]},
    {"content": [1, 2], "path": [3, 4]},
    {
        "content": ["double f;", "int g;"],
        "max_stars_repo_licenses": ["MIT", None],
    },
    {"content": ["double f;"], "detected_licenses": [[None, "MIT"]]},
    {"content": ["double f;"], "ext": [7], "repo_name": [2.5]},
    {"content": [{"a": 1}], "hexsha": [None]},
    {"files": [None, [None], [{"content": None}], [{"content": "int x;"}]]},
    {"files": [["text"]]},
    {"files": ["text"]},
    {"files": [[{"content": 3, "path": {"a": 1}}]]},
]


@pytest.mark.parametrize("columns", ODD_ROWS)
def test_rows_of_other_types_cost_a_drop(columns, tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table(columns), path)
    for found in read_source_texts(f"stack:{path}"):
        assert isinstance(found, SourceText) or found.reason in (
            "wrong_type",
            "no_content",
        )


def test_a_damaged_page_costs_its_rows(tmp_path):
    path = tmp_path / "rows.parquet"
    texts = [f"double f{k}(double x) {{ return x; }}" * 20 for k in range(40)]
    pq.write_table(pa.table({"content": texts}), path, row_group_size=10)
    good = path.read_bytes()
    whole = list(read_source_texts(f"stack:{path}"))
    assert [f.text for f in whole] == texts
    generator = np.random.default_rng(0)
    for _ in range(40):
        at = int(generator.integers(4, len(good) - 8))
        path.write_bytes(good[:at] + b"\xff\x00\xff" + good[at + 3 :])
        try:
            found = list(read_source_texts(f"stack:{path}"))
        except InputError:
            continue
        assert len(found) <= 80
