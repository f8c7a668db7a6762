"""Exported C compiles in every dialect, whatever names the original uses."""

import subprocess

import numpy as np
import pytest

from nsc.deploy import EXPORTERS, ExportJob, c_definition
from nsc.host import zig_command, zig_environment
from nsc.program import PortableNames, draw_inputs, parse_program
from nsc.surrogate import Member, Surrogate, Topology, random_parameters

DIALECTS = ["c99", "c11", "c17", "c23", "gnu17", "c++11", "c++20"]
CASES = {
    "macros": (
        "double call(double bool, double unix, double linux)"
        "{ return bool + unix * linux; }"
    ),
    "sigmoid": "double nsc_sigmoid(double x) { return x * x; }",
    "c++": (
        "void f(const float *restrict this, float *restrict class, int new)"
        "{ class[0] = this[0] + new; class[1] = this[1]; }"
    ),
    "fields": (
        "typedef struct { double virtual; float unix[2]; } friend;\n"
        "friend f(const friend *template, float NULL)"
        "{ friend private = *template; private.virtual += NULL; return private; }"
    ),
    "standard": (
        "#include <stdbool.h>\n"
        "bool f(bool a, double true_) { return a && true_ > 0 ? true : false; }"
    ),
    "array": "float f(const float w[static 2]) { return w[0] + w[1]; }",
    "enumerations": (
        "typedef enum { A, B, C } k; enum m { D = 1 }; struct s { enum m e; k class; };\n"
        "enum m f(struct s a, k *b, float x)"
        "{ *b = x > 0 ? B : C; return a.e + a.class > 1 ? D : (enum m)2; }"
    ),
    "few": "int f(double x) { return x > 0.5 ? -2147483647 : x > 0 ? 3 : 0; }",
}


RANGES = {
    "c++": {"new": (0, 9)},
    "enumerations": {"a.e": (0, 2), "a.class": (0, 2)},
}


def job_of(text: str, ranges: dict | None = None, **options) -> ExportJob:
    program = parse_program(text, ranges=ranges)
    topology = Topology((program.n_inputs, 3, program.n_outputs))
    names = (
        tuple(leaf.name for leaf in leaves)
        for leaves in (program.signature.inputs, program.signature.outputs)
    )
    lo, hi = np.array(program.domain.lo), np.array(program.domain.hi)
    member = Member(topology, random_parameters(topology, seed=2))
    x = draw_inputs(program, 20, generator=np.random.default_rng(0))
    return ExportJob(
        Surrogate((member,), lo, hi, *names), program, x, **options
    )


def compiles(text: str, dialect: str, folder) -> str:
    """Return what a compiler says of C text; "" is nothing."""
    is_c = not dialect.startswith("c++")
    (folder / "s.c").write_text(text)
    language = ["cc", "-x", "c"] if is_c else ["c++", "-x", "c++"]
    flags = [f"-std={dialect}", "-DNSC_SELFTEST", "-c", "s.c", "-o", "s.o"]
    done = subprocess.run(
        [*zig_command(), *language, *flags],
        cwd=folder,
        env=zig_environment(folder),
        capture_output=True,
        text=True,
    )
    return done.stderr if done.returncode else ""


@pytest.mark.parametrize("drop_in", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_every_dialect_reads_an_export(name, drop_in, tmp_path):
    job = job_of(CASES[name], RANGES.get(name), drop_in=drop_in)
    text = EXPORTERS["c"].render(job).decode()
    if drop_in:
        assert f" {job.program.name}(" in text
    for dialect in DIALECTS:
        assert compiles(text, dialect, tmp_path) == "", dialect


def test_an_embedded_original_is_read_everywhere_too(tmp_path):
    text = (
        "static double nsc_sigmoid(double class) { return class / 2; }\n"
        "double f(double unix) { return nsc_sigmoid(unix); }"
    )
    text = (
        EXPORTERS["c"].render(job_of(text, drop_in=True, guard=True)).decode()
    )
    assert "static double user_nsc_sigmoid(double class_)" in text
    for dialect in DIALECTS:
        assert compiles(text, dialect, tmp_path) == "", dialect


def test_names_are_new_only_where_they_must_be():
    program = parse_program(
        "double f(double near, double max) { return near + max; }"
    )
    names = PortableNames(program)
    assert names.new == {}
    assert names.text("near + max") == "near + max"
    text = "double f(double class, double class_) { return class + class_; }"
    assert PortableNames(parse_program(text)).new == {"class": "class__"}


@pytest.mark.needs("gcc")
@pytest.mark.parametrize("dialect", ["c99", "c11", "gnu17", "c2x"])
@pytest.mark.parametrize("name", CASES)
def test_gcc_reads_an_export(name, dialect, tmp_path):
    (tmp_path / "s.c").write_text(
        EXPORTERS["c"].render(job_of(CASES[name], RANGES.get(name))).decode()
    )
    command = [
        "gcc",
        f"-std={dialect}",
        "-DNSC_SELFTEST",
        "-fsyntax-only",
        "s.c",
    ]
    subprocess.run(command, cwd=tmp_path, check=True)


def test_a_definition_keeps_the_names_of_the_text_around_it(tmp_path):
    types = "struct item { double class; int new; };\nstatic double y1 = 2;\n"
    body = "{ return this->class * I + this->new; }"
    text = f"{types}double f(struct item *this, int I) {body}"
    job = job_of(text, ranges={"this.new": (0, 9), "I": (1, 3)})
    definition = c_definition(job.surrogate, job.program)
    assert compiles(f"{types}{definition}", "gnu17", tmp_path) == ""


@pytest.mark.parametrize("outside", [None, "clip", "warn", "original"])
def test_an_enumeration_is_read_as_an_int(outside, tmp_path):
    text = "enum m { A, B }; double f(double x, enum m k) { return x + k; }"
    job = job_of(text, {"k": (0, 1)}, outside=outside)
    text = EXPORTERS["c"].render(job).decode()
    for dialect in ("c99", "c++20"):
        assert compiles(text, dialect, tmp_path) == ""


@pytest.mark.parametrize("drop_in", [False, True])
def test_a_type_or_member_may_be_called_as_the_function(drop_in, tmp_path):
    text = (
        "struct f { double f; }; struct g { struct f f; };\n"
        "static double h(struct f *of) { return of->f; }\n"
        "struct f f(struct g a, double x)"
        "{ struct f o = a.f; if (x > 9) return f(a, x - 1); o.f += h(&a.f); return o; }"
    )
    job = job_of(text, guard=True, drop_in=drop_in)
    text = EXPORTERS["c"].render(job).decode()
    for dialect in ("c99", "c23"):
        assert compiles(text, dialect, tmp_path) == ""


def test_a_definition_leaves_names_to_the_text_around_it(tmp_path):
    text = "double f(double x) { return x; }"
    job = job_of(text)
    first = c_definition(job.surrogate, job.program)
    again = c_definition(job.surrogate, job.program, around=first)
    both = first.replace(" f(", " g(") + "\n" + again
    assert compiles(both, "gnu17", tmp_path) == ""
