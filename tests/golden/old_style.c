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

#ifdef __clang__
#define NSC_VECTORISE _Pragma("clang loop vectorize(enable) unroll(disable)")
#else
#define NSC_VECTORISE
#endif
#ifdef __GNUC__
#define NSC_INLINE static inline __attribute__((always_inline, unused))
#else
#define NSC_INLINE static inline
#endif

#ifdef __FAST_MATH__
#error "-ffast-math undoes roundings that exp needs: leave it out for this file"
#endif

/* t, no farther from zero than 120. */
NSC_INLINE float nsc_limited(float t) {
  union { float real; int bits; } value;
  int size;
  value.real = t;
  size = value.bits & 0x7fffffff;
  size = size > 0x7f800000 ? 0x7fc00000 : size > 0x42f00000 ? 0x42f00000 : size;
  value.bits = (value.bits & ~0x7fffffff) | size;
  return value.real;
}

/* 1 / (1 + 2^t): 2^t = 2^n 2^f; 2^f, |f| <= 1/2, by a polynomial. */
NSC_INLINE float nsc_sigmoid(float t) {
  union { float real; unsigned bits; } whole, power;
  float f, f2, f4;
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

/* Weights and biases of hidden layers are times -1.4427: sums of them are exponents of two. */
static const float nsc_weight_1[3][3] = {
    {-0.533797145f, -1.67352629f, 0.764628351f},
    {0.880043983f, -1.21186388f, 0.302965969f},
    {1.76008797f, 1.91878438f, 1.81779575f}};
static const float nsc_bias_1[3] = {-1.84664965f, -0.706920564f, -0.577078044f};
static const float nsc_weight_2[3][3] = {
    {-1.25514472f, -1.47154891f, 0.100988656f},
    {0.735774457f, -0.173123404f, -2.59685111f},
    {2.4381547f, 1.26957166f, -2.88539004f}};
static const float nsc_bias_2[3] = {0.952178717f, -0.476089358f, 1.18300998f};
static const float nsc_weight_3[3][1] = {
    {0.439999998f},
    {-0.75f},
    {-0.5f}};
static const float nsc_bias_3[1] = {1.79999995f};

float f(double x, double v[2]) {
  float nsc_x[3], nsc_h1[3], nsc_h2[3], nsc_y[1];
  float nsc_result;
  if (!(x >= -1 && x <= 1
        && v[0] >= -1 && v[0] <= 1
        && v[1] >= -1 && v[1] <= 1)) return f_original(x, v);
  nsc_x[0] = (float)x;
  nsc_x[1] = (float)v[0];
  nsc_x[2] = (float)v[1];
  for (int j = 0; j < 3; j++) nsc_h1[j] = nsc_sigmoid(nsc_limited(nsc_bias_1[j] + nsc_weight_1[0][j] * nsc_x[0] + nsc_weight_1[1][j] * nsc_x[1] + nsc_weight_1[2][j] * nsc_x[2]));
  for (int j = 0; j < 3; j++) nsc_h2[j] = nsc_sigmoid(nsc_bias_2[j] + nsc_weight_2[0][j] * nsc_h1[0] + nsc_weight_2[1][j] * nsc_h1[1] + nsc_weight_2[2][j] * nsc_h1[2]);
  for (int j = 0; j < 1; j++) nsc_y[j] = nsc_bias_3[j] + nsc_weight_3[0][j] * nsc_h2[0] + nsc_weight_3[1][j] * nsc_h2[1] + nsc_weight_3[2][j] * nsc_h2[2];
  nsc_result = nsc_y[0];
  return nsc_result;
}

#include <stddef.h>
#include <string.h>

#ifdef __cplusplus
#define NSC_RESTRICT __restrict
#define NSC_PUBLIC extern "C"
#else
#define NSC_RESTRICT restrict
#define NSC_PUBLIC
#endif
/* Where nothing is said of the processor, entries are compiled for AVX-512, AVX2 and plain
 * x86-64, and the loader chooses (gcc with GNU libc); -DNSC_ONE_TARGET does without. */
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__AVX2__) && !defined(NSC_ONE_TARGET) \
  && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) \
  && !defined(__clang__) && __GNUC__ >= 12
#define NSC_TARGETS __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define NSC_TARGETS
#endif

enum { NSC_LANES = 32 };  /* rows of a block */

/* All layers, on a block: [input][row] to [output][row]. */
NSC_INLINE void nsc_block(float (*nsc_x)[NSC_LANES], float (*nsc_y)[NSC_LANES]) {
  float nsc_h1[3][NSC_LANES], nsc_h2[3][NSC_LANES];
  for (int j = 0; j < 3; j++)
    for (int r = 0; r < NSC_LANES; r++)
      nsc_h1[j][r] = nsc_sigmoid(nsc_limited(nsc_bias_1[j] + nsc_weight_1[0][j] * nsc_x[0][r] + nsc_weight_1[1][j] * nsc_x[1][r] + nsc_weight_1[2][j] * nsc_x[2][r]));
  for (int j = 0; j < 3; j++)
    for (int r = 0; r < NSC_LANES; r++)
      nsc_h2[j][r] = nsc_sigmoid(nsc_bias_2[j] + nsc_weight_2[0][j] * nsc_h1[0][r] + nsc_weight_2[1][j] * nsc_h1[1][r] + nsc_weight_2[2][j] * nsc_h1[2][r]);
  for (int j = 0; j < 1; j++)
    for (int r = 0; r < NSC_LANES; r++)
      nsc_y[j][r] = nsc_bias_3[j] + nsc_weight_3[0][j] * nsc_h2[0][r] + nsc_weight_3[1][j] * nsc_h2[1][r] + nsc_weight_3[2][j] * nsc_h2[2][r];
}

static float nsc_scalar(double nsc_0, double nsc_1[2]) { return f(nsc_0, nsc_1); }
static void nsc_row(const double *nsc_x, double *nsc_y) {
  double x = 0;
  double v[2] = {0};
  x = (double)nsc_x[0];
  v[0] = (double)nsc_x[1];
  v[1] = (double)nsc_x[2];
  float nsc_result = nsc_scalar(x, v);
  nsc_y[0] = (double)nsc_result;
}

/* Leave a row outside the domain to the original. */
static void nsc_leave(const double *x, double *y) {
  double in[3], out[1];
  if ((x)[0] >= -1 && (x)[0] <= 1
        && (x)[1] >= -1 && (x)[1] <= 1
        && (x)[2] >= -1 && (x)[2] <= 1) return;
  for (int k = 0; k < 3; k++) in[k] = x[k];
  nsc_row(in, out);
  for (int k = 0; k < 1; k++) y[k] = (double)out[k];
}

NSC_TARGETS
static void nsc_n(const double *NSC_RESTRICT x, double *NSC_RESTRICT y, size_t first, size_t n) {
  for (size_t at = first; at < n; at += NSC_LANES) {
    int rows = n - at < NSC_LANES ? (int)(n - at) : NSC_LANES;
    float nsc_x[3][NSC_LANES], nsc_y[1][NSC_LANES];
    if (rows == NSC_LANES) {
      for (int r = 0; r < NSC_LANES; r++) {
        nsc_x[0][r] = (float)x[(at + r) * 3 + 0];
        nsc_x[1][r] = (float)x[(at + r) * 3 + 1];
        nsc_x[2][r] = (float)x[(at + r) * 3 + 2];
      }
    } else {
      memset(nsc_x, 0, sizeof nsc_x);
      for (int r = 0; r < rows; r++) {
        nsc_x[0][r] = (float)x[(at + r) * 3 + 0];
        nsc_x[1][r] = (float)x[(at + r) * 3 + 1];
        nsc_x[2][r] = (float)x[(at + r) * 3 + 2];
      }
    }
    nsc_block(nsc_x, nsc_y);
    if (rows == NSC_LANES) {
      for (int r = 0; r < NSC_LANES; r++) {
        y[(at + r) * 1 + 0] = (double)nsc_y[0][r];
        nsc_leave(x + (at + r) * 3, y + (at + r) * 1);
      }
    } else {
      for (int r = 0; r < rows; r++) {
        y[(at + r) * 1 + 0] = (double)nsc_y[0][r];
        nsc_leave(x + (at + r) * 3, y + (at + r) * 1);
      }
    }
  }
}

/* n rows: 3 inputs each in x, 1 outputs each in y. */
NSC_PUBLIC void f_surrogate_n(const double *NSC_RESTRICT x, double *NSC_RESTRICT y, size_t n) {
  nsc_n(x, y, 0, n);
}

NSC_TARGETS
static void nsc_soa(const double *const *x, double *const *y, size_t first, size_t n) {
  for (size_t at = first; at < n; at += NSC_LANES) {
    int rows = n - at < NSC_LANES ? (int)(n - at) : NSC_LANES;
    float nsc_x[3][NSC_LANES], nsc_y[1][NSC_LANES];
    if (rows == NSC_LANES) {
      for (int r = 0; r < NSC_LANES; r++) {
        nsc_x[0][r] = (float)x[0][at + r];
        nsc_x[1][r] = (float)x[1][at + r];
        nsc_x[2][r] = (float)x[2][at + r];
      }
    } else {
      memset(nsc_x, 0, sizeof nsc_x);
      for (int r = 0; r < rows; r++) {
        nsc_x[0][r] = (float)x[0][at + r];
        nsc_x[1][r] = (float)x[1][at + r];
        nsc_x[2][r] = (float)x[2][at + r];
      }
    }
    nsc_block(nsc_x, nsc_y);
    if (rows == NSC_LANES) {
      for (int r = 0; r < NSC_LANES; r++) {
        y[0][at + r] = (double)nsc_y[0][r];
        { double in[3] = {x[0][at + r], x[1][at + r], x[2][at + r]}, out[1] = {y[0][at + r]}; nsc_leave(in, out); y[0][at + r] = out[0]; }
      }
    } else {
      for (int r = 0; r < rows; r++) {
        y[0][at + r] = (double)nsc_y[0][r];
        { double in[3] = {x[0][at + r], x[1][at + r], x[2][at + r]}, out[1] = {y[0][at + r]}; nsc_leave(in, out); y[0][at + r] = out[0]; }
      }
    }
  }
}

/* The same with one array an input, x[k], and an output, y[k]. */
NSC_PUBLIC void f_surrogate_soa(const double *const *x, double *const *y, size_t n) {
  nsc_soa(x, y, 0, n);
}
