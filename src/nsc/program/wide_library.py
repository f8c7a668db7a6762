"""The C library as a long of 64 bits has it, over one that has 32.

In: nothing. Out: tables of names, and `Piece`s that define what has no other name.
Non-goals: where a text names them (widths.py).
"""

from __future__ import annotations

from collections.abc import Iterable

from nsc.program.unit import Piece

SIZE = "unsigned long long"
_LARGEST = "0x7fffffffffffffffLL"
_LEAST = f"(-{_LARGEST}-1)"
_LARGEST_UNSIGNED = "0xffffffffffffffffULL"
NAMES: dict[str, str] = {
    "size_t": SIZE,
    "uintptr_t": SIZE,
    "ssize_t": "long long",
    "ptrdiff_t": "long long",
    "intptr_t": "long long",
    "LONG_MAX": _LARGEST,
    "LONG_MIN": _LEAST,
    "ULONG_MAX": _LARGEST_UNSIGNED,
    "SIZE_MAX": _LARGEST_UNSIGNED,
    "ldiv_t": "lldiv_t",
    "sizeof": f"({SIZE})sizeof",
    "_Alignof": f"({SIZE})_Alignof",
}
# those that C already has for long long, and those defined below
_OWN = "nsc_64_"
_OTHERS = "ldiv lround lroundf lroundl lrint lrintf lrintl"
# A size of more than 31 bits is more memory than the sandbox has; more powers of
# two than this leave nothing of any number.
_FITTED: dict[str, str] = {
    "malloc": f"void *@({SIZE} n) {{ return malloc(@size(n)); }}",
    "calloc": f"void *@({SIZE} n, {SIZE} each) {{ return calloc(@size(n), @size(each)); }}",
    "realloc": f"void *@(void *p, {SIZE} n) {{ return realloc(p, @size(n)); }}",
    "scalbln": "double @(double x, long long n) { return scalbn(x, @power(n)); }",
    "scalblnf": "float @(float x, long long n) { return scalbnf(x, @power(n)); }",
    "scalblnl": "long double @(long double x, long long n) { return scalbnl(x, @power(n)); }",
    "__builtin_expect": "long long @(long long x, long long y) { return x; }",
}
_HELPERS: dict[str, str] = {
    "size": f"unsigned @({SIZE} n) {{ return n > 0x7fffffffU ? 0x7fffffffU : n; }}",
    "power": "int @(long long n) { return n > 99999 ? 99999 : n < -99999 ? -99999 : n; }",
}
FUNCTIONS: dict[str, str] = {
    "labs": "llabs",
    **{name: f"l{name}" for name in _OTHERS.split()},
    **{name: _OWN + name.strip("_") for name in _FITTED},
}


def definitions(named: Iterable[str]) -> tuple[Piece, ...]:
    """Return what defines the functions that stand for some of the library's.

    Args:
        named: the library's names.
    """
    chosen = set(named)
    bodies = {
        FUNCTIONS[name]: text
        for name, text in _FITTED.items()
        if name in chosen
    }
    helpers = {
        _OWN + name: text
        for name, text in _HELPERS.items()
        if any(f"@{name}(" in body for body in bodies.values())
    }
    return tuple(
        Piece((name,), _written(name, text))
        for name, text in (helpers | bodies).items()
    )


def _written(name: str, text: str) -> str:
    for helper in _HELPERS:
        text = text.replace(f"@{helper}(", f"{_OWN}{helper}(")
    return f"static {text.replace('@', name)}"
