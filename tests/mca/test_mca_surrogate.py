"""The structured model adapts by itself, through nsc.adapt too."""

import numpy as np
import pytest
import slow_mca

import nsc
from nsc.adaptation import is_learner
from nsc.errors import InputError
from nsc.mca import BlockSurrogate, Rates, block_surrogate, random_model
from nsc.mca.learn import Adaptation

LINES = ("addq %rax, %rbx", "addq %rcx, %rcx", "imulq %rdx", "nop")
BLOCKS = [";".join(LINES[k % 3 : 1 + k % 3 + k % 2]) for k in range(24)]
WAYS = (Adaptation(Rates(table=0.05, batch=8), epochs=4),)


@pytest.fixture
def small():
    model = random_model(slow_mca.vocabulary(), 0)
    return BlockSurrogate((model,), ways=WAYS)


def test_it_is_a_learner_that_reads_what_it_can(small):
    assert is_learner(small)
    found = small(["addq %rax, %rbx", "", "addq %rax, %rbx"])
    assert np.isnan(found[1])
    assert found[0] == found[2] > 0


def test_measured_blocks_make_an_ensemble_that_is_nearer(small):
    true = np.array([200.0 + 100 * block.count(";") for block in BLOCKS])
    before = small.error(small(BLOCKS), true)
    found = small.learn(BLOCKS, true, 0)
    assert len(found.models) == 5
    assert found.error(found(BLOCKS), true) < before
    assert found.about["adapted to"] == "24 measured blocks"
    again = small.learn(BLOCKS, true, 0)
    np.testing.assert_array_equal(again(BLOCKS), found(BLOCKS))
    assert len(small.scratch(3).models) == 5


def test_blocks_without_code_or_time_are_refused(small):
    with pytest.raises(InputError, match="code that can be read"):
        small.learn(["", "nop"], np.array([1.0, 2.0]), 0)
    with pytest.raises(InputError, match="above 0"):
        small.learn(["nop", "nop"], np.array([0.0, 2.0]), 0)
    with pytest.raises(InputError, match="column must be one of asm"):
        BlockSurrogate(small.models, column="text")


def test_what_an_adaptation_wrote_predicts(small, tmp_path):
    data = {"asm": BLOCKS, "cycles": [100.0 + len(b) for b in BLOCKS]}
    found = nsc.adapt(
        small,
        data,
        inputs="asm",
        outputs="cycles",
        folder=tmp_path,
        splits=0,
    )
    path = tmp_path / "blocks.safetensors"
    assert found.report["files"] == ["blocks.safetensors", "report.json"]
    stored = block_surrogate(str(path))
    np.testing.assert_allclose(stored(BLOCKS), found(BLOCKS), rtol=0.02)
    with pytest.raises(InputError, match="or a file .safetensors"):
        block_surrogate("no")
