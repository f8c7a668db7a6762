"""The study's adaptation: by random splits and by application, without LLVM."""

from dataclasses import replace

import numpy as np
import pytest

from nsc.experiments.llvm_mca import adapt_stage as stage
from nsc.experiments.llvm_mca.adapt_stage import (
    Compiled,
    Measured,
    adapt_stage,
    load_measured,
    surrogate_of,
)
from nsc.experiments.llvm_mca.application_stage import (
    application_of,
    application_rows,
)
from nsc.experiments.llvm_mca.corpus import Corpus
from nsc.experiments.llvm_mca.page import write_page
from nsc.experiments.llvm_mca.study import Study, _older
from nsc.mca import (
    Block,
    Rates,
    Simulation,
    Tool,
    Vocabulary,
    no_roles,
    random_model,
)
from nsc.mca.learn import Adaptation

FORMS = ("addq 8,8", "imulq 8,8", "nopw")
VOCABULARY = Vocabulary(FORMS, no_roles(len(FORMS) + 2))
LINES = ("addq %rax, %rbx", "imulq %rcx, %rdx", "nopw")
WAYS = (Adaptation(Rates(table=0.05, batch=8), epochs=2),)


def blocks(n: int) -> list[str]:
    """Make different blocks."""
    return [
        ";".join([LINES[k % 3]] * (1 + k % 4) + [LINES[k % 2]] * (k // 12))
        for k in range(n)
    ]


def measured(n: int, *applications: str) -> Measured:
    texts = blocks(n)
    cycles = np.array([1.0 + text.count(";") for text in texts])
    simulated = dict(zip(texts, cycles * 1.5, strict=True))
    told = np.array([simulated[text] for text in texts])
    of = tuple(applications[k % len(applications)] for k in range(n))
    return Measured(texts, cycles, {"llvm-mca 99": told}, 0, of)


def compiled(seed: int):
    small = surrogate_of(random_model(VOCABULARY, seed))
    return replace(small, ways=WAYS)


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr("nsc.mca.surrogate.SCRATCH", WAYS)
    monkeypatch.setattr(stage, "SIZES", (20,))


def run(found: Measured, said: list[str]):
    both = Compiled(compiled(0), {"llvm-mca 19": compiled(1)})
    return adapt_stage(found, both, quick=True, say=said.append)


def test_every_method_is_a_row_of_each_size(short, tmp_path):
    said: list[str] = []
    rows, models = run(measured(80, ""), said)
    assert len(models) == 5
    assert {row["blocks"] for row in rows} == {50}
    assert [row["method"] for row in rows] == [
        "llvm-mca 99",
        "scratch",
        "adapted",
        "adapted, store forwarding",
        "surrogate of llvm-mca 19",
        "adapted from llvm-mca 19",
        "adapted from llvm-mca 19, store forwarding",
    ]
    assert rows[0]["mape"] == pytest.approx(0.5)
    assert any("needs a column 'application'" in line for line in said)


def test_an_application_judges_what_learned_from_the_others(short, tmp_path):
    rows, _ = run(measured(80, "ffmpeg", "gzip"), [])
    chosen = [r for r in rows if r["kind"] == "adaptation by application"]
    assert {row["application"] for row in chosen} == {"ffmpeg", "gzip"}
    assert {row["blocks"] for row in chosen} == {40}
    write_page({"quick": True, "adapt": rows}, tmp_path)
    text = (tmp_path / "llvm_mca.md").read_text()
    assert "| ffmpeg | gzip |" in text
    assert "adapted from llvm-mca 19" in text


def test_applications_come_from_a_column_of_any_file(tmp_path, monkeypatch):
    monkeypatch.setattr(stage, "all_mca", list)
    path = tmp_path / "m.csv"
    head = "cycles_per_100_iterations,asm,application\n"
    path.write_text(head + 'nop,"x"\n'.replace("nop", "100"))
    path.write_text(head + "100,nop,gzip\n250,addq %rax; nop,\n")
    found = load_measured(path, tmp_path)
    assert found.applications == ("gzip", "")
    assert found.cycles.tolist() == [1.0, 2.5]


def test_parts_of_an_application_are_one():
    assert application_of("openblas-dgemm.goto") == "openblas"
    assert application_of("sqlite") == "sqlite"


def corpus(tool: Tool, *applications: str) -> Corpus:
    texts = blocks(80)
    n = len(applications)
    made = [
        Block(str(k), text, application=applications[k % n])
        for k, text in enumerate(texts)
    ]
    train, validation, test = np.split(np.arange(80), [50, 60])
    records = VOCABULARY.records(texts)
    cycles = np.array([1.0 + text.count(";") for text in texts])
    how = Simulation(tool)
    return Corpus(
        made, cycles, how, train, validation, test, VOCABULARY, {}, records
    )


def test_compilation_by_application_leaves_it_out(tmp_path, monkeypatch):
    room = "nsc.experiments.llvm_mca.application_stage"
    start = random_model(VOCABULARY, 0)
    monkeypatch.setattr(f"{room}.FEWEST", 10)
    monkeypatch.setattr(f"{room}.vocabulary_of", lambda *_: VOCABULARY)
    monkeypatch.setattr(f"{room}.tabled_model", lambda *_: start)
    seen = []

    def learned(divided, model, labels, seconds):
        apart = {
            application_of(divided.blocks[k].application)
            for k in np.concatenate([divided.train, divided.validation])
        }
        own = {
            application_of(divided.blocks[k].application) for k in divided.test
        }
        assert not apart & own
        seen.append((labels, len(divided.test)))
        return model

    whole = corpus(Tool(tmp_path, (99, 0, 0)), "a-1", "a-2", "b", "c")
    rows = application_rows(whole, learned, quick=True, say=lambda _: None)
    assert [row["application"] for row in rows] == ["a", "b", "c"]
    assert seen == [(40, 40), (60, 20), (60, 20)]
    assert rows[0]["mape"] == rows[0]["tables_mape"]


def test_a_file_without_applications_is_told(tmp_path):
    said: list[str] = []
    whole = corpus(Tool(tmp_path, (99, 0, 0)), "")
    assert application_rows(whole, print, quick=True, say=said.append) == []
    assert "needs a column 'application'" in said[0]


def test_an_older_simulator_that_is_not_there_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("nsc.experiments.llvm_mca.study.all_mca", list)
    said: list[str] = []
    found = _older(Study(tmp_path, tmp_path), said.append, lambda *_: None)
    assert found == {}
    assert "apt-get install llvm-19" in said[0]


def test_a_transformer_adapts_to_measured_blocks(monkeypatch):
    pytest.importorskip("torch")
    from nsc.experiments.llvm_mca import transformer_adaptation as room
    from nsc.experiments.llvm_mca.transformer import Transformer
    from nsc.experiments.llvm_mca.transformer_tokens import TextTokens

    monkeypatch.setattr(room, "EPOCHS", 4)
    words = ["addq", "imulq", "nopw", ";"]
    texts = [*blocks(24), ";".join(["addq %rax, %rbx"] * 30)]  # three windows
    true = np.array([2.0 + 2 * text.count(";") for text in texts])
    learner = room.TransformerLearner(
        room._arrays(Transformer(len(words) + 2, 0, 16, 64)),
        lambda x: TextTokens(words).windows(x),
    ).scratch(0)
    before = learner.error(learner(texts), true)
    found = learner.learn(texts, true, 0)
    assert found.error(found(texts), true) < before
    np.testing.assert_array_equal(
        learner.learn(texts, true, 0)(texts), found(texts)
    )
    assert learner.error(learner(texts), true) == before  # as it was


def test_transformers_are_trained_on_a_few_blocks(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    from nsc.experiments.llvm_mca import transformer_training as room

    monkeypatch.setattr(room, "CHECKS", 2)
    whole = corpus(Tool(tmp_path, (99, 0, 0)), "a")
    specs = [
        replace(spec, batch=16, width=8) for spec in room.specifications([8])
    ]
    found = list(room.train(whole, specs, 0.5))
    assert [spec.name for spec, _, _ in found] == [
        "text8",
        "instruction8",
        "paper8",
    ]
    for _, error, arrays in found:
        assert 0 <= error < 5
        assert arrays["word.weight"].shape[1] == 8
