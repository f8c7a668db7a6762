"""Digests of pieces of this code, for the names of what they made.

In: modules of the package. Out: a digest of them and of all that they import from the
package, however deep.
Non-goals: other packages' versions; names that a room looks up only when asked for (by
`__getattr__`), which are imported from their own files where a digest hangs on them.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_DATA = ("*.c", "*.h", "*.txt", "csrc/*")  # what a module may read beside it


@cache
def code_digest(*modules: str) -> bytes:
    """Digest modules, such as "nsc.record", with all that decides what they do.

    That is what they import, and the C and lists that lie beside these files.

    Raises:
        ValueError: a name is no module of the package.
    """
    files = {file for module in modules for file in sources_of(module)}
    data = {
        path
        for file in files
        for pattern in _DATA
        for path in file.parent.glob(pattern)
    }
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(files | data):
        digest.update(f"{path.relative_to(_PACKAGE)}\0".encode())
        digest.update(path.read_bytes() + b"\0")
    return digest.digest()


@cache
def sources_of(module: str) -> frozenset[Path]:
    """Find the Python files of the package that decide what a module does.

    Its own, and those of what it imports. Read off the text, imports inside functions
    included: nothing is run. What a name is imported for is not asked, so a room's
    `__init__` brings all that it re-exports: a digest that changes too often is only
    work done again.
    """
    found: set[Path] = set()
    todo = list(_files_of(module))
    if not todo:
        raise ValueError(f"'{module}' is no module of nsc")
    while todo:
        path = todo.pop()
        if path not in found:
            found.add(path)
            todo += [
                file for name in _imported(path) for file in _files_of(name)
            ]
    return frozenset(found)


def _imported(path: Path) -> Iterator[str]:
    """Yield the dotted names that a file may import: modules, and what is in them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(path, node)
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _absolute(path: Path, node: ast.ImportFrom) -> str:
    """Return the dotted name of the module that `from ... import` names in a file.

    Example: in nsc/graph/dag.py, `from .bits import fields` names nsc.graph.bits.
    """
    if not node.level:
        return node.module or ""
    folder = path.parents[node.level - 1]
    parts = (_PACKAGE.name, *folder.relative_to(_PACKAGE).parts)
    return ".".join(parts if node.module is None else (*parts, node.module))


def _files_of(module: str) -> Iterator[Path]:
    """Yield the file of a module of the package, if that is what the dotted name is."""
    root, *parts = module.split(".")
    if root != _PACKAGE.name:
        return
    path = _PACKAGE.joinpath(*parts)
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if parts and candidate.is_file():
            yield candidate
