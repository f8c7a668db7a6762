"""The pieces of exported integer C, as formats.

In: nothing. Out: texts. Non-goals: putting them together (c_text).
"""

from __future__ import annotations

TEXT = """/*
{head}
 */
#ifndef NSC_DECLARED_{name}
#define NSC_DECLARED_{name}
#include <stdint.h>
{macros}
/* One row; outputs behind pointers where there are several. */
{prototype};
/* The same of arrays: {n_inputs} inputs, {n_outputs} outputs, in the order above. */
void {row}(const int32_t *x, int32_t *y);
#endif

#ifndef NSC_DECLARATIONS
/* floor(n / 2^by): what shifts of negative numbers do is each compiler's own affair */
static int32_t nsc_floored(int32_t n, int by) {{
  return n < 0 ? ~(~n >> by) : n >> by;
}}

/* n / 2^by, rounded, halves upwards; nothing overflows */
static int32_t nsc_shifted(int32_t n, int by) {{
  return by == 0 ? n : nsc_floored(n, by) + (nsc_floored(n, by - 1) & 1);
}}
{helpers}
/* acc / 2^by, at most `most` in size */
static int32_t nsc_limited(int32_t acc, int by, int32_t most) {{
  if (by < 0) {{
    int32_t last = most >> -by;
    if (acc > last) return most;
    if (acc < -last) return -most;
    return acc * ((int32_t)1 << -by);
  }}
  acc = nsc_shifted(acc, by);
  return acc > most ? most : acc < -most ? -most : acc;
}}
{activation}
/* No sum leaves 32 bits on its way: of each row of weights, the sizes of all terms for
   the largest activations were added up when this was written. */
static int32_t nsc_sum({sum_parameters}) {{
  int k;
  for (k = 0; k < n; k++) {sum_step};
  return sum;
}}

void {row}(const int32_t *x, int32_t *y) {{
{tables}
  {storage} a[{widest}], b[{widest}];
  int k;
{body}
}}

{scalar}
#endif

#ifdef NSC_SELFTEST
/* How many outputs are not the very integers that they should be. */
int {name}_selftest(void) {{
  static const int32_t rows[{n_rows}][{n_inputs} + {n_outputs}] = {{
{rows}
  }};
  int wrong = 0, r, k;
  for (r = 0; r < {n_rows}; r++) {{
    int32_t y[{n_outputs}];
    {row}(rows[r], y);
    for (k = 0; k < {n_outputs}; k++) wrong += y[k] != rows[r][{n_inputs} + k];
  }}
  return wrong;
}}

int main(void) {{
  return {name}_selftest() != 0;
}}
#endif
"""
WIDE = """
static int64_t nsc_wide_floored(int64_t n, int by) {
  return n < 0 ? ~(~n >> by) : n >> by;
}

static int64_t nsc_wide_shifted(int64_t n, int by) {
  return by == 0 ? n : nsc_wide_floored(n, by) + (nsc_wide_floored(n, by - 1) & 1);
}
"""
WHOLE = """
/* where an integer stands in its domain */
static int32_t nsc_whole(int32_t x, int32_t lo, int32_t hi, int64_t factor, int64_t start) {{
  int64_t beyond = x < lo ? 0 : x > hi ? (int64_t)hi - lo : (int64_t)x - lo;
  int64_t place = nsc_wide_shifted(beyond * factor + start, {by});
  return (int32_t)(place > {largest} ? {largest} : place < -{largest} ? -{largest} : place);
}}
"""
TANH = """
/* tanh(z / 2) at z = 0, 1/{per_one}, ...; between these, cubics with its values and slopes */
static const {storage} nsc_table[{n}] = {{
  {table}
}};

static {wide} nsc_slope({wide} v) {{
  {wide} rest = (({wide})1 << {bits}) - {shift}(v * v, {bits});
  return {shift}(rest, {slope_shift});
}}

static {storage} nsc_tanh_half(int32_t z) {{
  int32_t size = z < 0 ? -z : z;
  int k = (int)(size >> {fraction});
  {wide} t, low, first, second, rise, r;
  if (k > {n} - 2) k = {n} - 2;
  t = size - ((int32_t)k << {fraction});
  low = nsc_table[k];
  first = nsc_slope(low);
  second = nsc_slope(nsc_table[k + 1]);
  rise = (nsc_table[k + 1] - low) * {guarded};
  r = {shift}((first + second - 2 * rise) * t, {fraction});
  r = {shift}((r + 3 * rise - 2 * first - second) * t, {fraction});
  r = {shift}((r + first) * t, {fraction});
  low += {shift}(r, {guard});
  if (low > {largest}) low = {largest};
  return ({storage})(z < 0 ? -low : low);
}}
"""
MACROS = """
/* For hosts, in floating point: v, a number in the program's units, is evaluated more than
   once. What is beyond the domain is brought to its end, a NaN to the lower one. */
#define nsc_rounded(d, most) \\
  ((d) >= (most) ? (most) : (d) > -(most) ? (int32_t)((d) < 0 ? (d) - 0.5 : (d) + 0.5) : -(most))
"""
FROM = (
    "#define {name}_from_{given}(v) \\\n  (({storage})nsc_rounded(((double)(v) - {middle}) *"
    " {factor}, {largest}))\n"
)
TO = "#define {name}_to_{output}(q) ({middle} + (double)(q) * {step})\n"
