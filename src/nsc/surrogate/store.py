"""Surrogates on disk: safetensors that describe and check themselves.

In: Surrogate, path. Out: a file written whole or not at all; loading verifies version, shapes and a digest.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from nsc.atomic import replacing
from nsc.errors import InputError, StoreError
from nsc.surrogate.surrogate import Member, Surrogate
from nsc.surrogate.topology import Topology

VERSION = "1"


def _digest(tensors: dict[str, np.ndarray], header: dict[str, str]) -> str:
    found = hashlib.sha256()
    for name in sorted(tensors):
        found.update(name.encode() + b"\0" + np.ascontiguousarray(tensors[name]).tobytes())
    for key in sorted(header):
        found.update(f"{key}={header[key]}\0".encode())
    return found.hexdigest()


def save(surrogate: Surrogate, path: Path) -> None:
    """Write a surrogate; float64 parameters, so that loading gives the same bits."""
    tensors = {f"w{k}": np.asarray(m.w, np.float64) for k, m in enumerate(surrogate.members)}
    tensors |= {"lo": np.asarray(surrogate.lo, np.float64), "hi": np.asarray(surrogate.hi, np.float64)}
    header = {
        "nsc_surrogate": VERSION,
        "topologies": json.dumps([[str(m.topology), m.topology.activation] for m in surrogate.members]),
        "inputs": json.dumps(surrogate.input_names),
        "outputs": json.dumps(surrogate.output_names),
        "metadata": json.dumps(surrogate.metadata),
    }
    header["sha256"] = _digest(tensors, header)
    try:
        with replacing(path) as temporary:
            save_file(tensors, temporary, header)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None


def load(path: str | Path) -> Surrogate:
    """Read a surrogate back.

    Raises:
        StoreError: missing, damaged, of another version, or with parameters that do not fit.
    """
    path = Path(path)
    if not path.is_file():
        raise StoreError(f"there is no surrogate at {path}")
    try:
        with safe_open(path, "numpy") as file:
            header = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise StoreError(f"{path} is not a readable safetensors file: {error}") from None
    if header.get("nsc_surrogate") != VERSION:
        raise StoreError(f"{path} is not a surrogate of version {VERSION}; found {header.get('nsc_surrogate')}")
    stated = header.pop("sha256", "")
    if stated != _digest(tensors, header):
        raise StoreError(f"{path} is damaged: its parameters do not match the digest it was saved with")
    members = []
    for k, (widths, activation) in enumerate(json.loads(header["topologies"])):
        topology = Topology.parse(widths, activation)
        if tensors[f"w{k}"].shape != (topology.n_parameters,):
            found = tensors[f"w{k}"].shape
            raise StoreError(f"{path}: member {k} is {topology} with {topology.n_parameters} parameters; found {found}")
        members.append(Member(topology, tensors[f"w{k}"]))
    names = (tuple(json.loads(header[key])) for key in ("inputs", "outputs"))
    return Surrogate(tuple(members), tensors["lo"], tensors["hi"], *names, json.loads(header["metadata"]))
