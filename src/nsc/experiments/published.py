"""What the papers report, as a table: improvements over random initialisation.

In: nothing. Out: `PUBLISHED`, each with where it stands. "preprint" is the anonymous
preprint, whose compiler is called HyBERTNet (architecture 1-4-4-2, ExeStack test and
ParrotBenchShort); "ICML 2024" the abstract and summary of the published version
(9-4-4-1, ExeStackCPN and ParrotBenchCPN), whose tables we do not have.
Non-goals: our own results.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

PREPRINT = "preprint"
ICML = "ICML 2024"
SIZES = (0.0, 0.001, 0.01, 0.1, 1.0)
PARROT = ("fft_0", "fft_1", "invk2j_0", "invk2j_1", "kmeans", "sobel")


@dataclass(frozen=True)
class Published:
    """One number of the papers.

    Args:
        initial: our name of the start: "bert" is the papers' compiler, "pretrained"
            their dataset-tailored initialisation, "maml" MAML.
        program, size: of it, "all" for means; a percentile is "p25" or "MPI".
        paper, where: which, and the table, figure or section.
    """

    experiment: str
    suite: str
    initial: str
    program: str
    size: str
    value: float
    paper: str = PREPRINT
    where: str = ""


_DATA = "data-efficiency"
_TIME = "training-time"
_FIGURE_3 = "figure 3"
_FIGURE_4 = "figure 4"
_FIGURE_5A = "figure 5a"
_FIGURE_5B = "figure 5b"
_LEVELS = ("p0", "p25", "p50", "p75", "p100", "MPI")

_BY_SIZE: Mapping[tuple[str, str, str], tuple[float, ...]] = {
    ("exestack", "pretrained", _FIGURE_3): (2.71, 0.35, 0.01, 0.07, 0.08),
    ("exestack", "bert", _FIGURE_3): (33.17, 5.71, 1.37, 4.31, 4.55),
    ("parrot", "pretrained", _FIGURE_4): (1.45, 0.16, 0.28, 0.23, 0.42),
    ("parrot", "maml", _FIGURE_4): (1.00, 0.97, 1.03, 1.13, 0.86),
    ("parrot", "bert", _FIGURE_4): (1.53, 1.17, 3.22, 3.78, 5.04),
}
_BY_PROGRAM: Mapping[tuple[str, str, str], tuple[float, ...]] = {
    (_DATA, "pretrained", _FIGURE_4): (0.05, 0.21, 0.19, 2.83, 0.54, 0.70),
    (_DATA, "maml", _FIGURE_4): (0.86, 1.10, 0.98, 0.99, 1.04, 1.00),
    (_DATA, "bert", _FIGURE_4): (2.89, 2.66, 1.13, 16.07, 1.05, 1.89),
    (_TIME, "pretrained", _FIGURE_5B): (0.46, 1.02, 0.81, 0.58, 0.24, 0.61),
    (_TIME, "bert", _FIGURE_5B): (3.45, 3.76, 1.12, 1.03, 0.86, 0.96),
}
_OVERALL: Mapping[tuple[str, str, str, str], float] = {
    (_DATA, "exestack", "pretrained", _FIGURE_3): 0.14,
    (_DATA, "exestack", "bert", _FIGURE_3): 5.51,
    (_DATA, "parrot", "pretrained", _FIGURE_4): 0.36,
    (_DATA, "parrot", "maml", _FIGURE_4): 0.99,
    (_DATA, "parrot", "bert", _FIGURE_4): 2.56,
    (_TIME, "exestack", "pretrained", _FIGURE_5A): 0.64,
    (_TIME, "exestack", "bert", _FIGURE_5A): 3.34,
    (_TIME, "parrot", "pretrained", _FIGURE_5B): 0.57,
    (_TIME, "parrot", "bert", _FIGURE_5B): 1.52,
}
_SPREAD: Mapping[tuple[str, str, str, str], tuple[float, ...]] = {
    (_DATA, "exestack", "pretrained", _FIGURE_3): (
        1.53e-9,
        0.02,
        0.25,
        2.18,
        1.80e3,
        66,
    ),
    (_DATA, "exestack", "bert", _FIGURE_3): (
        3.58e-7,
        1.05,
        5.78,
        33.15,
        8.56e6,
        25,
    ),
    (_DATA, "parrot", "pretrained", _FIGURE_4): (
        3.87e-5,
        0.19,
        0.73,
        1.69,
        21.19,
        65,
    ),
    (_DATA, "parrot", "maml", _FIGURE_4): (0.10, 0.92, 1.00, 1.13, 5.78, 55),
    (_DATA, "parrot", "bert", _FIGURE_4): (0.07, 1.01, 1.65, 4.52, 787.5, 25),
    (_TIME, "exestack", "pretrained", _FIGURE_5A): (
        0.04,
        0.68,
        0.86,
        0.88,
        15.08,
        92,
    ),
    (_TIME, "exestack", "bert", _FIGURE_5A): (
        0.03,
        0.97,
        2.30,
        8.46,
        1.66e3,
        27,
    ),
    (_TIME, "parrot", "pretrained", _FIGURE_5B): (
        0.13,
        0.41,
        0.58,
        0.76,
        6.39,
        92,
    ),
    (_TIME, "parrot", "bert", _FIGURE_5B): (0.65, 0.94, 1.21, 1.64, 9.88, 37),
}
_ICML: Mapping[tuple[str, str], tuple[float, str]] = {
    (_DATA, "exestack"): (9.50, "abstract"),
    (_DATA, "parrot"): (1.91, "abstract, and the summary's 1.91 on Parrot"),
    (_TIME, "exestack"): (7.28, "abstract"),
    (_TIME, "parrot"): (4.31, "abstract"),
}


def _preprint() -> Iterator[Published]:
    for (suite, initial, where), values in _BY_SIZE.items():
        sizes = [f"{size:g}" for size in SIZES]
        for size, value in zip(sizes, values, strict=True):
            row = Published(_DATA, suite, initial, "all", size, value)
            yield replace(row, where=where)
    for (experiment, initial, where), values in _BY_PROGRAM.items():
        for program, value in zip(PARROT, values, strict=True):
            row = Published(
                experiment, "parrot", initial, program, "all", value
            )
            yield replace(row, where=where)
    for (experiment, suite, initial, where), value in _OVERALL.items():
        row = Published(experiment, suite, initial, "all", "all", value)
        yield replace(row, where=where)
    for (experiment, suite, initial, where), values in _SPREAD.items():
        for level, value in zip(_LEVELS, values, strict=True):
            row = Published(experiment, suite, initial, "all", level, value)
            yield replace(row, where=where)


def _icml() -> Iterator[Published]:
    for (experiment, suite), (value, where) in _ICML.items():
        yield Published(
            experiment, suite, "bert", "all", "all", value, ICML, where
        )


PUBLISHED: tuple[Published, ...] = (*_preprint(), *_icml())


def published(
    experiment: str,
    suite: str,
    initial: str,
    *,
    program: str = "all",
    size: str = "all",
) -> list[Published]:
    """Return what the papers say of one cell of a table, the preprint first."""
    wanted = (experiment, suite, initial, program, size)
    return [
        p
        for p in PUBLISHED
        if (p.experiment, p.suite, p.initial, p.program, p.size) == wanted
    ]
