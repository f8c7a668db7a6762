/* Large symmetric matrices in double: sums of outer products, Cholesky factorisation, back substitution.
 *
 * In:  upper triangles, row by row; factors packed in strips of STRIP columns, so that a strip stays in the first-level
 *      cache while others pass by it. Out: the same triangles. Non-goals: what the matrices mean (lm.h, lm_gram.h).
 *
 * An entry is one sum in the order of the strips' rows. So no bit depends on the width of the machine's vectors, nor on
 * how many entries are computed at once.
 */

enum { STRIP = 16, PANEL = 64 }; /* columns of a packed strip; rows that are factored together */

#ifdef __AVX512F__
typedef double wide __attribute__((vector_size(64)));
enum { TILE_ROWS = 8 }; /* times two vectors of columns: sixteen of thirty-two registers */
#define WIDEST __attribute__((min_vector_width(512)))
#else
typedef v4 wide;
enum { TILE_ROWS = 2 }; /* times four vectors of columns: eight of sixteen registers */
#define WIDEST
#endif
enum { WIDE = sizeof(wide) / sizeof(double), TILE_VECTORS = STRIP / WIDE };

INLINE wide *wide_at(double *at) { return (wide *)at; }

/* Where column `column` of strips of `depth` rows begins. */
INLINE double *packed_at(double *strips, int depth, int column) {
  return strips + (long)(column / STRIP) * depth * STRIP + column % STRIP;
}

/* acc[i] += sum over k of left[k][i] * right[k], a row of STRIP columns. */
INLINE void add_outer(const double *left, const double *right, int depth, wide acc[TILE_ROWS][TILE_VECTORS]) {
  for (int k = 0; k < depth; k++) {
    wide at[TILE_VECTORS];
    UNROLL for (int v = 0; v < TILE_VECTORS; v++) at[v] = *(const wide *)(right + k * STRIP + v * WIDE);
    UNROLL for (int i = 0; i < TILE_ROWS; i++) {
      wide factor = left[k * STRIP + i] - (wide){0};
      UNROLL for (int v = 0; v < TILE_VECTORS; v++) acc[i][v] += factor * at[v];
    }
  }
}

/* c[i][j] += sign * sum over k of strips[k][i] * strips[k][j], from row `first` to `rows`, j at or right of i. */
WIDEST static __attribute__((noinline)) void add_products(double *c, long ld, int first, int rows, int columns,
                                                          double *strips, int depth, double sign) {
  for (int j = first / STRIP * STRIP; j < columns; j += STRIP) {
    const double *right = packed_at(strips, depth, j);
    int end = j + STRIP < rows ? j + STRIP : rows;
    for (int i = first; i < end; i += TILE_ROWS) {
      wide acc[TILE_ROWS][TILE_VECTORS] = {{{0}}};
      add_outer(packed_at(strips, depth, i), right, depth, acc);
      UNROLL for (int r = 0; r < TILE_ROWS; r++)
        UNROLL for (int v = 0; v < TILE_VECTORS; v++)
          *wide_at(c + (i + r) * ld + j + v * WIDE) += sign * acc[r][v];
    }
  }
}

/* Factor the rows p to `end` within the columns p to `right`; false where a pivot is not positive. */
static int factor_corner(double *u, long ld, int p, int end, int right, double inverse[PANEL]) {
  for (int k = p; k < end; k++) {
    double *row = u + k * ld, pivot = row[k];
    if (!(pivot > 1e-300)) return 0; /* NaN too */
    row[k] = sqrt(pivot);
    inverse[k - p] = 1.0 / row[k];
    for (int j = k + 1; j < right; j++) row[j] *= inverse[k - p];
    for (int i = k + 1; i < end; i++) {
      double *below = u + i * ld, factor = row[i];
      for (int j = i; j < right; j++) below[j] -= factor * row[j];
    }
  }
  return 1;
}

/* Solve with the factored corner for the STRIP columns at j of the panel's rows; leave them in u and in `strip`. */
WIDEST static __attribute__((noinline)) void solve_strip(double *u, long ld, int p, int end, int j,
                                                         const double inverse[PANEL], double *strip) {
  int depth = end - p;
  for (int k = 0; k < depth; k++) memcpy(strip + k * STRIP, u + (p + k) * ld + j, STRIP * sizeof(double));
  for (int k = 0; k < depth; k++) {
    const double *row = u + (p + k) * ld + p;
    wide at[TILE_VECTORS];
    UNROLL for (int v = 0; v < TILE_VECTORS; v++) {
      at[v] = *wide_at(strip + k * STRIP + v * WIDE) * inverse[k];
      *wide_at(strip + k * STRIP + v * WIDE) = at[v];
    }
    for (int i = k + 1; i < depth; i++)
      UNROLL for (int v = 0; v < TILE_VECTORS; v++) *wide_at(strip + i * STRIP + v * WIDE) -= row[i] * at[v];
  }
  for (int k = 0; k < depth; k++) memcpy(u + (p + k) * ld + j, strip + k * STRIP, STRIP * sizeof(double));
}

/* Factor the first n columns of an upper triangle, u = U^T U (Cholesky, by panels of rows); false where it is not
 * positive definite. Columns from n on are right sides: they become U^-T times what they were. `strips` has room for
 * PANEL rows of all columns; there are whole strips of columns and as many rows. */
static int factor_dense(double *u, long ld, int n, int columns, double *strips) {
  double inverse[PANEL];
  for (int p = 0; p < n; p += PANEL) {
    int end = p + PANEL < n ? p + PANEL : n;
    int right = p + PANEL < columns ? p + PANEL : columns;
    if (!factor_corner(u, ld, p, end, right, inverse)) return 0;
    for (int j = p + PANEL; j < columns; j += STRIP)
      solve_strip(u, ld, p, end, j, inverse, packed_at(strips, PANEL, j));
    if (end - p == PANEL) add_products(u, ld, end, n, columns, strips, PANEL, -1);
  }
  return 1;
}

/* x = U^-T x. */
static void solve_forward(const double *u, long ld, int n, double *x) {
  for (int q = 0; q < n; q++) {
    const double *row = u + q * ld;
    double value = x[q] /= row[q];
    for (int k = q + 1; k < n; k++) x[k] -= row[k] * value;
  }
}

/* x = U^-1 x. */
static void solve_back(const double *u, long ld, int n, double *x) {
  for (int q = n - 1; q >= 0; q--) {
    const double *row = u + q * ld;
    v4 sum = {0};
    int k = q + 1;
    double rest = 0;
    for (; k < n && k % 4; k++) rest += row[k] * x[k];
    for (; k + 4 <= n; k += 4) sum += *(const v4 *)(row + k) * *(const v4 *)(x + k);
    for (; k < n; k++) rest += row[k] * x[k];
    x[q] = (x[q] - (((sum[0] + sum[2]) + (sum[1] + sum[3])) + rest)) / row[q];
  }
}
