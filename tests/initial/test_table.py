"""Every row of INITIALISERS keeps the same promises."""

import numpy as np
import pytest

from nsc.compnet import load_compnet
from nsc.graph import evaluate
from nsc.initial import FROM_TEXT, INITIALISERS, Initial, Order, measured
from nsc.program import parse_program
from nsc.surrogate import COVERING, Topology, forward, random_parameters

ROWS = pytest.mark.parametrize("row", INITIALISERS.values(), ids=INITIALISERS)
TWO = "void f(double x, double y, double *s, double *c) { *s = 2 * y; *c = x * x - y; }"
# no DAG has its operation
UNREADABLE = "#include <math.h>\ndouble f(double x) { return jn(2, x + 3); }"


def order_of(
    text: str, topology: Topology, output: int | None = None, **more
) -> Order:
    program = parse_program(text)
    return Order(program, topology, 3, output, load_compnet(), **more)


@ROWS
@pytest.mark.parametrize("output", [None, 0, 1])
def test_parameters_fit_the_topology_and_hang_on_the_seed_alone(row, output):
    topology = Topology((9, 4, 4, 2 if output is None else 1))
    order = order_of(TWO, topology, output, oracle=lambda x: 1 / 0)
    made = row.make(order)
    assert (
        made.w.shape == (topology.n_parameters,) and made.w.dtype == np.float64
    )
    np.testing.assert_array_equal(made.w, row.make(order).w)


@ROWS
def test_what_only_reads_runs_nothing_and_what_runs_says_so(row):
    runs = []

    def oracle(x):
        runs.append(len(x))
        return x

    given = {"oracle": oracle} if row.runs_program else {}
    made = row.make(order_of(UNREADABLE, COVERING, **given))
    assert made.runs == sum(runs)
    assert bool(runs) == row.runs_program


@ROWS
def test_informed_starts_are_better_than_random_ones(row):
    order = order_of(TWO, Topology((9, 4, 4, 2)), oracle=lambda x: 1 / 0)
    x = np.random.default_rng(0).uniform(-1, 1, (500, 2))
    y = evaluate(order.program.dag, x)

    def loss(w):
        return ((forward(w, order.topology, x) - y) ** 2).mean()

    random = random_parameters(order.topology, seed=3)
    is_better = loss(row.make(order).w) < 0.1 * loss(random)
    assert is_better == row.race.is_informed


@ROWS
def test_starts_are_named_and_the_best_comes_first(row):
    w = np.arange(3.0)
    starts = row.starts(Initial(w, others=(w + 1, w + 2)))
    assert starts[0][1] is w
    assert len({name for name, _ in starts}) == len(starts)
    assert all(name.startswith(row.words.start) for name, _ in starts)
    assert len(starts) == (3 if row.race.enters_all else 1)


@ROWS
def test_rows_are_measured_as_a_row_that_is_measured_as_itself(row):
    own = INITIALISERS[row.measured_as]
    assert own in measured()
    assert own.words == row.words and own.make is row.make


def test_what_the_table_says_of_each():
    assert list(INITIALISERS) == [
        "auto",
        "compnet",
        "distill",
        "random",
        "pretrained",
        "maml",
        "nearest",
    ]
    racers = {
        name: row.race.random_starts for name, row in INITIALISERS.items()
    }
    assert {name: n for name, n in racers.items() if n} == {
        "auto": 4,
        "random": 7,
    }
    assert [row.name for row in INITIALISERS.values() if row.reads_text] == [
        "auto",
        "compnet",
    ]
    assert [row.name for row in measured() if row.is_baseline] == [
        "compnet",
        "random",
    ]
    assert FROM_TEXT.name == "compnet"
    [start] = INITIALISERS["random"].starts(Initial(np.zeros(1)))
    assert start[0] == "random 0"


def test_members_of_a_split_surrogate_get_random_parameters_of_their_own():
    topology = Topology((2, 3, 1))
    first, second = (
        INITIALISERS["random"].make(order_of(TWO, topology, k)).w
        for k in (0, 1)
    )
    np.testing.assert_array_equal(first, random_parameters(topology, seed=3))
    np.testing.assert_array_equal(second, random_parameters(topology, seed=4))


def test_the_misfit_of_a_network_adds_to_what_the_text_says_wrongly():
    made = FROM_TEXT.make(order_of(TWO, Topology((9, 4, 4, 2))))
    topology = Topology((9, 4, 4, 2))
    zero = np.zeros(topology.n_parameters)
    own = made.expected_of(made.w, topology)
    assert own.shape == (2,) and (own >= made.expected_nmse).all()
    assert (made.expected_of(zero, topology) > own + 0.5).all()
    assert Initial(zero).expected_of(zero, topology) is None
    exact = Initial(zero, expected_nmse=(0.25, 0.5))
    assert exact.expected_of(zero, topology).tolist() == [0.25, 0.5]
