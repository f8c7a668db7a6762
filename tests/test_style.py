"""Budgets: one concept a file, one idea a function, one thought a line.

Each gate is a function of text, so that it can be shown to fail.
"""

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src" / "nsc"
MAX_FILE_LINES = 500
MAX_CLASS_LINES = 200
MAX_FUNCTION_LINES = 40
MAX_COLUMNS = 100
MAX_MEDIAN_COLUMNS = 34


def texts() -> Iterator[tuple[str, str]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield str(path.relative_to(SOURCE)), path.read_text()


def length(node: ast.FunctionDef | ast.ClassDef) -> int:
    """Count a definition's lines; a docstring and a command line's options are free."""
    first = node.body[0]
    if ast.get_docstring(node) and len(node.body) > 1:
        first = node.body[1]
    return (node.end_lineno or 0) - first.lineno + 1


def long_files(text: str) -> list[int]:
    n = len(text.splitlines())
    return [n] if n > MAX_FILE_LINES else []


def long_functions(text: str) -> list[str]:
    found = (
        n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef)
    )
    return [n.name for n in found if length(n) > MAX_FUNCTION_LINES]


def long_classes(text: str) -> list[str]:
    found = (
        n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.ClassDef)
    )
    return [
        n.name for n in found if n.end_lineno - n.lineno + 1 > MAX_CLASS_LINES
    ]


def wide_lines(text: str) -> list[int]:
    lines = enumerate(text.splitlines(), 1)
    return [number for number, line in lines if len(line) > MAX_COLUMNS]


def packed_assignments(text: str) -> list[int]:
    """List lines that assign a display of values to several names: `a, b = 1, 2`.

    A swap (`a, b = b, a`) is one thought, and so is what a call returns.
    """
    found = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Assign) or not isinstance(
            node.value, ast.Tuple
        ):
            continue
        for target in node.targets:
            if isinstance(target, ast.Tuple) and not is_swap(
                target, node.value
            ):
                found.append(node.lineno)
    return found


def is_swap(target: ast.Tuple, value: ast.Tuple) -> bool:
    return sorted(map(ast.unparse, target.elts)) == sorted(
        map(ast.unparse, value.elts)
    )


def silent_files(text: str) -> list[str]:
    return [] if ast.get_docstring(ast.parse(text)) else ["no docstring"]


def breaches(gate) -> dict[str, list]:
    found = {f"{name}": gate(text) for name, text in texts()}
    return {name: what for name, what in found.items() if what}


def test_files_are_short():
    assert breaches(long_files) == {}


def test_functions_are_short():
    assert breaches(long_functions) == {}


def test_classes_are_short():
    assert breaches(long_classes) == {}


def test_lines_are_short():
    assert breaches(wide_lines) == {}


def test_a_statement_makes_one_assignment():
    assert breaches(packed_assignments) == {}


def code_columns(text: str) -> list[int]:
    """List the lengths of lines of code: no comment, no docstring, nothing blank."""
    told: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
        if isinstance(node, kinds) and ast.get_docstring(node):
            told.update(
                range(node.body[0].lineno, node.body[0].end_lineno + 1)
            )
    lines = enumerate(text.splitlines(), 1)
    return [
        len(line)
        for number, line in lines
        if line.strip()
        and not line.strip().startswith("#")
        and number not in told
    ]


def test_lines_have_air():
    columns = [n for _, text in texts() for n in code_columns(text)]
    assert statistics.median(columns) <= MAX_MEDIAN_COLUMNS


def test_every_file_says_what_it_is():
    assert breaches(silent_files) == {}


def test_each_gate_can_fail():
    body = "    x = 1\n" * 41
    assert long_functions(f"def f():\n{body}") == ["f"]
    assert long_classes(
        f"class C:\n{'    x = 1' * 1}\n" + "    y = 1\n" * 200
    ) == ["C"]
    assert long_files("x = 1\n" * 501) == [501]
    assert wide_lines("x = 1\n" + "y" * 101) == [2]
    assert silent_files("x = 1") != []
    assert packed_assignments("a, b = 1, 2\na, b = b, a\na, b = f()") == [1]
