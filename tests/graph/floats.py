"""What tests of bits share: numbers, and their fields as the machine has them."""

import numpy as np

from nsc.graph import Builder, evaluate

WIDTHS = {"HIGH": 32, "WORD": 32, "BITS": 64}


def numbers(name: str, n: int = 400, seed: int = 0) -> np.ndarray:
    """Draw numbers of many sizes, both signs; of a float's field, floats."""
    generator = np.random.default_rng(seed)
    sizes = np.exp2(generator.uniform(-20, 20, n))
    drawn = sizes * generator.choice([-1.0, 1.0], n)
    drawn[:6] = 1.0, -1.0, 2.0, -0.5, 1.5, 3.0
    return (
        drawn.astype(np.float32).astype(np.float64)
        if name == "WORD"
        else drawn
    )


def fields(name: str, x: np.ndarray, *, signed: bool = False) -> np.ndarray:
    """Return a field of numbers as numpy sees it, as Python's integers."""
    if name == "WORD":
        whole = x.astype(np.float32).view(np.uint32)
    else:
        bits = np.ascontiguousarray(x).view(np.uint64)
        halves = {"HIGH": bits >> 32, "LOW": bits & 0xFFFFFFFF, "BITS": bits}
        whole = halves[name]
        whole = whole if name == "BITS" else whole.astype(np.uint32)
    seen = whole.view(f"i{whole.itemsize}") if signed else whole
    return seen.astype(object)


def with_fields(name: str, x: np.ndarray, field: np.ndarray) -> np.ndarray:
    """Return the numbers whose field is replaced; of HIGH the lower half is kept."""
    if name == "WORD":
        return field.astype(np.uint32).view(np.float32).astype(np.float64)
    if name == "BITS":
        return field.astype(np.uint64).view(np.float64)
    low = np.ascontiguousarray(x).view(np.uint64) & np.uint64(0xFFFFFFFF)
    return ((field.astype(np.uint64) << np.uint64(32)) | low).view(np.float64)


def values(b: Builder, node: int, *inputs: np.ndarray) -> np.ndarray:
    """Evaluate a node; inputs may be any numbers, as ranges are not looked at."""
    return evaluate(b.finish([node]), np.stack(inputs, axis=1))[:, 0]
