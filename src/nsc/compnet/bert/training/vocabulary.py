"""Learn a WordPiece vocabulary from a corpus, as where no BERT checkpoint is at hand.

In: how often each word occurs. Out: pieces, most basic first. Pieces are merged by
count of the pair, as in the `tokenizers` library's WordPiece trainer. Deterministic:
ties go by the alphabet.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Mapping

from nsc.compnet.bert.wordpiece import SPECIAL

MAX_CHARACTERS = 256
Pair = tuple[str, str]


def learn_vocabulary(counts: Mapping[str, int], size: int) -> list[str]:
    """Return at most `size` pieces: special ones, characters, then merged pairs in
    order of merging.
    """
    characters = Counter()
    for word, count in counts.items():
        for c in word:
            characters[c] += count
    common = sorted(characters, key=lambda c: (-characters[c], c))[:MAX_CHARACTERS]
    kept = set(common)
    # punctuation always stands alone
    inside = [f"##{c}" for c in sorted(common) if c.isalnum()]
    pieces = [*SPECIAL, *sorted(common), *inside]
    merges = _Merges(
        {word: count for word, count in counts.items() if kept.issuperset(word)}
    )
    known = set(pieces)
    while len(pieces) < size and (merged := merges.next()) is not None:
        if merged not in known:
            known.add(merged)
            pieces.append(merged)
    return pieces[:size]


class _Merges:
    """Words as lists of pieces, and how often each pair of neighbours occurs."""

    def __init__(self, counts: Mapping[str, int]):
        self.weights = [counts[word] for word in sorted(counts)]
        self.words = [
            [word[0], *(f"##{c}" for c in word[1:])] for word in sorted(counts)
        ]
        self.pairs: Counter[Pair] = Counter()
        self.where: defaultdict[Pair, set[int]] = defaultdict(set)
        for k in range(len(self.words)):
            self._count(k, 1)
        self.heap = [(-count, pair) for pair, count in self.pairs.items()]
        heapq.heapify(self.heap)

    def next(self) -> str | None:
        """Merge the commonest pair everywhere and return the new piece; None when none
        occurs twice.
        """
        while self.heap:
            count, pair = heapq.heappop(self.heap)
            if self.pairs[pair] != -count:
                continue  # counted anew since, and pushed again then
            if -count < 2:
                return None
            merged = pair[0] + pair[1].removeprefix("##")
            changed: set[Pair] = set()
            for k in self.where.pop(pair):
                changed |= self._count(k, -1)
                self.words[k] = _merge(self.words[k], pair, merged)
                changed |= self._count(k, 1)
            for other in changed:
                heapq.heappush(self.heap, (-self.pairs[other], other))
            return merged
        return None

    def _count(self, k: int, sign: int) -> set[Pair]:
        word = self.words[k]
        found = list(zip(word, word[1:], strict=False))
        for pair in found:
            self.pairs[pair] += sign * self.weights[k]
            if sign > 0:
                self.where[pair].add(k)
        return set(found)


def _merge(word: list[str], pair: Pair, merged: str) -> list[str]:
    found: list[str] = []
    for piece in word:
        if found and (found[-1], piece) == pair:
            found[-1] = merged
        else:
            found.append(piece)
    return found
