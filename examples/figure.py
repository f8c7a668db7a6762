"""Draw the README's figure: examples/easing.c and its surrogates at three budgets.

Run: make figures
"""

from pathlib import Path

import matplotlib
import numpy as np

import nsc
from nsc.program import parse_program
from nsc.sandbox import ProgramOracle

HERE = Path(__file__).parent
TARGET = HERE.parent / "docs" / "figures" / "easing.svg"
BUDGETS = (8, 16, 32)


def main() -> None:
    matplotlib.use("svg")
    matplotlib.rcParams |= {
        "svg.hashsalt": "nsc",
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    import matplotlib.pyplot as plt

    source = HERE / "easing.c"
    domain = {"t": (0.0, 1.0)}
    program = parse_program(
        source.read_text(), path=source.name, ranges=domain
    )
    t = np.linspace(0, 1, 400)[:, None]
    truth = ProgramOracle(program.unit)(t)
    figure, panels = plt.subplots(
        1, len(BUDGETS), figsize=(9, 2.7), sharey=True, layout="constrained"
    )
    for panel, budget in zip(panels, BUDGETS, strict=True):
        surrogate = nsc.compile(source, domain=domain, budget=budget, seed=0)
        panel.plot(
            t,
            truth,
            color="0.75",
            linewidth=5,
            solid_capstyle="round",
            label="the C function",
        )
        panel.plot(
            t,
            surrogate(t),
            color="#b3402a",
            linewidth=1.4,
            label="the 9-4-4-1 surrogate",
        )
        nmse = surrogate.report["test"]["nmse"]
        panel.set_title(
            f"{budget} runs of the program, nmse {nmse:.1e}", fontsize=9
        )
        panel.set_xlabel("t")
    panels[0].set_ylabel("ease(t)")
    panels[0].legend(frameon=False, loc="upper left")
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(
        TARGET, facecolor="white", metadata={"Date": None, "Creator": None}
    )
    print(f"written: {TARGET.relative_to(HERE.parent)}")


if __name__ == "__main__":
    main()
