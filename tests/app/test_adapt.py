"""`nsc adapt` and `nsc.adapt`: over all kinds of programs, and what they refuse."""

import json
import sys

import numpy as np
import pytest

import nsc
from nsc.adaptation import Network, Problem, learn
from nsc.app.cli import main
from nsc.surrogate import resize_inputs

DRAG = "double drag(double speed, double area) { return 0.6 * area * speed * speed; }\n"
QUICK = {"budget": 64, "topology": "2-6-1", "splits": 0}
FLAGS = ["--budget", "64", "--topology", "2-6-1", "--splits", "0"]


@pytest.fixture(autouse=True)
def quickly(request, monkeypatch):
    """Choose among less, where it is not tested what is chosen."""
    if "slow" not in request.keywords:
        quick_choice(monkeypatch)


def quick_choice(monkeypatch):
    for name, value in (
        ("forms.STRENGTHS", (1e-3,)),
        ("forms.SCRATCH_STRENGTHS", (1e-2,)),
        ("forms.RANDOM_STARTS", 1),
        ("choice.MORE_FOLDS", 3),
        ("judge.OUTER_FOLDS", 2),
        ("distil.POINTS", 100),
        ("distil.STEPS", 20),
        ("pattern.SPLITS", 1),
    ):
        monkeypatch.setattr(f"nsc.adaptation.{name}", value)


def drag(speed, area):
    return 0.6 * area * speed * speed


def measured(n: int = 24) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(0)
    speed = generator.uniform(2, 5, n).round(3)
    area = generator.uniform(0.5, 1, n).round(3)
    temp = generator.uniform(-10, 30, n).round(2)
    force = 0.5 * area * speed**1.9 * (1 - 0.01 * temp)
    return {
        "speed": speed,
        "area": area,
        "temp": temp,
        "force": force.round(4),
    }


def written(path, columns: dict) -> str:
    rows = zip(*columns.values(), strict=True)
    lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


@pytest.fixture
def csv(tmp_path):
    return written(tmp_path / "m.csv", measured())


@pytest.fixture
def c_file(tmp_path):
    path = tmp_path / "drag.c"
    path.write_text(DRAG)
    return str(path)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A surrogate of the program, in the folder that a compilation wrote."""
    folder = tmp_path_factory.mktemp("compiled")
    ranges = {"speed": (2, 5), "area": (0.5, 1)}
    nsc.compile(
        DRAG,
        domain=ranges,
        budget=64,
        topology="2-6-1",
        folder=folder,
        timing=False,
    )
    return folder


def run(capsys, *words) -> tuple[int, str, str]:
    code = main(["adapt", *words])
    told = capsys.readouterr()
    return code, told.out, " ".join(told.err.split())


def command(tmp_path) -> str:
    script = tmp_path / "sim.py"
    script.write_text(
        "import sys\nv, a = map(float, sys.argv[1:])\nprint(0.6 * a * v * v)\n"
    )
    return f"{sys.executable} {script} {{speed}} {{area}}"


def sources(kind: str, tmp_path, c_file: str, saved):
    if kind == "command":
        inputs = {"speed": (2, 5), "area": (0.5, 1)}
        return nsc.command(command(tmp_path), inputs=inputs, outputs=["force"])
    return {
        "C": c_file,
        "text": DRAG,
        "Python": drag,
        "surrogate": nsc.load(saved / "surrogate.safetensors"),
        "folder": saved,
    }[kind]


@pytest.mark.slow
def test_with_all_there_is_it_is_far_better_than_the_program(saved):
    found = nsc.adapt(saved, measured(30), outputs=["force"], splits=2)
    errors = found.report["held_out_rmse"]
    assert errors["adapted"] < 0.5 * errors["program"]
    assert errors["adapted"] <= errors["scratch"]


@pytest.mark.parametrize(
    "kind",
    [
        "C",
        pytest.param("text", marks=pytest.mark.slow),
        "Python",
        "surrogate",
        "folder",
        "command",
    ],
)
def test_every_kind_of_program_is_adapted(kind, tmp_path, c_file, saved):
    options = {} if kind in ("surrogate", "folder") else QUICK
    if kind == "command":
        options = {**QUICK, "budget": 12, "verification": 8}
    found = nsc.adapt(
        sources(kind, tmp_path, c_file, saved),
        measured(),
        outputs=["force"],
        timing=False,
        **{"splits": 0, **options},
    )
    assert found.input_names == ("speed", "area")
    errors = found.report["held_out_rmse"]
    assert errors["adapted"] < errors["program"]
    assert found.report["rows"] == 24


def test_the_verb_writes_what_can_be_loaded_and_says_what_it_did(
    capsys, tmp_path, csv, saved
):
    out = tmp_path / "out"
    code, text, _ = run(
        capsys, str(saved), "--data", csv, "--outputs", "force", "--splits", "1", "-o",
        str(out), "--json", "--inputs", "speed,area,temp",
    )  # fmt: skip
    assert code == 0
    said = json.loads(text)
    assert set(said["held_out_rmse"]) == {"program", "scratch", "adapted"}
    assert said["extra_inputs"] == ["temp"]
    assert said["rows"] == 24
    assert said["form"]
    loaded = nsc.load(out / "surrogate.safetensors")
    assert loaded.input_names == ("speed", "area", "temp")
    whole = json.loads((out / "report.json").read_text())
    curve = whole["by_output"]["force"]["curve"]
    assert set(curve["lines"]) == {
        "program", "scratch_network", "scratch_process", "adapted",
    }  # fmt: skip
    assert len(curve["sizes"]) == len(curve["lines"]["adapted"]["rmse"])
    assert "<svg" in (out / "report.html").read_text()
    assert (
        "double speed, double area, double temp"
        in (out / "surrogate.c").read_text()
    )


def test_a_command_takes_its_ranges_from_the_measurements(
    capsys, tmp_path, csv
):
    code, text, told = run(
        capsys, "--command", command(tmp_path), "--data", csv, "--inputs",
        "speed,area,temp", "--outputs", "force", "--budget", "12", "--splits", "0",
        "--topology", "2-6-1", "-o", str(tmp_path / "out"),
    )  # fmt: skip
    assert code == 0, told
    assert "adapted to 24 measurements of force" in text


def test_columns_of_other_names_are_taken_in_order_and_that_is_said(saved):
    rows = measured()
    rows = {"v": rows["speed"], "a": rows["area"], "f": rows["force"]}
    found = nsc.adapt(saved, rows, inputs=["v", "a"], outputs=["f"], splits=0)
    notes = " ".join(found.report["notes"])
    assert "column 'v' is the program's 'speed'" in notes


def test_repeats_tell_the_noise(saved):
    rows = {name: np.tile(column, 2) for name, column in measured(16).items()}
    rows["force"] = rows["force"] + np.repeat([0.1, -0.1], 16)
    found = nsc.adapt(saved, rows, outputs=["force"], splits=0)
    told = found.report["by_output"]["force"]
    assert told["noise_from"] == "repeats"
    assert told["noise"] == pytest.approx(0.1 * np.sqrt(2), rel=1e-6)
    assert found.report["rows"] == 16


def test_what_benchmarks_test_is_what_users_get(saved):
    """benchmarks/adaptation leaves out what judges the result."""
    rows = measured()
    surrogate = nsc.load(saved / "surrogate.safetensors")
    found = nsc.adapt(surrogate, rows, outputs=["force"], splits=0)
    [member] = surrogate.members
    w, topology = resize_inputs(member.w, member.topology, 2)
    x = np.stack([rows["speed"], rows["area"]], axis=1)
    program = Network(topology, w)
    u = surrogate.normalise(x)
    problem = Problem(u, rows["force"], program, surrogate(x)[:, 0])
    network, _ = learn(problem, np.arange(24), 0).distilled(0)
    np.testing.assert_array_equal(network.w, found.members[0].w)


def refused(capsys, *words) -> str:
    code, _, told = run(capsys, *words)
    assert code == 2
    assert "Traceback" not in told
    return told


def test_a_missing_column_is_named(capsys, csv, c_file):
    told = refused(capsys, c_file, "--data", csv, "--outputs", "lift", *FLAGS)
    assert "there is no column 'lift'; found speed, area, temp, force" in told
    told = refused(
        capsys,
        c_file,
        "--data",
        csv,
        "--inputs",
        "speed",
        "--outputs",
        "force",
    )
    assert "'area' is missing" in told


def test_outputs_that_do_not_match_are_refused(capsys, csv, c_file):
    told = refused(capsys, c_file, "--data", csv, *FLAGS)
    assert "--outputs must name the columns in which drag's outputs" in told
    both = ["--outputs", "force,temp"]
    assert "--outputs must name" in refused(
        capsys, c_file, "--data", csv, *both
    )
    same = ["--outputs", "speed"]
    assert "'speed' in both" in refused(capsys, c_file, "--data", csv, *same)


@pytest.mark.parametrize("cell", ["nan", "", "fast"])
def test_cells_that_are_no_numbers_are_named_with_their_lines(
    capsys, tmp_path, c_file, cell
):
    rows = {name: list(column) for name, column in measured().items()}
    rows["area"][3] = rows["area"][7] = cell
    path = written(tmp_path / "bad.csv", rows)
    told = refused(capsys, c_file, "--data", path, "--outputs", "force")
    assert f"{path}:5:" in told
    assert f"found '{cell}'" in told
    assert "2 of 24 rows have such a cell, in lines 5, 9" in told


def test_a_column_of_text_is_refused(capsys, tmp_path, c_file):
    rows = {name: list(column) for name, column in measured().items()}
    rows["area"] = ["small"] * 24
    path = written(tmp_path / "bad.csv", rows)
    told = refused(capsys, c_file, "--data", path, "--outputs", "force")
    assert "all 24 rows have such a cell: is the column text?" in told


def test_too_few_rows_are_refused(capsys, tmp_path, c_file):
    path = written(tmp_path / "few.csv", measured(9))
    told = refused(capsys, c_file, "--data", path, "--outputs", "force")
    assert "at least 10 rows with different inputs" in told
    assert "found 9" in told


def test_rows_outside_the_domain_are_refused(capsys, csv, c_file, saved):
    narrow = ["--domain", "speed=0:3", "--outputs", "force"]
    told = refused(capsys, c_file, "--data", csv, *narrow)
    assert "expected 'speed' in the program's domain, 0 to 3" in told
    assert "give --domain speed=0:4." in told
    rows = measured()
    rows["speed"][5] = 50.0
    with pytest.raises(
        nsc.errors.InputError, match="compile its program over more"
    ):
        nsc.adapt(saved, rows, outputs=["force"])


def test_an_input_that_does_not_vary_needs_a_range(capsys, tmp_path, c_file):
    rows = measured()
    rows["area"] = np.full(24, 0.7)
    path = written(tmp_path / "flat.csv", rows)
    told = refused(capsys, c_file, "--data", path, "--outputs", "force")
    assert "'area' is 0.7 in every row" in told
    assert "--domain" in told


def test_nothing_to_adapt_and_nothing_to_adapt_to_are_refused(
    capsys, csv, tmp_path
):
    assert "adapt needs measurements" in refused(capsys, "drag.c")
    assert "adapt needs a program" in refused(capsys, "--data", csv)
    told = refused(capsys, str(tmp_path), "--data", csv, "--outputs", "force")
    assert "expected a folder with surrogate.safetensors" in told


INTEGERS = "double f(double x, int k, double *z) { *z = x + k; return 0.5 * x * k; }\n"


def counted(n: int = 20) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(1)
    x = generator.uniform(0, 2, n)
    k = generator.integers(1, 6, n)
    return {"x": x, "k": k, "y": 0.6 * x * k, "z": x + k}


def test_what_is_returned_has_no_name_and_integers_take_their_range_from_rows():
    found = nsc.adapt(
        INTEGERS, counted(), outputs=["y", "z"], out=["z"], splits=0, timing=False,
        budget=64, topology="2-6-2",
    )  # fmt: skip
    assert found.output_names == ("y", "z")
    assert found.hi.tolist()[1] == 5
    assert set(found.report["by_output"]) == {"y", "z"}
    assert "column 'y' is the program's 'return'" in found.report["notes"]


def test_whole_numbers_are_expected_where_the_program_takes_them():
    rows = counted()
    rows["k"] = rows["k"] + 0.5
    with pytest.raises(nsc.errors.InputError, match="expected a whole number"):
        nsc.adapt(INTEGERS, rows, outputs=["z"], out=["z"])


def test_rows_that_break_a_condition_are_refused():
    with pytest.raises(nsc.errors.InputError, match="fulfil what was asked"):
        nsc.adapt(DRAG, measured(), outputs="force", where="speed > 3 * area")


def test_text_alone_is_refused():
    with pytest.raises(
        nsc.errors.InputError, match="text_only must be left out"
    ):
        nsc.adapt(DRAG, measured(), outputs="force", text_only=True)
