/* The Sobel operator: edge strength in the middle of a 3x3 window of grey levels, 0 black and 1 white. */
#include <math.h>

#define FULL 0.70710678118654752 /* 1 / sqrt(2): from here on an edge is as strong as can be shown */
#define SHOWN (FULL * 255 / 256) /* what stands for all of these */

float sobel_scalar(float w00, float w01, float w02,
                   float w10, float w11, float w12,
                   float w20, float w21, float w22) {
  float across = -w00 + w02 - 2 * w10 + 2 * w12 - w20 + w22;
  float down = -w00 - 2 * w01 - w02 + w20 + 2 * w21 + w22;
  float strength = sqrtf(across * across + down * down);
  return strength >= FULL ? (float)SHOWN : strength;
}

static const float ACROSS[3][3] = {{-1, 0, 1}, {-2, 0, 2}, {-1, 0, 1}};
static const float DOWN[3][3] = {{-1, -2, -1}, {0, 0, 0}, {1, 2, 1}};

/* The sum over a window of its levels, each times its weight. */
static float weighed(const float w[3][3], const float weight[3][3]) {
  float sum = 0;
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++)
      sum += w[i][j] * weight[i][j];
  return sum;
}

/* As an edge detector calls it: a window as an array. */
float sobel_window(const float w[3][3]) {
  float across = weighed(w, ACROSS);
  float down = weighed(w, DOWN);
  float strength = sqrtf(across * across + down * down);
  if (strength >= FULL)
    strength = (float)SHOWN;
  return strength;
}
