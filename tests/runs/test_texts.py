"""Programs of texts run, fail and are kept as those of numbers."""

import numpy as np
import pytest
import run_functions

from nsc.errors import OracleError
from nsc.runs import Ledger, TextByText, TextRunner, text_identity
from nsc.runs.executable import Batch, Description
from nsc.runs.texts import COLUMNS, digest_columns


class Noted:
    """Counts letters, and notes how many samples came together."""

    def __init__(self, together=1):
        self.description = Description(1, 5.0, together=together)
        self.sizes = []

    def __call__(self, texts, x):
        self.sizes.append(len(texts))
        y = np.array([[float(len(text))] for (text,) in texts])
        return Batch(y, {}, 0.01 * len(texts), len(texts))


def test_a_text_and_numbers_give_outputs():
    oracle = TextRunner(TextByText(lambda text, a: len(text) * a))
    found = oracle(["ab", "", "äöü"], [[2.0], [3.0], [1.5]])
    assert found.tolist() == [[4.0], [0.0], [4.5]]


def test_a_program_may_take_several_texts():
    both = TextByText(lambda a, b: (len(a), len(b)), n_outputs=2)
    oracle = TextRunner(both, n_texts=2)
    assert oracle([("a", "bcd"), ("", "b")]).tolist() == [[1, 3], [0, 1]]
    with pytest.raises(OracleError, match="each sample expects 2 texts"):
        oracle(["a"])


def test_equal_texts_run_once_and_samples_run_together():
    noted = Noted(together=3)
    oracle = TextRunner(noted)
    texts = ["a", "bb", "a", "ccc", "dddd", "a"]
    assert oracle(texts)[:, 0].tolist() == [1, 2, 1, 3, 4, 1]
    assert noted.sizes == [3, 1]
    assert oracle.count_missing([*texts, "new", "new"]) == 1


def test_a_failure_names_its_text_and_costs_only_itself():
    def function(text):
        if text == "bad":
            raise ValueError("no")
        return 1.0

    oracle = TextRunner(TextByText(function))
    with pytest.raises(OracleError, match=r"fails on 1 of .*'bad' \(raised"):
        oracle(["good", "bad"])
    np.testing.assert_array_equal(
        oracle.outcomes(["bad", "good"]), [[np.nan], [1.0]]
    )


def test_texts_that_are_none_are_refused():
    oracle = TextRunner(TextByText(len))
    with pytest.raises(OracleError, match="expects str; found int"):
        oracle([("a",), (3,)])  # pyright: ignore[reportArgumentType]
    with pytest.raises(OracleError, match=r"expect shape \(1, i\)"):
        oracle(["a"], [[1.0], [2.0]])


def test_a_ledger_keeps_what_texts_gave(tmp_path):
    identity = text_identity("ef" * 32, "letters 1.0", ["word"], ["n"], ["a"])
    assert len(identity.inputs) == COLUMNS + 1
    slow = TextByText(run_functions.slow_letters)
    first = TextRunner(slow, ledger=Ledger(tmp_path, identity))
    found = first(["ab", "c"], [[1.0], [2.0]])
    first.close()
    never = TextByText(run_functions.never)
    again = TextRunner(never, ledger=Ledger(tmp_path, identity))
    np.testing.assert_array_equal(
        again(["c", "ab"], [[2.0], [1.0]]), found[::-1]
    )
    assert again.count_missing(["c"], [[1.0]]) == 1
    again.close()


def test_long_runs_go_to_processes(tmp_path):
    slow = TextByText(run_functions.slow_letters)
    oracle = TextRunner(slow, workers=2)
    oracle(["first"], [[0.0]])  # tells what one takes
    texts = ["x" * k for k in range(80)]
    found = oracle(texts, np.ones((80, 1)))
    assert found[:, 0].tolist() == [k + 1.0 for k in range(80)]


def test_digests_are_whole_numbers_that_differ():
    columns = np.array([digest_columns(str(k)) for k in range(1000)])
    assert (columns == np.floor(columns)).all()
    assert columns.max() < 2**48
    assert len(np.unique(columns, axis=0)) == 1000
    assert (
        digest_columns("addq %rax, %rbx").tolist()
        == digest_columns("addq %rax, %rbx").tolist()
    )
