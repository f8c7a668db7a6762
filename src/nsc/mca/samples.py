"""A vocabulary from blocks whose code is known: forms, samples, roles.

In: blocks. Out: a Vocabulary, one instruction of each form.
Non-goals: labels; tables (tables).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nsc.mca import native
from nsc.mca.blocks import Block
from nsc.mca.roles import Sample, roles_of, sample_score
from nsc.mca.vocabulary import Vocabulary, frequent_forms


def samples_of(blocks: Iterable[Block]) -> dict[str, Sample]:
    """Choose an instruction of each form: the one whose registers differ most.

    Args:
        blocks: with their code.
    """
    codes: dict[str, bytes] = {}
    for block in blocks:
        at = 0
        lines = block.text.split(";")
        for line, size in zip(lines, block.sizes, strict=bool(block.sizes)):
            codes.setdefault(line, block.code[at : at + size])
            at += size
    best: dict[str, tuple[float, Sample]] = {}
    for text, code in codes.items():
        form, _ = native.form_of(text)
        score = sample_score(text)
        if form not in best or score > best[form][0]:
            best[form] = (score, Sample(code, text))
    return {form: sample for form, (_, sample) in best.items()}


def vocabulary_of(
    blocks: Sequence[Block], samples: dict[str, Sample], fewest: int = 1
) -> Vocabulary:
    """Make a vocabulary of the forms in some blocks.

    Args:
        blocks: with their code; no label is needed.
        samples: of at least these blocks.
        fewest: occurrences that a form needs.

    Raises:
        HostError: iced-x86 is not installed.
    """
    forms = frequent_forms((block.text for block in blocks), fewest)
    return Vocabulary(forms, roles_of(forms, samples))
