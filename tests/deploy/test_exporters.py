"""Every row of EXPORTERS keeps the same promises."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from deploy_cases import CASES, case

from nsc.deploy import (
    EXPORTERS,
    ExportJob,
    evaluate_onnx,
    is_available,
    relative_difference,
)
from nsc.errors import BuildError, InputError, MissingExtraError
from nsc.program import draw_inputs, parse_program
from nsc.surrogate import Member, Surrogate, Topology, random_parameters

ROWS = pytest.mark.parametrize("exporter", EXPORTERS.values(), ids=EXPORTERS)


def job_of(name: str, exporter=EXPORTERS["c"]) -> ExportJob:
    """Make a job; a format that cannot call the original does without a guard."""
    program, surrogate, options = case(name)
    if exporter.refusal(program, "original"):
        options.pop("guard", None)
    x = draw_inputs(program, 16, generator=np.random.default_rng(0))
    return ExportJob(surrogate, program, x, notes=("A note.",), **options)


def needed(exporter):
    if not is_available(exporter):
        pytest.skip(f"needs {', '.join(exporter.tools + exporter.commands)}")
    return exporter


@ROWS
@pytest.mark.parametrize("name", CASES)
def test_what_is_exported_computes_what_the_surrogate_computes(exporter, name):
    job = job_of(name, exporter)
    needed(exporter).check(job, exporter.render(job))


@ROWS
def test_a_file_that_computes_something_else_is_found_out(exporter):
    job = job_of("scalar_double")
    [member] = job.surrogate.members
    other = Member(member.topology, member.w + 0.01)
    surrogate = Surrogate(
        (other,),
        job.surrogate.lo,
        job.surrogate.hi,
        job.surrogate.input_names,
        job.surrogate.output_names,
    )
    data = needed(exporter).render(ExportJob(surrogate, job.program, job.x))
    with pytest.raises(
        BuildError, match="differs from the verified network: return"
    ):
        exporter.check(job, data)


@ROWS
def test_the_same_job_gives_the_same_bytes(exporter):
    job = job_of("split")
    assert needed(exporter).render(job) == exporter.render(job)


@ROWS
def test_a_tool_that_is_missing_is_named_with_its_extra(exporter, monkeypatch):
    job = job_of("scalar_double")
    for tool in exporter.tools:
        monkeypatch.setitem(sys.modules, tool, None)
    monkeypatch.setenv("PATH", "")
    has_needs = bool(exporter.tools or exporter.commands)
    assert is_available(exporter) == (not has_needs)
    if exporter.commands:
        with pytest.raises(BuildError, match=exporter.commands[0].split()[0]):
            exporter.render(job)
    if exporter.tools:
        with pytest.raises(
            MissingExtraError, match=r"pip install 'nsc\[\w+\]'"
        ):
            exporter.render(job)


def test_names_of_files_differ():
    names = [exporter.file_name for exporter in EXPORTERS.values()]
    assert len(set(names)) == len(names)
    written = [e.file_name for e in EXPORTERS.values() if e.is_default]
    assert written == ["surrogate.c", "surrogate.onnx"]


@ROWS
def test_what_a_format_cannot_do_is_an_error_before_it_is_written(exporter):
    program, surrogate, _ = case("guarded")
    job = ExportJob(surrogate, program, np.zeros((1, 1)), guard=True)
    if exporter.refusal(program, "original") is None:
        pytest.skip("it can call the original")
    with pytest.raises(InputError, match="cannot call the original"):
        exporter.render(job)


def test_notes_stand_in_the_exported_c():
    assert b" * A note.\n" in EXPORTERS["c"].render(job_of("relu"))


@pytest.mark.needs("onnxruntime")
def test_onnx_is_in_the_users_units():
    """One unit by hand: u = (x - 5) / 5, y = 3 u + 2."""
    topology = Topology((1, 1))
    member = Member(topology, np.array([3.0, 2.0]))
    lo, hi = np.array([0.0]), np.array([10.0])
    surrogate = Surrogate((member,), lo, hi, ("x",), ("return",))
    program = parse_program(
        "double f(double x) { return x; }", ranges={"x": (0, 10)}
    )
    job = ExportJob(surrogate, program, np.array([[1.0]]))
    data = EXPORTERS["onnx"].render(job)
    x = np.array([[0.0], [5.0], [10.0]])
    np.testing.assert_allclose(evaluate_onnx(data, x), [[-1.0], [2.0], [5.0]])


@pytest.mark.needs("onnxruntime")
@pytest.mark.parametrize("name", CASES)
def test_onnx_agrees_to_the_last_bits(name):
    job = replace(job_of(name), guard=False)
    x = draw_inputs(job.program, 30, generator=np.random.default_rng(1))
    found = evaluate_onnx(EXPORTERS["onnx"].render(job), x)
    assert relative_difference(job.surrogate, x, found) < 1e-12


def test_a_difference_is_relative_to_terms_that_cancel():
    """1e6 h - 1e6 h + 0 is zero: what rounding leaves of it is no error."""
    topology = Topology((1, 2, 1), "tanh")
    w = np.array([1.0, 1.0, 0.0, 0.0, 1e6, -1e6, 0.0])
    surrogate = Surrogate(
        (Member(topology, w),), -np.ones(1), np.ones(1), ("x",), ("y",)
    )
    x = np.array([[0.5]])
    assert relative_difference(
        surrogate, x, np.array([[2.0]])
    ) == pytest.approx(1e-6)


POLICY = "double f(int n, double x) { return n * x; }"


def job_with(outside, where=None, text=POLICY):
    program = parse_program(text, ranges={"n": (1, 9)}, where=where or ())
    topology = Topology((2, 3, 1))
    w = random_parameters(topology, seed=0) * 2
    surrogate = Surrogate(
        (Member(topology, w),),
        np.array(program.domain.lo),
        np.array(program.domain.hi),
        ("n", "x"),
        ("return",),
        conditions=program.drawing.conditions,
    )
    x = draw_inputs(program, 50, generator=np.random.default_rng(0))
    return ExportJob(surrogate, program, x, outside=outside)


@pytest.mark.needs("onnxruntime")
@pytest.mark.parametrize("outside", [None, "warn", "clip", "nan"])
def test_onnx_follows_the_policies_that_a_graph_can(outside):
    import onnx

    job = job_with(outside)
    data = EXPORTERS["onnx"].render(job)
    x = np.array([[3, 0.5], [12, 0.5], [0, 2], [3, np.nan], [3, -9]], float)
    found = evaluate_onnx(data, x)
    if outside in ("clip", "nan"):
        expected = job.surrogate(x, outside=outside)
    else:
        expected = job.surrogate.networks(x)
    np.testing.assert_allclose(found, expected, 1e-12)
    said = {p.key: p.value for p in onnx.load_from_string(data).metadata_props}
    assert said["domain"] == "n in [1.0, 9.0]; x in [-1.0, 1.0]"
    assert {None: "nothing is tested", "warn": "cannot warn"}.get(
        outside, {"nan": "NaN", "clip": "nearest"}.get(outside)
    ) in said["outside of the domain"]


@pytest.mark.needs("onnxruntime")
def test_onnx_cuts_fractions_of_integers_off():
    job = job_with("nan")
    x = np.array([[2.7, 0.5], [0.9, 0.5], [9.9, 0.5], [np.nan, 0.5]])
    found = evaluate_onnx(EXPORTERS["onnx"].render(job), x)[:, 0]
    expected = job.surrogate.networks(np.array([[2, 0.5], [9, 0.5]]))[:, 0]
    np.testing.assert_allclose(found[[0, 2]], expected, 1e-12)
    assert np.isnan(found[[1, 3]]).all()


@pytest.mark.parametrize(
    ("outside", "where", "said"),
    [
        ("raise", None, "cannot refuse inputs outside"),
        ("original", None, "cannot call the original outside"),
        ("nan", "x < n", "conditions between inputs are not written"),
    ],
)
def test_onnx_is_refused_where_a_graph_cannot_follow(outside, where, said):
    job = job_with(outside, where)
    assert said in EXPORTERS["onnx"].refusal(job.program, outside)
