/* Calls a program on rows of inputs.
 *
 * In:  INPUTS, OUTPUTS; nsc_called from elsewhere. On standard input rows of INPUTS doubles.
 * Out: on standard output, for each, a row of OUTPUTS doubles, each written as soon as it is known: who reads them sees
 *      which row a crash belongs to.
 */
#include "confine.h"

typedef void entry(const double *, double *);
extern entry nsc_called;

static double x[INPUTS], y[OUTPUTS];

/* 1: all of it; 0: there is no more */
static int heard(void *what, long size) {
  char *at = what;
  while (size > 0) {
    long n = read(0, at, size);
    if (n <= 0) return 0;
    at += n, size -= n;
  }
  return 1;
}

static int say(const void *what, long size) {
  const char *at = what;
  while (size > 0) {
    long n = write(1, at, size);
    if (n <= 0) return 0;
    at += n, size -= n;
  }
  return 1;
}

int main(void) {
  if (confine()) return 3;
  while (heard(x, sizeof x)) {
    nsc_called(x, y);
    if (!say(y, sizeof y)) return 4;
  }
  return 0;
}
