"""What a CompNet emits: heads, shrinking, inputs in their places, one seam for both."""

import numpy as np
import pytest

from nsc.compnet import (
    MAX_INPUTS,
    Compiler,
    CompilerInput,
    CompNet,
    Emission,
    Emitter,
    anchor_inputs,
    evaluate_compnet,
    fit_emissions,
    fit_values,
    load_compnet,
    run_covering,
)
from nsc.compnet.anchors import ANCHORS
from nsc.compnet.arrays import Arrays, NumpyArrays
from nsc.compnet.compile import spread_inputs
from nsc.compnet.config import N_PARAMETERS
from nsc.compnet.describe import Distribution, describe
from nsc.compnet.functions import FUNCTIONS
from nsc.compnet.shrink import HOPELESS, error_when_shrunk, shrunk
from nsc.graph import Unsupported, evaluate
from nsc.program import parse_program
from nsc.record import Record, shared_inputs
from nsc.surrogate import COVERING, Topology, random_parameters


def dag_of(text):
    return parse_program("#include <math.h>\n" + text).dag


def record_of(name, text, dag="its own"):
    program = parse_program("#include <math.h>\n" + text)
    n = program.n_inputs
    y = evaluate(program.dag, shared_inputs()[:, :n]).astype(np.float32)
    kept = program.dag if dag == "its own" else dag
    return Record(name, text, "test", n, 1, ((-1, 1),) * n, 0, y, kept)


def test_sizes_are_the_covering_architectures():
    assert (COVERING.n_inputs, COVERING.n_parameters) == (
        MAX_INPUTS,
        N_PARAMETERS,
    )
    assert shared_inputs().shape[1] == MAX_INPUTS == ANCHORS.shape[1]


def test_shrinking_by_hand():
    """Of an expected nmse of 1, a quarter is lost; of 3, three, and half the median."""
    values = np.array([[1.0, 2.0, 6.0], [1.0, 2.0, 6.0], [1.0, 2.0, 6.0]])
    w = np.tile(random_parameters(COVERING, seed=0), (3, 1))
    found, changed = shrunk(values, w, np.array([[1.0], [3.0], [9.0]]))
    np.testing.assert_allclose(found[0], [1.25, 2.0, 5.0])
    np.testing.assert_allclose(found[1], [0.75, 1.0, 2.0])
    np.testing.assert_allclose(found[2], 0.0)
    x = shared_inputs(n=50)
    for k, kept in enumerate((0.75, 0.25, 0.0)):
        before = run_covering(w[k], x, 9)
        centre = min(1.0, 2 * kept) * 2.0
        after = run_covering(changed[k], x, 9)
        np.testing.assert_allclose(
            after, centre + kept * (before - 2.0), atol=1e-12
        )


@pytest.mark.parametrize(
    ("expected", "shrunk_error"),
    [(0.0, 0.0), (1.0, 0.8125), (2.0, 1.25), (9.0, 1.0)],
)
def test_the_error_of_shrunk_predictions(expected, shrunk_error):
    found = error_when_shrunk(np.array([expected, HOPELESS]))
    assert found.tolist() == [
        pytest.approx(shrunk_error),
        1.0,
    ]  # 1: saying nothing


def test_inputs_are_put_in_their_places():
    w = random_parameters(COVERING, seed=1)
    moved = spread_inputs(w, (4, 2))
    x = np.random.default_rng(0).uniform(-1, 1, (20, 9))
    by_slot = np.zeros((20, 9))
    by_slot[:, :2] = x[:, [4, 2]]
    np.testing.assert_allclose(
        run_covering(moved, x, 9), run_covering(w, by_slot, 9)
    )
    np.testing.assert_array_equal(moved[36:], w[36:])


def test_a_constant_program_is_emitted_exactly():
    emission = load_compnet().emit(
        dag_of("double f(double x) { return 2.5 + x - x; }")
    )
    assert emission.expected_nmse == 0.0 and emission.inputs == ()
    np.testing.assert_array_equal(emission.values, 2.5)
    np.testing.assert_array_equal(run_covering(emission.w, ANCHORS, 9), 2.5)


def test_the_base_vector_knows_nothing():
    base = load_compnet().base
    assert base.shape == (65,) and base.dtype == np.float64
    np.testing.assert_array_equal(run_covering(base, ANCHORS, 9), 0.0)


def test_both_compilers_are_behind_one_seam():
    compnet = load_compnet()
    assert isinstance(compnet, Compiler) and isinstance(compnet, Emitter)
    assert compnet is load_compnet()  # kept after the first load
    reason = Unsupported("long_loop", "a loop is too long", line=7)
    shown = CompilerInput("double f(double x);", 1, reason)
    (first, second) = compnet.emissions_for(shown, [0, 3])
    note = (
        "the text could not be used for the start: line 7 of its closed"
        " text: a loop is too long [long_loop]"
    )
    assert first.notes == second.notes == (note,)
    np.testing.assert_array_equal(first.w, compnet.base)


def test_records_keep_their_order_with_and_without_a_dag():
    compnet = load_compnet()
    square = record_of("square", "double f(double x) { return x * x; }")
    wave = record_of("wave", "double f(double x) { return sin(3 * x); }")
    unread = record_of("unread", "double f(double x) { return x; }", dag=None)
    found = compnet.emit_records([square, unread, wave])
    for emission, record in ((found[0], square), (found[2], wave)):
        np.testing.assert_allclose(
            emission.w, compnet.emit(record.dag).w, atol=1e-4
        )
    assert found[1].notes == (
        "the text could not be used for the start: no expression DAG",
    )


def test_embeddings_have_unit_length_and_constants_have_none():
    compnet = load_compnet()
    dags = [
        dag_of("double f(double x) { return sin(x); }"),
        dag_of("double f(double x) { return 3; }"),
        dag_of("double f(double x) { return x * x; }"),
    ]
    found = compnet.embed_many(dags)
    np.testing.assert_allclose(np.linalg.norm(found[[0, 2]], axis=1), 1.0)
    assert np.isnan(found[1]).all() and compnet.embed(dags[1]) is None
    np.testing.assert_array_equal(compnet.embed(dags[2]), found[2])


# fits


def test_anchors_are_put_at_the_inputs_they_stand_for():
    x = anchor_inputs(4, (3, 1))
    assert x.shape == (512, 4)
    np.testing.assert_array_equal(x[:, [3, 1]], ANCHORS[:, :2])
    np.testing.assert_array_equal(x[:, [0, 2]], 0.0)


def test_a_fit_finds_a_network_of_its_own_topology():
    topology = Topology((2, 4, 4, 1))
    x = anchor_inputs(2, (0, 1))
    truth = random_parameters(topology, seed=3)
    y = run_in_units(truth, topology, x)
    starts = np.stack([truth + 0.01, random_parameters(topology, seed=4)])
    best, other = fit_values(starts, topology, x, y)
    error = np.mean((run_in_units(best, topology, x) - y) ** 2)
    assert error < 1e-4 * y.var()
    assert error <= np.mean((run_in_units(other, topology, x) - y) ** 2)


def run_in_units(w, topology, x):
    from nsc.surrogate import forward

    return forward(w, topology, x)


def test_emissions_without_predictions_stay_as_they_are():
    compnet = load_compnet()
    wave = compnet.emit(dag_of("double f(double x) { return sin(3 * x); }"))
    constant = compnet.emit(dag_of("double f(double x) { return 3; }"))
    bare = Emission(compnet.base, np.empty(0))
    found = fit_emissions([bare, wave, constant])
    np.testing.assert_array_equal(found[0], bare.w)
    np.testing.assert_array_equal(found[2], constant.w)
    x = anchor_inputs(9, wave.inputs)
    before, after = (
        np.mean((run_covering(w, x, 9) - wave.values) ** 2)
        for w in (wave.w, found[1])
    )
    assert after < before


# evaluation


class TrueMean:
    """Emits the mean of the outputs that it will be judged on."""

    base = np.zeros(65)

    def emit_records(self, records):
        found = []
        for record in records:
            w = np.zeros(65)
            w[-1] = record.raw_outputs[1024:, 0].mean()
            found.append(Emission(w, np.empty(0)))
        return found


def test_an_emitter_of_the_true_mean_is_as_good_as_the_true_mean():
    texts = {
        "square": "double f(double x) { return x * x; }",
        "sum": "double f(double x, double y) { return x + 2 * y + 1; }",
        "flat": "double f(double x) { return 4; }",
    }
    records = [record_of(name, text) for name, text in texts.items()]
    rows = {
        row.group: row for row in evaluate_compnet(TrueMean(), records, seed=0)
    }
    every = rows["all"]
    assert every.programs == 2  # what is constant is left out
    assert every.compnet == pytest.approx(every.true_mean)
    assert every.median_nmse == pytest.approx(1.0)
    assert rows["1 input"].programs == rows["2 inputs"].programs == 1
    # no twin has as many inputs: the base vector is what is mismatched
    assert every.mismatched == pytest.approx(every.base)
    assert "> 512 nodes or none" not in rows


# descriptions


def uniform(mean, scale):
    shapes = np.linspace(-1, 1, 128, dtype=np.float32)[None] * np.float32(
        np.sqrt(3)
    )
    bounds = np.array([-10.0]), np.array([10.0])
    return Distribution(np.array([mean]), np.array([scale]), *bounds, shapes)


def described(name, mean, scale):
    run = (0, 1, FUNCTIONS.index(name))
    return describe([run], uniform(mean, scale), NumpyArrays())


def test_numpy_is_a_library_of_arrays():
    assert isinstance(NumpyArrays(), Arrays)


def test_a_function_that_is_nearly_a_line_has_slope_one_and_no_rest():
    found = described("ATAN", 0.0, 0.01)
    assert found.means[0] == pytest.approx(0.0, abs=1e-5)
    assert found.scales[0] == pytest.approx(0.01, rel=0.05)
    assert found.slope[0] == pytest.approx(1.0, rel=0.05)
    assert found.rest[0] == np.float32(1e-2)  # the least there is


def test_the_size_of_a_symmetric_argument_has_no_slope():
    found = described("ABS", 0.0, 1.0)
    assert found.means[0] == pytest.approx(np.sqrt(3) / 2, rel=0.02)
    assert found.slope[0] == pytest.approx(0.0, abs=1e-2)
    assert found.rest[0] == pytest.approx(1.0, rel=1e-3)


def test_what_is_undefined_is_left_out():
    found = described("LOG", 0.0, 1.0)
    assert np.isfinite(found.means[0]) and np.isfinite(found.quantiles).all()
    assert found.quantiles.shape == (1, 66)
    results = found.quantiles[0, :33]
    assert (results[:16] == 0).all() and (results[17:] != 0).any()


def test_another_walk_may_be_given():
    calls = []

    def walk(arrays):
        calls.append(sorted(arrays))
        return lambda programs: pytest.fail("nothing is to be walked")

    compnet = CompNet(load_compnet().arrays, {}, walk=walk)
    assert len(calls) == 1 and compnet.emit_many([]) == []
