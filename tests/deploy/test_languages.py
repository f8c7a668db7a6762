"""Languages other than C: names, types, policies, and what only one of them has."""

import subprocess
import sys

import numpy as np
import pytest
from deploy_cases import case

from nsc.conditions import FUNCTIONS
from nsc.deploy import EXPORTERS, ExportJob, is_available
from nsc.deploy.languages import LANGUAGES
from nsc.deploy.languages.names import Names
from nsc.deploy.languages.running import run_rows
from nsc.errors import BuildError, InputError
from nsc.program import draw_inputs, narrowed, parse_program
from nsc.surrogate import (
    Member,
    OneOf,
    Surrogate,
    Topology,
    Whole,
    random_parameters,
)

ROWS = pytest.mark.parametrize("name", LANGUAGES)
POLICIES = ("warn", "raise", "clip", "nan")
PLANE = "double f(double x, double y) { return x + y; }"


def exporter_of(name: str):
    exporter = EXPORTERS[name]
    if not is_available(exporter):
        pytest.skip(f"needs {', '.join(exporter.commands)}")
    return exporter


def job_of(
    text: str,
    ranges=None,
    *,
    where=(),
    widths=(4,),
    activation="sigmoid",
    held=(),
    **options,
) -> ExportJob:
    program = parse_program(text, function="f", ranges=ranges)
    if where:
        program = narrowed(program, where, None)
    topology = Topology(
        (program.n_inputs, *widths, program.n_outputs), activation
    )
    signature = program.signature
    surrogate = Surrogate(
        (Member(topology, 3 * random_parameters(topology, seed=0)),),
        np.array(program.domain.lo),
        np.array(program.domain.hi),
        tuple(leaf.name for leaf in signature.inputs),
        tuple(leaf.name for leaf in signature.outputs),
        held=held,
        conditions=program.drawing.conditions,
    )
    x = draw_inputs(program, 40, generator=np.random.default_rng(1))
    return ExportJob(surrogate, program, x, **options)


def answers(name: str, job: ExportJob, x: np.ndarray) -> np.ndarray:
    """Return what functions give, whatever is done outside the domain, `k n o`."""
    exporter = exporter_of(name)
    data = exporter.render(job)
    sources = exporter.language.sources(job, data.decode())
    called = np.ones(len(x), bool)
    found = run_rows(sources, x, called, job.program.n_outputs)
    return np.stack([found.scalar, *found.batches])


OUTSIDE = np.array([[0.5, 1.0], [9.0, 0.5], [0.5, -7.0], [np.nan, 1.0]])


@pytest.mark.slow
@ROWS
def test_what_is_outside_the_domain_is_answered_as_the_policy_says(name):
    for outside in (None, *POLICIES):
        if outside not in (None, *EXPORTERS[name].language.policies):
            continue
        job = job_of(PLANE, {"x": (0, 1), "y": (0, 2)}, outside=outside)
        if outside == "raise":
            with pytest.raises(BuildError, match="fails"):
                answers(name, job, OUTSIDE)
            continue
        x = OUTSIDE
        if outside == "clip":
            x = np.clip(x, job.surrogate.lo, job.surrogate.hi)
        expected = job.surrogate.networks(x)
        if outside == "nan":
            expected[1:] = np.nan
        for found in answers(name, job, OUTSIDE):
            np.testing.assert_allclose(found, expected, rtol=1e-12)


@ROWS
def test_a_policy_that_a_language_does_not_have_is_refused(name):
    for outside in ("warn", "original"):
        job = job_of(PLANE, outside=outside)
        if outside in EXPORTERS[name].language.policies:
            continue
        with pytest.raises(InputError, match=f"outside='{outside}' must be"):
            EXPORTERS[name].render(job)


CALLS = [
    f"{name}({', '.join(['y', 'x'][: function.arguments])}) < 0.4"
    for name, function in FUNCTIONS.items()
]


@ROWS
def test_conditions_hold_where_they_hold_in_python(name):
    exporter_of(name)
    where = [
        "(x < y || x + y > 1.5) && !(x == 0.25)",
        "x != 0.5 || -y * 2 / x > -3",
        "fmod(x * 10, 3) < 2.9",
        "pow(x + 3, 2) < 14 && pow(-2, 3) == -8",
        "1 / (x - 0.75) > -1e9",
        "min(x, y) < 0.9 && max(x, y) > 0.1",
        "floor(x * 3) <= 2 && ceil(y * 3) >= 1 && abs(x - y) < 0.95",
        "sqrt(x) + exp(y) + log(x) + log10(y) + sin(x) + cos(y) + tan(x)"
        " + hypot(x, y) + atan2(x, y) > -9",
    ]
    job = job_of(PLANE, {"x": (0, 1), "y": (0, 1)}, where=where, outside="nan")
    x = np.random.default_rng(3).uniform(-0.1, 1.1, (400, 2))
    x[:40] = np.round(x[:40] * 4) / 4
    is_inside = job.surrogate.is_inside(x)
    assert 60 < is_inside.sum() < 350
    for found in answers(name, job, x):
        assert (np.isnan(found[:, 0]) == ~is_inside).all()


@pytest.mark.slow
@ROWS
@pytest.mark.parametrize("call", CALLS)
def test_functions_in_conditions_mean_what_they_mean_in_c(name, call):
    job = job_of(
        PLANE, {"x": (-3, 3), "y": (-3, 3)}, where=[call], outside="nan"
    )
    x = np.random.default_rng(3).uniform(-3, 3, (60, 2))
    x[:9] = np.round(x[:9])
    x[9] = 0.0
    is_inside = job.surrogate.is_inside(x)
    for found in answers(name, job, x):
        assert (np.isnan(found[:, 0]) == ~is_inside).all()


MANY = """
void f(double x, int n, int *a, _Bool *b, float *c, unsigned short *d, long long *e,
       int *g) {
  *a = (int)(x * n); *b = x > 0; *c = (float)x; *d = (unsigned short)n; *e = n * 1000LL;
  *g = n > 4;
}
"""


@ROWS
def test_outputs_are_what_their_types_hold(name):
    held = (
        Whole(-1.0, 2.0),
        OneOf((0.0, 1.0)),
        None,
        None,
        None,
        OneOf((-1.0, 0.0, 7.0)),
    )
    job = job_of(MANY, {"n": (1, 9)}, held=held, widths=(3, 2))
    for found in answers(name, job, job.x):
        a, b, c, d, e, g = found.T
        assert set(a) <= {-1.0, 0.0, 1.0, 2.0} and set(b) <= {0.0, 1.0}
        assert (d >= 0).all() and (d == np.round(d)).all()
        assert (e == np.round(e)).all() and set(g) <= {-1.0, 0.0, 7.0}
        assert not np.signbit(found[found == 0]).any()
        np.testing.assert_allclose(c, job.surrogate.networks(job.x)[:, 2])


@ROWS
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_networks_of_every_shape(name, activation):
    shapes = ((70, 3),) if activation == "tanh" else ((), (70, 3))
    for widths in shapes:
        job = job_of(PLANE, widths=widths, activation=activation)
        exporter_of(name).render(job)


@ROWS
def test_sums_far_from_zero_are_no_trap(name):
    """exp of what is far from zero overflows, which a program may trap."""
    program = parse_program("double f(double x) { return x; }")
    w = np.array([5e3, -5e3, 0.0, 0.0, 1.0, 2.0, 0.5])
    surrogate = Surrogate(
        (Member(Topology((1, 2, 1)), w),),
        -np.ones(1),
        np.ones(1),
        ("x",),
        ("y",),
    )
    job = ExportJob(surrogate, program, np.linspace(-1, 1, 9)[:, None])
    for found in answers(name, job, job.x):
        np.testing.assert_allclose(found, surrogate.networks(job.x))


HOSTILE = {
    "cpp": "class, double new, double NAN, double T, double unix, double M_PI",
    "fortran": "a, double A, double real64, double end, double _b, double exp",
    "rust": "self, double match, double fn, double crate, double type, double r",
    "js": "function, double await, double eval, double Math, double NSC_HALVES, double k",
    "python": "lambda, double math, double None, double _x, double abs, double x",
}


@ROWS
def test_names_that_a_language_keeps_to_itself(name):
    parameters = ", double ".join(HOSTILE.values())
    text = f"double sum(double {parameters}) {{ return x; }}"
    program = parse_program(text)
    topology = Topology((program.n_inputs, 2, 1))
    names = tuple(leaf.name for leaf in program.signature.inputs)
    surrogate = Surrogate(
        (Member(topology, random_parameters(topology, seed=0)),),
        np.array(program.domain.lo),
        np.array(program.domain.hi),
        names,
        ("return",),
    )
    x = draw_inputs(program, 9, generator=np.random.default_rng(1))
    job = ExportJob(surrogate, program, x, drop_in=True)
    exporter_of(name).render(job)


def test_names_are_told_from_one_another():
    names = Names({"end", "sin"}, folds_case=True, prefix="x")
    given = [
        names.give(n)
        for n in ("a", "A", "end", "END", "_b", "w[0][1]", "w_0_1", "return")
    ]
    assert given == [
        "a",
        "A_2",
        "end_",
        "END_2",
        "x_b",
        "w_0_1",
        "w_0_1_2",
        "result",
    ]
    assert names.give("a", again="out") == "a_out"
    raw = Names({"match", "self"}, lambda n: f"r#{n}")
    assert [raw.give(n) for n in ("match", "match", "p->x")] == [
        "r#match",
        "match_2",
        "p_x",
    ]
    assert Names(set()).give("\u00e9t\u00e9") == "ue9tue9"


@ROWS
def test_the_head_says_what_holds(name):
    job = job_of(
        "int f(double x, int n, double *a) { *a = x; return n; }",
        {"x": (0.5, 4), "n": (1, 9)},
        notes=('Verified: */ "so" \\.',),
        error=np.array([0.25, 0.5]),
        outside="clip",
    )
    text = exporter_of(name).render(job).decode()
    for said in (
        "f_surrogate: a neural surrogate of f, written by nsc.",
        "Of int f(double x, int n, double *a)",
        "x: double, from 0.5 to 4",
        "n: int, from 1 to 9",
        "verified rmse 0.25",
        "Outside the domain: the nearest inputs",
        "Verified: * / 'so' /.",
    ):
        assert said in text


@pytest.mark.parametrize("outside", ["nan", "warn"])
def test_python_runs_alone(outside, tmp_path):
    job = job_of(PLANE, outside=outside)
    file = tmp_path / "surrogate.py"
    file.write_bytes(EXPORTERS["python"].render(job))
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", str(file)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "0 of 32 values wrong\n"


def test_pythons_rows_have_as_many_numbers_as_there_are_inputs():
    made: dict = {"__name__": "surrogate"}
    exec(EXPORTERS["python"].render(job_of(PLANE, outside="raise")), made)
    with pytest.raises(ValueError, match="a row has 2 inputs; found 1"):
        made["f_surrogate_n"]([[0.5]])
    with pytest.raises(ValueError, match=r"expected n x 2 numbers; found \(2"):
        made["f_surrogate_n"](np.zeros(2))
    with pytest.raises(ValueError, match="outside the domain"):
        made["f_surrogate_n"](np.full((3, 2), 9.0))
    with pytest.raises(TypeError):
        made["f_surrogate"](0.5)

    class Frame:
        columns = ("y", "x")

    with pytest.raises(TypeError, match="give frame"):
        made["f_surrogate_n"](Frame())


DUAL = """
#define NSC_SELFTEST
#define main selftest
#include "surrogate.hpp"
#undef main
#include <stdio.h>
namespace own {
struct dual {
  double v, d;
  dual(double v = 0.0, double d = 0.0) : v(v), d(d) {}
};
dual operator+(dual a, dual b) { return dual(a.v + b.v, a.d + b.d); }
dual operator-(dual a, dual b) { return dual(a.v - b.v, a.d - b.d); }
dual operator*(dual a, dual b) { return dual(a.v * b.v, a.v * b.d + a.d * b.v); }
dual operator/(dual a, dual b) {
  return dual(a.v / b.v, (a.d * b.v - a.v * b.d) / (b.v * b.v));
}
bool operator<(dual a, dual b) { return a.v < b.v; }
bool operator==(dual a, dual b) { return a.v == b.v; }
dual exp(dual a) { return dual(::exp(a.v), ::exp(a.v) * a.d); }
dual tanh(dual a) { double t = ::tanh(a.v); return dual(t, (1 - t * t) * a.d); }
}
int main() {
  if (selftest()) return 1;
  own::dual x(0.3, 1.0), y(-0.6, 0.0);
  own::dual z = nsc::f_surrogate(x, y);
  float single = nsc::f_surrogate(0.3f, -0.6f);
  printf("%.17g %.17g %.9g\\n", z.v, z.d, single);
  printf("%.17g %.17g\\n", nsc::f_surrogate(1, 0), nsc::f_surrogate(1.0, 0.0));
}
"""


@pytest.mark.needs("g++")
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize(
    "standard", ["c++11", pytest.param("c++20", marks=pytest.mark.slow)]
)
def test_cpp_differentiates_and_takes_integers(activation, standard, tmp_path):
    job = job_of(PLANE, activation=activation, outside="nan")
    (tmp_path / "surrogate.hpp").write_bytes(EXPORTERS["cpp"].render(job))
    (tmp_path / "main.cpp").write_text(DUAL)
    flags = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", f"-std={standard}"]
    subprocess.run(
        ["g++", *flags, "main.cpp", "-o", "main"], cwd=tmp_path, check=True
    )
    done = subprocess.run(
        [tmp_path / "main"], capture_output=True, text=True, check=True
    )
    value, slope, single, whole, same = map(
        float, done.stdout.split("wrong")[1].split()
    )
    x = np.array([[0.3, -0.6], [0.3 + 1e-6, -0.6], [0.3 - 1e-6, -0.6]])
    y = job.surrogate.networks(x)[:, 0]
    assert value == pytest.approx(y[0], rel=1e-12)
    assert slope == pytest.approx((y[1] - y[2]) / 2e-6, rel=1e-6)
    assert single == pytest.approx(y[0], rel=1e-4)
    assert whole == same


@pytest.mark.slow
@pytest.mark.needs("g++")
@pytest.mark.parametrize("outside", [None, *POLICIES])
def test_cpp_tests_itself_and_throws(outside, tmp_path):
    kind = "double" if outside == "nan" else "int"
    job = job_of(
        f"{kind} f(double x, double *a) {{ *a = x; return x > 0; }}",
        outside=outside,
    )
    (tmp_path / "surrogate.hpp").write_bytes(EXPORTERS["cpp"].render(job))
    words = "g++ -x c++ -DNSC_SELFTEST surrogate.hpp -o selftest"
    subprocess.run(words.split(), cwd=tmp_path, check=True)
    subprocess.run([tmp_path / "selftest"], check=True)
    if outside != "raise":
        return
    (tmp_path / "main.cpp").write_text(
        '#include "surrogate.hpp"\n#include <stdexcept>\nint main() { double a, b;'
        " try { nsc::f_surrogate(9.0, a, b); } catch (const std::domain_error&)"
        " { return 7; } }"
    )
    subprocess.run("g++ main.cpp -o main".split(), cwd=tmp_path, check=True)
    assert subprocess.run([tmp_path / "main"]).returncode == 7


@pytest.mark.needs("g++")
@pytest.mark.parametrize("outside", ["nan", "clip"])
def test_cpp_that_tests_inputs_refuses_fast_math(outside, tmp_path):
    job = job_of(PLANE, outside=outside)
    (tmp_path / "surrogate.hpp").write_bytes(EXPORTERS["cpp"].render(job))
    words = "g++ -ffast-math -fsyntax-only -x c++ surrogate.hpp"
    done = subprocess.run(
        words.split(), cwd=tmp_path, capture_output=True, text=True
    )
    assert ("leave it out" in done.stderr) == (outside == "nan")


FORTRAN_TO_C = """
program main
  use, intrinsic :: iso_c_binding
  use f_surrogate_module
  use f_surrogate_c
  implicit none
  {kind} :: x(2, 3), y(1, 3)
  real(c_double) :: own(3)
  x = reshape([0.1, 0.2, -0.3, 0.4, 0.5, -0.6], [2, 3])
  call c_f_surrogate_n(x, y, 3_c_size_t)
  own = f_surrogate(real(x(1, :), c_double), real(x(2, :), c_double))
  print *, maxval(abs(own - y(1, :))) < 1d-5
  print *, abs(own(2) - c_f_surrogate(x(1, 2), {second})) < 1d-5
  print *, f_surrogate_selftest() == 0
end program
"""


@pytest.mark.needs("gfortran")
@pytest.mark.parametrize(
    ("kind", "second"), [("double", "double"), ("float", "float")]
)
def test_fortran_calls_the_exported_c(kind, second, tmp_path):
    job = job_of(f"{kind} f({kind} x, {second} y) {{ return x + y; }}")
    for name in ("c", "fortran"):
        exporter = EXPORTERS[name]
        (tmp_path / exporter.file_name).write_bytes(exporter.render(job))
    text = FORTRAN_TO_C.format(kind=f"real(c_{kind})", second="x(2, 2)")
    (tmp_path / "main.f90").write_text(text)
    for command in (
        "gcc -c -O2 surrogate.c",
        "gfortran -std=f2018 surrogate.f90 main.f90 surrogate.o -o main",
    ):
        subprocess.run(command.split(), cwd=tmp_path, check=True)
    done = subprocess.run(
        [tmp_path / "main"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["T", "T", "T"]


@pytest.mark.needs("gfortran")
def test_fortrans_rows_have_a_shape(tmp_path):
    (tmp_path / "surrogate.f90").write_bytes(
        EXPORTERS["fortran"].render(job_of(PLANE))
    )
    (tmp_path / "main.f90").write_text(
        "program main\nuse f_surrogate_module\nreal(8) :: x(5, 2), y(1, 5)\n"
        "x = 0\ncall f_surrogate_n(x, y)\nend program\n"
    )
    command = "gfortran surrogate.f90 main.f90 -o main"
    subprocess.run(command.split(), cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "main"], capture_output=True, text=True)
    assert done.returncode != 0
    assert "f_surrogate_n: x must be (2, n) and y (1, n)" in done.stderr


@pytest.mark.needs("gfortran")
def test_fortrans_lines_are_short_and_its_names_told():
    job = job_of(
        "double f(double a, double A) { return a * A; }", widths=(70, 40)
    )
    text = EXPORTERS["fortran"].render(job).decode()
    assert max(map(len, text.splitlines())) <= 132
    assert "A_2 (the program's A): double" in text
    assert (
        "nsc_relu" not in text
    )  # which compilers warn of where nothing calls it


@pytest.mark.slow
@pytest.mark.needs("rustc")
@pytest.mark.parametrize("outside", [None, "warn"])
def test_rust_tests_itself(outside, tmp_path):
    job = job_of(PLANE, outside=outside)
    (tmp_path / "surrogate.rs").write_bytes(EXPORTERS["rust"].render(job))
    words = "rustc --edition=2021 --test -Dwarnings surrogate.rs -o selftest"
    subprocess.run(words.split(), cwd=tmp_path, check=True)
    done = subprocess.run(
        [tmp_path / "selftest"], capture_output=True, text=True, check=True
    )
    assert "1 passed" in done.stdout


JS_USES = {
    "script": "require('vm').runInThisContext(text); f = globalThis.f_surrogate;",
    "commonjs": "f = require('./surrogate.js');",
    "module": "await import('./surrogate.mjs'); f = globalThis.f_surrogate;",
}


@pytest.mark.needs("node")
@pytest.mark.parametrize("use", JS_USES)
def test_javascript_is_a_script_a_module_and_commonjs(use, tmp_path):
    job = job_of(PLANE, {"x": (0, 1), "y": (0, 2)}, outside="raise")
    data = EXPORTERS["js"].render(job)
    for name in ("surrogate.js", "surrogate.mjs"):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "main.js").write_text(
        "const text = require('fs').readFileSync('surrogate.js', 'utf8'); let f;"
        f"(async () => {{ {JS_USES[use]} let said = [];"
        " for (const row of [() => f(9, 0), () => f('1', 0), () => f(1),"
        " () => f.batch([1])])"
        " try { row(); } catch (e) { said.push(e.name); }"
        " console.log(f(0.25, 1), f.batch([0.25, 1, 0, 2])[0], f.selfTest(), said.join());"
        "})();"
    )
    done = subprocess.run(
        ["node", "main.js"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    one, many, wrong, said = done.stdout.split()
    [[expected]] = job.surrogate.networks(np.array([[0.25, 1.0]]))
    assert float(one) == float(many) == pytest.approx(expected, rel=1e-12)
    assert wrong == "0"
    assert said == "RangeError,TypeError,TypeError,RangeError"


@pytest.mark.needs("node")
def test_javascript_ends_no_script_element():
    notes = ("</script><script>alert(1)//\u2028 <!-- ",)
    job = job_of("double f(double x) { return 1; }", notes=notes)
    text = EXPORTERS["js"].render(job).decode()
    assert text.isascii()
    assert not any(broken in text for broken in ("</", "<!--", "<s"))


def test_a_program_with_everything_is_exported_everywhere():
    program, _, _ = case("bit_fields")
    assert all(
        exporter.refusal(program, None) is None
        for exporter in LANGUAGES.values()
    )
