"""What batch entries do with rows outside the domain: what the scalar function does.

In: ValueWriter, the entries' names. Out: C text. Non-goals: blocks (c_batch).
"""

from __future__ import annotations

from nsc.deploy.c_blocks import function_text
from nsc.deploy.c_policy import TESTING, nan_function
from nsc.deploy.c_values import ValueWriter
from nsc.deploy.c_whole import as_converted
from nsc.deploy.entries import Entries
from nsc.program import scalar_entry

ROW = "nsc_row"


class OutsideWriter:
    """Writes what leaves a row outside the domain to the scalar function.

    Args:
        scalar: the name of the exported scalar function, which calls the original, or
            does what else the policy is.
    """

    def __init__(self, values: ValueWriter, entries: Entries, scalar: str):
        self.network = values.network
        self.program = values.program
        self.names = values.names
        self.kind = entries.kind
        self.has_gradient = bool(entries.gradient)
        self.scalar = scalar
        self.own = values.network.own
        self.outside = values.outside
        # are there rows that are left to the scalar function?
        self.exists = values.outside in TESTING
        # and derivatives that there are none of?
        self.has_nan = values.outside in ("original", "nan")

    def text(self) -> list[str]:
        """Write the functions; none where nothing is tested."""
        return [self._row(), self._leave()] if self.exists else []

    def inside(self, row: str) -> list[str]:
        """Write whether a row is in the domain, test by test."""
        values = [
            as_converted(f"({row})[{k}]", leaf, self.own)
            for k, leaf in enumerate(self.program.signature.inputs)
        ]
        surrogate = self.network.surrogate
        tests = [
            f"{value} >= {lo:.17g} && {value} <= {hi:.17g}"
            for value, lo, hi in zip(
                values, surrogate.lo, surrogate.hi, strict=True
            )
        ]
        doubles = [
            v if self.kind == "double" else f"((double){v})" for v in values
        ]
        conditions = self.program.drawing.conditions
        return tests + [c.term.in_c(doubles) for c in conditions]

    def _row(self) -> str:
        """Write an entry to the scalar function, which leaves to the original."""
        signature = self.program.signature
        entry = scalar_entry(
            signature, self.scalar, self.own(ROW), alias=self.own("nsc_scalar")
        )
        text = self.names.text(entry)
        return text.replace(
            f"void {self.own(ROW)}(", f"static void {self.own(ROW)}("
        ).strip()

    def _leave(self) -> str:
        """Write what leaves a row to the original, where it is outside.

        A number that an argument's integer type does not hold has no answer: NaN.
        """
        n = self.program.n_inputs
        o = self.program.n_outputs
        inside = "\n      && ".join(self.inside("x"))
        body = [
            f"double in[{n}], out[{o}];",
            f"if ({inside}) return;",
            *(
                f"in[{k}] = {as_converted(f'x[{k}]', leaf, self.own)};"
                for k, leaf in enumerate(self.program.signature.inputs)
            ),
        ]
        held = self._representable()
        call = f"{self.own(ROW)}(in, out);"
        nan = (
            f"for (int k = 0; k < {o}; k++) out[k] = {self.own('nsc_nan')}();"
        )
        if self.outside in ("warn", "raise"):
            nan = f"{{ {self.own('nsc_outside')}(); {nan} }}"
        body.append(f"if ({held}) {call}\n  else {nan}" if held else call)
        body.append(
            f"for (int k = 0; k < {o}; k++) y[k] = ({self.kind})out[k];"
        )
        kind = self.kind
        nothing = nan_function(self.own)
        has_nan_slopes = self.has_gradient and self.has_nan
        is_needed = bool(held) or has_nan_slopes
        is_needed = is_needed and self.outside != "nan"
        whom = "original" if self.outside == "original" else "scalar function"
        head = (
            f"/* Leave a row outside the domain to the {whom}. */\n"
            f"static void {self.own('nsc_leave')}(const {kind} *x, {kind} *y)"
        )
        leave = function_text(head, body)
        return f"{nothing}\n\n{leave}" if is_needed else leave

    def _representable(self) -> str:
        """Write whether arguments that are integers hold a row's numbers."""
        tests: list[str] = []
        for k, leaf in enumerate(self.program.signature.inputs):
            if leaf.type.kind == "float":
                continue
            is_bool = leaf.type.kind == "bool"
            lo, hi = (0.0, 1.0) if is_bool else leaf.type.limits
            tests.append(f"in[{k}] >= {lo:.17g} && in[{k}] <= {hi:.17g}")
        return " && ".join(tests)
