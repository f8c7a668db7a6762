// nsc: --function call_price --domain spot=80:120,strike=80:120,rate=0.01:0.08,volatility=0.1:0.5,years=0.25:2
/* Price of a European call option after Black and Scholes (1973). */
#include <math.h>

/* Standard normal distribution function. */
static double normal_cdf(double x) {
  return 0.5 * erfc(-x * M_SQRT1_2);
}

double call_price(double spot, double strike, double rate, double volatility, double years) {
  double spread = volatility * sqrt(years);
  double d1 = (log(spot / strike) + (rate + 0.5 * volatility * volatility) * years) / spread;
  double d2 = d1 - spread;
  return spot * normal_cdf(d1) - strike * exp(-rate * years) * normal_cdf(d2);
}

double put_price(double spot, double strike, double rate, double volatility, double years) {
  return call_price(spot, strike, rate, volatility, years) - spot + strike * exp(-rate * years);
}
