"""Who may import whom: the table in docs/system.md is the rule, the code is read against it."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "nsc"


def table() -> dict[str, set[str]]:
    rows = re.findall(r"^\| (\w+) \| ([\w, -]+) \|$", (ROOT / "docs" / "system.md").read_text(), re.MULTILINE)
    return {room: set(re.findall(r"\w+", allowed)) for room, allowed in rows if room != "room"}


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports(path: Path) -> list[tuple[int, str]]:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nsc"):
            parts = node.module.split(".")
            names = [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]
            found += [(node.lineno, name) for name in names]
        elif isinstance(node, ast.Import):
            found += [(node.lineno, a.name.split(".")[1]) for a in node.names if a.name.startswith("nsc.")]
    return found


def violations(rules: dict[str, set[str]]) -> list[str]:
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        room = room_of(path)
        if room in ("__init__", "__main__"):
            continue
        for line, other in imports(path):
            if other != room and other not in rules.get(room, set()):
                found.append(f"{path.relative_to(ROOT)}:{line}: {room} may not import {other}")
    return found


def test_every_room_is_in_the_table():
    rooms = {room_of(p) for p in SOURCE.rglob("*.py")} - {"__init__", "__main__"}
    assert rooms == set(table())


def test_imports_go_one_way():
    assert violations(table()) == []


def test_the_gate_can_fail():
    rules = table() | {"program": set()}
    assert any("program may not import errors" in v for v in violations(rules))


def test_optional_tools_stay_in_their_files():
    homes = {
        "torch": {
            "compnet/device.py",
            "compnet/losses.py",
            "compnet/model.py",
            "compnet/parallel.py",
            "compnet/state.py",
            "compnet/train.py",
            "compnet/bert/model.py",
            "compnet/bert/pretrained.py",
            "compnet/bert/train.py",
        },
        "onnx": {"deploy/onnx.py"},
        "ray": {"exestack/executors.py"},
        "datasketch": {"exestack/twins.py"},
        "sklearn": {"exestack/parrot/images.py"},
        "PIL": {"exestack/parrot/images.py"},
    }
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in (n.split(".")[0] for n in names):
                assert name not in homes or str(path.relative_to(SOURCE)) in homes[name], f"{path}: {name}"
