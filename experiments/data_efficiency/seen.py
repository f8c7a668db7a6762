"""Which programs a CompNet may have met in training: their DAG is a training record's, or that of a grown program."""

from pathlib import Path

import numpy as np

from nsc.compnet.rewrite import terms_of
from nsc.compnet.terms import Terms, TooManyTerms
from nsc.record import Record, read_fingerprints


def seen(records: list[Record], training: Path | None, grown: Path | None) -> np.ndarray:
    """Say of each program whether its DAG occurs in the training records, or its terms among the grown programs."""
    known = read_fingerprints(training) if training else set()
    found = np.array([r.dag is not None and r.dag.fingerprint in known for r in records])
    if grown is None:
        return found
    keys = [_key_of(r) for r in records]
    wanted, met = {k for k in keys if k is not None}, set()
    for shard in sorted(grown.glob("*.npz")):
        met |= wanted.intersection(_keys_in(shard, max(map(len, wanted), default=0)))
    return found | np.array([k in met for k in keys])


def _key_of(record: Record) -> bytes | None:
    if record.dag is None:
        return None
    try:
        t = terms_of(record.dag)
    except TooManyTerms:
        return None
    return _key(t.kinds, t.functions, t.args, t.bias, t.edges, t.children, t.weights) if isinstance(t, Terms) else None


def _keys_in(shard: Path, longest: int) -> set[bytes]:
    names = ("kinds", "functions", "args", "bias", "edges", "children", "weights", "offsets")
    with np.load(shard) as stored:
        kinds, functions, args, bias, edges, children, weights, offsets = (stored[name] for name in names)
    found = set()
    for a, b in zip(offsets[:-1], offsets[1:], strict=True):
        e = slice(edges[a], edges[b])
        if 8 * (b - a) <= longest:
            found.add(_key(kinds[a:b], functions[a:b], args[a:b], bias[a:b], edges[a : b + 1], children[e], weights[e]))
    return found


def _key(kinds, functions, args, bias, edges, children, weights) -> bytes:
    """Spell terms as bytes, numbers to single precision."""
    whole = (kinds, functions, args.ravel(), np.diff(edges), children)
    real = np.clip(np.concatenate([bias, weights]), -1e30, 1e30).astype(np.float32)
    return b"|".join([*(a.astype(np.int16).tobytes() for a in whole), real.tobytes()])
