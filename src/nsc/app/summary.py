"""A finished compilation -> report.json.

In: `Compiled`, or the `Draft` that nothing verified. Out: plain JSON values, the series
for figures included.
Non-goals: drawing (report).
"""

from __future__ import annotations

import numpy as np

from nsc.app.pipeline import Compiled, CompileOptions, Draft
from nsc.errors import OracleError
from nsc.finetune import FinetuneResult
from nsc.oracle import run_oracle
from nsc.program import Program, as_returned, with_whole_inputs
from nsc.surrogate import Surrogate

CURVE_POINTS = 121
MAP_SIDE = 36
SCATTER_POINTS = 300
HISTOGRAM_BARS = 41
MAX_CURVES = 12


def report_json(compiled: Compiled, options: CompileOptions) -> dict:
    """Describe a compilation; `files`, `ns_per_call` and the export time are filled in
    by the writer.
    """
    program = compiled.program
    found = compiled.compilation
    figures, figure_runs = _figures(compiled)
    return {
        **_described(program, compiled.surrogate, options),
        "optimizer": options.optimizer,
        "backend": next((r.backend for r in compiled.compilation.results), None),
        "budget": found.rounds[-1].budget,
        "program_runs": _runs(compiled, figure_runs),
        "zero_shot": {
            k: {"mse": v.mse, "nmse": v.as_json()["nmse"]}
            for k, v in compiled.zero_shot.items()
        },
        "expected_zero_shot_nmse": (
            None if compiled.expected_nmse is None else list(compiled.expected_nmse)
        ),
        "test": found.verification.as_json(),
        "target_error": options.target_error,
        "target_reached": found.reached,
        "rounds": [
            {"budget": r.budget, "topology": r.topology, "rmse": r.rmse}
            for r in found.rounds
        ],
        "finetune": [
            _finetune(r, w) for r, w in zip(found.results, found.winners, strict=True)
        ],
        "time_s": {k: round(v, 4) for k, v in compiled.time_s.items()},
        "ns_per_call": {"original": None, "surrogate": None},
        "notes": list(compiled.notes),
        "figures": figures,
        "files": [],
    }


def draft_json(draft: Draft, options: CompileOptions) -> dict:
    """Describe what the text alone gave; `files` are filled in by the writer. There is
    no "test" in it.
    """
    return {
        **_described(draft.program, draft.surrogate, options),
        "text_only": True,
        "expected_zero_shot_nmse": list(draft.expected_nmse),
        "time_s": {k: round(v, 4) for k, v in draft.time_s.items()},
        "notes": list(draft.notes),
        "files": [],
    }


def _described(program: Program, surrogate: Surrogate, options: CompileOptions) -> dict:
    domain = zip(
        surrogate.input_names, surrogate.lo.tolist(), surrogate.hi.tolist(), strict=True
    )
    return {
        "function": program.name,
        "signature": program.signature.prototype,
        "inputs": list(surrogate.input_names),
        "outputs": list(surrogate.output_names),
        "domain": {name: [lo, hi] for name, lo, hi in domain},
        "topology": " + ".join(str(m.topology) for m in surrogate.members),
        "activation": options.activation,
        "initial": options.initial,
        "seed": options.seed,
        "program": {"path": program.path, "line": program.line, "text": program.text},
    }


def _finetune(result: FinetuneResult, winner: str) -> dict:
    thin = max(1, result.train_loss.shape[1] // 400)
    return {
        "backend": result.backend,
        "stopped": result.stopped[0],
        "best_step": int(result.best_step[0]),
        "steps": result.train_loss.shape[1] - 1,
        "winner": winner,
        "every": thin,
        "train_loss": result.train_loss[0, ::thin].tolist(),
        "validation_loss": result.validation_loss[0, ::thin].tolist(),
    }


def _runs(compiled: Compiled, figures: int) -> dict[str, int]:
    """Count the program's runs by what they were for."""
    initial = {"initial": compiled.initial_runs} if compiled.initial_runs else {}
    return {**initial, **compiled.compilation.runs, "figures": figures}


def _figures(compiled: Compiled) -> tuple[dict, int]:
    """Collect the series of the page's figures; returns them and the program runs they
    took.
    """
    found = compiled.compilation
    surrogate = compiled.surrogate
    returned = as_returned(compiled.program, surrogate(found.x))
    predicted = returned[:SCATTER_POINTS]
    error = (returned - found.y).ravel()
    reach = float(np.quantile(np.abs(error), 0.995)) or 1e-12
    counts, edges = np.histogram(
        np.clip(error, -reach, reach), HISTOGRAM_BARS, (-reach, reach)
    )
    curves = []
    maps = []
    runs = 0
    try:
        if len(surrogate.lo) == 2:
            maps, runs = _heat_maps(compiled)
        else:
            curves, runs = _curves(compiled)
    except OracleError:
        # the program fails on the edge of its domain; the page goes without these
        # figures
        pass
    return {
        "curves": curves,
        "heat_maps": maps,
        "truth": found.y[:SCATTER_POINTS].tolist(),
        "predicted": predicted.tolist(),
        "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
    }, runs


def _curves(compiled: Compiled) -> tuple[list[dict], int]:
    """Run program and surrogate along each input, the others at the middle of their
    range.
    """
    surrogate = compiled.surrogate
    curves = []
    runs = 0
    middle = (surrogate.lo + surrogate.hi) / 2
    for k, name in enumerate(surrogate.input_names):
        if len(curves) >= MAX_CURVES:
            break
        x = np.tile(
            with_whole_inputs(compiled.program, middle[None])[0], (CURVE_POINTS, 1)
        )
        x[:, k] = np.linspace(surrogate.lo[k], surrogate.hi[k], CURVE_POINTS)
        x = with_whole_inputs(compiled.program, x)
        y, predicted = _both(compiled, x)
        runs += len(x)
        for j, output in enumerate(surrogate.output_names):
            title = f"{output} along {name}" + (
                ", the rest mid-range" if len(surrogate.lo) > 1 else ""
            )
            curves.append(
                {
                    "title": title,
                    "input": name,
                    "output": output,
                    "x": x[:, k].tolist(),
                    "program": y[:, j].tolist(),
                    "surrogate": predicted[:, j].tolist(),
                }
            )
    return curves, runs


def _both(compiled: Compiled, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Run program and surrogate on `n i`: twice `n o`."""
    y = run_oracle(compiled.oracle, x, len(compiled.surrogate.output_names))
    return y, as_returned(compiled.program, compiled.surrogate(x))


def _heat_maps(compiled: Compiled) -> tuple[list[dict], int]:
    """Run program and surrogate on a grid over two inputs."""
    surrogate = compiled.surrogate
    axes = [
        np.linspace(lo, hi, MAP_SIDE)
        for lo, hi in zip(surrogate.lo, surrogate.hi, strict=True)
    ]
    second, first = np.meshgrid(axes[1], axes[0], indexing="ij")
    x = with_whole_inputs(
        compiled.program, np.stack([first.ravel(), second.ravel()], axis=1)
    )
    y, predicted = _both(compiled, x)
    shape = (MAP_SIDE, MAP_SIDE)
    return [
        {
            "output": name,
            "x": surrogate.input_names[0],
            "y": surrogate.input_names[1],
            "program": y[:, j].reshape(shape).tolist(),
            "surrogate": predicted[:, j].reshape(shape).tolist(),
        }
        for j, name in enumerate(surrogate.output_names)
    ], len(x)
