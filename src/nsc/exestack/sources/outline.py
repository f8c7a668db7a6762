"""Which files can hold a numeric function at all, by their words: nothing is parsed.

In: text. Out: `Outline`s, and from a package's outlines `Facts`; given these, a named
reason to skip a file.
Non-goals: being exact. A name too many costs time; a type hidden behind three levels of
braces is missed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

_KEYWORDS = frozenset(
    "auto break case char const continue default do else enum extern for goto if inline"
    " int long register restrict return short signed sizeof static struct switch"
    " typedef union unsigned void volatile while define".split()
)
# A literal first letter lets `re` skip to it: a line's start is the line end before it.
_COMMENT = re.compile(r"/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/)?|//[^\n]*")
_WORD = re.compile(r"[A-Za-z_]\w*")
_BRACES = r"\{([^{}]{0,4000}(?:\{[^{}]{0,1000}\}[^{}]{0,1000}){0,20})\}"
# A look-behind after the word says what \b before it would, and leaves `re` a literal
# to search for.
_TYPEDEF = re.compile(
    r"typedef(?<!\wtypedef)\s([\w\s*]{1,200}\W)(\w+)\s*(?:\[[^;{}]{0,40})?;"
)
_TYPEDEF_STRUCT = re.compile(
    rf"typedef(?<!\wtypedef)\s+(?:struct|union)\s*\w*\s*{_BRACES}\s*\**(\w+)\s*"
    r"(?:,[^;{}]{0,100})?(?:\[[^;{}]{0,40})?;"
)
_STRUCT = re.compile(rf"struct(?<!\wstruct)\s+(\w+)\s*{_BRACES}")
_UNION = re.compile(rf"union(?<!\wunion)\s+(\w+)\s*{_BRACES}")
_OTHER_MEMBER = re.compile(
    r"\b(?:int|char|void|unsigned|long|short|_?[Bb]ool|size_t|u?int\d+_t|FILE)\b|\*"
)
_DEFINE = re.compile(
    r"\n[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+([\w \t*]{1,80})$", re.MULTILINE
)
_BODY = re.compile(r"\)[\w\s*,;\[\]]{0,300}\{")

_CPLUSPLUS_WORDS = ("template", "namespace", "class", "using")
_CPLUSPLUS = re.compile(
    r"\n[^\S\n]*(?:template\s*<|namespace\s+\w|class\s+\w+\s*[:{]|using\s)"
)
_CONTROL = frozenset({"if", "else", "for", "while", "switch", "do", "return"})
_NAME_AND_PARAMETERS = re.compile(
    r"(\w+)\s*\([^()]{0,1500}(?:\([^()]{0,200}\)[^()]{0,500}){0,20}\)$"
)
_STATIC = re.compile(r"\bstatic\b")
_COMMA = re.compile(r",(?![^(]*\))")
MAX_HEAD = (
    2000  # characters from the start of a function to its last parenthesis
)

_DIRECTIVE = re.compile(r"\n[ \t]*#[^\n\\]*(?:\\.[^\n\\]*)*", re.DOTALL)


class Declared(NamedTuple):
    """A type's name, or a macro's that looks like one.

    Args:
        words: that its declaration uses.
        is_struct: the words are a struct's or union's members.
    """

    name: str
    words: frozenset[str]
    is_struct: bool


@dataclass(frozen=True)
class Floating:
    """Names that stand for floating-point types.

    Args:
        names: structs of nothing else among them.
        scalars: no structs.
    """

    names: frozenset[str] = frozenset({"float", "double"})
    scalars: frozenset[str] = frozenset({"float", "double"})


@dataclass(frozen=True)
class Facts:
    """What the files of a package tell about one another.

    Args:
        floating: names of floating-point types.
        definitions: function -> the file that defines it, below the package.
    """

    floating: Floating = Floating()
    definitions: Mapping[str, str] = field(default_factory=dict, repr=False)


class Outline:
    """What the words of a file tell.

    Args:
        heads: what stands before each function's body, divided behind its last
            parenthesis.
        declared: its typedefs, structs and macros that look like types.
    """

    def __init__(self, text: str):
        text = "\n" + _COMMENT.sub(" ", text)
        self.is_c_plus_plus = _is_c_plus_plus(text)
        self.heads = tuple(_heads(text))
        self.declared = tuple(_declared(text))

    def defined_functions(self) -> Iterator[str]:
        """Yield the functions that the file defines for other files."""
        for before, behind in self.heads:
            if behind.strip() or _STATIC.search(before):
                continue
            found = _NAME_AND_PARAMETERS.search(before)
            if found:
                yield found.group(1)

    def skip_reason(
        self, floating: Floating, *, scalar: bool = False
    ) -> str | None:
        """Say why no function of the file can be numeric; None where one may be.

        A function may be if each of its parameters is declared with a floating-point
        name, `long double` excepted.

        Args:
            floating: the package's names.
            scalar: it must return one, too, and take no pointer and no struct.
        """
        if self.is_c_plus_plus:
            return "c_plus_plus"
        if not self.heads:
            return "no_function"
        if any(
            _may_be_numeric(*head, floating, scalar) for head in self.heads
        ):
            return None
        return "no_scalar_function" if scalar else "no_floating_point"


def _is_c_plus_plus(text: str) -> bool:
    # plain words first: hardly any file has one, and the pattern is slower
    has_word = any(word in text for word in _CPLUSPLUS_WORDS)
    return has_word and _CPLUSPLUS.search(text) is not None


def _declared(text: str) -> Iterator[Declared]:
    for name, declaration, is_struct in _types(text):
        if name not in _KEYWORDS:
            words = frozenset(_WORD.findall(declaration)) - _KEYWORDS
            yield Declared(name, words, is_struct)


def _types(text: str) -> Iterator[tuple[str, str, bool]]:
    """Yield (name, what it stands for, whether that is a struct's members).

    Types with a member that is no floating-point number are left out.
    """
    for declaration, name in _TYPEDEF.findall(text):
        if not _OTHER_MEMBER.search(declaration):
            yield name, declaration, False
    for members, name in _TYPEDEF_STRUCT.findall(text):
        if not _OTHER_MEMBER.search(members):
            yield name, members, True
    for name, members in _STRUCT.findall(text) + _UNION.findall(text):
        if not _OTHER_MEMBER.search(members):
            yield name, members, True
    for name, replacement in _DEFINE.findall(text):
        yield name, replacement, False


def floating_names(declarations: Iterable[Declared]) -> Floating:
    """Close {float, double} under declarations.

    Typedefs of them, structs of nothing else, and macros that name them are added.

    Example: `typedef double real; typedef struct { real x, y; } point;` gives float,
    double, real, point; of these point is no scalar.
    """
    found = list(declarations)
    no_structs = (d for d in found if not d.is_struct)
    return Floating(_closed(found), _closed(no_structs))


def _closed(declarations: Iterable[Declared]) -> frozenset[str]:
    """Add to {float, double} whoever uses a name that is in, until nobody is left."""
    users: dict[str, list[str]] = {}
    for name, words, _ in declarations:
        for word in words:
            users.setdefault(word, []).append(name)
    found = set(Floating.names)
    new = list(Floating.names)
    while new:
        fresh = set(users.get(new.pop(), ())) - found
        found |= fresh
        new += fresh
    return frozenset(found)


def _may_be_numeric(
    before: str, behind: str, floating: Floating, scalar: bool
) -> bool:
    """Judge a head that is divided behind its last parenthesis.

    K&R's parameters are declared behind that.
    """
    start = _opening_parenthesis(before)
    if start < 0:
        return False  # the end of a `for`
    if ";" in behind:
        parameters = [part for part in behind.split(";") if part.strip()]
    else:
        parameters = _COMMA.split(before[start + 1 : -1])
    if scalar:
        return may_be_scalar(before[:start], parameters, floating)
    return all(_is_floating(part, floating.names) for part in parameters)


def _opening_parenthesis(text: str) -> int:
    """Find the parenthesis that the last one closes; -1 where there is none."""
    start = text.rfind("(")
    while start >= 0 and text.count(")", start) > text.count("(", start):
        start = text.rfind("(", 0, start)
    return start


def may_be_scalar(
    result: str, parameters: Sequence[str], floating: Floating
) -> bool:
    """Say whether a function may have floating-point scalars alone, by its words.

    Args:
        result: what stands before the function's name, the name included or not.
        parameters: each parameter's declaration.
    """
    if not _is_floating(result, floating.scalars):
        return False
    return all(_is_scalar(parameter, floating) for parameter in parameters)


def _is_scalar(declaration: str, floating: Floating) -> bool:
    return "*" not in declaration and _is_floating(
        declaration, floating.scalars
    )


def _is_floating(declaration: str, names: frozenset[str]) -> bool:
    words = _WORD.findall(declaration)
    is_long_double = "double" in words and "long" in words
    return not is_long_double and not names.isdisjoint(words)


def _heads(text: str) -> Iterator[tuple[str, str]]:
    """Yield what stands before each function's body, divided behind its last parenthesis."""
    text = _DIRECTIVE.sub("\n", text)
    for match in _BODY.finditer(text):
        parenthesis = match.start()
        nearest = max(0, parenthesis - MAX_HEAD)
        ends = (text.rfind(end, nearest, parenthesis) + 1 for end in ";{}")
        start = max(nearest, *ends)
        word = _WORD.search(text, start, parenthesis)
        if word and word.group() not in _CONTROL:
            before = text[start : parenthesis + 1]
            yield before, text[parenthesis + 1 : match.end() - 1]
