"""Trees, archives and bytes as sources: what is C text, and named reasons for the rest."""

import io
import tarfile
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nsc.errors import InputError
from nsc.exestack.sources.source import (
    count_files,
    read_source_texts,
    versions_of,
)
from nsc.exestack.sources.stack import open_stack, read_stack
from nsc.exestack.sources.text import (
    MAX_BYTES,
    MAX_LINE,
    SourceText,
    Unreadable,
    checked,
)
from nsc.exestack.sources.tree import read_package, read_tree

C = "double f(double x) { return x; }\n"


def reasons(found):
    return {f.path: f.reason for f in found if isinstance(f, Unreadable)}


def texts(found):
    return {f.path: f for f in found if isinstance(f, SourceText)}


# bytes


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"int x;\0", "binary"),
        (b"int x;\n" * (MAX_BYTES // 7 + 1), "too_large"),
        (b"x" * (MAX_LINE + 1), "endless_line"),
        (b"int x;\n" + b"y" * (MAX_LINE + 1) + b"\nint z;\n", "endless_line"),
    ],
)
def test_what_is_no_c_text(data, reason):
    assert checked("origin", "a.c", data) == Unreadable(
        "origin", "a.c", reason
    )


def test_a_line_may_be_as_long_as_the_limit():
    data = b"x" * MAX_LINE + b"\n" + b"y" * MAX_LINE
    assert isinstance(checked("origin", "a.c", data), SourceText)


def test_text_is_utf_8_or_else_latin_1():
    assert checked("o", "a.c", "/* ü */".encode()).text == "/* ü */"
    assert checked("o", "a.c", "/* ü */".encode("latin-1")).text == "/* ü */"


@pytest.mark.parametrize(
    ("head", "licence"),
    [
        ("/* SPDX-License-Identifier: MIT */", "MIT"),
        (
            "// SPDX-License-Identifier: GPL-2.0-only OR MIT\n",
            "GPL-2.0-only OR MIT",
        ),
        ("/* no licence here */", "given"),
        (" " * 4000 + "/* SPDX-License-Identifier: MIT */", "given"),
    ],
)
def test_a_files_own_licence_goes_before_its_origins(head, licence):
    assert checked("o", "a.c", (head + C).encode(), "given").licence == licence


def test_content_names_a_text():
    one = checked("o", "a.c", C.encode())
    assert one.content_hash == checked("p", "b.c", C.encode()).content_hash
    assert (
        one.content_hash != checked("o", "a.c", C.encode() + b" ").content_hash
    )


# folders


def test_files_come_by_name_with_origins_of_their_folders(tmp_path):
    root = tmp_path / "root"
    for name in (
        "b/z.c",
        "b/a.h",
        "a/deep/x.c",
        "top.c",
        "a/readme.txt",
        "b/k.cpp",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(C)
    found = list(read_tree(root))
    assert [(f.origin, f.path) for f in found] == [
        ("root", "top.c"),
        ("a", "a/deep/x.c"),
        ("b", "b/a.h"),
        ("b", "b/z.c"),
    ]
    by_path = texts(found)
    assert by_path["a/deep/x.c"].package == str(root / "a")
    assert by_path["top.c"].package == str(root)
    assert count_files(f"tree:{root}") == 4


def test_links_are_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.c").write_text(C)
    root = tmp_path / "root"
    (root / "p").mkdir(parents=True)
    (root / "p" / "file.c").symlink_to(outside / "secret.c")
    (root / "p" / "folder").symlink_to(outside)
    (root / "p" / "broken.c").symlink_to(tmp_path / "nothing")
    with tarfile.open(outside / "a.tar", "w") as archive:
        archive.add(outside / "secret.c", "secret.c")
    (root / "p" / "link.tar").symlink_to(outside / "a.tar")
    found = list(read_tree(root))
    assert texts(found) == {}
    assert reasons(found) == {
        "p/broken.c": "not_a_file",
        "p/file.c": "not_a_file",
    }


def test_a_large_file_is_not_read(tmp_path):
    with open(tmp_path / "large.c", "wb") as file:
        file.truncate(1 << 40)  # sparse: reading it would fill the memory
    assert reasons(read_tree(tmp_path)) == {"large.c": "too_large"}


def test_a_folder_that_is_named_like_a_file_is_none(tmp_path):
    (tmp_path / "p" / "folder.c").mkdir(parents=True)
    (tmp_path / "p" / "folder.c" / "inside.c").write_text(C)
    assert list(texts(read_tree(tmp_path))) == ["p/folder.c/inside.c"]


def test_a_packages_paths_start_with_its_name(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "f.c").write_text(C)
    (tmp_path / "a.tar.gz").write_bytes(
        b"an archive is none of a package's files"
    )
    (found,) = read_package(tmp_path, "gsl", "GPL-3")
    assert (found.path, found.origin, found.licence) == (
        "gsl/src/f.c",
        "gsl",
        "GPL-3",
    )
    assert found.package == str(tmp_path)


# archives


def tar_of(path, files, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("a.tar", "w"),
        ("a.tar.gz", "w:gz"),
        ("a.tgz", "w:gz"),
        ("a.tar.xz", "w:xz"),
        ("a.tar.bz2", "w:bz2"),
    ],
)
def test_every_kind_of_tar_is_read(tmp_path, name, mode):
    files = {"p/f.c": C.encode(), "p/f.o": b"\0", "p/bad.c": b"\0"}
    tar_of(tmp_path / name, files, mode)
    found = list(read_tree(tmp_path))
    assert [f.text for f in texts(found).values()] == [C]
    assert reasons(found) == {f"{name}:p/bad.c": "binary"}
    assert texts(found)[f"{name}:p/f.c"].package == ""  # nothing lies on disk


def test_links_and_devices_in_an_archive_are_passed_over(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for kind in (
            tarfile.SYMTYPE,
            tarfile.LNKTYPE,
            tarfile.CHRTYPE,
            tarfile.DIRTYPE,
        ):
            info = tarfile.TarInfo(f"special-{kind.decode()}.c")
            info.type = kind
            info.linkname = "/etc/hostname"
            archive.addfile(info)
    assert list(read_tree(tmp_path)) == []


def test_a_large_member_is_named_and_not_read(tmp_path):
    with zipfile.ZipFile(
        tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED
    ) as archive:
        archive.writestr("large.c", " " * (MAX_BYTES + 1))
        archive.writestr("f.c", C)
        archive.writestr("folder.c/", "")
    found = list(read_tree(tmp_path))
    assert reasons(found) == {"a.zip:large.c": "too_large"}
    assert list(texts(found)) == ["a.zip:f.c"]


def test_an_archive_that_unpacks_to_too_much_is_cut_off(tmp_path, monkeypatch):
    monkeypatch.setattr("nsc.exestack.sources.tree.MAX_ARCHIVE_BYTES", 1000)
    files = {
        "a.c": C.encode(),
        "filler.bin": b"0" * 900,
        "b.c": C.encode() * 5,
    }
    tar_of(tmp_path / "a.tar", files)
    found = list(read_tree(tmp_path))
    assert list(texts(found)) == ["a.tar:a.c"]
    assert reasons(found) == {"a.tar:b.c": "archive_too_large"}


def test_what_an_archive_gave_before_it_broke_is_kept(tmp_path):
    tar_of(
        tmp_path / "whole.tar", {"a.c": C.encode(), "b.c": C.encode() * 400}
    )
    data = (tmp_path / "whole.tar").read_bytes()
    (tmp_path / "whole.tar").write_bytes(data[: 512 * 6])
    found = list(read_tree(tmp_path))
    assert "whole.tar:a.c" in texts(found)
    assert "broken_archive" in reasons(found).values()


def test_an_encrypted_archive_is_a_broken_one(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("f.c", C)
    data = bytearray((tmp_path / "a.zip").read_bytes())
    data[6] |= 1  # the flag of encryption, of the member
    data[data.index(b"PK\1\2") + 8] |= 1  # and in the directory
    (tmp_path / "a.zip").write_bytes(data)
    assert reasons(read_tree(tmp_path)) == {"a.zip": "broken_archive"}


# what a source is called


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "tree:/no/such/folder",
            "expected a folder; there is none at /no/such/folder",
        ),
        ("stack:/no/such.parquet", "expected a parquet file; there is none"),
        ("git:x", "'git:x' is no source; expected tree:DIR"),
        ("", "'' is no source"),
    ],
)
def test_a_source_that_is_none(source, message):
    with pytest.raises(InputError, match=message):
        read_source_texts(source)


def test_a_tree_has_no_versions(tmp_path):
    assert versions_of([f"tree:{tmp_path}", "synthetic:3"]) == {}


def test_rows_of_the_stack_keep_to_c(tmp_path):
    path = tmp_path / "s.parquet"
    rows = {
        "content": [
            C,
            C,
            C,
            None,
            "\udce9".encode("utf-8", "replace").decode(),
        ],
        "lang": ["C", "c", "C++", "C", "C"],
        "path": ["a.c", "b.c", "c.cc", "d.c", "e.c"],
        "hexsha": list("12345"),
    }
    pq.write_table(pa.table(rows), path)
    assert count_files(f"stack:{path}") == 5
    found = list(read_stack(open_stack(path), "name"))
    assert [f.path for f in found] == ["a.c", "b.c", "d.c", "e.c"]
    assert {f.origin for f in found} == {"name"}
    assert reasons(found) == {"d.c": "no_content"}


def test_more_rows_than_a_batch_come_in_order(tmp_path):
    path = tmp_path / "s.parquet"
    names = [f"{k:03d}.c" for k in range(150)]
    pq.write_table(pa.table({"content": [C] * 150, "path": names}), path)
    assert [f.path for f in read_source_texts(f"stack:{path}")] == names
