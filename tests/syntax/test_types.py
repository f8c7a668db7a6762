"""Declarations -> C types: declarators, typedefs, tags, constants, named refusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsc.refusal import Refusal
from nsc.syntax import (
    DOUBLE,
    FLOAT,
    INT,
    Array,
    CType,
    Pointer,
    Scalar,
    Scope,
    Struct,
    Union,
    Void,
    base_type,
    constant,
    declarators_of,
    declare,
    enter,
    is_const,
    named_type,
    scope_of,
    syntax_tree,
    type_definitions,
    walk,
)


def scope_from(text: str) -> Scope:
    return scope_of(type_definitions(syntax_tree(text)))


def declared(text: str, before: str = "") -> dict[str, CType]:
    """Return the types of the variables that the last declaration of a text declares."""
    root = syntax_tree(f"{before}\n{text}")
    scope = scope_of(type_definitions(root))
    node = root.named_children[-1]
    base = base_type(node, scope)
    const = is_const(node)
    return dict(
        declare(d, base, scope, const=const) for d in declarators_of(node)
    )


def refused(text: str, before: str = "") -> str:
    with pytest.raises(Refusal) as caught:
        declared(text, before)
    return caught.value.reason


def value_of(expression: str, before: str = "") -> int:
    root = syntax_tree(f"{before}\nint t[{expression}];")
    scope = scope_of(type_definitions(root))
    arrays = [n for n in walk(root) if n.type == "array_declarator"]
    return constant(arrays[-1].child_by_field_name("size"), scope)


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("float x;", "x", FLOAT),
        ("float *x;", "x", Pointer(FLOAT)),
        ("const float *x;", "x", Pointer(FLOAT, const=True)),
        ("float *const x;", "x", Pointer(FLOAT)),
        ("float **x;", "x", Pointer(Pointer(FLOAT))),
        ("float *v[3];", "v", Array(Pointer(FLOAT), 3)),
        ("float (*v)[3];", "v", Pointer(Array(FLOAT, 3))),
        ("float m[2][3];", "m", Array(Array(FLOAT, 3), 2)),
        ("extern float v[];", "v", Array(FLOAT, None)),
        ("float v[2 * 3 + 1];", "v", Array(FLOAT, 7)),
        ("float (x);", "x", FLOAT),
        ("float x = 1;", "x", FLOAT),
        (
            "unsigned char c;",
            "c",
            Scalar("unsigned char", "int", 8, signed=False),
        ),
        ("char c;", "c", Scalar("char", "int", 8)),
        ("long double x;", "x", Scalar("long double", "float", 128)),
        ("enum e { A, B } x;", "x", INT),
        ("void *p;", "p", Pointer(Void())),
    ],
)
def test_declarators_are_read_from_the_outside_in(text, name, expected):
    assert declared(text) == {name: expected}


def test_each_declarator_of_a_declaration_has_its_own_type():
    assert declared("double a, *b, c[2];") == {
        "a": DOUBLE,
        "b": Pointer(DOUBLE),
        "c": Array(DOUBLE, 2),
    }


@pytest.mark.parametrize(
    ("words", "spelling", "bits", "signed"),
    [
        ("unsigned", "unsigned int", 32, False),
        ("long unsigned int", "unsigned long", 64, False),
        ("int long long", "long long", 64, True),
        ("signed short int", "short", 16, True),
        ("char unsigned", "unsigned char", 8, False),
        ("uint_fast16_t", "uint_fast16_t", 16, False),
        ("int8_t", "int8_t", 8, True),
        ("size_t", "size_t", 64, False),
    ],
)
def test_integers_in_any_order_of_words(words, spelling, bits, signed):
    assert named_type(words, Scope()) == Scalar(spelling, "int", bits, signed)


@given(st.permutations(["unsigned", "long", "long", "int"]))
def test_the_order_of_words_means_nothing(words):
    expected = Scalar("unsigned long long", "int", 64, signed=False)
    assert named_type(" ".join(words), Scope()) == expected


def test_limits_of_integers_are_doubles_of_the_type():
    assert Scalar("int", "int", 32).limits == (-(2.0**31), 2.0**31 - 1)
    assert Scalar("unsigned char", "int", 8, signed=False).limits == (
        0.0,
        255.0,
    )
    _, largest = Scalar("unsigned long long", "int", 64, signed=False).limits
    assert 2.0**63 < largest < 2.0**64


def test_typedefs_are_followed_through_chains():
    before = "typedef double real; typedef real vec[3]; typedef vec *rows;"
    assert declared("rows r;", before) == {"r": Pointer(Array(DOUBLE, 3))}
    assert declared("real x;", before) == {"x": DOUBLE}


def test_a_typedef_may_hide_a_name_of_the_standard_library():
    assert declared("size_t n;", "typedef double size_t;") == {"n": DOUBLE}


def test_a_struct_without_tag_is_called_by_its_first_typedef():
    before = "typedef struct { double x, y; } vec, *vecp;"
    vec = Struct("vec", (("x", DOUBLE), ("y", DOUBLE)))
    assert declared("vec v;", before) == {"v": vec}
    assert declared("vecp v;", before) == {"v": Pointer(vec)}


def test_a_struct_known_by_a_pointer_alone_is_named_by_it():
    (found,) = declared("P p;", "typedef struct { double a; } *P;").values()
    assert isinstance(found, Pointer)
    assert found.to == Struct("__typeof__(*(P)0)", (("a", DOUBLE),))
    (found,) = declared(
        "P p;", "typedef const struct { double a; } *P;"
    ).values()
    assert isinstance(found, Pointer)
    assert found.to.spell() == "__typeof_unqual__(*(P)0)"


def test_tags_and_fields():
    before = "struct in { double a; double b[2]; }; struct out { struct in q; int n; };"
    inner = Struct("struct in", (("a", DOUBLE), ("b", Array(DOUBLE, 2))))
    (outer,) = declared("struct out o;", before).values()
    assert outer == Struct("struct out", (("q", inner), ("n", INT)))
    assert outer.field("q") == inner and outer.field("nothing") is None


def test_the_fields_of_an_anonymous_member_are_found_through_it():
    (found,) = declared(
        "struct { struct { double a; }; double b; } s;"
    ).values()
    assert found == Struct(
        "", (("@a", Struct("", (("a", DOUBLE),))), ("b", DOUBLE))
    )
    assert found.field("a") == DOUBLE


def test_a_union_is_not_a_struct():
    (found,) = declared("union u { double d; long l; } v;").values()
    assert isinstance(found, Union) and found.spell("v") == "union u v"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("thing x;", "unknown_type"),
        ("struct s x;", "incomplete_struct"),
        ("complex z;", "complex_type"),
        ("struct { int b : 33; } s;", "bit_field"),
        ("double (*f)(double);", "function_pointer"),
        ("double v[n];", "dynamic_size"),
        ("double v[0];", "array_length"),
        ("double v[2000000];", "array_length"),
    ],
)
def test_what_is_no_type_here_is_refused_by_name(text, reason):
    assert refused(text) == reason


def test_a_refusal_points_at_what_it_means():
    text = "double a, v[3 + n];"
    with pytest.raises(
        Refusal, match="an array's length must be a constant"
    ) as caught:
        declared(text)
    assert caught.value.offset - 1 == text.index("3 + n")


def test_what_cannot_be_resolved_is_left_out_of_the_scope():
    scope = scope_from(
        "typedef thing a; typedef double b; struct s { a x; }; enum { K = n, L };"
    )
    assert scope.typedefs == {"b": DOUBLE}
    assert scope.tags == {} and scope.constants == {}


def test_enumerators_count_on_from_the_last_value():
    scope = scope_from("enum { A, B = 5, C, D = A - 1, E };")
    assert scope.constants == {"A": 0, "B": 5, "C": 6, "D": -1, "E": 0}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("1 << 4 | 1", 17),
        ("~0 & 0xff", 255),
        ("'a' - 'A'", 32),
        ("N > 2 ? N : 2", 5),
        ("!N", 0),
        ("1 / 0", 0),
    ],
)
def test_integer_constants(expression, value):
    assert value_of(expression, "enum { N = 5 };") == value


@pytest.mark.parametrize(
    "expression", ["n", "f(1)", "1.5", "sizeof(int)", "N = 2"]
)
def test_other_expressions_are_not_constant(expression):
    with pytest.raises(Refusal, match="is not an integer constant"):
        value_of(expression, "enum { N = 5 };")


def test_a_scope_is_filled_once_and_only_when_asked():
    asked = []

    def fill(scope: Scope) -> None:
        asked.append(1)
        scope.typedefs["real"] = DOUBLE
        # what is entered may be asked for while the rest is
        scope.typedefs["alias"] = scope.typedefs["real"]

    scope = Scope(fill)
    assert named_type("float", scope) == FLOAT and not asked
    assert named_type("alias", scope) == DOUBLE
    assert scope.constants == {} and asked == [1]


def test_a_copy_of_a_scope_keeps_its_own_names():
    scope = scope_from("typedef double real;")
    local = scope.copy()
    (node,) = type_definitions(syntax_tree("typedef float real; "))
    enter(node, local)
    assert local.typedefs == {"real": FLOAT} and scope.typedefs == {
        "real": DOUBLE
    }


SCALARS = st.sampled_from(
    [FLOAT, DOUBLE, INT, Scalar("unsigned int", "int", 32, False)]
)
TYPES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.builds(Pointer, inner), st.builds(Array, inner, st.integers(1, 9))
    ),
    max_leaves=5,
)


@given(TYPES)
def test_what_a_type_spells_is_read_as_the_type(ctype):
    assert declared(ctype.spell("name") + ";") == {"name": ctype}
