"""The structured model once more, in plain Python and doubles: what correct means."""

import math

import numpy as np

from nsc.mca.native import HIDDEN, LATENCIES, NO_REGISTER, RESOURCES, Roles
from nsc.mca.vocabulary import Vocabulary

BOUNDS = RESOURCES + 1
SEEN = BOUNDS + 3
FLAGS = 51
FIRST_TAG = 52


def vocabulary() -> Vocabulary:
    """Make a small one: an addition, a load, a store, a multiplication, flags."""
    forms = ("add 8,8", "load m,8", "store 8,m", "mul 8", "jcc a")
    n = len(forms) + 2
    roles = Roles(
        np.zeros((n, 5), np.uint8),
        np.zeros((n, 5), np.uint8),
        np.zeros(n, np.uint64),
        np.zeros(n, np.uint64),
        np.zeros(n, np.uint8),
    )
    roles.slot_reads[2, :2] = 1
    roles.slot_writes[2, 1] = 1
    roles.writes[2] = 1 << FLAGS
    roles.slot_reads[3, 3:] = 1
    roles.slot_writes[3, 0] = 1
    roles.memory[3] = 1
    roles.slot_reads[4, [0, 3, 4]] = 1
    roles.memory[4] = 2
    roles.slot_reads[5, 0] = 1
    roles.reads[5] = 1
    roles.writes[5] = 1 | 4 | 1 << FLAGS
    roles.reads[6] = 1 << FLAGS
    return Vocabulary(forms, roles)


def split(w: np.ndarray, forms: int) -> dict[str, np.ndarray]:
    """Cut a raw vector as csrc/model.h lays it out."""
    shapes = {
        "latency": (forms, LATENCIES),
        "use": (forms, RESOURCES),
        "w1": (SEEN, HIDDEN),
        "b1": (HIDDEN,),
        "w2": (HIDDEN, HIDDEN),
        "b2": (HIDDEN,),
        "w3": (HIDDEN,),
        "b3": (1,),
        "once": (1,),
        "forward": (1,),
    }
    found = {}
    at = 0
    for name, shape in shapes.items():
        size = math.prod(shape)
        found[name] = np.asarray(w[at : at + size], float).reshape(shape)
        at += size
    assert at == len(w)
    return found


def softplus(x):
    return np.log1p(np.exp(x))


def bits(number) -> list[int]:
    return [place for place in range(64) if int(number) >> place & 1]


def start_of(record, roles: Roles, latency, forward, at: dict) -> float:
    """Wait for everything that an instruction reads; what nothing wrote is there."""
    form, *slots, tag = record
    waits = [0.0, *(at[p] for p in bits(roles.reads[form]) if p in at)]
    for slot, place in enumerate(slots):
        if roles.slot_reads[form, slot] and place in at:
            waits.append(at[place] + (latency[form, 2] if slot >= 3 else 0.0))
    loads = roles.memory[form] & 1
    if forward is not None and loads and tag >= FIRST_TAG and tag in at:
        waits.append(at[tag] + forward)
    return max(waits)


def finish(record, roles: Roles, latency, forward, at: dict, start) -> None:
    """Tell when everything that an instruction writes is there."""
    form, *slots, tag = record
    own = start + latency[form, 0]
    stores = roles.memory[form] & 2
    if forward is not None and stores and tag >= FIRST_TAG:
        at[tag] = own if roles.memory[form] & 1 else start + 0.01
    for slot, place in enumerate(slots[:3]):
        if roles.slot_writes[form, slot] and place != NO_REGISTER:
            at[place] = own
    for place in bits(roles.writes[form]):
        at[place] = own if place == FLAGS else start + latency[form, 1]


def times(block, roles: Roles, latency, forward, rounds=6) -> list[float]:
    """Follow the recurrence; return the latest time after each iteration."""
    at: dict[int, float] = {}
    found = []
    for _ in range(rounds):
        for record in block:
            start = start_of(record, roles, latency, forward, at)
            finish(record, roles, latency, forward, at, start)
        found.append(max([0.0, *at.values()]))
    return found


def cycles(block, w, voc: Vocabulary, sharpness=12.0, forwards=False) -> float:
    """Compute the cycles of one block, a list of records."""
    p = split(w, voc.roles.forms)
    latency = softplus(2 * p["latency"]) / 2
    use = softplus(p["use"])
    forward = p["forward"][0] if forwards else None
    ends = times(block, voc.roles, latency, forward)
    slope = (ends[5] - ends[1]) / 4
    sums = sum(use[record[0]] for record in block)
    logs = np.log(np.concatenate([[slope], sums]) + 1e-3)
    level = np.log(np.exp(sharpness * logs).sum()) / sharpness
    rest = [
        0.3 * level,
        0.3 * math.log(len(block)),
        0.3 * (math.log(ends[0] + 0.5) - level),
    ]
    seen = np.concatenate([logs - level, rest])
    h1 = np.maximum(seen @ p["w1"] + p["b1"], 0)
    h2 = np.maximum(h1 @ p["w2"] + p["b2"], 0)
    o = h2 @ p["w3"] + p["b3"][0]
    return (
        math.exp(level + 0.5 * o) + 0.01 * softplus(p["once"][0] + 1) * ends[0]
    )
