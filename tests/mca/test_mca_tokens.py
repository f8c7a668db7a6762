"""The tokeniser in C: forms, registers, tags; equal to a slow one on drawn text."""

import random
import re

import pytest
from slow_mca import vocabulary

from nsc.errors import InputError
from nsc.mca.native import form_of, no_roles
from nsc.mca.vocabulary import Vocabulary, frequent_forms

OLD = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"]


@pytest.mark.parametrize(
    ("text", "form", "registers"),
    [
        ("addq $16, %rax", "addq i,8", [0, 50, 50, 50, 50]),
        ("xorl %esi, %esi", "xorl 4,4=", [6, 6, 50, 50, 50]),
        ("movq 8(%rax,%r9,4), %r10", "movq mx,8", [10, 50, 50, 0, 9]),
        ("leaq -8(%rbp,%rcx,2), %rdx", "leaq mx3s,8", [2, 50, 50, 5, 1]),
        ("leaq (%rbp,%rcx), %rdx", "leaq mx,8", [2, 50, 50, 5, 1]),
        ("leaq 24(%rip), %rdx", "leaq mrd,8", [2, 50, 50, 48, 50]),
        ("movb %r11b, %al", "movb 1,1", [11, 0, 50, 50, 50]),
        ("movb %ah, %sil", "movb 1,1", [0, 6, 50, 50, 50]),
        ("movw %r8w, %bx", "movw 2,2", [8, 3, 50, 50, 50]),
        (
            "vfmadd231ps %ymm15, %ymm1, %ymm2",
            "vfmadd231ps y,y,y",
            [31, 17, 18, 50, 50],
        ),
        ("fadd %st(3), %st", "fadd f,f", [43, 40, 50, 50, 50]),
        ("movq %fs:(%rax), %rdi", "movq m,8", [7, 50, 50, 0, 50]),
        ("movq %fs:40, %rax", "movq ms,8", [0, 50, 50, 50, 50]),
        ("lock cmpxchgl %ecx, (%rdx)", "lock.cmpxchgl 4,m", [1, 50, 50, 2, 50]),
        ("rep movsq (%rsi), %es:(%rdi)", "rep.movsq m,m", [50, 50, 50, 7, 50]),
        ("jmpq *%rax", "jmpq 8", [0, 50, 50, 50, 50]),
        ("jne 12", "jne a", [50, 50, 50, 50, 50]),
        ("  retq  # back", "retq ", [50, 50, 50, 50, 50]),
    ],
)  # fmt: skip
def test_an_instruction_has_a_form_and_registers(text, form, registers):
    found, record = form_of(text)
    assert found == form
    assert record[1:6].tolist() == registers


def drawn_register(rng):
    n = rng.randrange(16)
    kind = rng.choice("842xy")
    if kind in "xy":
        return f"%{kind}mm{n}", 16 + n, kind
    if n >= 8:
        return f"%r{n}{ {'8': '', '4': 'd', '2': 'w'}[kind] }", n, kind
    return f"%{ {'8': 'r', '4': 'e', '2': ''}[kind] }{OLD[n]}", n, kind


def drawn_address(rng):
    base = rng.randrange(8)
    index = rng.choice([None, *(k for k in range(8) if k != 4)])
    inner = f"%r{OLD[base]}"
    kind = "m"
    if index is not None:
        inner += f",%r{OLD[index]},{rng.choice([1, 2, 4, 8])}"
        kind += "x"
    offset = rng.choice(["", "8", "-0x10"])
    return f"{offset}({inner})", base, 50 if index is None else index, kind


def test_drawn_instructions_are_read_as_they_were_drawn():
    rng = random.Random(1)
    for _ in range(500):
        name = rng.choice(["addx", "movx", "vpmul", "cmov"])
        words, kinds, regs, base, index = [], [], [], 50, 50
        for _ in range(rng.randrange(4)):
            what = rng.choice("rri")
            if what == "r":
                text, place, kind = drawn_register(rng)
                regs.append(place)
            else:
                text, kind = "$7", "i"
            words.append(text)
            kinds.append(kind)
        if rng.random() < 0.5:
            text, base, index, kind = drawn_address(rng)
            words.append(text)
            kinds.append(kind)
        same = "=" if len(regs) > 1 and regs[0] == regs[1] else ""
        found, record = form_of(f"{name} {', '.join(words)}")
        assert found == f"{name} {','.join(kinds)}{same}"
        wanted = (regs + [50, 50, 50])[:3] + [base, index]
        assert record[1:6].tolist() == wanted


def test_equal_addresses_share_a_tag_unless_their_registers_change():
    voc = vocabulary()
    load = "load 8(%rdi), %rax"
    store = "store %rbx, 8(%rdi)"
    other = "store %rbx, 16(%rdi)"
    tags = voc.records([f"{load};{store};{other}"]).flat[:, 6]
    assert tags[0] == tags[1] >= 52
    assert tags[2] not in (tags[0], 50)
    moving = voc.records([f"{load};{store};add %rbx, %rdi"]).flat[:, 6]
    assert moving.tolist() == [50, 50, 50]


def test_a_form_that_the_vocabulary_lacks_is_unknown():
    voc = vocabulary()
    flat = voc.records(["add %rax, %rbx\nsub %rax, %rbx"]).flat
    assert flat[:, 0].tolist() == [2, 1]


@pytest.mark.parametrize(
    ("block", "told"), [("", "none"), ("add %rax, %rbx;" * 601, "more")]
)
def test_a_block_without_or_with_too_many_instructions_is_refused(block, told):
    with pytest.raises(InputError, match=re.escape(f"block 2 has {told}")):
        vocabulary().records(["add %rax, %rbx", block])


def test_every_form_of_many_is_found_in_the_table():
    forms = tuple(f"op{k} 8,8" for k in range(3_000))
    voc = Vocabulary(forms, no_roles(len(forms) + 2))
    block = ";".join(f"op{k} %rax, %rbx" for k in range(0, 3_000, 7))
    found = voc.records([block]).flat[:, 0]
    assert found.tolist() == [k + 2 for k in range(0, 3_000, 7)]


def test_seldom_forms_are_left_out():
    blocks = ["add %rax, %rbx;sub %rax, %rbx", "add %rcx, %rdx"]
    assert frequent_forms(blocks, 2) == ("add 8,8",)
    assert frequent_forms(blocks, 1) == ("add 8,8", "sub 8,8")
