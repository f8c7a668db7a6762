/*
 * f_surrogate: a neural surrogate of f, written by nsc.
 *
 * Topology: 9-3-3-1 sigmoid.
 * Domain:
 *   x in [-1, 1]
 *   n in [1, 9]
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

/* 1 / (1 + exp(-z)): exp(-z) = 2^n 2^f; 2^f, |f| <= 1/2, by a polynomial. */
static double nsc_sigmoid(double z) {
  union { double real; unsigned long long bits; } whole, power;
  double t = z * -1.4426950408889634, f, f2, f4;
  t = t > 700.0 ? 700.0 : t < -700.0 ? -700.0 : t;
  whole.real = t + 6755399441055744.0;
  f = t - (whole.real - 6755399441055744.0);
  f2 = f * f;
  f4 = f2 * f2;
  power.real = (1.0 + 0.69314718054821178 * f)
    + (0.24022650698110432 + 0.055504109352676939 * f) * f2
    + ((0.0096181286161710518 + 0.0013333454859407318 * f)
    + (0.00015403825422635655 + 1.5309156448358417e-05 * f) * f2) * f4
    + 1.3178942998334341e-06 * (f4 * f4);
  power.bits += whole.bits << 52;
  return 1.0 / (1.0 + power.real);
}

int f_surrogate(double x, int n) {
  double nsc_x[2];
  double nsc_h1[3], nsc_h2[3], nsc_y[1];
  int nsc_result;
  nsc_x[0] = x;
  nsc_x[1] = ((double)n - 5.0) * 0.25;
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
  nsc_result = (int)(nsc_y[0] < -2147483648.0 ? -2147483648.0 : nsc_y[0] > 2147483647.0 ? 2147483647.0 : nsc_y[0] < 0 ? nsc_y[0] - 0.5 : nsc_y[0] + 0.5);
  return nsc_result;
}
