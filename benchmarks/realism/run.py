"""Can a small classifier tell generated programs from real ones? What does it see?

    nsc data build debian:... synthetic:4000 -o DATA --profile wide
    python benchmarks/realism/run.py DATA

Real programs are the training split's, with one output, a DAG and an output that varies; as many generated ones are
drawn. Features: tokens, syntax, operations of the DAG, literals, outputs. The classifier is gradient boosting, the
figure its area under the ROC curve over five folds by cluster: 0.5 is "cannot tell", 1.0 "always tells"; mean of
ten draws. Two yardsticks: the largest real packages, each against all other real programs; and generated programs
against the real ones of the test split, which nobody has looked at while the generator was adjusted.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.inspection import permutation_importance
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict

from nsc.exestack.text import GENERATED
from nsc.program.dag import OPS
from nsc.record import Record, read_records

WORDS = ("if", "else", "for", "while", "return", "const", "static", "#define", "double", "float", "int", "?", "&&", "[")
DRAWS = 10
MIN_PROGRAMS = 30  # of a package that is a yardstick
FAMILIES = ("length", "syntax", "operations", "literals", "outputs")


def features(r: Record) -> dict[str, float]:
    """Describe one program by numbers that do not depend on its names or layout."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*|#include[^\n]*", " ", r.text, flags=re.DOTALL)
    words = re.findall(r"#?\w+|[^\s\w]", text)
    counts = Counter(words)
    out = {"length tokens": len(words), "length nodes": len(r.dag), "length inputs": r.n_inputs}
    out["length depth"] = depth(r)
    out |= {f"syntax {w}": counts[w] / len(words) for w in WORDS}
    out["syntax functions"] = len(re.findall(r"\)\s*\{", r.text))
    ops = Counter(OPS[k] for k in r.dag.ops)
    out |= {f"operations {op}": ops[op] / len(r.dag) for op in OPS}
    literals = r.dag.values[r.dag.ops == OPS.index("LIT")]
    size = np.log10(np.abs(literals[literals != 0])) if (literals != 0).any() else np.zeros(1)
    out |= {
        "literals mean": size.mean(),
        "literals spread": size.std(),
        "literals whole": np.mean(literals % 1 == 0) if len(literals) else 0,
    }
    out["literals digits"] = np.mean([len(repr(v)) for v in literals.tolist()]) if len(literals) else 0
    y = r.raw_outputs[:, 0]
    out |= {"outputs size": np.log10(np.abs(y).max() + 1e-30), "outputs distinct": len(np.unique(y)) / len(y)}
    out |= {"outputs offset": abs(y.mean()) / (y.std() + 1e-30 + abs(y.mean())), "outputs negative": np.mean(y < 0)}
    return out


def depth(r: Record) -> int:
    levels = np.zeros(len(r.dag), int)
    for k, args in enumerate(r.dag.args):
        levels[k] = 1 + max((levels[a] for a in args if a >= 0), default=-1)
    return int(levels.max())


def usable(r: Record) -> bool:
    """Say whether it may be compared: one output below 10 that varies, scalar parameters, all from (-1, 1).

    Real programs are all run on (-1, 1); a part of the generated ones has ranges as a user would give them.
    """
    head = r.text[: r.text.rfind("{")].rsplit(";", 1)[-1]
    is_scalar = r.n_outputs == 1 and not set("*[") & set(head.split("{")[0])
    return r.dag is not None and is_scalar and not r.flags and all(tuple(b) == (-1.0, 1.0) for b in r.box)


def compare(real: list[Record], made: list[Record], seed: int = 0) -> dict:
    """Train and test the classifier; say which features it uses and how their medians differ."""
    rng = np.random.default_rng(seed)
    size = min(len(real), len(made))
    real, made = ([group[k] for k in rng.permutation(len(group))[:size]] for group in (real, made))
    rows = [features(r) for r in real + made]
    names = list(rows[0])
    x = np.array([[row[n] for n in names] for row in rows])
    y = np.repeat([0, 1], size)
    groups = np.array([hash_of(r) for r in real + made])
    model = HistGradientBoostingClassifier(max_iter=60, max_depth=3, random_state=seed)
    scores = cross_val_predict(model, x, y, groups=groups, cv=GroupKFold(5), method="predict_proba")[:, 1]
    model.fit(x, y)
    found = permutation_importance(model, x, y, scoring="roc_auc", n_repeats=3, random_state=seed)
    seen = [
        {"feature": names[k], "weight": float(found.importances_mean[k]), "real": float(x[y == 0, k].mean()),
         "made": float(x[y == 1, k].mean())}
        for k in np.argsort(-found.importances_mean)[:10]
    ]  # fmt: skip
    alone = {}
    for family in FAMILIES:
        columns = [k for k, n in enumerate(names) if n.startswith(family)]
        s = cross_val_predict(model, x[:, columns], y, groups=groups, cv=GroupKFold(5), method="predict_proba")[:, 1]
        alone[family] = float(roc_auc_score(y, s))
    return {"programs_each": size, "auc": float(roc_auc_score(y, scores)), "auc_by_family": alone, "sees": seen}


def draws(real: list[Record], made: list[Record]) -> dict:
    """Compare as many of each, several times; what the classifier sees is told of the first draw."""
    found = [compare(real, made, seed) for seed in range(DRAWS)]
    aucs = np.array([f["auc"] for f in found])
    families = {name: round(float(np.mean([f["auc_by_family"][name] for f in found])), 3) for name in FAMILIES}
    return {"programs_each": found[0]["programs_each"], "auc": round(aucs.mean(), 3), "deviation": round(aucs.std(), 3),
            "auc_by_family": families, "sees": found[0]["sees"]}  # fmt: skip


def hash_of(r: Record) -> int:
    return int.from_bytes((r.cluster or r.name).encode()[-6:], "little")


def usable_of(folder: Path) -> dict[str, list[Record]]:
    """Read the programs that may be compared: by origin, those of all packages once more as "real"."""
    found: dict[str, list[Record]] = {"real": []}
    for r in filter(usable, read_records(folder)):
        found.setdefault(r.origin, []).append(r)
        if r.origin not in GENERATED:
            found["real"].append(r)
    return found


def main(folder: str) -> None:
    trained, held_out = usable_of(Path(folder) / "train"), usable_of(Path(folder) / "test")
    real = trained.pop("real")
    made = {origin: trained.pop(origin, []) for origin in GENERATED}
    found = {f"real against {origin}": draws(real, programs) for origin, programs in made.items() if programs}
    found["real of the test split against synthetic"] = draws(held_out["real"], made["synthetic"])
    for origin, programs in trained.items():
        if len(programs) >= MIN_PROGRAMS:
            found[f"{origin} against all other real"] = draws([r for r in real if r.origin != origin], programs)
    for what, row in found.items():
        print(f"{what:42s} {row['programs_each']:4d} each, AUC {row['auc']:.2f} +- {row['deviation']:.2f}")
    (Path(__file__).parent / "result.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
