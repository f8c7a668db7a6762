"""User text -> text without directives and user macros, with a map back to the user's
positions.

In: the text of a C file, and of its own headers. Out: `Expanded`. The compiler and the
parser see only its `text`, so no directive, `#include` or macro written by a stranger
ever reaches them.
Non-goals: opening files. An `#include` is followed only where the caller hands over the
header's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from nsc.refusal import Refusal
from nsc.text.conditions import condition
from nsc.text.cursor import State, would_fuse
from nsc.text.cut import (
    ATTRIBUTES,
    MAX_EXPANSIONS,
    MAX_REMEMBERED,
    Directive,
    Expansion,
    Stretch,
    cut,
    include_guard,
    spelled,
    without_odd_characters,
)
from nsc.text.expanded import Expanded, Include
from nsc.text.macros import MAX_EXPANDED_TOKENS, TOO_LARGE, Macro
from nsc.text.replay import Reading, Recorder, remember, remembered
from nsc.text.standard import HEADERS
from nsc.text.tokens import Token, is_blank, tokenize

MAX_SOURCE_BYTES = 2_000_000  # of a file and all headers it includes
MAX_INCLUDES = 1000
MAX_INCLUDE_DEPTH = 40

# What `#if` sees of a hosted C11 compiler for wasm32; nothing of it is expanded in
# code.
_PREDEFINED_IN_CONDITIONS = {
    "__STDC__": "1",
    "__STDC_VERSION__": "201112L",
    "__STDC_HOSTED__": "1",
    "CHAR_BIT": "8",
    "FLT_EVAL_METHOD": "0",
    "FLT_RADIX": "2",
    "FLT_MANT_DIG": "24",
    "DBL_MANT_DIG": "53",
    "LDBL_MANT_DIG": "113",
    "LDBL_MAX_EXP": "16384",
    "DBL_MAX_EXP": "1024",
    "UCHAR_MAX": "255",
    "SCHAR_MAX": "127",
    "CHAR_MAX": "127",
    "SHRT_MAX": "32767",
    "USHRT_MAX": "65535",
    "ULONG_MAX": "4294967295UL",
    "LLONG_MAX": "9223372036854775807LL",
    "FLT_DIG": "6",
    "DBL_DIG": "15",
    "INT_MAX": "2147483647",
    "LONG_MAX": "2147483647L",
    "UINT_MAX": "4294967295",
    "__BYTE_ORDER": "1234",
    "__LITTLE_ENDIAN": "1234",
    "__BIG_ENDIAN": "4321",
}
_PREDEFINED = {
    "__FILE__": '"program.c"',
    "__LINE__": "0",
    "__DATE__": '""',
    "__TIME__": '""',
    "__TIMESTAMP__": '""',
    "__inline": "inline",
    "__inline__": "inline",
    "__const": "const",
    "__always_inline": "inline",
    "__restrict": "restrict",
    "__restrict__": "restrict",
    "__extension__": "",
    "__volatile__": "volatile",
    "__signed__": "signed",
}
# a folded line inside a word or an operator: it may as well stand behind it
_FOLDED = re.compile(r"((?:\\\r?\n)+)(?:(\w+)|([-+*/%&|^=<>!.#:]+))")
_WORD_BEFORE = re.compile(r"\w")
_OPERATOR_BEFORE = re.compile(r"[-+*/%&|^=<>!.#:]")
_CONDITIONALS = frozenset(("if", "ifdef", "ifndef", "elif", "else", "endif"))
# what text as a person wrote it keeps of the directives in it
_KEPT = frozenset(("define", "undef"))
_INCLUDE = re.compile(r"\s*(?:<([^>\n]*)>|\"([^\"\n]*)\")")


def preprocess(
    text: str,
    include: Include | None = None,
    defines: Mapping[str, str] | None = None,
    behind: Sequence[str] = (),
) -> Expanded:
    """Resolve conditionals and expand the user's own macros.

    Example: "#define K 2.0\\nfloat f(float x) { return K*x; }" gives "\\nfloat f(float
    x) { return 2.0*x; }".

    Standard macros (M_PI, INFINITY...) stay: they are the standard headers' to expand.
    Bad directives are collected in `problems`; the rest of the file is still processed.

    Args:
        include: gives the text of the user's own headers; without it none is followed.
            Standard headers never are.
        defines: macros defined before the first line, as -D does.
        behind: names of files to read behind the last line, as if the text included
            them there.
    """
    run = _Run(State(include), defines or {}, behind)
    done = run.done
    try:
        run.read("", text)
    except Refusal as refusal:
        done.problems.append(done.problem(refusal, in_text=False))
    done.text = "".join(run.state.out)
    return done


class _Run:
    """One pass over a file and the headers it includes."""

    def __init__(self, state: State, defines: Mapping[str, str], behind: Sequence[str]):
        self.state = state
        self.done = state.done
        self.expander = state.expander
        self.reading = state.reading
        self.emit = state.emit
        self.behind = behind
        for name, body in (_PREDEFINED | dict(defines)).items():
            self.expander.define(name, _predefined(name, body))
        # active, some branch taken, parent active
        self.stack: list[tuple[bool, bool, bool]] = []
        self.floor = 0  # conditionals of the including files
        self.recorders: list[Recorder] = [Recorder(state)]  # of the files being read

    def read(self, path: str, text: str) -> None:
        """Process one file from its first line to its last."""
        if self.done.length + len(text) > MAX_SOURCE_BYTES:
            if not self.done.files:
                self.done.add_file(path, "")
            found = f"the file and its headers have more than {MAX_SOURCE_BYTES} bytes"
            raise Refusal("source_too_large", found, 0)
        base = self.done.add_file(path, text).base
        text = _ended(text)
        floor = self.floor
        self.floor = len(self.stack)
        self.reading.append((path, base, text))
        self.done.seams.append(self.state.length)
        try:
            self._pieces(text, base)
        finally:  # where a header is refused, those that include it go on
            self.reading.pop()
            self.done.seams.append(self.state.length)
            del self.stack[self.floor :]
            self.floor = floor

    def _pieces(self, text: str, base: int) -> None:
        for piece in cut(text):
            if isinstance(piece, Directive):
                if piece.name not in _KEPT or not self._active():
                    self.done.left_out.append((base + piece.at, base + piece.end))
                self._directive(piece, base)
            elif self._active():
                self._stretch(piece, base)
            else:
                self.done.left_out.append(
                    (base + piece.start, base + piece.start + len(piece.text))
                )
                if piece.newlines and len(self.reading) == 1:
                    self.emit("\n" * piece.newlines, base + piece.start, exact=False)
        if len(self.reading) == 1 and self._active():
            self._read_behind(len(text))

    def _read_behind(self, at: int) -> None:
        for name in self.behind:
            try:
                self._include(name, False, at)
            except Refusal as refusal:
                if refusal.reason == TOO_LARGE:
                    raise
                self.done.problems.append(self.done.problem(refusal, in_text=False))

    def _active(self) -> bool:
        return not self.stack or self.stack[-1][0]

    def _stretch(self, stretch: Stretch, base: int) -> None:
        self.recorders[-1].names |= stretch.names
        named = frozenset(self.expander.macros.keys() & stretch.names) | (
            ATTRIBUTES & stretch.names
        )
        for piece, is_named in stretch.divided(named) if named else ((stretch, False),):
            if is_named:
                self._expand(piece, base)
            else:
                for offset, text, exact in piece.clean:
                    self.emit(text, base + offset, exact=exact)

    def _expand(self, chunk: Stretch, base: int) -> None:
        """Expand macros, or remember how it was done when they meant the same."""
        expander = self.expander
        done = next(
            (known for known in chunk.expansions if expander.knows(known.asked)), None
        )
        if done is None or expander.produced + done.produced > MAX_EXPANDED_TOKENS:
            done = self._expanded(chunk, base)
            chunk.expansions[MAX_EXPANSIONS - 1 :] = []
            chunk.expansions.insert(0, done)
        else:
            expander.produced += done.produced
            expander.used += [
                (base + offset, expander.macros[name]) for offset, name in done.used
            ]
        self.recorders[-1].names.update(name for name, _ in done.asked)
        for offset, text, exact in done.pieces:
            self.emit(text, base + offset, exact=exact)

    def _expanded(self, chunk: Stretch, base: int) -> Expansion:
        expander = self.expander
        used = len(self.expander.used)
        produced = self.expander.produced
        expander.base = base
        expander.asked = set()
        try:
            tokens = _without_attributes(expander.expand(chunk.tokens()))
        except Refusal as refusal:
            raise refusal.moved(base) from None
        return Expansion(
            tuple(_joined(tokens, self.reading[-1][2])),
            tuple((at - base, macro.name) for at, macro in expander.used[used:]),
            tuple((name, expander.macros.get(name)) for name in expander.asked),
            expander.produced - produced,
        )

    def _directive(self, line: Directive, base: int) -> None:
        try:
            if line.name in _CONDITIONALS:
                self._conditional(line, base)
            elif self._active():
                self._command(line, base)
        except Refusal as refusal:
            # nothing with a macro in it can succeed after that
            if refusal.reason == TOO_LARGE:
                raise
            # what a header refuses is missed by those who need it
            in_header = len(self.reading) > 1
            if not (
                in_header and refusal.reason in ("error_directive", "bad_directive")
            ):
                self.done.problems.append(self.done.problem(refusal, in_text=False))
        if len(self.reading) == 1:
            self.emit("\n" * line.newlines, base + line.end, exact=False)
        elif self.state.out and self.state.out[-1][-1:] not in ("\n", ""):
            self.emit("\n", base + line.end, exact=False)

    def _command(self, line: Directive, base: int) -> None:
        name = line.name
        at = base + line.at
        if name == "define":
            if line.definition is None:
                raise Refusal("bad_directive", "#define without a name", at)
            macro = line.definition._replace(start=at, end=base + line.end)
            self.expander.define(macro.name, macro)
            self.done.defined[macro.start] = self.state.length
        elif name == "undef" and line.words():
            self.expander.define(line.words()[0].text, None)
        elif name == "include_next":
            self.done.includes.append(
                (line.words()[0].text if line.words() else "", False, at)
            )
        elif name == "include":
            found = (
                _INCLUDE.match(self.reading[-1][2], line.rest[0].offset)
                if line.rest
                else None
            )
            if not found:
                raise Refusal("bad_directive", '#include needs <name> or "name"', at)
            self._include(found.group(1) or found.group(2), bool(found.group(1)), at)
        elif name == "pragma" and [t.text for t in line.words()] == ["once"]:
            self.state.once.add(self.reading[-1][0])
        elif name == "error":
            raise Refusal("error_directive", "an #error directive is active here", at)
        elif name not in ("pragma", "line", "warning", "ident", ""):
            raise Refusal(
                "forbidden_directive", f"the directive '#{name}' is not supported", at
            )

    def _include(self, name: str, angled: bool, at: int) -> None:
        found = None
        state = self.state
        if state.include is not None and not (angled and name in HEADERS):
            asked = name, angled, self.reading[-1][0]
            found = self.recorders[-1].includes[asked] = state.include(*asked)
        if found is None:
            self.done.includes.append((name, angled or name in HEADERS, at))
        elif not self._was_read(*found):
            if (
                len(self.reading) > MAX_INCLUDE_DEPTH
                or len(self.done.files) > MAX_INCLUDES
            ):
                raise Refusal(
                    "too_many_includes",
                    f"'{name}' is included too deeply or too often",
                    at,
                )
            self.done.followed.append(at)
            self._header(*found)

    def _was_read(self, path: str, text: str) -> bool:
        """Say whether a header has been read that asks to be read once."""
        guard = include_guard(_ended(text))
        recorder = self.recorders[-1]
        recorder.looked_up.add(path)
        recorder.names.add(guard)
        return path in self.state.once or guard in self.expander.macros

    def _header(self, path: str, text: str) -> None:
        """Read a header, or repeat what reading it did when its names meant the same."""
        for reading in remembered(path, text):
            if self._has_room(reading) and reading.holds(self.state):
                reading.repeat(self.state)
                self.recorders[-1].add(reading)
                return
        self.recorders.append(Recorder(self.state))
        try:
            self.read(path, text)
            reading = self.recorders[-1].reading(self.state)
            if reading is not None:
                remember(path, text, reading)
        finally:
            inner = self.recorders.pop()
            self.recorders[-1].add(inner)

    def _has_room(self, reading: Reading) -> bool:
        return (
            self.done.length + reading.length <= MAX_SOURCE_BYTES
            and len(self.done.files) + len(reading.files) <= MAX_INCLUDES
            and len(self.reading) + reading.depth <= MAX_INCLUDE_DEPTH
        )

    def _conditional(self, line: Directive, base: int) -> None:
        name = line.name
        at = base + line.at
        if name in ("if", "ifdef", "ifndef"):
            parent = self._active()
            # stands if the condition is refused
            self.stack.append((False, True, parent))
            taken = parent and self._holds(name, line.words(), at)
            self.stack[-1] = (taken, taken, parent)
            return
        if len(self.stack) <= self.floor:
            raise Refusal("bad_directive", f"#{name} without #if", at)
        _, taken, parent = self.stack[-1]
        if name == "elif":
            self.stack[-1] = (False, True, parent)
            now = parent and not taken and self._holds("if", line.words(), at)
            self.stack[-1] = (now, taken or now, parent)
        elif name == "else":
            self.stack[-1] = (parent and not taken, True, parent)
        else:
            self.stack.pop()

    def _holds(self, name: str, words: list[Token], at: int) -> bool:
        if name in ("ifdef", "ifndef"):
            if not words:
                raise Refusal("bad_directive", f"#{name} without a name", at)
            return self._is_defined(words[0].text) == (name == "ifdef")
        used = len(self.done.used)
        words = [Token(t.kind, t.text, at) for t in words]
        self.expander.base = 0
        self.expander.asked = self.recorders[-1].names
        tokens = self.expander.expand(self._resolve_defined(words))
        del self.done.used[used:]
        tokens = [
            (
                Token("number", _PREDEFINED_IN_CONDITIONS[t.text], t.offset)
                if t.text in _PREDEFINED_IN_CONDITIONS
                else t
            )
            for t in tokens
        ]
        return condition(tokens, at) != 0

    def _is_defined(self, name: str) -> bool:
        self.recorders[-1].names.add(name)
        return name in self.expander.macros or name in _PREDEFINED_IN_CONDITIONS

    def _resolve_defined(self, words: list[Token]) -> list[Token]:
        out: list[Token] = []
        k = 0
        while k < len(words):
            word = words[k]
            if word.text == "defined":
                k += 2 if k + 1 < len(words) and words[k + 1].text == "(" else 1
                known = k < len(words) and self._is_defined(words[k].text)
                out.append(Token("number", str(int(known)), word.offset))
                k += 1 if k + 1 < len(words) and words[k + 1].text == ")" else 0
            else:
                out.append(word)
            k += 1
        return out


@lru_cache(maxsize=256)
def _predefined(name: str, body: str) -> Macro:
    return Macro(name, tuple(tokenize(body)))


@lru_cache(maxsize=MAX_REMEMBERED)
def _ended(text: str) -> str:
    """Return a file's text with its odd characters replaced and no token cut by a
    folded line, of the same length.
    """
    text = without_odd_characters(text if text.endswith("\n") else text + "\n")
    return _FOLDED.sub(_joined_token, text)


def _joined_token(found: re.Match) -> str:
    before = _WORD_BEFORE if found[2] else _OPERATOR_BEFORE
    is_cut = found.start() > 0 and before.match(found.string, found.start() - 1)
    return (found[2] or found[3]) + found[1] if is_cut else found[0]


def _joined(tokens: list[Token], original: str) -> Iterator[tuple[int, str, bool]]:
    """Yield (offset, text, is it as in the file): together what stands there side by
    side, and what one call made.
    """
    start = end = at = 0
    made: list[str] = []
    for token in tokens:
        text = spelled(token)
        exact = original.startswith(text, token.offset)
        if start < end and not (exact and token.offset == end):
            yield start, original[start:end], True
            start = end
        if made and (exact or token.offset != at):
            yield at, "".join(made), False
            made = []
        if not exact:
            at = token.offset
            made += (" ", text) if made and would_fuse(made[-1], text) else (text,)
        elif start < end:
            end += len(text)
        else:
            start = token.offset
            end = token.offset + len(text)
    if made:
        yield at, "".join(made), False
    elif start < end:
        yield start, original[start:end], True


def _without_attributes(tokens: list[Token]) -> list[Token]:
    """Drop `__attribute__((...))` and `__declspec(...)`."""
    if not any(t.text in ATTRIBUTES for t in tokens):
        return tokens
    out: list[Token] = []
    depth = 0
    skipping = False
    for token in tokens:
        if not skipping:
            skipping = token.text in ATTRIBUTES
            depth = 0
            if not skipping:
                out.append(token)
            continue
        if is_blank(token):
            continue
        depth += (token.text == "(") - (token.text == ")")
        if depth <= 0:
            skipping = False
            if token.text != ")":
                out.append(token)
    return out
