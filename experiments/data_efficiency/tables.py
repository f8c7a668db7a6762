"""Improvements over random initialisation, from scores: geometric means with bootstrap
intervals, medians, floors.
"""

from collections import defaultdict

import numpy as np
from examples import TRAINING, examples, scale
from starts import DISBELIEVED, HEEDING

from nsc.finetune import (
    FEW,
    PAPER_DATA_SIZES,
    TRUST_PREDICTIONS,
    Score,
    handicap,
)
from nsc.record import Record, shared_inputs

FLOOR = 1e-7  # absolute, of mean squared errors
RELATIVE_FLOOR = 1e-5  # of the variance, in the floored columns
DIVERGED = (
    1e30  # a mean squared error that overflowed, and the largest that counts
)
RESAMPLES = 1000
RACES = ("auto", "random of 8")  # they need examples
LARGE = 10.0  # |output| from which on the papers leave a program out


def tables(
    records: list[Record], found: dict[str, dict[str, Score]]
) -> tuple[dict, str]:
    """Return everything that is printed, as plain values and as text."""
    result, text = {}, []
    y = [r.raw_outputs[TRAINING:, 0] for r in records]
    variance = np.array([v.var() for v in y])
    paper = np.array(
        [np.abs(r.raw_outputs[:, 0]).max() < LARGE for r in records]
    )
    readable = np.array([r.dag is not None for r in records])
    sets = {
        "all programs": np.ones(len(records), bool),
        "with a DAG": readable,
        "outputs below 10": paper,
    }
    for optimizer, scores in found.items():
        errors = _errors(scores, records, optimizer)
        if optimizer == "adam":
            result["zero_shot"] = _zero_shot(records, errors, y, text)
        for name, chosen in sets.items():
            result[f"{optimizer}, {name}"] = _finetuned(
                errors, variance, chosen, f"{optimizer}, {name}", text
            )
    return result, "\n".join(text)


def _errors(
    scores: dict[str, Score], records: list[Record], optimizer: str
) -> dict:
    """Return {(initial, share): test errors (programs, trials)}, and validation errors
    under a third "validation".

    Errors are in the programs' units; NaN where there was no trial.
    """
    found = defaultdict(lambda: defaultdict(lambda: defaultdict(dict)))
    for key, score in scores.items():
        program, share, trial, initial = key.split("/")
        found[initial][float(share)][int(trial)][int(program)] = score
    result, units = {}, {}
    for initial, shares in found.items():
        for share, trials in shares.items():
            rows = np.full((len(records), len(trials)), np.nan)
            held = rows.copy()
            for t, by_program in trials.items():
                for program, score in by_program.items():
                    if (program, share, t) not in units:
                        units[program, share, t] = _square_unit(
                            records[program], share, t, optimizer
                        )
                    unit = units[program, share, t]
                    rows[program, t] = min(
                        unit * np.nan_to_num(score.test, nan=DIVERGED),
                        DIVERGED,
                    )
                    held[program, t] = unit * score.validation
            result[initial, share], result[initial, share, "validation"] = (
                rows,
                held,
            )
    return result


def _square_unit(
    record: Record, share: float, trial: int, optimizer: str
) -> float:
    """Return what a mean squared error of 1 is in the program's own units."""
    return (
        1.0
        if optimizer == "adam" or not share
        else scale(examples(record, share, trial), optimizer)[1] ** 2
    )


def _gain(
    reference: np.ndarray, error: np.ndarray, floor: np.ndarray | float
) -> np.ndarray:
    """Return the ratio of mean test errors over trials, one for each program."""
    return np.maximum(np.nanmean(reference, axis=1), floor) / np.maximum(
        np.nanmean(error, axis=1), floor
    )


def geometric(values: np.ndarray) -> float:
    return float(np.exp(np.log(values).mean()))


def interval(values: np.ndarray) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the geometric mean over programs."""
    generator, logs = np.random.default_rng(0), np.log(values)
    means = [
        logs[generator.integers(0, len(logs), len(logs))].mean()
        for _ in range(RESAMPLES)
    ]
    return tuple(float(v) for v in np.exp(np.quantile(means, (0.025, 0.975))))


def _finetuned(
    errors: dict,
    variance: np.ndarray,
    chosen: np.ndarray,
    title: str,
    text: list[str],
) -> dict:
    errors = _with_races(errors)
    shares = [s for s in PAPER_DATA_SIZES if ("random", s) in errors]
    initials = [
        i
        for i in (
            "compnet",
            HEEDING,
            "mismatched",
            "base",
            "nearest",
            "bert",
            "bert on DAGs",
            "distill",
            "auto",
            "random of 8",
        )
        if any((i, share) in errors for share in shares)
    ]
    head = "| start | share | geometric mean | 95 % | median | floored |"
    text += [
        f"\n### {title} ({chosen.sum()} programs)\n",
        head,
        "|---|---|---|---|---|---|",
    ]
    found = {}
    for initial in initials:
        reference = "random of 8" if initial == "auto" else "random"
        gains = {}
        for share in shares:
            if (initial, share) not in errors:
                continue
            pair = (
                errors[
                    reference if (reference, share) in errors else "random",
                    share,
                ],
                errors[initial, share],
            )
            gains[share] = _gain(*pair, FLOOR)[chosen]
            floored = geometric(
                _gain(*pair, RELATIVE_FLOOR * variance + FLOOR)[chosen]
            )
            found[f"{initial}, {share:g}"] = _row(
                text, initial, f"{100 * share:g} %", gains[share], floored
            )
        if len(gains) + (initial in RACES) < len(shares):
            continue
        together = np.exp(np.mean([np.log(g) for g in gains.values()], axis=0))
        found[f"{initial}, all"] = _row(text, initial, "all", together, None)
    return found


def _row(
    text: list[str],
    initial: str,
    share: str,
    gains: np.ndarray,
    floored: float | None,
) -> dict:
    low, high = interval(gains)
    row = {
        "geometric_mean": geometric(gains),
        "interval": [low, high],
        "median": float(np.median(gains)),
        "floored": floored,
    }
    end = "" if floored is None else f"{floored:.3g}"
    text.append(
        f"| {initial} | {share} | {row['geometric_mean']:.3g} | {low:.3g}-{high:.3g} |"
        f" {row['median']:.3g} | {end} |"
    )
    return row


def _with_races(errors: dict) -> dict:
    """Add what races choose on validation, 8 starts each: random ones, or 4 from the
    text and 4 random.
    """
    compiled = ["compnet", *(f"compnet {r}" for r in range(1, 4))]
    randoms = ["random", *(f"random {r}" for r in range(1, 8))]
    if ("random 7", PAPER_DATA_SIZES[-1]) not in errors:
        return errors
    errors = dict(errors)
    for share in PAPER_DATA_SIZES[1:]:
        # none to choose by where there is one in all
        n_held = round(0.2 * round(share * TRAINING))
        errors["random of 8", share] = _race(
            errors, share, randoms, np.ones((8, 1, 1))
        )
        against = handicap(n_held)
        disbelieved = np.isfinite(
            errors.get(
                (DISBELIEVED, share),
                np.full_like(errors["random", share], np.nan),
            )
        )
        handicaps = np.stack(
            [np.ones_like(disbelieved, float)] * 4
            + [np.where(disbelieved, 1.0, against)] * 4
        )
        errors["auto", share] = _race(
            errors, share, [*compiled, *randoms[:4]], handicaps
        )
        if (HEEDING, share) in errors:
            heeded = [HEEDING, *compiled[:3], *randoms[:4]]
            handicaps = np.repeat(
                [1, handicap(n_held, TRUST_PREDICTIONS), against], [1, 3, 4]
            )[:, None, None]
            race = _race(errors, share, heeded, handicaps)
            only = errors[HEEDING, share]
            race = only if n_held < FEW else race
            errors["auto", share] = np.where(
                np.isnan(only), errors["auto", share], race
            )
    for share in PAPER_DATA_SIZES:
        if (
            HEEDING,
            share,
        ) in errors:  # what has no predictions starts as it is
            own = errors[HEEDING, share]
            errors[HEEDING, share] = np.where(
                np.isnan(own), errors["compnet", share], own
            )
    return errors


def _race(
    errors: dict, share: float, racers: list[str], handicaps: np.ndarray
) -> np.ndarray:
    """Return the test errors of what is best on validation, (programs, trials)."""
    held = np.stack(
        [
            np.nan_to_num(errors[r, share, "validation"], nan=np.inf)
            for r in racers
        ]
    )
    winner = (held * handicaps).argmin(axis=0)[None]
    return np.take_along_axis(
        np.stack([errors[r, share] for r in racers]), winner, axis=0
    )[0]


def _zero_shot(
    records: list[Record], errors: dict, y: list[np.ndarray], text: list[str]
) -> dict:
    """Print zero-shot improvements by arity, size and whether there is a DAG."""
    initials = (
        "compnet",
        "mismatched",
        "base",
        "nearest",
        "bert",
        "bert on DAGs",
        "distill",
    )
    columns = {
        name: errors[name, 0.0].mean(axis=1)
        for name in initials
        if (name, 0.0) in errors
    }
    columns["constant 0"] = np.array([min(np.mean(v**2), DIVERGED) for v in y])
    columns["true mean"] = np.array([min(v.var(), DIVERGED) for v in y])
    columns["best linear"] = np.array(
        [min(_linear_error(r), DIVERGED) for r in records]
    )
    random = errors["random", 0.0].mean(axis=1)
    arity = np.array([r.n_inputs for r in records])
    size = np.array([len(r.dag) if r.dag is not None else -1 for r in records])
    largest = np.array([np.abs(r.raw_outputs[:, 0]).max() for r in records])
    groups = {
        "all": arity > 0,
        "with a DAG": size > 0,
        "without": size < 0,
        "outputs below 10": largest < LARGE,
        "1 input": arity == 1,
        "2 inputs": arity == 2,
        "3-4 inputs": (arity > 2) & (arity < 5),
        "5-9 inputs": arity > 4,
        "3-9 inputs, DAG": (arity > 2) & (size > 0),
        "up to 4 nodes": (size > 0) & (size < 5),
        "5-10 nodes": (size > 4) & (size < 11),
        "11-25 nodes": (size > 10) & (size < 26),
        "more than 25": size > 25,
    }
    head = (
        "| group | programs | "
        + " | ".join(columns)
        + " | compnet's median | 95 % |"
    )
    text += ["\n### zero-shot\n", head, "|---" * (len(columns) + 4) + "|"]
    found = {}
    for name, chosen in groups.items():
        if not chosen.any():
            continue
        gains = {
            c: random[chosen] / np.maximum(e[chosen], FLOOR)
            for c, e in columns.items()
        }
        low, high = interval(gains["compnet"])
        found[name] = {c: geometric(g) for c, g in gains.items()} | {
            "programs": int(chosen.sum()),
            "median": float(np.median(gains["compnet"])),
            "interval": [low, high],
        }
        cells = " | ".join(f"{found[name][c]:.3g}" for c in columns)
        text.append(
            f"| {name} | {chosen.sum()} | {cells} | {found[name]['median']:.3g} |"
            f" {low:.3g}-{high:.3g} |"
        )
    return found


def _linear_error(record: Record) -> float:
    """Fit the best linear function to the test examples themselves."""
    x = shared_inputs()[TRAINING:, : record.n_inputs]
    a = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    y = record.raw_outputs[TRAINING:, 0]
    return float(np.mean((a @ np.linalg.lstsq(a, y, rcond=None)[0] - y) ** 2))
