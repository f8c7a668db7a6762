"""A connection to a Ray cluster; Ray is an extra, which a function imports.

In: an address, or how many processors one of this machine has. Out: the module `ray`,
connected. Non-goals: what runs there.
"""

from __future__ import annotations

from typing import Any

from nsc.errors import InputError, MissingExtraError


def connected_ray(workers: int, address: str | None) -> Any:
    """Connect to a Ray cluster.

    Args:
        workers: processors of a local cluster.
        address: HOST:PORT; None starts a cluster on this machine.

    Returns:
        The module; who has it shuts it down.

    Raises:
        MissingExtraError: Ray is not installed.
        InputError: no cluster at the address.
    """
    try:
        import ray  # pyright: ignore[reportMissingImports]  # an extra
    except ModuleNotFoundError:
        raise MissingExtraError("ray", "ray") from None
    try:
        ray.init(
            address=address,
            num_cpus=None if address else workers,
            log_to_driver=False,
            include_dashboard=False,
        )
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise InputError(
            f"no Ray cluster at {address or 'this machine'}: {error}"
        ) from None
    return ray
