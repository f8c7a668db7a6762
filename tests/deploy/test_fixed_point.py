"""Integer C: sums that cannot overflow, scales, and what a microcontroller makes of it."""

import re
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from deploy_cases import case
from test_languages import MANY, PLANE, job_of

from nsc.deploy import EXPORTERS
from nsc.deploy.fixed_point import (
    FIXED_POINT,
    Q15,
    Q31,
    arithmetic,
    fixed_point_notes,
)
from nsc.deploy.fixed_point.arithmetic import table_error, table_of, tanh_half
from nsc.errors import InputError
from nsc.surrogate import Member, OneOf, Whole

KINDS = pytest.mark.parametrize("kind", [Q15, Q31], ids=["q15", "q31"])


def integers(job, kind):
    return FIXED_POINT[kind.name]._network(job)


@KINDS
def test_the_table_is_the_smallest_that_is_exact_enough(kind):
    table = table_of(kind)
    assert table_error(table, kind) <= kind.table_error
    coarser = arithmetic._table(kind, table.step - 1)
    assert table_error(coarser, kind) > kind.table_error


@KINDS
def test_interpolation_stays_in_its_integers(kind, monkeypatch):
    seen = []
    real = arithmetic.shifted

    def noted(n, by):
        seen.append(int(np.abs(n).max()))
        return real(n, by)

    monkeypatch.setattr(arithmetic, "shifted", noted)
    largest = table_of(kind).largest_sum(kind)
    half = np.arange(0, largest + 1, 1 if kind is Q15 else 40_009)
    z = np.concatenate([-half[:0:-1], half])
    found = tanh_half(z, table_of(kind), kind)
    bits = 31 if kind is Q15 else 63
    assert max(seen) < 2 ** (bits - 1)
    assert (np.diff(found) >= -1).all()
    assert (found == -found[::-1]).all()


@pytest.mark.parametrize("by", [0, 1, 2, 30])
def test_halves_are_rounded_upwards(by):
    n = np.array([-(2**31) + 1, -3, -2, -1, 0, 1, 2, 3, 2**31 - 1])
    expected = np.floor(n / 2.0**by + 0.5) if by else n
    assert (arithmetic.shifted(n, by) == expected).all()


@KINDS
@pytest.mark.parametrize("scale", [1e-3, 1.0, 300.0])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_no_sum_leaves_32_bits(kind, scale, activation):
    job = job_of(PLANE, widths=(7, 5), activation=activation)
    [member] = job.surrogate.members
    members = (Member(member.topology, scale * member.w),)
    job = replace(job, surrogate=replace(job.surrogate, members=members))
    for part in integers(job, kind).parts:
        largest = kind.largest
        for layer in part:
            assert layer.largest_sum(largest) <= 2**31 - 1
            assert np.abs(layer.weight).max() <= kind.largest
            assert np.abs(layer.out_shift).max() <= 30
            assert layer.product_shift.min() >= 0
            assert layer.product_shift.max() <= 61


@KINDS
def test_outputs_are_what_their_types_hold(kind):
    held = (
        Whole(-1.0, 2.0),
        OneOf((0.0, 1.0)),
        None,
        None,
        None,
        OneOf((-1.0, 0.0, 7.0)),
    )
    job = job_of(MANY, {"n": (1, 9)}, held=held, widths=(3, 2))
    row = EXPORTERS[kind.name]
    found = row.evaluate(job, row.render(job), job.x)
    a, b, _, d, e, g = found.T
    assert set(a) <= {-1.0, 0.0, 1.0, 2.0} and set(b) <= {0.0, 1.0}
    assert (d >= 0).all() and (d == np.round(d)).all()
    assert (e == np.round(e)).all() and set(g) <= {-1.0, 0.0, 7.0}


@KINDS
def test_inputs_beyond_the_domain_are_brought_to_its_end(kind):
    job = job_of(
        "double f(double x, int n) { return x * n; }",
        {"x": (-2, 3), "n": (-7, 90)},
    )
    row = EXPORTERS[kind.name]
    data = row.render(job)
    x = np.array([[-9.0, 3.0], [1e300, -800.0], [1.0, 2.0**31 - 1]])
    found = row.evaluate(job, data, x)
    clipped = np.clip(x, job.surrogate.lo, job.surrogate.hi)
    assert (found == row.evaluate(job, data, clipped)).all()
    nan = row.evaluate(job, data, np.array([[np.nan, 0.0]]))
    assert (nan == row.evaluate(job, data, np.array([[-2.0, 0.0]]))).all()


def test_integers_of_a_wide_range_stand_where_they_should():
    job = job_of(
        "double f(int n, unsigned m) { return n + m; }",
        {"n": (-(2**31) + 1, 2**31 - 1), "m": (2**31 - 9, 2**31 - 1)},
    )
    for name in ("q15", "q31"):
        EXPORTERS[name].render(job)


@KINDS
@pytest.mark.parametrize(
    ("text", "ranges", "said"),
    [
        (
            "double f(long long n) { return n; }",
            {"n": (0, 9e9)},
            "'n' reaches",
        ),
        ("double f(unsigned n) { return n; }", {"n": (0, 4e9)}, "'n' reaches"),
    ],
)
def test_what_32_bits_do_not_hold_is_refused(kind, text, ranges, said):
    job = job_of(text, ranges)
    with pytest.raises(InputError, match=f"as {kind.name} .*{said}.*export c"):
        EXPORTERS[kind.name].render(job)


@KINDS
def test_sums_that_are_too_large_are_refused(kind):
    job = job_of("int f(double x) { return x; }", held=(Whole(-1e9, 1e9),))
    [member] = job.surrogate.members
    members = (Member(member.topology, 1e12 * member.w),)
    job = replace(job, surrogate=replace(job.surrogate, members=members))
    with pytest.raises(InputError, match="sums reach .* too large"):
        EXPORTERS[kind.name].render(job)


@KINDS
@pytest.mark.parametrize("outside", ["nan", "warn", "raise", "original"])
def test_a_policy_that_integers_do_not_have_is_refused(kind, outside):
    with pytest.raises(InputError, match=f"outside='{outside}' must be"):
        EXPORTERS[kind.name].render(job_of(PLANE, outside=outside))


def cancelling():
    """A network whose large terms cancel: sixteen bits have nothing left of it."""
    job = job_of("double f(double x) { return x; }", widths=(2,))
    [member] = job.surrogate.members
    w = np.array([0.2, 0.2001, 0.1, 0.1, 3e4, -3e4, 1.0])
    members = (Member(member.topology, w),)
    return replace(job, surrogate=replace(job.surrogate, members=members))


def test_integers_that_are_too_coarse_are_refused_with_what_is_not():
    job = cancelling()
    with pytest.raises(InputError, match="left without q15, and q31 or c be"):
        EXPORTERS["q15"].render(job)
    EXPORTERS["q31"].render(job)
    y = job.surrogate.networks(job.x)
    EXPORTERS["q15"].render(replace(job, error=np.ptp(y, axis=0)))


@KINDS
def test_the_file_and_the_report_say_how_exact_it_is(kind):
    job = job_of(
        "float f(float x, float y) { return x - y; }",
        error=np.array([0.25]),
    )
    row = EXPORTERS[kind.name]
    data = row.render(job)
    text = data.decode()
    assert f"f_{kind.name}: a neural surrogate of f, written by nsc." in text
    assert " bytes of tables; " in text
    [note] = fixed_point_notes({row.file_name: data})
    assert note.startswith(f"surrogate_{kind.name}.c: Integers against")
    assert "the network's verified rmse 0.25, together at most 0.25" in note
    assert fixed_point_notes({}) == []


def test_its_tables_are_counted(monkeypatch):
    job = job_of(PLANE, widths=(4,))
    text = EXPORTERS["q15"].render(job).decode()
    table = 2 * len(table_of(Q15).values)
    layers = 2 * (2 * 4 + 4) + 4 * (4 + 1) + 4
    assert f"Flash: {layers + table} bytes of tables" in text
    monkeypatch.setenv("PATH", "")
    assert "code not measured, for want of arm-none-eabi-gcc" in (
        EXPORTERS["q15"].render(job).decode()
    )


def test_a_program_that_is_named_like_c_is_written():
    parameters = ", double ".join(
        ["x", "int16_t", "INT32_MAX", "unix", "new", "a"]
    )
    job = job_of(f"double f(double {parameters}) {{ return x; }}")
    for name in ("q15", "q31"):
        EXPORTERS[name].render(job)


FLAGS = "-std=c99 -Os -Wall -Wextra -Wconversion -Wpedantic -Werror".split()


@pytest.mark.needs("gcc")
@KINDS
def test_a_compiler_has_nothing_to_say(kind, tmp_path):
    job = job_of(MANY, {"n": (1, 9)}, widths=(3, 2), activation="relu")
    for k, chosen in enumerate((job, job_of(PLANE))):
        row = EXPORTERS[kind.name]
        (tmp_path / row.file_name).write_bytes(row.render(chosen))
        command = [
            "gcc",
            *FLAGS,
            "-fsanitize=undefined",
            "-fno-sanitize-recover",
        ]
        command += ["-DNSC_SELFTEST", row.file_name, "-o", f"selftest{k}"]
        subprocess.run(command, cwd=tmp_path, check=True)
        subprocess.run([tmp_path / f"selftest{k}"], check=True)


@pytest.mark.needs("arm-none-eabi-gcc")
@KINDS
def test_code_is_measured(kind, tmp_path):
    job = job_of(PLANE)
    built(kind, job, tmp_path, *"-mcpu=cortex-m0 -mthumb -c -o s.o".split())
    done = subprocess.run(
        ["arm-none-eabi-size", "-A", "s.o"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    text = (tmp_path / EXPORTERS[kind.name].file_name).read_text()
    sizes = [
        int(line.split()[1])
        for line in done.stdout.splitlines()
        if line.startswith(".text")
    ]
    assert (
        f"; {sum(sizes)} of code, libgcc's not counted (arm-none-eabi-gcc"
        in text
    )


def built(kind, job, tmp_path, *more):
    row = EXPORTERS[kind.name]
    (tmp_path / row.file_name).write_bytes(row.render(job))
    command = ["arm-none-eabi-gcc", *FLAGS, *more, row.file_name]
    subprocess.run(command, cwd=tmp_path, check=True)


@pytest.mark.needs("arm-none-eabi-gcc")
@KINDS
def test_no_floating_point_is_called_on_a_cortex_m0(kind, tmp_path):
    for name in ("struct_in_out", "integer_out", "bit_fields", "relu"):
        program, surrogate, _ = case(name)
        job = replace(job_of(PLANE), program=program, surrogate=surrogate)
        x = np.random.default_rng(0).uniform(
            surrogate.lo, surrogate.hi, (9, len(surrogate.lo))
        )
        job = replace(job, x=np.round(x))
        built(
            kind, job, tmp_path, *"-mcpu=cortex-m0 -mthumb -c -o s.o".split()
        )
        done = subprocess.run(
            ["arm-none-eabi-nm", "-u", "s.o"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        called = set(done.stdout.replace(" U ", "").split())
        assert called <= {
            "__aeabi_lmul",
            "__aeabi_llsr",
            "__aeabi_lasr",
            "memcpy",
        }


# what a Cortex-M3 starts with; it ends by semihosting, with success if main gives 0
START = """
int main(void);
void start(void);
__attribute__((used, section(".vectors"))) const void *const vectors[2] = {
  (void *)0x20010000, (void *)start};
void start(void) {
  register int r0 __asm__("r0") = 0x18;
  register int r1 __asm__("r1");
  r1 = main() ? 0 : 0x20026;
  r0 = 0x18;
  __asm__ volatile("bkpt 0xab" : : "r"(r0), "r"(r1));
  for (;;) { }
}
"""
LINKED = (
    "-nostartfiles -Wl,--section-start=.vectors=0 -Wl,-Ttext=0x100".split()
)


@pytest.mark.slow
@pytest.mark.needs("arm-none-eabi-gcc")
@pytest.mark.needs("qemu-system-arm")
@KINDS
@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
@pytest.mark.parametrize("text", [PLANE, MANY])
def test_a_microcontroller_computes_the_same_integers(
    kind, activation, text, tmp_path
):
    ranges = {"n": (1, 9)} if text is MANY else None
    job = job_of(text, ranges, activation=activation)
    file = tmp_path / EXPORTERS[kind.name].file_name
    file.write_bytes(EXPORTERS[kind.name].render(job))
    assert run_on_arm(file) == 0
    text = file.read_text()
    rows = text.partition("static const int32_t rows")[2]
    [first] = re.findall(r"\{(-?\d+),", rows)[:1]
    file.write_text(text.replace(f"    {{{first},", "    {-32767,", 1))
    assert run_on_arm(file) == 1


def run_on_arm(file) -> int:
    folder = file.parent
    (folder / "start.c").write_text(START)
    command = (
        "arm-none-eabi-gcc -Os -mcpu=cortex-m3 -mthumb -DNSC_SELFTEST".split()
    )
    command += [*LINKED, "start.c", file.name, "-o", "selftest.elf"]
    subprocess.run(command, cwd=folder, check=True)
    command = (
        "qemu-system-arm -M mps2-an385 -nographic -monitor none"
        " -semihosting-config enable=on,target=native -kernel selftest.elf"
    )
    return subprocess.run(command.split(), cwd=folder, timeout=60).returncode
