"""The generator's parts: every text parses, its syntax is handed over, bounds hold."""

import collections
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsc.exestack.synthetic.author import Author, FileScope, Locals, Plan
from nsc.exestack.synthetic.conditionals import comparison, conditional, joined
from nsc.exestack.synthetic.dataset import own_dag
from nsc.exestack.synthetic.dice import Dice
from nsc.exestack.synthetic.expressions import (
    ATOM,
    SUM,
    Expression,
    chained,
    named,
    negated,
)
from nsc.exestack.synthetic.functions import write_function
from nsc.exestack.synthetic.guards import (
    at_most,
    away_from_zero,
    divide,
    positive,
    within_unit,
)
from nsc.exestack.synthetic.idioms import different, horner, polynomial
from nsc.exestack.synthetic.inputs import INPUT_NAMES, LOCAL_NAMES, draw_ranges
from nsc.exestack.synthetic.library import (
    ARGUMENTS,
    SMALL_FUNCTIONS,
    Library,
    definition,
    replaced,
)
from nsc.exestack.synthetic.numbers import Numbers
from nsc.exestack.synthetic.shapes import (
    condition,
    expression,
    mathematical_call,
)
from nsc.exestack.synthetic.statements import (
    Statement,
    announced,
    assigned,
    declared,
    either,
    element,
    function,
    loop,
    returned,
    set_to,
)
from nsc.exestack.synthetic.style import Preferences, Style
from nsc.exestack.synthetic.taste import TASTE
from nsc.exestack.synthetic.vectors import CALLS
from nsc.exestack.synthetic.vectors import call as vector_call
from nsc.exestack.synthetic.writer import Writer
from nsc.graph import Dag, evaluate
from nsc.program import parse_program
from nsc.record import shared_inputs
from nsc.symbolic import EMPTY, Ast, definitions_of
from nsc.syntax import DOUBLE, Domain

seeds = st.integers(min_value=0, max_value=10**9)
C_KEYWORDS = set(
    "auto break case char const continue do double else float for".split()
)
X = shared_inputs(n=256)


def writer(seed, *, n_inputs=3, **style):
    r = Dice(seed)
    drawn = replace(
        Style.draw(r), ctype="double", scalar="double", suffix="", **style
    )
    return Writer(r, drawn, list("xyz")[:n_inputs], Library(r, drawn))


def written_function(seed):
    """Draw until a function's bounds can be computed."""
    r = Dice(seed)
    while True:
        try:
            return write_function(r)
        except (OverflowError, ZeroDivisionError, ValueError):
            continue


def values(w, made, x=X):
    """Compute an expression over x, y, z by reading its text."""
    parameters = ", ".join(f"double {name}" for name in "xyz")
    body = f"double f({parameters}) {{\n  return {made.text};\n}}\n"
    text = "#include <math.h>\n" + w.library.before(body)
    dag = parse_program(text, function="f").dag
    assert isinstance(dag, Dag), (text, dag)
    with np.errstate(all="ignore"):
        return evaluate(dag, x[:, :3])[:, 0]


def plain(found):
    """Return syntax without positions, parentheses and braces around one statement."""
    if isinstance(found, Ast):
        kids = plain(found.kids)
        if found.kind in ("block", "group") and len(kids) == 1:
            return kids[0]
        return Ast(found.kind, kids, plain(found.data))
    is_plain_tuple = type(found) is tuple
    return tuple(map(plain, found)) if is_plain_tuple else found


def syntax_of(text, scope="double x, double y, double z"):
    """Read the syntax of an expression as the front end does."""
    read = definitions_of(f"double f({scope}) {{ return {text}; }}").functions[
        "f"
    ]
    (statement,) = read.data[2].kids
    return plain(statement.kids[0])


def body_of(lines, scope="double x, double y"):
    read = definitions_of(f"double f({scope}) {{ {lines} }}").functions["f"]
    return plain(read.data[2].kids)


# whole functions


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_every_text_parses_to_the_syntax_handed_over(seed):
    written = written_function(seed)
    program = parse_program(
        "#include <math.h>\n" + written.text, function=written.name
    )
    box = Domain(*zip(*written.ranges.values(), strict=True))
    ours = own_dag(written)
    read = replace(program, domain=box).dag
    assert type(ours) is type(read)
    if isinstance(ours, Dag):
        assert ours.fingerprint == read.fingerprint, written.text


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_a_function_has_names_of_its_own(seed):
    written = written_function(seed)
    names = list(written.ranges)
    assert len(set(names)) == len(names) and set(names) <= set(INPUT_NAMES)
    assert 1 <= len(names) <= 9
    assert written.name not in names
    words = re.findall(
        r"^(?:static const )?\w+ (\w+)\[\d+\] = {", written.text, re.M
    )
    assert len(set(words)) == len(words)
    defined = re.findall(r"^#define (\w+)", written.text, re.M)
    assert len(set(defined)) == len(defined)
    assert all(lo < hi for lo, hi in written.ranges.values())


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_the_same_seed_writes_the_same(seed):
    first = Dice(seed)
    second = Dice(seed)
    for _ in range(3):
        outcomes = []
        for r in (first, second):
            try:
                outcomes.append(write_function(r))
            except (OverflowError, ZeroDivisionError, ValueError) as error:
                outcomes.append(str(error))
        assert outcomes[0] == outcomes[1]
    assert first.random() == second.random()


def test_seeds_write_different_functions():
    assert len({written_function(seed).text for seed in range(100)}) == 100


@given(seeds, st.integers(min_value=0, max_value=4))
@settings(max_examples=60, deadline=None)
def test_no_expression_is_deeper_than_asked_for(seed, depth):
    """Each level of drawn expressions adds no more than an idiom's few operators."""
    try:
        made = expression(writer(seed), depth)
    except (OverflowError, ZeroDivisionError, ValueError):
        return
    if depth == 0:
        assert re.fullmatch(r"[xyz]|\(.*\)|[\d.].*", made.text), made.text

    def height(ast):
        return 1 + max(map(height, ast.kids), default=0)

    assert height(made.ast) <= 1 + 40 * max(depth, 1)


# expressions and their bounds


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_operators_keep_within_their_bounds(seed):
    w = writer(seed)
    operands = [w.variable(), w.numbers.literal(hi=4), w.variable()]
    made = operands[0]
    for operand in operands[1:]:
        join = w.r.choice((w.add, w.sub, w.mul, lambda a, b: divide(w, a, b)))
        made = join(made, operand)
    y = values(w, made)
    slack = 1e-9 * (1 + made.reach)
    assert (y >= made.lo - slack).all() and (y <= made.hi + slack).all(), (
        made.text
    )


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_the_syntax_of_an_expression_is_that_of_its_text(seed):
    w = writer(seed, asks=False)
    a = w.sub(w.variable(), w.variable())
    b = w.mul(w.add(w.variable(), w.numbers.literal()), w.variable())
    for made in (w.add(a, b), w.sub(a, b), w.mul(a, b), w.mul(b, negated(a))):
        assert plain(made.ast) == syntax_of(made.text), made.text


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_guards_keep_what_they_promise(seed):
    w = writer(seed)
    e = w.sub(w.mul(w.numbers.literal(hi=5), w.variable()), w.variable())
    assert within_unit(w, e).reach <= 1.0 + 1e-9
    assert positive(w, e).lo >= 0.0
    assert positive(w, e, 0.05).lo >= 0.05
    assert at_most(w, e, 3.0).hi <= 3.0
    apart = away_from_zero(w, e)
    assert apart.lo > 0 or apart.hi < 0
    assert np.abs(values(w, apart)).min() > 0
    assert np.isfinite(values(w, divide(w, w.variable(), e))).all()


def test_guards_leave_alone_what_needs_none():
    w = writer(1)
    small = named("x", 0.6, 0.9)
    assert within_unit(w, small) is small
    assert positive(w, small, 0.5) is small
    assert at_most(w, small, 1.0) is small
    assert away_from_zero(w, small) is small


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_calls_are_defined_for_their_arguments(seed):
    w = writer(seed)
    try:
        made = mathematical_call(w, 1)
    except (OverflowError, ValueError):
        return
    assert np.isfinite(values(w, made)).all(), made.text


def test_an_expression_knows_its_largest_value():
    assert named("x", -3.0, 2.0).reach == 3.0
    assert named("x", 1.0, 2.0).reach == 2.0


def test_operators_of_one_precedence_are_grouped_from_the_left():
    a, b, c = (Ast("name", (), name) for name in "abc")
    right = Ast("binary", (b, c), "-")
    assert chained("+", a, right, "+-") == syntax_of(
        "a + b - c", "int a, int b, int c"
    )
    product = Ast("binary", (b, c), "*")
    assert chained("+", a, product, "+-") == Ast("binary", (a, product), "+")


def test_and_binds_tighter_than_or():
    x, y = named("x", 0.0, 1.0), named("y", 0.0, 1.0)
    w = writer(3, redundant_parentheses=0.0)
    first, second = comparison(w, x, "<", y), comparison(w, y, "<", x)
    for outer in ("&&", "||"):
        for inner in ("&&", "||"):
            made = joined(first, outer, joined(second, inner, first))
            assert plain(made.ast) == syntax_of(made.text), made.text


def test_signs():
    x = named("x", -1.0, 3.0)
    assert negated(x)[:4] == ("-x", 8, -3.0, 1.0)
    assert negated(negated(x)).text == "-(-x)"
    two = Numbers(Dice(1), Style.draw(Dice(1))).constant(2.0)
    assert (
        negated(two).ast.data[0] == -2.0
    )  # the front end reads a number with its sign
    total = Expression("x + y", SUM, 0.0, 2.0, syntax_of("x + y"))
    assert negated(total).text == "-(x + y)"


def test_nobody_subtracts_a_variable_from_itself():
    w = writer(2, redundant_parentheses=0.0)
    x = named("x", -2.0, 1.0)
    made = w.sub(x, x)
    assert "*" in made.text and (made.lo, made.hi) == (0.0, 4.0)


def test_a_conditional_spans_both_sides():
    w = writer(4)
    made = conditional(
        w, condition(w, 0), named("x", -2.0, -1.0), named("y", 3.0, 4.0)
    )
    assert (made.lo, made.hi) == (-2.0, 4.0) and "?" in made.text


# numbers


@given(seeds, st.sampled_from(["whole", "long", "mixed"]))
@settings(max_examples=80, deadline=None)
def test_a_literal_keeps_within_what_is_asked_for(seed, kind):
    numbers = Numbers(
        Dice(seed), replace(Style.draw(Dice(seed)), numbers=kind)
    )
    for lo, hi in ((0.25, 8.0), (0.5, math.inf), (-math.inf, 1.0), (0.2, 0.3)):
        made = numbers.literal(lo=lo, hi=hi)
        assert lo <= made.lo == made.hi <= hi
        assert made.lo > 0


@given(seeds, st.floats(min_value=1e-3, max_value=1e3))
@settings(max_examples=80, deadline=None)
def test_a_like_number_is_no_smaller(seed, value):
    numbers = Numbers(Dice(seed), Style.draw(Dice(seed)))
    found = numbers.like(value)
    assert found >= value * (1 - 1e-9)
    assert found <= max(1.0, math.ceil(value), value * 1.16)


@given(seeds, st.floats(min_value=-1e9, max_value=1e9))
@settings(max_examples=80, deadline=None)
def test_a_constant_is_what_its_text_says(seed, value):
    made = Numbers(Dice(seed), Style.draw(Dice(seed))).constant(value)
    assert float(made.text.rstrip("f")) == value == made.lo == made.hi
    number = made.ast
    assert number.kind == "number" and number.data[0] == value


def test_a_zero_has_one_sign():
    """0.0 is what its text says, so its syntax says so too."""
    numbers = Numbers(Dice("zero"), Style.draw(Dice("zero")))
    zeros = [numbers.constant(value).ast.data[0] for value in (-0.0, 0.0)]
    assert [math.copysign(1.0, zero) for zero in zeros] == [1.0, 1.0]


def test_authors_write_one_kind_of_numbers():
    drawn = Style.draw(Dice(5))
    only_whole = replace(drawn, numbers="whole", folded=0.0, ones=0.0)
    whole = Numbers(Dice(5), only_whole)
    drawn_numbers = [whole.literal().lo for _ in range(50)]
    assert all(value == int(value) for value in drawn_numbers)
    assert all(c.lo in (1, 2, 3, 4, 6) for c in whole.coefficients(20))
    only_ones = Numbers(Dice(5), replace(drawn, ones=1.0, folded=0.0))
    assert {only_ones.literal().lo for _ in range(20)} == {1.0}
    folded = Numbers(Dice(5), replace(drawn, folded=1.0)).literal()
    assert re.fullmatch(r"\(.* ?[*/] ?.*\)", folded.text)
    assert folded.ast.kind == "group"


# styles and chances


def test_dice_repeat_themselves():
    assert [Dice("a").choice("xyz") for _ in range(3)] == [
        Dice("a").choice("xyz")
    ] * 3
    r = Dice("b")
    assert {r.choice((1, 2, 3)) for _ in range(100)} == {1, 2, 3}


def test_an_author_keeps_to_what_is_liked():
    likes = Preferences(Dice(7))
    weighted = [(1, "a"), (1, "b"), (1, "c"), (0, "never")]
    drawn = collections.Counter(
        likes.choose("letters", weighted) for _ in range(3000)
    )
    sums = likes.sums["letters"]
    shares = np.diff([0.0, *sums]) / sums[-1]
    for (_, letter), share in zip(weighted, shares, strict=True):
        assert abs(drawn[letter] / 3000 - share) < 0.05
    assert drawn["never"] == 0


def test_probabilities_are_probabilities():
    chances = {
        name: getattr(TASTE, name) for name in TASTE.__dataclass_fields__
    }
    assert len(chances) > 100
    assert all(0.0 < chance < 1.0 for chance in chances.values())
    with pytest.raises(AttributeError):
        TASTE.typedef = 1.0


def test_cumulative_probabilities_rise():
    for ways in (
        ("mixed_common", "mixed_rounded"),
        ("one_plus_square", "one_plus_absolute", "shift_by_whole"),
        ("positive_absolute", "positive_square"),
        ("unit_by_fmin_fmax", "unit_by_clamp"),
        ("window_hat", "window_parabola", "window_cosine"),
        ("guarded_sqrt", "guarded_pow", "guarded_product"),
        ("distribution_gauss", "distribution_logistic", "distribution_cauchy"),
        ("plain_complement", "plain_shifted", "plain_degrees"),
        ("pick_extreme", "pick_absolute"),
        ("ranges_centred", "ranges_unit"),
        ("result_clamped", "result_absolute"),
    ):
        limits = [getattr(TASTE, way) for way in ways]
        assert limits == sorted(limits), ways


def test_ranges_are_mostly_those_of_the_paper():
    r = Dice("ranges")
    drawn = [draw_ranges(r, ["x", "y"]) for _ in range(2000)]
    centred = sum(d == {"x": (-1.0, 1.0), "y": (-1.0, 1.0)} for d in drawn)
    assert abs(centred / 2000 - TASTE.ranges_centred) < 0.04
    assert all(lo < hi for d in drawn for lo, hi in d.values())


def test_a_plan_is_drawn_as_the_table_says():
    r = Dice("plans")
    plans = [Plan.draw(r) for _ in range(3000)]
    assert (
        abs(np.mean([p.announces for p in plans]) - TASTE.declares_first)
        < 0.04
    )
    alone = [p.const_inputs for p in plans if p.length == 0]
    assert abs(np.mean(alone) - TASTE.const_inputs_alone) < 0.04
    assert max(p.length for p in plans) == 20


# names


def test_names_do_not_run_out():
    w = writer(1)
    names = Locals(w, set())
    found = []
    for _ in range(200):
        found.append(names.fresh(LOCAL_NAMES))
        names.enter(found[-1], -1.0, 1.0)
    assert len(set(found)) == 200 and all(
        name.isidentifier() for name in found
    )
    assert w.waiting == found == names.names


def test_what_is_fixed_is_never_assigned():
    w = writer(1)
    names = Locals(w, {"x"})
    assert names.assignable() is None  # x is fixed, y and z are unused
    w.use("y")
    assert {names.assignable() for _ in range(20)} == {"y"}
    names.enter("res", 0.0, 1.0)
    names.fixed.add("y")
    assert {names.assignable() for _ in range(40)} - {None} == {"res"}


def test_a_variable_is_used_before_it_is_used_again():
    w = writer(1)
    used = {e.text for e in w.several(3, 3)}
    assert used == {"x", "y", "z"} and w.unused == []
    assert w.variable().text in used


def test_tables_have_names_of_their_own():
    style = Style.draw(Dice(1))
    numbers = Numbers(Dice(1), style)
    scope = FileScope(style)
    values_ = [numbers.constant(v) for v in (1.0, 2.5)]
    names = [
        scope.define_table("P", values_),
        scope.define_table("P", values_),
    ]
    assert names == ["P0", "P1"] and len(scope.tables) == 2
    assert scope.texts[0].startswith(f"static const {style.ctype} P0[2] = {{1")


def test_an_author_declares_locals_in_one_line_or_each():
    for seed in range(40):
        author = Author(Dice(seed))
        made = author.declare(author.w.numbers.constant(1.0), changes=True)
        (name,) = author.locals.names
        if author.plan.announces:
            assert author.announced == [name] and made.ast.kind == "assign"
        else:
            assert author.announced == [] and made.ast.kind == "declare"
            assert made.text.startswith(f"{author.style.ctype} {name} = ")
        assert name not in author.locals.fixed


# small functions


def test_only_what_is_called_is_defined():
    r = Dice("functions")
    library = Library(r, replace(Style.draw(r), asks=False))
    x = named("x", 0.0, 1.0)
    called = library.call("lensq", x, x)
    library.call("sq", x)  # the author thought better of it
    assert library.before(called.text).count("static") == 1


@pytest.mark.parametrize("name", sorted(SMALL_FUNCTIONS))
def test_a_small_function_is_the_same_with_branches(name):
    """The texts with ? and with if compute the same."""
    texts = [definition(name, "double", asks=asks) for asks in (True, False)]
    programs = [
        parse_program("#include <math.h>\n" + text, function=name)
        for text in texts
    ]
    x = X[:, : len(ARGUMENTS[name])]
    with_ask, with_if = (evaluate(program.dag, x) for program in programs)
    np.testing.assert_array_equal(with_ask, with_if)
    assert "?" not in texts[1]


@pytest.mark.parametrize("name", sorted(SMALL_FUNCTIONS))
@pytest.mark.parametrize("seed", range(4))
def test_a_small_function_keeps_within_its_bounds(name, seed):
    """As a macro or a function; limits are numbers, as the bounds of clamp and ramp ask."""
    w = writer(seed)
    limits = {"a": Numbers(Dice(1), w.style).constant(-0.5)}
    limits |= {"b": Numbers(Dice(2), w.style).constant(0.75)}
    free = iter([named(n, -1.0, 1.0) for n in "xyzx"])
    has_limits = name in ("clamp", "ramp", "step")
    arguments = [
        limits[p] if has_limits and p in limits else next(free)
        for p in ARGUMENTS[name]
    ]
    made = w.library.call(name, *arguments)
    y = values(w, made)
    assert (y >= made.lo - 1e-12).all() and (y <= made.hi + 1e-12).all()


def test_a_macro_is_what_it_expands_to():
    w = writer(0, asks=True)
    w.library.macros = True
    made = w.library.call("max", named("x", 0.0, 1.0), named("y", 0.0, 1.0))
    assert made.text == "MAX(x, y)" and made.ast.kind == "group"
    assert "#define MAX(a, b) ((a) > (b) ? (a) : (b))" in w.library.before(
        made.text
    )


def test_names_are_replaced_wherever_they_stand():
    found = replaced(syntax_of("x * (x + y)"), {"x": Ast("name", (), "z")})
    assert found == syntax_of("z * (z + y)")


@pytest.mark.parametrize("name", sorted(set(CALLS)))
@pytest.mark.parametrize("length", [2, 3])
def test_a_vectors_function_computes_what_its_name_says(name, length):
    r = Dice(name)
    style = replace(Style.draw(r), ctype="double", scalar="double")
    u, v = np.linspace(-1, 1, length), np.linspace(0.5, -0.25, length)
    cells = {"u": u, "v": v}
    vectors = [
        (
            n,
            [
                Expression(repr(c), ATOM, c, c, EMPTY)
                for c in map(float, cells[n])
            ],
        )
        for n in "uv"
    ]
    needed, called = vector_call(r, style, name, vectors)
    definitions = "".join(text for text, _ in needed.values())
    arrays = "".join(
        f"double {n}[{length}] = {{{', '.join(e.text for e in components)}}};\n"
        for n, components in vectors
    )
    text = f"double f(double x) {{\n{arrays}return x + {called.text}; }}"
    dag = parse_program(
        "#include <math.h>\n" + definitions + text, function="f"
    ).dag
    expected = {
        "dot": u @ v,
        "len": np.sqrt(u @ u),
        "dist": np.sqrt((u - v) @ (u - v)),
        "distsq": (u - v) @ (u - v),
        "mid": np.sqrt(((u + v) / 2) @ ((u + v) / 2)),
        "manhattan": np.abs(u - v).sum(),
    }[name]
    np.testing.assert_allclose(evaluate(dag, np.zeros((1, 1)))[0, 0], expected)
    assert called.lo <= expected <= called.hi


# statements


def test_a_polynomial_is_horners():
    w = writer(6, redundant_parentheses=0.0)
    numbers = [w.numbers.constant(v) for v in (2.0, 3.0, 5.0)]
    made = polynomial(w, named("x", -1.0, 1.0), numbers)
    y = values(w, made)
    x = X[:, 0]
    signs = [(a, b) for a in (1, -1) for b in (1, -1)]
    forms = [b * (a * (2 * x) + 3) * x + 5 for a, b in signs]
    forms += [
        x * (3 + s * 2 * x) * t + u * 5 for s in (1, -1) for t, u in signs
    ]
    forms += [
        x * (s * 2 * x - 3) * t + u * 5 for s in (1, -1) for t, u in signs
    ]
    assert any(np.allclose(y, form) for form in forms), made.text
    assert made.text.count("x") == 2


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_horner_uses_one_variable(seed):
    w = writer(seed, asks=False)
    assert len(set(re.findall(r"[xyz]", horner(w, 2).text))) == 1


def test_what_stands_twice_becomes_a_number():
    w = writer(1)
    x, y = named("x", 0.0, 1.0), named("y", 0.0, 1.0)
    found = different(w, [x, y, x])
    assert found[:2] == [x, y] and found[2].lo == found[2].hi


def test_statements_are_what_the_front_end_reads():
    x, y = named("x", 0.0, 1.0), named("y", 0.0, 1.0)
    w = writer(1)
    test = comparison(w, x, "<", y)
    yes, no = set_to("x", y), set_to("y", x)
    plus = Statement("x += y;", assigned(x, "+=", y))
    cases = [yes, plus, either(test, yes, no), either(test, yes, None)]
    cases += [either(test, yes, either(test, no, plus), chained=True)]
    cases += [announced("double", ["u", "v"], DOUBLE), returned(x)]
    cases += [Statement("double u = x;", declared("u", DOUBLE, x.ast))]
    body = loop("i", 3, Ast("block", (plus.ast,)))
    cases += [Statement("for (int i = 0; i < 3; ++i) { x += y; }", body)]
    for statement in cases:
        (read,) = body_of(statement.text)
        assert read == plain(statement.ast), statement.text


def test_an_element_is_what_the_front_end_reads():
    assert element("v", 2, 0.0, 1.0).ast == syntax_of("v[2]", "double *v")


def test_a_function_is_what_the_front_end_reads():
    ours = function(["x", "y"], DOUBLE, [returned(named("y", 0.0, 1.0)).ast])
    text = "double f(double x, double y) { return y; }"
    assert plain(ours) == plain(definitions_of(text).functions["f"])
