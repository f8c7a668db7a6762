"""The batch entries of exported C: many rows a call, in blocks that compilers vectorise.

In: NetworkWriter, Program. Out: C text of `NAME_surrogate_n` (rows), `_soa` (one array an
input) and, on request, `_grad` (derivatives). Lanes are rows: the innermost loops run
over a constant number of them. Outside the domain they do what the scalar function does:
extrapolate, or with a guard call the original.
Non-goals: layers (c_network, c_gradient), the scalar function (c_source).
"""

from __future__ import annotations

from nsc.deploy.batch_options import BatchOptions
from nsc.deploy.c_block_layers import BlockWriter
from nsc.deploy.c_blocks import block_loop, public_entry
from nsc.deploy.c_levels import for_levels, level_text
from nsc.deploy.c_network import NetworkWriter
from nsc.deploy.c_outside import OutsideWriter
from nsc.deploy.c_values import ValueWriter
from nsc.deploy.c_whole import as_converted, whole_functions
from nsc.deploy.entries import Entries
from nsc.errors import InputError
from nsc.program import Program

# rows of a block; fewer where a network is wide, for its values to stay in the cache
MOST_LANES = 32
FEWEST_LANES = 8
BLOCK_BYTES = 48 << 10

_MACROS = """#ifdef __cplusplus
#define NSC_RESTRICT __restrict
#define NSC_PUBLIC extern "C"
#else
#define NSC_RESTRICT restrict
#define NSC_PUBLIC
#endif"""


def lanes_of(network: NetworkWriter) -> int:
    """Return how many rows a block has."""
    units = sum(width for _, width in network.arrays())
    units += len(network.surrogate.lo) + network.n_outputs
    size = 4 if network.is_single else 8
    lanes = MOST_LANES
    while lanes > FEWEST_LANES and lanes * units * size > BLOCK_BYTES:
        lanes //= 2
    return lanes


class BatchWriter:
    """Writes the batch entries of one program.

    Args:
        scalar: the name of the exported scalar function.
    """

    def __init__(
        self,
        values: ValueWriter,
        entries: Entries,
        scalar: str,
        options: BatchOptions,
    ):
        self.values = values
        self.network = values.network
        self.program = values.program
        self.entries = entries
        self.options = options
        self.kind = entries.kind
        self.own = values.network.own
        self.block = BlockWriter(values.network)
        self.outside = OutsideWriter(values, entries, scalar)
        if options.gradient:
            expect_derivatives(self.program)

    def text(self) -> str:
        """Write all entries, and what they share."""
        lanes = lanes_of(self.network)
        parts = [
            "#include <stddef.h>\n#include <string.h>",
            _MACROS,
            level_text(self.own),
            f"enum {{ NSC_LANES = {lanes} }};  /* rows of a block */",
            *self.block.text(),
            *whole_functions(self.program.signature.inputs, self.own),
            *self.outside.text(),
            *self._entry(by_rows=True),
            *self._entry(by_rows=False),
        ]
        if self.entries.gradient:
            parts += [self.block.slopes(), *self._gradient()]
        return "\n\n".join(parts)

    def _inputs(self, *, by_rows: bool) -> list[str]:
        """Write what brings a block's inputs to [-1, 1]."""
        n = self.program.n_inputs
        lines: list[str] = []
        for k, leaf in enumerate(self.program.signature.inputs):
            value = (
                f"x[(at + r) * {n} + {k}]" if by_rows else f"x[{k}][at + r]"
            )
            value = as_converted(value, leaf, self.own)
            scaled = self.values.normalised(value, self.kind, k)
            lines.append(f"nsc_x[{k}][r] = {scaled};")
        return lines

    def _entry(self, *, by_rows: bool) -> list[str]:
        """Write an entry that evaluates rows, or arrays."""
        n = self.program.n_inputs
        o = self.program.n_outputs
        outputs = self.program.signature.outputs
        values = [
            f"({self.kind}){self.values.output(leaf, k, f'nsc_y[{k}][r]')}"
            for k, leaf in enumerate(outputs)
        ]
        targets = [
            f"y[(at + r) * {o} + {k}]" if by_rows else f"y[{k}][at + r]"
            for k in range(o)
        ]
        stores = [f"{t} = {v};" for t, v in zip(targets, values, strict=True)]
        stores += self._left(by_rows=by_rows)
        body = block_loop(
            self.network.real,
            [("nsc_x", n), ("nsc_y", o)],
            self._inputs(by_rows=by_rows),
            self.block.call(),
            stores,
        )
        name = self.entries.rows if by_rows else self.entries.arrays
        said = (
            f"/* n rows: {n} inputs each in x, {o} outputs each in y.{self._cut_off()} */"
            if by_rows
            else "/* The same with one array an input, x[k], and an output, y[k]. */"
        )
        # an array's pointers are constant: nothing that is stored moves them
        types = (
            (
                f"const {self.kind} *NSC_RESTRICT x",
                f"{self.kind} *NSC_RESTRICT y",
            )
            if by_rows
            else (f"const {self.kind} *const *x", f"{self.kind} *const *y")
        )
        return self._public_entry(name, said, types, body)

    def _cut_off(self) -> str:
        """Say what becomes of fractions."""
        names = [
            leaf.name
            for leaf in self.program.signature.inputs
            if leaf.type.kind != "float"
        ]
        if not names:
            return ""
        return (
            f"\n * Integers ({', '.join(names)}) are converted as C converts a double:"
            " a fraction is\n * cut off."
        )

    def _left(self, *, by_rows: bool) -> list[str]:
        """Write what leaves a row outside the domain to the original."""
        if not self.outside.exists:
            return []
        leave = self.own("nsc_leave")
        n = self.program.n_inputs
        o = self.program.n_outputs
        if by_rows:
            return [f"{leave}(x + (at + r) * {n}, y + (at + r) * {o});"]
        gathered = ", ".join(f"x[{k}][at + r]" for k in range(n))
        kept = ", ".join(f"y[{k}][at + r]" for k in range(o))
        back = " ".join(f"y[{k}][at + r] = out[{k}];" for k in range(o))
        return [
            f"{{ {self.kind} in[{n}] = {{{gathered}}}, out[{o}] = {{{kept}}};"
            f" {leave}(in, out); {back} }}"
        ]

    def _public_entry(
        self, name: str, said: str, types: tuple[str, str], body: list[str]
    ) -> list[str]:
        inner = self.own(f"nsc_{name.rsplit('_surrogate_', 1)[-1]}")
        declared = ", ".join(types)
        openmp = self.options.openmp
        entry = public_entry((name, inner), said, declared, openmp=openmp)
        return [for_levels(inner, declared, body, self.own), entry]

    def _gradient(self) -> list[str]:
        """Write the entry for derivatives, of rows."""
        n = self.program.n_inputs
        o = self.program.n_outputs
        network = self.network
        halves = (network.surrogate.hi - network.surrogate.lo) / 2
        stores = [
            f"y[(at + r) * {n * o} + {j * n + k}] = ({self.kind})(nsc_g[{j * n + k}][r]"
            f" * {network.number(1 / halves[k])});"
            for j in range(o)
            for k in range(n)
        ]
        if self.outside.has_nan:
            inside = " && ".join(self.outside.inside(f"x + (at + r) * {n}"))
            cells = f"y[(at + r) * {n * o} + k]"
            stores.append(
                f"if (!({inside})) for (int k = 0; k < {n * o}; k++)"
                f" {cells} = ({self.kind}){self.own('nsc_nan')}();"
            )
        body = block_loop(
            self.network.real,
            [("nsc_x", n), ("nsc_g", n * o)],
            self._inputs(by_rows=True),
            f"{self.own('nsc_slopes')}(nsc_x, nsc_g);",
            stores,
        )
        types = (
            f"const {self.kind} *NSC_RESTRICT x",
            f"{self.kind} *NSC_RESTRICT y",
        )
        where = (
            "the original is called" if self.values.guard else "outputs are"
        )
        outside = f"; NaN where {where}" if self.outside.has_nan else ""
        said = (
            f"/* Derivatives of n rows, {o} x {n} each in y: of output j by input k at"
            f" [j * {n} + k]{outside}. */"
        )
        return self._public_entry(self.entries.gradient, said, types, body)


def expect_derivatives(program: Program) -> None:
    """Refuse derivatives where an output has none.

    Raises:
        InputError: an output is an integer; names it.
    """
    for leaf in program.signature.outputs:
        if leaf.type.kind != "float":
            raise InputError(
                "gradient must be left out where an output is no real number:"
                f" '{leaf.name}' is {leaf.type.spelling}, which has no derivative"
            )
