"""The llvm-mca study's parts that need neither LLVM nor torch."""

import numpy as np
import pytest

from nsc.errors import InputError
from nsc.experiments.llvm_mca.clock import own_seconds
from nsc.experiments.llvm_mca.page import write_page
from nsc.experiments.llvm_mca.study import Study, run_study
from nsc.experiments.llvm_mca.transformer_tokens import (
    TextTokens,
    frequent_words,
    instruction_windows,
)
from nsc.mca import Vocabulary, no_roles, words_of


def test_an_instruction_is_words_registers_and_numbers():
    assert words_of("addq $-0x10, 8(%rax,%st(3))") == [
        *("addq", "$N", ",", "N", "(", "%rax", ",", "%st(3)", ")", ";"),
    ]  # fmt: skip


def test_windows_of_text_are_cut_between_instructions():
    block = ";".join(["addq %rax, %rbx"] * 20)  # five tokens each
    words = frequent_words([block])
    found = TextTokens(words).windows([block, "nop"])
    assert found.starts.tolist() == [0, 60, 100, 102]
    assert found.owner.tolist() == [0, 0, 1]
    assert found.flat[-2:, 0].tolist()[0] == 1  # nop is unknown


def test_windows_of_instructions_hold_32():
    voc = Vocabulary(("addq 8,8",), no_roles(3))
    block = ";".join(["addq %rax, %rbx"] * 70)
    found = instruction_windows(["addq %rax, %rbx", block], voc)
    assert found.starts.tolist() == [0, 1, 33, 65, 71]
    assert found.owner.tolist() == [0, 1, 1, 1]
    assert found.flat.shape == (71, 6)


def test_an_unknown_stage_is_refused(tmp_path):
    study = Study(tmp_path, tmp_path, stage="tune")
    with pytest.raises(
        InputError, match="stage must be one of compile, adapt"
    ):
        run_study(study, print)


def test_time_is_the_median_pass():
    assert own_seconds(lambda: np.zeros(10), passes=3) >= 0


def test_the_page_has_the_papers_rows_beside_ours(tmp_path):
    learned = {"kind": "structured", "name": "s", "labels": 0, "mape": 0.04}
    rows = [
        {
            "kind": "speed",
            "name": "structured, from text",
            "mape": 0.019,
            "blocks_per_s": 6e5,
            "times_stock": 350.0,
        },
        learned | {"start": "tables"},
        learned | {"start": "random", "mape": 0.45},
    ]
    adapted = {
        "method": "adapted",
        "blocks": 50,
        "mape": 0.15,
        "low": 0.14,
        "high": 0.16,
        "splits": [0.15, 0.15],
    }
    found = {"quick": True, "compile": rows, "adapt": [adapted]}
    write_page(found, tmp_path)
    text = (tmp_path / "llvm_mca.md").read_text()
    assert "1,742" in text
    assert "1.90 %" in text
    assert "15.0 [14.0, 16.0]" in text
    assert (tmp_path / "llvm_mca_adaptation.svg").exists()
