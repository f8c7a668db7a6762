"""Where C text comes from: local trees, Debian packages, The Stack.

In: a source like `tree:DIR`, `debian:gsl,musl` or `stack:FILE.parquet`. Out: `Found`s
in a fixed order. Nothing here parses C.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from nsc.errors import InputError
from nsc.exestack.sources.debian import MissingPackage, debian_package
from nsc.exestack.sources.stack import open_stack, read_stack
from nsc.exestack.sources.text import SUFFIXES, Found
from nsc.exestack.sources.tree import ARCHIVES, read_package, read_tree

KINDS = (
    "tree:DIR, debian:PACKAGE,..., stack:FILE.parquet, synthetic:N or"
    " mutate:DATASET[,COPIES]"
)


def read_source_texts(
    source: str, say: Callable[[str], None] = lambda line: None
) -> Iterator[Found]:
    """Open a source; its files come in an order that depends on their content alone.

    Raises:
        InputError: another kind of source, nothing at that place, or a package that
            cannot be had.
    """
    kind, _, place = source.partition(":")
    path = Path(place)
    if kind == "tree":
        if not path.is_dir():
            raise InputError(
                f"{source}: expected a folder; there is none at {place}"
            )
        return read_tree(path)
    if kind == "stack":
        if not path.is_file():
            raise InputError(
                f"{source}: expected a parquet file; there is none at {place}"
            )
        return read_stack(open_stack(path), path.stem)
    if kind == "debian":
        packages = [debian_package(name, say) for name in place.split(",")]
        return (
            found
            for folder, p in packages
            for found in read_package(folder, p.name, p.licence)
        )
    raise InputError(f"'{source}' is no source; expected {KINDS}")


def without_missing(
    sources: Sequence[str], say: Callable[[str], None] = lambda line: None
) -> tuple[list[str], dict[str, str]]:
    """Leave out Debian packages that apt cannot fetch.

    Returns:
        (the sources that are left, reasons by package)

    Raises:
        InputError: a package cannot be had for another reason.
    """
    left: list[str] = []
    missing: dict[str, str] = {}
    for source in sources:
        kind, _, place = source.partition(":")
        if kind != "debian":
            left.append(source)
            continue
        names: list[str] = []
        for name in place.split(","):
            try:
                debian_package(name, say)
                names.append(name)
            except MissingPackage as error:
                missing[name] = str(error)
        left += [f"debian:{','.join(names)}"] if names else []
    return left, missing


def count_files(source: str) -> int:
    """Say about how many files a source has, without reading them.

    Rows of a parquet file and archives count as one.
    """
    kind, _, place = source.partition(":")
    if kind == "stack":
        return open_stack(Path(place)).metadata.num_rows
    if kind == "tree":
        return _count_below(Path(place))
    packages = (debian_package(name) for name in place.split(","))
    return sum(_count_below(folder) for folder, _ in packages)


def _count_below(root: Path) -> int:
    names = (name for _, _, names in os.walk(root) for name in names)
    return sum(name.endswith((*SUFFIXES, *ARCHIVES)) for name in names)


def versions_of(sources: Sequence[str]) -> dict[str, str]:
    """Return the versions of the Debian packages among the sources."""
    versions: dict[str, str] = {}
    for source in sources:
        kind, _, place = source.partition(":")
        if kind != "debian":
            continue
        for name in place.split(","):
            _, package = debian_package(name)
            versions[package.name] = package.version
    return versions
