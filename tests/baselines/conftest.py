"""Record shards of small programs."""

import pytest
from small_programs import HELD, TRAIN, record

from nsc.record import write_records


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A data set: folders train and validation."""
    root = tmp_path_factory.mktemp("data")
    for split, programs in (("train", TRAIN), ("validation", HELD)):
        records = [record(*program) for program in programs]
        write_records(root / split / "shard-00000.parquet", records)
    return root
