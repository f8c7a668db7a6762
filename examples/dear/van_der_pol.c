// nsc: --function displacement --topology 9-16-16-1 --budget 4096 --domain damping=0.1:1.5,force=0:1,frequency=0.5:1.5,start=0.5:2
/* The forced oscillator of van der Pol, x'' = damping (1 - x^2) x' - x + force cos(frequency t),
   from rest at x = start, by the classical method of Runge and Kutta. All is without dimension.
   damping: 0.1 to 1.5; force: 0 to 1; frequency: 0.5 to 1.5; start: 0.5 to 2.
   Result: x at t = 6, about a period later. */
#include <math.h>

#define END 6.0
#define STEPS 1000

static double acceleration(double t, double x, double v, double damping, double force,
                           double frequency) {
  return damping * (1 - x * x) * v - x + force * cos(frequency * t);
}

double displacement(double damping, double force, double frequency, double start) {
  double h = END / STEPS;
  double x = start;
  double v = 0;
  for (int step = 0; step < STEPS; step++) {
    double t = step * h;
    double v1 = v;
    double a1 = acceleration(t, x, v1, damping, force, frequency);
    double v2 = v + h / 2 * a1;
    double a2 = acceleration(t + h / 2, x + h / 2 * v1, v2, damping, force, frequency);
    double v3 = v + h / 2 * a2;
    double a3 = acceleration(t + h / 2, x + h / 2 * v2, v3, damping, force, frequency);
    double v4 = v + h * a3;
    double a4 = acceleration(t + h, x + h * v3, v4, damping, force, frequency);
    x += h / 6 * (v1 + 2 * v2 + 2 * v3 + v4);
    v += h / 6 * (a1 + 2 * a2 + 2 * a3 + a4);
  }
  return x;
}
