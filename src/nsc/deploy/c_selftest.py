"""The self-test of exported C: a table of inputs and outputs, and a `main` that checks.

In: Surrogate, Program, inputs. Out: C text under NSC_SELFTEST. Non-goals: running it
(native).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from nsc.deploy.rounding import in_float
from nsc.program import PortableNames, Program, as_returned, scalar_entry
from nsc.surrogate import Surrogate

MACRO = "NSC_SELFTEST"
ROWS = 16
# of an output's largest value; float's comes from its 24 bits
TOLERANCE = {"float": "2e-4", "double": "1e-9"}


def selftest(
    surrogate: Surrogate, program: Program, name: str, x: np.ndarray, real: str
) -> str:
    """Write the self-test.

    Args:
        name: of the exported function.
        x: `n i` inputs in the program's units; ROWS of them are taken.
        real: the type that the exported function computes in.
    """
    x = x[:ROWS]
    y = as_returned(program, surrogate(x))
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
    return f"""#ifdef {MACRO}
#include <stdio.h>
{stand_ins(program)}{entry}
static const double nsc_selftest[{len(x)}][{n + o}] = {{
{table}}};

int main(void) {{
  static const double scale[{o}] = {{{scale}}}, slack[{o}] = {{{slack}}};
  int row, k, wrong = 0;
  for (row = 0; row < {len(x)}; row++) {{
    double y[{o}];
    nsc_selftest_entry(nsc_selftest[row], y);
    for (k = 0; k < {o}; k++) {{
      double error = y[k] - nsc_selftest[row][{n} + k];
      wrong += !(error <= {allowed} && -error <= {allowed});
    }}
  }}
  printf("%d of %d values wrong\\n", wrong, {len(x) * o});
  return wrong != 0;
}}
#endif"""


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

    An integer may be rounded the other way, and single precision loses something.
    """
    is_whole = [
        leaf.type.kind != "float" for leaf in program.signature.outputs
    ]
    slack = np.array(is_whole, np.float64)
    if real == "float":
        lost = np.abs(in_float(surrogate, x) - surrogate.networks(x)).max(
            axis=0
        )
        slack = slack + 8 * lost
    return slack
