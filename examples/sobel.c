// nsc: --domain w=0:1
/* Edge strength at the middle of a 3x3 window of grey levels (0 black, 1 white): the Sobel operator. */
#include <math.h>

#define SQUARE(v) ((v) * (v))

float sobel(const float w[3][3]) {
  float gx = 0, gy = 0;
  for (int k = 0; k < 3; k++) {
    float weight = k == 1 ? 2.0f : 1.0f;
    gx += weight * (w[k][2] - w[k][0]);
    gy += weight * (w[2][k] - w[0][k]);
  }
  return fminf(sqrtf(SQUARE(gx) + SQUARE(gy)) / 4.0f, 1.0f);
}
