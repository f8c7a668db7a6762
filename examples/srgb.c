// nsc: --function luma --domain r=0:1,g=0:1,b=0:1
/* Perceived lightness of an sRGB colour: a helper, a macro and a table. */
#include <math.h>

#define CLAMP(v, lo, hi) ((v) < (lo) ? (lo) : (v) > (hi) ? (hi) : (v))

static const double WEIGHT[3] = {0.2126, 0.7152, 0.0722}; /* Rec. 709 */

/* Undo the sRGB transfer function. */
static double linear(double v) {
  v = CLAMP(v, 0.0, 1.0);
  return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

double luma(double r, double g, double b) {
  double y = WEIGHT[0] * linear(r) + WEIGHT[1] * linear(g) + WEIGHT[2] * linear(b);
  return y <= 0.008856 ? 903.3 * y / 100 : 1.16 * cbrt(y) - 0.16;
}
