/*
 * f_surrogate: a neural surrogate of f, written by nsc.
 *
 * Topology: 9-3-3-1 sigmoid.
 * Domain:
 *   x in [0, 10]
 *   y in [-1, 1]
 *
 * A note.
 */

static const double nsc_weight_1[2][3] = {
    {0.37, 1.1599999999999999, -0.53000000000000003},
    {-0.60999999999999999, 0.83999999999999997, -0.20999999999999999}};
static const double nsc_bias_1[3] = {1.28, 0.48999999999999999, 0.40000000000000002};
static const double nsc_weight_2[3][3] = {
    {0.87, 1.02, -0.070000000000000007},
    {-0.51000000000000001, 0.12, 1.8},
    {-1.6899999999999999, -0.88, 2.0}};
static const double nsc_bias_2[3] = {-0.66000000000000003, 0.33000000000000002, -0.81999999999999995};
static const double nsc_weight_3[3][1] = {
    {0.44},
    {-0.75},
    {-0.5}};
static const double nsc_bias_3[1] = {1.8};

/* 1 / (1 + exp(-z)): 2^t = 2^n 2^f, |f| <= 1/2, by a polynomial and the exponent's bits. */
static double nsc_sigmoid(double z) {
  union { double real; long long bits; } power;
  double t = z * -1.4426950408889634, n, f, p;
  t = t > 700.0 ? 700.0 : t < -700.0 ? -700.0 : t;
  n = (t + 6755399441055744.0) - 6755399441055744.0;
  f = t - n;
  p = 4.4455382718708101e-10; p = p * f + 7.0549116208011209e-09; p = p * f + 1.0178086009239696e-07; p = p * f + 1.3215486790144305e-06;
  p = p * f + 1.5252733804059838e-05; p = p * f + 0.00015403530393381606; p = p * f + 0.0013333558146428441; p = p * f + 0.0096181291076284769;
  p = p * f + 0.055504108664821576; p = p * f + 0.24022650695910069; p = p * f + 0.69314718055994529; p = p * f + 1.0;
  power.real = p;
  power.bits += (long long)n * ((long long)1 << 52);
  return 1.0 / (1.0 + power.real);
}

double f_surrogate(double x, double y) {
  double nsc_x[2];
  double nsc_h1[3], nsc_h2[3], nsc_y[1];
  double nsc_result;
  nsc_x[0] = (x - 5.0) * 0.20000000000000001;
  nsc_x[1] = y;
  for (int j = 0; j < 3; j++) nsc_h1[j] = nsc_bias_1[j];
  for (int i = 0; i < 2; i++)
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
