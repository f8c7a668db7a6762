"""What runs here, made into bytes that run in other processes.

In: an executable. Out: bytes for `pickle.loads`. Non-goals: sending them (pool).

pickle sends a function as its module and name. What a script, a notebook or a function
made is nowhere to be imported from; cloudpickle sends its code.
"""

from __future__ import annotations

import pickle
from typing import Any

from nsc.errors import HostError

_MAIN = b"__main__"


class NotShippedError(HostError):
    """Something runs in this process alone; its text says why, and what to do."""


def shipped(executable: Any) -> bytes:
    """Return bytes that another process makes the same executable of.

    Raises:
        NotShippedError: nothing does.
    """
    try:
        import cloudpickle
    except ImportError:
        return _plainly(executable)
    try:
        return cloudpickle.dumps(executable)
    except Exception as error:  # whatever objects raise that cannot be copied
        raise NotShippedError(
            "what it uses cannot be sent to other processes"
            f" ({type(error).__name__}: {error}); make it inside the function"
        ) from None


def _plainly(executable: Any) -> bytes:
    """Ship without cloudpickle: what a module has by name, and no script's own."""
    advice = "pip install cloudpickle, or put it into a module"
    try:
        found = pickle.dumps(executable)
    except Exception as error:
        raise NotShippedError(
            "functions that no module has by name cannot be sent to other processes"
            f" ({type(error).__name__}: {error}): {advice}"
        ) from None
    if _MAIN in found:
        raise NotShippedError(
            "what a script defines cannot be imported by other processes: "
            + advice
        )
    return found
