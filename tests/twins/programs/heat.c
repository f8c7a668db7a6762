/* A rod of 64 cells, explicit in time: how warm is its middle? */
#define CELLS 64
#define STEPS 600
double heat(double kappa, double left, double right, double source) {
  double u[CELLS + 2], next[CELLS + 2];
  const double dx = 1.0 / CELLS;
  const double dt = 0.04 / STEPS;
  for (int i = 0; i < CELLS + 2; i++) u[i] = 0.0;
  for (int t = 0; t < STEPS; t++) {
    u[0] = left;
    u[CELLS + 1] = right;
    for (int i = 1; i <= CELLS; i++)
      next[i] = u[i] + dt * (kappa * (u[i - 1] - 2.0 * u[i] + u[i + 1]) / (dx * dx) + source);
    for (int i = 1; i <= CELLS; i++) u[i] = next[i];
  }
  return u[CELLS / 4];
}
