// nsc: --function absorber_temperature --topology 9-8-8-1 --domain flux=1000:50000,cutoff=1:4,short_emissivity=0.8:0.98,long_emissivity=0.05:0.3
/* Temperature of a selective solar absorber: where what it emits, Planck's law over all wavelengths
   with one emissivity below a cutoff and another above it, equals what it takes up.
   flux: absorbed, 1,000 to 50,000 W/m^2; cutoff: wavelength, 1 to 4 micrometres;
   short_emissivity: below the cutoff, 0.8 to 0.98; long_emissivity: above it, 0.05 to 0.3.
   Result: K, by bisection. */
#include <math.h>

#define POINTS 128 /* of the integral over the wavelengths */
#define HALVINGS 40
#define STEFAN_BOLTZMANN 5.670374419e-8 /* W/(m^2 K^4) */
#define SECOND_RADIATION 14387.77 /* h c / k, micrometre K */

/* Part of a black body's emission below a wavelength: 15/pi^4 times the integral of
   x^3 / (exp(x) - 1) from x = h c / (wavelength k T) on, by the rule of midpoints in 1 / x. */
static double part_below(double wavelength, double kelvin) {
  double end = wavelength * kelvin / SECOND_RADIATION;
  double width = end / POINTS;
  double sum = 0;
  for (int k = 0; k < POINTS; k++) {
    double x = 1 / ((k + 0.5) * width);
    sum += x * x * x * x * x / (exp(x < 700 ? x : 700) - 1);
  }
  return 15 / 97.40909103400244 * sum * width;
}

static double emitted(double kelvin, double cutoff, double below, double above) {
  double part = part_below(cutoff, kelvin);
  double emissivity = above + (below - above) * part;
  return emissivity * STEFAN_BOLTZMANN * kelvin * kelvin * kelvin * kelvin;
}

double absorber_temperature(double flux, double cutoff, double short_emissivity,
                            double long_emissivity) {
  double low = 200;
  double high = 3000;
  for (int k = 0; k < HALVINGS; k++) {
    double middle = 0.5 * (low + high);
    if (emitted(middle, cutoff, short_emissivity, long_emissivity) < flux) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return 0.5 * (low + high);
}
