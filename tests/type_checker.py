"""How types are checked while tests run: jaxtyping's import hook calls this on every function."""

from beartype import BeartypeConf, beartype

# The numeric tower of PEP 484: an int is a float wherever a float is asked for.
checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
