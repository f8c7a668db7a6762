"""A surrogate that a page evaluates: slices with sliders, without a server.

In: a surrogate as plain values (deploy's `network_values`). Out: HTML, and a policy that
lets these scripts run and no others. Non-goals: evaluating (network.js, which `nsc play`
serves, too).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
_SCRIPTS = ("network.js", "slices.js")
# what a page of nsc play takes from here, by name
PAGE_FILES = {
    name: (_FOLDER / name).read_bytes() for name in (*_SCRIPTS, "page.css")
}


def live_section(network: Mapping[str, Any]) -> str:
    """Write the section: data, and the scripts that draw it."""
    script = _script()
    return (
        "<h2>Try it</h2>"
        "<div class='slices' id='slices'><noscript>This needs JavaScript: everything"
        " else here does not.</noscript></div>"
        f"<script type='application/json' id='network'>{_data(network)}</script>"
        f"<script>{script}</script>"
    )


def live_policy() -> str:
    """Return the page's policy: its own script and style, and nothing from anywhere."""
    digest = hashlib.sha256(_script().encode()).digest()
    own = base64.b64encode(digest).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{own}'; style-src 'unsafe-inline';"
        " img-src data:"
    )
    return f'<meta http-equiv="Content-Security-Policy" content="{policy}">'


def _script() -> str:
    """Return what runs; every page has the same."""
    return "\n".join(PAGE_FILES[name].decode() for name in _SCRIPTS)


def _data(network: Mapping[str, Any]) -> str:
    """Write values as JSON that no text in them can break out of."""
    text = json.dumps(network, allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
