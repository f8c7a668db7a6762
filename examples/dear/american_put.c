// nsc: --function american_put --topology 9-8-8-1 --budget 2048 --domain spot=80:120,strike=80:120,rate=0.01:0.08,volatility=0.15:0.5,years=0.25:2
/* Price of an American put by the binomial tree of Cox, Ross and Rubinstein (1979).
   spot, strike: prices, 80 to 120; rate: a year, 0.01 to 0.08; volatility: a square root of a year,
   0.15 to 0.5; years: until expiry, 0.25 to 2. Result: in the unit of the prices. */
#include <math.h>

#define LEVELS 300

double american_put(double spot, double strike, double rate, double volatility, double years) {
  double value[LEVELS + 1];
  double price[2 * LEVELS + 1]; /* spot * up^(k - LEVELS) */
  double step = years / LEVELS;
  double up = exp(volatility * sqrt(step));
  double discount = exp(-rate * step);
  double rising = discount * (exp(rate * step) - 1 / up) / (up - 1 / up);
  double falling = discount - rising;
  price[0] = spot * exp(-volatility * sqrt(step) * LEVELS);
  for (int k = 1; k <= 2 * LEVELS; k++) price[k] = price[k - 1] * up;
  for (int k = 0; k <= LEVELS; k++) value[k] = fmax(strike - price[2 * k], 0);
  for (int level = LEVELS - 1; level >= 0; level--) {
    for (int k = 0; k <= level; k++) {
      double held = falling * value[k] + rising * value[k + 1];
      double exercised = strike - price[2 * k + LEVELS - level];
      value[k] = held > exercised ? held : exercised;
    }
  }
  return value[0];
}
