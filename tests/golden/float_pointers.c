/*
 * f_surrogate: a neural surrogate of f, written by nsc.
 *
 * Topology: 9-3-3-2 sigmoid.
 * Domain:
 *   x in [-1, 1]
 *
 * A note.
 */

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
static const float nsc_weight_1[1][3] = {
    {-0.533797145f, -1.67352629f, 0.764628351f}};
static const float nsc_bias_1[3] = {-1.84664965f, -0.706920564f, -0.577078044f};
static const float nsc_weight_2[3][3] = {
    {-1.25514472f, -1.47154891f, 0.100988656f},
    {0.735774457f, -0.173123404f, -2.59685111f},
    {2.4381547f, 1.26957166f, -2.88539004f}};
static const float nsc_bias_2[3] = {0.952178717f, -0.476089358f, 1.18300998f};
static const float nsc_weight_3[3][2] = {
    {0.439999998f, 1.79999995f},
    {-0.75f, -1.25999999f},
    {-0.5f, 0.569999993f}};
static const float nsc_bias_3[2] = {-1.91999996f, 1.53999996f};

void f_surrogate(float x, float *re, float *im) {
  float nsc_x[1], nsc_h1[3], nsc_h2[3], nsc_y[2];
  nsc_x[0] = x;
  for (int j = 0; j < 3; j++) nsc_h1[j] = nsc_sigmoid(nsc_limited(nsc_bias_1[j] + nsc_weight_1[0][j] * nsc_x[0]));
  for (int j = 0; j < 3; j++) nsc_h2[j] = nsc_sigmoid(nsc_bias_2[j] + nsc_weight_2[0][j] * nsc_h1[0] + nsc_weight_2[1][j] * nsc_h1[1] + nsc_weight_2[2][j] * nsc_h1[2]);
  for (int j = 0; j < 2; j++) nsc_y[j] = nsc_bias_3[j] + nsc_weight_3[0][j] * nsc_h2[0] + nsc_weight_3[1][j] * nsc_h2[1] + nsc_weight_3[2][j] * nsc_h2[2];
  (*re) = nsc_y[0];
  (*im) = nsc_y[1];
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
      nsc_h1[j][r] = nsc_sigmoid(nsc_limited(nsc_bias_1[j] + nsc_weight_1[0][j] * nsc_x[0][r]));
  for (int j = 0; j < 3; j++)
    for (int r = 0; r < NSC_LANES; r++)
      nsc_h2[j][r] = nsc_sigmoid(nsc_bias_2[j] + nsc_weight_2[0][j] * nsc_h1[0][r] + nsc_weight_2[1][j] * nsc_h1[1][r] + nsc_weight_2[2][j] * nsc_h1[2][r]);
  for (int j = 0; j < 2; j++)
    for (int r = 0; r < NSC_LANES; r++)
      nsc_y[j][r] = nsc_bias_3[j] + nsc_weight_3[0][j] * nsc_h2[0][r] + nsc_weight_3[1][j] * nsc_h2[1][r] + nsc_weight_3[2][j] * nsc_h2[2][r];
}

NSC_TARGETS
static void nsc_n(const float *NSC_RESTRICT x, float *NSC_RESTRICT y, size_t first, size_t n) {
  for (size_t at = first; at < n; at += NSC_LANES) {
    int rows = n - at < NSC_LANES ? (int)(n - at) : NSC_LANES;
    float nsc_x[1][NSC_LANES], nsc_y[2][NSC_LANES];
    if (rows == NSC_LANES) {
      for (int r = 0; r < NSC_LANES; r++) {
        nsc_x[0][r] = x[(at + r) * 1 + 0];
      }
    } else {
      memset(nsc_x, 0, sizeof nsc_x);
      for (int r = 0; r < rows; r++) {
        nsc_x[0][r] = x[(at + r) * 1 + 0];
      }
    }
    nsc_block(nsc_x, nsc_y);
    if (rows == NSC_LANES) {
      for (int r = 0; r < NSC_LANES; r++) {
        y[(at + r) * 2 + 0] = (float)nsc_y[0][r];
        y[(at + r) * 2 + 1] = (float)nsc_y[1][r];
      }
    } else {
      for (int r = 0; r < rows; r++) {
        y[(at + r) * 2 + 0] = (float)nsc_y[0][r];
        y[(at + r) * 2 + 1] = (float)nsc_y[1][r];
      }
    }
  }
}

/* n rows: 1 inputs each in x, 2 outputs each in y. */
NSC_PUBLIC void f_surrogate_n(const float *NSC_RESTRICT x, float *NSC_RESTRICT y, size_t n) {
  nsc_n(x, y, 0, n);
}

NSC_TARGETS
static void nsc_soa(const float *const *x, float *const *y, size_t first, size_t n) {
  for (size_t at = first; at < n; at += NSC_LANES) {
    int rows = n - at < NSC_LANES ? (int)(n - at) : NSC_LANES;
    float nsc_x[1][NSC_LANES], nsc_y[2][NSC_LANES];
    if (rows == NSC_LANES) {
      for (int r = 0; r < NSC_LANES; r++) {
        nsc_x[0][r] = x[0][at + r];
      }
    } else {
      memset(nsc_x, 0, sizeof nsc_x);
      for (int r = 0; r < rows; r++) {
        nsc_x[0][r] = x[0][at + r];
      }
    }
    nsc_block(nsc_x, nsc_y);
    if (rows == NSC_LANES) {
      for (int r = 0; r < NSC_LANES; r++) {
        y[0][at + r] = (float)nsc_y[0][r];
        y[1][at + r] = (float)nsc_y[1][r];
      }
    } else {
      for (int r = 0; r < rows; r++) {
        y[0][at + r] = (float)nsc_y[0][r];
        y[1][at + r] = (float)nsc_y[1][r];
      }
    }
  }
}

/* The same with one array an input, x[k], and an output, y[k]. */
NSC_PUBLIC void f_surrogate_soa(const float *const *x, float *const *y, size_t n) {
  nsc_soa(x, y, 0, n);
}
