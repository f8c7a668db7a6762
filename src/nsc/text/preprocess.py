"""User text -> text without directives and user macros, with a map back.

In: the text of a C file, and of its own headers. Out: `Expanded`. The compiler and the
parser see only its `text`, so no directive, `#include` or macro written by a stranger
ever reaches them.
Non-goals: opening files. An `#include` is followed only where the caller hands over the
header's text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from nsc.refusal import Refusal
from nsc.text.characters import plain_text
from nsc.text.cursor import (
    MAX_INCLUDE_DEPTH,
    MAX_INCLUDES,
    MAX_SOURCE_BYTES,
    Cursor,
    OpenFile,
)
from nsc.text.cut import Directive
from nsc.text.directives import obey
from nsc.text.expanded import Expanded, Include, NotFollowed
from nsc.text.expansion import write_stretch
from nsc.text.header_cache import HeaderCache
from nsc.text.macros import TOO_LARGE, Macro
from nsc.text.predefined import PREDEFINED
from nsc.text.replay import Recorder
from nsc.text.standard import HEADERS
from nsc.text.stretch import Stretch
from nsc.text.tokens import tokenize

# what text as a person wrote it keeps of the directives in it
_KEPT = frozenset(("define", "undef"))
# what a header refuses of itself is missed by those who need it
_HEADERS_OWN = ("error_directive", "bad_directive")
_INCLUDE = re.compile(r"\s*(?:<([^>\n]*)>|\"([^\"\n]*)\")")
_CACHE = HeaderCache()


@lru_cache(maxsize=256)
def _predefined(name: str, body: str) -> Macro:
    """Return a predefined macro: always the same, by which recordings know it."""
    return Macro(name, tuple(tokenize(body)))


_PREDEFINED = {
    name: _predefined(name, body) for name, body in PREDEFINED.items()
}


def preprocess(
    text: str,
    include: Include | None = None,
    defines: Mapping[str, str] | None = None,
    behind: Sequence[str] = (),
    cache: HeaderCache = _CACHE,
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
        cache: what is remembered of the files that were read before; it changes nothing
            but the time this takes.
    """
    macros = dict(_PREDEFINED)
    for name, body in (defines or {}).items():
        macros[name] = _predefined(name, body)
    cursor = Cursor(include, macros)
    reader = _Reader(cursor, cache, behind)
    try:
        reader.read("", text)
    except Refusal as refusal:
        reader.note(refusal)
    return cursor.finish()


class _Reader:
    """Reads a file and the headers it includes."""

    def __init__(
        self, cursor: Cursor, cache: HeaderCache, behind: Sequence[str]
    ):
        self.cursor = cursor
        self.expanded = cursor.expanded
        self.cache = cache
        self.behind = behind

    def note(self, refusal: Refusal) -> None:
        """List a refusal among the problems; the pass goes on."""
        self.expanded.problems.append(
            self.expanded.problem(refusal, in_text=False)
        )

    def read(self, path: str, text: str) -> OpenFile:
        """Process one file from its first line to its last."""
        if self.expanded.length + len(text) > MAX_SOURCE_BYTES:
            self._refuse_size(path)
        base = self.expanded.add_file(path, text).base
        file = OpenFile(path, base, plain_text(text))
        self.cursor.open_files.append(file)
        self.expanded.seams.append(self.cursor.place)
        try:
            self._read_pieces(file)
        finally:  # where a header is refused, those that include it go on
            self.cursor.open_files.pop()
            self.expanded.seams.append(self.cursor.place)
        return file

    def _refuse_size(self, path: str) -> None:
        if not self.expanded.files:
            self.expanded.add_file(path, "")  # the problem's place
        message = (
            f"the file and its headers have more than {MAX_SOURCE_BYTES} bytes"
        )
        raise Refusal("source_too_large", message, 0)

    def _read_pieces(self, file: OpenFile) -> None:
        for piece in self.cache.pieces(file.text):
            if isinstance(piece, Directive):
                self._directive(piece, file)
            elif file.conditionals.active:
                write_stretch(self.cursor, piece)
            else:
                self._skip(piece, file)
        if not self.cursor.in_header and file.conditionals.active:
            self._read_behind(len(file.text))
        try:
            file.conditionals.end()
        except Refusal as refusal:
            if not self.cursor.in_header:
                self.note(refusal)

    def _skip(self, stretch: Stretch, file: OpenFile) -> None:
        """Leave text out; in the main file lines keep their numbers."""
        start = file.base + stretch.start
        self.expanded.left_out.append((start, file.base + stretch.end))
        if stretch.newlines and not self.cursor.in_header:
            self.cursor.emit("\n" * stretch.newlines, start, exact=False)

    def _read_behind(self, at: int) -> None:
        for name in self.behind:
            try:
                self._include(name, False, at)
            except Refusal as refusal:
                if refusal.reason == TOO_LARGE:
                    raise
                self.note(refusal)

    def _directive(self, line: Directive, file: OpenFile) -> None:
        start = file.base + line.at
        end = file.base + line.end
        is_active = file.conditionals.active
        if line.name not in _KEPT or not is_active:
            self.expanded.left_out.append((start, end))
        try:
            if line.name == "include" and is_active:
                self._include_line(line, file)
            else:
                obey(self.cursor, line)
        except Refusal as refusal:
            # nothing with a macro in it can succeed after that
            if refusal.reason == TOO_LARGE:
                raise
            if not (self.cursor.in_header and refusal.reason in _HEADERS_OWN):
                self.note(refusal)
        self._end_line(line, end)

    def _end_line(self, line: Directive, end: int) -> None:
        """Write a directive's line ends; in a header what keeps its lines apart."""
        if not self.cursor.in_header:
            self.cursor.emit("\n" * line.newlines, end, exact=False)
        elif self.cursor.last_character not in ("\n", "", None):
            self.cursor.emit("\n", end, exact=False)

    def _include_line(self, line: Directive, file: OpenFile) -> None:
        at = file.base + line.at
        found = (
            _INCLUDE.match(file.text, line.rest[0].offset)
            if line.rest
            else None
        )
        if not found:
            raise Refusal(
                "bad_directive", '#include needs <name> or "name"', at
            )
        angled, quoted = found.groups()
        self._include(angled or quoted, bool(angled), at)

    def _include(self, name: str, angled: bool, at: int) -> None:
        """Read a header where it is to be had and was not read."""
        including = self.cursor.file
        is_standard = angled and name in HEADERS
        found = None
        if self.cursor.include is not None and not is_standard:
            asked = (name, angled, including.path)
            found = self.cursor.find(asked)
            including.lookups.includes[asked] = found
        if found is None:
            not_followed = NotFollowed(name, angled or name in HEADERS, at)
            self.expanded.includes.append(not_followed)
        elif not self._was_read(*found):
            self._check_number(name, at)
            self.expanded.followed.append(at)
            self._read_header(*found)

    def _was_read(self, path: str, text: str) -> bool:
        """Say whether a header has been read that asks to be read once."""
        guard = self.cache.guard(plain_text(text))
        lookups = self.cursor.file.lookups
        lookups.once.add(path)
        lookups.names.add(guard)
        return path in self.cursor.once or guard in self.cursor.expander.macros

    def _check_number(self, name: str, at: int) -> None:
        is_too_deep = len(self.cursor.open_files) > MAX_INCLUDE_DEPTH
        if is_too_deep or len(self.expanded.files) > MAX_INCLUDES:
            message = f"'{name}' is included too deeply or too often"
            raise Refusal("too_many_includes", message, at)

    def _read_header(self, path: str, text: str) -> None:
        """Read a header, or repeat what reading it did where that would do the same."""
        including = self.cursor.file
        repeated = self.cache.repeat(path, text, self.cursor)
        if repeated is not None:
            including.lookups.add(repeated.lookups)
            return
        recorder = Recorder(self.cursor)
        lookups = self.read(path, text).lookups
        recording = recorder.recording(self.cursor, lookups)
        if recording is not None:
            self.cache.keep(path, text, recording)
        including.lookups.add(lookups)
