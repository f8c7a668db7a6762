"""Names what decides a Python function's outputs, so that its runs can be kept.

In: a function. Out: a digest, or why there is none. Non-goals: files and machines that
a function reads: one that can is not named.

Its code, its constants, and what it reaches by name: other functions, classes and
values, however deep. Packages are named by their versions.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import os
import struct
import sys
import sysconfig
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

# what reads files and the like: no code says what it gives
_READERS = frozenset(
    """
        open input exec eval compile __import__ getenv environ urlopen load loadtxt
        genfromtxt fromfile memmap read_csv read_parquet read_text read_bytes
    """.split()
)
_READING_MODULES = frozenset(
    """
        ctypes importlib io os pathlib requests secrets shelve socket sqlite3
        subprocess sys tempfile urllib uuid
    """.split()
)
_PLAIN = (int, float, complex, str, bytes, bool, type(None), type(Ellipsis))
MOST_DEPTH = 100


class NotNamedError(Exception):
    """Something has no name; its text says what."""


def digest_of(function: Callable[..., Any], *besides: object) -> str:
    """Return a digest of what decides a function's outputs.

    Args:
        besides: plain values that decide them, too.

    Raises:
        NotNamedError: no digest would.
    """
    found = _Digest()
    found.add(sys.version_info[:2], 0)
    found.add(besides, 0)
    found.add(function, 0)
    return found.hash.hexdigest()


class _Digest:
    """A digest, and what went into it."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.seen: dict[int, int] = {}
        self.held: list[object] = []  # so that no id is given twice

    def add(self, value: Any, depth: int) -> None:
        """Add a value, and what it reaches."""
        if depth > MOST_DEPTH:
            raise NotNamedError("it reaches too deep")
        if isinstance(value, _PLAIN):
            self._say(type(value).__name__, _plain(value))
            return
        if id(value) in self.seen:
            self._say("again", str(self.seen[id(value)]).encode())
            return
        self.seen[id(value)] = len(self.seen)
        self.held.append(value)
        self._add_parts(value, depth + 1)

    def _say(self, kind: str, content: bytes = b"") -> None:
        head = f"{kind} {len(content)}\0".encode()
        self.hash.update(head + content)

    def _add_all(self, kind: str, values: Iterable[Any], depth: int) -> None:
        values = list(values)
        self._say(kind, str(len(values)).encode())
        for value in values:
            self.add(value, depth)

    def _add_parts(self, value: Any, depth: int) -> None:
        """Add a value that has parts, by its kind."""
        if isinstance(value, tuple | list | range):
            self._add_all(type(value).__name__, value, depth)
        elif isinstance(value, frozenset | set):
            self._add_all("set", sorted(value, key=repr), depth)
        elif type(value) is dict:
            self._add_all("dict", value.items(), depth)
        elif isinstance(value, np.ndarray | np.generic):
            self._add_array(np.asarray(value))
        elif isinstance(value, types.CodeType):
            self._add_code(value, depth)
        elif isinstance(value, functools.partial):
            parts = (value.func, value.args, value.keywords)
            self._add_all("partial", parts, depth)
        elif isinstance(value, types.ModuleType):
            self._add_module(value, depth)
        elif isinstance(value, types.MethodType):
            self._add_all("method", (value.__func__, value.__self__), depth)
        else:
            self._add_named(value, depth)

    def _add_array(self, array: np.ndarray) -> None:
        if array.dtype.hasobject:
            raise NotNamedError("it reaches an array of objects")
        self._say("array", repr((array.dtype, array.shape)).encode())
        self._say("items", np.ascontiguousarray(array).tobytes())

    def _add_code(self, code: types.CodeType, depth: int) -> None:
        readers = _READERS.intersection(code.co_names)
        if readers:
            raise NotNamedError(
                f"it calls '{min(readers)}', which reads what no code tells of"
            )
        self._say("code", code.co_code + code.co_exceptiontable)
        parts = (code.co_names, code.co_varnames, code.co_freevars)
        self.add((parts, code.co_argcount, code.co_flags), depth)
        self._add_all("constants", code.co_consts, depth)

    def _add_module(self, module: types.ModuleType, depth: int) -> None:
        name = module.__name__
        if name.split(".")[0] in _READING_MODULES:
            raise NotNamedError(
                f"it uses '{name}', which gives what no code tells of"
            )
        version = _version(name)
        if version is not None:
            self._say("package", f"{name} {version}".encode())
            return
        own = {
            key: value
            for key, value in vars(module).items()
            if not key.startswith("__")
        }
        self._say("module", name.encode())
        self.add(own, depth)

    def _add_named(self, value: Any, depth: int) -> None:
        """Add a function, a class, or one of its instances."""
        module = getattr(value, "__module__", None)
        is_made = isinstance(value, types.FunctionType | type)
        is_built_in = isinstance(value, types.BuiltinFunctionType | np.ufunc)
        if is_made or is_built_in:
            name = str(getattr(value, "__qualname__", value.__name__))
            home = module or ("numpy" if is_built_in else "")
            version = _version(home)
            if version is not None or is_built_in:
                self._add_of_package(home, name, version)
            elif isinstance(value, types.FunctionType):
                self._add_function(value, depth)
            else:
                self._add_class(value, depth)
            return
        kind = type(value)
        if _version(kind.__module__) is not None or not hasattr(
            value, "__dict__"
        ):
            raise NotNamedError(f"it reaches a {kind.__name__}")
        self._add_all("instance", (kind, vars(value)), depth)

    def _add_of_package(
        self, home: str, name: str, version: str | None
    ) -> None:
        is_reader = home.split(".")[0] in _READING_MODULES
        if is_reader or name in _READERS:
            raise NotNamedError(
                f"it uses '{name}', which gives what no code tells of"
            )
        self._say("of package", f"{home} {name} {version}".encode())

    def _add_class(self, value: type, depth: int) -> None:
        own = {
            key: part
            for key, part in vars(value).items()
            if key not in ("__dict__", "__weakref__", "__doc__", "__module__")
        }
        self._add_all("class", (value.__qualname__, value.__bases__), depth)
        self.add(own, depth)

    def _add_function(self, f: types.FunctionType, depth: int) -> None:
        wrapped = (f.__defaults__, f.__kwdefaults__, f.__code__)
        self._add_all("function", wrapped, depth)
        for cell in f.__closure__ or ():
            self.add(cell.cell_contents, depth)
        for name in sorted(_names(f.__code__)):
            if name in f.__globals__:
                self._say("global", name.encode())
                self.add(f.__globals__[name], depth)
        self.add(_special(f), depth)


def _special(f: types.FunctionType) -> Mapping[str, Any]:
    """Return what a decorator hung on a function, but for what it wraps twice."""
    return dict(vars(f))


def _names(code: types.CodeType) -> set[str]:
    """List the names that code looks up, in functions inside it as well."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= _names(constant)
    return found


def _plain(value: Any) -> bytes:
    if isinstance(value, float):
        return struct.pack("<d", value)
    if isinstance(value, bytes):
        return value
    return repr(value).encode("utf-8", "surrogatepass")


def _version(module: str) -> str | None:
    """Return the version of a module's package; None for a user's own."""
    top = module.split(".")[0]
    if top == "__main__" or not top:
        return None
    if top in sys.stdlib_module_names:
        return sys.version
    return _versions(top)


@functools.cache
def _versions(top: str) -> str | None:
    """Return the version of an installed package; what is edited in place has none."""
    place = getattr(sys.modules.get(top), "__file__", None) or ""
    installed = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
    if not any(place.startswith(folder + os.sep) for folder in installed):
        return None
    try:
        return importlib.metadata.version(top)
    except importlib.metadata.PackageNotFoundError:
        found = getattr(sys.modules.get(top), "__version__", None)
        return found if isinstance(found, str) else None
