"""Learn a WordPiece vocabulary from a corpus, as where no BERT checkpoint is at hand.

In: how often each word occurs. Out: pieces, most basic first. Pieces are merged by
count of the pair, as in the `tokenizers` library's WordPiece trainer. Deterministic:
ties go by the alphabet.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import pairwise

from nsc.compnet.bert.wordpiece import SPECIAL

MAX_CHARACTERS = 256
Pair = tuple[str, str]


def learn_vocabulary(counts: Mapping[str, int], size: int) -> list[str]:
    """Learn word pieces.

    Args:
        counts: how often each word occurs.
        size: how many pieces at most.

    Returns:
        Special ones, characters, then merged pairs in order of merging.
    """
    common = _commonest_characters(counts)
    known = {*common}
    # punctuation always stands alone
    inside = [f"##{c}" for c in sorted(common) if c.isalnum()]
    pieces = [*SPECIAL, *sorted(common), *inside]
    merges = _Merges({w: n for w, n in counts.items() if known.issuperset(w)})
    listed = set(pieces)
    while len(pieces) < size and (merged := merges.next()) is not None:
        if merged not in listed:
            listed.add(merged)
            pieces.append(merged)
    return pieces[:size]


def _commonest_characters(counts: Mapping[str, int]) -> list[str]:
    characters: Counter[str] = Counter()
    for word, count in counts.items():
        for c in word:
            characters[c] += count
    return sorted(characters, key=lambda c: (-characters[c], c))[
        :MAX_CHARACTERS
    ]


class _Merges:
    """Words as lists of pieces, and how often each pair of neighbours occurs.

    The heap holds a pair once for each count it has had; `next` skips what is stale.
    """

    def __init__(self, counts: Mapping[str, int]):
        words = sorted(counts)
        self.weights = [counts[word] for word in words]
        self.words = [
            [word[0], *(f"##{c}" for c in word[1:])] for word in words
        ]
        self.pairs: Counter[Pair] = Counter()
        self.where: defaultdict[Pair, set[int]] = defaultdict(set)
        for k in range(len(self.words)):
            self._count(k, 1)
        self.heap = [(-count, pair) for pair, count in self.pairs.items()]
        heapq.heapify(self.heap)

    def next(self) -> str | None:
        """Merge the commonest pair everywhere.

        Returns:
            The new piece; None when no pair occurs twice.
        """
        while self.heap:
            count, pair = heapq.heappop(self.heap)
            is_stale = self.pairs[pair] != -count
            if is_stale:
                continue  # counted anew since, and pushed again then
            return self._merged(pair) if -count >= 2 else None
        return None

    def _merged(self, pair: Pair) -> str:
        merged = pair[0] + pair[1].removeprefix("##")
        changed: set[Pair] = set()
        for k in self.where.pop(pair):
            changed |= self._count(k, -1)
            self.words[k] = _merge(self.words[k], pair, merged)
            changed |= self._count(k, 1)
        for other in changed:
            heapq.heappush(self.heap, (-self.pairs[other], other))
        return merged

    def _count(self, k: int, sign: int) -> set[Pair]:
        """Count the pairs of a word in (sign 1) or out (-1), and return them."""
        found = list(pairwise(self.words[k]))
        for pair in found:
            self.pairs[pair] += sign * self.weights[k]
            if sign > 0:
                self.where[pair].add(k)
        return set(found)


def _merge(word: list[str], pair: Pair, merged: str) -> list[str]:
    """Merge a pair from left to right: a a a with (a, a) gives aa a."""
    found: list[str] = []
    for piece in word:
        if found and (found[-1], piece) == pair:
            found[-1] = merged
        else:
            found.append(piece)
    return found
