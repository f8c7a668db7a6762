"""Initial parameters that were trained on other programs.

In: a program, a topology, a seed. Out: `Initial`, the same for all programs
(`pretrained`, `maml`) or the most similar program's (`nearest`). Nothing is run.
Non-goals: training them (nsc.baselines).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from nsc.baselines import Baseline, Library, read_library, read_starts
from nsc.compnet import Compiler
from nsc.graph import Dag
from nsc.initial.compiled import (
    compiler_input,
    fit_covering,
    holds_covering,
)
from nsc.initial.start import Initial, random_initial
from nsc.program import Program
from nsc.surrogate import COVERING, Topology

WEIGHTS = Path(__file__).parent / "weights"  # written by `make train`


def trained_initial(
    name: str, program: Program, topology: Topology, seed: int
) -> Initial:
    """Start from parameters that were trained on many programs, whatever the text.

    Args:
        name: "pretrained" or "maml".
        seed: goes round the trained ones.
    """
    if not holds_covering(topology):
        return _at_random(program, topology, seed)
    w = shipped_starts(name).start(seed)
    return Initial(fit_covering(w, topology, seed=seed))


def nearest_initial(
    program: Program,
    topology: Topology,
    seed: int,
    *,
    compnet: Compiler,
    output: int | None = None,
) -> Initial:
    """Start from the trained parameters of the most similar training program.

    What is similar is the shape of outputs; their mean and spread, and which inputs are
    used, a CompNet reads in the text. Where it cannot read it, or no program uses as
    many inputs, it is its text-free base vector; the note says so.

    Args:
        seed: of units that are added.
        compnet: embeds the program; the one that embedded the library.
        output: which output the network computes; None for all of them, which start
            from the first's.

    Raises:
        InputError: the CompNet is another one.
    """
    library = shipped_library()
    reader = library.expect_embeddings_of(compnet)
    if not holds_covering(topology):
        return _at_random(program, topology, seed)
    number = output or 0
    emission = reader.emission_for(compiler_input(program), number)
    embedding = None
    if isinstance(program.dag, Dag):
        embedding = reader.embed(program.dag, number)
    w = library.start_for(emission, embedding)
    notes = emission.notes
    if w is None:
        w = reader.base
        count = len(emission.inputs)
        why = f"no program of the library uses {count} inputs"
        notes = (*notes, f"the start is the same for every program: {why}")
    return Initial(fit_covering(w, topology, seed=seed), notes=notes)


def _at_random(program: Program, topology: Topology, seed: int) -> Initial:
    """Draw parameters where the topology cannot hold trained ones, and say so."""
    why = f"{topology} {topology.activation} cannot hold {COVERING}"
    drawn = random_initial(program, topology, seed)
    return Initial(drawn.w, notes=(f"random: {why}",))


@lru_cache(maxsize=2)
def shipped_starts(name: str) -> Baseline:
    """Read the trained starts in the package, once.

    Raises:
        StoreError: the file is missing or damaged.
    """
    return read_starts(WEIGHTS / f"{name}.safetensors", name)


@lru_cache(maxsize=1)
def shipped_library() -> Library:
    """Read the library in the package, once.

    Raises:
        StoreError: the file is missing or damaged.
    """
    return read_library(WEIGHTS / "nearest.safetensors")
