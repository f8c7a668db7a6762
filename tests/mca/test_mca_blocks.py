"""Blocks from files, labels that are kept, tables that are read: no LLVM is needed."""

import numpy as np
import pytest

from nsc.errors import HostError, InputError
from nsc.mca import Simulation, read_regions, read_table, tools
from nsc.mca.elf import executable_sections, is_elf
from nsc.mca.labels import kept_cycles
from nsc.mca.mending import mended
from nsc.mca.oracle import regions_text, simulated_cycles
from nsc.mca.roles import memory_of
from nsc.mca.tables import read_tables
from nsc.mca.tools import Tool
from nsc.runs import kept_runs

# stands for llvm-mca: a region's cycles are its lines times the iterations; it fails
# as a whole where one region holds "bad"
FAKE = """#!/usr/bin/env python3
import re, sys
if "--version" in sys.argv:
    print("LLVM version 99.1.2")
    sys.exit()
text = sys.stdin.read()
with open(__file__ + ".calls", "a") as file:
    file.write("x")
if "bad" in text:
    sys.exit(1)
n = int(re.search(r"-iterations=(\\d+)", " ".join(sys.argv)).group(1))
parts = re.findall(r"BEGIN (b\\d+)\\n(.*?)# LLVM-MCA-END", text, re.S)
for k, (name, body) in enumerate(parts):
    print(f"[{k}] Code Region - {name}\\n")
    print(f"Iterations: {n}\\nTotal Cycles:      {n * body.count(chr(10))}\\n")
"""

TOLD = """
Resources:
[0]   - HWDivider:1
[1]   - HWPort23:2  HWPort2, HWPort3
[2]   - HWPort0156:4 HWPort0, HWPort1, HWPort5, HWPort6

[0] Code Region - b0
[1]    [2]    [3]    [4]    [5]    [6]    [7]    [8]   [9]        Instructions:
 2      6     0.50    *                    1     HWPort23,HWPort0156[2]  ADD64rm  addq\t(%rax), %rcx

[1] Code Region - b1
 1      0     0.25                         0                        XOR32rr  xorl\t%eax, %eax

[2] Code Region - b2
 1      100   0.25                  U      100   HWPort0156,HWDivider[2,9]  LOCK_PREFIX  lock
 3      7     1.00    *      *             2     HWPort0156  ADD64mr  addq\t%rax, (%rcx)
"""


@pytest.fixture
def fake(tmp_path):
    path = tmp_path / "llvm-mca"
    path.write_text(FAKE)
    path.chmod(0o755)
    return Tool(path, (99, 1, 2))


def calls(tool: Tool) -> int:
    return len(tool.path.with_name("llvm-mca.calls").read_text())


def test_thousands_of_blocks_share_a_process_and_a_bad_one_costs_only_itself(
    fake,
):
    blocks = ["add;add", "add", "bad", "add;add;add"]
    found = simulated_cycles(blocks, Simulation(fake))
    np.testing.assert_array_equal(found, [200, 100, np.nan, 300])


def test_regions_are_named_by_number():
    assert regions_text(["a;b", "c"], [1]) == (
        "# LLVM-MCA-BEGIN b1\nc\n# LLVM-MCA-END\n"
    )


def test_labels_are_kept_and_only_new_blocks_are_run(fake, tmp_path):
    how = Simulation(fake)
    folder = tmp_path / "labels"
    first = kept_cycles(["add", "bad"], how, folder)
    before = calls(fake)
    again = kept_cycles(["bad", "add"], how, folder)
    assert calls(fake) == before
    np.testing.assert_array_equal(first, again[::-1])
    more = kept_cycles(["add;add", "add"], how, folder)
    assert calls(fake) == before + 1
    assert more.tolist() == [200, 100]


def test_a_torn_line_is_asked_again_and_spoils_no_other(fake, tmp_path):
    how = Simulation(fake)
    kept_cycles(["add", "add;add"], how, tmp_path)
    (path,) = (tmp_path / "runs").glob("*.runs")
    path.write_bytes(path.read_bytes()[:-3])  # the end of the last block
    assert kept_cycles(["add;add", "add"], how, tmp_path).tolist() == [
        200,
        100,
    ]
    assert kept_cycles(["add;add", "add"], how, tmp_path).tolist() == [
        200,
        100,
    ]


def test_labels_of_another_tool_are_refused(fake, tmp_path):
    how = Simulation(fake)
    kept_cycles(["add"], how, tmp_path)
    (path,) = (tmp_path / "runs").glob("*.runs")
    other = Simulation(fake, iterations=7)
    kept_cycles(["add"], other, tmp_path)
    (its,) = set((tmp_path / "runs").glob("*.runs")) - {path}
    path.write_bytes(its.read_bytes())
    with pytest.raises(InputError, match="holds runs of another program"):
        kept_cycles(["add"], how, tmp_path)


def test_kept_labels_name_tool_version_and_options(fake, tmp_path):
    kept_cycles(["add", "bad"], Simulation(fake), tmp_path)
    (kept,) = kept_runs(tmp_path)
    assert kept.identity.program == (
        "llvm-mca 99.1.2 -mcpu=haswell -iterations=100"
    )
    assert kept.y[:, 0].tolist()[0] == 100
    assert kept.failed[1].reason == "refused"


def test_equal_blocks_are_asked_once(fake, tmp_path):
    blocks = [";".join(["add"] * (1 + k % 7)) for k in range(40)]
    how = Simulation(fake)
    said: list[tuple[int, int]] = []
    found = kept_cycles(
        blocks, how, tmp_path, lambda *at: said.append(at), workers=2
    )
    np.testing.assert_array_equal(found, simulated_cycles(blocks, how))
    assert said[0] == (0, 7)  # equal blocks are one


def test_the_version_is_part_of_what_labels_are_of(fake):
    assert Simulation(fake).identity.startswith(
        "llvm-mca 99.1.2 -mcpu=haswell"
    )


def test_a_missing_tool_names_its_package(monkeypatch, tmp_path):
    monkeypatch.setenv("NSC_LLVM_MCA", str(tmp_path / "none"))
    tools.all_mca.cache_clear()
    try:
        with pytest.raises(HostError, match="apt-get install llvm-19"):
            tools.newest_mca()
    finally:
        tools.all_mca.cache_clear()


def test_tables_are_read_with_prefixes_and_without_resources():
    found = read_tables(TOLD, 4)
    assert found.units == {"HWDivider": 1, "HWPort23": 2, "HWPort0156": 4}
    load, zero, locked = found.rows
    assert (load.micro_operations, load.latency, load.bypass) == (2, 6, 1)
    assert load.uses == {"HWPort23": 1, "HWPort0156": 2}
    assert (zero.latency, zero.uses) == (0, {})
    assert locked.micro_operations == 4
    assert locked.uses == {"HWPort0156": 2, "HWDivider": 7}


def test_regions_become_blocks(tmp_path):
    path = tmp_path / "a.s"
    path.write_text(
        "\t.text\nmain:\n push %rbp\n# LLVM-MCA-BEGIN inner\n"
        "  addq %rax, %rbx # one\n  .p2align 4\n.L1:\n  decq %rcx\n"
        "# LLVM-MCA-END\n retq\n# LLVM-MCA-BEGIN\n# LLVM-MCA-END\n"
    )
    found = read_regions(path)
    assert [(b.name, b.text) for b in found.blocks] == [
        ("inner", "addq %rax, %rbx;decq %rcx")
    ]
    assert found.refused == [("line 11", "holds no instruction")]


def test_a_file_without_regions_is_one_block(tmp_path):
    path = tmp_path / "a.s"
    path.write_text("addq %rax, %rbx\nnop\n")
    assert [b.text for b in read_regions(path).blocks] == [
        "addq %rax, %rbx;nop"
    ]


def test_intels_syntax_is_refused_by_name(tmp_path):
    path = tmp_path / "a.s"
    path.write_text("nop\n.intel_syntax noprefix\nadd rax, rbx\n")
    with pytest.raises(InputError, match=":2:1: AT&T syntax expected"):
        read_regions(path)


def test_a_table_of_assembly_keeps_measurements(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        'asm,cycles_per_100_iterations\n"addq %rax, %rbx; nop",150\n" ",3\n'
    )
    found = read_table(path)
    assert found.blocks[0].measured == 1.5
    assert found.refused == [("line 3", "asm holds no instruction")]


def test_a_table_without_a_known_column_says_which_are(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("code\nnop\n")
    with pytest.raises(
        InputError, match="column hex, asm, asm_intel; found code"
    ):
        read_table(path)


def test_spellings_that_llvm_does_not_read_are_mended():
    text = "mov r8l, byte ptr [fs:0x28]; div rdx, rax, rcx"
    assert mended(text) == "mov r8b, byte ptr fs:[0x28]; div rcx"


@pytest.mark.parametrize(
    ("form", "memory"),
    [
        ("movq m,8", 1),
        ("movq 8,m", 2),
        ("addq 8,m", 3),
        ("cmpq 8,m", 1),
        ("leaq mx,8", 0),
        ("idivl m", 1),
        ("addq 8,8", 0),
    ],
)
def test_forms_load_and_store(form, memory):
    assert memory_of(form) == memory


def test_what_is_no_elf_file_is_refused(tmp_path):
    path = tmp_path / "a.out"
    path.write_bytes(b"\x7fELF\x01" + bytes(80))
    assert is_elf(path)
    with pytest.raises(InputError, match="must be an ELF file for x86-64"):
        executable_sections(path)
