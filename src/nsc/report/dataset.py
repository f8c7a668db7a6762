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
        (f"{manifest['records']:,} programs", "bold"), f" in {folder}: {splits}"
    )
    drops = manifest["drops"]
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(justify="right", style="dim")
    table.add_column()
    for reason, count in list(drops.items())[:MOST]:
        table.add_row(f"{count:,}", reason)
    rest = sum(list(drops.values())[MOST:])
    if rest:
        table.add_row(f"{rest:,}", f"{len(drops) - MOST} other reasons (manifest.json)")
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
    shown = ", ".join(
        f"{name} {count:,}" for name, count in list(counts.items())[:MOST]
    )
    return shown + (f", {len(counts) - MOST} more" if len(counts) > MOST else "")


def _spread(quantiles: Mapping[str, float]) -> str:
    if not quantiles:
        return "-"
    return (
        f"median {quantiles['0.5']:g}, nine tenths up to {quantiles['0.9']:g}, at most"
        f" {quantiles['1']:g}"
    )


def data_card(info: Mapping) -> str:
    """Write a data card in Markdown: statistics only, no program."""
    splits = ", ".join(f"{count:,} {split}" for split, count in info["splits"].items())
    lines = [
        "# Data card",
        "",
        (
            f"{info['records']:,} executed programs: {splits}; {info['clusters']:,}"
            " clusters of real programs."
        ),
        "",
        f"Profile `{info['profile']}`, seed {info['seed']}. Made by:",
        "",
        (
            f"    nsc data build {' '.join(info['sources'])} --profile"
            f" {info['profile']} --seed {info['seed']} -o DIR"
        ),
        "    nsc data info DIR --card docs/data-card.md",
        "",
        (
            "Versions:"
            f" {', '.join(f'{tool} {version}' for tool, version in info['versions'].items())}."
        ),
        "",
    ]
    if info["packages"]:
        versions = ", ".join(
            f"{name} {version}" for name, version in info["packages"].items()
        )
        lines += [f"Debian source packages ({len(info['packages'])}): {versions}.", ""]
    lines += _two_columns("Origins", "origin", info["origins"], len(info["origins"]))
    lines += _two_columns(
        "What was dropped, and why", "reason", info["drops"], len(info["drops"])
    )
    lines += _two_columns(
        "Licences, as the origins state them", "licence", info["licences"], 2 * MOST
    )
    lines += _two_columns("Inputs", "inputs", info["inputs"], 20)
    lines += _two_columns("Outputs", "outputs", info["outputs"], 20)
    lines += _two_columns("Flags", "flag", info["flags"], 20)
    lines += [
        "## Sizes",
        "",
        "| | " + " | ".join(f"{float(q):.0%}" for q in info["tokens"]) + " |",
    ]
    lines.append("|---" * (len(info["tokens"]) + 1) + "|")
    for title, key in (
        ("tokens of the normalised text, real programs and mutants", "tokens"),
        ("nodes of the DAG", "dag_nodes"),
    ):
        lines.append(
            f"| {title} | " + " | ".join(f"{v:,.0f}" for v in info[key].values()) + " |"
        )
    lines += ["", f"{info['without_dag']:,} programs have no DAG.", ""]
    return "\n".join(lines)


def _two_columns(
    title: str, what: str, counts: Mapping[str, int], most: int
) -> list[str]:
    rows = [f"| {name} | {count:,} |" for name, count in list(counts.items())[:most]]
    rest = list(counts.values())[most:]
    rows += [f"| {len(rest)} others | {sum(rest):,} |"] if rest else []
    return [f"## {title}", "", f"| {what} | programs |", "|---|---:|", *rows, ""]
