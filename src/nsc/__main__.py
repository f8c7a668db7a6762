"""`python -m nsc` is the `nsc` command."""

from __future__ import annotations

from nsc.app import script

script()
