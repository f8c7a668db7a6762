/* The twiddle factor of a radix-2 Cooley-Tukey FFT: exp(-2 pi i x), x being a fraction of a full turn. */
#include <math.h>

#define TWO_PI (2.0 * 3.14159265358979323846)

/* Output 0: the imaginary part. */
float fft_sine(float x) {
  return (float)sin(-TWO_PI * x);
}

/* Output 1: the real part. */
float fft_cosine(float x) {
  return (float)cos(-TWO_PI * x);
}

/* As a transform calls it: both parts through pointers. */
void fft_twiddle(float x, float *sine, float *cosine) {
  double angle = -TWO_PI * x;
  *sine = (float)sin(angle);
  *cosine = (float)cos(angle);
}
