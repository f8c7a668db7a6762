"""BERT's tokenizer: text -> words -> word pieces -> numbers.

In: a vocabulary, text. Out: token numbers from [CLS] to [SEP]. Source: Devlin et al.,
2019, and the uncased checkpoints' `vocab.txt`. Non-goals: learning a vocabulary
(vocabulary.py), C.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from nsc.errors import StoreError

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
PAD, UNKNOWN, CLS, SEP = SPECIAL
MAX_WORD = 100
_ASCII_CONTROL = {k: None for k in (*range(32), 127) if chr(k) not in "\t\n\r"}
_ASCII_WORD = re.compile(r"[0-9A-Za-z]+|[^0-9A-Za-z]")
_CJK = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


class WordPiece:
    """A vocabulary and how it cuts text."""

    def __init__(self, vocabulary: list[str], *, lower: bool = True):
        self.vocabulary = vocabulary
        self.lower = lower
        self.number = {piece: k for k, piece in enumerate(vocabulary)}
        missing = [piece for piece in SPECIAL if piece not in self.number]
        if missing:
            raise StoreError(
                f"the vocabulary has no {', '.join(missing)}; is it a BERT vocab.txt?"
            )
        self._numbers = lru_cache(maxsize=1 << 16)(self._match)

    def encode(self, text: str) -> list[int]:
        """Return the numbers of [CLS] text [SEP]."""
        found = [self.number[CLS]]
        for word in words(text, lower=self.lower):
            found += self._numbers(word)
        return [*found, self.number[SEP]]

    def clip(self, numbers: list[int], positions: int) -> list[int]:
        """Cut an encoded text to what a BERT of so many positions reads.

        [SEP] stays last.
        """
        if len(numbers) <= positions:
            return numbers
        return [*numbers[: positions - 1], self.number[SEP]]

    def _match(self, word: str) -> tuple[int, ...]:
        """Cut one word, longest piece first; [UNK] where nothing fits.

        Example: "unwanted" gives un ##want ##ed.
        """
        if len(word) > MAX_WORD:
            return (self.number[UNKNOWN],)
        found = []
        at = 0
        while at < len(word):
            end = self._longest(word, at)
            if end is None:
                return (self.number[UNKNOWN],)
            found.append(self.number[_marked(word, at, end)])
            at = end
        return tuple(found)

    def _longest(self, word: str, at: int) -> int | None:
        """Return the end of the longest piece that begins there."""
        for end in range(len(word), at, -1):
            if _marked(word, at, end) in self.number:
                return end
        return None


def _marked(word: str, at: int, end: int) -> str:
    """Spell a piece as a vocabulary does: ## says that the word began before it."""
    return word[at:end] if at == 0 else f"##{word[at:end]}"


def words(text: str, *, lower: bool = True) -> Iterator[str]:
    """Cut text at white space and around every punctuation mark.

    Example: "x_1=.5f" gives x _ 1 = . 5f.
    """
    cleaned = text.translate(_ASCII_CONTROL)
    if not text.isascii():
        cleaned = "".join(map(_cleaned, cleaned))
    for chunk in cleaned.split():
        if lower:
            chunk = _lowered(chunk)
        yield from (
            _ASCII_WORD.findall(chunk) if chunk.isascii() else _cut(chunk)
        )


def _lowered(chunk: str) -> str:
    lowered = chunk.lower()
    return lowered if chunk.isascii() else _without_accents(lowered)


def _cleaned(c: str) -> str:
    """Drop a control character; put blanks around a Chinese one, or for white space."""
    if c.isascii():
        return c
    category = unicodedata.category(c)
    if category.startswith("C") or c == "\ufffd":
        return ""
    if any(first <= ord(c) <= last for first, last in _CJK):
        return f" {c} "
    return " " if category == "Zs" else c


def _without_accents(text: str) -> str:
    return "".join(
        c
        for c in unicodedata.normalize("NFD", text)
        if unicodedata.category(c) != "Mn"
    )


def _cut(chunk: str) -> Iterator[str]:
    word = ""
    for c in chunk:
        if not _is_punctuation(c):
            word += c
            continue
        if word:
            yield word
        yield c
        word = ""
    if word:
        yield word


def _is_punctuation(c: str) -> bool:
    """Say so, as BERT does: in ASCII everything but letters and digits."""
    is_ascii_mark = c.isascii() and not c.isalnum()
    return is_ascii_mark or unicodedata.category(c).startswith("P")


def read_vocabulary(path: Path) -> list[str]:
    """Read `vocab.txt`, one piece a line.

    Raises:
        StoreError: missing, or not text.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(
            f"{path} is not a readable vocabulary: {error}"
        ) from None
    return [line.rstrip("\r") for line in text.removesuffix("\n").split("\n")]
