"""A package's own headers and files: found where build systems put them, and no others."""

import os

import pytest

from nsc.exestack.programs.extract import extract, judge
from nsc.exestack.programs.profile import profile_named
from nsc.exestack.sources.headers import (
    defining_files,
    outlined,
    package_headers,
)
from nsc.exestack.sources.outline import Outline, floating_names
from nsc.exestack.sources.text import MAX_BYTES, SourceText
from nsc.exestack.sources.tree import read_tree

WIDE = profile_named("wide")


def files_of(tmp_path, files):
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_a_file_of_no_package_has_no_headers():
    assert package_headers("", "a.c") is None


def test_a_header_is_looked_for_beside_the_file_that_asks(tmp_path):
    files_of(
        tmp_path, {"p/a/k.h": "int a;", "p/b/k.h": "int b;", "p/k.h": "int p;"}
    )
    include = package_headers(str(tmp_path / "p"), "p/b/f.c")
    assert include("k.h", False, "") == ("b/k.h", "int b;")
    assert include("../k.h", False, "") == ("k.h", "int p;")
    assert include("k.h", False, "a/other.h") == ("a/k.h", "int a;")


def test_a_header_elsewhere_is_found_by_the_end_of_its_path(tmp_path):
    files_of(
        tmp_path,
        {
            "p/include/gsl/math.h": "int gsl;",
            "p/x/math.h": "int x;",
            "p/f/f.c": "",
        },
    )
    include = package_headers(str(tmp_path / "p"), "p/f/f.c")
    assert include("gsl/math.h", True, "") == (
        "include/gsl/math.h",
        "int gsl;",
    )
    # the shortest path with that last part
    assert include("math.h", True, "") == ("x/math.h", "int x;")
    assert include("elsewhere/math.h", True, "") == ("x/math.h", "int x;")
    assert include("none.h", True, "") is None


@pytest.mark.parametrize(
    "name",
    ["/etc/hostname", "../outside.h", "../../outside.h", "link.h", "x.txt"],
)
def test_nothing_outside_the_package_is_opened(tmp_path, name):
    files_of(
        tmp_path,
        {"outside.h": "int secret;", "p/f.c": "", "p/x.txt": "no header"},
    )
    os.symlink(tmp_path / "outside.h", tmp_path / "p" / "link.h")
    include = package_headers(str(tmp_path / "p"), "p/f.c")
    assert include(name, False, "") is None


def test_a_header_that_is_no_text_is_none(tmp_path):
    files_of(tmp_path, {"p/f.c": "", "p/large.h": " \n" * MAX_BYTES})
    (tmp_path / "p" / "binary.h").write_bytes(b"int x;\0")
    include = package_headers(str(tmp_path / "p"), "p/f.c")
    assert include("large.h", False, "") is None
    assert include("binary.h", False, "") is None


def test_who_defines_a_function(tmp_path):
    files_of(
        tmp_path,
        {
            "p/a.c": "double once(double x) { return x; }\n",
            "p/b.c": "double twice(double x) { return x; }\n",
            "p/c.c": "double twice(double x) { return x + x; }\n",
            "p/h.h": "static inline double inside(double x) { return x; }\n",
            "p/s.c": "static double hidden(double x) { return x; }\n",
        },
    )
    source = next(f for f in read_tree(tmp_path) if f.path == "p/b.c")
    judged = judge(source, WIDE)
    names = ["once", "twice", "inside", "hidden", "unknown", "once"]
    assert defining_files(judged, names) == ["a.c"]
    own = judge(
        next(f for f in read_tree(tmp_path) if f.path == "p/a.c"), WIDE
    )
    assert defining_files(own, ["once"]) == []
    assert defining_files(SourceText("o", "a.c", ""), ["once"]) == []


def test_names_of_floating_types_are_the_whole_packages(tmp_path):
    files_of(
        tmp_path,
        {
            "p/types.h": "typedef double real;\n",
            "p/f.c": "real f(real x) { return x; }\n",
        },
    )
    source = next(f for f in read_tree(tmp_path) if f.path == "p/f.c")
    outline, facts = outlined(source)
    assert "real" in facts.floating.scalars
    assert outline.skip_reason(facts.floating, scalar=True) is None
    alone = SourceText("o", "f.c", source.text)
    outline, facts = outlined(alone)
    assert outline.skip_reason(facts.floating) == "no_floating_point"


def test_a_function_uses_its_packages_headers(tmp_path):
    files_of(
        tmp_path,
        {
            "p/k.h": "#define HALF 0.5\nstatic double h(double v) { return HALF * v; }\n",
            "p/f.c": '#include "k.h"\ndouble f(double x) { return h(x) + HALF; }\n',
        },
    )
    (source,) = (f for f in read_tree(tmp_path) if f.path == "p/f.c")
    made, dropped = extract(source, WIDE)
    text = {c.program.name: c.program.text for c in made}["f"]
    assert "#define HALF 0.5" in text and "double h(double v)" in text
    assert '"k.h"' not in text and dropped == []


@pytest.mark.parametrize(
    ("text", "scalars", "structs"),
    [
        ("typedef float real, *pointer;", set(), set()),
        ("typedef double table[4];", {"table"}, set()),
        ("struct p { float x; float y; };", set(), {"p"}),
        ("union u { double d; float f; };", set(), {"u"}),
        ("union u { double d; int i; };", set(), set()),
        ("typedef struct p { double x; } q;", set(), {"p", "q"}),
        (
            "#define REAL double\ntypedef REAL scalar;",
            {"REAL", "scalar"},
            set(),
        ),
        ("typedef real other; typedef double real;", {"real", "other"}, set()),
        ("/* typedef double hidden; */", set(), set()),
        ("struct p { double *x; };", set(), set()),
    ],
)
def test_words_that_come_to_mean_floating_point(text, scalars, structs):
    found = floating_names(Outline(text).declared)
    assert found.scalars == {"float", "double"} | scalars
    assert found.names == found.scalars | structs
