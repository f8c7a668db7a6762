/* An American put by a binomial tree of 200 levels. */
#include <math.h>
enum { LEVELS = 200 };
double put(double spot, double strike, double years, double rate, double sigma) {
  double value[LEVELS + 1];
  double dt = years / LEVELS;
  double up = exp(sigma * sqrt(dt));
  double down = 1.0 / up;
  double p = (exp(rate * dt) - down) / (up - down);
  double discount = exp(-rate * dt);
  for (int j = 0; j <= LEVELS; j++)
    value[j] = fmax(strike - spot * pow(up, 2.0 * j - LEVELS), 0.0);
  for (int k = LEVELS - 1; k >= 0; k--) {
    double price = spot * pow(up, -(double)k);
    for (int j = 0; j <= k; j++) {
      double held = discount * (p * value[j + 1] + (1.0 - p) * value[j]);
      value[j] = fmax(held, strike - price);
      price *= up * up;
    }
  }
  return value[0];
}
