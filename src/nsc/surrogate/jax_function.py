"""A surrogate as a pure function of JAX, and its parameters as a pytree.

In: a surrogate, a type. Out: (function, parameters). Non-goals: training. Only
`Surrogate.to_jax` imports this file: JAX is an extra.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax as _jax  # pyright: ignore[reportMissingImports]  # an extra
import numpy as np

from nsc.errors import InputError
from nsc.surrogate.base import SurrogateBase
from nsc.surrogate.held import Held, Whole
from nsc.surrogate.outside import refuse_for_arrays

jax: Any = _jax
jnp: Any = jax.numpy

KINDS = {"float": np.float32, "double": np.float64}
_ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
}
Apply = Callable[[Any, Any], Any]


def jax_function(
    surrogate: SurrogateBase, kind: str, outside: str
) -> tuple[Apply, Any]:
    """Return a function (parameters, `... i`) -> `... o`, and the parameters.

    Raises:
        InputError: a policy that a pure function cannot have, or doubles that JAX is
            not set to.
    """
    refuse_for_arrays(outside, ("warn", "clip", "nan"), "JAX")
    if kind == "double" and not jax.config.read("jax_enable_x64"):
        raise InputError(
            "dtype must be 'float' where JAX has no doubles; found 'double': call"
            " jax.config.update('jax_enable_x64', True) first"
        )
    dtype: Any = KINDS[kind]
    parameters: Any = [
        [(jnp.asarray(w, dtype), jnp.asarray(b, dtype)) for w, b in layers]
        for layers, _ in surrogate.layers()
    ]
    activations = [activation for _, activation in surrogate.layers()]
    centre = (surrogate.hi + surrogate.lo) / 2
    held_centre = centre.astype(dtype)
    rest = (centre - held_centre).astype(dtype)
    half = ((surrogate.hi - surrogate.lo) / 2).astype(dtype)
    lo = surrogate.lo.astype(dtype)
    hi = surrogate.hi.astype(dtype)

    def apply(parameters: Any, given: Any) -> Any:
        given = _as_converted(jnp.asarray(given, dtype), surrogate.whole)
        x = given
        if outside == "clip":
            x = jnp.clip(x, lo, hi)
        # what a float cannot hold of the centre is taken off by itself
        u = (x - held_centre - rest) / half
        outputs = [
            _network(layers, _ACTIVATIONS[activation], u)
            for layers, activation in zip(parameters, activations, strict=True)
        ]
        y = _as_held(jnp.concatenate(outputs, axis=-1), surrogate.held)
        if outside == "nan":
            inside = _in_domain(surrogate, given, lo, hi)
            y = jnp.where(inside[..., None], y, jnp.nan)
        return y

    return apply, parameters


def _as_converted(x: Any, whole: tuple[bool, ...]) -> Any:
    """Cut off fractions of integer inputs, as C does; derivatives pass."""
    if not any(whole):
        return x
    fixed = jax.lax.stop_gradient(x)
    cut = jnp.where(np.array(whole), jnp.trunc(fixed), fixed)
    return x + jnp.nan_to_num(cut - fixed, posinf=0.0, neginf=0.0)


def _network(layers: Any, activation: Callable[..., Any], u: Any) -> Any:
    *hidden, (last_weight, last_bias) = layers
    for weight, bias in hidden:
        u = activation(u @ weight.T + bias)
    return u @ last_weight.T + last_bias


def _in_domain(surrogate: SurrogateBase, x: Any, lo: Any, hi: Any) -> Any:
    inside = ((x >= lo) & (x <= hi)).all(axis=-1)
    for condition in surrogate.conditions:
        rows = x.reshape(-1, x.shape[-1])
        holds = condition.term.values(rows, jnp) != 0
        inside &= holds.reshape(inside.shape)
    return inside


def _as_held(y: Any, held: tuple[Held, ...]) -> Any:
    """Return what stands for outputs; derivatives stay the networks'."""
    if not any(held):
        return y
    fixed = jax.lax.stop_gradient(y)
    columns = [_nearest(fixed[..., k], h) for k, h in enumerate(held)]
    return jnp.stack(columns, axis=-1) + (y - fixed)


def _nearest(y: Any, held: Held) -> Any:
    """Return what stands for real outputs; see `nsc.surrogate.held`."""
    if held is None:
        return y
    if isinstance(held, Whole):
        nearest = jnp.trunc(y + jnp.copysign(0.5, y))
        return jnp.clip(nearest, held.lo, held.hi) + 0.0
    above = (y[..., None] > jnp.asarray(held.thresholds, y.dtype)).sum(axis=-1)
    return jnp.where(jnp.isnan(y), y, jnp.asarray(held.values, y.dtype)[above])
