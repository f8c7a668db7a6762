"""The cards of what is published: a data set's and the weights', as data hubs read them.

In: plain data of exestack's release; the model card of the repository. Out: Markdown
with front matter. Non-goals: counting, writing files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from nsc.report.dataset import (
    count_table,
    made_by,
    package_lines,
    size_lines,
)

PAPERS = (
    'Alex Renda, Yi Ding, Michael Carbin. "Programming with Neural Surrogates of'
    ' Programs". Onward! 2021.',
    'Logan Weber, Jesse Michel, Alex Renda, Michael Carbin. "Learning to Compile'
    ' Programs to Neural Networks". ICML 2024.',
)
_LINK = re.compile(r"\[(?P<words>[^\]]+)\]\((?P<target>[^)]+)\)")
_SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
_NAMES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M")
# (column, its type, what it holds)
COLUMNS = (
    ("name", "string", "unique; a mutant's begins with its parent's"),
    ("split", "string", "train, validation or test"),
    (
        "origin",
        "string",
        "real (harvested), mutated (a changed copy of a real one) or synthetic (by our"
        " generator)",
    ),
    (
        "package",
        "string",
        "source package, the parent's of a mutant; else empty",
    ),
    ("package_version", "string", "Debian's"),
    (
        "file, line, function",
        "string, int32, string",
        "where the text's function stands",
    ),
    ("licence", "string", "of the function's file, as stated"),
    (
        "licence_stated_in",
        "string",
        "file (it names it itself, by SPDX), debian/copyright, generator, or empty:"
        " nowhere, then licence is a guess from the package",
    ),
    (
        "text",
        "string or null",
        "C: the function and all that it needs; null if withheld",
    ),
    ("text_withheld", "string", "empty, or why the text is null"),
    ("text_sha256", "string", "of the text, UTF-8, withheld or not"),
    ("n_inputs, n_outputs", "int16", "scalars in and out"),
    (
        "box_low, box_high",
        "list of float64",
        "bounds of each input, in its own unit",
    ),
    ("input_seed", "int64", "which shared inputs: see `inputs`"),
    (
        "outputs",
        "list of float32",
        "2,048 samples of n_outputs numbers, sample by sample, in units of scale",
    ),
    (
        "scale",
        "list of float64",
        "of each output: the program gave outputs * scale",
    ),
    ("flags", "list of string", "see below"),
    ("cluster", "string", "programs that compute the same share it"),
    (
        "dag_ops, dag_args, dag_values, dag_roots",
        "lists or null",
        "the expression DAG over inputs in [-1, 1]: operations, three arguments each"
        " (-1: none), literals or an input's number, a root for each output; null where"
        " there is none or the text is withheld",
    ),
)
_FLAGS = (
    ("constant, near_constant", "an output hardly varies"),
    ("rescaled", "scale is not 1"),
    ("rest_is_one", "the function has more inputs, and they were 1.0"),
    ("bounded_dag", "the DAG is the program only where a loop ends in time"),
    (
        "dag_differs",
        "there was a DAG, and it computed something else: left out",
    ),
)

_TEXTS = (
    "## Which texts are here",
    "",
    (
        "A text is given where its file's licence is stated, is in our table of"
        " licences that permit redistribution, and the notice that it asks for is"
        " here (`notices/`, `licences/`). Every other row is a recipe: it names the"
        " package, version, file and function, the commands above make the text"
        " from these, and text_sha256 finds it again:"
    ),
    "",
    "```python",
    "from hashlib import sha256",
    "from pathlib import Path",
    "from nsc.record import read_records",
    "",
    "texts = {}",
    'for split in ("train", "validation", "test"):',
    '    for record in read_records(Path("BUILT") / split):',
    "        texts[sha256(record.text.encode()).hexdigest()] = record.text",
    'whole = [row["text"] or texts.get(row["text_sha256"]) for row in programs]',
    "```",
    "",
    "Another version of a package may have another text, and then there is none of"
    " that digest; archives such as snapshot.debian.org keep old versions.",
    "",
)


def data_hub_cards(info: Mapping) -> dict[str, str]:
    """Write README.md, a data card with front matter, and LICENSE.md."""
    lines = [
        *_data_front_matter(info),
        *_what(info),
        *_columns(),
        *_use(),
        *_recipe(info),
        *package_lines(info.get("packages", {})),
        *_texts(info),
        *count_table("Programs", "origin", info["origins"]),
        *count_table("Inputs", "inputs", info["inputs"], 20),
        *count_table("Outputs", "outputs", info["outputs"], 20),
        *size_lines(info),
        *count_table("What was dropped, and why", "reason", info["drops"]),
        *_limits(),
        *_citation(),
    ]
    return {"README.md": "\n".join(lines), "LICENSE.md": _licence(info)}


def _data_front_matter(info: Mapping) -> list[str]:
    files = {s: n for s, n in info["files"].items() if n}
    splits = [
        line
        for split in files
        for line in (
            f"      - split: {split}",
            f"        path: data/{split}-*.parquet",
        )
    ]
    return [
        "---",
        "pretty_name: ExeStack",
        "license: other",
        "license_name: stated-in-each-row",
        "license_link: LICENSE.md",
        "language:",
        "  - code",
        "tags:",
        "  - c",
        "  - programs",
        "  - neural-surrogates",
        "  - hypernetworks",
        "size_categories:",
        f"  - {_size(info['records'])}",
        "configs:",
        "  - config_name: programs",
        "    default: true",
        "    data_files:",
        *splits,
        "  - config_name: inputs",
        "    data_files:",
        "      - split: shared",
        "        path: inputs/shared-*.parquet",
        "---",
        "",
    ]


def _size(records: int) -> str:
    """Name a number of rows as hubs do."""
    for limit, name in zip(_SIZES, _NAMES, strict=True):
        if records < limit:
            return name
    return "n>10M"


def _what(info: Mapping) -> list[str]:
    splits = ", ".join(f"{n:,} {split}" for split, n in info["splits"].items())
    return [
        "# ExeStack: executable C programs with I/O pairs",
        "",
        (
            f"{info['records']:,} programs: {splits}. A row is one closed C function of"
            " real numbers with its outputs on 2,048 inputs that all rows share: what a"
            " neural surrogate compiler (program text in, a small neural network out)"
            " learns from."
        ),
        "",
        (
            "Splits are by cluster: programs whose text is equal or nearly so, or which"
            " compute the same, are in one split; mutants and synthetic programs only"
            " train."
        ),
        "",
    ]


def _columns() -> list[str]:
    rows = [f"| {name} | {kind} | {what} |" for name, kind, what in COLUMNS]
    flags = [f"- `{name}`: {what}" for name, what in _FLAGS]
    return [
        "## Columns of `programs`",
        "",
        "| column | type | what |",
        "|---|---|---|",
        *rows,
        "",
        "Flags:",
        "",
        *flags,
        "",
    ]


def _use() -> list[str]:
    return [
        "## Inputs",
        "",
        (
            "`inputs` has, for each input_seed and sample, nine numbers `u` from"
            " U(-1, 1). Input i of sample k is box_low[i] + (box_high[i] -"
            " box_low[i]) * (u[i] + 1) / 2, with the first n_inputs of them. Inputs are"
            " the function's scalars in the order of its parameters; structs and arrays"
            " are taken apart, and what only receives results is an output."
        ),
        "",
        "```python",
        "import numpy as np",
        "from datasets import load_dataset",
        "",
        'programs = load_dataset("DIR", "programs", split="train").with_format("numpy")',
        'shared = load_dataset("DIR", "inputs", split="shared").with_format("numpy")',
        "row = programs[0]",
        'u = shared["u"][:][: , : row["n_inputs"]]  # rows of row["input_seed"]',
        'x = row["box_low"] + (row["box_high"] - row["box_low"]) * (u + 1) / 2',
        'y = row["outputs"].reshape(len(x), row["n_outputs"]) * row["scale"]',
        "```",
        "",
    ]


def _recipe(info: Mapping) -> list[str]:
    return [
        "## How it was made",
        "",
        "Source packages are fetched by apt, functions closed over what they call,"
        " compiled to WebAssembly and run in a sandbox, 64 to a module; what gives"
        " other outputs a second time, is constant, not finite or does not fit is dropped, each"
        " drop under a name (the last table). `mutate:` names the data set that the same"
        " command without `mutate:` built before.",
        "",
        *made_by(info),
    ]


def _texts(info: Mapping) -> list[str]:
    """Say which texts are given, why others are not, and how to have them."""
    rows = [
        f"| {origin} | {why or 'given'} | {count:,} |"
        for origin, counts in info["texts"].items()
        for why, count in sorted(counts.items())
    ]
    reasons = [f"- `{why}`: {words}" for why, words in info["reasons"].items()]
    return [
        *_TEXTS,
        "| origin | text | rows |",
        "|---|---|---:|",
        *rows,
        "",
        *reasons,
        *([""] if reasons else []),
        *count_table(
            "Licences of the texts that are here",
            "licence",
            info["given_licences"],
        ),
    ]


def _limits() -> list[str]:
    return [
        "## Limits",
        "",
        "- Outputs are float32, computed in WebAssembly; a few inputs may hit poles.",
        "- A text can hold what its function calls from other files of its package; its"
        " licence is that of the function's own file.",
        "- Real programs come from a few packages with siblings in them: numerical"
        " libraries, graphics, astronomy. Whole packages are held out for the test.",
        "- Synthetic programs have the looks of real ones, not their purposes.",
        "",
    ]


def _citation() -> list[str]:
    return [
        "## Citation",
        "",
        "The method and the papers' own data set, which this one follows:",
        "",
        *(f"- {paper}" for paper in PAPERS),
        "",
    ]


def _licence(info: Mapping) -> str:
    """Say which licence holds for what."""
    notices = [f"- {name}: notices/{name}.txt" for name in info["notices"]]
    texts = [f"- licences/{name}.txt" for name in info["licence_texts"]]
    return "\n".join(
        [
            "# Licences",
            "",
            "- Texts and DAGs of origin `real` and `mutated`: that of column `licence`."
            " Mutated texts were changed by a program (constants, operators, calls,"
            " subexpressions, order of arguments).",
            "- Texts and DAGs of origin `synthetic`, all other columns: Apache-2.0.",
            "",
            "Notices of the packages, with their authors:",
            "",
            *notices,
            "",
            "Full texts that some of these licences ask to go along:",
            "",
            *texts,
            "",
        ]
    )


def weights_card(model_card: str, files: Sequence[Mapping]) -> str:
    """Write README.md of the weights: front matter, the files, the model card.

    Args:
        model_card: the repository's, Markdown.
        files: of each its "name", "bytes", "sha256", and "what" it is.
    """
    rows = [
        f"| {f['name']} | {f['bytes']:,} | {f['sha256']} | {f['what']} |"
        for f in files
    ]
    return "\n".join(
        [
            "---",
            "license: apache-2.0",
            "library_name: nsc",
            "tags:",
            "  - neural-surrogates",
            "  - hypernetworks",
            "  - program-synthesis",
            "  - c",
            "---",
            "",
            "# Weights of a neural surrogate compiler",
            "",
            "C text in, the parameters of a small network out.",
            "",
            "| file | bytes | SHA-256 | what |",
            "|---|---:|---|---|",
            *rows,
            "",
            *(f"- {paper}" for paper in PAPERS),
            "",
            _LINK.sub(_linked, model_card.strip()),
            "",
        ]
    )


def _linked(link: re.Match[str]) -> str:
    """Keep a link to the web; of one into the repository, its words alone."""
    is_of_web = link["target"].startswith(("https://", "http://", "#"))
    return link[0] if is_of_web else link["words"]


def release_text(counts: Mapping, folder: str) -> str:
    """Say in a few lines what a release holds."""
    given = sum(n.get("", 0) for n in counts["texts"].values())
    withheld = counts["records"] - given
    lines = [
        f"{counts['records']:,} programs in {folder}: {given:,} with their text,"
        f" {withheld:,} as recipes"
    ]
    for why, words in counts["reasons"].items():
        number = sum(n.get(why, 0) for n in counts["texts"].values())
        lines.append(f"{number:>7,} {why}: {words}")
    return "\n".join(lines)
