"""What a data set holds, in words: terminal text and the data card.

In: plain data of exestack's info. Out: rich text, Markdown. Non-goals: counting.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Group
from rich.table import Table
from rich.text import Text

MOST = 12  # rows of a long list


def manifest_text(manifest: Mapping, folder: str) -> Group:
    """Say what a build gave: records by split, the most frequent drops."""
    splits = ", ".join(
        f"{count:,} {split}" for split, count in manifest["splits"].items()
    )
    head = Text.assemble(
        (f"{manifest['records']:,} programs", "bold"),
        f" in {folder}: {splits}",
    )
    drops = manifest["drops"]
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(justify="right", style="dim")
    table.add_column()
    for reason, count in list(drops.items())[:MOST]:
        table.add_row(f"{count:,}", reason)
    rest = sum(list(drops.values())[MOST:])
    if rest:
        table.add_row(
            f"{rest:,}", f"{len(drops) - MOST} other reasons (manifest.json)"
        )
    return Group(head, Text(f"{sum(drops.values()):,} dropped:"), table)


def info_text(info: Mapping, folder: str) -> Group:
    """Describe a data set on the terminal."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for title in ("origins", "inputs", "outputs", "licences", "flags"):
        table.add_row(title, _listed(info[title]))
    table.add_row("tokens", _spread(info["tokens"]))
    table.add_row(
        "DAG nodes",
        f"{_spread(info['dag_nodes'])}; {info['without_dag']:,} programs have no DAG",
    )
    table.add_row("clusters", f"{info['clusters']:,} of real programs")
    return Group(manifest_text(info, folder), table)


def _listed(counts: Mapping[str, int]) -> str:
    shown = list(counts.items())[:MOST]
    words = ", ".join(f"{name} {count:,}" for name, count in shown)
    more = len(counts) - len(shown)
    return f"{words}, {more} more" if more else words


def _spread(quantiles: Mapping[str, float]) -> str:
    if not quantiles:
        return "-"
    return (
        f"median {quantiles['0.5']:g}, nine tenths up to {quantiles['0.9']:g}, at most"
        f" {quantiles['1']:g}"
    )


def data_card(info: Mapping) -> str:
    """Write a data card in Markdown: statistics only, no program."""
    lines = [
        *_head(info),
        *package_lines(info["packages"]),
        *count_table("Origins", "origin", info["origins"]),
        *count_table("What was dropped, and why", "reason", info["drops"]),
        *count_table(
            "Licences, as the origins state them",
            "licence",
            info["licences"],
            2 * MOST,
        ),
        *count_table("Inputs", "inputs", info["inputs"], 20),
        *count_table("Outputs", "outputs", info["outputs"], 20),
        *count_table("Flags", "flag", info["flags"], 20),
        *size_lines(info),
    ]
    return "\n".join(lines)


def _head(info: Mapping) -> list[str]:
    """Say what is in it, and how to make it again."""
    splits = ", ".join(
        f"{count:,} {split}" for split, count in info["splits"].items()
    )
    return [
        "# Data card",
        "",
        (
            f"{info['records']:,} executed programs: {splits}; {info['clusters']:,}"
            " clusters of real programs."
        ),
        "",
        *made_by(info),
    ]


def made_by(info: Mapping) -> list[str]:
    """Say which commands and versions made a data set."""
    versions = _versions(info["versions"])
    command = (
        f"nsc data build {' '.join(info['sources'])} --profile {info['profile']}"
        f" --seed {info['seed']} -o DIR"
    )
    return [
        f"Profile `{info['profile']}`, seed {info['seed']}. Made by:",
        "",
        f"    {command}",
        "    nsc data info DIR --card docs/data-card.md",
        "",
        f"Versions: {versions}.",
        "",
    ]


def package_lines(packages: Mapping[str, str]) -> list[str]:
    """Name Debian source packages with their versions."""
    if not packages:
        return []
    return [
        f"Debian source packages ({len(packages)}): {_versions(packages)}.",
        "",
    ]


def _versions(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def size_lines(info: Mapping) -> list[str]:
    """Tabulate quantiles of lengths."""
    levels = [f"{float(level):.0%}" for level in info["tokens"]]
    tokens = "tokens of the normalised text, real programs and mutants"
    return [
        "## Sizes",
        "",
        f"| | {' | '.join(levels)} |",
        "|---" * (len(levels) + 1) + "|",
        _quantiles(tokens, info["tokens"]),
        _quantiles("nodes of the DAG", info["dag_nodes"]),
        "",
        f"{info['without_dag']:,} programs have no DAG.",
        "",
    ]


def _quantiles(title: str, quantiles: Mapping[str, float]) -> str:
    return (
        f"| {title} | {' | '.join(f'{v:,.0f}' for v in quantiles.values())} |"
    )


def count_table(
    title: str, what: str, counts: Mapping[str, int], most: int | None = None
) -> list[str]:
    """Tabulate counts; what comes after the first `most` is added up."""
    shown = list(counts.items())[:most]
    rest = list(counts.values())[len(shown) :]
    rows = [f"| {name} | {count:,} |" for name, count in shown]
    if rest:
        rows.append(f"| {len(rest)} others | {sum(rest):,} |")
    return [
        f"## {title}",
        "",
        f"| {what} | programs |",
        "|---|---:|",
        *rows,
        "",
    ]
