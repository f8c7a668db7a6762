"""Pieces of work: cut by size, named by content, done with the same bits anywhere."""

import json

import numpy as np
import pytest

from nsc.errors import InputError
from nsc.exestack import build_dataset
from nsc.exestack.dataset import work
from nsc.exestack.dataset.build import BuildProgress, do_work
from nsc.exestack.dataset.work import (
    FileWork,
    MutantWork,
    SyntheticWork,
    size_of,
    work_of,
)
from nsc.exestack.programs.extract import Dropped
from nsc.exestack.programs.mutate import Parent
from nsc.exestack.programs.profile import profile_named
from nsc.exestack.sources.text import SourceText, Unreadable
from nsc.record import Record, read_records, write_records

PAPER = profile_named("exestackcpn")
F = "double f(double x) { return x * 0.5; }\n"


def pieces(source, seed=0):
    return list(work_of(source, PAPER, seed, lambda line: None))


def folder_of(tmp_path, **files):
    for name, text in files.items():
        (tmp_path / "pkg").mkdir(exist_ok=True, parents=True)
        (tmp_path / "pkg" / f"{name}.c").write_text(text)
    return f"tree:{tmp_path}"


# how sources are cut


def test_generated_programs_are_cut_by_the_thousand():
    found = pieces("synthetic:2300", seed=7)
    assert [(p.number, p.count, p.seed) for p in found] == [
        (0, 1000, 7),
        (1, 1000, 7),
        (2, 300, 7),
    ]
    assert sum(p.size for p in found) == size_of("synthetic:2300") == 2300


@pytest.mark.parametrize(
    ("limit", "value"),
    [("MAX_FILES", 2), ("MAX_CHARACTERS", 60), ("MAX_FLOATS", 4)],
)
def test_files_are_cut_by_number_size_and_work(
    tmp_path, monkeypatch, limit, value
):
    source = folder_of(tmp_path, a=F, b=F, c=F, d=F, e=F)
    assert [p.size for p in pieces(source)] == [5]
    monkeypatch.setattr(work, limit, value)
    assert [p.size for p in pieces(source)] == [2, 2, 1]
    assert size_of(source) == 5


def test_mutants_are_cut_by_parents(tmp_path, monkeypatch):
    y = np.zeros((2048, 1), np.float32)
    records = [
        Record(f"p/a.c:{k}:f{k}", F, "p", 1, 1, ((-1.0, 1.0),), 0, y, None)
        for k in range(5)
    ]
    (tmp_path / "train").mkdir()
    write_records(tmp_path / "train" / "shard-00000.parquet", records)
    monkeypatch.setattr(work, "MAX_PARENTS", 2)
    found = pieces(f"mutate:{tmp_path},3")
    assert [len(p.parents) for p in found] == [2, 2, 1]
    assert sum(p.size for p in found) == size_of(f"mutate:{tmp_path},3") == 15
    assert size_of(f"mutate:{tmp_path}") == 20  # four copies each


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("synthetic:", "expected a number of programs, as in synthetic:10000"),
        ("synthetic:0", "expected a number of programs"),
        ("synthetic:-3", "expected a number of programs"),
        ("synthetic:many", "'synthetic:many': expected a number"),
        (
            "mutate:/no/data",
            "expected a data set; /no/data has no folder 'train'",
        ),
        ("tree:/no/tree", "expected a folder"),
        ("nothing:x", "is no source"),
    ],
)
def test_a_source_that_cannot_be_cut(source, message):
    with pytest.raises(InputError, match=message):
        work_of(source, PAPER, 0, lambda line: None)


def test_copies_are_a_number(tmp_path):
    (tmp_path / "train").mkdir()
    with pytest.raises(InputError, match="expected a number of programs"):
        size_of(f"mutate:{tmp_path},few")


# names


def test_a_piece_is_named_by_its_content():
    a = SourceText("o", "a.c", F)
    name = FileWork(0, (a,)).name
    assert (
        name == FileWork(0, (SourceText("o", "a.c", F, licence="MIT"),)).name
    )
    others = [
        FileWork(1, (a,)),
        FileWork(0, (SourceText("o", "a.c", F + " "),)),
        FileWork(0, (SourceText("o", "b.c", F),)),
        FileWork(0, (SourceText("p", "a.c", F),)),
        FileWork(0, (Unreadable("o", "a.c", "binary"),)),
        FileWork(0, (Dropped("o", "a.c", "", "file:no_function"),)),
        FileWork(0, ()),
    ]
    assert len({name, *(other.name for other in others)}) == len(others) + 1


def test_names_tell_seeds_counts_and_parents_apart():
    parent = Parent("p/a.c:1:f", "f", F, "")
    changed = Parent("p/a.c:1:f", "f", F + " ", "")
    found = [
        SyntheticWork(0, 0, 10),
        SyntheticWork(0, 1, 10),
        SyntheticWork(0, 0, 11),
        SyntheticWork(1, 0, 10),
        MutantWork(0, 0, 2, (parent,)),
        MutantWork(0, 0, 3, (parent,)),
        MutantWork(0, 0, 2, (changed,)),
        MutantWork(0, 1, 2, (parent,)),
    ]
    assert len({p.name for p in found}) == len(found)


# what a piece makes


def test_files_give_records_and_named_drops():
    piece = FileWork(
        0,
        (
            SourceText("o", "a.c", F),
            SourceText("o", "b.c", F.replace("f(", "g(")),
            Unreadable("o", "c.c", "binary"),
            Dropped("o", "d.c", "", "file:no_function"),
        ),
    )
    records, drops = piece.make(PAPER)
    assert [r.name for r in records] == ["a.c:1:f"]
    assert [(d.path, d.reason) for d in drops] == [
        ("c.c", "source:binary"),
        ("d.c", "file:no_function"),
        ("b.c", "copy"),  # it differs by a name alone
    ]
    again, _ = piece.make(PAPER)
    np.testing.assert_array_equal(again[0].outputs, records[0].outputs)


def test_mutants_give_records_of_the_parents_function_alone():
    text = "static double sq(double v) { return v * v; }\n" + (
        "double f(double x) { return sq(x) * 0.7 + 0.25; }\n"
    )
    piece = MutantWork(0, 0, 6, (Parent("p/a.c:2:f", "f", text, "MIT"),))
    records, _ = piece.make(PAPER)
    assert records and {r.name.rsplit(":", 1)[1] for r in records} == {"f"}
    assert {(r.origin, r.licence) for r in records} == {("mutated", "MIT")}


def test_generated_programs_are_the_same_in_any_piece():
    records, drops = SyntheticWork(3, 5, 8).make(PAPER)
    again, _ = SyntheticWork(3, 5, 8).make(profile_named("wide"))
    assert [r.text for r in records] == [r.text for r in again]
    assert {d.origin for d in drops} <= {"synthetic"}


# doing it


def test_work_is_done_once(tmp_path):
    piece = FileWork(0, (SourceText("o", "a.c", F),))
    first = do_work(piece, tmp_path, "exestackcpn")
    assert first == {"size": 1, "records": 1, "drops": {}, "fresh": True}
    assert do_work(piece, tmp_path, "exestackcpn") == first | {"fresh": False}
    (record,) = read_records(tmp_path / f"{piece.name}.parquet")
    assert record.name == "a.c:1:f"


def test_work_whose_counts_are_missing_is_done_again(tmp_path):
    piece = FileWork(0, (SourceText("o", "a.c", F),))
    do_work(piece, tmp_path, "exestackcpn")
    (tmp_path / f"{piece.name}.json").unlink()
    assert do_work(piece, tmp_path, "exestackcpn")["fresh"]


def test_progress_counts_up_to_the_total(tmp_path, monkeypatch):
    source = folder_of(
        tmp_path / "tree", a=F, b=F.replace("0.5", "0.25"), c="int x;"
    )
    monkeypatch.setattr(work, "MAX_FILES", 2)
    steps = []
    build_dataset([source], tmp_path / "out", progress=steps.append)
    assert [s.done for s in steps][-1] == steps[-1].total == 3
    assert sorted(s.done for s in steps) == [s.done for s in steps]
    assert (steps[-1].records, steps[-1].dropped) == (2, 1)
    again = []
    build_dataset([source], tmp_path / "out", progress=again.append)
    assert again[-1].done == 3 and again[-1].fresh == 0


def test_progress_says_how_long_it_takes():
    at = BuildProgress(
        done=50, total=100, records=40, dropped=9, seconds=10.0, fresh=50
    )
    assert str(at) == "40 kept, 9 dropped, 5 files/s, 10 s left"
    long = BuildProgress(
        done=50, total=5050, records=1, dropped=0, seconds=10.0, fresh=50
    )
    assert str(long).endswith("17 min left")
    idle = BuildProgress(
        done=5, total=10, records=0, dropped=0, seconds=0.0, fresh=0
    )
    assert str(idle) == "0 kept, 0 dropped, 0 files/s, "


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": 0}, "at least one source and one worker"),
        (
            {"executor": "spark"},
            "unknown executor 'spark'; known are process, ray",
        ),
        ({"profile": "narrow"}, "unknown profile 'narrow'"),
    ],
)
def test_nothing_is_written_where_a_build_is_refused(
    tmp_path, options, message
):
    with pytest.raises(InputError, match=message):
        build_dataset(["synthetic:3"], tmp_path / "out", **options)
    with pytest.raises(InputError, match="at least one source"):
        build_dataset([], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_source_given_twice_is_worked_on_once(tmp_path):
    source = folder_of(tmp_path / "tree", a=F)
    manifest = build_dataset([source, source], tmp_path / "out")
    assert manifest["records"] == 1 and manifest["drops"] == {}
    written = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert written == manifest
