"""`python -m nsc` is the `nsc` command."""

from nsc.cli import script

script()
