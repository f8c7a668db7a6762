"""Draw the README's figure: a dear program, its surrogate, and what a call of each takes.

Run: make figures
"""

import re
import runpy
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

import nsc
from nsc.program import Program, parse_program
from nsc.sandbox import ProgramOracle

HERE = Path(__file__).parent
SOURCE = HERE / "dear" / "projectile.c"
TARGET = HERE.parent / "docs" / "figures" / "projectile.svg"
WINDS = (-10.0, 0.0, 10.0)  # m/s, along the shot
PROGRAM_COLOUR = "0.75"
SURROGATE_COLOUR = "#b3402a"
flags_of = runpy.run_path(str(HERE / "demo.py"))["flags_of"]


def options() -> dict[str, Any]:
    """Read what `make demo-dear` compiles the program with."""
    flags = flags_of(SOURCE)
    given = dict(zip(flags[::2], flags[1::2], strict=True))
    ranges = re.findall(r"(\w+)=([^:,]+):([^:,]+)", given["--domain"])
    return {
        "function": given["--function"],
        "topology": given["--topology"],
        "domain": {name: (float(lo), float(hi)) for name, lo, hi in ranges},
    }


def read(chosen: dict[str, Any]) -> Program:
    return parse_program(
        SOURCE.read_text(),
        path=SOURCE.name,
        function=chosen["function"],
        ranges=chosen["domain"],
    )


def draw_curves(panel: Any, program: Program, surrogate: Any) -> None:
    """Draw how far a ball flies against the elevation of the shot, in three winds."""
    elevation = np.linspace(20, 70, 80)
    oracle = ProgramOracle(program.unit)
    thick = {"linewidth": 5, "color": PROGRAM_COLOUR}
    thin = {"linewidth": 1.4, "color": SURROGATE_COLOUR}
    for wind in WINDS:
        rest = np.full((len(elevation), 2), (0.3, wind))
        x = np.column_stack([np.full(len(elevation), 60.0), elevation, rest])
        truth = oracle(x)
        panel.plot(elevation, truth, solid_capstyle="round", **thick)
        panel.plot(elevation, surrogate(x), **thin)
        end = (elevation[0], truth[0, 0])
        panel.annotate(
            f"wind {wind:g} m/s", end, (-66, -3), textcoords="offset points"
        )
    panel.set_xlim(7, 71)
    panel.set_xlabel("elevation of the shot, degrees")
    panel.set_ylabel("range, m")
    panel.plot([], [], label="the C program", **thick)
    panel.plot([], [], label="its surrogate, 8-8", **thin)
    panel.legend(frameon=False, loc="lower left")
    nmse = surrogate.report["test"]["nmse"]
    runs = surrogate.report["budget"]
    panel.set_title(
        f"learned from {runs:,} runs; verified nmse {nmse:.1e}", fontsize=9
    )


def draw_times(panel: Any, ns: dict[str, float]) -> None:
    """Draw what a call takes, on a logarithmic axis."""
    names = ("the C program", "its surrogate")
    values = (ns["original"], ns["surrogate"])
    colours = (PROGRAM_COLOUR, SURROGATE_COLOUR)
    panel.barh(names, values, color=colours, height=0.5)
    for name, value in zip(names, values, strict=True):
        said = f"{value / 1e3:.1f} us" if value > 1e3 else f"{value:.0f} ns"
        panel.annotate(
            said, (value, name), (5, -3), textcoords="offset points"
        )
    panel.set_xscale("log")
    panel.set_xlim(1, 1e6)
    panel.invert_yaxis()
    panel.set_xlabel("ns a call")
    panel.set_title(f"{values[0] / values[1]:,.0f} times faster", fontsize=9)


def main() -> None:
    matplotlib.use("svg")
    matplotlib.rcParams |= {
        "svg.hashsalt": "nsc",
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    import matplotlib.pyplot as plt

    chosen = options()
    surrogate = nsc.compile(SOURCE, seed=0, **chosen)
    report = surrogate.report
    assert report is not None
    figure, (curves, times) = plt.subplots(
        1, 2, figsize=(9, 2.8), width_ratios=(5, 3), layout="constrained"
    )
    draw_curves(curves, read(chosen), surrogate)
    draw_times(times, report["ns_per_call"])
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(
        TARGET, facecolor="white", metadata={"Date": None, "Creator": None}
    )
    print(f"written: {TARGET.relative_to(HERE.parent)}")


if __name__ == "__main__":
    main()
