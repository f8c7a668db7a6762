"""What a data set keeps: the papers' rules, and wider ones.

In: a profile's name. Out: `Profile`. Non-goals: applying it (extract.py, execute.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from nsc.errors import InputError
from nsc.record import MAX_INPUTS


@dataclass(frozen=True)
class Profile:
    """Rules of a data set.

    Args:
        max_inputs: scalars a function may take.
        varied_inputs: how many of them are drawn from U(-1, 1); the others are 1.0.
        desugars: keep out pointers, arrays, structs and several outputs.
        max_tokens: of the closed text, without comments; None for any.
        rescales: divide outputs of 10 and more by a power of two, instead of dropping
            them.
    """

    name: str
    max_inputs: int = MAX_INPUTS
    varied_inputs: int = MAX_INPUTS
    desugars: bool = False
    max_tokens: int | None = 512
    rescales: bool = False


PROFILES = {
    p.name: p
    for p in (
        # the ICML paper's: pointer-free, at most 9 inputs, 512 tokens, |output| < 10
        Profile("exestackcpn"),
        # the preprint's, for its topology 1-4-4-2
        Profile("hybertnet", max_inputs=64, varied_inputs=1),
        Profile("wide", desugars=True, max_tokens=None, rescales=True),
    )
}


def profile_named(name: str) -> Profile:
    """Look a profile up.

    Raises:
        InputError: there is none of that name.
    """
    if name not in PROFILES:
        raise InputError(
            f"unknown profile '{name}'; known are {', '.join(PROFILES)}"
        )
    return PROFILES[name]
