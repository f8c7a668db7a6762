"""Dataclasses as plain values for JSON, and read back from them.

In: frozen dataclasses of numbers, texts, tuples, mappings and each other. Out: plain
values, and the same dataclasses. Tuples are arrays; a field marked OPTIONAL is left out
where it is None. Non-goals: which dataclasses (schema).
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import Field, fields, is_dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

OPTIONAL = {"is_optional": True}
_PLAIN_TYPES = {float: (float, int), int: (int,), str: (str,), bool: (bool,)}


def plain(value: Any) -> Any:
    if is_dataclass(value):
        kept = [f for f in fields(value) if not _is_left_out(f, value)]
        return {f.name: plain(getattr(value, f.name)) for f in kept}
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return value


def _is_optional(of: Field) -> bool:
    return bool(of.metadata.get("is_optional"))


def _is_left_out(of: Field, value: Any) -> bool:
    return _is_optional(of) and getattr(value, of.name) is None


def read(kind: Any, found: object, where: str) -> Any:
    """Read a value of a field's type; `where` is its path in the report."""
    if is_dataclass(kind):
        return _read_fields(kind, found, where)
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        [inner] = [k for k in get_args(kind) if k is not types.NoneType]
        return None if found is None else read(inner, found, where)
    if origin is tuple:
        return _read_tuple(get_args(kind), found, where)
    if origin is Mapping:
        return _read_mapping(get_args(kind)[1], found, where)
    if not isinstance(found, _PLAIN_TYPES[kind]) or _is_wrong_bool(
        kind, found
    ):
        raise _unexpected(where, kind.__name__, found)
    return found


def _is_wrong_bool(kind: type, found: object) -> bool:
    """Say whether a truth value stands where a number should: to Python it is one."""
    return isinstance(found, bool) and kind is not bool


@cache
def _types_of(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read_fields(kind: Any, found: object, where: str) -> Any:
    if not isinstance(found, Mapping):
        raise _unexpected(where, "an object", found)
    known = {f.name: f for f in fields(kind)}
    unknown = [name for name in found if name not in known]
    if unknown:
        raise ValueError(f"{where}: unknown field {shown(unknown[0])}")
    needed = [name for name, f in known.items() if not _is_optional(f)]
    missing = [name for name in needed if name not in found]
    if missing:
        raise ValueError(f"{where}: field '{missing[0]}' is missing")
    values = {
        name: read(_types_of(kind)[name], value, f"{where}.{name}")
        for name, value in found.items()
    }
    return kind(**values)


def _read_tuple(
    kinds: tuple[Any, ...], found: object, where: str
) -> tuple[Any, ...]:
    if not isinstance(found, list | tuple):
        raise _unexpected(where, "an array", found)
    if kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(found)
    if len(kinds) != len(found):
        raise ValueError(
            f"{where}: expected {len(kinds)} items; found {len(found)}"
        )
    return tuple(
        read(kind, part, f"{where}[{k}]")
        for k, (kind, part) in enumerate(zip(kinds, found, strict=True))
    )


def _read_mapping(kind: Any, found: object, where: str) -> dict[str, Any]:
    if not isinstance(found, Mapping):
        raise _unexpected(where, "an object", found)
    return {
        name: read(kind, part, f"{where}.{name}")
        for name, part in found.items()
    }


def _unexpected(where: str, expected: str, found: object) -> ValueError:
    return ValueError(f"{where}: expected {expected}; found {shown(found)}")


def shown(found: object) -> str:
    """Quote a value, cut off where it is long."""
    text = repr(found)
    return text if len(text) <= 60 else f"{text[:57]}..."
