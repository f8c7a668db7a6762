"""A data set -> a folder that can be published, in the layout of data hubs.

In: a data set's folder. Out: `data/SPLIT-K-of-N.parquet`, `inputs/`, the notices of the
packages and the licences' texts, cards and `release.json`. Memory: a batch of rows.
Non-goals: the cards' words (report/); uploading.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from nsc.exestack.dataset.info import dataset_info
from nsc.exestack.dataset.split import SPLITS
from nsc.exestack.release.licences import COMMON
from nsc.exestack.release.rights import REASONS, Rightful
from nsc.exestack.release.rows import (
    OUR_LICENCE,
    SCHEMA,
    inputs_table,
    row_of,
    table_of,
)
from nsc.host import replacing_folder, write_whole
from nsc.record import read_records

SHARD_ROWS = 5000
BATCH_ROWS = 500
COUNTS = "release.json"  # what a folder of ours is known by
_PARQUET: dict[str, Any] = {"compression": "zstd", "write_page_checksum": True}


def release_dataset(
    folder: Path, out: Path, cards: Callable[[dict], Mapping[str, str]]
) -> dict:
    """Write a data set as it may be published.

    A text is given where its licence is stated, permits it, and the notice that it asks
    for is at hand; else its row says why not, and has all that tells whether a build has
    made the same text again. The folder appears whole or not at all.

    Args:
        folder: what `nsc data build` made.
        out: a new folder, or one that this wrote before, which is replaced.
        cards: from what is returned to the texts that stand beside the data, by file
            name: README.md and LICENSE.md.

    Returns:
        `dataset_info`, and of the release: "files" {split: shards}, "texts" {origin:
        {"" or why they are withheld: rows}}, "reasons" {why: in words}, "notices"
        (packages), "given_licences" {licence: texts}.

    Raises:
        InputError: the folder is no data set, or out is not to be replaced.
        StoreError: a shard that cannot be read.
    """
    info = dataset_info(folder)
    with replacing_folder(out, COUNTS) as made:
        counts = info | _Release(folder, made, info).write()
        for name, text in cards(counts).items():
            write_whole(made / name, text)
        write_whole(made / COUNTS, json.dumps(counts, indent=2))
    return counts


class _Release:
    """Writes the parts of a release, and counts.

    Args:
        folder: the data set.
        made: where to write.
        info: what is known of the data set.
    """

    def __init__(self, folder: Path, made: Path, info: dict):
        self.folder = folder
        self.made = made
        self.rightful = Rightful(info.get("packages", {}))
        self.texts: dict[str, Counter[str]] = {}
        self.given_licences: Counter[str] = Counter()
        self.seeds: set[int] = set()

    @property
    def licence_texts(self) -> list[str]:
        """Name the licences whose texts go along; ours where it is at hand."""
        ours = {OUR_LICENCE} if (COMMON / OUR_LICENCE).is_file() else set()
        return sorted(self.rightful.licence_texts | ours)

    def write(self) -> dict:
        """Write everything but the card; returns the release's own counts."""
        (self.made / "data").mkdir()
        files = {split: self._write_split(split) for split in SPLITS}
        self._write_inputs()
        self._write_notices()
        withheld = {why for counts in self.texts.values() for why in counts}
        return {
            "files": files,
            "texts": {origin: dict(n) for origin, n in self.texts.items()},
            "reasons": {k: v for k, v in REASONS.items() if k in withheld},
            "notices": sorted(self.rightful.notices),
            "licence_texts": self.licence_texts,
            "given_licences": dict(self.given_licences.most_common()),
        }

    def _write_split(self, split: str) -> int:
        """Write a split's shards; returns how many there are."""
        total = sum(
            pq.read_metadata(path).num_rows
            for path in (self.folder / split).glob("*.parquet")
        )
        count = -(-total // SHARD_ROWS)
        rows = self._rows(split)
        for k in range(count):
            path = self.made / f"data/{split}-{k:05d}-of-{count:05d}.parquet"
            self._write_shard(path, rows)
        return count

    def _write_shard(self, path: Path, rows: Iterator[dict]) -> None:
        with pq.ParquetWriter(path, SCHEMA, **_PARQUET) as writer:
            for _ in range(SHARD_ROWS // BATCH_ROWS):
                batch = list(islice(rows, BATCH_ROWS))
                if batch:
                    writer.write_table(table_of(batch))

    def _rows(self, split: str) -> Iterator[dict]:
        for record in read_records(self.folder / split):
            row = row_of(record, split, self.rightful)
            counts = self.texts.setdefault(row["origin"], Counter())
            counts[row["text_withheld"]] += 1
            if row["text"] is not None:
                self.given_licences[row["licence"]] += 1
            self.seeds.add(record.input_seed)
            yield row

    def _write_inputs(self) -> None:
        (self.made / "inputs").mkdir()
        path = self.made / "inputs/shared-00000-of-00001.parquet"
        pq.write_table(inputs_table(sorted(self.seeds)), path, **_PARQUET)

    def _write_notices(self) -> None:
        """Put along what the licences of the given texts ask for."""
        if self.rightful.notices:
            (self.made / "notices").mkdir()
        for package, notice in self.rightful.notices.items():
            write_whole(self.made / "notices" / f"{package}.txt", notice)
        (self.made / "licences").mkdir()
        for name in self.licence_texts:
            shutil.copyfile(COMMON / name, self.made / f"licences/{name}.txt")
