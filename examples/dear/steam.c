// nsc: --function exhaust_temperature --topology 9-8-8-1 --domain inlet=750:900,high=20:50,low=8:15,efficiency=0.7:0.95
/* Temperature of steam behind a turbine of eight stages: real-gas enthalpy and entropy, each stage
   solved for its temperatures by bisection. The ideal-gas part is that of IAPWS-IF97's region 2,
   the rest the equation of Peng and Robinson (1976).
   inlet: temperature, 750 to 900 K; high, low: pressures before and behind, 20 to 50 and
   8 to 15 bar; efficiency: isentropic, 0.7 to 0.95. Result: K. */
#include <math.h>

#define STAGES 8
#define HALVINGS 32
#define GAS 461.526 /* J/(kg K) */
#define CRITICAL_KELVIN 647.096
#define CRITICAL_BAR 220.64
#define ACENTRIC 0.3443
#define SQRT2 1.41421356237309504880

typedef struct { double enthalpy, entropy; } Steam; /* J/kg, J/(kg K) */

/* The largest root of the cubic for the compressibility, by Newton's method from above. */
static double compressibility(double a, double b) {
  double z = 1 + b;
  for (int k = 0; k < 30; k++) {
    double value = ((z - (1 - b)) * z + (a - 3 * b * b - 2 * b)) * z - (a * b - b * b - b * b * b);
    double change = value / ((3 * z - 2 * (1 - b)) * z + (a - 3 * b * b - 2 * b));
    z -= change;
    if (fabs(change) < 1e-12) break;
  }
  return z;
}

static Steam steam(double kelvin, double bar) {
  static const double factor[9] = {
      -0.96927686500217e1, 0.10086655968018e2, -0.56087911283020e-2, 0.71452738081455e-1,
      -0.40710498223928, 0.14240819171444e1, -0.43839511319450e1, -0.28408632460772,
      0.21268463753307e-1};
  static const int power[9] = {0, 1, -5, -4, -3, -2, -1, 2, 3};
  double tau = 540 / kelvin;
  double gibbs = log(bar / 10); /* over GAS * kelvin, and its derivative by tau */
  double slope = 0;
  for (int k = 0; k < 9; k++) {
    double term = factor[k] * pow(tau, power[k]);
    gibbs += term;
    slope += power[k] * term / tau;
  }
  double m = 0.37464 + 1.54226 * ACENTRIC - 0.26992 * ACENTRIC * ACENTRIC;
  double reduced = kelvin / CRITICAL_KELVIN;
  double root = 1 + m * (1 - sqrt(reduced));
  double a = 0.45724 * root * root * bar / CRITICAL_BAR / (reduced * reduced);
  double b = 0.07780 * bar / CRITICAL_BAR / reduced;
  double z = compressibility(a, b);
  double lengthened = log((z + (1 + SQRT2) * b) / (z + (1 - SQRT2) * b)) / (2 * SQRT2 * b);
  double falling = m * sqrt(reduced) / root; /* of the attraction with temperature */
  Steam s;
  s.enthalpy = GAS * kelvin * (tau * slope + z - 1 - a * (1 + falling) * lengthened);
  s.entropy = GAS * (tau * slope - gibbs + log(z - b) - a * falling * lengthened);
  return s;
}

static double with_entropy(double entropy, double bar, double low, double high) {
  for (int k = 0; k < HALVINGS; k++) {
    double middle = 0.5 * (low + high);
    if (steam(middle, bar).entropy < entropy) low = middle; else high = middle;
  }
  return 0.5 * (low + high);
}

static double with_enthalpy(double enthalpy, double bar, double low, double high) {
  for (int k = 0; k < HALVINGS; k++) {
    double middle = 0.5 * (low + high);
    if (steam(middle, bar).enthalpy < enthalpy) low = middle; else high = middle;
  }
  return 0.5 * (low + high);
}

double exhaust_temperature(double inlet, double high, double low, double efficiency) {
  double kelvin = inlet;
  for (int stage = 0; stage < STAGES; stage++) {
    double bar = high * pow(low / high, (double)stage / STAGES);
    double behind = high * pow(low / high, (stage + 1.0) / STAGES);
    Steam before = steam(kelvin, bar);
    double ideal = with_entropy(before.entropy, behind, 300, kelvin);
    double drop = efficiency * (before.enthalpy - steam(ideal, behind).enthalpy);
    kelvin = with_enthalpy(before.enthalpy - drop, behind, ideal, kelvin);
  }
  return kelvin;
}
