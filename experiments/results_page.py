"""Make docs/results.md of the report that `nsc report` wrote.

    python experiments/results_page.py results

copies the report's tables and the figures that they show into docs/, under a head that says
how they were made.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
FIGURES = DOCS / "figures" / "results"
HEAD = """# The papers' experiments

    make experiments      # nsc bench ..., nsc report results, experiments/results_page.py results

on the test split of the data set of [data-card.md](data-card.md), of whose packages no
program was trained on, and on ParrotBenchCPN, of which nothing computes what any training
program does. The papers' own data, weights and code are not public, so that programs differ;
their numbers stand beside ours where they report the same thing. Where ours are lower, the
rows say so: what was tried against it is in [model-card.md](model-card.md).

"""


def main(results: Path) -> None:
    """Copy the report of some results."""
    report = results / "report"
    text = (report / "report.md").read_text()
    # the page's own head comes first
    text = text.split("\n", 1)[1].lstrip()
    FIGURES.mkdir(parents=True, exist_ok=True)
    for name in re.findall(r"\]\(([\w-]+\.svg)\)", text):
        shutil.copy(report / name, FIGURES / name)
    text = re.sub(r"\]\(([\w-]+\.svg)\)", r"](figures/results/\1)", text)
    (DOCS / "results.md").write_text(HEAD + text)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python experiments/results_page.py RESULTS")
    main(Path(sys.argv[1]))
