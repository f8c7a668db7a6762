"""Probes: families of small programs, one for each thing that a CompNet has been weak
at.

Run: .venv/bin/python experiments/probes/run.py [--compnet FILE] [-o probes.json]

Zero-shot, from the text alone: improvement over random initialisation and nmse on 4,096
inputs, by family. The programs are written here, by rule, and are no training data;
nothing is chosen by them.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nsc.compnet import fit_emissions, load_compnet, run_covering
from nsc.graph import Dag, evaluate
from nsc.initial import compiler_input
from nsc.program import parse_program
from nsc.surrogate import COVERING, random_parameters

HEAD = "#include <math.h>\n"
FLOOR = 1e-7


def _arguments(n: int) -> str:
    return ", ".join(f"double x{k}" for k in range(n))


Probe = tuple[str, str]  # family, C text


def families() -> Iterator[Probe]:
    """Yield every family of probes."""
    yield from _waves()
    yield from _products()
    yield from _quotients()
    yield from _many_inputs()
    yield from _scales()
    yield from _deep()
    yield from _selects_and_rounding()
    yield from _loops()
    yield from _tables()


def _waves() -> Iterator[Probe]:
    for w in (1, 2, 3, 4, 5, 6, 8, 10):
        for f, shift in (("sin", 0), ("cos", 0.7)):
            yield (
                "waves, sin(w x), w to 10",
                f"double f(double x) {{ return {f}({w} * x + {shift}); }}",
            )


def _products() -> Iterator[Probe]:
    for n in (2, 3, 4, 5):
        for tail in ("", " + 0.5 * x0", " - x1 * x1"):
            yield (
                f"products of {n}",
                (
                    f"double f({_arguments(n)}) {{ return"
                    f" {'*'.join(f'x{k}' for k in range(n))}{tail}; }}"
                ),
            )


def _quotients() -> Iterator[Probe]:
    for e in (2, 1, 0.5, 0.2, 0.1):
        yield (
            "quotients",
            f"double f(double x, double y) {{ return y / (x * x + {e}); }}",
        )
        yield (
            "quotients",
            f"double f(double x, double y) {{ return (1 + x) / ({1 + e} + y); }}",
        )


def _many_inputs() -> Iterator[Probe]:
    for n in range(3, 10):
        squares = " + ".join(f"x{k} * x{k}" for k in range(n))
        weighted = " + ".join(
            f"{(-1) ** k * (k + 1) / 4} * x{k}" for k in range(n)
        )
        yield (
            "3-9 inputs",
            f"double f({_arguments(n)}) {{ return sqrt({squares}); }}",
        )
        yield (
            "3-9 inputs",
            f"double f({_arguments(n)}) {{ return tanh({weighted}); }}",
        )
        yield (
            "3-9 inputs",
            (
                f"double f({_arguments(n)}) {{ return x0 * x{n - 1} + x1 * x{n - 2} -"
                f" x{n // 2}; }}"
            ),
        )


def _scales() -> Iterator[Probe]:
    for scale in ("1e-4", "1e-2", "1e3", "1e5"):
        yield (
            "scales",
            f"double f(double x, double y) {{ return {scale} * sin(2 * x + y); }}",
        )
        yield (
            "scales",
            f"double f(double x, double y) {{ return {scale} * (x * y + 273.15); }}",
        )


def _deep() -> Iterator[Probe]:
    for times in (4, 6, 8, 10, 12):
        for step in (
            "0.9 * x + 0.2 * sin(3 * x + y)",
            "x - 0.3 * (x * x - 0.5 - 0.2 * y)",
            "y * cos(x) + 0.5 * x",
        ):
            yield (
                "deep, 20 to 70 nodes",
                (
                    f"double f(double x, double y) {{ for (int k = 0; k < {times}; k++)"
                    f" x = {step}; return x; }}"
                ),
            )


def _selects_and_rounding() -> Iterator[Probe]:
    for limit in (-0.5, 0.0, 0.3, 0.6):
        yield (
            "selects",
            f"double f(double x, double y) {{ return x < {limit} ? y : x * x; }}",
        )
        yield (
            "selects",
            (
                "double f(double x, double y) { return fmin(fmax(2 * x, -0.5),"
                f" {limit + 0.7}) + y; }}"
            ),
        )
        yield (
            "rounding",
            f"double f(double x) {{ return floor(3 * x + {limit}); }}",
        )
        yield (
            "rounding",
            f"double f(double x, double y) {{ return round(2 * x + {limit}) * y; }}",
        )


def _loops() -> Iterator[Probe]:
    for target in (1, 2, 5):
        yield (
            "loops that inputs end",
            (
                f"double f(double x) {{ double s = 1; while (s < {target} + x) s = s *"
                " 1.3 + 0.2; return s; }"
            ),
        )
        yield (
            "loops that inputs end",
            (
                f"double f(double x) {{ double a = x * x + {target}, r = a;"
                " while (r * r - a > 1e-3) r = (r + a / r) / 2; return r; }"
            ),
        )


def _tables() -> Iterator[Probe]:
    table = "static const double t[9] = {0, 0.3, 0.1, 0.7, 1.2, 0.8, 0.2, -0.4, -0.1};"
    yield (
        "tables",
        f"{table} double f(double x) {{ return t[(int)((x + 1) * 4)]; }}",
    )
    yield (
        "tables",
        (
            f"{table} double f(double x) {{ int k = (int)((x + 1) * 3.99);"
            " return t[k] + ((x + 1) * 3.99 - k) * (t[k + 1] - t[k]); }"
        ),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compnet")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path(__file__).parent / "result.json",
    )
    options = parser.parse_args()
    compnet, generator = (
        load_compnet(options.compnet),
        np.random.default_rng(0),
    )
    randoms = [random_parameters(COVERING, seed=generator) for _ in range(9)]
    x = generator.uniform(-1, 1, (4096, 9))
    found: dict[str, list[tuple[float, float]]] = {}
    unread: dict[str, int] = {}
    for family, text in families():
        program = parse_program(HEAD + text)
        rows = found.setdefault(family, [])
        if not isinstance(program.dag, Dag):
            unread[family] = unread.get(family, 0) + 1
            continue
        y = evaluate(program.dag, x[:, : program.n_inputs])[:, 0]
        w = fit_emissions([compnet.emission_for(compiler_input(program))])[0]
        mse = np.mean((run_covering(w, x, program.n_inputs) - y) ** 2)
        chance = np.mean(
            [
                np.mean((run_covering(r, x, program.n_inputs) - y) ** 2)
                for r in randoms
            ]
        )
        rows.append((float(chance / max(mse, FLOOR)), float(mse / y.var())))
    result = {}
    print(
        "| family | programs | not read | improvement, geometric mean | median nmse"
        " |\n|---|---|---|---|---|"
    )
    for family, rows in found.items():
        gain = (
            float(np.exp(np.mean(np.log([g for g, _ in rows]))))
            if rows
            else None
        )
        nmse = float(np.median([n for _, n in rows])) if rows else None
        missing = unread.get(family, 0)
        result[family] = {
            "programs": len(rows),
            "not_read": missing,
            "improvement": gain,
            "median_nmse": nmse,
        }
        cells = [f"{v:.3g}" if v is not None else "-" for v in (gain, nmse)]
        print(
            f"| {family} | {len(rows)} | {missing} | {cells[0]} | {cells[1]} |"
        )
    options.output.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
