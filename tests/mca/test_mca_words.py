"""Text tokens by C are those of the pattern, whatever the text."""

import random

import pytest

from nsc.mca.words import Words, words_of

WORDS = ("addq", "%rax", ",", "N", "$N", ";", "%st(3)", "(", ")", "-", "$abc")
NUMBERS = {word: k for k, word in enumerate(WORDS, 2)}
PIECES = [
    *WORDS, *"0x9af$-%_.( ;\t\n\x1cZ*:+#", "0x", "0xf", "$-0x1f", "%st", "(3)",
    "%fs:", "b8", "db", "abg", ".L3", "%", "-1", "$$", "--", "0xg", "$N", "7f",
]  # fmt: skip


def slowly(blocks, length):
    """Make windows in plain Python."""
    flat, starts, owner = [], [], []
    for number, block in enumerate(blocks):
        room = 0
        for line in block.split(";"):
            tokens = [NUMBERS.get(word, 1) for word in words_of(line)]
            if len(tokens) > room:
                starts.append(len(flat))
                owner.append(number)
                room = length
            room -= len(tokens)
            flat += tokens
    return flat, [*starts, len(flat)], owner


def same(blocks, length=8):
    found = Words(WORDS).windows(blocks, length)
    told = tuple(part.tolist() for part in found)
    assert told == slowly(blocks, length)


def test_an_instruction_is_words_and_numbers():
    found = Words(WORDS).windows(["addq $-0x10, 8(%rax,%st(3))"], 64)
    assert found.flat.tolist() == [2, 6, 4, 5, 9, 3, 4, 8, 10, 7]


@pytest.mark.parametrize("seed", range(40))
def test_any_text_is_read_as_the_pattern_reads_it(seed):
    rng = random.Random(seed)
    blocks = [
        "".join(rng.choices(PIECES, k=rng.randint(0, 40))) for _ in range(60)
    ]
    same(blocks)


def test_nothing_and_lines_longer_than_a_window_are_read():
    same(["", ";", "addq , , , , , , , , ,;addq", ";;;"])
    assert Words(WORDS).windows([], 8).starts.tolist() == [0]
