/* Calls the original or the surrogate as often as it is told to; who tells it holds the clock.
 *
 * In:  INPUTS, OUTPUTS and the inputs CASES, an array of POINTS; nsc_timed_original and nsc_timed_surrogate from
 *      elsewhere. On standard input orders, long longs: 0 asks for the original's outputs, n > 0 for n calls of the
 *      original, n < 0 for -n of the surrogate, 2^40 + n for n batches of all inputs.
 * Out: on standard output the outputs, doubles, or one byte when the calls are done. Nothing here is to be trusted by
 *      who reads it: the original runs in the same process.
 */
#include "confine.h"

#define BATCH (1ll << 40)

typedef void entry(const double *, double *);
extern entry nsc_timed_original, nsc_timed_surrogate;
extern void nsc_timed_batch(const double *, double *, long long);

static const double x[POINTS][INPUTS] = {CASES};
static double y[OUTPUTS], all[POINTS][OUTPUTS];
static volatile double sink;

static int say(const void *what, long size) {
  const char *at = what;
  while (size > 0) {
    long n = write(1, at, size);
    if (n <= 0) return 0;
    at += n, size -= n;
  }
  return 1;
}

static void called(entry *f, long long calls) {
  for (long long k = 0; k < calls; k++) f(x[k % POINTS], y), sink += y[0];
}

int main(void) {
  long long order;
  if (confine()) return 3;
  while (read(0, &order, sizeof order) == sizeof order) {
    if (order == 0) {
      for (int k = 0; k < POINTS; k++) nsc_timed_original(x[k], all[k]);
      if (!say(all, sizeof all)) return 4;
      continue;
    }
    if (order > BATCH) nsc_timed_batch(x[0], y, order - BATCH), sink += y[0];
    else called(order > 0 ? nsc_timed_original : nsc_timed_surrogate, order > 0 ? order : -order);
    if (!say("", 1)) return 4;
  }
  return 0;
}
