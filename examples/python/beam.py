"""A Python function that takes long, and a small network that answers for it.

    python examples/python/beam.py

A cantilever beam whose section tapers, bent by a load at its tip: the deflection is an
integral of moment over stiffness, summed here by the trapezoid rule.
"""

import math

import nsc

STEPS = 2000


@nsc.surrogate(
    inputs={
        "length": (1.0, 3.0),  # m
        "load": (100.0, 1000.0),  # N
        "taper": (0.3, 1.0),  # width at the tip over width at the wall
    },
    budget=256,
    verification=512,
)
def deflection(length: float, load: float, taper: float) -> float:
    """Return how far the tip of a beam bends, in millimetres."""
    total = 0.0
    for k in range(STEPS + 1):
        x = length * k / STEPS
        width = 0.05 * (1.0 - (1.0 - taper) * x / length)
        inertia = width * 0.1**3 / 12.0
        bending = load * (length - x) ** 2 / (210e9 * inertia)
        total += bending * (0.5 if k in (0, STEPS) else 1.0)
    return 1000.0 * total * length / STEPS


if __name__ == "__main__":
    test = deflection.report["test"]
    print(f"verified on {test['n']} fresh inputs: nmse {test['nmse']:.1e}")
    print(test["bound"]["sentence"])
    case = (2.0, 500.0, 0.5)
    print(f"surrogate {deflection(*case):.4f} mm")
    print(f"original  {deflection.original(*case):.4f} mm")
    assert math.isclose(
        deflection(*case), deflection.original(*case), rel_tol=0.1
    )
