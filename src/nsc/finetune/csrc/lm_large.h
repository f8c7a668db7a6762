/* Steps of Levenberg-Marquardt where parameters are many: blocked, over parameters or over residuals.
 *
 * In:  lm.h's nouns, dense.h. Out: assemble_large, solve_large. Non-goals: when to step (lm.h).
 *
 * Over parameters:  (J J^T + a I) step = J r, as in lm.h; J is packed a DEPTH of residuals at a time.
 * Over residuals:   step = J (J^T J + a I)^-1 r, the same step. J^T J costs little: the derivative by a weight is a
 *                   unit's delta times what enters it, so J^T J is the sum over layers of (D^T D) * (1 + X^T X), entry
 *                   by entry, for deltas D and inputs X of a layer. No J is made: J times a vector is a gradient.
 */

enum { DEPTH = 128 }; /* residuals whose derivatives stay in the second-level cache */

/* Write n vectors of samples of a row into row `depth_at` of strips, from vector `at` on. */
INLINE void pack_row(double *strips, int depth, int depth_at, long at, const v4 *row, int n) {
  for (int k = 0; k < n; k++) *(v4 *)(packed_at(strips, depth, 4 * (int)(at + k)) + depth_at * STRIP) = row[k];
}

/* Write the Jacobian's block, n vectors of samples, into `strips` of parameters: four samples are four rows. */
static __attribute__((noinline)) void pack_jacobian(const System *s, int depth_at, int n) {
  for (int q = 0; q < s->columns; q += 4) {
    double *to = packed_at(s->strips, DEPTH, q) + (long)depth_at * STRIP;
    for (int k = 0; k < n; k++, to += 4 * STRIP) {
      v4 a = s->j[q][k], b = s->j[q + 1][k], c = s->j[q + 2][k], d = s->j[q + 3][k];
      v4 low = __builtin_shufflevector(a, b, 0, 4, 2, 6), high = __builtin_shufflevector(a, b, 1, 5, 3, 7);
      v4 low_2 = __builtin_shufflevector(c, d, 0, 4, 2, 6), high_2 = __builtin_shufflevector(c, d, 1, 5, 3, 7);
      *(v4 *)to = __builtin_shufflevector(low, low_2, 0, 1, 4, 5);
      *(v4 *)(to + STRIP) = __builtin_shufflevector(high, high_2, 0, 1, 4, 5);
      *(v4 *)(to + 2 * STRIP) = __builtin_shufflevector(low, low_2, 2, 3, 6, 7);
      *(v4 *)(to + 3 * STRIP) = __builtin_shufflevector(high, high_2, 2, 3, 6, 7);
    }
  }
}

/* J J^T in h, J r in its column `size`; not yet divided. */
static void assemble_parameters(System *s, const double *w, int inputs, const Data *data) {
  int filled = 0;
  for (int k0 = 0; k0 < data->vectors; k0 += BLOCK) {
    int n = data->vectors - k0 < BLOCK ? data->vectors - k0 : BLOCK;
    v4 e[OUTPUTS][BLOCK];
    samples_forward(w, inputs, data->x + k0, data->vectors, n, s->b);
    samples_residual(data, k0, n, s->b);
    memcpy(e, s->b->d[UNITS - OUTPUTS], sizeof e);
    for (int output = 0; output < OUTPUTS; output++) {
      memcpy(s->b->d[UNITS - OUTPUTS], e, sizeof e);
      fill(s, w, inputs, data, k0, n, output);
      if (filled + 4 * n > DEPTH) {
        add_products(s->h, s->ld, 0, s->size, s->columns, s->strips, DEPTH, 1);
        filled = 0;
      }
      if (!filled) memset(s->strips, 0, (size_t)s->columns * DEPTH * sizeof(double));
      pack_jacobian(s, filled, n);
      filled += 4 * n;
    }
  }
  add_products(s->h, s->ld, 0, s->size, s->columns, s->strips, DEPTH, 1);
}

/* Pack every layer's deltas and inputs of all residuals, and keep the residuals in s->right. A residual's column
 * is its sample's number, behind all samples of the outputs before. */
static void pack_layers(System *s, const double *w, int inputs, const Data *data) {
  memset(s->strips, 0, (size_t)s->columns * (inputs + 2 * UNITS) * sizeof(double));
  for (int k0 = 0; k0 < data->vectors; k0 += BLOCK) {
    int n = data->vectors - k0 < BLOCK ? data->vectors - k0 : BLOCK;
    samples_forward(w, inputs, data->x + k0, data->vectors, n, s->b);
    samples_residual(data, k0, n, s->b);
    int first = UNITS - OUTPUTS;
    for (int o = 0; o < OUTPUTS; o++)
      for (int k = 0; k < 4 * n; k++) {
        long column = 4L * (o * data->vectors + k0) + k;
        s->right[column] = ((double *)s->b->d[first + o])[k];
      }
    for (int output = 0; output < OUTPUTS; output++) {
      for (int o = 0; o < OUTPUTS; o++)
        for (int k = 0; k < n; k++) {
          v4 one = data->mask ? data->mask[k0 + k] : samples_splat(1);
          s->b->d[first + o][k] = o == output ? one : (v4){0};
        }
      samples_backward(w + PARAMETERS(inputs), n, s->b);
      const v4 *from = data->x + k0;
      long ldx = data->vectors, at = (long)output * data->vectors + k0;
      int in = inputs, unit = 0;
      double *strips = s->strips;
      for (int layer = 0; layer < LAYERS; layer++) {
        int units = WIDTH[layer];
        for (int j = 0; j < units; j++) pack_row(strips, units, j, at, s->b->d[unit + j], n);
        strips += (long)s->columns * units;
        for (int i = 0; i < in; i++) pack_row(strips, in, i, at, from + i * ldx, n);
        strips += (long)s->columns * in;
        from = s->b->h[unit], ldx = BLOCK, in = units, unit += units;
      }
    }
  }
}

/* h += (D^T D) * (1 + X^T X), entry by entry, of a layer of `units` with `in` inputs. */
WIDEST static __attribute__((noinline)) void add_layer(System *s, double *deltas, int units, double *inputs, int in) {
  for (int j = 0; j < s->columns; j += STRIP)
    for (int i = 0; i < j + STRIP; i += TILE_ROWS) {
      wide product[TILE_ROWS][TILE_VECTORS] = {{{0}}}, shared[TILE_ROWS][TILE_VECTORS];
      add_outer(packed_at(deltas, units, i), packed_at(deltas, units, j), units, product);
      UNROLL for (int r = 0; r < TILE_ROWS; r++)
        UNROLL for (int v = 0; v < TILE_VECTORS; v++) shared[r][v] = (wide){0} + 1.0;
      add_outer(packed_at(inputs, in, i), packed_at(inputs, in, j), in, shared);
      UNROLL for (int r = 0; r < TILE_ROWS; r++)
        UNROLL for (int v = 0; v < TILE_VECTORS; v++)
          *wide_at(s->h + (i + r) * s->ld + j + v * WIDE) += product[r][v] * shared[r][v];
    }
}

/* J^T J in h, its column n holds r; not yet divided. */
static void assemble_residuals(System *s, const double *w, int inputs, const Data *data) {
  pack_layers(s, w, inputs, data);
  double *strips = s->strips;
  for (int layer = 0; layer < LAYERS; layer++) {
    int units = WIDTH[layer], in = layer ? WIDTH[layer - 1] : inputs;
    add_layer(s, strips, units, strips + (long)s->columns * units, in);
    strips += (long)s->columns * (units + in);
  }
  for (int q = 0; q < s->n; q++) s->h[q * s->ld + s->n] = s->right[q];
}

/* As assemble. */
static void assemble_large(System *s, const double *w, int inputs, const Data *data) {
  memset(s->h, 0, (size_t)s->columns * s->ld * sizeof(double));
  if (s->over_residuals) assemble_residuals(s, w, inputs, data);
  else assemble_parameters(s, w, inputs, data);
  double share = 1.0 / ((double)data->samples * OUTPUTS);
  for (int q = 0; q < s->n; q++)
    for (long k = q; k < s->columns; k++) s->h[q * s->ld + k] *= share;
}

/* out = J times `factors`, a number per residual. */
static void times_jacobian(System *s, const double *w, int inputs, const Data *data, const double *factors,
                           double *out) {
  v4 *g = s->gradient;
  for (int k0 = 0; k0 < data->vectors; k0 += BLOCK) {
    int n = data->vectors - k0 < BLOCK ? data->vectors - k0 : BLOCK;
    samples_forward(w, inputs, data->x + k0, data->vectors, n, s->b);
    for (int o = 0; o < OUTPUTS; o++)
      for (int k = 0; k < n; k++) {
        v4 factor = *(const v4 *)(factors + 4L * (o * data->vectors + k0 + k));
        if (data->mask) factor *= data->mask[k0 + k];
        s->b->d[UNITS - OUTPUTS + o][k] = factor;
      }
    samples_backward(w + s->size, n, s->b);
    samples_outer(data->x + k0, data->vectors, inputs, n, s->b, g, k0 == 0);
  }
  for (int q = 0; q < s->size; q++) out[q] = lane_sum(g[q]);
}

/* bend += share * the residuals at w + length * step. */
static void add_residuals(System *s, const double *w, const double *step, double length, int inputs, const Data *data,
                          double share) {
  double *point = s->point;
  for (int q = 0; q < s->size; q++) point[q] = w[q] + length * step[q];
  for (int k0 = 0; k0 < data->vectors; k0 += BLOCK) {
    int n = data->vectors - k0 < BLOCK ? data->vectors - k0 : BLOCK;
    samples_forward(point, inputs, data->x + k0, data->vectors, n, s->b);
    samples_residual(data, k0, n, s->b);
    for (int o = 0; o < OUTPUTS; o++)
      for (int k = 0; k < n; k++)
        *(v4 *)(s->bend + 4L * (o * data->vectors + k0 + k)) += share * s->b->d[UNITS - OUTPUTS + o][k];
  }
}

/* Follow the path that the step begins to second order (lm.py says how), by the factored matrix, where the correction
 * is short enough. */
static void accelerate(System *s, const double *w, int inputs, const Data *data, double *step) {
  double share = 1.0 / (BEND_LENGTH * BEND_LENGTH), *more = s->more, mean = 0.5 / ((double)data->samples * OUTPUTS);
  long residuals = 4L * OUTPUTS * data->vectors;
  memset(s->bend, 0, residuals * sizeof(double));
  add_residuals(s, w, step, BEND_LENGTH, inputs, data, share);
  add_residuals(s, w, step, 0, inputs, data, -2 * share);
  add_residuals(s, w, step, -BEND_LENGTH, inputs, data, share);
  for (long q = 0; q < residuals; q++) s->bend[q] *= mean;
  if (s->over_residuals) {
    solve_forward(s->l, s->ld, s->n, s->bend);
    solve_back(s->l, s->ld, s->n, s->bend);
    times_jacobian(s, w, inputs, data, s->bend, more);
  } else {
    times_jacobian(s, w, inputs, data, s->bend, more);
    solve_forward(s->l, s->ld, s->n, more);
    solve_back(s->l, s->ld, s->n, more);
  }
  int is_short = norm_of(more, s->size) <= BEND_LIMIT * BEND_LIMIT * norm_of(step, s->size); /* not where NaN */
  if (is_short)
    for (int q = 0; q < s->size; q++) step[q] += more[q];
}

/* trial = w - the damped step; false where there is none. */
static int solve_large(System *s, double damping, const double *w, int inputs, const Data *data, double *trial) {
  memcpy(s->l, s->h, (size_t)s->columns * s->ld * sizeof(double));
  for (int q = 0; q < s->n; q++) s->l[q * s->ld + q] += damping;
  if (!factor_dense(s->l, s->ld, s->n, s->columns, s->panel)) return 0;
  double *solved = s->over_residuals ? s->right : trial;
  for (int q = 0; q < s->n; q++) solved[q] = s->l[q * s->ld + s->n];
  solve_back(s->l, s->ld, s->n, solved);
  if (s->over_residuals) times_jacobian(s, w, inputs, data, s->right, trial);
  accelerate(s, w, inputs, data, trial);
  for (int q = 0; q < s->size; q++) trial[q] = w[q] - trial[q];
  return 1;
}
