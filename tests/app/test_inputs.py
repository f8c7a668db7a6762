"""Where inputs come from, through `nsc.compile`, the command line, and exported C."""

import json
import subprocess

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import nsc
from nsc.app import main
from nsc.app.inputs import inputs_of, with_divided_sample
from nsc.app.options import CompileOptions
from nsc.compilation import TRAINING, VERIFICATION
from nsc.errors import InputError
from nsc.host import zig_command
from nsc.program import Table, parse_program

# it has no result where a >= b
ROOT = (
    "#include <math.h>\n#include <stdlib.h>\ndouble root(double a, double b)"
    " { if (a >= b) abort(); return sqrt(b - a) + a * b; }\n"
)
DIGITS = "int digit(int a, _Bool b) { return b ? a * a : -a; }\n"
DECAY = "#include <math.h>\ndouble decay(double r) { return log(r) / 3; }\n"
CALLER = """#include <stdio.h>
#include <stdlib.h>
double root_surrogate(double a, double b);
double root(double a, double b) { return 1000 + a; }
int main(void) { printf("%.9g %.9g %.9g", root_surrogate(0.2, 0.7),
  root_surrogate(0.7, 0.2), root_surrogate(0.5, 2.0)); return 0; }
"""


def compiled(tmp_path, capsys, text: str, *flags: str) -> dict:
    """Compile a text with the command line; returns its report."""
    (tmp_path / "p.c").write_text(text)
    words = ["compile", str(tmp_path / "p.c"), *flags, "--no-timing"]
    assert main([*words, "-o", str(tmp_path / "out"), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refused(tmp_path, capsys, text: str, *flags: str) -> str:
    (tmp_path / "p.c").write_text(text)
    words = ["compile", str(tmp_path / "p.c"), *flags]
    assert main([*words, "-o", str(tmp_path / "out")]) == 2
    return capsys.readouterr().err


def test_conditions_keep_a_program_where_it_has_results(tmp_path, capsys):
    flags = ("--domain", "a=0:1,b=0:1", "--budget", "200")
    assert "p.c:" in refused(tmp_path, capsys, ROOT, *flags)
    report = compiled(
        tmp_path, capsys, ROOT, *flags, "--where", "a < b", "--guard"
    )
    assert report["drawn"]["where"] == ["a < b"]
    assert report["test"]["nmse"] < 0.05
    assert (
        "inputs in the domain where a < b exceed"
        in (report["test"]["bound"]["sentence"])
    )
    [heat] = json.loads((tmp_path / "out/report.json").read_text())["figures"][
        "heat_maps"
    ]
    cells = np.array(heat["program"], float)
    rows, columns = np.indices(cells.shape)
    np.testing.assert_array_equal(np.isfinite(cells), columns < rows)
    (tmp_path / "caller.c").write_text(CALLER)
    files = [str(tmp_path / "caller.c"), str(tmp_path / "out/surrogate.c")]
    command = [*zig_command(), "cc", *files, "-lm", "-o", str(tmp_path / "x")]
    subprocess.run(command, check=True, capture_output=True)
    told = subprocess.run(
        [tmp_path / "x"], check=True, capture_output=True, text=True
    )
    inside, other_way, outside = map(float, told.stdout.split())
    assert inside == pytest.approx(np.sqrt(0.5) + 0.14, abs=0.1)
    assert (other_way, outside) == (1000.7, 1000.5)


@pytest.mark.parametrize("initial", ["distill", "random"])
def test_no_start_runs_a_program_where_conditions_do_not_hold(initial):
    surrogate = nsc.compile(
        ROOT,
        domain={"a": (0, 1), "b": (0, 1)},
        where="a < b",
        budget=100,
        initial=initial,
        timing=False,
    )
    assert surrogate.report["drawn"]["where"] == ["a < b"]


def test_a_file_without_a_guard_says_that_conditions_are_not_tested(
    tmp_path, capsys
):
    flags = ("--where", "a < b", "--where", "a*b < 0.9", "--text-only")
    report = compiled(tmp_path, capsys, ROOT, *flags)
    assert report["drawn"]["where"] == ["a < b", "a*b < 0.9"]
    head = (tmp_path / "out/surrogate.c").read_text().split("*/")[0]
    assert " *   where a < b\n *   where a*b < 0.9\n *   (where" in head


def test_few_integers_are_all_learned_from_and_verified(tmp_path, capsys):
    flags = ("--domain", "a=0:31")
    report = compiled(tmp_path, capsys, DIGITS, *flags, "--budget", "100")
    assert report["test"]["n"] == report["drawn"]["all"] == 64
    assert report["program_runs"]["verification"] == 64
    assert (
        report["program_runs"]["train"] + report["program_runs"]["validation"]
        == 64
    )
    bound = report["test"]["bound"]
    assert (bound["confidence"], bound["fraction"]) == (1.0, 0.0)
    assert bound["error"] == report["test"]["max_abs"]
    assert bound["sentence"].startswith(
        "none of the 64 inputs in the domain exceeds |error| "
    )
    written = (tmp_path / "out/surrogate.c").read_text()
    assert "% of all 64 inputs." in written
    page = (tmp_path / "out/report.html").read_text()
    assert "rmse on all inputs" in page


def test_fewer_examples_than_integers_are_different_ones_and_still_all_verify():
    program = parse_program(DIGITS, ranges={"a": (0, 31)})
    options = CompileOptions(budget=20, seed=5)
    inputs = inputs_of(program, options)
    assert inputs.config.budget == 20 and inputs.config.verification == 64
    x = inputs.take(20, seed=5, stream=TRAINING, number=0)
    more = inputs.take(44, seed=5, stream=TRAINING, number=20)
    assert len({tuple(row) for row in np.concatenate([x, more])}) == 64
    y = inputs.take(64, seed=5, stream=VERIFICATION, number=3)
    assert len({tuple(row) for row in y}) == 64
    # a larger budget begins with the same examples
    larger = inputs_of(program, CompileOptions(budget=64, seed=5))
    again = larger.take(64, seed=5, stream=TRAINING, number=0)
    np.testing.assert_array_equal(again[:20], x)


def test_many_integers_are_drawn():
    program = parse_program(DIGITS, ranges={"a": (0, 9999)})
    inputs = inputs_of(program, CompileOptions(budget=100))
    assert inputs.limited is None and inputs.population.size is None
    assert inputs.config.verification == 4096
    asked = CompileOptions(budget=100, verification=20_000)
    assert inputs_of(program, asked).config.verification == 20_000


def test_a_target_error_is_given_up_where_there_are_no_more_integers():
    surrogate = nsc.compile(
        "int f(int a, int b) { return (a * 7919 + b * 104729) % 997; }",
        domain={"a": (0, 15), "b": (0, 15)},
        budget=200,
        target_error=1e-3,
        topology="2-2-1",
        timing=False,
    )
    assert max(r["budget"] for r in surrogate.report["rounds"]) <= 256
    assert surrogate.report["test"]["n"] == 256
    if not surrogate.report["target_reached"]:
        assert any("not reached" in n for n in surrogate.report["notes"])


def test_logarithmic_inputs_are_told_of(tmp_path, capsys):
    flags = ("--domain", "r=log:1:1e6", "--budget", "200")
    report = compiled(tmp_path, capsys, DECAY, *flags)
    assert report["domain"] == {"r": [1.0, 1e6]}
    assert report["drawn"]["log"] == ["r"]
    assert "(r log-uniform) exceed" in report["test"]["bound"]["sentence"]
    written = json.loads((tmp_path / "out/report.json").read_text())
    [curve] = written["figures"]["curves"]
    assert curve["is_log"] and curve["x"][60] == pytest.approx(1e3)
    assert (
        "Drawn log-uniformly: r." in (tmp_path / "out/surrogate.c").read_text()
    )
    assert "r (logarithmic)" in (tmp_path / "out/report.html").read_text()
    same = nsc.compile(
        DECAY, domain={"r": ("log", 1, 1e6)}, budget=200, timing=False
    )
    assert same.report["test"] == report["test"]


def rows(n: int) -> dict[str, np.ndarray]:
    r = np.random.default_rng(0)
    a = r.beta(2, 5, n) * 0.9
    return {"b": a + 0.05 + 0.05 * r.uniform(size=n), "a": a}


def as_csv(columns: dict[str, np.ndarray]) -> str:
    lines = [",".join(columns)]
    lines += [
        ",".join(map(repr, row)) for row in np.c_[*columns.values()].tolist()
    ]
    return "\n".join(lines) + "\n"


def test_a_sample_is_learned_from_and_verified_on(tmp_path, capsys):
    columns = rows(900)
    np.savez(tmp_path / "s.npz", **columns)
    (tmp_path / "s.csv").write_text(as_csv(columns))
    pq.write_table(pa.table(columns), tmp_path / "s.parquet")
    reports = [
        compiled(
            tmp_path,
            capsys,
            ROOT,
            "--sample",
            str(tmp_path / f"s.{kind}"),
            "--budget",
            "500",
        )
        for kind in ("csv", "npz", "parquet")
    ]
    first = reports[0]
    assert first["drawn"]["rows"] == 900
    assert first["domain"]["a"] == [columns["a"].min(), columns["a"].max()]
    assert first["test"]["n"] == first["program_runs"]["verification"] == 400
    path = tmp_path / "s.csv"
    assert (
        f"of the rows of {path} that it has not learned from"
        in (first["test"]["bound"]["sentence"])
    )
    assert any("fewer than a budget of 500" in n for n in first["notes"])
    assert f"on inputs from {path} alone" in (
        tmp_path / "out/surrogate.c"
    ).read_text().replace("s.parquet", "s.csv")
    for other in reports[1:]:
        assert other["test"]["mse"] == first["test"]["mse"]
    alone = nsc.compile(ROOT, sample=columns, budget=500, timing=False)
    assert alone.report["test"]["mse"] == first["test"]["mse"]


def test_a_callables_own_inputs_can_be_given():
    program = nsc.Program.from_callable(
        lambda x: x[:, 0] * x[:, 1], ["a", "b"]
    )
    found = nsc.compile(program, sample=rows(300), where="a < 0.5", budget=50)
    assert found.report["drawn"]["sample"] == "sample"
    assert found.report["test"]["n"] <= 250


def test_examples_and_what_verifies_are_different_rows():
    columns = rows(1000)
    program = parse_program(ROOT, sample=Table("s.csv", columns))
    options = CompileOptions(budget=300, verification=200, seed=2)
    program = with_divided_sample(program, options)
    inputs = inputs_of(program, options)
    x = inputs.take(300, seed=2, stream=TRAINING, number=0)
    y = inputs.take(200, seed=2, stream=VERIFICATION, number=0)
    both = np.concatenate([x, y])
    assert len({row.tobytes() for row in both}) == 500
    assert inputs.config.max_budget == 800


BAD = {
    "a,b\n0.1,0.2\n0.3\n": "s.csv:3:1: expected 2 columns, as in the header; found 1",
    "a,b\n0.1,0.2\n0.3,x\n": "s.csv:3:5: expected a finite number for 'b'; found 'x'",
    "a,b\n0.1,nan\n": "s.csv:2:5: expected a finite number for 'b'; found 'nan'",
    "a,a\n": "s.csv:1: expected different names; found 'a' twice",
    "0.1,0.2\n": "s.csv:1:1: expected a header that names the inputs; found the numb",
    "": "s.csv:1:1: expected a header that names the inputs; found nothing",
    "a,c\n1,2\n": "s.csv has none named 'b'; its columns are a, c",
    "a,b\n1,2\n2,3\n": "has 1 (1 of 2 rows",
}


@pytest.mark.parametrize("text", BAD)
def test_bad_rows_are_placed(text, tmp_path, capsys):
    path = tmp_path / "s.csv"
    path.write_text(text)
    flags = ("--sample", str(path), "--domain", "a=0:1,b=0:9")
    said = refused(tmp_path, capsys, ROOT, *flags)
    assert BAD[text] in said and "Traceback" not in said


def test_other_samples_are_explained(tmp_path, capsys):
    said = refused(tmp_path, capsys, ROOT, "--sample", "s.xlsx")
    assert "--sample must be a file .csv, .parquet or .npz" in said
    said = refused(tmp_path, capsys, ROOT, "--sample", str(tmp_path / "n.csv"))
    assert "cannot read" in said
    for kind in ("npz", "parquet"):
        (tmp_path / f"s.{kind}").write_text("nothing of that kind")
        flags = ("--sample", str(tmp_path / f"s.{kind}"))
        assert f"s.{kind}: " in refused(tmp_path, capsys, ROOT, *flags)
    np.save(tmp_path / "one.npz.npy", np.ones(3))
    (tmp_path / "one.npz.npy").rename(tmp_path / "one.npz")
    flags = ("--sample", str(tmp_path / "one.npz"))
    assert "found one" in refused(tmp_path, capsys, ROOT, *flags)
    for wrong in (3, {"a": ["x"], "b": [1.0]}, {"a": [1.0, 2.0], "b": [1.0]}):
        with pytest.raises(InputError):
            nsc.compile(ROOT, sample=wrong)


def test_messages_about_conditions_name_their_flag(tmp_path, capsys):
    said = refused(tmp_path, capsys, ROOT, "--where", "a <")
    assert said.startswith("nsc: --where must be a condition between inputs")


def test_sobol_points_are_spread_evenly_and_go_on():
    pytest.importorskip("scipy")
    program = nsc.parse_program(SMOOTH_OF_TWO)
    options = CompileOptions(budget=64, sampling="sobol", seed=3)
    inputs = inputs_of(program, options)
    whole = inputs.take(64, seed=3, stream=TRAINING, number=0)
    parts = [
        inputs.take(n, seed=3, stream=TRAINING, number=first)
        for first, n in ((0, 16), (16, 48))
    ]
    assert np.array_equal(whole, np.concatenate(parts))
    # a quarter of the points in each quarter of the box
    quarters = 2 * (whole[:, 0] > 0) + (whole[:, 1] > 0)
    assert np.bincount(quarters).tolist() == [16, 16, 16, 16]
    verifying = inputs.take(64, seed=3, stream=VERIFICATION, number=0)
    again = inputs_of(program, CompileOptions(budget=64, seed=3))
    assert np.array_equal(
        verifying, again.take(64, seed=3, stream=VERIFICATION, number=0)
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"sampling": "grid"},
            "sampling must be one of uniform, sobol, adaptive",
        ),
        (
            {"sampling": "sobol", "where": "a < b"},
            "must be left out with where",
        ),
    ],
)
def test_wrong_samplings_are_refused(options, said):
    with pytest.raises(InputError, match=said):
        nsc.compile(SMOOTH_OF_TWO, budget=16, timing=False, **options)


SMOOTH_OF_TWO = "double f(double a, double b) { return a * b + a; }"
