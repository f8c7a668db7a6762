/* Finetuning kernels of one topology: Adam and Levenberg-Marquardt, fused over all steps.
 *
 * In:  -DADAM or -DLEVENBERG_MARQUARDT, -DTOPOLOGY=4,4,1 (hidden and output widths), -DLAYERS,
 *      -DUNITS (their sum), -DOUTPUTS, -DREST (parameters behind the first layer's weights), -DACTIVATION. The number of
 *      inputs is an argument.
 * Out: nsc_adam, nsc_adam_lanes, nsc_lm; see cpu.py. No global state, no allocation that outlives a call.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SIGMOID 0
#define TANH 1
#define RELU 2
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

static const int WIDTH[LAYERS] = {TOPOLOGY};
#define PARAMETERS(inputs) ((inputs) * WIDTH[0] + REST)

typedef float v8 __attribute__((vector_size(32)));
typedef double v4 __attribute__((vector_size(32)));
typedef int32_t i8 __attribute__((vector_size(32)));
typedef int64_t i4 __attribute__((vector_size(32)));

#define BLOCK (UNITS <= 16 ? 18 : UNITS <= 48 ? 12 : 6)

#ifdef ADAM
#define R float
#define V v8
#define IV i8
#define EXP_LIMIT 64.0f
#define EXP_MAGIC 12582912.0
#define EXP_SHIFT 23
#define EXP_DEGREE 5
#define EXP_COEFFICIENT ((const double[]){1.0, 0.6931469775988579, 0.24022242085172812, 0.05550733743691219, \
                                          0.009671512648928984, 0.0013264727065248338})
#define WT float
#define F(name) samples_##name
#include "network.h"
#undef WT
#undef F
#define WT v8
#define F(name) lanes_##name
#include "network.h"
#include "adam.h"
#endif

#ifdef LEVENBERG_MARQUARDT
#define R double
#define V v4
#define IV i4
#define EXP_LIMIT 900.0
#define EXP_MAGIC 6755399441055744.0
#define EXP_SHIFT 52
#define EXP_DEGREE 11
#define EXP_COEFFICIENT ((const double[]){1.0, 0.6931471805599453, 0.24022650695910072, 0.05550410866482158, \
  0.009618129107628478, 0.0013333558146428443, 0.0001540353039338161, 1.5252733804059841e-05, \
  1.3215486790144307e-06, 1.0178086009239699e-07, 7.0549116208011218e-09, 4.4455382718708114e-10})
#define WT double
#define F(name) exact_##name
#include "network.h"
#include "lm.h"
#endif
