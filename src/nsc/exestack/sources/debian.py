"""Debian source packages, fetched by apt and unpacked in the cache folder.

In: package names. Out: a folder per package with its C files, headers and copyright
file, and what `apt` says of it.
Non-goals: Debian's patches; building. Archives are read by us: no link, no device and
no path outside is made.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tarfile
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from nsc.errors import InputError, StoreError
from nsc.exestack.sources.text import MAX_BYTES
from nsc.exestack.sources.tree import BROKEN_ARCHIVE
from nsc.host import cache_folder, read_json, temporary_folder

# all members of a package's archives, those that are left out too
MAX_UNPACKED_BYTES = 4 << 30
_NOTE = "package.json"  # in a package's folder: what it is
NOTICE = "debian/copyright"  # in a package's folder: its files' licences
_WANTED = (".c", ".h", ".inc", ".def")
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_LICENCE_FILES = ("COPYING", "LICENSE", "LICENCE", "Copyright", "COPYRIGHT")
_OPENINGS = (
    (r"GNU LESSER GENERAL PUBLIC LICENSE\s+Version 3", "LGPL-3"),
    (r"GNU (?:LESSER|LIBRARY) GENERAL PUBLIC LICENSE\s+Version 2", "LGPL-2"),
    (r"GNU GENERAL PUBLIC LICENSE\s+Version 3", "GPL-3"),
    (r"GNU GENERAL PUBLIC LICENSE\s+Version 2", "GPL-2"),
    (r"Permission is hereby granted, free of charge", "MIT"),
    (r"Redistribution and use in source and binary forms", "BSD"),
)
_ALL_FILES = re.compile(r"^Files:[ \t]*\*[ \t]*$", re.MULTILINE)
_LICENCE = re.compile(r"^License:[ \t]*([^\n]+)", re.MULTILINE | re.IGNORECASE)

FETCH_S = 3600  # for one package


class MissingPackage(InputError):
    """A package that apt cannot fetch."""


@dataclass(frozen=True)
class Package:
    """An unpacked source package.

    Args:
        licence: a short name; "" where it states none that we recognise.
    """

    name: str
    version: str
    licence: str


def debian_package(
    name: str, say: Callable[[str], None] = lambda line: None
) -> tuple[Path, Package]:
    """Fetch and unpack a source package, once; returns its folder.

    Raises:
        MissingPackage: no source archive configured, no such package, or it cannot be
            fetched.
        InputError: no apt, no name of a package, or an archive that cannot be read.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"'{name}' is no Debian package name (lower case letters, digits, + - .)"
        )
    folder = cache_folder() / "debian" / name
    if not (folder / _NOTE).exists():
        _fetch_into(folder, name, say)
    return folder, _noted(folder)


def cached_package(name: str) -> tuple[Path, Package] | None:
    """Find a package in the cache folder; None where it is not there.

    Nothing is fetched.

    Raises:
        StoreError: what is there describes no package.
    """
    folder = cache_folder() / "debian" / name
    if not _NAME.fullmatch(name) or not (folder / _NOTE).exists():
        return None
    return folder, _noted(folder)


def _noted(folder: Path) -> Package:
    """Read what a package's folder says of it."""
    note = read_json(folder / _NOTE)
    try:
        return Package(**note)
    except TypeError:
        raise StoreError(
            f"{folder / _NOTE} describes no package; remove that folder"
        ) from None


def _fetch_into(folder: Path, name: str, say: Callable[[str], None]) -> None:
    """Fetch and unpack a package; its folder appears whole."""
    if shutil.which("apt-get") is None:
        raise InputError(
            f"debian:{name} needs apt-get (Debian, Ubuntu); elsewhere unpack it and"
            " use tree:DIR"
        )
    say(f"fetching {name}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with temporary_folder(f".{name}.", inside=folder.parent) as work:
        archives = _fetch(name, work)
        say(f"unpacking {name}")
        unpacked = work / "unpacked"
        package = _unpack(name, archives, unpacked)
        (unpacked / _NOTE).write_text(json.dumps(asdict(package)))
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(unpacked, folder)


def _fetch(name: str, work: Path) -> list[Path]:
    """Let apt fetch a package's archives.

    Those of the upstream source must come, Debian's own part may be missing.
    """
    options = ["--download-only", "-qq", "-o", "APT::Sandbox::User="]
    try:
        done = subprocess.run(
            ["apt-get", "source", *options, name],
            cwd=work,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=FETCH_S,
        )
    except subprocess.TimeoutExpired:
        raise MissingPackage(
            f"debian:{name} cannot be fetched: apt-get took longer than {FETCH_S} s"
        ) from None
    archives = sorted(path for path in work.iterdir() if _is_archive(path))
    if any(".orig" in p.name or ".debian." not in p.name for p in archives):
        return archives
    errors = [
        line[3:] for line in done.stderr.splitlines() if line.startswith("E: ")
    ]
    has_no_sources = any("deb-src" in line for line in errors)
    advice = "; add a deb-src line to apt's sources" if has_no_sources else ""
    reason = errors[0] if errors else "apt-get gave no archive"
    raise MissingPackage(f"debian:{name} cannot be fetched: {reason}{advice}")


def _is_archive(path: Path) -> bool:
    is_signature = path.name.endswith((".asc", ".sig"))
    return ".tar." in path.name and not is_signature


def _unpack(name: str, archives: list[Path], into: Path) -> Package:
    into.mkdir()
    left = MAX_UNPACKED_BYTES
    for archive in archives:
        component = re.search(r"\.orig-([\w-]+)\.tar", archive.name)
        place = into / component.group(1) if component else into
        try:
            with tarfile.open(archive) as tar:
                for member in tar:
                    left -= max(member.size, 0)
                    if left < 0:
                        raise InputError(
                            f"debian:{name}: {archive.name} holds more than"
                            f" {MAX_UNPACKED_BYTES >> 30} GiB"
                        )
                    _write(tar, member, place)
        except BROKEN_ARCHIVE as error:
            raise InputError(
                f"debian:{name}: {archive.name} cannot be read: {error}"
            ) from None
    return Package(name, _version(name, archives[0]), _licence(into))


def _version(name: str, archive: Path) -> str:
    """Read a version off an archive's name: 1.2-3 of pkg_1.2-3.debian.tar.xz."""
    version = archive.name.removeprefix(f"{name}_")
    for end in (".orig", ".debian", ".tar"):
        version = version.split(end)[0]
    return version


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> None:
    """Write one member if it is a wanted regular file, without its first folder."""
    parts = PurePosixPath(member.name).parts
    if parts and parts[0] != "debian":
        parts = parts[1:]
    is_small_file = member.isreg() and member.size <= MAX_BYTES
    if (
        not is_small_file
        or not parts
        or ".." in parts
        or not _is_wanted(parts)
    ):
        return
    content = tar.extractfile(member)
    if content is None:
        return
    target = into.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content.read())


def _is_wanted(parts: tuple[str, ...]) -> bool:
    """Say whether a file is C, or tells the package's licence."""
    if parts[-1].endswith(_WANTED) or parts == ("debian", "copyright"):
        return True
    return len(parts) == 1 and parts[0].startswith(_LICENCE_FILES)


def _licence(folder: Path) -> str:
    """Return a package's licence, as far as it states one.

    That is what debian/copyright gives `Files: *`, or most files; else what a licence
    file looks like.
    """
    text = _read(folder / NOTICE)
    for paragraph in re.split(r"\n[ \t]*\n", text):
        found = _LICENCE.search(paragraph)
        if found and _ALL_FILES.search(paragraph):
            return found.group(1).strip()
    common = Counter(m.strip() for m in _LICENCE.findall(text)).most_common(1)
    if common:
        return common[0][0]
    texts = [
        _read(path)[:3000]
        for path in sorted(folder.iterdir())
        if path.name.startswith(_LICENCE_FILES)
    ]
    for opening, name in _OPENINGS:
        if any(re.search(opening, text) for text in texts):
            return name
    return ""


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
