"""Can a small classifier tell generated programs from real ones? What does it see?

    nsc data build debian:... synthetic:4000 -o DATA --profile wide
    python benchmarks/realism/run.py DATA

Real programs are the training split's, with one output, a DAG and an output that
varies; as many generated ones are drawn. Features: tokens, syntax, operations of the
DAG, literals, outputs. The classifier is gradient boosting, the figure its area under
the ROC curve on programs that it did not learn from: 0.5 is "cannot tell", 1.0 "always
tells"; mean of ten draws. What it learns from and what it is asked about share no
cluster, no file, or no package: functions of one file are siblings, and a classifier
that knows one of them knows the others, whatever the generator does.

Yardsticks: one half of the packages against the other; the largest packages, each
against all others; and generated programs against the real ones of the test split,
which nobody has looked at while the generator was adjusted.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.inspection import permutation_importance
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from nsc.exestack.sources.text import GENERATED
from nsc.graph import OPS
from nsc.record import Record, read_records

WORDS = (
    "if",
    "else",
    "for",
    "while",
    "return",
    "const",
    "static",
    "#define",
    "double",
    "float",
    "int",
    "?",
    "&&",
    "[",
)
DRAWS = 10
MIN_PROGRAMS = 30  # of a package that is a yardstick
FAMILIES = ("length", "syntax", "operations", "literals", "outputs")
# what no two folds share; mutants are named after their parents
APART: dict[str, Callable[[Record], str]] = {
    "cluster": lambda r: r.cluster or r.name,
    "file": lambda r: r.name.split(":")[0],
    "package": lambda r: r.name.split("/")[0],
}


def features(r: Record) -> dict[str, float]:
    """Describe one program by numbers that do not depend on its names or layout."""
    text = re.sub(
        r"/\*.*?\*/|//[^\n]*|#include[^\n]*", " ", r.text, flags=re.DOTALL
    )
    words = re.findall(r"#?\w+|[^\s\w]", text)
    counts = Counter(words)
    out = {
        "length tokens": len(words),
        "length nodes": len(r.dag),
        "length inputs": r.n_inputs,
    }
    out["length depth"] = depth(r)
    out |= {f"syntax {w}": counts[w] / len(words) for w in WORDS}
    out["syntax functions"] = len(re.findall(r"\)\s*\{", r.text))
    ops = Counter(OPS[k] for k in r.dag.ops)
    out |= {f"operations {op}": ops[op] / len(r.dag) for op in OPS}
    literals = r.dag.values[r.dag.ops == OPS.index("LIT")]
    size = (
        np.log10(np.abs(literals[literals != 0]))
        if (literals != 0).any()
        else np.zeros(1)
    )
    out |= {
        "literals mean": size.mean(),
        "literals spread": size.std(),
        "literals whole": np.mean(literals % 1 == 0) if len(literals) else 0,
    }
    out["literals digits"] = (
        np.mean([len(repr(v)) for v in literals.tolist()])
        if len(literals)
        else 0
    )
    y = r.raw_outputs[:, 0]
    out |= {
        "outputs size": np.log10(np.abs(y).max() + 1e-30),
        "outputs distinct": len(np.unique(y)) / len(y),
    }
    out |= {
        "outputs offset": abs(y.mean()) / (y.std() + 1e-30 + abs(y.mean())),
        "outputs negative": np.mean(y < 0),
    }
    return out


def depth(r: Record) -> int:
    levels = np.zeros(len(r.dag), int)
    for k, args in enumerate(r.dag.args):
        levels[k] = 1 + max((levels[a] for a in args if a >= 0), default=-1)
    return int(levels.max())


def usable(r: Record) -> bool:
    """Say whether it may be compared: one output below 10 that varies, scalar
    parameters, all from (-1, 1).

    Real programs are all run on (-1, 1); a part of the generated ones has ranges as a
    user would give them.
    """
    head = r.text[: r.text.rfind("{")].rsplit(";", 1)[-1]
    is_scalar = r.n_outputs == 1 and not set("*[") & set(head.split("{")[0])
    return (
        r.dag is not None
        and is_scalar
        and not r.flags
        and all(tuple(b) == (-1.0, 1.0) for b in r.box)
    )


@dataclass(frozen=True)
class Table:
    """Programs as a classifier sees them: features `n f`, and for each way of holding
    apart a group per program.
    """

    x: np.ndarray
    groups: dict[str, np.ndarray]
    names: tuple[str, ...]

    @staticmethod
    def of(programs: list[Record]) -> Table:
        rows = [features(r) for r in programs]
        groups = {
            apart: np.array([group(r) for r in programs])
            for apart, group in APART.items()
        }
        return Table(
            np.array([list(row.values()) for row in rows]),
            groups,
            tuple(rows[0]),
        )

    def __getitem__(self, which: np.ndarray) -> Table:
        return Table(
            self.x[which],
            {apart: g[which] for apart, g in self.groups.items()},
            self.names,
        )

    def __len__(self) -> int:
        return len(self.x)

    def __add__(self, other: Table) -> Table:
        groups = {
            apart: np.concatenate([g, other.groups[apart]])
            for apart, g in self.groups.items()
        }
        return Table(np.vstack([self.x, other.x]), groups, self.names)


def classifier(seed: int) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=60, max_depth=3, class_weight="balanced", random_state=seed
    )


def folds(
    table: Table, y: np.ndarray, apart: str, seed: int
) -> Iterator[tuple[np.ndarray, HistGradientBoostingClassifier]]:
    """Learn from four fifths, five times; yield whom to ask about, and the classifier."""
    for learn, ask in StratifiedGroupKFold(
        5, shuffle=True, random_state=seed
    ).split(table.x, y, table.groups[apart]):
        if 0 < y[ask].sum() < len(ask):
            yield ask, classifier(seed).fit(table.x[learn], y[learn])


def area(table: Table, y: np.ndarray, apart: str, seed: int) -> float:
    """Average the area under the ROC curve over folds, each by itself: large packages
    make their shares differ.
    """
    aucs = [
        (len(ask), roc_auc_score(y[ask], m.predict_proba(table.x[ask])[:, 1]))
        for ask, m in folds(table, y, apart, seed)
    ]
    return float(
        np.average([auc for _, auc in aucs], weights=[n for n, _ in aucs])
    )


def pairs(
    a: Table, b: Table, most: int | None = None
) -> Iterator[tuple[int, Table, np.ndarray]]:
    """Draw as many of each, several times: the draw's number, the programs, 0 or 1 for
    each.
    """
    size = min(len(a), len(b), most or len(a))
    for seed in range(DRAWS):
        rng = np.random.default_rng(seed)
        drawn = (
            a[rng.permutation(len(a))[:size]]
            + b[rng.permutation(len(b))[:size]]
        )
        yield seed, drawn, np.repeat([0, 1], size)


def summary(programs_each: int, found: dict[str, list[float]]) -> dict:
    rows = {
        apart: {"auc": round(np.mean(v), 3), "deviation": round(np.std(v), 3)}
        for apart, v in found.items()
    }
    return {"programs_each": programs_each, "apart": rows}


def compare(
    a: Table,
    b: Table,
    aparts: tuple[str, ...] = tuple(APART),
    most: int | None = None,
) -> dict:
    """Train and ask the classifier, holding apart in several ways."""
    found: dict[str, list[float]] = {apart: [] for apart in aparts}
    for seed, drawn, y in pairs(a, b, most):
        for apart in aparts:
            found[apart].append(area(drawn, y, apart, seed))
    return summary(len(y) // 2, found)


def by_family(a: Table, b: Table) -> dict[str, float]:
    """Say what each family of features tells alone, clusters held apart."""
    found: dict[str, list[float]] = {family: [] for family in FAMILIES}
    for seed, drawn, y in pairs(a, b):
        for family in FAMILIES:
            columns = [
                k
                for k, name in enumerate(drawn.names)
                if name.startswith(family)
            ]
            found[family].append(
                area(
                    Table(drawn.x[:, columns], drawn.groups, ()),
                    y,
                    "cluster",
                    seed,
                )
            )
    return {family: round(np.mean(v), 3) for family, v in found.items()}


def seen(a: Table, b: Table) -> list[dict]:
    """Name the features whose shuffling costs most on packages that the classifier did
    not learn from.
    """
    costs = []
    for seed, drawn, y in pairs(a, b):
        for ask, model in folds(drawn, y, "package", seed):
            found = permutation_importance(
                model,
                drawn.x[ask],
                y[ask],
                scoring="roc_auc",
                n_repeats=3,
                random_state=seed,
            )
            costs.append(len(ask) / len(y) * found.importances_mean)
    cost = np.sum(costs, axis=0) / DRAWS
    quarters = [np.quantile(t.x, (0.25, 0.5, 0.75), axis=0).T for t in (a, b)]
    return [
        {
            "feature": a.names[k],
            "cost": round(float(cost[k]), 4),
            "real": quarters[0][k].round(3).tolist(),
            "made": quarters[1][k].round(3).tolist(),
        }
        for k in np.argsort(-cost)[:12]
    ]


def transferred(real: Table, made: Table, others: Table) -> float:
    """Learn from one set of real programs, ask about another."""
    aucs = []
    for seed in range(DRAWS):
        order = np.random.default_rng(seed).permutation(len(made))
        learn, ask = (
            real + made[order[: len(real)]],
            others + made[order[len(real) :][: len(others)]],
        )
        model = classifier(seed).fit(learn.x, np.repeat([0, 1], len(real)))
        aucs.append(
            roc_auc_score(
                np.repeat([0, 1], len(others)),
                model.predict_proba(ask.x)[:, 1],
            )
        )
    return round(float(np.mean(aucs)), 3)


def halves(real: Table) -> dict:
    """Compare one half of the packages with the other, several times; by cluster and
    file.
    """
    found: dict[str, list[float]] = {"cluster": [], "file": []}
    packages = real.groups["package"]
    for seed in range(DRAWS):
        names = np.random.default_rng(seed).permutation(np.unique(packages))
        y = np.isin(packages, names[::2]).astype(int)
        for apart, aucs in found.items():
            aucs.append(area(real, y, apart, seed))
    return summary(len(real) // 2, found)


def usable_of(folder: Path) -> dict[str, Table]:
    """Read the programs that may be compared: by origin, those of all packages once
    more as "real".
    """
    found: dict[str, list[Record]] = {"real": []}
    for r in filter(usable, read_records(folder)):
        found.setdefault(r.origin, []).append(r)
        if r.origin not in GENERATED:
            found["real"].append(r)
    return {
        origin: Table.of(programs)
        for origin, programs in found.items()
        if programs
    }


def main(folder: str) -> None:
    trained, held_out = (
        usable_of(Path(folder) / "train"),
        usable_of(Path(folder) / "test"),
    )
    real, other = trained.pop("real"), held_out["real"]
    made = {
        origin: trained.pop(origin)
        for origin in GENERATED
        if origin in trained
    }
    found = {}
    for origin, programs in made.items():
        row = compare(real, programs) | {
            "auc_by_family": by_family(real, programs),
            "sees": seen(real, programs),
        }
        found[f"{origin} against real"] = row
    test = compare(other, made["synthetic"]) | {
        "auc_by_family": by_family(other, made["synthetic"])
    }
    test["learned_from_training_split"] = transferred(
        real, made["synthetic"], other
    )
    found["synthetic against real of the test split"] = test
    found["half of the packages against the other half"] = halves(real)
    found["as few synthetic against as few real"] = compare(
        real, made["synthetic"], most=len(real) // 2
    )
    for origin, programs in trained.items():
        if len(programs) >= MIN_PROGRAMS:
            rest = real[real.groups["package"] != origin]
            found[f"{origin} against all other real"] = compare(
                rest, programs, ("cluster", "file")
            )
    for what, row in found.items():
        told = ", ".join(
            f"{apart} {c['auc']:.2f} +- {c['deviation']:.2f}"
            for apart, c in row["apart"].items()
        )
        print(
            f"{what:44s} {row['programs_each']:4d} each, held apart by {told}"
        )
    print(
        "learned from the training split, asked about the test split:"
        f" {test['learned_from_training_split']:.2f}"
    )
    for row in found["synthetic against real"]["sees"]:
        print(
            f"  {row['feature']:20s} {row['cost']:.4f}  quartiles: real {row['real']},"
            f" made {row['made']}"
        )
    (Path(__file__).parent / "result.json").write_text(
        json.dumps(found, indent=1) + "\n"
    )


if __name__ == "__main__":
    main(sys.argv[1])
