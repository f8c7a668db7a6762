"""Every refusal of the front end says where: file, line and column.

`@` marks the place in a text, and is left out of what is read.
"""

import re
from pathlib import Path

import pytest

import nsc
from nsc.errors import SourceError
from nsc.graph import Unsupported
from nsc.program import parse_program
from nsc.syntax.facts import REFUSED_NODES
from nsc.text import FORBIDDEN
from nsc.text.preprocess import MAX_SOURCE_BYTES

ROOT = Path(nsc.__file__).parent
DEEP = "(" * 3000 + "x" + ")" * 3000

REFUSED = {
    # text
    "bad_directive": "@#else\ndouble f(double x) { return x; }",
    "error_directive": "\n @#error no\ndouble f(double x) { return x; }",
    "forbidden_directive": '\n@#embed "a"\ndouble f(double x) { return x; }',
    "macro_call": "#define M(a, b) a\ndouble f(double x) {\n return @M(x); }",
    "macro_too_large": (
        "#define A x+x+x+x+x+x+x+x\n#define B A+A+A+A+A+A+A+A\n"
        "#define C B+B+B+B+B+B+B+B\n#define D C+C+C+C+C+C+C+C\n"
        "#define E D+D+D+D+D+D+D+D\n#define F E+E+E+E+E+E+E+E\n"
        "#define G F+F+F+F+F+F+F+F\n#define H G+G+G+G+G+G+G+G\n"
        "double f(double x) {\n return @H; }"
    ),
    "source_too_large": f"@{' ' * MAX_SOURCE_BYTES} int x;",
    # syntax
    "array_length": "void f(double x, double v[@-1]) { v[0] = x; }",
    "bad_number": "double f(double x) {\n return x + @99999999999999999999; }",
    "function_pointer": "double f(double @(*g)(double)) { return g(1); }",
    "incomplete_struct": "struct s;\ndouble f(@struct s *p) { return 1; }",
    "keeps_state": "double f(double x) {\n static double m; @m += x; return m; }",
    "unknown_type": "\ndouble f(@thing x) { return x; }",
    "uses_volatile": "double f(@volatile double x) { return x; }",
    "writes_global": "int n;\ndouble f(double x) {\n @n++; return x; }",
    "uses_io": 'double f(double x) {\n @scanf("%lf", &x); return x; }',
    # program
    "closure_too_large": (
        "typedef double t0;\n"
        + "".join(f"typedef t{k} t{k + 1};\n" for k in range(1000))
        + "@t1000 f(double x) { return x; }"
    ),
    "dynamic_size": "double f(double *v, int n) {\n return @v[n]; }",
    "is_cpp": "\n@double f(double &x) { return x; }",
    "negative_index": "double f(@double *v) { return v[-1]; }",
    "nested_pointer": "double f(@double **m) { return m[0][1]; }",
    "nested_too_deeply": f"@double f(double x) {{ return {DEEP}; }}",
    "no_input": "@double f(void) { return 1; }",
    "no_output": "\n@void f(double x) { }",
    "outside_array": "double f(double v[2]) {\n return @v[2]; }",
    "pointer_escapes": "void f(double *o, double x) {\n double **t = @&o; **t = x; }",
    "reserved_name": "double f(@double nsc_x) { return nsc_x; }",
    "returns_pointer": "double @*f(double x) { return 0; }",
    "syntax_error": "double f(double x) {\n return x +@; }",
    "too_many_scalars": "double f(double x, @double v[99999]) { return x; }",
    "type_mismatch": "struct s { double x; };\ndouble f(struct s *p) {\n return @p.x; }",
    "unbounded_recursion": "@double f(double x) { return f(x) + 1; }",
    "unknown_function": "double f(double x) {\n return @g(x); }",
    "unknown_name": "double f(double x) {\n return x * @SCALE; }",
    "unnamed_parameter": "double f(double x, @double *) { return x; }",
    "unsupported_type": "struct s { double x; double v[]; };\ndouble f(@struct s v) { return v.x; }",
    "uses_attributes": "\n__attribute__((vector_size(16))) @double f(double x) { return x; }",
    "uses_complex": "double f(_Complex double @z) { return 1; }",
    "uses_asm": 'double f(double x) {\n @asm("nop"); return x; }',
    "bit_field": "enum e { A };\nstruct s { enum e a : 3; };\n"
    "double f(@struct s p) { return p.a; }",
    "frees_argument": "void free(void *p);\ndouble f(double *p) {\n"
    " double y = *p; @free(p); return y; }",
    "implicit_int": "\n@double f(a, n) double a; { return a * n; }",
    "unconverted_argument": "double f(a) double a;\n{ return a < 1 ? a : f(@0); }",
    "uses_strings": "double f(double x, @char *s) { return x; }",
    "uses_union": "union u { double d; long l; };\ndouble f(@union u v) { return v.d; }",
    "uses_varargs": "double f(double x, @...) { return x; }",
    "void_pointer": "double f(@void *p) { return *(double *)p; }",
}

# reasons that another one comes before, or that no short text has
ELSEWHERE = {
    "complex_type",  # uses_complex
    "no_such_parameter",  # of an argument
    "not_constant",  # dynamic_size
    "takes_too_long",
    "too_many_includes",
    "unsupported_declarator",
    "unsupported_syntax",
}
# the whole file is meant
OF_FILES = {
    "no_function": "int x;",
    "several_candidates": (
        "double f(double x) { return x; } double g(double x) { return x; }"
    ),
    "no_candidate": "void f(double x) { } void g(double x) { }",
}
# what has no expression DAG: line of its closed text
WITHOUT_DAG = {
    "argument_count": (
        "double g(double a, double b) { return a + b; }\n"
        "double f(double x) {\n return @g(x); }"
    ),
    "index_out_of_bounds": (
        "double f(double x) {\n double v[2] = {x, x}; return @v[2]; }"
    ),
    "unknown_call": "double f(double x) {\n return @jn(x > 0, x); }",
}


def place_of(text):
    """Return the text without its mark, and the mark's line and column."""
    before, _, after = text.partition("@")
    column = len(before) - (before.rfind("\n") + 1) + 1
    return before + after, (before.count("\n") + 1, column)


def reasons_of(*rooms):
    found = set()
    for room in rooms:
        for path in (ROOT / room).glob("*.py"):
            text = path.read_text()
            found |= set(re.findall(r'Refusal\(\s*"([a-z_]+)"', text))
    return found


def test_the_corpus_has_every_reason():
    known = {*REFUSED, *ELSEWHERE, *FORBIDDEN.values()}
    known |= {reason for reason, _ in REFUSED_NODES.values()}
    assert reasons_of("text", "syntax", "program") <= known
    assert not ELSEWHERE & set(REFUSED)


@pytest.mark.parametrize("reason", REFUSED)
def test_a_refusal_says_where(reason):
    text, (line, column) = place_of(REFUSED[reason])
    with pytest.raises(SourceError) as raised:
        parse_program(text, path="a.c")
    found = [(p.reason, p.line, p.column) for p in raised.value.problems]
    assert (reason, line, column) in found
    for said in str(raised.value).splitlines():
        assert re.match(r"a\.c:\d+:\d+: .* \[\w+\]$", said), said


@pytest.mark.parametrize("name", sorted(FORBIDDEN))
def test_a_function_that_is_not_to_be_had_says_where(name):
    text = f"double f(double x) {{\n return x + {name}(x); }}"
    with pytest.raises(SourceError) as raised:
        parse_program(text, path="a.c")
    assert any(
        problem.reason == FORBIDDEN[name]
        and (problem.line, problem.column) == (2, 13)
        for problem in raised.value.problems
    )


@pytest.mark.parametrize("reason", OF_FILES)
def test_what_is_said_of_a_file_names_it(reason):
    with pytest.raises(SourceError) as raised:
        parse_program(OF_FILES[reason], path="a.c")
    first, *others = str(raised.value).splitlines()
    assert re.match(rf"a\.c: .* \[{reason}\]$", first)
    assert all(re.match(r"a\.c:\d+:\d+: ", other) for other in others)


@pytest.mark.parametrize("reason", WITHOUT_DAG)
def test_a_text_without_a_dag_says_where(reason):
    text, (line, column) = place_of(WITHOUT_DAG[reason])
    program = parse_program(text, function="f")
    assert isinstance(program.dag, Unsupported)
    assert program.dag.reason == reason
    assert (program.dag.line, program.dag.column) == (line, column)
