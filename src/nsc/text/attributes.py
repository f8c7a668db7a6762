"""Attributes in the spellings of compilers: which say nothing of what is computed.

In: tokens with macros expanded. Out: the same without attributes. One that may change
what a program computes, or that is not known, leaves a mark, and what has it is refused
by its name. Non-goals: what attributes mean.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from nsc.text.tokens import Token, is_blank

ATTRIBUTES = frozenset(("__attribute__", "__attribute", "__declspec"))
_BRACKETED = re.compile(r"\[\[\s*(\w+)")
MARK = "attribute"  # the kind of the token that a harmful one leaves: its name
_HARMLESS = frozenset(
    """
        access alloc_align alloc_size always_inline annotate artificial assume_aligned
        availability cdecl cold const convergent deprecated designated_init
        diagnose_if disable_sanitizer_instrumentation dllexport dllimport error
        externally_visible fallthrough fastcall flatten forceinline format format_arg
        gnu_inline hot leaf likely malloc may_alias maybe_unused minsize ms_abi
        musttail no_icf no_instrument_function no_profile_instrument_function
        no_reorder no_sanitize no_sanitize_address no_sanitize_thread
        no_sanitize_undefined no_split_stack no_stack_protector
        noalias nocf_check noclone nodebug nodiscard noduplicate noescape noinline noipa
        nonnull nonstring noplt noreturn nothrow optnone pure regparm restrict retain
        returns_nonnull safebuffers section selectany sentinel simd stdcall
        stack_protect sysv_abi target target_clones unavailable unlikely unused used
        visibility warn_unused_result warning
    """.split()
)
# they move what stands in a struct and say what _Alignof gives, and no more
ALIGNING = frozenset(("aligned", "align"))
_OPENING = {"__declspec": 1, "[[": 2}


class Attribute(NamedTuple):
    """A group of attributes, `__attribute__((a, b))`.

    Args:
        names: of its attributes, in order.
        end: the token behind it.
    """

    names: tuple[str, ...]
    end: int


def attribute_names(text: str, names: frozenset[str]) -> frozenset[str]:
    """Return those of a text's names at which attributes stand."""
    found = ATTRIBUTES & names
    return found | set(_BRACKETED.findall(text)) if "[[" in text else found


def without_attributes(tokens: list[Token]) -> list[Token]:
    """Drop attributes; of each group the worst that may be harmful leaves a `MARK`."""
    out: list[Token] = []
    k = 0
    while k < len(tokens):
        found = _attribute_at(tokens, k)
        if found is None:
            out.append(tokens[k])
            k += 1
            continue
        harmful = [name for name in found.names if not _is_harmless(name)]
        if harmful:
            worst = min(harmful, key=is_aligning)
            out.append(Token(MARK, worst, tokens[k].offset))
        k = found.end
    return out


def is_aligning(name: str) -> bool:
    """Say whether an attribute only says where something may lie."""
    return _bare(name) in ALIGNING


def _is_harmless(name: str) -> bool:
    return _bare(name) in _HARMLESS


def _bare(name: str) -> str:
    """Return "const" for "__const__"."""
    is_guarded = (
        len(name) > 4 and name.startswith("__") and name.endswith("__")
    )
    return name[2:-2] if is_guarded else name


def _attribute_at(tokens: Sequence[Token], k: int) -> Attribute | None:
    """Read a group of attributes that begins at a token, if one does."""
    word = tokens[k].text
    if word in ATTRIBUTES:
        return _group(tokens, k + 1, _OPENING.get(word, 2), "()")
    is_bracketed = (
        word == "[" and k + 1 < len(tokens) and tokens[k + 1].text == "["
    )
    return _group(tokens, k, 2, "[]") if is_bracketed else None


def _group(
    tokens: Sequence[Token], k: int, opening: int, pair: str
) -> Attribute:
    """Read to the end of a group, whose attributes stand in `opening` brackets."""
    depth = 0
    names: list[str] = []
    before = ""
    for at in range(k, len(tokens)):
        token = tokens[at]
        if is_blank(token):
            continue
        if depth == 0 and at > k and token.text != pair[0]:
            return Attribute(
                tuple(names), at
            )  # an attribute without parentheses
        depth += (token.text in "([") - (token.text in ")]")
        if depth <= 0:
            return Attribute(tuple(names), at + 1)
        if token.kind == "name" and depth == opening:
            if before in (pair[0], ","):
                names.append(token.text)
            elif before == "::":
                names[-1:] = [token.text]
        is_colon = token.text == ":" and before == ":"
        before = "::" if is_colon else token.text
    return Attribute(tuple(names), len(tokens))
