#include <math.h>

/* Enthalpy of vaporization at the boiling point, in J/mol.
   Riedel (1954), as in Poling, Prausnitz, O'Connell, "The Properties of Gases and Liquids" (2001), section 7-11.
   tb, tc: normal boiling point and critical temperature, K; pc: critical pressure, Pa. */
static const double FACTOR = 1.093;
static const double OFFSET = 1.013;
static const double LIMIT = 0.930;

double vaporization(double tb, double tc, double pc) {
    return FACTOR * 8.314462618 * tb * (log(pc / 101325.0) - OFFSET) / (LIMIT - tb / tc);
}
