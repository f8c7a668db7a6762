"""What a data set holds, in words."""

import io

from rich.console import Console

from nsc.report import data_card, info_text, manifest_text

COUNTS = {f"reason {k}": 100 - k for k in range(14)}
INFO = {
    "records": 12345,
    "clusters": 678,
    "splits": {"train": 12000, "test": 345},
    "profile": "wide",
    "seed": 7,
    "sources": ["tree:a", "synthetic:8"],
    "versions": {"zig": "0.17.0", "wasmtime": "40"},
    "packages": {"zlib": "1.3"},
    "origins": {"zlib": 12345},
    "drops": COUNTS,
    "licences": {f"licence {k}": 1 for k in range(26)},
    "inputs": {"1": 12000, "2": 345},
    "outputs": {"1": 12345},
    "flags": {},
    "tokens": {"0.5": 40.0, "0.9": 1200.0, "1": 4000.0},
    "dag_nodes": {},
    "without_dag": 1234,
}


def shown(what) -> list[str]:
    text = io.StringIO()
    Console(file=text, width=100, highlight=False).print(what)
    return [line.rstrip() for line in text.getvalue().splitlines()]


def test_a_manifest_names_the_most_frequent_drops():
    lines = shown(manifest_text(INFO, "data/set"))
    assert lines[0] == "12,345 programs in data/set: 12,000 train, 345 test"
    assert lines[1] == "1,309 dropped:"
    assert lines[2].split() == ["100", "reason", "0"]
    assert lines[-1].split() == "175 2 other reasons (manifest.json)".split()
    assert len(lines) == 2 + 12 + 1


def test_info_says_what_is_in_it():
    lines = shown(info_text(INFO, "d"))
    assert "flags      ".strip() in [line.strip() for line in lines]
    text = "\n".join(lines)
    assert "median 40, nine tenths up to 1200, at most 4000" in text
    assert "DAG nodes  -; 1,234 programs have no DAG" in text
    assert "licence 11 1, 14 more" in text
    assert "678 of real programs" in text


def test_a_data_card():
    lines = data_card(
        INFO | {"drops": {"too_long": 1234}, "flags": {"desugared": 3}}
    )
    assert lines.splitlines()[:14] == [
        "# Data card",
        "",
        "12,345 executed programs: 12,000 train, 345 test; 678 clusters of real"
        " programs.",
        "",
        "Profile `wide`, seed 7. Made by:",
        "",
        "    nsc data build tree:a synthetic:8 --profile wide --seed 7 -o DIR",
        "    nsc data info DIR --card docs/data-card.md",
        "",
        "Versions: zig 0.17.0, wasmtime 40.",
        "",
        "Debian source packages (1): zlib 1.3.",
        "",
        "## Origins",
    ]
    assert "| licence 23 | 1 |\n| 2 others | 2 |\n\n## Inputs" in lines
    assert (
        "## Flags\n\n| flag | programs |\n|---|---:|\n| desugared | 3 |\n"
        in lines
    )
    assert "| | 50% | 90% | 100% |\n|---|---|---|---|\n| tokens of" in lines
    assert "real programs and mutants | 40 | 1,200 | 4,000 |" in lines
    assert lines.endswith("\n1,234 programs have no DAG.\n")


def test_a_data_card_without_packages_names_none():
    assert "Debian" not in data_card(INFO | {"packages": {}})
