"""A surrogate in other array libraries, which are imported when asked.

In: a surrogate. Out: a torch module, a JAX function. Non-goals: how they are made
(torch_module, jax_function).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nsc.errors import InputError, MissingExtraError
from nsc.surrogate.base import SurrogateBase
from nsc.surrogate.outside import checked_policy

if TYPE_CHECKING:
    from nsc.surrogate.torch_module import TorchSurrogate

KINDS = ("double", "float")


class Convertible(SurrogateBase):
    """What surrogates have of other array libraries."""

    def to_torch(
        self, dtype: str = "double", *, outside: str | None = None
    ) -> TorchSurrogate:
        """Return a torch module, `... i` -> `... o` in the program's units.

        It is differentiable, by its inputs and by its parameters, and works on any
        device. Where outputs are whole numbers or a few values, derivatives are those of
        the networks behind them. Fractions of integer inputs, which the surrogate itself
        refuses, are cut off, as C does.

        Args:
            dtype: "double", equal to the surrogate within 1e-12 of its outputs, or
                "float".
            outside: what becomes of inputs outside the domain: "warn", "raise", "clip"
                or "nan"; None is the surrogate's own. Where values are not known, in
                `torch.compile` and `vmap`, nothing warns.

        Raises:
            MissingExtraError: torch is not installed.
            InputError: there is no such type or policy.

        Example:
            >>> import torch
            >>> module = surrogate.to_torch()
            >>> module(torch.zeros(5, 2, dtype=torch.float64)).shape
            torch.Size([5, 1])
        """
        kind = _checked_kind(dtype)
        try:
            from nsc.surrogate.torch_module import TorchSurrogate
        except ModuleNotFoundError:
            raise MissingExtraError("torch", "torch") from None
        return TorchSurrogate(
            self, kind, checked_policy(outside or self.outside)
        )

    def to_jax(
        self, dtype: str = "double", *, outside: str | None = None
    ) -> tuple[Callable[[Any, Any], Any], Any]:
        """Return a pure function (parameters, `... i`) -> `... o`, and the parameters.

        The parameters are a pytree: of each network its layers' weights and biases. The
        function can be differentiated by both, compiled and vectorised. Where outputs
        are whole numbers or a few values, derivatives are those of the networks behind
        them. Fractions of integer inputs, which the surrogate itself refuses, are cut
        off, as C does.

        Args:
            dtype: "double", equal to the surrogate within 1e-12 of its outputs, which
                needs JAX's `jax_enable_x64`; or "float".
            outside: "clip" or "nan"; or "warn", where a pure function answers and
                cannot warn. None is the surrogate's own.

        Raises:
            MissingExtraError: JAX is not installed.
            InputError: there is no such type or policy.

        Example:
            >>> import jax
            >>> apply, parameters = surrogate.to_jax("float")
            >>> jax.vmap(apply, (None, 0))(parameters, jax.numpy.zeros((5, 2))).shape
            (5, 1)
        """
        kind = _checked_kind(dtype)
        try:
            from nsc.surrogate.jax_function import jax_function
        except ModuleNotFoundError:
            raise MissingExtraError("jax", "jax") from None
        return jax_function(
            self, kind, checked_policy(outside or self.outside)
        )


def _checked_kind(dtype: str) -> str:
    if dtype not in KINDS:
        raise InputError(
            f"dtype must be one of {', '.join(KINDS)}; found {dtype!r}"
        )
    return dtype
