"""The benchmark's programs: C text, each in two forms.

One is pointer-free with one output, the other is as applications call it.

In: the .c files of this folder. Out: `ParrotCode`s. Non-goals: inputs (inputs.py),
running anything (dataset.py).

The suite "cpn" is ParrotBenchCPN: fft, invk2j, kmeans and sobel, one pointer-free
function per output, as the paper has them ("Learning to Compile Programs to Neural
Networks", ICML 2024; Table 1 and Figures 8 to 11 of its preprint). The suite "extended"
adds jmeint and jpeg, which the paper leaves out for their length. They have 18 and 64
inputs: too many for a `Record` (9) and for the covering architecture 9-4-4-1, and more
operations than a DAG may have, so that the shipped CompNet cannot read their text. They
are for wider topologies and for starts that need no text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files

from nsc.graph import Dag
from nsc.program import Program, parse_program
from nsc.syntax import Domain

CPN = "cpn"
EXTENDED = "extended"
BENCHMARKS = ("fft", "invk2j", "kmeans", "sobel", "jmeint", "jpeg")
Box = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class ParrotCode:
    """One program of the benchmark, without data.

    Args:
        name: "fft_0", "fft_1", "invk2j_0", "invk2j_1", "kmeans", "sobel", "jmeint",
            "jpeg".
        benchmark: one of `BENCHMARKS`.
        suite: "cpn" or "extended".
        box: (lo, hi) of each input, in the program's units. The benchmark's inputs lie
            in it but need not fill it: invk2j has no answer in the corners that the arm
            cannot reach.
        function, text: the pointer-free form, a C file by itself; None where there is
            none (jpeg: 64 outputs).
        original_function, original_text: the form with pointers, structs or arrays, a C
            file by itself.
        original_outputs: which outputs of the original form this program has, in order.
    """

    name: str
    benchmark: str
    suite: str
    box: Box
    function: str | None
    text: str | None
    original_function: str
    original_text: str
    original_outputs: tuple[int, ...]

    @property
    def n_inputs(self) -> int:
        return len(self.box)

    @property
    def n_outputs(self) -> int:
        return len(self.original_outputs)

    def program(self) -> Program | None:
        """Parse the pointer-free form, with the box as its domain.

        Returns:
            None where there is no such form.
        """
        if self.text is None or self.function is None:
            return None
        return _parse(self.text, self.function, self.name, self.box)

    def original(self) -> Program:
        """Parse the form with pointers.

        It may have more outputs than this program (`original_outputs`).
        """
        return _parse(
            self.original_text, self.original_function, self.name, self.box
        )


@dataclass(frozen=True)
class _Row:
    name: str
    suite: str
    function: str | None
    original: str
    outputs: tuple[int, ...]
    box: Box


_UNIT = (0.0, 1.0)
_TURN = ((0.0, 0.5),)
_REACH = ((-0.5, 1.0), _UNIT)
_ROWS = (
    _Row("fft_0", CPN, "fft_sine", "fft_twiddle", (0,), _TURN),
    _Row("fft_1", CPN, "fft_cosine", "fft_twiddle", (1,), _TURN),
    _Row("invk2j_0", CPN, "invk2j_shoulder", "invk2j_joints", (0,), _REACH),
    _Row("invk2j_1", CPN, "invk2j_elbow", "invk2j_joints", (1,), _REACH),
    _Row(
        "kmeans", CPN, "kmeans_distance", "kmeans_between", (0,), (_UNIT,) * 6
    ),
    _Row("sobel", CPN, "sobel_scalar", "sobel_window", (0,), (_UNIT,) * 9),
    _Row(
        "jmeint",
        EXTENDED,
        "jmeint_scalar",
        "jmeint_triangles",
        (0,),
        (_UNIT,) * 18,
    ),
    _Row(
        "jpeg",
        EXTENDED,
        None,
        "jpeg_block",
        tuple(range(64)),
        ((0.0, 255.0),) * 64,
    ),
)


@lru_cache(maxsize=1)
def parrot_programs() -> tuple[ParrotCode, ...]:
    """Return all programs of the benchmark; needs no data and no extra.

    Example: to hold ParrotBenchCPN out of training, run `[c.program() for c in
    parrot_programs() if c.suite == "cpn"]` on a data set's shared inputs. invk2j gives
    NaN where the arm does not reach, x * x + y * y > 1.
    """
    return tuple(_code(row) for row in _ROWS)


def parrot_dags() -> tuple[Dag, ...]:
    """Return what the suite "cpn" computes, over [-1, 1].

    Each program stands there twice: its box scaled to [-1, 1], as it is compiled, and
    the inputs as they are, as a data set runs it.
    """
    codes = [code for code in parrot_programs() if code.suite == CPN]
    as_is = [replace(c, box=((-1.0, 1.0),) * c.n_inputs) for c in codes]
    parsed = [code.program() for code in (*codes, *as_is)]
    dags = [program.dag for program in parsed if program is not None]
    return tuple(dag for dag in dags if isinstance(dag, Dag))


def _code(row: _Row) -> ParrotCode:
    benchmark = row.name.partition("_")[0]
    text = files("nsc.exestack.parrot").joinpath(f"{benchmark}.c").read_text()
    pointer_free = None
    if row.function is not None:
        pointer_free = _parse(text, row.function, benchmark, row.box).text
    return ParrotCode(
        name=row.name,
        benchmark=benchmark,
        suite=row.suite,
        box=row.box,
        function=row.function,
        text=pointer_free,
        original_function=row.original,
        original_text=_parse(text, row.original, benchmark, row.box).text,
        original_outputs=row.outputs,
    )


def _parse(text: str, function: str, name: str, box: Box) -> Program:
    program = parse_program(text, path=f"{name}.c", function=function)
    lo, hi = zip(*box, strict=True)
    return replace(program, domain=Domain(lo, hi))
