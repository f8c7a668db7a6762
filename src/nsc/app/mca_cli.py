"""The verbs `nsc mca predict` and `nsc mca blocks`: thin, over the room mca.

In: argv. Out: cycles of basic blocks; a file of blocks. Non-goals: any logic of its own.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nsc.app.terminal import console
from nsc.errors import InputError

if TYPE_CHECKING:
    from nsc.mca import Block, Row

mca_app = typer.Typer(
    no_args_is_help=True,
    help="Cycles of x86-64 basic blocks, by surrogates of llvm-mca.",
)


@mca_app.command()
def predict(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Assembly (AT&T) with llvm-mca's region comments; a CSV with a column"
            " hex, asm or asm_intel; or an ELF file.",
            show_default=False,
        ),
    ],
    model: Annotated[
        str,
        typer.Option(
            help="compiled (mimics llvm-mca), adapted (to measured Haswell blocks) or"
            " a file .safetensors."
        ),
    ] = "compiled",
    json_: Annotated[
        bool, typer.Option("--json", help="Print JSON alone on stdout.")
    ] = False,
) -> None:
    """Print the cycles of 100 iterations of each basic block.

    Example: nsc mca predict block.s --model adapted
    """
    from nsc.mca import predict_file

    rows = predict_file(file, model)
    if json_:
        print(json.dumps([asdict(row) for row in rows], indent=1))
    else:
        out = console()
        for row in rows:
            out.print(_line(row), soft_wrap=True)
    if all(row.cycles is None for row in rows):
        raise InputError(
            f"{file}: expected basic blocks of x86-64 instructions that the model knows;"
            f" found none in {len(rows)} block{'s' * (len(rows) != 1)}"
        )


def _line(row: Row) -> str:
    if row.cycles is None:
        return f"{'-':>10}  {row.name}: {row.refused}"
    line = f"{row.cycles:10.0f}  {row.name}"
    if row.unknown:
        line += f" ({row.unknown} of {row.instructions} instructions unknown)"
    return line


@mca_app.command()
def blocks(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="An ELF file.", show_default=False
        ),
    ],
    blocks_file: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="BLOCKS",
            help="Where blocks are written: .parquet or .csv.",
        ),
    ],
) -> None:
    """Write the basic blocks of an ELF file: address, hex, asm.

    Example: nsc mca blocks a.out -o blocks.parquet
    """
    from nsc.mca import elf_blocks

    if blocks_file.suffix not in (".parquet", ".csv"):
        raise InputError(
            f"blocks_file must end in .parquet or .csv; found {blocks_file}"
        )
    found = elf_blocks(file)
    _write(found, blocks_file)
    print(f"{len(found):,} basic blocks: {blocks_file}")


def _write(found: list[Block], path: Path) -> None:
    import pyarrow as pa
    from pyarrow import csv, parquet

    from nsc.host import replacing

    columns = {
        "address": [block.name for block in found],
        "hex": [block.code.hex() for block in found],
        "asm": [block.text for block in found],
    }
    table = pa.table(columns)
    try:
        with replacing(path) as temporary:
            if path.suffix == ".csv":
                csv.write_csv(table, temporary)
            else:
                parquet.write_table(table, temporary)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None
