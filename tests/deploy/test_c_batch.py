"""Batch entries compute what the scalar function does, block by block, inside and outside."""

import ctypes
import subprocess

import numpy as np
import pytest

from nsc.deploy import (
    EXPORTERS,
    BatchOptions,
    ExportJob,
    c_source,
    entries_of,
    run_selftest,
)
from nsc.deploy.gradient_agreement import finite_differences
from nsc.errors import BuildError, InputError
from nsc.program import as_returned, draw_inputs, parse_program
from nsc.surrogate import Member, Surrogate, Topology, random_parameters

GRADIENT = BatchOptions(gradient=True)
SIZES = (0, 1, 5, 31, 32, 33, 64, 100)


def job_of(text, ranges=None, hidden=(4, 4), activation="sigmoid", **options):
    program = parse_program(text, ranges=ranges)
    topology = Topology(
        (program.n_inputs, *hidden, program.n_outputs), activation
    )
    w = random_parameters(topology, seed=1) * 2
    names = (
        tuple(leaf.name for leaf in leaves)
        for leaves in (program.signature.inputs, program.signature.outputs)
    )
    lo, hi = np.array(program.domain.lo), np.array(program.domain.hi)
    x = draw_inputs(program, 100, generator=np.random.default_rng(0))
    return ExportJob(
        Surrogate((Member(topology, w),), lo, hi, *names),
        program,
        x,
        **options,
    )


class Native:
    """An exported file, built by the user's compiler."""

    def __init__(self, job, folder, *flags, original=""):
        flags = flags or ("-O1", "-DNSC_ONE_TARGET")
        self.job = job
        self.entries = entries_of(
            job.program, guard=job.guard, gradient=job.batch.gradient
        )
        text = c_source(
            job.surrogate,
            job.program,
            guard=job.guard,
            drop_in=job.drop_in,
            real=job.real,
            batch=job.batch,
        )
        (folder / "s.c").write_text(text + original)
        command = [
            "gcc",
            "-O2",
            "-Wall",
            "-Werror",
            "-shared",
            "-fPIC",
            *flags,
        ]
        subprocess.run(
            [*command, "s.c", "-lm", "-o", "s.so"], cwd=folder, check=True
        )
        self.library = ctypes.CDLL(str(folder / "s.so"))
        self.kind = np.float32 if self.entries.kind == "float" else np.float64

    def rows(self, x, name=None, width=None):
        n, o = len(x), width or self.job.program.n_outputs
        with np.errstate(invalid="ignore"):
            given = np.ascontiguousarray(x, self.kind)
        # one row more, which nothing may write
        y = np.full((n + 1, o), 7.0, self.kind)
        called = self.library[name or self.entries.rows]
        called(
            ctypes.c_void_p(given.ctypes.data),
            ctypes.c_void_p(y.ctypes.data),
            ctypes.c_size_t(n),
        )
        assert (y[n] == 7).all()
        return y[:n].astype(np.float64)

    def arrays(self, x):
        n = len(x)
        columns = [np.ascontiguousarray(c, self.kind) for c in x.T]
        found = [
            np.full(n + 1, 7.0, self.kind)
            for _ in range(self.job.program.n_outputs)
        ]
        ins, outs = (
            (ctypes.c_void_p * len(arrays))(*(a.ctypes.data for a in arrays))
            for arrays in (columns, found)
        )
        self.library[self.entries.arrays](ins, outs, ctypes.c_size_t(n))
        assert all(f[n] == 7 for f in found)
        return np.stack([f[:n] for f in found], axis=1).astype(np.float64)


CASES = {
    "double": (
        "double f(double x, double y) { return x * y; }",
        {"x": (0, 9)},
    ),
    "float": ("float f(float x, float y) { return x * y; }", {"x": (5, 9)}),
    "mixed": ("float f(double x, int n) { return x * n; }", {"n": (1, 9)}),
    "integer": ("int f(double x) { return x > 0.5 ? 70000 : x * 9; }", None),
    "array": (
        "void f(const float v[3], float *a, float *b) { *a = v[0]; *b = v[2]; }",
        None,
    ),
    "struct": (
        "typedef struct { double x; float y; } p;"
        " p f(p a) { a.x += a.y; return a; }",
        None,
    ),
}


NETWORKS = [
    ((4, 4), "sigmoid"),
    ((3,), "tanh"),
    ((20, 5), "relu"),
    ((), "sigmoid"),
    ((20, 3), "sigmoid"),
    ((8, 8), "tanh"),
]


@pytest.mark.needs("gcc")
@pytest.mark.parametrize(
    ("name", "network"), list(zip(CASES, NETWORKS, strict=True)), ids=str
)
def test_rows_and_arrays_are_the_network(name, network, tmp_path):
    check_rows_and_arrays(name, network, tmp_path)


@pytest.mark.slow
@pytest.mark.needs("gcc")
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_so_they_are_for_every_kind_of_network(name, network, tmp_path):
    check_rows_and_arrays(name, network, tmp_path, "-O3")


def check_rows_and_arrays(name, network, folder, *flags):
    job = job_of(*CASES[name], *network)
    native = Native(job, folder, *flags)
    single = name in ("float",)
    assert native.entries.kind == ("float" if single else "double")
    for n in SIZES:
        x = job.x[:n]
        expected = as_returned(job.program, job.surrogate.evaluate(x))
        slack = 1e-5 if job.real == "float" else 1e-9
        slack *= 1 + np.abs(expected).max(initial=0)
        whole = job.program.signature.outputs[0].type.kind != "float"
        for found in (native.rows(x), native.arrays(x)):
            assert np.abs(found - expected).max(initial=0) <= slack + whole


CONVERTED = "double f(int n, double x, _Bool b) { return b ? n * x : x; }"


@pytest.mark.needs("gcc")
@pytest.mark.parametrize("guard", [False, True])
def test_fractions_are_cut_off_where_the_program_has_integers(guard, tmp_path):
    job = job_of(CONVERTED, {"n": (-3, 9)}, guard=guard, batch=GRADIENT)
    native = Native(job, tmp_path, original=CONVERTED)
    n = [2.0, 2.7, -2.7, 0.99999, -0.5, 9.9, 9.0, -3.9, np.nan, 2.0, 2.0]
    b = [0.0, 0.2, 1.0, -1e-300, 1.0, 7.0, 1.0, 1.0, 1.0, np.nan, -0.0]
    x = np.stack([n, np.full(11, 0.3), b], axis=1)
    cut = np.stack(
        [np.trunc(n), x[:, 1], np.where(np.isnan(b), b, x[:, 2] != 0)], 1
    )
    for found in (native.rows(x), native.arrays(x)):
        expected = job.surrogate.networks(cut)
        known = slice(0, 8)
        assert np.abs(found - expected)[known].max() < 1e-12
        assert np.isnan(found[8:10]).all()
        assert np.abs(found - expected)[10] < 1e-12
    slopes = native.rows(x, native.entries.gradient, 3)
    same = native.rows(cut, native.entries.gradient, 3)
    np.testing.assert_array_equal(slopes, same)


@pytest.mark.needs("gcc")
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("kind", ["float", "double"])
def test_what_is_no_number_stays_none_and_infinity_saturates(
    kind, activation, tmp_path
):
    text = f"{kind} f({kind} x, {kind} y) {{ return x * y; }}"
    job = job_of(text, None, (4, 4), activation)
    native = Native(job, tmp_path)
    large = 3e38 if kind == "float" else 1e300
    x = np.tile(job.x, (2, 1))
    # R's NA has bits that would move an exponent
    na = np.array([0x7FF00000000007A2], np.uint64).view(np.float64)[0]
    x[3, 0], x[40, 1], x[50, 0], x[60, 0] = np.nan, -np.nan, na, large
    found = native.rows(x)
    assert np.isnan(found[[3, 40, 50]]).all()
    rest = np.delete(np.arange(len(x)), [3, 40, 50])
    with np.errstate(all="ignore"):
        expected = job.surrogate.networks(x)[rest]
    close = np.abs(found[rest] - expected) <= 1e-4 * (1 + np.abs(expected))
    if activation == "relu":
        close[60 - 2] = True  # may overflow
    assert close.all()


@pytest.mark.needs("gcc")
def test_a_sum_that_is_no_exponent_is_limited_in_later_layers_too(tmp_path):
    text = "double f(double x, double y) { return x * y; }"
    job = job_of(text)
    [member] = job.surrogate.members
    surrogate = Surrogate(
        (Member(member.topology, member.w * 5000),),
        job.surrogate.lo,
        job.surrogate.hi,
        ("x", "y"),
        ("return",),
    )
    job = ExportJob(surrogate, job.program, job.x)
    found = Native(job, tmp_path).rows(job.x)
    expected = surrogate.networks(job.x)
    assert np.abs(found / expected - 1).max() < 1e-9


GUARDED = "double f(double x, int n) { return x < 9 ? -x * n : 1e6; }"


@pytest.mark.needs("gcc")
@pytest.mark.parametrize("n_inputs_are", ["rows", "arrays"])
def test_with_a_guard_rows_outside_are_the_originals(n_inputs_are, tmp_path):
    job = job_of(GUARDED, {"n": (1, 9)}, guard=True, batch=GRADIENT)
    native = Native(job, tmp_path, original=GUARDED)
    x = np.tile(job.x, (1, 1))
    x[5], x[33], x[70], x[71] = (2, 3), (-5, 4), (0.5, 10), (0.5, 1e12)
    found = getattr(native, n_inputs_are)(x)[:, 0]
    assert found[[5, 33, 70]].tolist() == [-6, 20, -5]
    assert np.isnan(found[71])  # no int holds it
    inside = np.delete(np.arange(100), [5, 33, 70, 71])
    expected = job.surrogate.networks(x)[inside, 0]
    assert np.abs(found[inside] - expected).max() < 1e-9
    slopes = native.rows(x, native.entries.gradient, 2)
    outside = np.isnan(slopes).all(axis=1)
    assert np.flatnonzero(outside).tolist() == [5, 33, 70, 71]


@pytest.mark.needs("gcc")
@pytest.mark.parametrize("kind", ["float", "double"])
@pytest.mark.parametrize(
    ("hidden", "activation"),
    [((4, 4), "sigmoid"), ((6, 5, 3), "tanh"), ((), "tanh"), ((20,), "relu")],
    ids=str,
)
def test_derivatives(kind, hidden, activation, tmp_path):
    text = (
        f"void f({kind} x, {kind} y, {kind} z, {kind} *a, {kind} *b)"
        " { *a = x; *b = y * z; }"
    )
    job = job_of(text, {"x": (2, 12)}, hidden, activation, batch=GRADIENT)
    EXPORTERS["c"].render(job)
    native = Native(job, tmp_path)
    for n in SIZES:
        x = job.x[:n]
        found = native.rows(x, native.entries.gradient, 6).reshape(n, 2, 3)
        expected = finite_differences(job, x)
        away = 1e-3 if kind == "float" else 1e-6
        is_off = np.abs(found - expected) > away * (1 + np.abs(expected))
        # differences over a kink are none
        allowed = 0.05 if activation == "relu" else 0
        assert is_off.sum() <= allowed * is_off.size, n


def test_an_integer_has_no_derivative():
    with pytest.raises(InputError, match=r"^gradient must be left out.*int"):
        EXPORTERS["c"].render(
            job_of("int f(double x) { return 3 * x; }", batch=GRADIENT)
        )


@pytest.mark.needs("gcc")
def test_openmp_shares_rows_among_threads(tmp_path):
    job = job_of(
        *CASES["double"], batch=BatchOptions(openmp=True, gradient=True)
    )
    native = Native(job, tmp_path, "-fopenmp", "-Wno-unused-parameter")
    x = np.tile(job.x, (120, 1))
    expected = job.surrogate.evaluate(x)
    assert np.abs(native.rows(x) - expected).max() < 1e-9
    assert np.abs(native.arrays(x) - expected).max() < 1e-9
    assert "#pragma omp parallel for" in (tmp_path / "s.c").read_text()


@pytest.mark.parametrize(
    "changed",
    [
        ("y[(at + r) * 1 + 0] = ", "y[(at + r) * 1 + 0] = 1.001 * "),
        ("y[0][at + r] = ", "y[0][at + r] = 1.001 * "),
        ("y[(at + r) * 2 + 1] = ", "y[(at + r) * 2 + 1] = 1.001 * "),
        ("x[(at + r) * 2 + 1]", "x[(at + (r ^ (r == 3))) * 2 + 1]"),
    ],
)
def test_an_entry_that_computes_something_else_is_found_out(changed):
    job = job_of(*CASES["double"], batch=GRADIENT)
    text = EXPORTERS["c"].render(job).decode()
    other = text.replace(*changed)
    assert other != text
    with pytest.raises(BuildError, match=r"differs from the verified network"):
        EXPORTERS["c"].check(job, other.encode())


def test_the_selftest_tells_of_a_batch_that_is_wrong():
    job = job_of(*CASES["double"])
    text = c_source(job.surrogate, job.program, selftest_inputs=job.x)
    assert run_selftest(text)
    assert not run_selftest(
        text.replace("y[0][at + r] = ", "y[0][at + r] = -")
    )


@pytest.mark.parametrize("kind", ["double", "float"])
def test_the_selftest_tells_of_derivatives_that_are_wrong(kind):
    job = job_of(*CASES[kind], (8, 8), batch=GRADIENT)
    text = c_source(
        job.surrogate,
        job.program,
        selftest_inputs=job.x,
        real=job.real,
        batch=GRADIENT,
    )
    assert run_selftest(text)
    wrong = text.replace("(nsc_g[1][r] * ", "(nsc_g[0][r] * ")
    assert wrong != text
    assert not run_selftest(wrong)


def test_entries_have_names_that_the_program_does_not():
    text = (
        "static double f_surrogate_n(double x) { return x; }\n"
        "double f(double x) { return f_surrogate_n(x); }"
    )
    entries = entries_of(parse_program(text, function="f"))
    assert entries.rows == "f_surrogate_n_"
    variable = "double gain; double f(double x) { return gain * x; }"
    program = parse_program(variable, inputs={"gain": (0, 1)})
    assert entries_of(program) is not None
    assert entries_of(program, guard=True) is None


@pytest.mark.needs("gcc")
def test_a_compiler_that_would_undo_roundings_is_refused(tmp_path):
    job = job_of(*CASES["double"])
    (tmp_path / "s.c").write_text(c_source(job.surrogate, job.program))
    command = ["gcc", "-O2", "-ffast-math", "-fsyntax-only", "s.c"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode
    assert "leave it out for this file" in done.stderr
