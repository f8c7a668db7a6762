"""What every kind of `Ast` means: the tables of all files that say so, put together.

In: tables. Out: `RULES`, with which machines are made. Non-goals: the rules themselves.
A new kind gets a row here by way of its file's table, and one in floating.py.
"""

from __future__ import annotations

from nsc.symbolic.expressions import EXPRESSIONS
from nsc.symbolic.machine import Rules
from nsc.symbolic.places import PLACES
from nsc.symbolic.statements import STATEMENTS

RULES = Rules(EXPRESSIONS, PLACES, STATEMENTS)
