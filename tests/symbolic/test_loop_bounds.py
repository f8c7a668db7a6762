"""Loops that inputs may keep running: bounds keep labels exact."""

from nsc.graph import Unsupported
from nsc.program import parse_program
from nsc.symbolic import dag_of_definitions, definitions_of
from nsc.syntax import Domain


def test_what_gives_labels_is_never_cut_off():
    text = "double f(double x) { while (x < 4) x += 1.1 + sin(x); return x; }"
    program = parse_program("#include <math.h>\n" + text)
    assert program.dag.bounded
    found = dag_of_definitions(
        definitions_of(text), program.signature, Domain((-1.0,), (1.0,))
    )
    assert (
        isinstance(found, Unsupported)
        and found.reason == "data_dependent_loop"
    )


def test_values_that_grow_without_bound_are_no_defect():
    for text in (
        "double f(double x) { while (x < 5 + x * x) x = x * 1.5 + 4; return x; }",
        (
            "#include <math.h>\ndouble f(double x) { for (double s = 1; s < 9 + x; s +="
            " 1) x = sinh(x * x + 9); return x; }"
        ),
    ):
        dag = parse_program(text).dag
        assert (
            isinstance(dag, Unsupported)
            and dag.reason == "data_dependent_loop"
        )
