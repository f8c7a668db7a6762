/* A finetuning kernel: one optimizer on networks of one topology, fused over all steps.
 *
 * In:  by constants (kernel.py), all that Python knows better: -DOPTIMIZER, the header that has the algorithm;
 *      -DPRECISION, 32 or 64 bits; -DSIDE_BY_SIDE, whether it takes a surrogate a lane as well; -DSETTINGS, the fields
 *      of its settings; -DSTOPS, the names of the reasons to stop; its own constants; where fields stand (layout.py).
 *      Of the topology: -DTOPOLOGY=4,4,1 (hidden and output widths), -DLAYERS, -DUNITS (their sum), -DOUTPUTS, -DREST
 *      (parameters behind the first layer's weights), -DACTIVATION. The number of inputs is an argument.
 * Out: nsc_run, lanes are samples of one surrogate; with SIDE_BY_SIDE nsc_run_lanes, lanes are surrogates. The
 *      optimizer's header defines them. No global state, no allocation that outlives a call.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if PRECISION == 32 && VECTOR_BYTES == 64 && defined __AVX512F__ && defined __AVX512DQ__
#include <immintrin.h>
#define HAS_SCALEF 1
#endif

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

enum { SIGMOID, TANH, RELU };
enum { STOPS, NO_MEMORY, INTERRUPTED }; /* why a run ends */

static const int WIDTH[LAYERS] = {TOPOLOGY};
#define PARAMETERS(inputs) ((inputs) * WIDTH[0] + REST)

/* A vector has VECTOR_BYTES: what this machine computes at once in single precision, 32 in double. */
#ifdef __AVX512F__
#pragma clang attribute push(__attribute__((min_vector_width(512))), apply_to = function)
enum { UNITS_AT_ONCE = 4, VECTORS_AT_ONCE = 6 }; /* 24 sums of a product's tile in 32 registers */
#else
enum { UNITS_AT_ONCE = 4, VECTORS_AT_ONCE = 3 }; /* 12 in 16 */
#endif

/* How many vectors of samples pass through all layers together: a layer's activations stay in the first-level cache. */
#define BLOCK (UNITS <= 16 ? 18 : UNITS <= 160 ? 12 : 6)

/* 2^f on |f| <= 1/2 (on [0, 1) where the processor scales by powers) is a polynomial of as many terms as the precision
 * shows; adding EXP_MAGIC rounds to a whole number and leaves it in the last bits, which EXP_SHIFT moves to the
 * exponent. */
#if PRECISION == 32
typedef float V __attribute__((vector_size(VECTOR_BYTES)));
typedef int32_t IV __attribute__((vector_size(VECTOR_BYTES)));
#define R float
#define EXP_LIMIT 64.0f
#define EXP_MAGIC 12582912.0
#define EXP_SHIFT 23
#define EXP_DEGREE 5
#if HAS_SCALEF
#define EXP_COEFFICIENT ((const double[]){0.9999999250635262, 0.6931530732001705, 0.24015361704437105, \
                                          0.05582631805328927, 0.00898934009051858, 0.0018775766751768768})
#else
#define EXP_COEFFICIENT ((const double[]){1.0, 0.6931469775988579, 0.24022242085172812, 0.05550733743691219, \
                                          0.009671512648928984, 0.0013264727065248338})
#endif
#else
typedef double V __attribute__((vector_size(VECTOR_BYTES)));
typedef int64_t IV __attribute__((vector_size(VECTOR_BYTES)));
typedef V v4;
#define R double
#define EXP_LIMIT 900.0
#define EXP_MAGIC 6755399441055744.0
#define EXP_SHIFT 52
#define EXP_DEGREE 11
#define EXP_COEFFICIENT ((const double[]){1.0, 0.6931471805599453, 0.24022650695910072, 0.05550410866482158, \
  0.009618129107628478, 0.0013333558146428443, 0.0001540353039338161, 1.5252733804059841e-05, \
  1.3215486790144307e-06, 1.0178086009239699e-07, 7.0549116208011218e-09, 4.4455382718708114e-10})
#endif

/* The settings of the optimizer, the fields of its Python class. */
typedef struct {
  SETTINGS
} Settings;

/* One data set. `mask` is what residuals are multiplied by: the root of a sample's weight, 0 on padding; null for 1. */
typedef struct {
  int vectors, samples;
  const V *x, *y, *mask; /* [inputs][vectors], [outputs][vectors], [vectors] */
} Data;

/* One run. Curves have an entry per step and one for the start: entry e is measured before step e. Parameters and
 * curves are numbers R, or vectors V where lanes are surrogates; the last three are int, or vectors of them. */
typedef struct {
  int inputs;
  const Data *train, *validation, *test;           /* test may be null */
  void *w, *best_w;                                /* the start, and in the end the last; where validation was best */
  void *train_loss, *validation_loss, *test_loss;  /* test is NaN but where validation is best so far */
  void *best_step, *ran, *stopped;                 /* steps until then, steps in all, a reason of STOPS */
  int (*show)(int step, double best_validation);   /* null for no progress; what is not 0 ends the run */
} Run;

/* layout.py has the same structures: a field that moved stops the build, and says which. */
#define STANDS(type, field) \
  _Static_assert(offsetof(type, field) == AT_##type##_##field, "layout.py has " #type "." #field " elsewhere");
#define HAS_SIZE(type) _Static_assert(sizeof(type) == SIZE_##type, "layout.py has another " #type);
STANDS(Data, vectors) STANDS(Data, samples) STANDS(Data, x) STANDS(Data, y) STANDS(Data, mask)
STANDS(Run, inputs) STANDS(Run, train) STANDS(Run, validation) STANDS(Run, test) STANDS(Run, w) STANDS(Run, best_w)
STANDS(Run, train_loss) STANDS(Run, validation_loss) STANDS(Run, test_loss) STANDS(Run, best_step) STANDS(Run, ran)
STANDS(Run, stopped) STANDS(Run, show)
HAS_SIZE(Data) HAS_SIZE(Run)
_Static_assert(VECTOR_BYTES == LANES * sizeof(R), "layout.py has other vectors");

#define WT R
#define F(name) samples_##name
#include "network.h"
#undef WT
#undef F
#if SIDE_BY_SIDE
#define WT V
#define F(name) lanes_##name
#include "network.h"
#endif

#include OPTIMIZER

#ifdef __AVX512F__
#pragma clang attribute pop
#endif
