"""Where C text comes from: local trees, Debian packages, The Stack.

In: a source like `tree:DIR`, `debian:gsl,musl` or `stack:FILE.parquet`. Out: `Found`s in a fixed order.
Nothing here parses C.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from nsc.errors import InputError
from nsc.exestack.debian import debian_package
from nsc.exestack.stack import read_stack
from nsc.exestack.text import Found
from nsc.exestack.tree import read_package, read_tree

KINDS = "tree:DIR, debian:PACKAGE,... or stack:FILE.parquet"


def read_source_texts(source: str, say: Callable[[str], None] = lambda line: None) -> Iterator[Found]:
    """Open a source; its files come in an order that depends on their content alone.

    Raises:
        InputError: another kind of source, nothing at that place, or a package that cannot be had.
    """
    kind, _, place = source.partition(":")
    path = Path(place)
    if kind == "tree":
        if not path.is_dir():
            raise InputError(f"{source}: expected a folder; there is none at {place}")
        return read_tree(path)
    if kind == "stack":
        if not path.is_file():
            raise InputError(f"{source}: expected a parquet file; there is none at {place}")
        return read_stack(path)
    if kind == "debian":
        packages = [debian_package(name, say) for name in place.split(",")]
        return (found for folder, p in packages for found in read_package(folder, p.name, p.licence))
    raise InputError(f"'{source}' is no source; expected {KINDS}")
