"""What is never trained on: four Debian packages and the Parrot benchmark.

It is held out wherever it turns up.

In: nothing. Out: names of what they compute, and texts. Non-goals: splitting
(split.py). `make held-out` notes anew what a data set's held-out packages compute.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from nsc.errors import BuildError
from nsc.exestack.dataset.twins import semantic_keys
from nsc.exestack.parrot.programs import parrot_programs
from nsc.record import Record, read_records, shared_inputs
from nsc.sandbox import Failed, build, run

HELD_OUT = ("r-base", "libnova", "newlib", "darktable")
BENCHMARK = "parrot:"
_NAMES = Path(__file__).parent / "held_out.txt"


@cache
def held_out_names() -> frozenset[str]:
    """Return the semantic names of programs that are held out.

    Copies under other folders' names have the same.
    """
    return frozenset(_NAMES.read_text().split())


def held_out_texts() -> Iterator[tuple[str, str]]:
    """Yield (name, normalised text) of the benchmark's programs, in both forms."""
    for code in parrot_programs():
        pointer_free = code.program()
        if pointer_free is not None:
            yield f"{BENCHMARK}{code.name}", pointer_free.normalised
        yield f"{BENCHMARK}{code.name}/original", code.original().normalised


def write_held_out(folder: Path) -> int:
    """Note the semantic names of what is held out: the benchmark, a data set's packages.

    Args:
        folder: of the data set.

    Returns:
        How many names there are.
    """
    names = {name for record in _benchmark() for name in semantic_keys(record)}
    for record in read_records(folder / "test"):
        is_constant = "constant" in record.flags  # much else computes the same
        if record.origin.startswith(HELD_OUT) and not is_constant:
            names.update(semantic_keys(record))
    _NAMES.write_text("\n".join(sorted(names)) + "\n")
    return len(names)


def _benchmark() -> Iterator[Record]:
    """Run the benchmark's programs that fit the data set's inputs.

    Those that are not finite there cannot be in it.
    """
    codes = [code for code in parrot_programs() if code.suite == "cpn"]
    forms = [
        form() for code in codes for form in (code.program, code.original)
    ]
    programs = [program for program in forms if program is not None]
    for program, built in zip(
        programs, build([p.unit for p in programs]), strict=True
    ):
        if isinstance(built, Failed):
            raise BuildError(
                f"{program.name} of the benchmark: {built.message}"
            )
        x = np.ascontiguousarray(shared_inputs()[:, : program.n_inputs])
        y = run(built, x).outputs
        if np.isfinite(y).all():
            yield Record(
                name=program.name,
                text="",
                origin="",
                n_inputs=program.n_inputs,
                n_outputs=program.n_outputs,
                box=(),
                input_seed=0,
                outputs=y.astype(np.float32),
                dag=None,
            )
