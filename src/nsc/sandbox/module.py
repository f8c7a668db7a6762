"""Many units -> the C text of one module; what they have in common stands once.

In: Units. Out: `Text`s in order, each with the units that it is for. Non-goals:
compiling, judging text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from nsc.program import Piece, Unit

CHUNK = 1024  # samples in the module's buffers
_WORD = re.compile(r"[A-Za-z_]\w*")

# The module's own names: the guard lets no unit say one, nor can renaming make one.
# Entries are called through a volatile pointer: stores of finished samples cannot
# move past one that traps.
_RUN = """static void (*const nsc_u0m_entries[])(const double *, double *) = {ENTRIES};
static const int nsc_u0m_steps[][2] = {STEPS};
nsc_u0m_export("run") void nsc_u0m_run(int unit, int first, int stop) {
  void (*volatile call)(const double *, double *) = nsc_u0m_entries[unit];
  const int n_inputs = nsc_u0m_steps[unit][0], n_outputs = nsc_u0m_steps[unit][1];
  for (int k = first; k < stop; k++) {
    nsc_u0m_done = k;
    call(nsc_u0m_in + k * n_inputs, nsc_u0m_out + k * n_outputs);
  }
  nsc_u0m_done = stop;
}
"""


class Text(NamedTuple):
    """A stretch of a module.

    Args:
        units: those that it is for; none where it is for all.
    """

    text: str
    units: list[int]


def module_texts(units: Sequence[Unit]) -> list[Text]:
    """Write one translation unit that holds several units and a run loop for each.

    Every file-scope name is renamed by a macro (`#define erf nsc_u3_erf`) after the
    headers, so that units do not clash with each other or with the C library. Pieces of
    two units are one if they read the same and so does all that they need: then both go
    by the name that they have in the first unit.
    """
    headers = dict.fromkeys(h for unit in units for h in unit.headers)
    inputs = max(u.n_inputs for u in units)
    outputs = max(u.n_outputs for u in units)
    before = _before(headers, inputs, outputs)
    symbols: dict[
        tuple[str, bytes], str
    ] = {}  # by name and what it stands for
    written: dict[tuple, Text] = {}
    entries = []
    for number, unit in enumerate(units):
        meanings = _meanings(unit)
        for piece in unit.pieces:
            names = dict.fromkeys(
                word for word in _WORD.findall(piece.text) if word in meanings
            )
            named = tuple(
                (n, symbols.setdefault((n, meanings[n]), f"nsc_u{number}_{n}"))
                for n in names
            )
            text = written.setdefault(
                (piece.text, named), Text(_renamed(piece, named), [])
            )
            text.units.append(number)
        entries.append(symbols[unit.entry, meanings[unit.entry]])
    steps = ", ".join(
        f"{{{unit.n_inputs}, {unit.n_outputs}}}" for unit in units
    )
    loop = _RUN.replace("ENTRIES", ", ".join(entries)).replace("STEPS", steps)
    return [Text("\n".join(before), []), *written.values(), Text(loop, [])]


def _before(headers: Collection[str], inputs: int, outputs: int) -> list[str]:
    """Write what stands before the units, with buffers for the most inputs and outputs."""
    before = [f"#include <{h}>" for h in headers]
    own = [
        f"static double nsc_u0m_in[{CHUNK * inputs}], nsc_u0m_out[{CHUNK * outputs}];",
        "static volatile int nsc_u0m_done;",
        # glibc has them, the sandbox's C library does not
        "static int isnanf(float x) { return x != x; }",
        "static int isinff(float x) { return x - x != x - x && x == x; }",
        "#define nsc_u0m_export(name) __attribute__((export_name(name)))",
        'nsc_u0m_export("in") double *nsc_u0m_get_in(void) { return nsc_u0m_in; }',
        'nsc_u0m_export("out") double *nsc_u0m_get_out(void) { return nsc_u0m_out; }',
        'nsc_u0m_export("done") volatile int *nsc_u0m_get_done(void) { return &nsc_u0m_done; }\n',
    ]
    return [*before, *_filled_heap(headers), *own]


def _filled_heap(headers: Collection[str]) -> list[str]:
    """Write a `malloc` that fills what it returns, where a build fills variables."""
    if "stdlib.h" not in headers:
        return []
    return [
        "#ifdef nsc_u0m_fill",
        "static void *nsc_u0m_malloc(size_t n) {",
        "  void *made = malloc(n);",
        "  return made ? __builtin_memset(made, nsc_u0m_fill, n) : made;",
        "}",
        "#define malloc nsc_u0m_malloc",
        "#endif",
    ]


def _renamed(piece: Piece, named: Sequence[tuple[str, str]]) -> str:
    macros = dict(named)
    # must not tell how a function is called here
    if "__func__" in piece.text or "__FUNCTION__" in piece.text:
        macros |= dict.fromkeys(
            ("__func__", "__FUNCTION__"), f'"{next(iter(piece.names), "")}"'
        )
    before = "".join(
        f'#pragma push_macro("{a}")\n#undef {a}\n#define {a} {b}\n'
        for a, b in macros.items()
    )
    return f"{before}{piece.text}\n" + "".join(
        f'#pragma pop_macro("{a}")\n' for a in macros
    )


def _meanings(unit: Unit) -> dict[str, bytes]:
    """Digest each name that a unit defines: the pieces that define it, and their needs."""
    holders: dict[str, list[Piece]] = {}
    for piece in unit.pieces:
        for name in piece.names:
            holders.setdefault(name, []).append(piece)
    needs = {
        piece: {*piece.names, *_WORD.findall(piece.text)} & holders.keys()
        for piece in unit.pieces
    }
    digests = {piece: _digest([piece.text.encode()]) for piece in unit.pieces}
    meanings = {}
    for name in holders:
        seen = {name}
        todo = [name]
        while todo:
            fresh = (
                set().union(*(needs[piece] for piece in holders[todo.pop()]))
                - seen
            )
            seen |= fresh
            todo += fresh
        meanings[name] = _digest(
            sorted(
                {digests[piece] for other in seen for piece in holders[other]}
            )
        )
    return meanings


def _digest(parts: Sequence[bytes]) -> bytes:
    return hashlib.blake2b(b"".join(parts), digest_size=16).digest()
