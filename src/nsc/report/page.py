"""The frame of every page: head, style, body.

In: HTML of a body. Out: HTML of a page, self-contained.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")


def page_of(title: str, body: str, head: str = "") -> str:
    """Put a body into a page.

    Args:
        title: plain text.
        body, head: HTML.
    """
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{head}<style>{STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )
