"""Who may import whom: the table in docs/system.md is the rule, the code is read
against it.

Every import counts: those inside functions, and those for type checkers alone.
"""

import ast
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "nsc"
NO_ROOMS = ("__init__", "__main__")
# whose users want torch, apart from compnet's
INNER_ROOMS = ("compnet.training", "compnet.bert.training")


def table() -> dict[str, set[str]]:
    text = (ROOT / "docs" / "system.md").read_text()
    rows = re.findall(r"^\| (\w+) \| ([\w, -]+) \|$", text, re.MULTILINE)
    return {
        room: set(re.findall(r"\w+", allowed))
        for room, allowed in rows
        if room != "room"
    }


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


@cache
def import_nodes(text: str) -> list[ast.Import | ast.ImportFrom]:
    return [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]


def imports(text: str) -> list[tuple[int, str]]:
    """List (line, dotted module) of what a text imports from nsc; "nsc" alone for `from
    nsc import room`.
    """
    found = []
    for node in import_nodes(text):
        if isinstance(node, ast.ImportFrom) and node.module == "nsc":
            found += [
                (node.lineno, f"nsc.{alias.name}") for alias in node.names
            ]
        elif isinstance(node, ast.ImportFrom) and (
            node.module or ""
        ).startswith("nsc."):
            found.append((node.lineno, node.module))
        elif isinstance(node, ast.Import):
            found += [
                (node.lineno, a.name)
                for a in node.names
                if a.name.startswith("nsc.")
            ]
    return found


def every_import() -> list[tuple[str, str, str]]:
    """List (place, importing room, dotted module below nsc) over the package."""
    return [
        (
            f"{path.relative_to(ROOT)}:{line}",
            room_of(path),
            module.removeprefix("nsc."),
        )
        for path in sorted(SOURCE.rglob("*.py"))
        if room_of(path) not in NO_ROOMS
        for line, module in imports(path.read_text())
    ]


def violations(rules: dict[str, set[str]]) -> list[str]:
    return [
        f"{place}: {room} may not import {other}"
        for place, room, module in every_import()
        if (other := module.split(".")[0])
        not in {room, *rules.get(room, set())}
    ]


def reaching_into(found: list[tuple[str, str, str]]) -> list[str]:
    """List imports of another room's files, where the room itself is to be imported."""
    return [
        f"{place}: import nsc.{module.split('.')[0]}, not nsc.{module}"
        for place, room, module in found
        if "." in module
        and module.split(".")[0] != room
        and module not in INNER_ROOMS
    ]


def test_every_room_is_in_the_table():
    rooms = {room_of(p) for p in SOURCE.rglob("*.py")} - {*NO_ROOMS}
    assert rooms == set(table())


def test_imports_go_one_way():
    assert violations(table()) == []


def test_the_gate_can_fail():
    rules = table() | {"program": set()}
    assert any("program may not import errors" in v for v in violations(rules))


def test_the_table_has_no_circle():
    assert list(TopologicalSorter(table()).static_order())


def test_a_circle_would_be_found():
    with pytest.raises(CycleError):
        list(TopologicalSorter(table() | {"errors": {"app"}}).static_order())


def test_rooms_are_imported_and_never_their_files():
    assert reaching_into(every_import()) == []


def test_reaching_into_a_room_would_be_found():
    text = "def f():\n    from nsc.graph.builder import Builder\n"
    found = [
        ("place", "program", module.removeprefix("nsc."))
        for _, module in imports(text)
    ]
    assert reaching_into(found) == [
        "place: import nsc.graph, not nsc.graph.builder"
    ]


def file_graph() -> dict[str, set[str]]:
    """Return which files import which, by dotted name; a room's `__init__` is no file."""
    files = {
        ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts): path
        for path in SOURCE.rglob("*.py")
        if path.name not in ("__init__.py", "__main__.py")
    }
    graph: dict[str, set[str]] = {}
    for name, path in files.items():
        nodes = import_nodes(path.read_text())
        froms = [
            n for n in nodes if isinstance(n, ast.ImportFrom) and n.module
        ]
        asked = {n.module for n in froms}
        asked |= {
            f"{n.module}.{alias.name}" for n in froms for alias in n.names
        }
        graph[name] = (asked & set(files)) - {name}
    return graph


def test_no_files_import_each_other():
    assert list(TopologicalSorter(file_graph()).static_order())


def homes() -> dict[str, set[str]]:
    """Return the files that may import each optional tool; a folder stands for all in
    it.
    """
    return {
        "torch": {
            "compnet/training",
            "compnet/bert/training",
            "experiments/llvm_mca/transformer.py",
            "experiments/llvm_mca/transformer_adaptation.py",
            "experiments/llvm_mca/transformer_stage.py",
            "experiments/llvm_mca/transformer_training.py",
            "surrogate/torch_module.py",
        },
        "jax": {"surrogate/jax_function.py"},
        "matplotlib": {"surrogate/plot.py"},
        "onnx": {"deploy/onnx.py"},
        "ray": {"host/ray_cluster.py"},
        "scipy": {
            "app/sobol.py",
            "app/other_forms.py",
            "optimization/solvers.py",
        },
        "datasketch": {"exestack/dataset/twins.py"},
        "sklearn": {"exestack/parrot/images.py", "app/estimator.py"},
        "PIL": {"exestack/parrot/images.py"},
    }


def strays(tools: dict[str, set[str]]) -> list[str]:
    found = []
    for path in SOURCE.rglob("*.py"):
        place = path.relative_to(SOURCE)
        for node in import_nodes(path.read_text()):
            names = (
                [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else []
            )
            names += (
                [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            )
            for tool in {n.split(".")[0] for n in names} & set(tools):
                if not {str(place), str(place.parent)} & tools[tool]:
                    found.append(f"{place}: {tool}")
    return found


def test_optional_tools_stay_in_their_files():
    assert strays(homes()) == []


def test_a_stray_tool_would_be_found():
    assert "deploy/onnx.py: onnx" in strays(homes() | {"onnx": set()})
