"""Macro definition and expansion, bounded in work.

In: tokens and a table of macros. Out: tokens with every macro of the table expanded
(Prosser's algorithm: a macro does not expand inside its own expansion). Non-goals:
directives, conditionals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from nsc.refusal import Refusal
from nsc.text.tokens import Token, is_blank, tokenize, tokens_of, trim

MAX_EXPANDED_TOKENS = 200_000
MAX_ARGUMENT_DEPTH = 64
MAX_HIDDEN = 512  # macros inside one another's bodies
MAX_PASTED = 4000  # characters of a token
TOO_LARGE = "macro_too_large"  # the reason for which expanding ends
# the kinds of what stands for an empty argument beside `##`
_NOTHING = "nothing"
_NO_REST = "no_rest"


class Macro(NamedTuple):
    """One `#define`. `parameters` is None for an object-like macro."""

    name: str
    body: tuple[Token, ...]
    parameters: tuple[str, ...] | None = None
    variadic: bool = False
    # span of the directive in the user's text; -1 for a predefined macro
    start: int = -1
    end: int = -1

    def moved(self, by: int) -> Macro:
        """Return the macro as it is where its file stands elsewhere in the user's text."""
        return Macro(*self[:4], self.start + by, self.end + by)

    def means(self, other: Macro | None) -> bool:
        """Say whether another has been defined by the same text, wherever that was
        included.
        """
        return other is not None and self.body is other.body and self[2:4] == other[2:4]


@dataclass
class Expander:
    """Expands macros; tokens count from `base` in the user's text.

    `used` lists (offset of the call there, macro), `asked` the names that were looked
    up, `changed` each name that was defined or undefined with what it meant before.
    """

    macros: dict[str, Macro] = field(default_factory=dict)
    used: list[tuple[int, Macro]] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    changed: list[tuple[str, Macro | None]] = field(default_factory=list)
    produced: int = 0
    base: int = 0

    def define(self, name: str, macro: Macro | None) -> None:
        """Let a name stand for a macro, or for none."""
        self.changed.append((name, self.macros.get(name)))
        if macro is None:
            self.macros.pop(name, None)
        else:
            self.macros[name] = macro

    def expand(self, tokens: list[Token], depth: int = 0) -> list[Token]:
        """Expand every macro call in `tokens`.

        Example: with `#define SQ(a) ((a)*(a))`, `SQ(x+1)` becomes `((x+1)*(x+1))`.

        Raises:
            Refusal: `macro_too_large` when expansion passes a bound, `macro_call` on a
                bad call.
        """
        if depth > MAX_ARGUMENT_DEPTH:
            raise Refusal(TOO_LARGE, "macro calls nest too deeply", tokens[0].offset)
        out: list[Token] = []
        todo = tokens[::-1]
        while todo:
            token = todo.pop()
            if token.kind != "name":
                out.append(token)
                continue
            self.asked.add(token.text)
            macro = self.macros.get(token.text)
            if macro is None or token.text in token.hidden:
                out.append(token)
                continue
            if macro.parameters is None:
                body = self._substitute(macro, {}, token, token.hidden, depth)
            else:
                call = _take_arguments(todo, macro, token)
                if call is None:
                    out.append(token)
                    continue
                arguments, hidden_at_end = call
                body = self._substitute(
                    macro, arguments, token, token.hidden & hidden_at_end, depth
                )
            self.used.append((self.base + token.offset, macro))
            self.count(len(body) + 1, token.offset)
            todo.extend(reversed(body))
        return out

    def knows(self, asked: Iterable[tuple[str, Macro | None]]) -> bool:
        """Say whether names still mean what they meant."""
        now = self.macros.get
        return all(
            now(name) is None if macro is None else macro.means(now(name))
            for name, macro in asked
        )

    def count(self, tokens: int, at: int) -> None:
        """Note that so many tokens were made.

        Raises:
            Refusal: `macro_too_large`, when there are too many in all.
        """
        self.produced += tokens
        if self.produced > MAX_EXPANDED_TOKENS:
            message = f"macros expand to more than {MAX_EXPANDED_TOKENS} tokens"
            raise Refusal(TOO_LARGE, message, at)

    def _substitute(
        self,
        macro: Macro,
        arguments: dict[str, list[Token]],
        call: Token,
        hidden: frozenset[str],
        depth: int,
    ) -> list[Token]:
        hidden = hidden | {macro.name}
        if len(hidden) > MAX_HIDDEN:
            raise Refusal(TOO_LARGE, "macros nest too deeply", call.offset)
        out: list[Token] = []
        expanded: dict[str, list[Token]] = {}
        body = macro.body
        for k, token in enumerate(body):
            if token.text == "#" and macro.parameters is not None:
                continue  # spelled out by the parameter after it
            argument = arguments.get(token.text) if token.kind == "name" else None
            if argument is None:
                piece = [token]
            elif _neighbour(body, k, -1) == "#":
                piece = [Token("string", _spell_as_string(argument), call.offset)]
                self.count(len(argument), call.offset)
            elif "##" in (_neighbour(body, k, -1), _neighbour(body, k, 1)):
                is_rest = macro.variadic and token.text == macro.parameters[-1]
                piece = argument or [
                    Token(_NO_REST if is_rest else _NOTHING, "", call.offset)
                ]
            else:
                if token.text not in expanded:
                    self.count(len(argument), call.offset)
                    expanded[token.text] = self.expand(argument, depth + 1)
                piece = expanded[token.text]
            self.count(len(piece) + 1, call.offset)
            out.extend(piece)
        if any(t.text == "##" for t in body):
            out = _paste(out)
        at = call.offset
        return tokens_of(
            (t.kind, t.text, at, t.hidden | hidden if t.hidden else hidden) for t in out
        )


def _take_arguments(
    todo: list[Token], macro: Macro, call: Token
) -> tuple[dict[str, list[Token]], frozenset[str]] | None:
    """Pop a parenthesised argument list off `todo`; None when the next token is no
    parenthesis.
    """
    ahead = len(todo) - 1
    while ahead >= 0 and is_blank(todo[ahead]):
        ahead -= 1
    if ahead < 0 or todo[ahead].text != "(":
        return None
    del todo[ahead:]
    lists: list[list[Token]] = [[]]
    depth = 1
    while todo:
        token = todo.pop()
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0:
            return _bind(macro, lists, call), token.hidden
        last_is_rest = macro.variadic and len(lists) >= len(macro.parameters)
        if token.text == "," and depth == 1 and not last_is_rest:
            lists.append([])
        else:
            lists[-1].append(token)
    raise Refusal(
        "macro_call",
        f"the call of macro '{macro.name}' has no closing parenthesis",
        call.offset,
    )


def _bind(
    macro: Macro, lists: list[list[Token]], call: Token
) -> dict[str, list[Token]]:
    arguments = [trim(tokens) for tokens in lists]
    expected = len(macro.parameters)
    if expected == 0 and arguments == [[]]:
        arguments = []
    if macro.variadic and len(arguments) == expected - 1:
        arguments.append([])
    if len(arguments) != expected:
        message = (
            f"macro '{macro.name}' takes {expected} arguments, {len(arguments)} given"
        )
        raise Refusal("macro_call", message, call.offset)
    return dict(zip(macro.parameters, arguments, strict=True))


def _neighbour(body: tuple[Token, ...], k: int, step: int) -> str:
    k += step
    while 0 <= k < len(body) and is_blank(body[k]):
        k += step
    return body[k].text if 0 <= k < len(body) else ""


def _spell_as_string(argument: list[Token]) -> str:
    text = "".join(t.text for t in argument)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _paste(tokens: list[Token]) -> list[Token]:
    """Join the tokens on both sides of each `##`; a comma and an empty rest of
    arguments vanish, as GNU C has it.
    """
    out: list[Token] = []
    pasting = False
    for token in tokens:
        if token.text == "##":
            while out and is_blank(out[-1]):
                out.pop()
            pasting = bool(out)
        elif pasting and not is_blank(token):
            out += _pasted(out.pop(), token)
            pasting = False
        elif not pasting:
            out.append(token)
    return [token for token in out if token.kind not in (_NOTHING, _NO_REST)]


def _pasted(left: Token, right: Token) -> list[Token]:
    if left.text == ",":
        return [] if right.kind == _NO_REST else [left, right]
    if not left.text + right.text:
        return [left]
    if len(left.text) + len(right.text) > MAX_PASTED:
        raise Refusal(
            TOO_LARGE,
            f"## makes a token of more than {MAX_PASTED} characters",
            left.offset,
        )
    hidden = left.hidden & right.hidden
    return [
        Token(t.kind, t.text, left.offset, hidden)
        for t in tokenize(left.text + right.text)
    ]


def parse_definition(tokens: Sequence[Token]) -> Macro | None:
    """Read what follows `#define`: `NAME body` or `NAME(a, b) body`. None where there
    is no name.
    """
    tokens = [t for t in tokens if t.kind != "comment" or t.text]
    while tokens and is_blank(tokens[0]):
        tokens = tokens[1:]
    if not tokens or tokens[0].kind != "name":
        return None
    name = tokens[0].text
    if len(tokens) < 2 or tokens[1].text != "(":
        return Macro(name, tuple(trim(tokens[1:])))
    parameters: list[str] = []
    variadic = False
    k = 2
    while k < len(tokens) and tokens[k].text != ")":
        if tokens[k].kind == "name":
            parameters.append(tokens[k].text)
        elif tokens[k].text == "...":
            variadic = True
            if tokens[k - 1].kind != "name":  # `rest...` names it
                parameters.append("__VA_ARGS__")
        k += 1
    return Macro(name, tuple(trim(tokens[k + 1 :])), tuple(parameters), variadic)
