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

/* t, no farther from zero than 1000. */
NSC_INLINE double nsc_limited(double t) {
  union { double real; long long bits; } value;
  long long size;
  value.real = t;
  size = value.bits & 0x7fffffffffffffffll;
  size = size > 0x7ff0000000000000ll ? 0x7ff8000000000000ll : size > 0x408f400000000000ll ? 0x408f400000000000ll : size;
  value.bits = (value.bits & ~0x7fffffffffffffffll) | size;
  return value.real;
}

/* 1 / (1 + 2^t): 2^t = 2^n 2^f; 2^f, |f| <= 1/2, is (even + odd) / (even - odd). */
NSC_INLINE double nsc_sigmoid(double t) {
  union { double real; unsigned long long bits; } whole, power;
  double f, f2, even, odd, below;
  whole.real = t + 6755399441056767.0;
  f = t - (whole.real - 6755399441056767.0);
  f2 = f * f;
  even = (f2 + 375.02158105727983) * f2 + 7285.7320796488784;
  odd = f * (2525.0423246611572 + 28.87555955535764 * f2);
  power.bits = whole.bits << 52;
  below = even - odd;
  return below / (below + power.real * (even + odd));
}

/* Weights and biases of hidden layers are times -1.4427: sums of them are exponents of two. */
static const double nsc_weight_1[2][3] = {
    {-0.5337971651289164, -1.6735262474311974, 0.76462837167115061},
    {0.8800439749422676, -1.2118638343467292, 0.30296595858668229}};
static const double nsc_bias_1[3] = {-1.8466496523378733, -0.70692057003559206, -0.57707801635558542};
static const double nsc_weight_2[3][3] = {
    {-1.2551446855733981, -1.4715489417067427, 0.10098865286222744},
    {0.73577447085337133, -0.1731234049066756, -2.596851073600134},
    {2.438154619102348, 1.2695716359822877, -2.8853900817779268}};
static const double nsc_bias_2[3] = {0.95217872698671591, -0.47608936349335795, 1.1830099335289499};
static const double nsc_weight_3[3][1] = {
    {0.44},
    {-0.75},
    {-0.5}};
static const double nsc_bias_3[1] = {1.8};

int f_surrogate(double x, int n) {
  double nsc_x[2], nsc_h1[3], nsc_h2[3], nsc_y[1];
  int nsc_result;
  nsc_x[0] = x;
  nsc_x[1] = ((double)n - 5.0) * 0.25;
  for (int j = 0; j < 3; j++) nsc_h1[j] = nsc_sigmoid(nsc_limited(nsc_bias_1[j] + nsc_weight_1[0][j] * nsc_x[0] + nsc_weight_1[1][j] * nsc_x[1]));
  for (int j = 0; j < 3; j++) nsc_h2[j] = nsc_sigmoid(nsc_bias_2[j] + nsc_weight_2[0][j] * nsc_h1[0] + nsc_weight_2[1][j] * nsc_h1[1] + nsc_weight_2[2][j] * nsc_h1[2]);
  for (int j = 0; j < 1; j++) nsc_y[j] = nsc_bias_3[j] + nsc_weight_3[0][j] * nsc_h2[0] + nsc_weight_3[1][j] * nsc_h2[1] + nsc_weight_3[2][j] * nsc_h2[2];
  nsc_result = (int)(nsc_y[0] < -2147483648.0 ? -2147483648.0 : nsc_y[0] > 2147483647.0 ? 2147483647.0 : nsc_y[0] < 0 ? nsc_y[0] - 0.5 : nsc_y[0] + 0.5);
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

/* Is an input of a block farther from zero than 342.86285437717294, or NaN?
 * Where none is, no sum of the first layer is too large for the sigmoid. */
NSC_INLINE int nsc_is_far(double (*nsc_x)[NSC_LANES]) {
  long long far = 0;
  for (int k = 0; k < 2; k++)
    for (int r = 0; r < NSC_LANES; r++) {
      union { double real; long long bits; } value;
      value.real = nsc_x[k][r];
      far |= 0x40756dce406432b1ll - (value.bits & 0x7fffffffffffffffll);
    }
  return far < 0;
}

/* All layers, on a block: [input][row] to [output][row]. */
NSC_INLINE void nsc_block(double (*nsc_x)[NSC_LANES], double (*nsc_y)[NSC_LANES], int nsc_far) {
  double nsc_h1[3][NSC_LANES], nsc_h2[3][NSC_LANES];
  for (int j = 0; j < 3; j++) {
    double nsc_z[NSC_LANES];
    for (int r = 0; r < NSC_LANES; r++)
      nsc_z[r] = nsc_bias_1[j] + nsc_weight_1[0][j] * nsc_x[0][r] + nsc_weight_1[1][j] * nsc_x[1][r];
    for (int r = 0; r < NSC_LANES; r++)
      nsc_h1[j][r] = nsc_sigmoid(nsc_far ? nsc_limited(nsc_z[r]) : nsc_z[r]);
  }
  for (int j = 0; j < 3; j++) {
    double nsc_z[NSC_LANES];
    for (int r = 0; r < NSC_LANES; r++)
      nsc_z[r] = nsc_bias_2[j] + nsc_weight_2[0][j] * nsc_h1[0][r] + nsc_weight_2[1][j] * nsc_h1[1][r] + nsc_weight_2[2][j] * nsc_h1[2][r];
    for (int r = 0; r < NSC_LANES; r++)
      nsc_h2[j][r] = nsc_sigmoid(nsc_z[r]);
  }
  for (int j = 0; j < 1; j++)
    for (int r = 0; r < NSC_LANES; r++)
      nsc_y[j][r] = nsc_bias_3[j] + nsc_weight_3[0][j] * nsc_h2[0][r] + nsc_weight_3[1][j] * nsc_h2[1][r] + nsc_weight_3[2][j] * nsc_h2[2][r];
}

/* A number without its fraction, as C converts it to an integer; a NaN stays one. */
NSC_INLINE double nsc_whole(double x) {
  union { double real; unsigned long long bits; } value, size, whole, more;
  value.real = x;
  size.bits = value.bits & 0x7fffffffffffffffull;
  whole.real = (size.real + 4503599627370496.0) - 4503599627370496.0;
  more.bits = 0x3ff0000000000000ull & (0 - ((size.bits - whole.bits) >> 63));
  whole.real -= more.real;
  whole.bits |= value.bits & 0x8000000000000000ull;
  return whole.real;
}

NSC_INLINE void nsc_n_any(const double *NSC_RESTRICT x, double *NSC_RESTRICT y, size_t first, size_t n) {
  for (size_t at = first; at < n; at += NSC_LANES) {
    int rows = n - at < NSC_LANES ? (int)(n - at) : NSC_LANES;
    double nsc_x[2][NSC_LANES], nsc_y[1][NSC_LANES];
    if (rows == NSC_LANES) {
      for (int r = 0; r < NSC_LANES; r++) {
        nsc_x[0][r] = x[(at + r) * 2 + 0];
        nsc_x[1][r] = (nsc_whole(x[(at + r) * 2 + 1]) - 5.0) * 0.25;
      }
    } else {
      memset(nsc_x, 0, sizeof nsc_x);
      for (int r = 0; r < rows; r++) {
        nsc_x[0][r] = x[(at + r) * 2 + 0];
        nsc_x[1][r] = (nsc_whole(x[(at + r) * 2 + 1]) - 5.0) * 0.25;
      }
    }
    if (nsc_is_far(nsc_x)) nsc_block(nsc_x, nsc_y, 1);
    else nsc_block(nsc_x, nsc_y, 0);
    if (rows == NSC_LANES) {
      for (int r = 0; r < NSC_LANES; r++) {
        y[(at + r) * 1 + 0] = (double)(int)(nsc_y[0][r] < -2147483648.0 ? -2147483648.0 : nsc_y[0][r] > 2147483647.0 ? 2147483647.0 : nsc_y[0][r] < 0 ? nsc_y[0][r] - 0.5 : nsc_y[0][r] + 0.5);
      }
    } else {
      for (int r = 0; r < rows; r++) {
        y[(at + r) * 1 + 0] = (double)(int)(nsc_y[0][r] < -2147483648.0 ? -2147483648.0 : nsc_y[0][r] > 2147483647.0 ? 2147483647.0 : nsc_y[0][r] < 0 ? nsc_y[0][r] - 0.5 : nsc_y[0][r] + 0.5);
      }
    }
  }
}

#ifdef NSC_LEVELS
NSC_AVX512 static void nsc_n_avx512(const double *NSC_RESTRICT x, double *NSC_RESTRICT y, size_t first, size_t n) { nsc_n_any(x, y, first, n); }
NSC_AVX2 static void nsc_n_avx2(const double *NSC_RESTRICT x, double *NSC_RESTRICT y, size_t first, size_t n) { nsc_n_any(x, y, first, n); }
#endif

static void nsc_n(const double *NSC_RESTRICT x, double *NSC_RESTRICT y, size_t first, size_t n) {
#ifdef NSC_LEVELS
  int level = nsc_level();
  if (level == 3) { nsc_n_avx512(x, y, first, n); return; }
  if (level == 2) { nsc_n_avx2(x, y, first, n); return; }
#endif
  nsc_n_any(x, y, first, n);
}

/* n rows: 2 inputs each in x, 1 outputs each in y.
 * Integers (n) are converted as C converts a double: a fraction is
 * cut off. */
NSC_PUBLIC void f_surrogate_n(const double *NSC_RESTRICT x, double *NSC_RESTRICT y, size_t n) {
  nsc_n(x, y, 0, n);
}

NSC_INLINE void nsc_soa_any(const double *const *x, double *const *y, size_t first, size_t n) {
  for (size_t at = first; at < n; at += NSC_LANES) {
    int rows = n - at < NSC_LANES ? (int)(n - at) : NSC_LANES;
    double nsc_x[2][NSC_LANES], nsc_y[1][NSC_LANES];
    if (rows == NSC_LANES) {
      for (int r = 0; r < NSC_LANES; r++) {
        nsc_x[0][r] = x[0][at + r];
        nsc_x[1][r] = (nsc_whole(x[1][at + r]) - 5.0) * 0.25;
      }
    } else {
      memset(nsc_x, 0, sizeof nsc_x);
      for (int r = 0; r < rows; r++) {
        nsc_x[0][r] = x[0][at + r];
        nsc_x[1][r] = (nsc_whole(x[1][at + r]) - 5.0) * 0.25;
      }
    }
    if (nsc_is_far(nsc_x)) nsc_block(nsc_x, nsc_y, 1);
    else nsc_block(nsc_x, nsc_y, 0);
    if (rows == NSC_LANES) {
      for (int r = 0; r < NSC_LANES; r++) {
        y[0][at + r] = (double)(int)(nsc_y[0][r] < -2147483648.0 ? -2147483648.0 : nsc_y[0][r] > 2147483647.0 ? 2147483647.0 : nsc_y[0][r] < 0 ? nsc_y[0][r] - 0.5 : nsc_y[0][r] + 0.5);
      }
    } else {
      for (int r = 0; r < rows; r++) {
        y[0][at + r] = (double)(int)(nsc_y[0][r] < -2147483648.0 ? -2147483648.0 : nsc_y[0][r] > 2147483647.0 ? 2147483647.0 : nsc_y[0][r] < 0 ? nsc_y[0][r] - 0.5 : nsc_y[0][r] + 0.5);
      }
    }
  }
}

#ifdef NSC_LEVELS
NSC_AVX512 static void nsc_soa_avx512(const double *const *x, double *const *y, size_t first, size_t n) { nsc_soa_any(x, y, first, n); }
NSC_AVX2 static void nsc_soa_avx2(const double *const *x, double *const *y, size_t first, size_t n) { nsc_soa_any(x, y, first, n); }
#endif

static void nsc_soa(const double *const *x, double *const *y, size_t first, size_t n) {
#ifdef NSC_LEVELS
  int level = nsc_level();
  if (level == 3) { nsc_soa_avx512(x, y, first, n); return; }
  if (level == 2) { nsc_soa_avx2(x, y, first, n); return; }
#endif
  nsc_soa_any(x, y, first, n);
}

/* The same with one array an input, x[k], and an output, y[k]. */
NSC_PUBLIC void f_surrogate_soa(const double *const *x, double *const *y, size_t n) {
  nsc_soa(x, y, 0, n);
}
