/* How far a ball flies through air: Euler steps until it is down again. */
#include <math.h>
static const double DT = 1e-4;
double projectile(double speed, double angle, double drag) {
  double x = 0.0, y = 0.0;
  double vx = speed * cos(angle), vy = speed * sin(angle);
  while (y >= 0.0) {
    double v = sqrt(vx * vx + vy * vy);
    vx -= drag * v * vx * DT;
    vy -= (9.81 + drag * v * vy) * DT;
    x += vx * DT;
    y += vy * DT;
  }
  return x;
}
