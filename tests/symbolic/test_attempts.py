"""What is refused is tried again: with ranges, then with bounds."""

import numpy as np
from closed import NAMES, body, domain_of, points, read, signature_of, values

from nsc.graph import OPS, Dag, Unsupported
from nsc.symbolic import dag_of
from nsc.syntax import FLOAT

ONE = ((-1, 1),)


def operations(dag: Dag | Unsupported) -> set[str]:
    """Name the operations of a DAG."""
    assert isinstance(dag, Dag), dag
    return {OPS[k] for k in dag.ops}


def test_a_program_that_is_read_at_once_keeps_its_comparisons():
    # x < 2 always, but nobody asks what is refused by nothing
    assert "LT" in operations(read(body("return x < 2 ? sin(x) : x;")))


def test_a_refusal_is_spared_by_what_ranges_settle():
    dag = read(body("return x < 2 ? sin(x) : unknown(x);"))
    assert operations(dag) == {"IN", "SIN"} and dag.is_exact


def test_a_refusal_that_inputs_can_reach_stays():
    dag = read(body("return x < 0.5 ? sin(x) : unknown(x);"))
    assert dag == Unsupported(
        "unknown_call", "'unknown' has no symbolic meaning", 1, 48
    )


def test_a_domain_decides_what_is_reached():
    text = body("return x < 2 ? sin(x) : unknown(x);")
    assert isinstance(read(text, ((-1, 3),)), Unsupported)
    assert isinstance(read(text, ((0, 1),)), Dag)


def test_bits_of_numbers_are_read_with_ranges():
    text = body(
        "int high = *(1 + (int *)&x); if ((high & 0x7fffffff) >= 0x7ff00000) return 1;"
        " return 2 * x;"
    )
    assert operations(read(text)) == {"IN", "LIT", "MUL"}


def test_floats_are_rounded_by_adding_what_rounds_floats():
    text = "float f(float x) { float big = 8388608.0f; return 9 * x + big - big; }"
    single = signature_of("f", NAMES[:1], FLOAT)
    dag = dag_of(text, single, domain_of(ONE))
    u = np.linspace(-1, 1, 50)[:, None]
    np.testing.assert_array_equal(values(dag, u), np.floor(9 * u[:, 0] + 0.5))
    # a double of that size keeps halves
    assert "ROUND" not in operations(
        read(body("return 9 * x + 8388608.0 - 8388608.0;"))
    )


def test_a_bound_keeps_what_ended_before_it():
    text = body(
        "int n = 0; while (x > 0.01 && n < 999) { x = x * sin(x); n++; } return n;"
    )
    dag = read(text, ((0.2, 1.5),))
    assert isinstance(dag, Dag) and dag.bounded

    def python(value):
        n = 0
        while value > 0.01 and n < 999:
            value = value * np.sin(value)
            n += 1
        return n

    u, x = points(((0.2, 1.5),))
    expected = np.array([python(v) for v in x[:, 0]])
    np.testing.assert_array_equal(
        values(dag, u)[expected < 8], expected[expected < 8]
    )


def test_a_bound_is_not_tried_where_no_loop_is_open():
    text = body(
        "double v[9]; for (int i = 0; i < 10; i++) v[i] = x; return v[8];"
    )
    dag = read(text)
    assert isinstance(dag, Unsupported) and dag.reason == "index_out_of_bounds"


def test_too_many_operations_are_counted_after_what_is_not_needed_is_left_out():
    lines = "".join(f"s = sin(s + {k}.5); " for k in range(300))
    unneeded = read(body(f"double s = x; {lines} return x;"))
    assert isinstance(unneeded, Dag) and len(unneeded) == 1
    needed = read(body(f"double s = x; {lines} return s;"))
    assert isinstance(needed, Unsupported)
    assert needed.reason == "too_many_nodes"
    assert needed.message == "the expression has 901 operations, over 512"


def test_a_type_that_nobody_knows_is_refused_with_its_place():
    dag = read("static double h;\nstatic nothing g;\n" + body("return x;"))
    assert isinstance(dag, Unsupported) and dag.reason == "unknown_type"
    assert (dag.line, dag.column) == (2, 8)
    dag = read("typedef nothing real;\nreal f(real x) { return x; }")
    assert isinstance(dag, Unsupported) and dag.reason == "unknown_type"
    assert (dag.line, dag.column) == (2, 1)


def test_a_function_that_cannot_be_lowered_is_refused_when_it_is_called():
    odd = "static double g(nothing v) { return v; }\n"
    assert isinstance(read(odd + body("return x;")), Dag)
    dag = read(odd + body("return g(x);"))
    assert isinstance(dag, Unsupported)
    assert (dag.reason, dag.line, dag.column) == ("unknown_type", 1, 17)


def test_what_nests_too_deeply_is_refused_and_not_a_traceback():
    text = body("return " + "sin(" * 600 + "x" + ")" * 600 + ";")
    dag = read(text)
    assert dag == Unsupported(
        "too_deep", "the program nests too deeply to be evaluated symbolically"
    )
