/* Colebrook's friction factor, iterated far longer than it takes to settle. */
#include <math.h>
double friction(double log_reynolds, double roughness) {
  double reynolds = pow(10.0, log_reynolds);
  double s = 8.0;
  for (int i = 0; i < 2000; i++)
    s = -2.0 * log10(roughness / 3.7 + 2.51 * s / reynolds);
  return 1.0 / (s * s);
}
