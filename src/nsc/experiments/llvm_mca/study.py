"""The llvm-mca case study: its stages in one folder, one after another.

In: a Study. Out: rows by stage, kept as JSON with the models beside them.
Labels are kept, so that an interrupted study goes on; a stage that is asked for again
is run again.
Non-goals: printing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nsc.adaptation import Learner
from nsc.errors import InputError
from nsc.experiments.llvm_mca.adapt_stage import (
    Compiled,
    adapt_stage,
    load_measured,
    surrogate_of,
)
from nsc.experiments.llvm_mca.compile_stage import (
    compile_seconds,
    compile_stage,
    learned,
)
from nsc.experiments.llvm_mca.corpus import load_corpus
from nsc.experiments.llvm_mca.optimize_stage import optimize_stage
from nsc.experiments.llvm_mca.page import write_page
from nsc.experiments.llvm_mca.transformer_stage import (
    CHECKPOINTS,
    kind_of,
    stored_transformers,
    token_readers,
)
from nsc.host import replacing
from nsc.mca import (
    BlockSurrogate,
    Model,
    all_mca,
    load_models,
    newest_mca,
    random_model,
    save_models,
    shipped,
)

STAGES = ("compile", "adapt", "optimize")
RESULTS = "llvm-mca.json"
BLOCKS = "bhive/blocks.csv.gz"
MEASURED = "bhive/haswell_measured_700.csv"
OLDER = 19  # the llvm-mca that is adapted, and optimised, beside the newest
# of the transformers: the paper's, and the one of a token an instruction
ADAPTED = ("paper32", "instruction32")

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Study:
    """What is asked for.

    Args:
        folder: for labels, results and models.
        data: has the blocks: bhive/blocks.csv.gz and haswell_measured_700.csv.
        stage: compile, adapt, optimize or all.
        quick: few blocks, short training.
    """

    folder: Path
    data: Path
    stage: str = "all"
    quick: bool = False


def run_study(
    study: Study,
    say: Callable[[str], None],
    progress: Callable[[int, int], None] = lambda done, wanted: None,
) -> dict[str, Any]:
    """Run the stages of a study.

    Args:
        study: what is asked for.
        say: told what goes on.
        progress: told how many labels are there, of how many.

    Returns:
        By stage its rows, beside the tool that labelled and whether it was quick.

    Raises:
        HostError: a tool is not installed; the message says how to install it.
        InputError: the stage is none, or a file cannot be read.
    """
    stages = _stages(study.stage)
    found: dict[str, Any] = _kept(study)
    found |= {"tool": str(newest_mca()), "quick": study.quick}
    for stage in stages:
        found[stage] = _RUN[stage](study, say, progress)
        _write(study, found)
    write_page(found, study.folder / "report")
    return found


def _stages(asked: str) -> tuple[str, ...]:
    if asked == "all":
        return STAGES
    if asked not in STAGES:
        raise InputError(
            f"stage must be one of {', '.join(STAGES)} or all; found {asked!r}"
        )
    return (asked,)


def _kept(study: Study) -> dict[str, Any]:
    """Read the stages that ran before, of a study as quick as this one."""
    path = study.folder / RESULTS
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if found.get("quick") == study.quick else {}


def _write(study: Study, found: dict[str, Any]) -> None:
    with replacing(study.folder / RESULTS) as temporary:
        temporary.write_text(json.dumps(found, indent=1) + "\n")


def _compile(
    study: Study,
    say: Callable[[str], None],
    progress: Callable[[int, int], None],
) -> Rows:
    corpus = load_corpus(
        study.data / BLOCKS,
        study.folder,
        quick=study.quick,
        progress=progress,
    )
    rows, model = compile_stage(
        corpus,
        quick=study.quick,
        say=say,
        transformers=_transformers(study),
    )
    about = {"mimics": corpus.simulation.identity, **model.about}
    save_models(_model_file(study), [model], about)
    return rows


def _adapt(
    study: Study,
    say: Callable[[str], None],
    progress: Callable[[int, int], None],
) -> Rows:
    measured = load_measured(study.data / MEASURED, study.folder)
    compiled = Compiled(
        surrogate_of(_compiled(study)),
        _older(study, say, progress),
        _transformer_learners(study, progress),
    )
    rows, models = adapt_stage(measured, compiled, quick=study.quick, say=say)
    about = {"adapted to": f"{len(measured.texts)} measured Haswell blocks"}
    save_models(study.folder / "adapted.safetensors", models, about)
    return rows


def _older(
    study: Study,
    say: Callable[[str], None],
    progress: Callable[[int, int], None],
) -> dict[str, BlockSurrogate]:
    """Compile the older llvm-mca too, from nothing but its labels; keep the model."""
    tool = next((t for t in all_mca() if t.version[0] == OLDER), None)
    if tool is None or tool == newest_mca():
        say(
            f"adaptation from llvm-mca {OLDER} is left out: it needs that one beside a"
            f" newer one (apt-get install llvm-{OLDER})"
        )
        return {}
    path = study.folder / f"compiled-{OLDER}.safetensors"
    if not path.exists():
        corpus = load_corpus(
            study.data / BLOCKS,
            study.folder,
            quick=study.quick,
            progress=progress,
            tool=tool,
        )
        say(f"structured model of {tool}")
        start = random_model(corpus.vocabulary, 0)
        labels = len(corpus.train) + len(corpus.validation)
        seconds = compile_seconds(quick=study.quick)
        model = learned(corpus, start, labels, seconds)
        about = {"mimics": corpus.simulation.identity}
        save_models(path, [model], about)
    return {str(tool): surrogate_of(load_models(path)[0])}


def _transformer_learners(
    study: Study, progress: Callable[[int, int], None]
) -> dict[str, Learner]:
    """Take some of the trained transformers as what can be adapted."""
    path = _transformers(study)
    if path is None:
        return {}
    from nsc.experiments.llvm_mca.transformer_adaptation import (
        TransformerLearner,
    )

    corpus = load_corpus(
        study.data / BLOCKS, study.folder, quick=False, progress=progress
    )
    readers = token_readers(corpus)
    found: dict[str, Learner] = {}
    for name, arrays in stored_transformers(path).items():
        if name in ADAPTED:
            reader = readers[kind_of(name)]
            reader.check(path, name, arrays)
            learner = TransformerLearner(arrays, reader.read)
            found[f"transformer {name}"] = learner
    return found


def _optimize(
    study: Study,
    say: Callable[[str], None],
    progress: Callable[[int, int], None],
) -> Rows:
    measured = load_measured(study.data / MEASURED, study.folder)
    return optimize_stage(
        measured.texts,
        measured.cycles,
        _compiled(study),
        study.folder,
        quick=study.quick,
        say=say,
    )


_RUN = {"compile": _compile, "adapt": _adapt, "optimize": _optimize}


def _transformers(study: Study) -> Path | None:
    """Find trained transformers in the folder; a quick study has other tokens."""
    path = study.folder / CHECKPOINTS
    return path if path.exists() and not study.quick else None


def _model_file(study: Study) -> Path:
    return study.folder / "compiled.safetensors"


def _compiled(study: Study) -> Model:
    """Take the study's own compiled model, else the one that is shipped."""
    path = _model_file(study)
    return load_models(path)[0] if path.exists() else shipped("compiled")[0]
