"""What directives do, but for `#include`.

In: a directive of the file that is being read, and the cursor. Out: the cursor's macros
and conditionals, changed.
Non-goals: following headers (preprocess.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nsc.refusal import Refusal
from nsc.text.conditionals import CONDITIONALS
from nsc.text.conditions import condition
from nsc.text.cursor import Cursor
from nsc.text.cut import Directive
from nsc.text.expanded import NotFollowed
from nsc.text.predefined import IN_CONDITIONS
from nsc.text.tokens import Token

_IGNORED = ("line", "warning", "ident", "")


def obey(cursor: Cursor, line: Directive) -> None:
    """Do what a directive says, but for `#include`.

    Raises:
        Refusal: `bad_directive`, `error_directive`, `forbidden_directive`; and what
            expanding macros in a condition raises.
    """
    if line.name in CONDITIONALS:
        _take_conditional(cursor, line)
    elif not cursor.file.conditionals.active or line.name in _IGNORED:
        return
    elif line.name in _COMMANDS:
        _COMMANDS[line.name](cursor, line)
    else:
        raise _unsupported(cursor, line)


def _unsupported(cursor: Cursor, line: Directive) -> Refusal:
    message = f"the directive '#{line.name}' is not supported"
    return Refusal("forbidden_directive", message, cursor.file.base + line.at)


def _define(cursor: Cursor, line: Directive) -> None:
    base = cursor.file.base
    start = base + line.at
    if line.definition is None:
        raise Refusal("bad_directive", "#define without a name", start)
    macro = line.definition._replace(start=start, end=base + line.end)
    cursor.expander.define(macro.name, macro)
    cursor.expanded.definitions.append((start, cursor.place))


def _undefine(cursor: Cursor, line: Directive) -> None:
    if not line.words:
        raise _unsupported(cursor, line)
    cursor.expander.define(line.words[0].text, None)


def _include_next(cursor: Cursor, line: Directive) -> None:
    name = line.words[0].text if line.words else ""
    at = cursor.file.base + line.at
    cursor.expanded.includes.append(NotFollowed(name, False, at))


def _pragma(cursor: Cursor, line: Directive) -> None:
    words = [word.text for word in line.words]
    if words == ["once"]:
        cursor.once.add(cursor.file.path)
    elif words[:1] == ["pack"]:
        restores = words[1:] == ["(", ")"] or "pop" in words
        cursor.expanded.packs.append((cursor.place, not restores))


def _error(cursor: Cursor, line: Directive) -> None:
    at = cursor.file.base + line.at
    raise Refusal("error_directive", "an #error directive is active here", at)


_COMMANDS: dict[str, Callable[[Cursor, Directive], None]] = {
    "define": _define,
    "undef": _undefine,
    "include_next": _include_next,
    "pragma": _pragma,
    "error": _error,
}


def _take_conditional(cursor: Cursor, line: Directive) -> None:
    at = cursor.file.base + line.at
    cursor.file.conditionals.take(
        line.name, lambda: _holds(cursor, line, at), at
    )


def _holds(cursor: Cursor, line: Directive, at: int) -> bool:
    """Evaluate the condition of an `#if`, `#ifdef`, `#ifndef` or `#elif`."""
    if line.name in ("ifdef", "ifndef"):
        if not line.words:
            raise Refusal("bad_directive", f"#{line.name} without a name", at)
        wants_defined = line.name == "ifdef"
        return _is_defined(cursor, line.words[0].text) == wants_defined
    words = [Token(word.kind, word.text, at) for word in line.words]
    words = _with_defined_resolved(cursor, words)
    tokens = [_predefined(token) for token in _expanded(cursor, words)]
    return condition(tokens, at) != 0


def _is_defined(cursor: Cursor, name: str) -> bool:
    cursor.file.lookups.names.add(name)
    return name in cursor.expander.macros or name in IN_CONDITIONS


def _with_defined_resolved(
    cursor: Cursor, words: Sequence[Token]
) -> list[Token]:
    """Put 1 or 0 in place of `defined NAME` and `defined(NAME)`."""
    out: list[Token] = []
    k = 0
    while k < len(words):
        word = words[k]
        k += 1
        if word.text != "defined":
            out.append(word)
            continue
        if _text_at(words, k) == "(":
            k += 1
        is_defined = k < len(words) and _is_defined(cursor, words[k].text)
        k += 1
        if _text_at(words, k) == ")":
            k += 1
        out.append(Token("number", str(int(is_defined)), word.offset))
    return out


def _text_at(words: Sequence[Token], k: int) -> str:
    return words[k].text if k < len(words) else ""


def _expanded(cursor: Cursor, words: list[Token]) -> list[Token]:
    """Expand macros in a condition; their calls are no calls in the program's text."""
    expander = cursor.expander
    used = len(expander.used)
    expander.base = 0
    expander.asked = cursor.file.lookups.names
    tokens = expander.expand(words)
    del expander.used[used:]
    return tokens


def _predefined(token: Token) -> Token:
    if token.text not in IN_CONDITIONS:
        return token
    return Token("number", IN_CONDITIONS[token.text], token.offset)
