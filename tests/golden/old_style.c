/*
 * f: a neural surrogate of f, written by nsc.
 *
 * Topology: 9-3-3-1 sigmoid.
 * Domain:
 *   x in [-1, 1]
 *   v[0] in [-1, 1]
 *   v[1] in [-1, 1]
 *
 * A note.
 */

/* The original, called outside the domain. */
#define f f_original
double g(double a) { return ((a) * (a)); }
float f(double x, double v[2]) { double passed_x = x; { float x = passed_x; return g(x) * v[0] + v[1];  }}
#undef f

static const float nsc_weight_1[3][3] = {
    {0.370000005f, 1.15999997f, -0.529999971f},
    {-0.610000014f, 0.839999974f, -0.209999993f},
    {-1.22000003f, -1.33000004f, -1.25999999f}};
static const float nsc_bias_1[3] = {1.27999997f, 0.49000001f, 0.400000006f};
static const float nsc_weight_2[3][3] = {
    {0.870000005f, 1.01999998f, -0.0700000003f},
    {-0.50999999f, 0.119999997f, 1.79999995f},
    {-1.69000006f, -0.879999995f, 2.0f}};
static const float nsc_bias_2[3] = {-0.660000026f, 0.330000013f, -0.819999993f};
static const float nsc_weight_3[3][1] = {
    {0.439999998f},
    {-0.75f},
    {-0.5f}};
static const float nsc_bias_3[1] = {1.79999995f};

/* 1 / (1 + exp(-z)): exp(-z) = 2^n 2^f; 2^f, |f| <= 1/2, by a polynomial. */
static float nsc_sigmoid(float z) {
  union { float real; unsigned bits; } whole, power;
  float t = z * -1.44269502f, f, f2, f4;
  t = t > 60.0f ? 60.0f : t < -60.0f ? -60.0f : t;
  whole.real = t + 12582912.0f;
  f = t - (whole.real - 12582912.0f);
  f2 = f * f;
  f4 = f2 * f2;
  power.real = (1.0f + 0.693147004f * f)
    + (0.240222424f + 0.0555073358f * f) * f2
    + (0.00967151299f + 0.00132647273f * f) * f4;
  power.bits += whole.bits << 23;
  return 1.0f / (1.0f + power.real);
}

float f(double x, double v[2]) {
  float nsc_x[3];
  float nsc_h1[3], nsc_h2[3], nsc_y[1];
  float nsc_result;
  if (!(x >= -1 && x <= 1
        && v[0] >= -1 && v[0] <= 1
        && v[1] >= -1 && v[1] <= 1)) return f_original(x, v);
  nsc_x[0] = (float)x;
  nsc_x[1] = (float)v[0];
  nsc_x[2] = (float)v[1];
  for (int j = 0; j < 3; j++) nsc_h1[j] = nsc_bias_1[j];
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) nsc_h1[j] += nsc_weight_1[i][j] * nsc_x[i];
  for (int j = 0; j < 3; j++) nsc_h1[j] = nsc_sigmoid(nsc_h1[j]);
  for (int j = 0; j < 3; j++) nsc_h2[j] = nsc_bias_2[j];
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) nsc_h2[j] += nsc_weight_2[i][j] * nsc_h1[i];
  for (int j = 0; j < 3; j++) nsc_h2[j] = nsc_sigmoid(nsc_h2[j]);
  for (int j = 0; j < 1; j++) nsc_y[j] = nsc_bias_3[j];
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 1; j++) nsc_y[j] += nsc_weight_3[i][j] * nsc_h2[i];
  nsc_result = nsc_y[0];
  return nsc_result;
}
