/*
 * f: a neural surrogate of f, written by nsc.
 *
 * Topology: 9-3-3-3 sigmoid.
 * Domain:
 *   s.on in [0, 1]
 *   s.mode in [-4, 3]
 *   s.gain in [-1, 1]
 *   x in [-1, 1]
 *
 * A note.
 */

/* The original, called outside the domain. */
#define f f_original
struct flags { unsigned on : 1; int : 0; int mode : 3; double gain; };

void f(struct flags *s, double x) { s->mode += s->on; s->on ^= x > 0; s->gain *= x; }
#undef f

static const double nsc_weight_1[4][3] = {
    {0.37, 1.1599999999999999, -0.53000000000000003},
    {-0.60999999999999999, 0.83999999999999997, -0.20999999999999999},
    {-1.22, -1.3300000000000001, -1.26},
    {-1.29, 0.94999999999999996, -1.0}};
static const double nsc_bias_1[3] = {1.28, 0.48999999999999999, 0.40000000000000002};
static const double nsc_weight_2[3][3] = {
    {0.87, 1.02, -0.070000000000000007},
    {-0.51000000000000001, 0.12, 1.8},
    {-1.6899999999999999, -0.88, 2.0}};
static const double nsc_bias_2[3] = {-0.66000000000000003, 0.33000000000000002, -0.81999999999999995};
static const double nsc_weight_3[3][3] = {
    {0.44, 1.8, -1.9199999999999999},
    {-0.75, -1.26, 1.54},
    {-0.5, 0.56999999999999995, 1.3300000000000001}};
static const double nsc_bias_3[3] = {-1.2, 1.74, -2.04};

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

void f(struct flags *s, double x) {
  double nsc_x[4];
  double nsc_h1[3], nsc_h2[3], nsc_y[3];
  if (!(s->gain >= -1 && s->gain <= 1
        && x >= -1 && x <= 1)) { f_original(s, x); return; }
  nsc_x[0] = ((double)s->on - 0.5) * 2.0;
  nsc_x[1] = ((double)s->mode + 0.5) * 0.2857142857142857;
  nsc_x[2] = s->gain;
  nsc_x[3] = x;
  for (int j = 0; j < 3; j++) nsc_h1[j] = nsc_bias_1[j];
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 3; j++) nsc_h1[j] += nsc_weight_1[i][j] * nsc_x[i];
  for (int j = 0; j < 3; j++) nsc_h1[j] = nsc_sigmoid(nsc_h1[j]);
  for (int j = 0; j < 3; j++) nsc_h2[j] = nsc_bias_2[j];
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) nsc_h2[j] += nsc_weight_2[i][j] * nsc_h1[i];
  for (int j = 0; j < 3; j++) nsc_h2[j] = nsc_sigmoid(nsc_h2[j]);
  for (int j = 0; j < 3; j++) nsc_y[j] = nsc_bias_3[j];
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) nsc_y[j] += nsc_weight_3[i][j] * nsc_h2[i];
  s->on = (unsigned int)(nsc_y[0] < 0.0 ? 0.0 : nsc_y[0] > 1.0 ? 1.0 : nsc_y[0] < 0 ? nsc_y[0] - 0.5 : nsc_y[0] + 0.5);
  s->mode = (int)(nsc_y[1] < -4.0 ? -4.0 : nsc_y[1] > 3.0 ? 3.0 : nsc_y[1] < 0 ? nsc_y[1] - 0.5 : nsc_y[1] + 0.5);
  s->gain = nsc_y[2];
}
