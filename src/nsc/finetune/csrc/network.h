/* A network over blocks of vectors: forward pass, backward pass, loss. Included once per number type and layout.
 *
 * In:  R (float or double), V (its vector of VECTOR_BYTES), WT (R: all lanes are samples of one surrogate and share its
 *      parameters; V: each lane is a surrogate of its own), F(name), and the topology's constants of kernel.c.
 * Out: F(forward), F(gradient), F(loss).
 *
 * Everything is feature-major: x[i][k] is a vector, k numbers vectors of samples. A block of BLOCK vectors passes
 * through all layers before the next one, so that its activations stay in the first-level cache.
 */

typedef struct {
  V h[UNITS][BLOCK]; /* activations of every layer but the input, the output last */
  V d[UNITS][BLOCK]; /* their deltas */
} F(Block);

INLINE V F(splat)(R value) { return value - (V){0}; /* not plus: that would turn -0 into 0, and cost an addition */ }

INLINE V F(choose)(IV mask, V yes, V no) { return (V)((mask & (IV)yes) | (~mask & (IV)no)); }

#if HAS_SCALEF
/* 1 / (1 + exp(-z)); 2^f by a polynomial on [0, 1). (An estimate of the reciprocal and Newton's step were slower.) */
INLINE V F(sigmoid)(V z) {
  V t = _mm512_min_ps(F(splat)(EXP_LIMIT), z * -1.4426950408889634f), p = {0}; /* NaN stays NaN */
  V f = _mm512_reduce_ps(t, _MM_FROUND_TO_NEG_INF);
  p += (float)EXP_COEFFICIENT[EXP_DEGREE];
  UNROLL for (int c = EXP_DEGREE - 1; c >= 0; c--) p = p * f + (float)EXP_COEFFICIENT[c];
  return 1.0f / (1.0f + (V)_mm512_scalef_ps(p, t));
}
#else
/* 1 / (1 + exp(-z)); 2^f by a polynomial on |f| <= 1/2, the whole part added to the exponent's bits. */
INLINE V F(sigmoid)(V z) {
  V t = z * (R)-1.4426950408889634, whole, f, p = {0};
  t = __builtin_elementwise_max(__builtin_elementwise_min(t, F(splat)(EXP_LIMIT)), F(splat)(-EXP_LIMIT));
  whole = t + (R)EXP_MAGIC;
  f = t - (whole - (R)EXP_MAGIC);
  p += (R)EXP_COEFFICIENT[EXP_DEGREE];
  UNROLL for (int c = EXP_DEGREE - 1; c >= 0; c--) p = p * f + (R)EXP_COEFFICIENT[c];
  p = (V)((IV)p + ((IV)whole << EXP_SHIFT));
  return (R)1 / ((R)1 + p);
}
#endif

INLINE V F(activate)(V z) {
  if (ACTIVATION == SIGMOID) return F(sigmoid)(z);
  if (ACTIVATION == TANH) return (R)2 * F(sigmoid)((R)2 * z) - (R)1;
  return __builtin_elementwise_max(z, (V){0});
}

INLINE V F(slope)(V h) {
  if (ACTIVATION == SIGMOID) return h - h * h;
  if (ACTIVATION == TANH) return (R)1 - h * h;
  return F(choose)((IV)(h > (V){0}), F(splat)(1), (V){0});
}

/* acc[j][u] = start[j] + sum over i of w[j * sj + i * si] * x[i][k + u], for `nj` units and `nu` vectors. */
INLINE void F(tile)(const WT *w, int sj, int si, const WT *start, int in, const V *x, long ldx, V (*out)[BLOCK], int k,
                    int nj, int nu) {
  V acc[UNITS_AT_ONCE][VECTORS_AT_ONCE];
  UNROLL for (int j = 0; j < nj; j++)
    UNROLL for (int u = 0; u < nu; u++) acc[j][u] = start ? start[j] - (V){0} : (V){0};
  for (int i = 0; i < in; i++) {
    V at[VECTORS_AT_ONCE];
    UNROLL for (int u = 0; u < nu; u++) at[u] = x[i * ldx + k + u];
    UNROLL for (int j = 0; j < nj; j++) {
      V weight = w[j * sj + i * si] - (V){0};
      UNROLL for (int u = 0; u < nu; u++) acc[j][u] += weight * at[u];
    }
  }
  UNROLL for (int j = 0; j < nj; j++)
    UNROLL for (int u = 0; u < nu; u++) out[j][k + u] = acc[j][u];
}

INLINE void F(row)(const WT *w, int sj, int si, const WT *start, int in, const V *x, long ldx, V (*out)[BLOCK], int n,
                   int nj) {
  int k = 0;
  for (; k + VECTORS_AT_ONCE <= n; k += VECTORS_AT_ONCE) F(tile)(w, sj, si, start, in, x, ldx, out, k, nj, VECTORS_AT_ONCE);
  for (; k + 2 <= n; k += 2) F(tile)(w, sj, si, start, in, x, ldx, out, k, nj, 2);
  for (; k < n; k++) F(tile)(w, sj, si, start, in, x, ldx, out, k, nj, 1);
}

/* out[j] = start[j] + sum over i of w[j * sj + i * si] * x[i], four units at a time. */
INLINE void F(product)(const WT *w, int sj, int si, const WT *start, int in, int units, const V *x, long ldx,
                       V (*out)[BLOCK], int n) {
  int j = 0;
  for (; j + 4 <= units; j += 4) F(row)(w + j * sj, sj, si, start ? start + j : 0, in, x, ldx, out + j, n, 4);
  if (units % 4) F(row)(w + j * sj, sj, si, start ? start + j : 0, in, x, ldx, out + j, n, units % 4);
}

/* Fill b->h for the n vectors that start at x. */
INLINE void F(forward)(const WT *w, int inputs, const V *x, long ldx, int n, F(Block) * b) {
  const V *from = x;
  int in = inputs, unit = 0;
  UNROLL for (int layer = 0; layer < LAYERS; layer++) {
    int units = WIDTH[layer];
    F(product)(w, in, 1, w + units * in, in, units, from, ldx, b->h + unit, n);
    if (layer < LAYERS - 1)
      for (int j = unit; j < unit + units; j++)
        for (int k = 0; k < n; k++) b->h[j][k] = F(activate)(b->h[j][k]);
    w += units * in + units;
    from = b->h[unit], ldx = BLOCK, in = units, unit += units;
  }
}

/* Turn the deltas of the output units into those of all units. `w` is the end of the parameters. */
INLINE void F(backward)(const WT *w, int n, F(Block) * b) {
  int unit = UNITS - WIDTH[LAYERS - 1];
  UNROLL for (int layer = LAYERS - 1; layer > 0; layer--) {
    int units = WIDTH[layer], in = WIDTH[layer - 1];
    w -= units * in + units;
    F(product)(w, 1, in, 0, units, in, b->d[unit], BLOCK, b->d + unit - in, n);
    for (int j = unit - in; j < unit; j++)
      for (int k = 0; k < n; k++) b->d[j][k] *= F(slope)(b->h[j][k]);
    unit -= in;
  }
}

/* g[j * in + i] += sum over k of d[j][k] * x[i][k], `nj` x `ni` sums at a time; of 0 where they are the first. */
INLINE void F(outer_tile)(V (*d)[BLOCK], const V *x, long ldx, int in, V *g, int first, int n, int nj, int ni) {
  V acc[4][4];
  UNROLL for (int j = 0; j < nj; j++)
    UNROLL for (int i = 0; i < ni; i++) acc[j][i] = first ? (V){0} : g[j * in + i];
  for (int k = 0; k < n; k++) {
    V at[4];
    UNROLL for (int i = 0; i < ni; i++) at[i] = x[i * ldx + k];
    UNROLL for (int j = 0; j < nj; j++)
      UNROLL for (int i = 0; i < ni; i++) acc[j][i] += d[j][k] * at[i];
  }
  UNROLL for (int j = 0; j < nj; j++)
    UNROLL for (int i = 0; i < ni; i++) g[j * in + i] = acc[j][i];
}

INLINE void F(outer_row)(V (*d)[BLOCK], const V *x, long ldx, int in, V *g, int first, int n, int nj) {
  int i = 0;
  if (VECTORS_AT_ONCE > 3 && in % 3)
    for (; i + 4 <= in; i += 4) F(outer_tile)(d, x + i * ldx, ldx, in, g + i, first, n, nj, 4);
  for (; i + 3 <= in; i += 3) F(outer_tile)(d, x + i * ldx, ldx, in, g + i, first, n, nj, 3);
  for (; i < in; i++) F(outer_tile)(d, x + i * ldx, ldx, in, g + i, first, n, nj, 1);
}

/* Add the block's weight and bias gradients to g, laid out like the parameters, or begin with them. */
INLINE void F(outer)(const V *x, long ldx, int inputs, int n, F(Block) * b, V *g, int first) {
  const V *from = x;
  int in = inputs, unit = 0;
  UNROLL for (int layer = 0; layer < LAYERS; layer++) {
    int units = WIDTH[layer], j = 0;
    for (; j + 4 <= units; j += 4) F(outer_row)(b->d + unit + j, from, ldx, in, g + j * in, first, n, 4);
    if (units % 4) F(outer_row)(b->d + unit + j, from, ldx, in, g + j * in, first, n, units % 4);
    g += units * in;
    for (j = 0; j < units; j++) {
      V sum = first ? (V){0} : g[j];
      for (int k = 0; k < n; k++) sum += b->d[unit + j][k];
      g[j] = sum;
    }
    g += units;
    from = b->h[unit], ldx = BLOCK, in = units, unit += units;
  }
}

/* Subtract the targets from the outputs into the outputs' deltas; return the sum of squares in each lane. */
INLINE V F(residual)(const Data *data, int k0, int n, F(Block) * b) {
  V sum = {0};
  for (int o = 0; o < OUTPUTS; o++)
    for (int k = 0; k < n; k++) {
      V e = b->h[UNITS - OUTPUTS + o][k] - data->y[(long)o * data->vectors + k0 + k];
      if (data->mask) e *= data->mask[k0 + k];
      b->d[UNITS - OUTPUTS + o][k] = e;
      sum += e * e;
    }
  return sum;
}

/* Sum of squared errors in each lane. */
static __attribute__((noinline)) V F(loss)(const WT *w, int inputs, const Data *data, F(Block) * b) {
  V sum = {0};
  for (int k0 = 0; k0 < data->vectors; k0 += BLOCK) {
    int n = data->vectors - k0 < BLOCK ? data->vectors - k0 : BLOCK;
    F(forward)(w, inputs, data->x + k0, data->vectors, n, b);
    sum += F(residual)(data, k0, n, b);
  }
  return sum;
}

/* As loss, and the gradient of half the sum of squares in g, in each lane. */
static __attribute__((noinline)) V F(gradient)(const WT *w, int inputs, const Data *data, F(Block) * b, V *g) {
  V sum = {0};
  int size = PARAMETERS(inputs);
  for (int k0 = 0; k0 < data->vectors; k0 += BLOCK) {
    int n = data->vectors - k0 < BLOCK ? data->vectors - k0 : BLOCK;
    F(forward)(w, inputs, data->x + k0, data->vectors, n, b);
    sum += F(residual)(data, k0, n, b);
    F(backward)(w + size, n, b);
    F(outer)(data->x + k0, data->vectors, inputs, n, b, g, k0 == 0);
  }
  return sum;
}
