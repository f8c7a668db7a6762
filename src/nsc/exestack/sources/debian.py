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
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from nsc.errors import InputError
from nsc.exestack.sources.text import MAX_BYTES
from nsc.exestack.sources.tree import BROKEN_ARCHIVE
from nsc.host import cache_folder

# all members of a package's archives, those that are left out too
MAX_UNPACKED_BYTES = 4 << 30
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
_LICENCE = re.compile(r"^License:[ \t]*([^\n]+)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Package:
    """An unpacked source package. `licence`: a short name, "" where it states none that
    we recognise.
    """

    name: str
    version: str
    licence: str


def debian_package(
    name: str, say: Callable[[str], None] = lambda line: None
) -> tuple[Path, Package]:
    """Fetch and unpack a source package, once; returns its folder.

    Raises:
        InputError: no apt, no source archive configured, no such package, or it cannot
            be fetched.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"'{name}' is no Debian package name (lower case letters, digits, + - .)"
        )
    folder = cache_folder() / "debian" / name
    note = folder / "package.json"
    if not note.exists():
        if shutil.which("apt-get") is None:
            raise InputError(
                f"debian:{name} needs apt-get (Debian, Ubuntu); elsewhere unpack it and"
                " use tree:DIR"
            )
        say(f"fetching {name}")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{name}.") as work:
            archives = _fetch(name, Path(work))
            say(f"unpacking {name}")
            package = _unpack(name, archives, Path(work, "unpacked"))
            Path(work, "unpacked", "package.json").write_text(
                json.dumps(asdict(package))
            )
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(Path(work, "unpacked"), folder)
    return folder, Package(**json.loads(note.read_text()))


def _fetch(name: str, work: Path) -> list[Path]:
    """Let apt fetch a package's archives; those of the upstream source must come,
    Debian's own part may be missing.
    """
    command = [
        "apt-get",
        "source",
        "--download-only",
        "-qq",
        "-o",
        "APT::Sandbox::User=",
        name,
    ]
    done = subprocess.run(
        command, cwd=work, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    archives = sorted(
        p
        for p in work.iterdir()
        if ".tar." in p.name and not p.name.endswith((".asc", ".sig"))
    )
    if any(".orig" in p.name or ".debian." not in p.name for p in archives):
        return archives
    errors = [line[3:] for line in done.stderr.splitlines() if line.startswith("E: ")]
    advice = (
        "; add a deb-src line to apt's sources"
        if any("deb-src" in line for line in errors)
        else ""
    )
    raise InputError(
        f"debian:{name} cannot be fetched:"
        f" {errors[0] if errors else 'apt-get gave no archive'}{advice}"
    )


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
    version = (
        archives[0]
        .name.removeprefix(f"{name}_")
        .split(".orig")[0]
        .split(".debian")[0]
        .split(".tar")[0]
    )
    return Package(name, version, _licence(into))


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> None:
    """Write one member if it is a wanted regular file; the archive's first folder is
    dropped.
    """
    parts = PurePosixPath(member.name).parts
    parts = parts[1:] if parts and parts[0] != "debian" else parts
    wanted = member.name.endswith(_WANTED) or parts == ("debian", "copyright")
    wanted = wanted or (len(parts) == 1 and parts[0].startswith(_LICENCE_FILES))
    if (
        not (member.isreg() and wanted and parts)
        or member.size > MAX_BYTES
        or ".." in parts
    ):
        return
    content = tar.extractfile(member)
    if content is None:
        return
    target = into.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content.read())


def _licence(folder: Path) -> str:
    """Return the licence that debian/copyright gives `Files: *`, or most files; else
    what a licence file looks like.
    """
    text = _read(folder / "debian" / "copyright")
    for paragraph in re.split(r"\n[ \t]*\n", text):
        if re.search(r"^Files:[ \t]*\*[ \t]*$", paragraph, re.MULTILINE) and (
            found := _LICENCE.search(paragraph)
        ):
            return found.group(1).strip()
    common = Counter(m.strip() for m in _LICENCE.findall(text)).most_common(1)
    if common:
        return common[0][0]
    texts = [
        _read(path)[:3000]
        for path in sorted(folder.iterdir())
        if path.name.startswith(_LICENCE_FILES)
    ]
    return next(
        (
            name
            for opening, name in _OPENINGS
            for text in texts
            if re.search(opening, text)
        ),
        "",
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
