"""LLVM's scheduling tables -> the start of a structured model, without any label.

In: one sample of each form, an llvm-mca that prints its tables in full (22 or newer).
Out: a Model whose latencies and resource uses are those of the tables.
Non-goals: learning from labels (learn).
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nsc.errors import HostError
from nsc.mca.model import Model, parameters
from nsc.mca.native import LATENCIES, RESOURCES
from nsc.mca.oracle import regions_text
from nsc.mca.roles import Sample
from nsc.mca.tools import Tool
from nsc.mca.vocabulary import FIRST_FORM, Vocabulary

SHARPNESS = 32.0  # bounds of tables are nested and tie often
_NOTHING = 0.03  # a latency that rounds to none
_UNUSED = 0.003
_LONGEST_S = 300.0
_WIDTH = re.compile(r"^Dispatch Width:\s+(\d+)$", re.MULTILINE)
_RESOURCE = re.compile(r"^\[\d+\]\s+- ([\w.]+):(\d+)", re.MULTILINE)
_ROW = re.compile(
    r"^ (\d+)\s+(\d+)\s+(?:[\d.]+|-)\s+(?:\*\s+)?(?:\*\s+)?(?:U\s+)?(\d+)\s+([A-Z].*)$",
    re.MULTILINE,
)
_REGION = re.compile(r"^\[\d+\] Code Region - b\d+$", re.MULTILINE)
_USE = re.compile(r"([\w.]+?)(?:\[(?:(\d+),)?(\d+)\])?(?:,|$)")
_STACK = ("push", "pop", "call", "ret")


@dataclass(frozen=True)
class Row:
    """What the tables say of an instruction.

    Args:
        micro_operations: how many.
        latency: until a result is there.
        bypass: the same for a register that a load's other operand is.
        uses: cycles of each resource by name.
    """

    micro_operations: int
    latency: int
    bypass: int
    uses: dict[str, int]


@dataclass(frozen=True)
class Tables:
    """The tables of a processor.

    Args:
        width: micro-operations dispatched a cycle.
        units: how many of each resource, by name.
        rows: one an instruction.
    """

    width: int
    units: dict[str, int]
    rows: list[Row]


def read_tables(told: str, width: int) -> Tables:
    """Read what llvm-mca prints for `-instruction-tables=full`, a region a sample.

    Args:
        told: its output.
        width: micro-operations dispatched a cycle.
    """
    units = {name: int(n) for name, n in _RESOURCE.findall(told)}
    regions = _REGION.split(told)[1:]
    return Tables(width, units, [_row(region) for region in regions])


def _row(region: str) -> Row:
    """Read a sample's row; a prefix that is printed as a row of its own is added."""
    operations = 0
    latencies = [0]
    bypasses = [0]
    uses: dict[str, int] = {}
    for told, latency, bypass, rest in _ROW.findall(region):
        words = rest.split()
        has_uses = len(words) > 1 and words[1][0].isupper()
        operations += int(told)
        latencies.append(int(latency))
        bypasses.append(int(bypass))
        for name, cycles in (_uses(words[0]) if has_uses else {}).items():
            uses[name] = uses.get(name, 0) + cycles
    return Row(operations, max(latencies), max(bypasses), uses)


def _uses(words: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, begin, end in _USE.findall(words):
        if name:
            found[name] = int(end or 1) - int(begin or 0)
    return found


def tables_of(tool: Tool, cpu: str, lines: Sequence[str]) -> Tables:
    """Ask llvm-mca for its tables of some instructions.

    Args:
        tool: 22 or newer.
        cpu: the processor.
        lines: an instruction each, in AT&T syntax.

    Raises:
        HostError: it cannot print them.
    """
    text = regions_text(lines, range(len(lines)))
    width = _WIDTH.search(_asked(tool, cpu, lines[0] + "\n", ()))
    told = _asked(tool, cpu, text, ("-instruction-tables=full",))
    tables = read_tables(told, int(width.group(1)) if width else 4)
    if len(tables.rows) != len(lines):
        raise HostError(
            f"{tool} prints {len(tables.rows)} rows of tables for {len(lines)}"
            " instructions; 22 or newer is expected"
        )
    return tables


def _asked(tool: Tool, cpu: str, text: str, options: tuple[str, ...]) -> str:
    words = [
        "-mtriple=x86_64-unknown-unknown",
        f"-mcpu={cpu}",
        "-iterations=1",
    ]
    done = subprocess.run(
        [str(tool.path), *words, *options],
        input=text,
        capture_output=True,
        text=True,
        timeout=_LONGEST_S,
        check=False,
    )
    if done.returncode:
        raise HostError(
            f"{tool} does not print its tables ({done.stderr.strip()[:200]}); 22 or"
            " newer is expected"
        )
    return done.stdout


def tabled_model(
    vocabulary: Vocabulary,
    samples: Mapping[str, Sample],
    tool: Tool,
    cpu: str,
    seed: int = 0,
) -> Model:
    """Start a model from LLVM's tables.

    Args:
        vocabulary: the forms.
        samples: an instruction of each.
        tool: 22 or newer.
        cpu: the processor.
        seed: of the network's first layers.

    Raises:
        HostError: the tool cannot print its tables.
    """
    lines = [samples[form].text for form in vocabulary.forms]
    tables = tables_of(tool, cpu, lines)
    latency = np.array([_latencies(form, row) for form, row in zip(
        vocabulary.forms, tables.rows, strict=True)])  # fmt: skip
    use = np.array([_resource_uses(row, tables) for row in tables.rows])
    rng = np.random.default_rng(seed)
    w = parameters(
        _raw(_with_unknown(latency), 2.0), _raw(_with_unknown(use), 1.0), rng
    )
    about = {"start": f"{tool}, tables of {cpu}"}
    return Model(vocabulary, w, sharpness=SHARPNESS, about=about)


def _latencies(form: str, row: Row) -> list[float]:
    """Tell a form's latencies: of what it writes, beside it, through addresses."""
    beside = 0 if form.startswith(_STACK) else row.latency
    address = row.latency - row.bypass
    found = [row.bypass, beside, address]
    assert len(found) == LATENCIES
    return [max(float(value), _NOTHING) for value in found]


def _resource_uses(row: Row, tables: Tables) -> np.ndarray:
    """Tell what share of each resource a form takes; the first is the dispatch."""
    found = np.full(RESOURCES, _UNUSED)
    found[0] = max(row.micro_operations / tables.width, _UNUSED)
    names = list(tables.units)[: RESOURCES - 1]
    for k, name in enumerate(names, 1):
        if name in row.uses:
            found[k] = max(row.uses[name] / tables.units[name], _UNUSED)
    return found


def _with_unknown(rows: np.ndarray) -> np.ndarray:
    """Put the pad and the unknown form first: they are as the median form."""
    middle = np.median(rows, axis=0)
    return np.concatenate([np.tile(middle, (FIRST_FORM, 1)), rows])


def _raw(positive: np.ndarray, slope: float) -> np.ndarray:
    """Invert softplus(slope x) / slope."""
    scaled = slope * positive
    return (scaled + np.log(-np.expm1(-scaled))) / slope
