"""Replacing one function that a program calls, beside replacing the program.

    .venv/bin/python benchmarks/grey_box/run.py [--budget 1024] [--json FILE]

For each program the callee's surrogate learns from the calls that it meets in some runs of
the whole; then the whole is compiled on as many runs. Both are judged by the whole's error
on 1,024 fresh inputs.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import nsc

HEAD = "#include <math.h>\n"
# name -> callee, ranges, C text
PROGRAMS = {
    "fall": (
        "drag",
        {"v0": (0, 20), "dt": (0.01, 0.1)},
        """static double drag(double v, double h) {
  double s = 0;
  for (int k = 0; k < 50; k++) s += exp(-h * k * 0.01) * v * v * 0.001;
  return s;
}
double fall(double v0, double dt) {
  double v = v0, h = 10;
  for (int k = 0; k < 10; k++) { if (v > 0.1) v -= dt * drag(v, h); h -= v * dt; }
  return h;
}
""",
    ),
    "orbit": (
        "anomaly",
        {"a": (0.5, 2), "e": (0, 0.8), "t": (0, 6)},
        """static double anomaly(double m, double e) {
  double x = m;
  for (int k = 0; k < 30; k++) x -= (x - e * sin(x) - m) / (1 - e * cos(x));
  return x;
}
double orbit(double a, double e, double t) {
  double m = fmod(t / (a * sqrt(a)), 6.283185307179586);
  double x = anomaly(m, e);
  return a * (cos(x) - e) + a * sqrt(1 - e * e) * sin(x);
}
""",
    ),
    "pipes": (
        "friction",
        {"q": (0.01, 0.2), "d": (0.1, 0.4), "rough": (1e-5, 1e-3)},
        """static double friction(double reynolds, double relative) {
  double s = 7;
  for (int k = 0; k < 60; k++)
    s = -2 * log10(relative / 3.7 + 2.51 * s / reynolds);
  return 1 / (s * s);
}
double pipes(double q, double d, double rough) {
  double drop = 0;
  for (int k = 1; k <= 3; k++) {
    double diameter = d * k, v = q / (0.7853981633974483 * diameter * diameter);
    drop += friction(v * diameter / 1e-6, rough / diameter) * 50 / diameter * v * v / 2;
  }
  return drop;
}
""",
    ),
    "reactor": (
        "rate",
        {"t": (300, 400), "c": (0.5, 2), "u": (0, 1)},
        """static double rate(double t, double c) {
  double s = 0;
  for (int k = 1; k <= 40; k++) s += exp(-3000.0 / t * (1 + 0.01 * k)) * c / (1 + 0.1 * k * c);
  return 500 * s;
}
double reactor(double t, double c, double u) {
  for (int k = 0; k < 20; k++) {
    double r = rate(t, c);
    c -= 0.05 * r;
    t += 0.05 * (10 * r - u * (t - 300));
  }
  return t;
}
""",
    ),
    "switch": (
        "smooth",
        {"x": (-2, 2), "y": (-2, 2)},
        """static double smooth(double z) {
  double s = 0;
  for (int k = 1; k <= 30; k++) s += sin(z * k * 0.3) / (k * k);
  return s;
}
double switch_(double x, double y) {
  double z = x > y ? smooth(x) - y : smooth(x - y) * x;
  return z > 0.3 ? z : 0.1 * smooth(y) - 1;
}
""",
    ),
}


def main() -> None:
    """Compare, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    a = parser.parse_args()
    rows = [measure(name, a.budget, a.seed) for name in PROGRAMS]
    print(f"{'program':10} {'runs':>6} {'part':>10} {'whole':>10}")
    for row in rows:
        shown = f"{row['part']:10.2g} {row['whole']:10.2g}"
        print(f"{row['program']:10} {row['runs']:6} {shown}")
    gain = np.exp(np.mean([np.log(r["whole"] / r["part"]) for r in rows]))
    print(f"the part's nmse is {gain:.3g} times lower (geometric mean)")
    if a.json:
        a.json.write_text(json.dumps(rows, indent=2) + "\n")


def measure(name: str, budget: int, seed: int) -> dict:
    """Compile a callee and its whole on as many runs of the whole."""
    callee, ranges, text = PROGRAMS[name]
    function = f"{name}_" if name == "switch" else name
    common = {"domain": ranges, "seed": seed, "verification": 1024}
    with TemporaryDirectory() as folder:
        part = nsc.compile(
            HEAD + text,
            function=function,
            learn=callee,
            budget=budget,
            timing=False,
            folder=folder,
            **common,
        )
    within = part.report["within"]
    runs = within["runs"]
    whole = nsc.compile(
        HEAD + text, function=function, budget=runs, timing=False, **common
    )
    found = {
        "program": name,
        "runs": runs,
        "part": within["test"]["nmse"],
        "whole": whole.report["test"]["nmse"],
    }
    print(json.dumps(found), flush=True)
    return found


if __name__ == "__main__":
    main()
