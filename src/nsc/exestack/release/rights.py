"""May a record's text be passed on? Decided by evidence, not by guess.

In: a record's place in its package, the packages of the cache folder. Out: a licence
and where it is stated, or a reason to withhold the text. Non-goals: which licences
permit (licences.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from nsc.errors import NscError
from nsc.exestack.release.copyright_file import CopyrightFile, read_copyright
from nsc.exestack.release.licences import COMMON, texts_of
from nsc.exestack.sources.debian import NOTICE, Package, cached_package

# The whole line up to a comment's end: what is joined to the first name counts as well.
_SPDX = re.compile(r"SPDX-License-Identifier:((?:(?!\*/)[^\n])*)")
REASONS = {
    "not_from_debian": "only Debian's packages come with a notice of their licences",
    "no_notice": "its package's copyright file, of that version, is not at hand",
    "not_in_package": "its package has no file of that name",
    "licence_unstated": "no licence is stated for its file",
    "licence_not_permitted": "its licence is not in the table of those that permit it",
    "no_licence_text": "the full text that its licence asks to go along is not at hand",
}


@dataclass(frozen=True)
class Rights:
    """What may be done with a text.

    Args:
        licence: as stated for the text's file; "" where nothing states one.
        stated_in: "file" (by the file itself), "debian/copyright" or "".
        withheld: "", or why the text is not passed on: a key of `REASONS`.
    """

    licence: str
    stated_in: str
    withheld: str


@dataclass(frozen=True)
class _Source:
    """A package in the cache folder, with its notice."""

    folder: Path
    package: Package
    notice: str
    licences: CopyrightFile


class Rightful:
    """Decides, and remembers what must go along with the texts that are passed on.

    Args:
        versions: of the Debian packages that the data set was made of.
    """

    def __init__(self, versions: dict[str, str]):
        self.versions = versions
        self.sources: dict[str, _Source | None] = {}
        self.notices: dict[str, str] = {}
        self.licence_texts: set[str] = set()

    def of(self, package: str, path: str, licence: str) -> Rights:
        """Decide on the text of a function.

        Args:
            package: the source package's name.
            path: of the function's file in it.
            licence: what the record says, which can be a guess; it counts where
                nothing better is known, and permits nothing.
        """
        if package not in self.versions:
            return Rights(licence, "", "not_from_debian")
        source = self._source(package)
        if source is None:
            return Rights(licence, "", "no_notice")
        if not (source.folder / path).is_file():
            return Rights(licence, "", "not_in_package")
        stated, stated_in = _stated(source, path)
        if not stated:
            return Rights(licence, "", "licence_unstated")
        return self._decided(source, stated, stated_in)

    def _decided(
        self, source: _Source, licence: str, stated_in: str
    ) -> Rights:
        texts = texts_of(licence)
        if texts is None:
            return Rights(licence, stated_in, "licence_not_permitted")
        if not all((COMMON / text).is_file() for text in texts):
            return Rights(licence, stated_in, "no_licence_text")
        self.licence_texts.update(texts)
        self.notices[source.package.name] = source.notice
        return Rights(licence, stated_in, "")

    def _source(self, package: str) -> _Source | None:
        if package not in self.sources:
            self.sources[package] = _read(package, self.versions[package])
        return self.sources[package]


def _stated(source: _Source, path: str) -> tuple[str, str]:
    """Return a file's licence and where it is stated; both "" where it is nowhere."""
    text = (source.folder / path).read_text("utf-8", errors="replace")
    own = [line.strip() for line in _SPDX.findall(text)]
    if own:
        return " AND ".join(dict.fromkeys(own)), "file"
    stated = source.licences.licence_of(path)
    return stated, "debian/copyright" if stated else ""


def _read(name: str, version: str) -> _Source | None:
    """Read a package's notice; None where that version is not in the cache folder."""
    try:
        found = cached_package(name)
    except NscError:
        return None
    if found is None or found[1].version != version:
        return None
    folder, package = found
    try:
        notice = (folder / NOTICE).read_text("utf-8", errors="replace")
    except OSError:
        return None
    return _Source(folder, package, notice, read_copyright(notice))
