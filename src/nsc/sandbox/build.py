"""Units -> runnable modules, many units to a module; one that fails never sinks the others.

In: Units. Out: one `Built` or `Failed` per unit, in order. Non-goals: running.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

from nsc.program import Unit
from nsc.sandbox.compiler import TRAP_BOUNDS, Compiled, CompilerLimits, compile_wasm
from nsc.sandbox.guard import refusal
from nsc.sandbox.outcome import Outcome

CHUNK = 1024  # samples in the module's buffers
UNITS_PER_MODULE = 64
_CHANGES_NEIGHBOURS = "tgmath.h"  # its macros make of `sqrt` another function: such a unit gets its own module
# A C library linked for files or the environment asks the host at start: such a unit gets its own module.
_ASKED_AT_START = (b"fd_prestat_get", b"environ_get", b"args_get")


@dataclass(frozen=True)
class Built:
    """A unit inside a module, selected by `number`."""

    wasm: bytes
    number: int
    n_inputs: int
    n_outputs: int


@dataclass(frozen=True)
class Failed:
    """A unit that could not be built, by name and with a message free of host paths."""

    outcome: Outcome
    message: str


def build(
    units: Sequence[Unit], limits: CompilerLimits = CompilerLimits(), *, trap_bounds: bool = False
) -> list[Built | Failed]:
    """Build units, `UNITS_PER_MODULE` to a module; a module that fails is split until the culprit is found.

    Args:
        trap_bounds: end a sample (`aborted`) that indexes past the end of an array. Otherwise it reads what lies
            there, which other units of the module decide.
    """
    compile_ = partial(compile_wasm, limits=limits, more_flags=TRAP_BOUNDS if trap_bounds else ())
    results: list[Built | Failed | None] = [None] * len(units)
    accepted = []
    for k, unit in enumerate(units):
        why = refusal(unit)
        if why is None:
            accepted.append(k)
        else:
            results[k] = Failed(Outcome.refused, f"the sandbox does not compile {why}")
    together = [k for k in accepted if _CHANGES_NEIGHBOURS not in units[k].headers]
    for start in range(0, len(together), UNITS_PER_MODULE):
        _build_some(units, together[start : start + UNITS_PER_MODULE], results, compile_)
    for k in accepted:
        if _CHANGES_NEIGHBOURS in units[k].headers:
            _build_some(units, [k], results, compile_)
    return results


def _build_some(
    units: Sequence[Unit],
    chosen: list[int],
    results: list[Built | Failed | None],
    compile_: Callable[[str], Compiled],
) -> None:
    parts = _module_parts([units[k] for k in chosen])
    made = compile_("".join(parts))
    shares_start = len(chosen) > 1 and any(name in made.wasm for name in _ASKED_AT_START)
    if made.outcome is Outcome.ok and not shares_start:
        for number, k in enumerate(chosen):
            results[k] = Built(made.wasm, number, units[k].n_inputs, units[k].n_outputs)
        return
    if len(chosen) == 1:
        results[chosen[0]] = Failed(made.outcome, made.message)
        return
    blamed = _blamed(parts, made.lines)
    half = len(chosen) // 2
    groups = [[chosen[n]] for n in blamed] + [[k for n, k in enumerate(chosen) if n not in blamed]]
    for group in groups if blamed else (chosen[:half], chosen[half:]):
        if group:
            _build_some(units, group, results, compile_)


def _blamed(parts: Sequence[str], lines: Sequence[int]) -> list[int]:
    """Return the units in which lines of a module lie: most often the culprits, each of which is then built alone."""
    ends = list(accumulate(part.count("\n") for part in parts))
    at = {bisect_left(ends, line) - 1 for line in lines}  # the first part is what comes before all units
    return sorted(n for n in at if 0 <= n < len(parts) - 2)


def _module_parts(units: Sequence[Unit]) -> list[str]:
    """Write one translation unit that holds several units and a run loop for each: what is before, units, the loop.

    Every file-scope name of unit k is renamed by a macro (`#define erf u3_erf`) after the headers, so
    that units do not clash with each other or with the C library.
    """
    headers = dict.fromkeys(h for unit in units for h in unit.headers)
    inputs = max(u.n_inputs for u in units)
    outputs = max(u.n_outputs for u in units)
    before = [f"#include <{h}>" for h in headers]
    before += [
        f"static double nsc_in[{CHUNK * inputs}], nsc_out[{CHUNK * outputs}];",
        "static volatile int nsc_done;",
        "static int isnanf(float x) { return x != x; }",  # glibc has them, the sandbox's C library does not
        "static int isinff(float x) { return x - x != x - x && x == x; }",
        "#define EXPORT(name) __attribute__((export_name(name)))",
        'EXPORT("in") double *nsc_get_in(void) { return nsc_in; }',
        'EXPORT("out") double *nsc_get_out(void) { return nsc_out; }',
        'EXPORT("done") volatile int *nsc_get_done(void) { return &nsc_done; }\n',
    ]
    entries = ", ".join(f"u{number}_{unit.entry}" for number, unit in enumerate(units))
    steps = ", ".join(f"{{{unit.n_inputs}, {unit.n_outputs}}}" for unit in units)
    loop = _RUN.replace("ENTRIES", entries).replace("STEPS", steps)
    return ["\n".join(before), *(_unit_text(unit, number) for number, unit in enumerate(units)), loop]


def _unit_text(unit: Unit, number: int) -> str:
    names = list(dict.fromkeys((*unit.globals_, unit.entry)))
    defines = "\n".join(f"#undef {name}\n#define {name} u{number}_{name}" for name in names)
    undefines = "\n".join(f"#undef {name}" for name in names)
    return f"{defines}\n{unit.text}\n{undefines}\n"


# called through a volatile pointer: stores of finished samples cannot move past one that traps
_RUN = """static void (*const nsc_entries[])(const double *, double *) = {ENTRIES};
static const int nsc_steps[][2] = {STEPS};
EXPORT("run") void nsc_run(int nsc_unit, int nsc_from, int nsc_to) {
  void (*volatile call)(const double *, double *) = nsc_entries[nsc_unit];
  const int nsc_inputs = nsc_steps[nsc_unit][0], nsc_outputs = nsc_steps[nsc_unit][1];
  for (int k = nsc_from; k < nsc_to; k++) {
    nsc_done = k;
    call(nsc_in + k * nsc_inputs, nsc_out + k * nsc_outputs);
  }
  nsc_done = nsc_to;
}
"""
