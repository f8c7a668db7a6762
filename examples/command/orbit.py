"""A two-body orbit with drag, as a simulator on the command line.

    python orbit.py --speed 7700 --drag 2e-7

prints the height in km that a satellite has lost after one turn around the Earth, which
starts 400 km up. The formulas are Newton's law of gravitation and drag in an atmosphere
whose density falls by a factor e every 60 km; the method is a fourth-order Runge-Kutta.

    nsc compile --command 'python examples/command/orbit.py --speed {speed} --drag {drag}' \
      --inputs speed=7650:7750,drag=log:1e-8:1e-6 --outputs lost_km --budget 48 -o out/orbit
"""

import argparse
import json
import math

MU = 3.986004418e14  # m^3 / s^2, the Earth's gravitational parameter
RADIUS = 6.371e6  # m
HEIGHT = 4e5  # m
SCALE = 6e4  # m, in which density falls by a factor e
STEPS = 400


def acceleration(state: list[float], drag: float) -> list[float]:
    x, y, u, v = state
    r = math.hypot(x, y)
    speed = math.hypot(u, v)
    density = math.exp(-(r - RADIUS - HEIGHT) / SCALE)
    k = drag * density * speed * 1e-5
    pull = MU / r**3
    return [u, v, -pull * x - k * u, -pull * y - k * v]


def stepped(state: list[float], drag: float, dt: float) -> list[float]:
    def moved(slope: list[float], by: float) -> list[float]:
        return [s + by * d for s, d in zip(state, slope, strict=True)]

    a = acceleration(state, drag)
    b = acceleration(moved(a, dt / 2), drag)
    c = acceleration(moved(b, dt / 2), drag)
    d = acceleration(moved(c, dt), drag)
    slope = [
        (p + 2 * q + 2 * r + s) / 6
        for p, q, r, s in zip(a, b, c, d, strict=True)
    ]
    return moved(slope, dt)


def lost_km(speed: float, drag: float) -> float:
    start = RADIUS + HEIGHT
    state = [start, 0.0, 0.0, speed]
    turn = 2 * math.pi * math.sqrt(start**3 / MU)
    for _ in range(STEPS):
        state = stepped(state, drag, turn / STEPS)
    return (start - math.hypot(state[0], state[1])) / 1e3


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--speed", type=float, required=True)
    parser.add_argument("--drag", type=float, required=True)
    given = parser.parse_args()
    print(json.dumps({"lost_km": lost_km(given.speed, given.drag)}))
