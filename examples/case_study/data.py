"""Write vaporization.csv: measured heats of vaporization beside critical properties.

    python examples/case_study/data.py examples/case_study/vaporization.csv

Needs the package `chemicals` 1.5 (MIT, Caleb Bell), which brings the tables: enthalpies
of vaporization and boiling points of the CRC Handbook of Chemistry and Physics, critical
temperatures and pressures of organic compounds by IUPAC (Ambrose, Tsonopoulos and others,
"Vapor-Liquid Critical Properties of Elements and Compounds", J. Chem. Eng. Data,
1995-2006). Compounds that both tables have are kept: 265.
"""

import csv
import re
import sys

from chemicals import Pc, Tb, Tc, phase_change

ORIGIN = "IUPAC"
COLUMNS = ["compound", "tb", "tc", "pc", "oxygens", "carbons", "hvap"]


def atoms(formula: str, element: str) -> int:
    found = re.findall(r"([A-Z][a-z]?)(\d*)", formula)
    return sum(int(n or 1) for name, n in found if name == element)


def rows():
    for cas, row in phase_change.Hvap_data_CRC.iterrows():
        ends = (Tc(cas, method=ORIGIN), Pc(cas, method=ORIGIN))
        tb = Tb(cas)
        measured = row["HvapTb"]
        if tb and all(ends) and measured == measured:
            formula = row["Formula"]
            counts = [atoms(formula, e) for e in ("O", "C")]
            yield [row["Chemical"], tb, *ends, *counts, measured]


def main() -> None:
    with open(sys.argv[1], "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(sorted(rows()))


if __name__ == "__main__":
    main()
