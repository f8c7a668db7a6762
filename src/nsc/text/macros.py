"""Macro definition and expansion, bounded in work.

In: tokens and a table of macros. Out: tokens with every macro of the table expanded
(Prosser's algorithm: a macro does not expand inside its own expansion).
Non-goals: directives, conditionals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from nsc.refusal import Refusal
from nsc.text.tokens import Token, is_blank, tokenize, tokens_of, trim

MAX_EXPANDED_TOKENS = 200_000
MAX_EXPANDED_BYTES = 16_000_000  # in all that was put together on the way
MAX_ARGUMENT_DEPTH = 64
MAX_HIDDEN = 512  # macros inside one another's bodies
MAX_PASTED = 4000  # characters of a token
TOO_LARGE = "macro_too_large"  # the reason for which expanding ends
_WHAT_TO_DO = (
    "let your compiler expand them, and read what it writes (gcc -E -P FILE.c >"
    " EXPANDED.c), or leave out the headers that the function does not need"
)
# the kinds of what stands for an empty argument beside `##`
_NOTHING = "nothing"
_NO_REST = "no_rest"

Arguments = dict[str, list[Token]]  # by parameter


class Macro(NamedTuple):
    """One `#define`.

    Args:
        parameters: None for an object-like macro.
        variadic: does the last parameter take the rest of the arguments.
        start, end: span of the directive in the user's text; -1 for a predefined macro.
    """

    name: str
    body: tuple[Token, ...]
    parameters: tuple[str, ...] | None = None
    variadic: bool = False
    start: int = -1
    end: int = -1

    def moved(self, by: int) -> Macro:
        """Return the macro as it is where its file stands `by` later."""
        return Macro(*self[:4], self.start + by, self.end + by)

    def means(self, other: Macro | None) -> bool:
        """Say whether another was defined by the same text, wherever it was included.

        Bodies are compared by identity: a remembered file's directives keep theirs.
        """
        return (
            other is not None
            and self.body is other.body
            and self[2:4] == other[2:4]
        )


@dataclass(slots=True)
class _Call:
    """A macro call with its arguments, to be put in place of the macro's parameters.

    Args:
        offset: where it stands.
        depth: how many macro arguments it stands in.
        expanded: arguments that were expanded already.
    """

    macro: Macro
    arguments: Arguments
    offset: int
    depth: int
    expanded: Arguments = field(default_factory=dict)


@dataclass
class Expander:
    """A table of macros that expands their calls.

    Args:
        used: (offset of the call in the user's text, macro) of every call.
        asked: the names that were looked up.
        changed: each name that was defined or undefined, with what it meant before.
        produced: how many tokens were made.
        spelled: how many characters they have.
        base: where in the user's text the tokens' offsets count from.
    """

    macros: dict[str, Macro] = field(default_factory=dict)
    used: list[tuple[int, Macro]] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    changed: list[tuple[str, Macro | None]] = field(default_factory=list)
    produced: int = 0
    spelled: int = 0
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

        Args:
            depth: how many macro arguments the tokens stand in.

        Raises:
            Refusal: `macro_too_large` when expansion passes a bound, `macro_call` on a
                bad call.
        """
        if depth > MAX_ARGUMENT_DEPTH:
            raise Refusal(
                TOO_LARGE, "macro calls nest too deeply", tokens[0].offset
            )
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
            body = self._called(macro, token, todo, depth)
            if body is None:
                out.append(token)
                continue
            self.used.append((self.base + token.offset, macro))
            self.count(len(body) + 1, token.offset)
            todo.extend(
                reversed(body)
            )  # Prosser: the rest may complete a call in it
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
            message = (
                f"macros expand to more than {MAX_EXPANDED_TOKENS} tokens;"
                f" {_WHAT_TO_DO}"
            )
            raise Refusal(TOO_LARGE, message, at)

    def count_characters(self, characters: int, at: int) -> None:
        """Note that tokens of so many characters were made.

        Raises:
            Refusal: `macro_too_large`, when there are too many in all.
        """
        self.spelled += characters
        if self.spelled > MAX_EXPANDED_BYTES:
            message = f"macros expand to more than {MAX_EXPANDED_BYTES} bytes; {_WHAT_TO_DO}"
            raise Refusal(TOO_LARGE, message, at)

    def _called(
        self, macro: Macro, name: Token, todo: list[Token], depth: int
    ) -> list[Token] | None:
        """Return what a call becomes, its arguments popped off `todo`.

        None where a function-like macro is named without arguments.
        """
        if macro.parameters is None:
            call = _Call(macro, {}, name.offset, depth)
            return self._substituted(call, name.hidden)
        found = _take_arguments(todo, macro, macro.parameters, name.offset)
        if found is None:
            return None
        arguments, hidden_at_end = found
        call = _Call(macro, arguments, name.offset, depth)
        return self._substituted(call, name.hidden & hidden_at_end)

    def _substituted(self, call: _Call, hidden: frozenset[str]) -> list[Token]:
        """Return a macro's body, arguments in place of parameters."""
        macro = call.macro
        hidden = hidden | {macro.name}
        if len(hidden) > MAX_HIDDEN:
            raise Refusal(TOO_LARGE, "macros nest too deeply", call.offset)
        out: list[Token] = []
        has_paste = False
        for k, token in enumerate(macro.body):
            if token.text == "#" and macro.parameters is not None:
                continue  # the parameter after it is spelled as a string
            has_paste = has_paste or token.text == "##"
            if token.kind == "name" and token.text in call.arguments:
                piece = self._argument(call, k)
            else:
                piece = [token]
            self.count(len(piece) + 1, call.offset)
            self.count_characters(sum(len(t.text) for t in piece), call.offset)
            out.extend(piece)
        if has_paste:
            out = _paste(out)
        at = call.offset
        return tokens_of(
            (t.kind, t.text, at, t.hidden | hidden if t.hidden else hidden)
            for t in out
        )

    def _argument(self, call: _Call, k: int) -> list[Token]:
        """Return what stands for the parameter that is token `k` of a macro's body."""
        macro = call.macro
        name = macro.body[k].text
        argument = call.arguments[name]
        before = _neighbour(macro.body, k, -1)
        if before == "#":
            self.count(len(argument), call.offset)
            return [Token("string", _spell_as_string(argument), call.offset)]
        if before == "##" or _neighbour(macro.body, k, 1) == "##":
            return argument or [_empty_argument(call, name)]
        if name not in call.expanded:
            self.count(len(argument), call.offset)
            call.expanded[name] = self.expand(argument, call.depth + 1)
        return call.expanded[name]


def _empty_argument(call: _Call, name: str) -> Token:
    """Return what holds the place of an empty argument beside `##`."""
    macro = call.macro
    is_rest = (
        macro.variadic and macro.parameters and name == macro.parameters[-1]
    )
    return Token(_NO_REST if is_rest else _NOTHING, "", call.offset)


def _take_arguments(
    todo: list[Token], macro: Macro, parameters: tuple[str, ...], at: int
) -> tuple[Arguments, frozenset[str]] | None:
    """Pop a parenthesised argument list off `todo`, whose last token is the next.

    Returns:
        The arguments and what the closing parenthesis hides; None when the next token
        is no parenthesis.
    """
    ahead = len(todo) - 1
    while ahead >= 0 and is_blank(todo[ahead]):
        ahead -= 1
    if ahead < 0 or todo[ahead].text != "(":
        return None
    del todo[ahead:]
    arguments: list[list[Token]] = [[]]
    depth = 1
    while todo:
        token = todo.pop()
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0:
            return _bind(macro, parameters, arguments, at), token.hidden
        in_rest = macro.variadic and len(arguments) >= len(parameters)
        if token.text == "," and depth == 1 and not in_rest:
            arguments.append([])
        else:
            arguments[-1].append(token)
    message = f"the call of macro '{macro.name}' has no closing parenthesis"
    raise Refusal("macro_call", message, at)


def _bind(
    macro: Macro,
    parameters: tuple[str, ...],
    given: list[list[Token]],
    at: int,
) -> Arguments:
    arguments = [trim(tokens) for tokens in given]
    expected = len(parameters)
    if expected == 0 and arguments == [[]]:
        arguments = []
    if macro.variadic and len(arguments) == expected - 1:
        arguments.append([])
    if len(arguments) != expected:
        message = f"macro '{macro.name}' takes {expected} arguments, {len(arguments)} given"
        raise Refusal("macro_call", message, at)
    return dict(zip(parameters, arguments, strict=True))


def _neighbour(body: tuple[Token, ...], k: int, step: int) -> str:
    """Return the first word before (step -1) or behind (1) token `k`, "" at an end."""
    k += step
    while 0 <= k < len(body) and is_blank(body[k]):
        k += step
    return body[k].text if 0 <= k < len(body) else ""


def _spell_as_string(argument: list[Token]) -> str:
    text = "".join(t.text for t in argument)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _paste(tokens: list[Token]) -> list[Token]:
    """Join the tokens on both sides of each `##`.

    A comma and an empty rest of arguments vanish, as GNU C has it.
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
        message = f"## makes a token of more than {MAX_PASTED} characters"
        raise Refusal(TOO_LARGE, message, left.offset)
    hidden = left.hidden & right.hidden
    return [
        Token(t.kind, t.text, left.offset, hidden)
        for t in tokenize(left.text + right.text)
    ]


def parse_definition(tokens: Sequence[Token]) -> Macro | None:
    """Read what follows `#define`: `NAME body` or `NAME(a, b) body`.

    Returns:
        The macro, its place unset; None where there is no name.
    """
    first = next(
        (k for k, t in enumerate(tokens) if not is_blank(t)), len(tokens)
    )
    tokens = tokens[first:]
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
            is_named = tokens[k - 1].kind == "name"  # `rest...`
            if not is_named:
                parameters.append("__VA_ARGS__")
        k += 1
    return Macro(
        name, tuple(trim(tokens[k + 1 :])), tuple(parameters), variadic
    )
