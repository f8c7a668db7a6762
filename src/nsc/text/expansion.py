"""Ordinary text of a file, written with its macros expanded.

In: a stretch of text and the cursor. Out: the cursor, moved on.
Non-goals: directives.
"""

from __future__ import annotations

from collections.abc import Iterator

from nsc.refusal import Refusal
from nsc.text.attributes import MARK, attribute_names, without_attributes
from nsc.text.cursor import Cursor, would_fuse
from nsc.text.macros import MAX_EXPANDED_BYTES, MAX_EXPANDED_TOKENS
from nsc.text.stretch import Expansion, Span, Stretch, spelled
from nsc.text.tokens import Token


def write_stretch(cursor: Cursor, stretch: Stretch) -> None:
    """Write ordinary text of the file that is being read, macros expanded.

    Raises:
        Refusal: `macro_too_large` when expansion passes a bound, `macro_call` on a bad
            call.
    """
    base = cursor.file.base
    cursor.file.lookups.names |= stretch.names
    macros = cursor.expander.macros.keys() & stretch.names
    named = attribute_names(stretch.text, stretch.names).union(macros)
    if not named:
        _write(cursor, stretch.clean, base)
        return
    for piece, is_named in stretch.divided(named):
        spans = _expanded_spans(cursor, piece) if is_named else piece.clean
        _write(cursor, spans, base)


def _write(cursor: Cursor, spans: tuple[Span, ...], base: int) -> None:
    for offset, text, exact, attribute in spans:
        if attribute:
            mark = (cursor.place, attribute)
            cursor.expanded.attributes.append(mark)
        else:
            cursor.emit(text, base + offset, exact=exact)


def _expanded_spans(cursor: Cursor, chunk: Stretch) -> tuple[Span, ...]:
    """Expand macros, or remember how it was done when they meant the same."""
    expansion = _remembered(cursor, chunk)
    if expansion is None:
        expansion = _expand(cursor, chunk)
        chunk.remember(expansion)
    cursor.file.lookups.names.update(name for name, _ in expansion.asked)
    return expansion.spans


def _remembered(cursor: Cursor, chunk: Stretch) -> Expansion | None:
    """Return an expansion that holds here, noted as if it was done.

    One that passes the bound on tokens is done again, to be refused where it passes.
    """
    expander = cursor.expander
    known = next(
        (e for e in chunk.expansions if expander.knows(e.asked)), None
    )
    if known is None:
        return None
    has_room = (
        expander.produced + known.produced <= MAX_EXPANDED_TOKENS
        and expander.spelled + known.spelled <= MAX_EXPANDED_BYTES
    )
    if not has_room:
        return None
    base = cursor.file.base
    expander.produced += known.produced
    expander.spelled += known.spelled
    expander.used += [
        (base + offset, expander.macros[name]) for offset, name in known.used
    ]
    return known


def _expand(cursor: Cursor, chunk: Stretch) -> Expansion:
    file = cursor.file
    expander = cursor.expander
    used = len(expander.used)
    produced = expander.produced
    characters = expander.spelled
    expander.base = file.base
    expander.asked = set()
    try:
        tokens = without_attributes(expander.expand(chunk.tokens()))
    except Refusal as refusal:
        raise refusal.moved(file.base) from None
    return Expansion(
        spans=tuple(_spans(tokens, file.text)),
        used=tuple(
            (at - file.base, macro.name) for at, macro in expander.used[used:]
        ),
        asked=tuple(
            (name, expander.macros.get(name)) for name in expander.asked
        ),
        produced=expander.produced - produced,
        spelled=expander.spelled - characters,
    )


def _spans(tokens: list[Token], original: str) -> Iterator[Span]:
    """Join tokens: what stands in the file side by side, and what one call made.

    Args:
        original: the file's text, in which the tokens' offsets count.
    """
    start = 0  # of the tokens that stand side by side
    end = 0
    made: list[str] = []  # the tokens of one call,
    at = 0  # which stands here
    for token in tokens:
        is_mark = token.kind == MARK
        text = "" if is_mark else spelled(token)
        is_exact = not is_mark and original.startswith(text, token.offset)
        joins = is_exact and token.offset == end
        if start < end and not joins:
            yield Span(start, original[start:end], True)
            start = end
        if made and (is_exact or is_mark or token.offset != at):
            yield Span(at, "".join(made), False)
            made = []
        if is_mark:
            yield Span(token.offset, "", False, token.text)
            continue
        if is_exact:
            if start == end:
                start = token.offset
                end = start
            end += len(text)
            continue
        at = token.offset
        if made and would_fuse(made[-1], text):
            made.append(" ")
        made.append(text)
    if made:
        yield Span(at, "".join(made), False)
    elif start < end:
        yield Span(start, original[start:end], True)
