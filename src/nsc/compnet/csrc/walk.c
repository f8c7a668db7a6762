/* A program's terms, children before parents -> the embedding, mean and scale of each: what walk.py and reference.py say,
 * node by node, where numpy would spend its time between calls.
 *
 * In: terms (terms.py), a CompNet's weights. Out: embeddings h, shapes, means, scales, and the scales before the cells'
 * correction. What is shared with Python comes from native.py: widths, constants, codes and the fields of structures.
 */

#include <math.h>
#include <string.h>

#define UNARY_IN (GATED + 2 * BILINEAR)
#define UNARY_OUT (GATED + BILINEAR)

enum kind { KINDS };
enum function { FUNCTIONS };

typedef const float *Floats;
typedef const double *Doubles;
typedef const long long *Integers;
typedef double *Numbers;

typedef struct { /* row-major, [rows][columns] as named in reference.py; `shapes` and `modulate` transposed */
  Floats WEIGHTS;
} Weights;

typedef struct {
  Integers INTEGERS_OF_TERMS;
  Doubles DOUBLES_OF_TERMS; /* bounds: [m][2] */
  long long m;
} Terms;

typedef struct {
  float (*h)[WIDTH], (*shapes)[ANCHORS];
  Numbers NUMBERS_OF_NODES;
} Walk;

const long long nsc_sizes[] = {sizeof(Weights), sizeof(Terms), sizeof(Walk)};

/* out = x w; w is [rows][columns]. Four rows at a time: the sums stay in the first-level cache. */
static void times(const float *restrict x, int rows, const float *restrict w, int columns, float *restrict out) {
  memset(out, 0, columns * sizeof(float));
  int i = 0;
  for (; i + 4 <= rows; i += 4, w += 4 * columns) {
    const float a = x[i], b = x[i + 1], c = x[i + 2], d = x[i + 3];
    for (int j = 0; j < columns; j++)
      out[j] += a * w[j] + b * w[columns + j] + c * w[2 * columns + j] + d * w[3 * columns + j];
  }
  for (; i < rows; i++, w += columns)
    for (int j = 0; j < columns; j++) out[j] += x[i] * w[j];
}

/* The same of two rows at once: each number of w is loaded once for both. */
static void times_two(const float *restrict x, const float *restrict y, int rows, const float *restrict w, int columns,
                      float *restrict out, float *restrict other) {
  memset(out, 0, columns * sizeof(float)), memset(other, 0, columns * sizeof(float));
  int i = 0;
  for (; i + 4 <= rows; i += 4, w += 4 * columns) {
    const float a = x[i], b = x[i + 1], c = x[i + 2], d = x[i + 3];
    const float e = y[i], f = y[i + 1], g = y[i + 2], h = y[i + 3];
    for (int j = 0; j < columns; j++) {
      const float p = w[j], q = w[columns + j], r = w[2 * columns + j], s = w[3 * columns + j];
      out[j] += a * p + b * q + c * r + d * s;
      other[j] += e * p + f * q + g * r + h * s;
    }
  }
  for (; i < rows; i++, w += columns)
    for (int j = 0; j < columns; j++) out[j] += x[i] * w[j], other[j] += y[i] * w[j];
}

static float silu(float z) { return z / (1.0f + expf(-fminf(fmaxf(z, (float)-MOST_SILU), (float)MOST_SILU))); }

static double between(double v, double lo, double hi) { return v < lo ? lo : v > hi ? hi : v; }

/* Scale a raw embedding so that its shape has unit variance; returns the stretch. */
static double standardise(const Weights *w, const float *raw, float *h, float *shapes) {
  float sum = 0;
  times(raw, WIDTH, w->shapes, ANCHORS, shapes);
  for (int k = 0; k < ANCHORS; k++) sum += shapes[k] * shapes[k];
  float stretch = fmaxf(sqrtf(sum / ANCHORS + (float)STRETCH_FLOOR), (float)SMALLEST_STRETCH);
  for (int k = 0; k < ANCHORS; k++) shapes[k] /= stretch;
  for (int k = 0; k < WIDTH; k++) h[k] = raw[k] / stretch;
  return stretch;
}

static void store(const Weights *w, const Terms *t, Walk *walk, long long j, double mean, double scale,
                  const float *raw, float shift) {
  double lo = t->bounds[2 * j], hi = t->bounds[2 * j + 1];
  double stretch = standardise(w, raw, walk->h[j], walk->shapes[j]);
  walk->formula_scales[j] = scale;
  mean += scale * shift;
  walk->means[j] = between(isnan(mean) ? 0.0 : mean, lo, hi);
  walk->scales[j] = between(scale * stretch, TINY, fmax((hi - lo) / 2, TINY));
}

static void input(const Weights *w, const Terms *t, Walk *walk, long long j) {
  standardise(w, w->inputs + (long long)t->bias[j] * WIDTH, walk->h[j], walk->shapes[j]);
  walk->means[j] = 0, walk->scales[j] = walk->formula_scales[j] = INPUT_SCALE;
}

static void linear(const Weights *w, const Terms *t, Walk *walk, long long j) {
  double mean = t->bias[j], sum = 0;
  float raw[WIDTH] = {0};
  for (long long e = t->edges[j]; e < t->edges[j + 1]; e++) {
    double part = t->weights[e] * walk->scales[t->children[e]];
    mean += t->weights[e] * walk->means[t->children[e]], sum += part * part;
  }
  double scale = fmax(sqrt(sum), TINY);
  for (long long e = t->edges[j]; e < t->edges[j + 1]; e++) {
    const float *h = walk->h[t->children[e]], share = (float)(t->weights[e] * walk->scales[t->children[e]] / scale);
    for (int k = 0; k < WIDTH; k++) raw[k] += share * h[k];
  }
  store(w, t, walk, j, mean, scale, raw, 0);
}

/* (m + s u)(n + t v) = m n + s n u + m t v + s t u v, and the mean of u v is their correlation. */
static void product(const Weights *w, const Terms *t, Walk *walk, long long j) {
  long long a = t->args[2 * j], b = t->args[2 * j + 1];
  const double m = walk->means[a], s = walk->scales[a], n = walk->means[b], u = walk->scales[b];
  const double of_a = s * n, of_b = m * u, of_both = s * u;
  double scale = fmax(sqrt(of_a * of_a + of_b * of_b + of_both * of_both), TINY);
  float first[PRODUCTS], second[PRODUCTS], out[WIDTH + 1], raw[WIDTH], correlation = 0;
  for (int k = 0; k < ANCHORS; k++) correlation += walk->shapes[a][k] * walk->shapes[b][k];
  if (a == b) {
    times(walk->h[a], WIDTH, w->product_in, PRODUCTS, first);
    for (int k = 0; k < PRODUCTS; k++) first[k] *= first[k];
  } else {
    times_two(walk->h[a], walk->h[b], WIDTH, w->product_in, PRODUCTS, first, second);
    for (int k = 0; k < PRODUCTS; k++) first[k] *= second[k];
  }
  times(first, PRODUCTS, w->product_out, WIDTH + 1, out);
  const float x = (float)(of_a / scale), y = (float)(of_b / scale), z = (float)(of_both / scale);
  for (int k = 0; k < WIDTH; k++) raw[k] = out[k] * z + x * walk->h[a][k] + y * walk->h[b][k];
  store(w, t, walk, j, m * n + of_both * correlation / ANCHORS, scale, raw, out[WIDTH] * z);
}

/* Without a default, so that the compiler names the function of functions.py that is missing here. */
#pragma clang diagnostic push
#pragma clang diagnostic error "-Wswitch"
static double apply(enum function function, double a, double spread) {
  switch (function) {
    case SQRT: return sqrt(a);
    case SIN: return sin(a);
    case COS: return cos(a);
    case TAN: return tan(a);
    case EXP: return exp(a);
    case LOG: return log(a);
    case ABS: return fabs(a);
    case ATAN: return atan(a);
    case TANH: return tanh(a);
    case FLOOR: return floor(a);
    case ASIN: return asin(a);
    case SINH: return sinh(a);
    case COSH: return cosh(a);
    case CBRT: return cbrt(a);
    case ERF: return erf(a);
    case ROUND: return trunc(a + copysign(0.5, a));
    case TRUNC: return trunc(a);
    case STEP: return a > 0;
    case ZERO: return fabs(a) < EQUAL;
    case RECIP: { /* linear near its pole */
      double edge = POLE * spread + TINY;
      return fabs(a) > edge ? 1.0 / a : a / edge / edge;
    }
  }
  return NAN;
}
#pragma clang diagnostic pop

/* Shell's sort: short, and quick for as few as these. */
static void sort(float *v) {
  static const int gaps[] = {57, 23, 10, 4, 1};
  for (int g = 0; g < 5; g++)
    for (int i = gaps[g], gap = gaps[g]; i < ANCHORS; i++) {
      float x = v[i];
      int j = i;
      for (; j >= gap && v[j - gap] > x; j -= gap) v[j] = v[j - gap];
      v[j] = x;
    }
}

static const int quantile_rows[] = {QUANTILE_ROWS};

typedef struct {
  double mean, scale;
  float slope, rest, quantiles[2 * QUANTILES];
} Described;

/* A function of one argument around what the argument is predicted to be, as walk.describe. */
static Described describe(const Terms *t, const Walk *walk, long long function, long long a) {
  Described d;
  float sorted[ANCHORS];
  double q[QUANTILES], y[QUANTILES], weight[QUANTILES], lo = t->bounds[2 * a], hi = t->bounds[2 * a + 1];
  double count = 0, result = 0, spread = 0, centre = 0, along = 0, square = 0, rest = 0;
  memcpy(sorted, walk->shapes[a], sizeof sorted);
  sort(sorted);
  for (int k = 0; k < QUANTILES; k++) {
    q[k] = sorted[quantile_rows[k]];
    y[k] = apply(function, between(walk->means[a] + walk->scales[a] * q[k], lo, hi), walk->scales[a]);
    weight[k] = isfinite(y[k]) != 0, count += weight[k];
    y[k] = weight[k] ? between(y[k], -LARGEST, LARGEST) : 0;
  }
  for (int k = 0; k < QUANTILES; k++) {
    weight[k] /= fmax(count, 1);
    result += weight[k] * y[k], centre += weight[k] * q[k];
  }
  for (int k = 0; k < QUANTILES; k++) {
    y[k] = weight[k] ? y[k] - result : 0; /* from here on the deviation */
    spread += weight[k] * y[k] * y[k];
  }
  spread = fmax(sqrt(spread), SPREAD_OF_MEAN * fabs(result) + SPREAD_LEAST);
  for (int k = 0; k < QUANTILES; k++) {
    y[k] /= spread; /* and from here on standardised */
    along += weight[k] * y[k] * (q[k] - centre), square += weight[k] * (q[k] - centre) * (q[k] - centre);
  }
  double slope = between(along / fmax(square, VARIANCE_LEAST), -SLOPE_MOST, SLOPE_MOST);
  for (int k = 0; k < QUANTILES; k++) {
    double left = y[k] - slope * (q[k] - centre);
    rest += weight[k] * left * left;
    d.quantiles[k] = (float)between(y[k], -QUANTILE_MOST, QUANTILE_MOST);
    d.quantiles[QUANTILES + k] = (float)between(q[k], -QUANTILE_MOST, QUANTILE_MOST);
  }
  d.mean = result, d.scale = spread, d.slope = (float)slope, d.rest = (float)fmax(sqrt(rest), REST_LEAST);
  return d;
}

static void unary(const Weights *w, const Terms *t, Walk *walk, long long j) {
  long long a = t->args[2 * j], f = t->functions[j];
  Described d = describe(t, walk, f, a);
  float hidden[MODULATION], change[2 * UNARY_IN], z[UNARY_IN], units[UNARY_OUT], out[WIDTH + 1], raw[WIDTH];
  times(d.quantiles, 2 * QUANTILES, w->modulate_1, MODULATION, hidden);
  for (int k = 0; k < MODULATION; k++) hidden[k] = silu(hidden[k] + w->modulate_1_bias[k]);
  times(hidden, MODULATION, w->modulate_2, 2 * UNARY_IN, change);
  times(walk->h[a], WIDTH, w->unary_in, UNARY_IN, z);
  for (int k = 0; k < UNARY_IN; k++) {
    float gain = change[k] + w->modulate_2_bias[k], bias = change[UNARY_IN + k] + w->modulate_2_bias[UNARY_IN + k];
    z[k] = z[k] * (w->gain_in[f * UNARY_IN + k] + gain) + w->bias_in[f * UNARY_IN + k] + bias;
  }
  for (int k = 0; k < GATED; k++) units[k] = silu(z[k]) * w->gain_out[f * UNARY_OUT + k];
  for (int k = GATED; k < UNARY_OUT; k++) units[k] = z[k] * z[k + BILINEAR] * w->gain_out[f * UNARY_OUT + k];
  times(units, UNARY_OUT, w->unary_out, WIDTH + 1, out);
  for (int k = 0; k <= WIDTH; k++) out[k] = (out[k] + w->bias_out[f * (WIDTH + 1) + k]) * d.rest;
  for (int k = 0; k < WIDTH; k++) raw[k] = out[k] + d.slope * walk->h[a][k];
  store(w, t, walk, j, d.mean, d.scale, raw, out[WIDTH]);
}

void nsc_walk(const Weights *w, const Terms *t, Walk *walk) {
  for (long long j = 0; j < t->m; j++) {
    void (*const embed[])(const Weights *, const Terms *, Walk *, long long) = {
        [INPUT] = input, [LINEAR] = linear, [PRODUCT] = product, [UNARY] = unary};
    embed[t->kinds[j]](w, t, walk, j);
  }
}
