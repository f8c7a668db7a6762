"""Which files can hold a numeric function at all, told from their words before anything is parsed.

In: text. Out: the names that stand for floating-point types or contain them; a named reason to skip a file.
Non-goals: being exact. A name too many costs time; a type hidden behind three levels of braces is missed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

FLOATING = frozenset({"float", "double"})
_KEYWORDS = frozenset(
    "auto break case char const continue default do else enum extern for goto if inline int long register restrict"
    " return short signed sizeof static struct switch typedef union unsigned void volatile while define".split()
)
# A literal first letter lets `re` skip to it: a line's start is the line end before it (`_lines`).
_COMMENT = re.compile(r"/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/)?|//[^\n]*")
_WORD = re.compile(r"[A-Za-z_]\w*")
_BRACES = r"\{([^{}]{0,4000}(?:\{[^{}]{0,1000}\}[^{}]{0,1000}){0,20})\}"
# A look-behind after the word says what \b before it would, and leaves `re` a literal to search for.
_TYPEDEF = re.compile(r"typedef(?<!\wtypedef)\s([\w\s*]{1,200}\W)(\w+)\s*(?:\[[^;{}]{0,40})?;")
_TYPEDEF_STRUCT = re.compile(
    rf"typedef(?<!\wtypedef)\s+(?:struct|union)\s*\w*\s*{_BRACES}\s*\**(\w+)\s*(?:,[^;{{}}]{{0,100}})?(?:\[[^;{{}}]{{0,40}})?;"
)
_STRUCT = re.compile(rf"(?:struct(?<!\wstruct)|union(?<!\wunion))\s+(\w+)\s*{_BRACES}")
_OTHER_MEMBER = re.compile(r"\b(?:int|char|void|unsigned|long|short|_?[Bb]ool|size_t|u?int\d+_t|FILE)\b|\*")
_DEFINE = re.compile(r"\n[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+([\w \t*]{1,80})$", re.MULTILINE)
_BODY = re.compile(r"\)[\w\s*,;\[\]]{0,300}\{")

_CPLUSPLUS = re.compile(r"\n[^\S\n]*(?:template\s*<|namespace\s+\w|class\s+\w+\s*[:{]|using\s)")
_CONTROL = frozenset({"if", "else", "for", "while", "switch", "do", "return"})
_NAME_AND_PARAMETERS = re.compile(r"(\w+)\s*\([^()]{0,1500}(?:\([^()]{0,200}\)[^()]{0,500}){0,20}\)\s*\{$")
_COMMA = re.compile(r",(?![^(]*\))")
MAX_HEAD = 2000  # characters from the start of a function to its last parenthesis

_DIRECTIVE = re.compile(r"\n[ \t]*#[^\n\\]*(?:\\.[^\n\\]*)*", re.DOTALL)

Declared = tuple[str, frozenset[str]]  # a name and the words that its declaration uses


def declared(text: str) -> Iterator[Declared]:
    """Yield what a text's typedefs, structs and macros that look like types declare."""
    text = _lines(text)
    pairs = [(name, words) for words, name in _TYPEDEF.findall(text) + _TYPEDEF_STRUCT.findall(text)]
    pairs = [(name, words) for name, words in pairs + _STRUCT.findall(text) if not _OTHER_MEMBER.search(words)]
    for name, words in pairs + _DEFINE.findall(text):
        if name not in _KEYWORDS:
            yield name, frozenset(_WORD.findall(words)) - _KEYWORDS


def floating_names(declarations: Iterable[Declared]) -> frozenset[str]:
    """Close {float, double} under declarations: typedefs of them, structs of nothing else, macros that name them.

    Example: `typedef double real; typedef struct { real x, y; } point;` gives float, double, real, point.
    """
    users: dict[str, list[str]] = {}
    for name, words in declarations:
        for word in words:
            users.setdefault(word, []).append(name)
    found, new = set(FLOATING), list(FLOATING)
    while new:
        fresh = set(users.get(new.pop(), ())) - found
        found |= fresh
        new += fresh
    return frozenset(found)


def skip_reason(text: str, names: frozenset[str], *, scalar: bool = False) -> str | None:
    """Say why no function of a text can be numeric, given the package's names; None where one may be.

    A function may be if each of its parameters is declared with one of the names. `scalar`: it must return one,
    too, and take no pointer.
    """
    text = _lines(text)
    if _CPLUSPLUS.search(text):
        return "c_plus_plus"
    found = False
    for head in _heads(text):
        found = True
        if _may_be_numeric(head, names, scalar):
            return None
    return ("no_scalar_function" if scalar else "no_floating_point") if found else "no_function"


def _may_be_numeric(head: str, names: frozenset[str], scalar: bool) -> bool:
    end = head.rfind(")")
    start, depth = end, 0
    while start >= 0:
        depth += (head[start] == ")") - (head[start] == "(")
        if depth == 0:
            break
        start -= 1
    behind = [part for part in head[end + 1 : -1].split(";") if part.strip()]
    declarations = behind if ";" in head[end + 1 :] else _COMMA.split(head[start + 1 : end])
    if scalar and (names.isdisjoint(_WORD.findall(head[:start])) or any("*" in part for part in declarations)):
        return False
    return all(not names.isdisjoint(_WORD.findall(part)) for part in declarations)


def defined_functions(text: str) -> Iterator[str]:
    """Yield the functions that a text defines for other files."""
    for head in _heads(_lines(text)):
        found = _NAME_AND_PARAMETERS.search(head)
        if found and not re.search(r"\bstatic\b", head):
            yield found.group(1)


def _lines(text: str) -> str:
    """Return a text without comments, with a line end before each line."""
    return "\n" + _COMMENT.sub(" ", text)


def _heads(text: str) -> Iterator[str]:
    """Yield what stands before each function's body: from the end of what is before it to its `{`."""
    text = _DIRECTIVE.sub("\n", text)
    for match in _BODY.finditer(text):
        near = max(0, match.start() - MAX_HEAD)
        head = text[max(near, *(text.rfind(end, near, match.start()) + 1 for end in ";{}")) : match.end()]
        word = _WORD.search(head)
        if word and word.group() not in _CONTROL:
            yield head
