"""What the front end produces: signature, domain, closed C, Program. Plain frozen data.

In: nothing. Out: the nouns every other room uses. Non-goals: parsing, running,
networks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from nsc.graph import Dag, Unsupported
from nsc.program.callable import signature_of_callable
from nsc.program.domain import Ranges, domain_of, log_inputs
from nsc.program.drawing import Drawing
from nsc.program.entry import unit_of
from nsc.program.exits import ExitCall
from nsc.program.normalise import normalise
from nsc.program.static_storage import StaticVariable
from nsc.program.unit import Piece, Unit, names_of_pieces, text_of_pieces
from nsc.symbolic import DagLimits, dag_of
from nsc.syntax import Domain, Signature
from nsc.text import PRINTS, words

COMMAND = "<command>"  # the path of a program on the command line
# (file, line, column), the last two from 1
Place = tuple[str, int, int]


@dataclass(frozen=True)
class Program:
    """A closed C function with a scalar view.

    Args:
        name: the function's.
        path: of its file, as messages call it; "<python>" for a Python function.
        text: the original text of the function and of exactly what it needs, macros
            included (for people, and for drop-in C).
        pieces: the same with every macro expanded and no directive.
        headers: the standard headers that it needs.
        signature: its scalar view.
        domain: what its inputs are drawn from.
        drawing: how, where not uniformly from all of it.
        line: where it stands in its file, from 1.
        bodiless: the functions that it calls and that nothing here defines; they are
            guessed by name (`nsc.symbolic`), and nothing but `function` can run such a
            program.
        unread: the file's own headers that were not to be had.
        static_variables: those that outlive calls and that a call writes or may write;
            whether results depend on what they keep, running tells.
        exits: the calls that may end it (exit, abort, assert), in its text's order.
        notes: what its user should know of how it was read.
        function: runs it, instead of the sandbox: an oracle, or an executable
            (`nsc.runs`), whose runs are planned, spread over processes and kept.
        place_of: where what stands at an offset of `source` is in the user's files.
    """

    name: str
    path: str
    text: str
    pieces: tuple[Piece, ...]
    headers: tuple[str, ...]
    signature: Signature
    domain: Domain
    line: int = 0
    bodiless: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    static_variables: tuple[StaticVariable, ...] = ()
    exits: tuple[ExitCall, ...] = ()
    notes: tuple[str, ...] = ()
    drawing: Drawing = Drawing()
    function: Callable[[np.ndarray], Any] | None = field(
        default=None, compare=False, repr=False
    )
    place_of: Callable[[int], Place | None] | None = field(
        default=None, compare=False, repr=False
    )

    @classmethod
    def from_callable(
        cls,
        function: Callable[[np.ndarray], np.ndarray],
        inputs: Sequence[str],
        *,
        outputs: Sequence[str] = ("return",),
        ranges: Ranges | None = None,
        name: str | None = None,
        whole: Collection[str] = (),
    ) -> Program:
        """Wrap a Python function `n i -> n o` (or `n i -> n`) as a textless Program.

        Args:
            function: takes inputs in its own units, one row an example; the program's
                oracle.
            inputs, outputs: C identifiers; exported C has them as parameters (outputs
                as pointers when there are several).
            ranges: input name -> (lo, hi) or ("log", lo, hi), default (-1, 1).
            name: of the exported C function; by default the function's own.
            whole: the inputs that are integers; they need a range.

        Raises:
            InputError: a name that cannot be a C parameter's, one that is there twice,
                or none at all.
            DomainError: a range of no input, or an empty one.

        Example:
            >>> program = nsc.Program.from_callable(
            ...     lambda x: x[:, 0] * x[:, 1], ["a", "b"], ranges={"a": (0, 2)}
            ... )
            >>> program.domain.lo, program.domain.hi
            ((0.0, -1.0), (2.0, 1.0))
        """
        signature = signature_of_callable(
            function, inputs, outputs, name, whole
        )
        return cls(
            name=signature.function,
            path="<python>",
            text="",
            pieces=(),
            headers=(),
            signature=signature,
            domain=domain_of(signature, ranges or {}),
            drawing=Drawing(log_inputs(signature, ranges or {})),
            function=function,
        )

    @cached_property
    def source(self) -> str:
        """The closed text with macros expanded: what is built and evaluated."""
        return text_of_pieces(self.pieces)

    @cached_property
    def globals_(self) -> tuple[str, ...]:
        """Every file-scope name that the program defines."""
        return names_of_pieces(self.pieces)

    @cached_property
    def normalised(self) -> str:
        """The text as a CompNet sees it: canonical names and spacing, no comments."""
        parameters = [param.name for param in self.signature.params]
        return normalise(self.source, self.name, parameters)

    @cached_property
    def unit(self) -> Unit:
        """What the sandbox builds: `source` plus the scalar entry."""
        return unit_of(self.signature, self.pieces, self.headers)

    @cached_property
    def dag(self) -> Dag | Unsupported:
        """The expression DAG over inputs in [-1, 1], or why there is none."""
        return self.dag_within(DagLimits())

    def dag_within(self, limits: DagLimits) -> Dag | Unsupported:
        """The same, but for how large it may be, and what making it may take."""
        if not self.source:
            kind = "a command" if self.path == COMMAND else "a Python callable"
            what = f"{kind} has no C text to read"
            return Unsupported("python_callable", what)
        found = dag_of(
            self.source,
            self.signature,
            self.domain,
            bodiless=self.bodiless,
            limits=limits,
        )
        if isinstance(found, Unsupported):
            return self._as_in_the_files(found)
        return found

    def _as_in_the_files(self, found: Unsupported) -> Unsupported:
        """Say where in the user's files a place of `source` is."""
        if not found.line or self.place_of is None:
            return found
        above = self.source.splitlines(keepends=True)[: found.line - 1]
        place = self.place_of(sum(map(len, above)) + found.column - 1)
        if place is None:
            return replace(found, line=0, column=0)
        file, line, column = place
        return replace(found, file=file, line=line, column=column)

    @cached_property
    def prints(self) -> tuple[str, ...]:
        """The functions that it prints with; what they print is discarded."""
        named = PRINTS.intersection(words(self.source)).difference(
            self.globals_
        )
        return tuple(sorted(named))

    @property
    def n_inputs(self) -> int:
        return len(self.signature.inputs)

    @property
    def n_outputs(self) -> int:
        return len(self.signature.outputs)
