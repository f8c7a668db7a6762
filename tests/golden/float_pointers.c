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

/* 1 / (1 + 2^t): 2^t = 2^n 2^f; 2^f, |f| <= 1/2, is (even + odd) / (even - odd). */
NSC_INLINE float nsc_sigmoid(float t) {
  union { float real; unsigned bits; } whole, power;
  float f, f2, even, odd, below;
  whole.real = t + 12583039.0f;
  f = t - (whole.real - 12583039.0f);
  f2 = f * f;
  even = f2 + 20.818922f;
  odd = f * (7.21528864f + 0.0576900952f * f2);
  power.bits = whole.bits << 23;
  below = even - odd;
  return below / (below + power.real * (even + odd));
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

/* Where nothing is said of the processor, entries are compiled for AVX-512, AVX2 and
 * plain x86-64, and the first call chooses; -DNSC_ONE_TARGET does without. */
#if defined(__x86_64__) && !defined(__AVX2__) && !defined(NSC_ONE_TARGET) \
  && (defined(__clang__) || __GNUC__ >= 9)
#define NSC_LEVELS
#ifdef __clang__
#define NSC_WIDE min_vector_width(512)
#else
#define NSC_WIDE unused
#endif
#define NSC_AVX2 __attribute__((target("avx2,fma")))
#define NSC_AVX512 \
  __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma"), NSC_WIDE))
#endif

#ifdef NSC_LEVELS
static void nsc_ask(unsigned *r, unsigned leaf) {
  __asm__ volatile("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3]) : "a"(leaf), "c"(0));
}

/* 3: AVX-512, 2: AVX2, 1: neither, or none that the system keeps registers for. */
static int nsc_level(void) {
  static int known;
  unsigned r[4], kept, rest;
  int found = __atomic_load_n(&known, __ATOMIC_RELAXED);
  if (found) return found;
  found = 1;
  nsc_ask(r, 0);
  if (r[0] >= 7) {
    nsc_ask(r, 1);
    if ((r[2] >> 27 & 1) && (r[2] >> 12 & 1)) {
      __asm__ volatile("xgetbv" : "=a"(kept), "=d"(rest) : "c"(0));
      nsc_ask(r, 7);
      if ((kept & 0x06) == 0x06 && (r[1] >> 5 & 1)) found = 2;
      if (found == 2 && (kept & 0xe6) == 0xe6 && (r[1] & 0xc0030000u) == 0xc0030000u) found = 3;
    }
  }
  __atomic_store_n(&known, found, __ATOMIC_RELAXED);
  return found;
}
#endif

enum { NSC_LANES = 32 };  /* rows of a block */

/* Is an input of a block farther from zero than 70.5654144f, or NaN?
 * Where none is, no sum of the first layer is too large for the sigmoid. */
NSC_INLINE int nsc_is_far(float (*nsc_x)[NSC_LANES]) {
  int far = 0;
  for (int k = 0; k < 1; k++)
    for (int r = 0; r < NSC_LANES; r++) {
      union { float real; int bits; } value;
      value.real = nsc_x[k][r];
      far |= 0x428d217e - (value.bits & 0x7fffffff);
    }
  return far < 0;
}

/* All layers, on a block: [input][row] to [output][row]. */
NSC_INLINE void nsc_block(float (*nsc_x)[NSC_LANES], float (*nsc_y)[NSC_LANES], int nsc_far) {
  float nsc_h1[3][NSC_LANES], nsc_h2[3][NSC_LANES];
  for (int j = 0; j < 3; j++) {
    float nsc_z[NSC_LANES];
    for (int r = 0; r < NSC_LANES; r++)
      nsc_z[r] = nsc_bias_1[j] + nsc_weight_1[0][j] * nsc_x[0][r];
    for (int r = 0; r < NSC_LANES; r++)
      nsc_h1[j][r] = nsc_sigmoid(nsc_far ? nsc_limited(nsc_z[r]) : nsc_z[r]);
  }
  for (int j = 0; j < 3; j++) {
    float nsc_z[NSC_LANES];
    for (int r = 0; r < NSC_LANES; r++)
      nsc_z[r] = nsc_bias_2[j] + nsc_weight_2[0][j] * nsc_h1[0][r] + nsc_weight_2[1][j] * nsc_h1[1][r] + nsc_weight_2[2][j] * nsc_h1[2][r];
    for (int r = 0; r < NSC_LANES; r++)
      nsc_h2[j][r] = nsc_sigmoid(nsc_z[r]);
  }
  for (int j = 0; j < 2; j++)
    for (int r = 0; r < NSC_LANES; r++)
      nsc_y[j][r] = nsc_bias_3[j] + nsc_weight_3[0][j] * nsc_h2[0][r] + nsc_weight_3[1][j] * nsc_h2[1][r] + nsc_weight_3[2][j] * nsc_h2[2][r];
}

NSC_INLINE void nsc_n_any(const float *NSC_RESTRICT x, float *NSC_RESTRICT y, size_t first, size_t n) {
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
    if (nsc_is_far(nsc_x)) nsc_block(nsc_x, nsc_y, 1);
    else nsc_block(nsc_x, nsc_y, 0);
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

#ifdef NSC_LEVELS
NSC_AVX512 static void nsc_n_avx512(const float *NSC_RESTRICT x, float *NSC_RESTRICT y, size_t first, size_t n) { nsc_n_any(x, y, first, n); }
NSC_AVX2 static void nsc_n_avx2(const float *NSC_RESTRICT x, float *NSC_RESTRICT y, size_t first, size_t n) { nsc_n_any(x, y, first, n); }
#endif

static void nsc_n(const float *NSC_RESTRICT x, float *NSC_RESTRICT y, size_t first, size_t n) {
#ifdef NSC_LEVELS
  int level = nsc_level();
  if (level == 3) { nsc_n_avx512(x, y, first, n); return; }
  if (level == 2) { nsc_n_avx2(x, y, first, n); return; }
#endif
  nsc_n_any(x, y, first, n);
}

/* n rows: 1 inputs each in x, 2 outputs each in y. */
NSC_PUBLIC void f_surrogate_n(const float *NSC_RESTRICT x, float *NSC_RESTRICT y, size_t n) {
  nsc_n(x, y, 0, n);
}

NSC_INLINE void nsc_soa_any(const float *const *x, float *const *y, size_t first, size_t n) {
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
    if (nsc_is_far(nsc_x)) nsc_block(nsc_x, nsc_y, 1);
    else nsc_block(nsc_x, nsc_y, 0);
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

#ifdef NSC_LEVELS
NSC_AVX512 static void nsc_soa_avx512(const float *const *x, float *const *y, size_t first, size_t n) { nsc_soa_any(x, y, first, n); }
NSC_AVX2 static void nsc_soa_avx2(const float *const *x, float *const *y, size_t first, size_t n) { nsc_soa_any(x, y, first, n); }
#endif

static void nsc_soa(const float *const *x, float *const *y, size_t first, size_t n) {
#ifdef NSC_LEVELS
  int level = nsc_level();
  if (level == 3) { nsc_soa_avx512(x, y, first, n); return; }
  if (level == 2) { nsc_soa_avx2(x, y, first, n); return; }
#endif
  nsc_soa_any(x, y, first, n);
}

/* The same with one array an input, x[k], and an output, y[k]. */
NSC_PUBLIC void f_surrogate_soa(const float *const *x, float *const *y, size_t n) {
  nsc_soa(x, y, 0, n);
}
