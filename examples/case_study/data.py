"""Write the measurements of the case study, and of a problem of benchmarks/adaptation.

    python examples/case_study/data.py

Needs the package `chemicals` 1.5 (MIT, Caleb Bell), which brings the tables: critical
temperatures, pressures and volumes of organic compounds by IUPAC ("Vapor-Liquid Critical
Properties of Elements and Compounds", parts 1 to 12, J. Chem. Eng. Data, 1995 to 2015),
enthalpies of vaporization of the CRC Handbook of Chemistry and Physics.
"""

import csv
import math
from pathlib import Path

from chemicals import Pc, Tb, Tc, critical, phase_change

HERE = Path(__file__).parent
ORIGIN = "IUPAC"
FEW = 20  # compounds, evenly over the alphabet, for a quick try
BENCHMARK = HERE.parents[1] / "benchmarks" / "adaptation"


def critical_volumes():
    critical._load_critical_data()
    for _, row in critical.critical_data_IUPAC.iterrows():
        found = [float(row[k]) for k in ("Tc", "Pc", "MW", "Vc")]
        if all(map(math.isfinite, found)):
            tc, pc, mass, volume = found
            yield [row["Chemical"], tc, pc, mass, round(1e6 * volume, 3)]


def vaporizations():
    for cas, row in phase_change.Hvap_data_CRC.iterrows():
        ends = (Tc(cas, method=ORIGIN), Pc(cas, method=ORIGIN))
        tb = Tb(cas)
        measured = row["HvapTb"]
        if tb and all(ends) and measured == measured:
            yield [row["Chemical"], tb, *ends, measured]


def write(path: Path, columns: list[str], rows) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(sorted(rows))


def main() -> None:
    names = ["compound", "tc", "pc", "mass", "vc"]
    volumes = sorted(critical_volumes())
    write(HERE / "critical_volume.csv", names, volumes)
    spread = volumes[:: len(volumes) // FEW][:FEW]
    write(HERE / "critical_volume_20.csv", names, spread)
    write(
        BENCHMARK / "vaporization.csv",
        ["compound", "tb", "tc", "pc", "hvap"],
        vaporizations(),
    )


if __name__ == "__main__":
    main()
