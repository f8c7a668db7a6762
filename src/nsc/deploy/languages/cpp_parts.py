"""The pieces of an exported C++ header, as formats.

In: nothing. Out: texts. Non-goals: putting them together (cpp).
"""

from __future__ import annotations

from collections.abc import Mapping

# macros that give a whole type's names to templates
WHOLE_TYPES = "nsc_whole_type"
TEXT = """/*
{head}
 *
 * For C++11 and later. In namespace nsc, T is float, double, or a type of automatic
 * differentiation:
 *   {name}: one row; {batch}(x, y, n): x[n][{n_inputs}] to y[n][{n_outputs}].
 * Where sums of such a type are of another type, name it: {name}<T>(...).
 * With NSC_SELFTEST defined there is a main that tests it:
 *   g++ -x c++ -DNSC_SELFTEST surrogate.hpp -o selftest && ./selftest
 */
#ifndef NSC_{name}_HPP
#define NSC_{name}_HPP

#include <math.h>
#include <stddef.h>

namespace nsc {{
namespace {name}_parts {{

using ::exp;
using ::floor;
using ::tanh;

/* Integers are no scalars here: calls with them take the function of doubles. */
template <class T> struct real {{ typedef T type; typedef void nothing; }};
#define {whole_types}(kind) template <> struct real<kind> {{ }};
{whole_types}(bool)
{whole_types}(char)
{whole_types}(signed char)
{whole_types}(unsigned char)
{whole_types}(short)
{whole_types}(unsigned short)
{whole_types}(int)
{whole_types}(unsigned int)
{whole_types}(long)
{whole_types}(unsigned long)
{whole_types}(long long)
{whole_types}(unsigned long long)
#undef {whole_types}

template <class T> inline T scaled(const T& x, double middle, double half) {{
  return (x - T(middle)) / T(half);
}}

/* A float may be far from zero and its range narrow: its centre is no float. */
inline float scaled(float x, double middle, double half) {{
  return (float)(((double)x - middle) / half);
}}

template <class T> inline T sigmoid(const T& z) {{
  if (z < T(0.0)) {{
    T e = exp(z);
    return e / (T(1.0) + e);
  }}
  return T(1.0) / (T(1.0) + exp(T(0.0) - z));
}}

template <class T> inline T relu(const T& z) {{ return z < T(0.0) ? T(0.0) : z; }}

/* The nearest whole number; halves go away from zero. */
template <class T> inline T nearest(const T& y, double least, double largest) {{
  if (y < T(least)) return T(least);
  if (T(largest) < y) return T(largest);
  T up = floor(T(y < T(0.0) ? T(0.0) - y : y) + T(0.5));
  return y < T(0.0) ? T(0.0) - up : up;
}}

template <int N, int I, class T>
inline void layer(const double (&w)[N][I], const double (&b)[N], const T* x, T* z) {{
  for (int n = 0; n < N; n++) {{
    T sum = T(b[n]);
    for (int i = 0; i < I; i++) sum = sum + T(w[n][i]) * x[i];
    z[n] = sum;
  }}
}}

/* What the networks give for one row. */
template <class T> inline void networks(const T* x, T* y) {{
{networks}
}}

/* What the program gives: of the networks', what its types hold. */
template <class T> inline void outputs(const T* x, T* y) {{
  networks(x, y);
{outputs}}}

{policy}
}}  // namespace {name}_parts

{functions}
/* Many rows: x is n rows of inputs, y n rows of outputs. */
template <class T>
inline typename {name}_parts::real<T>::nothing {batch}(
    const T* x, T* y, size_t n) {{
  for (size_t row = 0; row < n; row++)
    {name}_parts::answer(x + {n_inputs} * row, y + {n_outputs} * row);
}}

}}  // namespace nsc

#ifdef NSC_SELFTEST
#include <stdio.h>

namespace nsc {{
namespace {name}_parts {{

/* How many outputs are wrong. */
inline int selftest() {{
  static const double table[{n_rows}][{n_inputs} + {n_outputs}] = {{
    {rows}}};
  static const double allowed[{n_outputs}] = {allowed};
  int wrong = 0;
  for (int row = 0; row < {n_rows}; row++) {{
    const double* x = table[row];
    double y[{n_outputs}], many[{n_outputs}];
    {call}
    {batch}(x, many, 1);
    for (int k = 0; k < {n_outputs}; k++) {{
      double error = ::fabs(y[k] - x[{n_inputs} + k]);
      double other = ::fabs(many[k] - x[{n_inputs} + k]);
      wrong += !(error <= allowed[k]);
      wrong += !(other <= allowed[k]);
    }}
  }}
  return wrong;
}}

}}  // namespace {name}_parts
}}  // namespace nsc

int main() {{
  int wrong = nsc::{name}_parts::selftest();
  ::printf("%d of %d values wrong\\n", wrong, 2 * {n_rows} * {n_outputs});
  return wrong != 0;
}}
#endif
#endif
"""
FUNCTIONS: Mapping[str, str] = {
    "one": """template <class T>
inline typename {name}_parts::real<T>::type {name}({given}) {{
  const T nsc_x[{n_inputs}] = {{{listed}}};
  T nsc_y[{n_outputs}];
  {name}_parts::answer(nsc_x, nsc_y);
  return nsc_y[0];
}}

inline double {name}({doubles}) {{
  return {name}<double>({passed});
}}
""",
    "several": """template <class T>
inline typename {name}_parts::real<T>::nothing {name}(
    {given}) {{
  const T nsc_x[{n_inputs}] = {{{listed}}};
  T nsc_y[{n_outputs}];
  {name}_parts::answer(nsc_x, nsc_y);
{stored}
}}

inline void {name}({doubles}) {{
  {name}<double>({passed});
}}
""",
}
_INSIDE = """#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
#error "-ffast-math takes a NaN for a number: leave it out where inputs are tested"
#endif

template <class T> inline bool is_inside(const T* x) {{
  using ::acos; using ::atan2; using ::ceil; using ::cos; using ::fabs;
  using ::fmax; using ::fmin; using ::fmod; using ::hypot; using ::log;
  using ::log10; using ::pow; using ::sin; using ::sqrt; using ::tan;
  return {tests};
}}

"""
LEAVING: Mapping[str | None, str] = {
    None: """template <class T> inline void answer(const T* x, T* y) {{ outputs(x, y); }}
""",
    "warn": """}}  // namespace {name}_parts
}}  // namespace nsc
#include <stdio.h>
namespace nsc {{
namespace {name}_parts {{

inline void warn() {{
  static bool has_warned = false;
  if (!has_warned)
    ::fputs("{name}: inputs outside the domain of the surrogate\\n", stderr);
  has_warned = true;
}}

"""
    + _INSIDE
    + """template <class T> inline void answer(const T* x, T* y) {{
  if (!is_inside(x)) warn();
  outputs(x, y);
}}
""",
    "raise": """}}  // namespace {name}_parts
}}  // namespace nsc
#if defined(__cpp_exceptions) || defined(__EXCEPTIONS) || defined(_CPPUNWIND)
#include <stdexcept>
#define NSC_LEAVE(what) throw std::domain_error(what)
#else
#include <stdlib.h>
#define NSC_LEAVE(what) ::abort()
#endif
namespace nsc {{
namespace {name}_parts {{

"""
    + _INSIDE
    + """template <class T> inline void answer(const T* x, T* y) {{
  if (!is_inside(x))
    NSC_LEAVE("{name}: inputs outside the domain of the surrogate");
  outputs(x, y);
}}
#undef NSC_LEAVE
""",
    "clip": """template <class T> inline void answer(const T* x, T* y) {{
  T given[{n_inputs}];
  for (int k = 0; k < {n_inputs}; k++) given[k] = x[k];
{limits}
  outputs(given, y);
}}
""",
    "nan": _INSIDE
    + """template <class T> inline void answer(const T* x, T* y) {{
  if (is_inside(x)) {{
    outputs(x, y);
    return;
  }}
  for (int k = 0; k < {n_outputs}; k++) y[k] = T(NAN);
}}
""",
}
"""What is done outside the domain."""

DRIVER = """#define NSC_SELFTEST
#define main nsc_selftest_main
#include "{file}"
#undef main
#include <stdio.h>
#include <stdlib.h>

enum {{ I = {n_inputs}, O = {n_outputs} }};

static int failed(const char* what) {{
  fputs(what, stderr);
  return 1;
}}

int main() {{
  double head[2];
  FILE* in = fopen("x.bin", "rb");
  FILE* out = fopen("y.bin", "wb");
  if (nsc_selftest_main()) return failed("its self-test fails");
  if (!in || !out || fread(head, 8, 2, in) != 2) return failed("no rows");
  size_t called = (size_t)head[0], apart = (size_t)head[1], rows = called + apart;
  double* given = (double*)malloc(8 * (rows * I + 1));
  double* found = (double*)malloc(8 * (rows * O + 1));
  if (!given || !found) return failed("no memory");
  if (fread(given, 8, rows * I, in) != rows * I) return failed("no rows");
  for (size_t row = 0; row < called; row++) {{
    const double* x = given + row * I;
    double* y = found + row * O;
    {call}
  }}
  fwrite(found, 8, called * O, out);
  nsc::{batch}(given, found, called);
  fwrite(found, 8, called * O, out);
  for (size_t row = called; row < rows; row++)
    nsc::{name}_parts::outputs(given + row * I, found + row * O);
  fwrite(found + called * O, 8, apart * O, out);
  return fclose(out) != 0;
}}
"""
