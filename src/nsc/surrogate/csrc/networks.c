/* Networks of any topology on rows of doubles, and their derivatives by the inputs.
 *
 * In:  a call: the networks' shapes and numbers, rows of inputs in their user's units.
 * Out: rows of outputs, or of derivatives `o i`; 0, or 1 where memory is short. Lanes are rows: every row's numbers are
 *      computed in one order, however many there are.
 */
#include <stdlib.h>
#include <string.h>

#define MOST_LANES 32
#define FEWEST_LANES 8
#define ON_STACK 8192
#define INLINE static inline __attribute__((always_inline))
#define OVER_LANES for (int r = 0; r < lanes; r++)

/* NEAR: no sum is farther from zero than 900 times log 2 */
enum { SIGMOID, TANH, RELU, NEAR };
#define NEAREST 2.0

/* shapes: inputs, outputs, members, doubles of work a lane; then for each member its activation, plus NEAR where that is
 * so as long as no input is farther from zero than NEAREST, its layers and all widths.
 * numbers: centres and reciprocals of half the ranges; then for each layer the weights [unit][input] and the biases. */
typedef struct {
  const long long *shapes;
  const double *numbers, *x;
  double *y;
  long long n;
} call;

#define WIDE 8
typedef double vector __attribute__((vector_size(8 * WIDE)));
typedef long long bits __attribute__((vector_size(8 * WIDE)));
typedef double unaligned __attribute__((vector_size(8 * WIDE), aligned(8)));

#define AT(p) (*(const unaligned *)(p))
#define PUT(p) (*(unaligned *)(p))

/* t, no farther from zero than 1000; a NaN stays one */
INLINE vector limited(vector t) {
  union { vector real; bits bits; } value = {t};
  const bits sign = (bits){0} + (long long)0x8000000000000000ull, limit = (bits){0} + 0x408f400000000000ll;
  bits size = value.bits & ~sign, larger = size > limit, no_number = size > 0x7ff0000000000000ll;
  size = (larger & limit) | (~larger & size);
  value.bits = (value.bits & sign) | (no_number & 0x7ff8000000000000ll) | (~no_number & size);
  return value.real;
}

/* 1 / (1 + 2^t): 2^t = 2^n 2^f, 2^f = (even + odd) / (even - odd), relative error 3e-16. What is added to round t leaves
 * n + 1023 in the low bits, which shifted are the number 2^n. */
INLINE vector logistic(vector t) {
  union { vector real; bits bits; } whole, power;
  whole.real = t + 6755399441056767.0;
  vector f = t - (whole.real - 6755399441056767.0), f2 = f * f;
  vector even = (f2 + 233.18420261756) * f2 + 4368.211481512065;
  vector odd = f * ((0.023093349188131034 * f2 + 20.202065112551868) * f2 + 1513.9067362498347);
  power.bits = whole.bits << 52;
  vector below = even - odd;
  return below / (below + power.real * (even + odd));
}

INLINE vector activated(int kind, vector z) {
  if (kind == SIGMOID) return logistic(limited(z * -1.4426950408889634));
  if (kind == SIGMOID + NEAR) return logistic(z * -1.4426950408889634);
  if (kind == TANH) return 2.0 * logistic(limited(z * -2.8853900817779268)) - 1.0;
  if (kind == TANH + NEAR) return 2.0 * logistic(z * -2.8853900817779268) - 1.0;
  union { vector real; bits bits; } value = {z};
  value.bits &= ~(z < 0.0);
  return value.real;
}

/* a few units on a few vectors: x is [input][lane], y is [unit][lane]; kind < 0 is no activation */
INLINE void tile(int units, int vectors, int lanes, int kind, const double *w, const double *bias, long long inputs,
                 const double *x, double *y) {
  vector z[units * vectors];
  for (int j = 0; j < units; j++)
    for (int v = 0; v < vectors; v++) z[j * vectors + v] = (vector){0} + bias[j];
  for (long long i = 0; i < inputs; i++)
    for (int j = 0; j < units; j++)
      for (int v = 0; v < vectors; v++) z[j * vectors + v] += w[j * inputs + i] * AT(x + i * lanes + v * WIDE);
  for (int j = 0; j < units; j++)
    for (int v = 0; v < vectors; v++)
      PUT(y + j * lanes + v * WIDE) = kind < 0 ? z[j * vectors + v] : activated(kind, z[j * vectors + v]);
}

INLINE void layer(int lanes, int kind, const double *w, long long inputs, long long units, const double *x, double *y) {
  const int vectors = lanes == WIDE ? 1 : 2;
  const double *bias = w + units * inputs;
  for (int r = 0; r < lanes; r += vectors * WIDE) {
    long long j = 0;
    for (; j + 4 <= units; j += 4)
      tile(4, vectors, lanes, kind, w + j * inputs, bias + j, inputs, x + r, y + j * lanes + r);
    for (; j < units; j++) tile(1, vectors, lanes, kind, w + j * inputs, bias + j, inputs, x + r, y + j * lanes + r);
  }
}

/* the kind is a constant in each loop over units */
INLINE void any_layer(int lanes, int kind, const double *w, long long inputs, long long units, const double *x,
                      double *y) {
  if (kind == SIGMOID) layer(lanes, SIGMOID, w, inputs, units, x, y);
  else if (kind == TANH) layer(lanes, TANH, w, inputs, units, x, y);
  else if (kind == SIGMOID + NEAR) layer(lanes, SIGMOID + NEAR, w, inputs, units, x, y);
  else if (kind == TANH + NEAR) layer(lanes, TANH + NEAR, w, inputs, units, x, y);
  else if (kind >= 0) layer(lanes, RELU, w, inputs, units, x, y);
  else layer(lanes, -1, w, inputs, units, x, y);
}

/* All layers of a member; returns what its last one gives, [output][lane]. Layers' values follow one another from `h` on
 * if `kept`, else two take turns. */
INLINE double *forwards(int lanes, int kept, const long long *widths, long long layers, int kind, const double *w,
                        const double *x, double *h) {
  const double *source = x;
  double *target = h, *side[2] = {h, h};
  long long widest = 0;
  for (long long k = 1; k <= layers; k++) widest = widths[k] > widest ? widths[k] : widest;
  side[1] += widest * lanes;
  for (long long k = 0; k < layers; k++) {
    long long inputs = widths[k], units = widths[k + 1];
    if (!kept) target = side[k & 1];
    any_layer(lanes, k < layers - 1 ? kind : -1, w, inputs, units, source, target);
    w += units * (inputs + 1);
    source = target;
    if (kept) target += units * lanes;
  }
  return (double *)source;
}

/* Bring a block's inputs to [-1, 1]; returns whether none is farther from zero than NEAREST, and none a NaN. */
INLINE int load(int lanes, const call *c, long long at, long long rows, double *u) {
  long long far = 0;
  long long inputs = c->shapes[0];
  const double *centre = c->numbers, *scale = centre + inputs, *x = c->x + at * inputs;
  for (long long i = 0; i < inputs; i++) {
    if (rows == lanes) OVER_LANES u[i * lanes + r] = (x[r * inputs + i] - centre[i]) * scale[i];
    else OVER_LANES u[i * lanes + r] = r < rows ? (x[r * inputs + i] - centre[i]) * scale[i] : 0.0;
    OVER_LANES far |= !(u[i * lanes + r] >= -NEAREST) | !(u[i * lanes + r] <= NEAREST);
  }
  return !far;
}

/* an activation without what is only so for inputs that are near */
INLINE int kind_of(long long told, int near) { return (int)(near ? told : told % NEAR); }

INLINE void evaluate_block(int lanes, const call *c, long long at, long long rows, double *work) {
  const long long *shape = c->shapes + 4;
  long long inputs = c->shapes[0], outputs = c->shapes[1];
  const double *w = c->numbers + 2 * inputs;
  double *u = work, *y = c->y + at * outputs;
  const int near = load(lanes, c, at, rows, u);
  for (long long member = 0; member < c->shapes[2]; member++) {
    long long layers = shape[1];
    const long long *widths = shape + 2;
    const double *found = forwards(lanes, 0, widths, layers, kind_of(shape[0], near), w, u, u + inputs * lanes);
    for (long long j = 0; j < widths[layers]; j++)
      for (int r = 0; r < rows; r++) y[r * outputs + j] = found[j * lanes + r];
    y += widths[layers];
    for (long long k = 0; k < layers; k++) w += widths[k + 1] * (widths[k] + 1);
    shape += layers + 3;
  }
}

/* turn a hidden layer's values into slopes by their sums */
INLINE void slopes(int lanes, int kind, double *h, long long units) {
  for (long long j = 0; j < units; j++, h += lanes) {
    if (kind == SIGMOID) OVER_LANES h[r] = h[r] * (1.0 - h[r]);
    if (kind == TANH) OVER_LANES h[r] = 1.0 - h[r] * h[r];
    if (kind == RELU) OVER_LANES h[r] = h[r] > 0.0 ? 1.0 : 0.0 * h[r];
  }
}

/* One output's derivatives: `slope` has those of all hidden layers, `d` is room for two layers of the widest. */
INLINE double *backwards(int lanes, const long long *widths, long long layers, const double *w_end, long long j,
                         const double *slope_end, double *d, long long widest) {
  double *now = d, *next = d + widest * lanes;
  const double *w = w_end - widths[layers] * (widths[layers - 1] + 1), *row = w + j * widths[layers - 1];
  for (long long i = 0; i < widths[layers - 1]; i++) OVER_LANES now[i * lanes + r] = row[i];
  const double *slope = slope_end;
  for (long long k = layers - 1; k > 0; k--) {
    long long units = widths[k], inputs = widths[k - 1];
    slope -= units * lanes;
    w -= units * (inputs + 1);
    for (long long i = 0; i < units * lanes; i++) now[i] *= slope[i];
    for (long long i = 0; i < inputs; i++) {
      double z[MOST_LANES];
      OVER_LANES z[r] = 0.0;
      for (long long a = 0; a < units; a++) OVER_LANES z[r] += w[a * inputs + i] * now[a * lanes + r];
      OVER_LANES next[i * lanes + r] = z[r];
    }
    double *swapped = now;
    now = next, next = swapped;
  }
  return now;
}

INLINE void differentiate_block(int lanes, const call *c, long long at, long long rows, double *work) {
  const long long *shape = c->shapes + 4;
  long long inputs = c->shapes[0], outputs = c->shapes[1];
  const double *scale = c->numbers + inputs, *w = c->numbers + 2 * inputs;
  double *u = work, *y = c->y + at * outputs * inputs;
  const int near = load(lanes, c, at, rows, u);
  for (long long member = 0; member < c->shapes[2]; member++) {
    long long layers = shape[1], hidden = 0, widest = inputs;
    const long long *widths = shape + 2;
    const double *w_end = w;
    double *h = u + inputs * lanes;
    for (long long k = 0; k < layers; k++) {
      w_end += widths[k + 1] * (widths[k] + 1);
      widest = widths[k] > widest ? widths[k] : widest;
    }
    double *last = forwards(lanes, 1, widths, layers, kind_of(shape[0], near), w, u, h);
    for (long long k = 1; k < layers; k++) slopes(lanes, kind_of(shape[0], 0), h + hidden * lanes, widths[k]), hidden += widths[k];
    double *slope_end = h + hidden * lanes, *d = last + widths[layers] * lanes;
    for (long long j = 0; j < widths[layers]; j++, y += inputs) {
      const double *g = backwards(lanes, widths, layers, w_end, j, slope_end, d, widest);
      for (long long i = 0; i < inputs; i++)
        for (int r = 0; r < rows; r++) y[r * outputs * inputs + i] = g[i * lanes + r] * scale[i];
    }
    w = w_end;
    shape += layers + 3;
  }
}

#define OVER_BLOCKS(of_block) \
  int lanes = c->n <= FEWEST_LANES ? FEWEST_LANES : MOST_LANES; \
  long long size = c->shapes[3] * lanes; \
  double room[ON_STACK], *work = room; \
  if (size > ON_STACK && !(work = malloc((size_t)size * sizeof *work))) return 1; \
  for (long long at = 0; at < c->n;) { \
    long long rows = c->n - at; \
    if (rows <= FEWEST_LANES) { \
      of_block(FEWEST_LANES, c, at, rows, work); \
      break; \
    } \
    rows = rows > MOST_LANES ? MOST_LANES : rows; \
    of_block(MOST_LANES, c, at, rows, work); \
    at += rows; \
  } \
  if (work != room) free(work); \
  return 0;

int nsc_evaluate(const call *c) { OVER_BLOCKS(evaluate_block) }

int nsc_differentiate(const call *c) { OVER_BLOCKS(differentiate_block) }

/* 1 where all rows of a call lie in a box, lo[input] and then hi[input]; a NaN lies nowhere.
 * Eight rows' ends stand side by side, so that the loop is over numbers that follow each other. */
int nsc_all_inside(const call *c, const double *box) {
  enum { ROWS = 8, MOST = 64 };
  const long long inputs = c->shapes[0], total = inputs * c->n;
  double lo[ROWS * MOST], hi[ROWS * MOST];
  long long at = 0;
  if (c->n >= ROWS && inputs <= MOST) {
    const long long step = ROWS * inputs;
    for (long long k = 0; k < step; k++) {
      lo[k] = box[k % inputs];
      hi[k] = box[inputs + k % inputs];
    }
    for (; at + step <= total; at += step) {
      long long outside = 0;
      for (long long k = 0; k < step; k++) {
        const double x = c->x[at + k];
        outside |= !((x >= lo[k]) & (x <= hi[k]));
      }
      if (outside) return 0;
    }
  }
  for (; at < total; at += inputs)
    for (long long k = 0; k < inputs; k++)
      if (!(c->x[at + k] >= box[k] && c->x[at + k] <= box[inputs + k])) return 0;
  return 1;
}
