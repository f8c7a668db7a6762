/*
 * f_surrogate: a neural surrogate of f, written by nsc.
 *
 * Topology: 9-3-3-1 relu.
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

/* max(z, 0) */
NSC_INLINE float nsc_positive(float z) {
  union { float real; int bits; } value;
  int size;
  value.real = z;
  size = value.bits & 0x7fffffff;
  size = size > 0x7f800000 ? 0x7fc00000 : value.bits < 0 ? 0 : size;
  value.bits = size;
  return value.real;
}

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
  float nsc_x[1], nsc_h1[3], nsc_h2[3], nsc_y[1];
  float nsc_result;
  nsc_x[0] = x;
  for (int j = 0; j < 3; j++) nsc_h1[j] = nsc_positive(nsc_bias_1[j] + nsc_weight_1[0][j] * nsc_x[0]);
  for (int j = 0; j < 3; j++) nsc_h2[j] = nsc_positive(nsc_bias_2[j] + nsc_weight_2[0][j] * nsc_h1[0] + nsc_weight_2[1][j] * nsc_h1[1] + nsc_weight_2[2][j] * nsc_h1[2]);
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

/* All layers, on a block: [input][row] to [output][row]. */
NSC_INLINE void nsc_block(float (*nsc_x)[NSC_LANES], float (*nsc_y)[NSC_LANES]) {
  float nsc_h1[3][NSC_LANES], nsc_h2[3][NSC_LANES];
  for (int j = 0; j < 3; j++) {
    float nsc_z[NSC_LANES];
    for (int r = 0; r < NSC_LANES; r++)
      nsc_z[r] = nsc_bias_1[j] + nsc_weight_1[0][j] * nsc_x[0][r];
    for (int r = 0; r < NSC_LANES; r++)
      nsc_h1[j][r] = nsc_positive(nsc_z[r]);
  }
  for (int j = 0; j < 3; j++) {
    float nsc_z[NSC_LANES];
    for (int r = 0; r < NSC_LANES; r++)
      nsc_z[r] = nsc_bias_2[j] + nsc_weight_2[0][j] * nsc_h1[0][r] + nsc_weight_2[1][j] * nsc_h1[1][r] + nsc_weight_2[2][j] * nsc_h1[2][r];
    for (int r = 0; r < NSC_LANES; r++)
      nsc_h2[j][r] = nsc_positive(nsc_z[r]);
  }
  for (int j = 0; j < 1; j++)
    for (int r = 0; r < NSC_LANES; r++)
      nsc_y[j][r] = nsc_bias_3[j] + nsc_weight_3[0][j] * nsc_h2[0][r] + nsc_weight_3[1][j] * nsc_h2[1][r] + nsc_weight_3[2][j] * nsc_h2[2][r];
}

NSC_INLINE void nsc_n_any(const float *NSC_RESTRICT x, float *NSC_RESTRICT y, size_t first, size_t n) {
  for (size_t at = first; at < n; at += NSC_LANES) {
    int rows = n - at < NSC_LANES ? (int)(n - at) : NSC_LANES;
    float nsc_x[1][NSC_LANES], nsc_y[1][NSC_LANES];
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
        y[(at + r) * 1 + 0] = (float)nsc_y[0][r];
      }
    } else {
      for (int r = 0; r < rows; r++) {
        y[(at + r) * 1 + 0] = (float)nsc_y[0][r];
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

/* n rows: 1 inputs each in x, 1 outputs each in y. */
NSC_PUBLIC void f_surrogate_n(const float *NSC_RESTRICT x, float *NSC_RESTRICT y, size_t n) {
  nsc_n(x, y, 0, n);
}

NSC_INLINE void nsc_soa_any(const float *const *x, float *const *y, size_t first, size_t n) {
  for (size_t at = first; at < n; at += NSC_LANES) {
    int rows = n - at < NSC_LANES ? (int)(n - at) : NSC_LANES;
    float nsc_x[1][NSC_LANES], nsc_y[1][NSC_LANES];
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
      }
    } else {
      for (int r = 0; r < rows; r++) {
        y[0][at + r] = (float)nsc_y[0][r];
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
