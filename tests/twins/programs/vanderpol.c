/* The forced van der Pol oscillator, Runge-Kutta steps of a fixed size. */
#include <math.h>
#define STEP 0.002
#define N 2000
static double accel(double x, double v, double t, double mu, double force) {
  return mu * (1.0 - x * x) * v - x + force * cos(1.2 * t);
}
double vanderpol(double mu, double force, double x0, double v0) {
  double x = x0, v = v0, t = 0.0, h = STEP;
  for (int i = 0; i < N; i++) {
    double k1 = accel(x, v, t, mu, force);
    double k2 = accel(x + 0.5 * h * v, v + 0.5 * h * k1, t + 0.5 * h, mu, force);
    double v2 = v + 0.5 * h * k1, v3 = v + 0.5 * h * k2;
    double k3 = accel(x + 0.5 * h * v2, v3, t + 0.5 * h, mu, force);
    double v4 = v + h * k3;
    double k4 = accel(x + h * v3, v4, t + h, mu, force);
    x += h * (v + 2.0 * v2 + 2.0 * v3 + v4) / 6.0;
    v += h * (k1 + 2.0 * k2 + 2.0 * k3 + k4) / 6.0;
    t += h;
  }
  return x;
}
