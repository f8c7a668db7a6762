"""How many examples hypothesis tries: the same few each time, however slow a machine."""

from hypothesis import settings

quick = settings(
    max_examples=60, deadline=None, derandomize=True, database=None
)
