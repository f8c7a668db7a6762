"""Functions without a body: told by their names, and read as what these say."""

from importlib.resources import files

import numpy as np
import pytest

from nsc.errors import SourceError
from nsc.graph import Dag, Unsupported, evaluate
from nsc.program import list_programs, parse_program
from nsc.sandbox import Built, build, run
from nsc.symbolic.stand_ins import stand_in, words_of

X = np.random.default_rng(2).uniform(-1, 1, (200, 9))
LEXICON = files("nsc") / "symbolic" / "lexicon.c"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fastInvSqrt_f32", ["fast", "inv", "sqrt", "f", "32"]),
        ("deg2rad", ["deg", "to", "rad"]),
        ("HTMLColor", ["html", "color"]),
        ("atan2", ["atan", "2"]),
        ("c2f", ["c", "to", "f"]),
        ("_", []),
    ],
)
def test_identifiers_are_cut_into_words(name, words):
    assert words_of(name) == words


@pytest.mark.parametrize(
    ("name", "arity", "found"),
    [
        ("fast_sin", 1, "sin"),
        ("lerpf", 3, "lerp"),
        ("my_hypot", 2, "hypot"),
        ("clampd", 3, "clamp"),
        ("mixColor", 3, "lerp"),
        ("rgb2gray", 3, "luma"),
        ("dot3f", 6, "dot3"),
        ("vec3_dot", 6, "dot3"),
        ("degToRad", 1, "radians"),
        ("fastInvSqrt_f32", 1, "rsqrt"),
        ("MyLog10", 1, "log10"),
        ("j0", 1, "j0"),
        ("absd", 1, "absolute"),
        ("my_nan", 1, None),
        ("foo", 2, None),
        ("R", 1, None),
        ("P1", 1, None),
        ("compute", 2, None),
        ("sin", 4, None),
        ("_", 1, None),
    ],
)
def test_names_say_what_functions_compute(name, arity, found):
    told = stand_in(name, arity)
    assert (told and told.name) == found


def test_the_lexicon_is_c_and_its_dags_compute_what_it_does():
    found = [
        f.program
        for f in list_programs("#include <math.h>\n" + LEXICON.read_text())
    ]
    assert len(found) > 140 and all(
        isinstance(p.dag, Dag) and p.dag.is_exact for p in found
    )
    outcomes = build([p.unit for p in found])
    for program, outcome in zip(found, outcomes, strict=True):
        assert isinstance(outcome, Built), program.name
        x = X[:, : program.n_inputs]
        ran, read = run(outcome, x).outputs, evaluate(program.dag, x)
        defined = np.isfinite(ran)
        assert defined.any(), program.name
        np.testing.assert_allclose(
            read[defined],
            ran[defined],
            rtol=1e-9,
            atol=1e-9,
            err_msg=program.name,
        )


WHOLE = "double f(double x, double y) { return wobble(2*x) * y + mix(x, y, 0.25) - 1; }"
BODIES = (
    "#include <math.h>\nstatic double mix(double a, double b, double t) { return a + (b"
    " - a)*t; }\n"
)


def test_what_is_guessed_is_as_if_it_were_there():
    helpers = BODIES + "static double wobble(double v) { return 0; }\n"
    partial = parse_program(WHOLE, partial=True)
    assert partial.bodiless == ("wobble", "mix")
    assert (
        partial.dag.guesses == (("wobble", ""), ("mix", "lerp"))
        and not partial.dag.is_exact
    )
    exact = parse_program(helpers + WHOLE, function="f").dag
    assert exact.is_exact and exact.fingerprint == partial.dag.fingerprint


def test_prototypes_stay_in_the_text_and_say_how_to_go_on():
    text = "double mix(double, double, double);\n" + WHOLE.replace(
        "wobble(2*x)", "x"
    )
    assert parse_program(text, partial=True).text.startswith(
        "double mix(double, double, double);"
    )
    with pytest.raises(Exception, match="'mix' is declared.*text_only=True"):
        parse_program(text)


def read(text):
    program = parse_program(text, function="f", partial=True)
    return program.dag, evaluate(program.dag, X[:, : program.n_inputs])[:, 0]


def test_what_looks_like_the_standard_library_is_guessed_too():
    dag, y = read("double f(double x) { return absf(x)*2 + trap(x, 2); }")
    assert dag.guesses == (("absf", "absolute"), ("trap", ""))
    np.testing.assert_allclose(y, 2 * np.abs(X[:, 0]))


def test_a_lexicon_function_meets_none_of_the_programs():
    _, y = read(
        "static double fmin(double a, double b) { return 7; } double f(double x) {"
        " return min3(x, 0, 9); }"
    )
    np.testing.assert_allclose(y, np.minimum(X[:, 0], 0))


def test_declared_results_are_converted_and_names_kept_by_arguments():
    dag, y = read(
        "int sq(double); void log_it(double); double f(double x) { log_it(x); return"
        " sq(3*x)/2 + my_min(x, 0) + my_min(x, 0, 9); }"
    )
    assert dag.guesses == (("sq", "sq"), ("my_min", "min"), ("my_min", "min3"))
    np.testing.assert_allclose(
        y,
        np.trunc(np.trunc(9 * X[:, 0] ** 2) / 2) + 2 * np.minimum(X[:, 0], 0),
    )
    text = (
        "typedef struct { double x, y; } V; V lerp(double, double, double); double"
        " f(double x) { V v = lerp(x, 0, 1);"
    )
    dag = parse_program(
        text + " return v.x; }", function="f", partial=True
    ).dag
    assert isinstance(dag, Unsupported) and dag.reason == "unknown_call"


def test_what_only_missing_functions_could_write_is_asked_for():
    with pytest.raises(SourceError, match="no_output"):
        parse_program(
            "void f(double x, double *s) { my_sin(x, s); }", partial=True
        )
    assert (
        parse_program(
            "void f(double x, double *s) { my_sin(x, s); }",
            partial=True,
            out=["s"],
        ).n_outputs
        == 1
    )


@pytest.mark.parametrize("call", ["mix(&x, y, 1)", "wobble(x, &y)"])
def test_only_functions_of_numbers_are_guessed(call):
    dag = parse_program(
        f"double f(double x, double y) {{ return {call}; }}", partial=True
    ).dag
    assert isinstance(dag, Unsupported) and dag.reason == "unknown_call"
