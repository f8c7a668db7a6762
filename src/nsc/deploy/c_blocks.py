"""Loops over blocks of rows in C, and functions around them.

In: statements for a row. Out: C text. Non-goals: what is computed (c_batch).
"""

from __future__ import annotations

# rows that one thread takes at a time
SHARE = 4096


def blocks(real: str, names_and_widths: list[tuple[str, int]]) -> str:
    """Declare arrays of blocks of rows."""
    arrays = ", ".join(
        f"{name}[{width}][NSC_LANES]" for name, width in names_and_widths
    )
    return f"{real} {arrays};"


def block_loop(
    real: str,
    arrays: list[tuple[str, int]],
    loads: list[str],
    work: str,
    stores: list[str],
) -> list[str]:
    """Write a loop over blocks of rows from `first` to `n`; the last may be cut.

    Args:
        real: what blocks hold.
        arrays: of a block, and how many numbers they have for a row: inputs first.
        loads, stores: for each row, before the work and after it.
    """
    fill = f"memset({arrays[0][0]}, 0, sizeof {arrays[0][0]});"
    return [
        "for (size_t at = first; at < n; at += NSC_LANES) {",
        "  int rows = n - at < NSC_LANES ? (int)(n - at) : NSC_LANES;",
        f"  {blocks(real, arrays)}",
        "  if (rows == NSC_LANES) {",
        *_over_rows("NSC_LANES", loads),
        "  } else {",
        f"    {fill}",
        *_over_rows("rows", loads),
        "  }",
        f"  {work}",
        "  if (rows == NSC_LANES) {",
        *_over_rows("NSC_LANES", stores),
        "  } else {",
        *_over_rows("rows", stores),
        "  }",
        "}",
    ]


def _over_rows(rows: str, lines: list[str]) -> list[str]:
    return [
        f"    for (int r = 0; r < {rows}; r++) {{",
        *(f"      {line}" for line in lines),
        "    }",
    ]


def function_text(head: str, body: list[str]) -> str:
    """Write a function of lines; directives stand at the left."""
    lines = (
        line if line.startswith("#") else f"  {line}"
        for part in body
        for line in part.split("\n")
    )
    return f"{head} {{\n" + "\n".join(lines) + "\n}"


def public_entry(
    names: tuple[str, str],
    said: str,
    declared: str,
    *,
    openmp: bool,
) -> str:
    """Write an entry over a function of rows from `first` to `n`.

    Args:
        names: the entry's, and that of the function under it.
        said: a comment.
        declared: the parameters, but for `n`.
        openmp: whether threads share the rows.
    """
    name, inner = names
    calls = [f"{inner}(x, y, 0, n);"]
    if openmp:
        calls = [
            f"long long share, shares = (long long)((n + {SHARE - 1}) / {SHARE});",
            "#pragma omp parallel for schedule(static)",
            "for (share = 0; share < shares; share++) {",
            f"  size_t first = (size_t)share * {SHARE};",
            f"  {inner}(x, y, first, n - first < {SHARE} ? n : first + {SHARE});",
            "}",
        ]
    head = f"{said}\nNSC_PUBLIC void {name}({declared}, size_t n)"
    return function_text(head, calls)
