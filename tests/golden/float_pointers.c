/*
 * f_surrogate: a neural surrogate of f, written by nsc.
 *
 * Topology: 9-3-3-2 sigmoid.
 * Domain:
 *   x in [-1, 1]
 *
 * A note.
 */

static const float nsc_weight_1[1][3] = {
    {0.370000005f, 1.15999997f, -0.529999971f}};
static const float nsc_bias_1[3] = {1.27999997f, 0.49000001f, 0.400000006f};
static const float nsc_weight_2[3][3] = {
    {0.870000005f, 1.01999998f, -0.0700000003f},
    {-0.50999999f, 0.119999997f, 1.79999995f},
    {-1.69000006f, -0.879999995f, 2.0f}};
static const float nsc_bias_2[3] = {-0.660000026f, 0.330000013f, -0.819999993f};
static const float nsc_weight_3[3][2] = {
    {0.439999998f, 1.79999995f},
    {-0.75f, -1.25999999f},
    {-0.5f, 0.569999993f}};
static const float nsc_bias_3[2] = {-1.91999996f, 1.53999996f};

/* 1 / (1 + exp(-z)): 2^t = 2^n 2^f, |f| <= 1/2, by a polynomial and the exponent's bits. */
static float nsc_sigmoid(float z) {
  union { float real; int bits; } power;
  float t = z * -1.44269502f, n, f, p;
  t = t > 60.0f ? 60.0f : t < -60.0f ? -60.0f : t;
  n = (t + 12582912.0f) - 12582912.0f;
  f = t - n;
  p = 0.000154035297f; p = p * f + 0.00133335579f; p = p * f + 0.00961812865f; p = p * f + 0.0555041097f;
  p = p * f + 0.240226507f; p = p * f + 0.693147182f; p = p * f + 1.0f;
  power.real = p;
  power.bits += (int)n * ((int)1 << 23);
  return 1.0f / (1.0f + power.real);
}

void f_surrogate(float x, float *re, float *im) {
  float nsc_x[1];
  float nsc_h1[3], nsc_h2[3], nsc_y[2];
  nsc_x[0] = x;
  for (int j = 0; j < 3; j++) nsc_h1[j] = nsc_bias_1[j];
  for (int i = 0; i < 1; i++)
    for (int j = 0; j < 3; j++) nsc_h1[j] += nsc_weight_1[i][j] * nsc_x[i];
  for (int j = 0; j < 3; j++) nsc_h1[j] = nsc_sigmoid(nsc_h1[j]);
  for (int j = 0; j < 3; j++) nsc_h2[j] = nsc_bias_2[j];
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) nsc_h2[j] += nsc_weight_2[i][j] * nsc_h1[i];
  for (int j = 0; j < 3; j++) nsc_h2[j] = nsc_sigmoid(nsc_h2[j]);
  for (int j = 0; j < 2; j++) nsc_y[j] = nsc_bias_3[j];
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 2; j++) nsc_y[j] += nsc_weight_3[i][j] * nsc_h2[i];
  (*re) = nsc_y[0];
  (*im) = nsc_y[1];
}
