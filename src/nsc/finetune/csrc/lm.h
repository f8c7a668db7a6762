/* Levenberg-Marquardt with identity damping and early stopping, all steps in one call, in double.
 *
 * In: data, parameters, settings. Out: curves, the best and the last parameters, why it stopped.
 * The same algorithm as lm.py, which says where it comes from.
 */

#include "dense.h"

typedef struct {
  int size, rows, ld; /* parameters; rows of J with the residual's, padded to twelves; columns of H and L */
  v4 (*j)[BLOCK];     /* a block of the Jacobian, a row per parameter */
  double *h, *l;      /* [rows][ld]: J J^T with J r in row `size`; its damped Cholesky factor */
  samples_Block *b;
  /* From LARGE_FROM parameters on, lm_large.h: h and l are upper triangles, the right side is their column n. */
  int is_large, over_residuals;
  int n, columns; /* unknowns, which are parameters or residuals; padded to whole strips, with the right side */
  double *strips, *panel, *right; /* packed factors of h; of l; the residuals, then what J is multiplied by */
  v4 *gradient;                   /* a sum per parameter */
  double *bend;                   /* second derivatives of the residuals along a step */
  double *point, *more;           /* parameters beside w; what a step is corrected by */
} System;

/* The sums over the lanes of four vectors. */
INLINE v4 sums_of(v4 a, v4 b, v4 c, v4 d) {
  v4 ab = __builtin_shufflevector(a, b, 0, 4, 2, 6) + __builtin_shufflevector(a, b, 1, 5, 3, 7);
  v4 cd = __builtin_shufflevector(c, d, 0, 4, 2, 6) + __builtin_shufflevector(c, d, 1, 5, 3, 7);
  return __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}

INLINE double lane_sum(v4 a) { return (a[0] + a[2]) + (a[1] + a[3]); }

/* out[r] = the dot products of row r of a with four rows of b, three rows at a time, n vectors long. */
INLINE void dots(const v4 *a, long a_ld, const v4 *b, long b_ld, int n, v4 out[3]) {
  v4 acc[3][4] = {{{0}}};
  for (int k = 0; k < n; k++) {
    v4 left[3];
    UNROLL for (int r = 0; r < 3; r++) left[r] = a[r * a_ld + k];
    UNROLL for (int c = 0; c < 4; c++) {
      v4 right = b[c * b_ld + k];
      UNROLL for (int r = 0; r < 3; r++) acc[r][c] += left[r] * right;
    }
  }
  UNROLL for (int r = 0; r < 3; r++) out[r] = sums_of(acc[r][0], acc[r][1], acc[r][2], acc[r][3]);
}

/* Fill the Jacobian's block for one output from the activations in b->h. */
static __attribute__((noinline)) void fill(System *s, const double *w, int inputs, const Data *data, int k0, int n,
                                           int output) {
  samples_Block *b = s->b;
  int in = inputs, unit = 0, row = 0, first = UNITS - OUTPUTS;
  for (int k = 0; k < n; k++) s->j[s->size][k] = b->d[first + output][k];
  for (int o = 0; o < OUTPUTS; o++)
    for (int k = 0; k < n; k++) {
      v4 one = data->mask ? data->mask[k0 + k] : samples_splat(1);
      b->d[first + o][k] = o == output ? one : (v4){0};
    }
  samples_backward(w + s->size, n, b);
  const v4 *from = data->x + k0;
  long ldx = data->vectors;
  UNROLL for (int layer = 0; layer < LAYERS; layer++) {
    int units = WIDTH[layer];
    for (int j = 0; j < units; j++)
      for (int i = 0; i < in; i++, row++)
        for (int k = 0; k < n; k++) s->j[row][k] = b->d[unit + j][k] * from[i * ldx + k];
    for (int j = 0; j < units; j++, row++)
      for (int k = 0; k < n; k++) s->j[row][k] = b->d[unit + j][k];
    from = b->h[unit], ldx = BLOCK, in = units, unit += units;
  }
}

/* Assemble J J^T and J r, both divided by the number of residuals, in s->h. */
static void assemble(System *s, const double *w, int inputs, const Data *data) {
  memset(s->h, 0, (size_t)s->rows * s->ld * sizeof(double));
  for (int k0 = 0; k0 < data->vectors; k0 += BLOCK) {
    int n = data->vectors - k0 < BLOCK ? data->vectors - k0 : BLOCK;
    v4 e[OUTPUTS][BLOCK];
    samples_forward(w, inputs, data->x + k0, data->vectors, n, s->b);
    samples_residual(data, k0, n, s->b);
    memcpy(e, s->b->d[UNITS - OUTPUTS], sizeof e);
    for (int output = 0; output < OUTPUTS; output++) {
      memcpy(s->b->d[UNITS - OUTPUTS], e, sizeof e);
      fill(s, w, inputs, data, k0, n, output);
      for (int c = 0; c <= s->size; c += 4)
        for (int r = c / 3 * 3; r <= s->size; r += 3) {
          v4 sums[3];
          dots(s->j[r], BLOCK, s->j[c], BLOCK, n, sums);
          UNROLL for (int q = 0; q < 3; q++) *(v4 *)(s->h + (long)(r + q) * s->ld + c) += sums[q];
        }
    }
  }
  double share = 1.0 / ((double)data->samples * OUTPUTS);
  for (long q = 0; q < (long)s->rows * s->ld; q++) s->h[q] *= share;
}

/* Factor h + damping = L L^T (Cholesky); false where it is not positive definite.
 *
 * Row `size` of h holds J r. Factored like any other row of a symmetric matrix it becomes L^-1 J r, which is the
 * forward substitution: there is none to write. (Its own pivot, where the diagonal would be, is never computed.)
 *
 * The loop goes by blocks of four columns, since a vector holds four. First all earlier columns are taken off the block
 * at once, by the same tiles of three rows and four columns that assembled h: that is most of the work, and runs at the
 * speed of a matrix product. What is left inside the block is done column by column. Tiles of rows begin at multiples
 * of three, so that the first may reach above the diagonal: `r + q >= c` leaves those rows, which are finished, alone.
 * Entries above the diagonal inside the block are overwritten with what nobody reads. */
static int factor(System *s, double damping) {
  int n = s->size, ld = s->ld;
  double *l = s->l;
  memcpy(l, s->h, (size_t)s->rows * ld * sizeof(double));
  for (int q = 0; q < n; q++) l[(long)q * ld + q] += damping;
  for (int c = 0; c < n; c += 4) {
    int width = n - c < 4 ? n - c : 4;
    for (int r = c / 3 * 3; r <= n; r += 3) {
      v4 sums[3];
      dots((v4 *)(l + (long)r * ld), ld / 4, (v4 *)(l + (long)c * ld), ld / 4, c / 4, sums);
      UNROLL for (int q = 0; q < 3; q++)
        if (r + q >= c) *(v4 *)(l + (long)(r + q) * ld + c) -= sums[q];
    }
    for (int j = c; j < c + width; j++) {
      double *diagonal = l + (long)j * ld, pivot = diagonal[j];
      for (int k = c; k < j; k++) pivot -= diagonal[k] * diagonal[k];
      if (!(pivot > 1e-300)) return 0; /* NaN too */
      diagonal[j] = sqrt(pivot);
      double inverse = 1.0 / diagonal[j];
      for (int r = j + 1; r <= n; r++) {
        double *row = l + (long)r * ld, value = row[j];
        for (int k = c; k < j; k++) value -= row[k] * diagonal[k];
        row[j] = value * inverse;
      }
    }
  }
  return 1;
}

/* trial = w - (h + damping)^-1 J r */
static void step_to(const System *s, const double *w, double *trial) {
  int n = s->size;
  for (int q = 0; q < n; q++) trial[q] = s->l[(long)n * s->ld + q];
  for (int q = n - 1; q >= 0; q--) {
    const double *row = s->l + (long)q * s->ld;
    double value = trial[q] /= row[q];
    for (int k = 0; k < q; k++) trial[k] -= value * row[k];
  }
  for (int q = 0; q < n; q++) trial[q] = w[q] - trial[q];
}

/* The square of a vector's length. */
static double norm_of(const double *w, int size) {
  double sum = 0;
  for (int q = 0; q < size; q++) sum += w[q] * w[q];
  return sum;
}

#include "lm_large.h"

static void assemble_with_ridge(System *s, const double *w, int inputs, const Data *data, double ridge) {
  int size = s->size;
  double *slope = s->h + (s->is_large ? size : (long)size * s->ld);
  long stride = s->is_large ? s->ld : 1;
  if (s->is_large) assemble_large(s, w, inputs, data);
  else assemble(s, w, inputs, data);
  if (ridge)
    for (int q = 0; q < size; q++) slope[q * stride] += ridge * w[q];
}

/* trial = w - (h + damping)^-1 J r; false where h + damping is not positive definite. */
static int solve(System *s, double damping, const double *w, int inputs, const Data *data, double *trial) {
  if (s->is_large) return solve_large(s, damping, w, inputs, data, trial);
  if (!factor(s, damping)) return 0;
  step_to(s, w, trial);
  return 1;
}

static double mean_loss(const double *w, int inputs, const Data *data, samples_Block *b) {
  return lane_sum(samples_loss(w, inputs, data, b)) / ((double)data->samples * OUTPUTS);
}

static double least(const double *values, int n) {
  double found = values[0];
  for (int k = 1; k < n; k++) found = values[k] < found ? values[k] : found;
  return found;
}

/* Whether the last `span` of `length` losses gained too little over all before them. */
static int is_plateau(const Settings *o, const double *held, int length) {
  int span = o->plateau_steps, before = length - span;
  if (length <= 2 * span) return 0;
  return least(held + before, span) > o->plateau_gain * least(held, before);
}

static int reason_to_stop(const Settings *o, double loss, double damping, int since, const double *held, int length) {
  if (loss < o->tolerance) return CONVERGED;
  if (since >= o->patience) return PATIENCE;
  if (is_plateau(o, held, length)) return PLATEAU;
  return damping > DAMPING_CEILING ? NO_PROGRESS : STEP_LIMIT;
}

/* All steps of one surrogate; returns why it stopped. `fresh` says that w moved, and h with its row is of another place;
 * `since` counts accepted steps since validation was best. */
static int run_lm(System *s, const Settings *o, const Run *r, double *trial) {
  const Data *train = r->train, *held = r->validation, *test = r->test;
  double *w = r->w, *best_w = r->best_w;
  double *train_loss = r->train_loss, *held_loss = r->validation_loss, *test_loss = r->test_loss;
  int *best_step = r->best_step, *ran = r->ran;
  int size = s->size, inputs = r->inputs;
  size_t bytes = size * sizeof(double);
  double damping = o->damping;
  double loss = mean_loss(w, inputs, train, s->b);
  double objective = loss + o->ridge * norm_of(w, size);
  double best = mean_loss(w, inputs, held, s->b);
  train_loss[0] = loss;
  held_loss[0] = best;
  test_loss[0] = test ? mean_loss(w, inputs, test, s->b) : NAN;
  memcpy(best_w, w, bytes);
  *best_step = *ran = 0;
  int fresh = 1, since = 0, stopped = STEP_LIMIT;
  for (int step = 1; step <= o->steps && stopped == STEP_LIMIT; step++) {
    if (fresh) assemble_with_ridge(s, w, inputs, train, o->ridge);
    fresh = 0;
    train_loss[step] = loss;
    held_loss[step] = held_loss[step - 1];
    test_loss[step] = NAN;
    if (solve(s, damping + o->ridge, w, inputs, train, trial)) {
      double trial_loss = mean_loss(trial, inputs, train, s->b);
      double trial_objective = trial_loss + o->ridge * norm_of(trial, size);
      fresh = trial_objective < objective; /* not where it is NaN */
      if (fresh) {
        memcpy(w, trial, bytes);
        loss = trial_loss;
        objective = trial_objective;
        double lower = damping / o->damping_down;
        damping = lower > DAMPING_FLOOR ? lower : DAMPING_FLOOR;
        since++;
        train_loss[step] = loss;
        held_loss[step] = mean_loss(w, inputs, held, s->b);
        if (held_loss[step] < best) {
          best = held_loss[step];
          *best_step = step;
          since = 0;
          memcpy(best_w, w, bytes);
          if (test) test_loss[step] = mean_loss(w, inputs, test, s->b);
        }
      }
    }
    if (!fresh) damping *= o->damping_up;
    *ran = step;
    stopped = reason_to_stop(o, loss, damping, since, held_loss, step + 1);
    if (r->show && step % SHOW_EVERY == 0 && r->show(step, best)) stopped = INTERRUPTED;
  }
  return stopped;
}

INLINE void *aligned(size_t bytes) { return aligned_alloc(64, (bytes + 63) / 64 * 64); }

/* Whether to solve over residuals: exactly as good where they are no more than parameters, and cheaper. Not with a
 * ridge, which pulls at parameters. */
static int is_over_residuals(const System *s, const Settings *o, const Data *data) {
  return s->is_large && o->ridge == 0 && OUTPUTS * 4L * data->vectors <= RESIDUALS_UP_TO * s->size;
}

/* Choose the way to solve, and make room for it. Rows and columns are padded to whole tiles. */
static int make_room(System *s, const Settings *o, const Run *r) {
  const Data *train = r->train;
  s->size = PARAMETERS(r->inputs);
  s->is_large = s->size >= LARGE_FROM;
  s->over_residuals = is_over_residuals(s, o, train);
  s->n = s->over_residuals ? OUTPUTS * 4 * train->vectors : s->size;
  s->columns = (s->n + 1 + STRIP - 1) / STRIP * STRIP;
  s->rows = s->is_large ? (s->over_residuals ? 0 : (s->size + 1 + 15) / 16 * 16) : (s->size + 1 + 11) / 12 * 12;
  s->ld = s->is_large ? s->columns | 8 : (s->size + 1 + 7) / 8 * 8;
  long square = s->is_large ? (long)s->columns * s->ld : (long)s->rows * s->ld;
  size_t jacobian = (size_t)s->rows * BLOCK * sizeof(v4), number = sizeof(double);
  s->h = aligned(square * number), s->l = aligned(square * number);
  s->j = aligned(jacobian), s->b = aligned(sizeof(samples_Block));
  if (!s->h || !s->l || !s->j || !s->b) return 0;
  memset(s->j, 0, jacobian);
  if (!s->is_large) return 1;
  int depth = s->over_residuals ? r->inputs + 2 * UNITS : DEPTH;
  s->strips = aligned((size_t)s->columns * depth * number), s->panel = aligned((size_t)s->columns * PANEL * number);
  s->right = aligned((size_t)s->columns * number), s->gradient = aligned((size_t)s->size * sizeof(v4));
  s->bend = aligned((size_t)OUTPUTS * 4 * train->vectors * number);
  s->point = aligned((size_t)s->size * number), s->more = aligned((size_t)s->size * number);
  return s->strips && s->panel && s->right && s->gradient && s->bend && s->point && s->more;
}

/* Run Levenberg-Marquardt on one surrogate. */
void nsc_run(const Settings *o, const Run *r) {
  System s = {0};
  int has_room = make_room(&s, o, r), *stopped = r->stopped;
  double *trial = aligned((size_t)s.size * sizeof(double));
  *stopped = has_room && trial ? run_lm(&s, o, r, trial) : NO_MEMORY;
  free(s.h), free(s.l), free(s.j), free(s.b), free(trial);
  free(s.strips), free(s.panel), free(s.right), free(s.gradient), free(s.bend), free(s.point), free(s.more);
}
