"""BERT's tokenizer, and the vocabulary learnt where there is no BERT."""

from collections import Counter

import pytest

from nsc.compnet.bert.text import read_text
from nsc.compnet.bert.training.vocabulary import learn_vocabulary
from nsc.compnet.bert.wordpiece import (
    SPECIAL,
    WordPiece,
    read_vocabulary,
    words,
)
from nsc.errors import StoreError

PIECES = [
    *SPECIAL,
    "un",
    "##want",
    "##ed",
    "want",
    "##e",
    "x",
    "##x",
    "=",
    ";",
]


def spelled(text, **options):
    tokenizer = WordPiece(PIECES, **options)
    return " ".join(PIECES[k] for k in tokenizer.encode(text))


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("float x_1=.5f;", ["float", "x", "_", "1", "=", ".", "5f", ";"]),
        (
            "A\tB\nc\x0cd\x00e",
            ["a", "b", "cde"],
        ),  # other control characters vanish
        ("Café\u3000\u00c5\u200b\ufffd", ["cafe", "a"]),
        ("中文a", ["中", "文", "a"]),
        ("\u201cq\u201d\u2014z", ["\u201c", "q", "\u201d", "\u2014", "z"]),
        ("", []),
    ],
)
def test_words_are_berts(text, want):
    assert list(words(text)) == want


def test_case_and_accents_stay_where_a_checkpoint_is_cased():
    assert list(words("Café X", lower=False)) == ["Café", "X"]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("unwanted", "[CLS] un ##want ##ed [SEP]"),
        ("UNWANTED=wante;", "[CLS] un ##want ##ed = want ##e ; [SEP]"),
        # one piece missing, the whole word unknown
        ("unwantedy x", "[CLS] [UNK] x [SEP]"),
        (
            "x" * 100 + " " + "x" * 101,
            "[CLS] x" + " ##x" * 99 + " [UNK] [SEP]",
        ),
        ("", "[CLS] [SEP]"),
    ],
)
def test_the_longest_piece_comes_first(text, want):
    assert spelled(text) == want


def test_a_cut_text_still_ends():
    tokenizer = WordPiece(PIECES)
    numbers = tokenizer.encode("x x x x")
    assert tokenizer.clip(numbers, 6) == numbers
    assert [PIECES[k] for k in tokenizer.clip(numbers, 4)] == [
        "[CLS]",
        "x",
        "x",
        "[SEP]",
    ]


def test_a_vocabulary_is_learnt_by_count():
    pieces = learn_vocabulary({"aab": 5, "ab": 3, "caab": 2, "z": 1}, 100)
    assert pieces[:4] == list(SPECIAL)
    assert pieces[4:12] == ["a", "b", "c", "z", "##a", "##b", "##c", "##z"]
    assert pieces[12] == "##ab"  # ##a ##b: 5 + 2, a ##b: 3
    assert set(pieces[13:]) == {"aab", "ab", "##aab", "caab"}
    assert (
        learn_vocabulary({"aab": 5, "ab": 3, "caab": 2, "z": 1}, 13)
        == pieces[:13]
    )


def test_a_learnt_vocabulary_is_deterministic_and_covers_its_corpus():
    text = (
        "double f ( double x1 ) { return x1 * 0.25 + sin ( x1 ) ; } double floor fabs "
        * 3
    )
    counts = Counter(words(text))
    pieces = learn_vocabulary(counts, 60)
    assert pieces == learn_vocabulary(
        dict(sorted(counts.items(), reverse=True)), 60
    )
    assert len(pieces) == len(set(pieces)) == 60 and "##(" not in pieces
    tokenizer = WordPiece(pieces)
    assert tokenizer.number["[UNK]"] not in tokenizer.encode(text)
    assert "double" in pieces


def test_counts_of_a_repeated_letter_stay_true():
    assert "aaaa" in learn_vocabulary({"aaaa": 4, "aaa": 1}, 50)


def test_vocabularies_that_are_none_are_refused(tmp_path):
    with pytest.raises(StoreError, match=r"no \[CLS\], \[SEP\]"):
        WordPiece(["[PAD]", "[UNK]", "a"])
    with pytest.raises(StoreError, match="not a readable vocabulary"):
        read_vocabulary(tmp_path / "vocab.txt")
    (tmp_path / "vocab.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(StoreError, match="not a readable vocabulary"):
        read_vocabulary(tmp_path / "vocab.txt")
    (tmp_path / "vocab.txt").write_text("[PAD]\r\n[UNK]\na\n")
    assert read_vocabulary(tmp_path / "vocab.txt") == ["[PAD]", "[UNK]", "a"]


def test_the_text_read_has_no_comments_and_no_headers():
    text = (
        '#include <math.h>\n  # include "own.h"\n#define K 2 /* twice */\ndouble'
        " f(double x) { // f\n  return K/**/*x; }\n"
    )
    assert (
        " ".join(read_text(text).split())
        == "#define K 2 double f(double x) { return K *x; }"
    )
