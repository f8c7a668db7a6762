/* Kepler's equation on 64 points of an orbit, each until it no longer moves. */
#include <math.h>
#define POINTS 64
#define TOLERANCE 1e-13
double mean_distance(double e, double phase, double power) {
  double sum = 0.0;
  for (int k = 0; k < POINTS; k++) {
    double m = phase + 6.283185307179586 * k / POINTS;
    double big = m, d = 1.0;
    while (fabs(d) > TOLERANCE) {
      d = m + e * sin(big) - big;
      big += d;
    }
    sum += pow(1.0 - e * cos(big), power) * (1.0 + 0.3 * cos(m));
  }
  return sum / POINTS;
}
