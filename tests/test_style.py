"""Budgets: one concept a file, one idea a function."""

import ast
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src" / "nsc"
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40


def test_files_are_short():
    long = {str(p): n for p in SOURCE.rglob("*.py") if (n := len(p.read_text().splitlines())) > MAX_FILE_LINES}
    assert long == {}


def test_functions_are_short():
    """Bodies only: a command line's options and a docstring are not counted."""
    long = []
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
                lines = node.end_lineno - first.lineno + 1
                if lines > MAX_FUNCTION_LINES:
                    long.append(f"{path.relative_to(SOURCE)}:{node.lineno} {node.name}: {lines} lines")
    assert long == []


def test_every_file_says_what_it_is():
    silent = [str(p) for p in SOURCE.rglob("*.py") if not ast.get_docstring(ast.parse(p.read_text()))]
    assert silent == []
