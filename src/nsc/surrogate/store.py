"""Surrogates on disk: safetensors that describe and check themselves.

In: Surrogate, path. Out: a file written whole or not at all; loading verifies version,
shapes and a digest.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from nsc.errors import InputError, StoreError
from nsc.host import replacing
from nsc.surrogate.surrogate import Member, Surrogate
from nsc.surrogate.topology import Topology

VERSION = "1"


def _digest(tensors: dict[str, np.ndarray], header: dict[str, str]) -> str:
    found = hashlib.sha256()
    for name in sorted(tensors):
        found.update(
            name.encode() + b"\0" + np.ascontiguousarray(tensors[name]).tobytes()
        )
    for key in sorted(header):
        found.update(f"{key}={header[key]}\0".encode())
    return found.hexdigest()


def save(surrogate: Surrogate, path: Path) -> None:
    """Write a surrogate; float64 parameters, so that loading gives the same bits."""
    tensors = {
        f"w{k}": np.asarray(m.w, np.float64) for k, m in enumerate(surrogate.members)
    }
    tensors |= {
        "lo": np.asarray(surrogate.lo, np.float64),
        "hi": np.asarray(surrogate.hi, np.float64),
    }
    header = {
        "nsc_surrogate": VERSION,
        "topologies": json.dumps(
            [[str(m.topology), m.topology.activation] for m in surrogate.members]
        ),
        "inputs": json.dumps(surrogate.input_names),
        "outputs": json.dumps(surrogate.output_names),
        "metadata": json.dumps(surrogate.metadata),
    }
    header["sha256"] = _digest(tensors, header)
    try:
        with replacing(path) as temporary:
            save_file(tensors, temporary, header)
    except (OSError, SafetensorError) as error:
        raise InputError(
            f"cannot write {path}: {getattr(error, 'strerror', None) or error}"
        ) from None


def load(path: str | Path) -> Surrogate:
    """Read a surrogate back.

    Raises:
        StoreError: missing, damaged, of another version, or with parameters that do not
            fit.
    """
    path = Path(path)
    if not path.is_file():
        raise StoreError(f"there is no surrogate at {path}")
    try:
        with safe_open(path, "numpy") as file:
            header = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise StoreError(
            f"{path} is not a readable safetensors file: {error}"
        ) from None
    if header.get("nsc_surrogate") != VERSION:
        raise StoreError(
            f"{path} is not a surrogate of version {VERSION}; found"
            f" {header.get('nsc_surrogate')}"
        )
    stated = header.pop("sha256", "")
    if stated != _digest(tensors, header):
        raise StoreError(
            f"{path} is damaged: its parameters do not match the digest it was saved"
            " with"
        )
    try:
        return _surrogate(header, tensors)
    except (KeyError, TypeError, ValueError, InputError) as error:
        raise StoreError(f"{path} does not describe a surrogate: {error}") from None


def _surrogate(header: dict[str, str], tensors: dict[str, np.ndarray]) -> Surrogate:
    """Put a surrogate together; what does not fit raises an error that says so."""
    members = []
    for k, (widths, activation) in enumerate(json.loads(header["topologies"])):
        topology = Topology.parse(widths, activation)
        w = tensors[f"w{k}"]
        if w.dtype != np.float64 or w.shape != (topology.n_parameters,):
            found = f"{w.dtype} {w.shape}"
            raise ValueError(
                f"member {k} is {topology} with {topology.n_parameters} parameters,"
                f" float64; found {found}"
            )
        members.append(Member(topology, w))
    inputs, outputs = (tuple(json.loads(header[key])) for key in ("inputs", "outputs"))
    for side in ("lo", "hi"):
        if tensors[side].shape != (len(inputs),):
            raise ValueError(
                f"'{side}' must have {len(inputs)} numbers; found {tensors[side].shape}"
            )
    found = sum(m.topology.n_outputs for m in members)
    if found != len(outputs) or any(m.topology.n_inputs < len(inputs) for m in members):
        raise ValueError(
            f"its members do not have {len(inputs)} inputs and {len(outputs)} outputs"
            " in all"
        )
    return Surrogate(
        tuple(members),
        tensors["lo"],
        tensors["hi"],
        inputs,
        outputs,
        dict(json.loads(header["metadata"])),
    )
