"""Data efficiency on ParrotBenchCPN (ICML 2024, section 5 and Table 1): every program's
row.

Run: .venv/bin/nsc data parrot -o data/parrot .venv/bin/python
     experiments/data_efficiency/parrot.py --data data/parrot [--bert
     data/bert/compnet.safetensors]
         [--trials 3] [-o experiments/data_efficiency/results]

9-4-4-1, Adam as in the paper, shares of the program's own training examples (80:20),
its own test examples.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from starts import digest_of
from tables import FLOOR, geometric

from nsc.compnet import fit_emissions, load_compnet
from nsc.exestack import ParrotProgram, read_parrot
from nsc.finetune import PAPER_DATA_SIZES, AdamSettings, Trial, share_of, sweep
from nsc.initial import compiler_input, distill_initial
from nsc.surrogate import COVERING, random_parameters

SUITE = "cpn"


def starts_of(
    programs: list[ParrotProgram],
    compnet_path: str | None,
    bert_path: str | None,
) -> dict[str, list]:
    """Return parameters by initialiser and program; random ones are drawn per trial."""
    parsed = [p.code.program() for p in programs]
    compnet = load_compnet(compnet_path)
    fitted = list(
        fit_emissions(
            [compnet.emission_for(compiler_input(p)) for p in parsed]
        )
    )
    made = {
        "compnet": fitted,
        "mismatched": fitted[-1:] + fitted[:-1],
        "base": [compnet.base] * len(parsed),
    }
    if bert_path:
        bert = load_compnet(bert_path)
        made["bert"] = [bert.emission_for(p).w for p in parsed]
    made["distill"] = [
        distill_initial(p, COVERING, 0, oracle=_no_oracle).w for p in parsed
    ]
    return made


def _no_oracle(x: np.ndarray) -> np.ndarray:
    raise AssertionError("every program of the suite has an expression DAG")


def _scaled(program: ParrotProgram, x: np.ndarray) -> np.ndarray:
    lo, hi = np.array(program.code.box, np.float64).T
    return 2 * (x.astype(np.float64) - lo) / (hi - lo) - 1


def trials(
    programs: list[ParrotProgram], starts: dict[str, list], count: int
) -> Iterator[Trial]:
    for k, p in enumerate(programs):
        x, x_test = _scaled(p, p.train_inputs), _scaled(p, p.test_inputs)
        for share in PAPER_DATA_SIZES:
            for trial in range(count):
                data = share_of(
                    x,
                    p.train_outputs.astype(np.float64),
                    share=share,
                    seed=trial,
                    x_test=x_test,
                    y_test=p.test_outputs.astype(np.float64),
                )
                yield Trial(
                    f"{k}/{share}/{trial}/random",
                    random_parameters(COVERING, seed=100 * k + trial),
                    data,
                )
                for name, made in starts.items():
                    if share or trial == 0:
                        yield Trial(
                            f"{k}/{share}/{trial}/{name}", made[k], data
                        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--compnet")
    parser.add_argument("--bert")
    parser.add_argument("--trials", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "-o", "--output", type=Path, default=Path(__file__).parent / "results"
    )
    options = parser.parse_args()
    programs = [p for p in read_parrot(options.data) if p.code.suite == SUITE]
    starts = starts_of(programs, options.compnet, options.bert)
    made_of = [
        digest_of(path)
        for path in (
            options.compnet,
            *([options.bert] if options.bert else []),
        )
    ]
    scores = sweep(
        trials(programs, starts, options.trials),
        COVERING,
        AdamSettings.paper(),
        file=options.output / "parrot.jsonl",
        threads=options.threads,
        about=f"{options.data.name}, {', '.join(made_of)}",
        progress=lambda done: print(f"\r{done} trials", end="", flush=True),
    )
    errors = defaultdict(list)
    for score in scores:
        program, share, _, name = score.key.split("/")
        errors[int(program), float(share), name].append(score.test)
    result = _table([p.name for p in programs], errors, list(starts))
    (options.output / "parrot.json").write_text(
        json.dumps(result, indent=1) + "\n"
    )


def _table(names: list[str], errors: dict, starts: list[str]) -> dict:
    """Print and return improvements over random initialisation, by start, program and
    share.
    """
    print(
        "\n\n| start | program | "
        + " | ".join(f"{100 * s:g} %" for s in PAPER_DATA_SIZES)
        + " | all |"
    )
    print("|---" * (len(PAPER_DATA_SIZES) + 3) + "|")
    result = {}
    for start in starts:
        rows = []
        for k, name in enumerate(names):
            gains = [
                max(np.mean(errors[k, share, "random"]), FLOOR)
                / max(np.mean(errors[k, share, start]), FLOOR)
                for share in PAPER_DATA_SIZES
            ]
            rows.append([*gains, geometric(np.array(gains))])
            result[f"{start}, {name}"] = rows[-1]
        result[f"{start}, all"] = list(np.exp(np.log(rows).mean(axis=0)))
        for name, row in zip(
            [*names, "all"], [*rows, result[f"{start}, all"]], strict=True
        ):
            print(
                f"| {start} | {name} | "
                + " | ".join(f"{v:.3g}" for v in row)
                + " |"
            )
    return result


if __name__ == "__main__":
    main()
