"""A function whose callees are in other files is read as a linker would see it."""

import json

import numpy as np
import pytest

import nsc
from nsc.app import main
from nsc.app.project import Project, project_of, read_program
from nsc.errors import InputError, SourceError
from nsc.program import draw_inputs
from nsc.sandbox import ProgramOracle

A = '#include "b.h"\ndouble f(double x) { return scale(x) + 1; }\n'
B = '#include "b.h"\n#include "c.h"\ndouble scale(double x) { return root(x) * K; }\n'
C = "#include <math.h>\ndouble root(double x) { return sqrt(x + 2); }\n"


@pytest.fixture
def files(tmp_path):
    """Three files that need one another, their headers in another folder."""
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "b.h").write_text(
        "#define K 3.0\ndouble scale(double);\n"
    )
    (tmp_path / "include" / "c.h").write_text("double root(double);\n")
    (tmp_path / "src").mkdir()
    for name, text in (("a", A), ("b", B), ("c", C)):
        (tmp_path / "src" / f"{name}.c").write_text(text)
    unused = "double unused(double x) { return elsewhere(x); }\nint broken(\n"
    (tmp_path / "src" / "d.c").write_text(unused)
    return tmp_path


def sources(folder, names="abc"):
    return [folder / "src" / f"{name}.c" for name in names]


def value(program):
    x = draw_inputs(program, 50, generator=np.random.default_rng(0))
    return x, np.asarray(ProgramOracle(program.unit)(x))


@pytest.mark.parametrize("order", ["abc", "acb", "adbc"])
def test_what_is_called_is_read_from_other_files(files, order):
    first, *others = sources(files, order)
    project = Project(tuple(others), (files / "include",))
    program = read_program(first, project)
    x, y = value(program)
    np.testing.assert_allclose(y, np.sqrt(x + 2) * 3 + 1, rtol=1e-12)


def test_a_function_of_another_file_can_be_chosen(files):
    project = Project(tuple(sources(files, "bc")), (files / "include",))
    program = read_program(sources(files, "a")[0], project, function="scale")
    x, y = value(program)
    np.testing.assert_allclose(y, np.sqrt(x + 2) * 3, rtol=1e-12)


def test_the_command_line(files, capsys):
    words = [*map(str, sources(files)), "-I", str(files / "include")]
    out = files / "out"
    assert main(["compile", *words, "-o", str(out), "--budget", "128"]) == 0
    x = np.linspace(-1, 1, 20)[:, None]
    found = nsc.load(out / "surrogate.safetensors")(x)
    np.testing.assert_allclose(found, np.sqrt(x + 2) * 3 + 1, atol=0.1)
    alone = [words[0], *words[3:]]
    assert main(["compile", *alone, "-o", str(out)]) == 2
    assert "scale" in capsys.readouterr().err


def database(folder, **flags):
    entries = [
        {
            "directory": str(folder / "src"),
            "file": f"{name}.c",
            "command": f"cc {flags.get(name, '-I../include')} -O2 -Wall -c {name}.c",
        }
        for name in "abcd"
    ]
    entries[1]["arguments"] = entries[1].pop("command").split()
    entries.append(
        {"directory": "/", "file": "gone.c", "command": "cc gone.c"}
    )
    path = folder / "compile_commands.json"
    path.write_text(json.dumps(entries))
    return path


def test_a_compilation_database(files):
    path = database(files)
    out = files / "out"
    words = [
        "compile",
        str(sources(files)[0]),
        "--compile-commands",
        str(path),
    ]
    assert main([*words, "-o", str(out), "--budget", "128"]) == 0
    project = project_of(path, sources(files)[0])
    program = read_program(sources(files)[0], project)
    x, y = value(program)
    np.testing.assert_allclose(y, np.sqrt(x + 2) * 3 + 1, rtol=1e-12)


def test_macros_of_a_database(files):
    (files / "src" / "a.c").write_text(
        "double f(double x) { return x * N + M; }"
    )
    project = project_of(database(files, a="-DN=4 -D M"), sources(files)[0])
    x, y = value(read_program(sources(files)[0], project))
    np.testing.assert_allclose(y, 4 * x + 1)
    mine = project.with_more([], [], {"N": "5"})
    x, y = value(read_program(sources(files)[0], mine))
    np.testing.assert_allclose(y, 5 * x + 1)


def test_files_with_other_macros_are_not_read_together(files):
    path = database(files, b="-I../include -DK2=1")
    project = project_of(path, sources(files)[0])
    with pytest.raises(
        InputError, match=r"b\.c is compiled with other macros"
    ):
        read_program(sources(files)[0], project)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[3]",
        "[{}]",
        "[" * 100_000,
        '[{"directory": 1, "file": 2}]',
        "[]",
    ]
    + ['[{"directory": "/", "file": "a.c", "command": "\'"}]'],
)
def test_databases_that_are_none(files, text, capsys):
    path = files / "compile_commands.json"
    path.write_text(text)
    words = [
        "compile",
        str(sources(files)[0]),
        "--compile-commands",
        str(path),
    ]
    assert main(words) == 2
    assert "compile_commands.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (
            "double g(double);\nstatic double h(double x) { return x; }\n"
            "double f(double x) { return g(x) + h(x); }",
            "static double h(double x) { return 2 * x; }\n"
            "double g(double x) { return h(x); }",
            "'h' is defined in .*a.c and in .*b.c",
        ),
        (
            "double g(double);\n#define N 2\ndouble f(double x) { return g(x) * N; }",
            "#ifndef N\n#define N 3\n#endif\ndouble g(double x) { return x * N; }",
            "'N' is a macro of .*a.c and stands in .*b.c",
        ),
        (
            "double g(double); double h(double);\n"
            "double f(double x) { return g(x) + h(x); }",
            "static double h(double x) { return 2 * x; }\n"
            "double g(double x) { return h(x); }",
            "'h' is static in .*b.c, and .*a.c uses it",
        ),
        (
            "double g(double);\nstatic const double k = 2;\n"
            "double f(double x) { return g(x) * k; }",
            "static const double k = 3;\ndouble g(double x) { return k * x; }",
            "'k' is defined in",
        ),
        (
            "double g(double);\ntypedef struct { double a, b; } S;\n"
            "double f(double x) { S s = {x, x}; return g(x) + s.b; }",
            "typedef struct { double b, a; } S;\n"
            "double g(double x) { S s = {x, 0}; return s.a; }",
            "'S' is defined in",
        ),
    ],
)
def test_names_that_mean_different_things_are_refused(a, b, message, tmp_path):
    (tmp_path / "a.c").write_text(a)
    (tmp_path / "b.c").write_text(b)
    # the place is where the other meaning is
    with pytest.raises(SourceError, match=rf"[ab]\.c:\d+:\d+: {message}"):
        read_program(
            tmp_path / "a.c", Project((tmp_path / "b.c",)), function="f"
        )


def test_where_a_name_means_another_thing(tmp_path):
    (tmp_path / "a.c").write_text(
        "double g(double);\nstatic double h(double x) { return x; }\n"
        "double f(double x) { return g(x) + h(x); }"
    )
    other = tmp_path / "b.c"
    other.write_text(
        "\n  static double h(double x) { return 2 * x; }\n"
        "double g(double x) { return h(x); }"
    )
    with pytest.raises(SourceError) as raised:
        read_program(tmp_path / "a.c", Project((other,)), function="f")
    [problem, *_] = raised.value.problems
    assert (problem.file, problem.line, problem.column) == (str(other), 2, 3)


def test_two_files_that_define_what_is_called(tmp_path):
    (tmp_path / "a.c").write_text(
        "double g(double); double f(double x){return g(x);}"
    )
    for name in "bc":
        (tmp_path / f"{name}.c").write_text("double g(double x) { return x; }")
    project = Project((tmp_path / "b.c", tmp_path / "c.c"))
    with pytest.raises(
        InputError, match=r"'g' is defined in .*b\.c and in .*c\.c"
    ):
        read_program(tmp_path / "a.c", project)


def test_integers_and_pointers_reach_other_files(tmp_path):
    (tmp_path / "a.c").write_text(
        "void g(int, double *);\n"
        "double f(int n, double x) { double y = x; g(n, &y); return y; }"
    )
    (tmp_path / "b.c").write_text("void g(int n, double *y) { *y *= n; }")
    project = Project((tmp_path / "b.c",))
    program = read_program(tmp_path / "a.c", project, ranges={"n": (1, 4)})
    x, y = value(program)
    np.testing.assert_allclose(
        y[:, 0], np.round(x[:, 0]) * x[:, 1], rtol=1e-12
    )


def test_python_reads_other_files_too(files):
    first, *others = map(str, sources(files))
    x = np.linspace(-1, 1, 20)[:, None]
    options = {"include": files / "include", "budget": 128, "timing": False}
    for source in (first, (files / "src" / "a.c").read_text()):
        found = nsc.compile(source, others=others, **options)
        np.testing.assert_allclose(found(x), np.sqrt(x + 2) * 3 + 1, atol=0.1)


def test_python_reads_a_compilation_database_too(files):
    (files / "src" / "a.c").write_text(A.replace("+ 1", "+ N"))
    path = database(files, **{name: "-I../include -DN=4" for name in "abc"})
    found = nsc.compile(
        sources(files)[0], compile_commands=path, budget=128, timing=False
    )
    x = np.linspace(-1, 1, 20)[:, None]
    np.testing.assert_allclose(found(x), np.sqrt(x + 2) * 3 + 4, atol=0.1)
    with pytest.raises(InputError, match="^compile_commands must come with"):
        nsc.compile(A, compile_commands=path)
    program = read_program(
        sources(files)[2], Project((), (files / "include",))
    )
    for given in ({"others": sources(files)}, {"compile_commands": path}):
        with pytest.raises(InputError, match="already has its function"):
            nsc.compile(program, **given)
