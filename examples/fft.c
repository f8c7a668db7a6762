// nsc: --function twiddle
/* The twiddle factor of a radix-2 FFT, exp(-2 pi i x), written through two pointers. */
#include <math.h>

#define TWO_PI (2.0 * 3.14159265358979323846)

void twiddle(float x, float *re, float *im) {
  double angle = -TWO_PI * x / 2;
  *re = cosf((float)angle);
  *im = sinf((float)angle);
}
