"""The verbs that write what may be published: `nsc data release`, `release-weights`.

In: argv. Out: folders in the layout of data hubs. Non-goals: any logic of its own,
uploading. Verbs import what they need themselves, so that `nsc --help` is fast.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

Output = Annotated[
    Path,
    typer.Option("-o", "--output", metavar="DIR", help="Where to write."),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print JSON alone on stdout.")
]


def release_data(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A data set.")],
    to: Output,
    json_: Json = False,
) -> None:
    """Write a data set as it may be published: parquet, a data card, licences.

    Texts whose licence is unknown or not known to permit it become recipes.

    Example: nsc data release data/exestack -o out/exestack
    """
    from nsc.exestack import release_dataset
    from nsc.report import data_hub_cards, release_text

    counts = release_dataset(folder, to, data_hub_cards)
    if json_:
        print(json.dumps(counts, indent=2))
    else:
        print(release_text(counts, str(to)))


def release_weights(
    to: Output,
    card: Annotated[
        Path, typer.Option(metavar="FILE.md", help="The model card.")
    ],
    bert: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A checkpoint of the papers' compiler, too."
        ),
    ] = None,
    json_: Json = False,
) -> None:
    """Write the shipped weights with their card, as a model hub reads them.

    Example: nsc release-weights --card docs/model-card.md -o out/weights
    """
    from nsc.app.publish import publish_weights

    files = publish_weights(to, card, bert)
    if json_:
        print(json.dumps(files, indent=2))
    else:
        print(f"{len(files)} files of weights in {to}")
