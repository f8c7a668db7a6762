"""Deep programs: read whole up to 4,096 operations, or with shorter loops, as a guess."""

from dataclasses import replace

import numpy as np
import pytest

from nsc.app.reading import WHOLE, reading_of, reread
from nsc.compilation import Start
from nsc.compilation.race import _believed as believed
from nsc.compnet import load_compnet
from nsc.compnet.compile import MAX_NODES, USUAL_NODES
from nsc.compnet.native import NativeWalk
from nsc.compnet.reference import ReferenceWalk
from nsc.compnet.rewrite import terms_of_all
from nsc.finetune import Predictions
from nsc.graph import Builder, Dag
from nsc.initial import compiler_input, compnet_initial
from nsc.program import parse_program
from nsc.record import Record, shared_inputs, write_records
from nsc.surrogate import COVERING

DECAY = """#define STEPS 1000
double left(double rate) {
  double x = 1, h = 1.0 / STEPS;
  for (int k = 0; k < STEPS; k++) x += h * (-rate * x - 0.2 * x * x);
  return x;
}"""


def deep_dag(nodes):
    """Alternate x -> a x + b with squares and sines, to exactly so many operations."""
    b = Builder(2, MAX_NODES + 8)
    node = b.input(0)
    k = 0
    while len(b.nodes) < nodes - 1:
        k += 1
        node = b.make("SIN" if k % 3 else "SQ", node)
        if len(b.nodes) < nodes - 1:
            node = b.make("ADD", node, b.input(1))
    dag = b.finish([b.make("NEG", node)])
    assert len(dag) == nodes
    return dag


def asked(dag):
    given = compiler_input(
        parse_program("double f(double x, double y) { return x; }")
    )
    return replace(given, dag=dag)


@pytest.fixture(scope="module")
def compnet():
    return load_compnet()


def test_a_program_of_4096_operations_is_embedded_alike_by_both_walks(compnet):
    dag = deep_dag(4096)
    h = compnet.embed(dag)
    assert h is not None and np.isfinite(h).all()
    terms = terms_of_all(dag, [0], limit=3 * MAX_NODES, widest=32)
    native = NativeWalk(compnet.arrays)(terms)
    reference = ReferenceWalk(compnet.arrays)(terms)
    np.testing.assert_allclose(native.h, reference.h, atol=5e-3)
    np.testing.assert_allclose(
        native.means, reference.means, rtol=1e-3, atol=1e-4
    )
    np.testing.assert_allclose(native.scales, reference.scales, rtol=1e-3)


def test_above_4096_operations_the_start_is_text_free_and_says_why(compnet):
    emission = compnet.emission_for(asked(deep_dag(4097)))
    assert not emission.values.size
    assert "at most 4096 are read [too_many_nodes]" in emission.notes[0]


def test_what_is_too_deep_to_say_anything_is_text_free_and_says_so(compnet):
    emission = compnet.emission_for(asked(deep_dag(3000)))
    assert not emission.values.size and "[too_deep]" in emission.notes[0]


def test_a_wide_program_of_many_operations_is_read_whole(compnet):
    b = Builder(2, MAX_NODES)
    total = b.literal(0.0)
    for k in range(300):
        wave = b.make("SIN", b.make("MUL", b.input(0), b.literal(k / 100)))
        total = b.make("ADD", total, b.make("MUL", wave, b.literal(0.01)))
    dag = b.finish([total])
    assert len(dag) > USUAL_NODES
    emission = compnet.emission_for(asked(dag))
    assert emission.values.size and emission.is_doubtful
    assert emission.expected_nmse < 0.5


def test_wide_sums_become_nodes_and_compute_the_same():
    from nsc.compnet.anchors import evaluate
    from nsc.compnet.pack import make_batch, pack

    b = Builder(1, MAX_NODES)
    x = b.input(0)
    for k in range(60):
        x = b.make(
            "ADD", x, b.make("MUL", b.make("SIN", x), b.literal(0.1 + k))
        )
    dag = b.finish([x])
    points = np.linspace(-1, 1, 9)[:, None]
    found = []
    for widest in (None, 8):
        (terms,) = terms_of_all(dag, [0], widest=widest)
        batch = make_batch(pack([terms]), np.arange(1))
        found.append(evaluate(batch, points)[batch.roots[0]])
        edges = len(terms.children)
    assert edges < 60 * 12
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)


def test_a_long_loop_is_read_at_another_length_and_says_which(compnet):
    program = parse_program(DECAY, ranges={"rate": (0.2, 2)})
    found = reading_of(program, compnet)
    assert isinstance(found.dag, Dag) and len(found.dag) <= 1024
    assert found.dag.coarse.startswith("STEPS 1000 -> ")
    assert not found.dag.is_exact and 0 < found.dag_nmse[0] < 0.5
    initial = compnet_initial(
        program, COVERING, 0, compnet=compnet, text=found
    )
    assert f"({found.dag.coarse})" in initial.notes[0]
    assert initial.predicted is not None and initial.predicted.is_doubtful
    assert initial.silent is not None
    assert initial.expected_nmse[0] > found.dag_nmse[0]
    # what data sets and `distill` see stays as it was
    assert program.dag.reason == "long_loop"


def test_what_no_shorter_loop_computes_is_not_guessed(compnet):
    """Where every step matters, programs of other lengths differ from one another."""
    text = """double f(double x) { double s = 0;
      for (int k = 0; k < 3000; k++) s += (k * 7919 % 13 - 6) * x * k; return s; }"""
    found = reading_of(parse_program(text), compnet)
    assert not isinstance(found.dag, Dag) or not found.dag.coarse


def test_a_small_program_with_a_loop_is_read_whole(compnet):
    program = parse_program(
        "double f(double x) { for (int k = 0; k < 8; k++) x += 0.1 * x; return x; }"
    )
    assert reading_of(program, compnet).dag is program.dag


def test_the_whole_dag_is_bounded_in_steps():
    text = """double f(double x) { int n = 0;
      for (int i = 0; i < 4000; i++) for (int j = 0; j < 4000; j++) n += j;
      return x + n; }"""
    found = parse_program(text).dag_within(WHOLE)
    assert found.reason == "takes_too_long" and "steps" in found.message


def test_a_record_is_read_again_and_never_keeps_what_was_read(
    compnet, tmp_path
):
    y = np.exp(-shared_inputs()[:, :1]).astype(np.float32)
    record = Record(
        "f.c:1:left", DECAY, "test", 1, 1, ((0.2, 2.0),), 0, y, None
    )
    found = reread(record, compnet)
    assert found.dag is not None and found.dag.coarse
    with pytest.raises(ValueError, match="no coarse DAG"):
        write_records(tmp_path / "shard.parquet", [found])
    unread = replace(record, text="int g(void);")
    assert reread(unread, compnet) is unread


def test_where_examples_are_many_a_doubtful_text_is_not_started_from(compnet):
    start, silent = np.full(65, 0.1), compnet.base
    x = np.zeros((200, 9))
    y = np.zeros((200, 1))
    predicted = Predictions(x, y + 1.0, is_doubtful=True)
    given = Start(
        COVERING,
        (("compiled text", start), ("text-free vector", silent)),
        instead=("text-free vector", silent),
        predicted=predicted,
    )
    alone = believed(given, x, y)
    assert [label for label, _ in alone.candidates] == ["text-free vector"]
    assert alone.predicted is None and alone.is_informed
    few = believed(replace(given, predicted=None), x, y)
    assert len(few.candidates) == 2
