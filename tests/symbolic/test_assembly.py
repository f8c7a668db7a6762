"""The room's files: who stands on whom, and that no import hides a circle."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import nsc.symbolic

FILES = sorted(Path(nsc.symbolic.__file__).parent.glob("*.py"))
PREFIX = "nsc.symbolic."


def imports(text: str, *, only_at_the_top: bool) -> set[str]:
    """Name the files of the room that a text imports."""
    tree = ast.parse(text)
    found = set()
    for node in tree.body if only_at_the_top else ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == PREFIX[:-1]:
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (
            node.module or ""
        ).startswith(PREFIX):
            found.add(node.module.removeprefix(PREFIX))
    return found


def graph() -> dict[str, set[str]]:
    return {
        path.stem: imports(path.read_text(), only_at_the_top=False)
        for path in FILES
        if path.stem != "__init__"
    }


def test_no_file_stands_on_itself():
    order = list(TopologicalSorter(graph()).static_order())
    assert set(order) == set(graph())
    assert order.index("machine") < order.index("expressions")
    assert order[-1] == "evaluate"


def test_every_import_is_at_the_top():
    for path in FILES:
        text = path.read_text()
        everywhere = imports(text, only_at_the_top=False)
        assert everywhere == imports(text, only_at_the_top=True), path.name


def test_an_import_inside_a_function_would_be_found():
    text = "def f():\n    from nsc.symbolic.evaluate import dag_of\n"
    assert imports(text, only_at_the_top=False) == {"evaluate"}
    assert imports(text, only_at_the_top=True) == set()


def test_the_machine_knows_no_rule():
    above = {
        "expressions",
        "places",
        "statements",
        "library",
        "initialise",
        "rules",
    }
    reached = {"machine"}
    todo = ["machine"]
    while todo:
        fresh = graph()[todo.pop()] - reached
        reached |= fresh
        todo += fresh
    assert not reached & above
