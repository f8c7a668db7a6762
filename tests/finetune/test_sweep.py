"""Sweeps: mixed shapes, resume, bounded memory, the engine's own numbers."""

import json
import math
import os
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from nsc.errors import InputError, StoreError
from nsc.finetune import (
    PAPER_DATA_SIZES,
    AdamSettings,
    FinetuneData,
    LmSettings,
    Trial,
    finetune,
    share_of,
    sweep,
)
from nsc.surrogate import COVERING, random_parameters

CONFIG = AdamSettings(steps=20, evaluate_every=3)


def trials(count=12, sizes=(0, 1, 8, 40), made=None):
    for k in range(count):
        if made is not None:
            made.append(k)
        r = np.random.default_rng(k)
        n = sizes[k % len(sizes)]
        x = [r.uniform(-1, 1, (size, 9)) for size in (n, 5, 30)]
        data = FinetuneData(
            *(a for xs in x for a in (xs, np.sin(xs[:, :1] + xs[:, 1:2])))
        )
        yield Trial(
            f"program{k}/size={n}", random_parameters(COVERING, seed=k), data
        )


def by_key(scores):
    return {s.key: s for s in scores}


def test_scores_are_the_engines():
    found = by_key(sweep(trials(), COVERING, CONFIG, batch=2))
    assert len(found) == 12
    for trial in trials():
        score = found[trial.key]
        if "size=0" in trial.key:
            assert (
                score.stopped == "zero_shot"
                and score.test == score.test_start
                and math.isnan(score.validation)
            )
            continue
        data = FinetuneData(*(a[None] for a in trial.data.arrays()))
        alone = finetune(trial.w, COVERING, data, CONFIG)
        assert (
            score.test == alone.test_at_best[0]
            and score.validation == alone.best_validation[0]
        )
        assert (score.best_step, score.steps) == (alone.best_step[0], 20)


def test_finished_trials_are_not_run_again(tmp_path):
    file, calls = tmp_path / "deep" / "scores.jsonl", []
    whole = by_key(sweep(trials(), COVERING, CONFIG, file=file))
    assert len(file.read_text().splitlines()) == 1 + 12
    again = by_key(
        sweep(trials(), COVERING, CONFIG, file=file, progress=calls.append)
    )
    assert calls == [12] and again.keys() == whole.keys()
    text = file.read_text()
    file.write_text(text[: len(text) // 2])  # killed while writing
    assert (
        by_key(sweep(trials(), COVERING, CONFIG, file=file)).keys()
        == whole.keys()
    )
    lines = [json.loads(line) for line in file.read_text().splitlines()[1:]]
    assert len(lines) == 12
    for line in lines:
        want = whole[line["key"]]
        assert (
            line["test"] == want.test and line["best_step"] == want.best_step
        )


def test_a_killed_sweep_goes_on(tmp_path):
    file = tmp_path / "scores.jsonl"
    code = (
        f"import sys; sys.path.insert(0, {os.path.dirname(__file__)!r})\nfrom pathlib"
        " import Path; from test_sweep import *\nfor s in sweep(trials(400, (8,)),"
        f" COVERING, CONFIG, file=Path({str(file)!r}), batch=4): print(s.key,"
        " flush=True)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    )
    for _ in range(9):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    found = list(sweep(trials(400, (8,)), COVERING, CONFIG, file=file))
    assert len(found) == len({s.key for s in found}) == 400
    assert len(file.read_text().splitlines()) == 1 + 400


@pytest.mark.parametrize("change", ["config", "about", "topology", "cut"])
def test_scores_of_another_sweep_are_not_taken_over(change, tmp_path):
    file = tmp_path / "scores.jsonl"
    before = by_key(
        sweep(trials(), COVERING, CONFIG, file=file, about="one data set")
    )
    if change == "cut":  # killed within the first line
        file.write_text(file.read_text()[:10])
        assert (
            by_key(
                sweep(
                    trials(), COVERING, CONFIG, file=file, about="one data set"
                )
            ).keys()
            == before.keys()
        )
        return
    topology = (
        replace(COVERING, activation="tanh")
        if change == "topology"
        else COVERING
    )
    config = replace(CONFIG, steps=21) if change == "config" else CONFIG
    about = "another" if change == "about" else "one data set"
    with pytest.raises(
        StoreError,
        match=(
            "another sweep"
            f" .*{change if change != 'topology' else 'activation'}.*remove it"
        ),
    ):
        list(sweep(trials(), topology, config, file=file, about=about))


def test_waiting_examples_are_bounded():
    made, most = [], 0
    size = next(trials(1, (40,))).n_bytes
    for _ in sweep(
        trials(60, (38, 39, 40), made),
        COVERING,
        CONFIG,
        batch=1000,
        max_bytes=6 * size,
    ):
        most = max(most, len(made))
        break
    assert most <= 8


def test_misuse_is_explained(tmp_path):
    with pytest.raises(InputError, match="two trials named"):
        list(sweep([*trials(2), *trials(2)], COVERING, CONFIG))
    (tmp_path / "other.jsonl").write_text('{"name": 3}\n')
    with pytest.raises(
        StoreError, match="does not hold the scores of a sweep"
    ):
        list(sweep(trials(), COVERING, CONFIG, file=tmp_path / "other.jsonl"))


def test_shares_are_nested_and_split():
    x = np.arange(8192.0)[:, None]
    made = [
        share_of(x, -x, share=share, seed=3, x_test=x[:5], y_test=x[:5])
        for share in PAPER_DATA_SIZES
    ]
    assert [(len(d.x_train), len(d.x_validation)) for d in made] == [
        (0, 0),
        (6, 2),
        (66, 16),
        (655, 164),
        (6554, 1638),
    ]
    parts = [
        set(np.concatenate([d.x_train, d.x_validation])[:, 0]) for d in made
    ]
    assert all(
        a <= b for a, b in zip(parts, parts[1:], strict=False)
    ) and parts[-1] == set(x[:, 0])
    assert all(
        (d.y_train == -d.x_train).all() and len(d.x_test) == 5 for d in made
    )
    assert len(share_of(x[:3], x[:3], share=0.001, seed=0).x_train) == 1
    with pytest.raises(InputError, match="between 0 and 1"):
        share_of(x, x, share=1.5, seed=0)


def test_a_sweep_of_the_papers_sizes():
    r = np.random.default_rng(0)
    x, x_test = r.uniform(-1, 1, (1000, 9)), r.uniform(-1, 1, (100, 9))
    f = lambda x: np.sin(2 * x[:, :1]) * x[:, 1:2]  # noqa: E731
    w = random_parameters(COVERING, seed=0)
    made = [
        Trial(
            f"size={s}/trial={k}",
            w,
            share_of(
                x, f(x), share=s, seed=k, x_test=x_test, y_test=f(x_test)
            ),
        )
        for s in PAPER_DATA_SIZES
        for k in range(3)
    ]
    found = by_key(sweep(made, COVERING, LmSettings()))
    mean = [
        np.mean([found[f"size={s}/trial={k}"].test for k in range(3)])
        for s in PAPER_DATA_SIZES
    ]
    assert len(found) == 15 and mean[-1] < 1e-3 < mean[0]


def test_a_broken_line_between_others_is_no_file_of_ours(tmp_path):
    file = tmp_path / "scores.jsonl"
    list(sweep(trials(), COVERING, CONFIG, file=file))
    head, first, *rest = file.read_text().splitlines(keepends=True)
    for broken in (
        "not json\n",
        '{"key": "a"}\n',
        '{"key": "a", "colour": 3}\n',
    ):
        file.write_text("".join([head, first, broken, *rest]))
        with pytest.raises(
            StoreError, match="does not hold the scores of a sweep"
        ):
            list(sweep(trials(), COVERING, CONFIG, file=file))


@pytest.mark.parametrize("first", ["[1, 2]\n", "3\n", '"sweep"\n', "\n"])
def test_first_lines_of_something_else(tmp_path, first):
    file = tmp_path / "scores.jsonl"
    file.write_text(first)
    with pytest.raises(
        StoreError, match="does not hold the scores of a sweep"
    ):
        list(sweep(trials(), COVERING, CONFIG, file=file))


def test_another_optimizer_or_backend_is_another_sweep(tmp_path):
    file = tmp_path / "scores.jsonl"
    list(sweep(trials(4), COVERING, CONFIG, file=file))
    for settings in (
        LmSettings(steps=20),
        replace(CONFIG, backend="reference"),
    ):
        with pytest.raises(StoreError, match=r"another sweep \(config\)"):
            list(sweep(trials(4), COVERING, settings, file=file))


def test_weights_are_refused_before_anything_runs():
    weighted = [
        replace(t, data=replace(t.data, weights=np.ones((1, 8))))
        for t in trials(1, (8,))
    ]
    with pytest.raises(InputError, match="'program0/size=8' has weights"):
        list(sweep(weighted, COVERING, CONFIG))


def test_starts_are_made_only_for_trials_that_run(tmp_path):
    file = tmp_path / "scores.jsonl"
    made = []

    def lazily(trial):
        def w():
            made.append(trial.key)
            return trial.w

        return replace(trial, w=w)

    first = list(sweep(map(lazily, trials(3)), COVERING, CONFIG, file=file))
    assert len(made) == 3
    again = list(sweep(map(lazily, trials(5)), COVERING, CONFIG, file=file))
    assert len(made) == 5 and len(again) == 5
    assert {s.key for s in first} < {s.key for s in again}
