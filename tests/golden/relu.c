/*
 * f_surrogate: a neural surrogate of f, written by nsc.
 *
 * Topology: 9-3-3-1 relu.
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
static const float nsc_weight_3[3][1] = {
    {0.439999998f},
    {-0.75f},
    {-0.5f}};
static const float nsc_bias_3[1] = {1.79999995f};

float f_surrogate(float x) {
  float nsc_x[1];
  float nsc_h1[3], nsc_h2[3], nsc_y[1];
  float nsc_result;
  nsc_x[0] = x;
  for (int j = 0; j < 3; j++) nsc_h1[j] = nsc_bias_1[j];
  for (int i = 0; i < 1; i++)
    for (int j = 0; j < 3; j++) nsc_h1[j] += nsc_weight_1[i][j] * nsc_x[i];
  for (int j = 0; j < 3; j++) nsc_h1[j] = nsc_h1[j] > 0 ? nsc_h1[j] : 0;
  for (int j = 0; j < 3; j++) nsc_h2[j] = nsc_bias_2[j];
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) nsc_h2[j] += nsc_weight_2[i][j] * nsc_h1[i];
  for (int j = 0; j < 3; j++) nsc_h2[j] = nsc_h2[j] > 0 ? nsc_h2[j] : 0;
  for (int j = 0; j < 1; j++) nsc_y[j] = nsc_bias_3[j];
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 1; j++) nsc_y[j] += nsc_weight_3[i][j] * nsc_h2[i];
  nsc_result = nsc_y[0];
  return nsc_result;
}
