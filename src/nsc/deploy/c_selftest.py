"""The self-test of exported C: a table of inputs and outputs, and a `main` that checks.

In: Surrogate, Program, inputs. Out: C text under NSC_SELFTEST. Non-goals: running it
(native).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from nsc.deploy.entries import Entries
from nsc.deploy.rounding import LEAST, UNIT, in_float, is_float32
from nsc.program import PortableNames, Program, as_returned, scalar_entry
from nsc.surrogate import Surrogate, input_gradient

MACRO = "NSC_SELFTEST"
ROWS = 16
# of an output's largest value; float's comes from its 24 bits
TOLERANCE = {"float": "2e-4", "double": "1e-9"}


def selftest(
    surrogate: Surrogate,
    program: Program,
    name: str,
    x: np.ndarray,
    real: str,
    entries: Entries | None = None,
) -> str:
    """Write the self-test.

    Args:
        name: of the exported function.
        x: `n i` inputs in the program's units; ROWS of them are taken.
        real: the type that the exported function computes in.
        entries: the batch entries, which are tested, too.
    """
    x = x[:ROWS]
    y = as_returned(program, surrogate.evaluate(x))
    n = program.n_inputs
    o = program.n_outputs
    table = ",\n".join(
        f"    {{{_list(row, '.17g')}}}" for row in np.hstack([x, y])
    )
    scale = _list(np.maximum(np.abs(y).max(axis=0), 1e-30), ".6g")
    slack = _list(_slack(surrogate, program, x, real), ".6g")
    entry = scalar_entry(program.signature, name, "nsc_selftest_entry")
    entry = PortableNames(program).text(entry)
    allowed = f"{TOLERANCE[real]} * scale[k] + slack[k]"
    batch = "" if entries is None else _batch_test(entries, len(x), n, o)
    slopes = ""
    if entries is not None and entries.gradient:
        slopes = _slope_table(surrogate, x)
        batch += _slope_test(entries, len(x), n, o, real)
    return f"""#ifdef {MACRO}
#include <stdio.h>
{stand_ins(program)}{entry}
static const double nsc_selftest[{len(x)}][{n + o}] = {{
{table}}};
{slopes}
static int nsc_is_wrong(int row, int k, double y) {{
  static const double scale[{o}] = {{{scale}}}, slack[{o}] = {{{slack}}};
  double error = y - nsc_selftest[row][{n} + k];
  return !(error <= {allowed} && -error <= {allowed});
}}

int main(void) {{
  int row, k, wrong = 0, values = {len(x) * o};
  for (row = 0; row < {len(x)}; row++) {{
    double y[{o}];
    nsc_selftest_entry(nsc_selftest[row], y);
    for (k = 0; k < {o}; k++) wrong += nsc_is_wrong(row, k, y[k]);
  }}
{batch}  printf("%d of %d values wrong\\n", wrong, values);
  return wrong != 0;
}}
#endif"""


def _batch_test(entries: Entries, rows: int, n: int, o: int) -> str:
    """Write what tests the batch entries, on two blocks and a part of one."""
    kind = entries.kind
    return f"""  {{
    enum {{ ROWS = 2 * NSC_LANES + 5 }};
    static {kind} x[ROWS][{n}], y[ROWS][{o}], in[{n}][ROWS], out[{o}][ROWS];
    const {kind} *ins[{n}];
    {kind} *outs[{o}];
    for (row = 0; row < ROWS; row++)
      for (k = 0; k < {n}; k++)
        in[k][row] = x[row][k] = ({kind})nsc_selftest[row % {rows}][k];
    for (k = 0; k < {n}; k++) ins[k] = in[k];
    for (k = 0; k < {o}; k++) outs[k] = out[k];
    {entries.rows}(&x[0][0], &y[0][0], ROWS);
    {entries.arrays}(ins, outs, ROWS);
    values += 2 * ROWS * {o};
    for (row = 0; row < ROWS; row++)
      for (k = 0; k < {o}; k++)
        wrong += nsc_is_wrong(row % {rows}, k, y[row][k])
          + nsc_is_wrong(row % {rows}, k, out[k][row]);
  }}
"""


def _slope_table(surrogate: Surrogate, x: np.ndarray) -> str:
    """Write derivatives by inputs, `n (o i)`."""
    u = surrogate.normalise(x)
    half = (surrogate.hi - surrogate.lo) / 2
    slopes = [input_gradient(m.w, m.topology, u) for m in surrogate.members]
    found = (np.concatenate(slopes, axis=1) / half).reshape(len(x), -1)
    rows = ",\n".join(f"    {{{_list(row, '.17g')}}}" for row in found)
    head = (
        f"static const double nsc_selftest_slopes[{len(x)}][{found.shape[1]}]"
    )
    return f"{head} = {{\n{rows}}};\n"


def _slope_test(entries: Entries, rows: int, n: int, o: int, real: str) -> str:
    """Write what tests derivatives; the largest of the table is their scale."""
    kind = entries.kind
    # they are kept in the type of the arrays
    tolerance = TOLERANCE["float" if kind == "float" else real]
    return f"""  {{
    enum {{ ROWS = 2 * NSC_LANES + 5 }};
    static {kind} x[ROWS][{n}], y[ROWS][{n * o}];
    double scale = 0, error;
    for (row = 0; row < ROWS; row++)
      for (k = 0; k < {n}; k++) x[row][k] = ({kind})nsc_selftest[row % {rows}][k];
    for (row = 0; row < {rows}; row++)
      for (k = 0; k < {n * o}; k++) {{
        double size = nsc_selftest_slopes[row][k];
        if (size < 0) size = -size;
        if (size > scale) scale = size;
      }}
    {entries.gradient}(&x[0][0], &y[0][0], ROWS);
    values += ROWS * {n * o};
    for (row = 0; row < ROWS; row++)
      for (k = 0; k < {n * o}; k++) {{
        error = y[row][k] - nsc_selftest_slopes[row % {rows}][k];
        wrong += !(error <= {tolerance} * scale && -error <= {tolerance} * scale);
      }}
  }}
"""


def stand_ins(program: Program) -> str:
    """Define the file-level variables that an exported function reads.

    They are weak: the original's own come first.
    """
    return "".join(
        f"__attribute__((weak)) {variable.declaration};\n"
        for variable in program.signature.variables
    )


def _list(values: Iterable[float], form: str) -> str:
    return ", ".join(format(value, form) for value in values)


def _slack(
    surrogate: Surrogate, program: Program, x: np.ndarray, real: str
) -> np.ndarray:
    """Return what each output may be off whatever its scale, `o`.

    An integer may be rounded the other way, and single precision loses something, be it
    what is computed in or what the output is kept in.
    """
    outputs = program.signature.outputs
    slack = np.array([leaf.type.kind != "float" for leaf in outputs], float)
    largest = np.abs(surrogate.networks(x)).max(axis=0)
    kept = 2 * (UNIT["float"] * largest + LEAST["float"])
    slack += np.where([is_float32(leaf) for leaf in outputs], kept, 0.0)
    if real == "float":
        lost = np.abs(in_float(surrogate, x) - surrogate.networks(x)).max(
            axis=0
        )
        slack = slack + 8 * lost
    return slack
