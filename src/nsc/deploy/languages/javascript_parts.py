"""The pieces of an exported JavaScript file, as formats.

In: nothing. Out: texts. Non-goals: putting them together (javascript).
"""

from __future__ import annotations

from collections.abc import Mapping

TEXT = """/*
{head}
 *
 * {name}({listed}) gives {results}; {name}.batch(x) takes {n_inputs} inputs a row, all in one
 * Float64Array or array, and gives {n_outputs} outputs a row, all in one Float64Array.
 * {name}.selfTest() says how many outputs are wrong. ES2015, no dependency, nothing is
 * evaluated; the same file for all:
 *   in a page, a script element with src="surrogate.js", then {name}(...)
 *   import "./surrogate.js"; then globalThis.{name}(...)
 *   const {name} = require("./surrogate.js");
 */
(function () {{
  "use strict";

  const NSC_MIDDLES = {middles};
  const NSC_HALVES = {halves};
  // a network each: its activation, its layers: [weights of each unit, biases]
  const NSC_NETWORKS = [
{networks}
  ];

  const NSC_ACTIVATIONS = {{
    sigmoid: function (z) {{
      const e = Math.exp(-Math.abs(z));
      return (z < 0 ? e : 1) / (1 + e);
    }},
    tanh: Math.tanh,
    relu: function (z) {{ return z < 0 ? 0 : z; }},
  }};

  function nsc_layer(layer, h) {{
    return layer[0].map(function (row, k) {{
      let z = layer[1][k];
      for (let j = 0; j < row.length; j++) z += row[j] * h[j];
      return z;
    }});
  }}

  // the networks' own outputs
  function nsc_networks(x) {{
    const u = NSC_MIDDLES.map(function (m, k) {{ return (x[k] - m) / NSC_HALVES[k]; }});
    const y = [];
    for (const network of NSC_NETWORKS) {{
      const act = NSC_ACTIVATIONS[network[0]];
      const layers = network[1];
      let h = u;
      for (let k = 0; k + 1 < layers.length; k++) {{
        h = nsc_layer(layers[k], h).map(function (z) {{ return act(z); }});
      }}
      for (const z of nsc_layer(layers[layers.length - 1], h)) y.push(z);
    }}
    return y;
  }}

  // the nearest whole number; halves go away from zero
  function nsc_nearest(y, least, largest) {{
    if (y !== y) return y;
    if (y <= least) return least;
    if (y >= largest) return largest;
    return Math.trunc(y + (y < 0 ? -0.5 : 0.5)) + 0;
  }}

  function nsc_one_of(y, thresholds, values) {{
    if (y !== y) return y;
    return values[thresholds.filter(function (t) {{ return y > t; }}).length];
  }}

  // one row, wherever the inputs are: nothing is tested
  function nsc_raw(x) {{
    const y = nsc_networks(x);
    return [
{outputs}    ];
  }}

{policy}
  function nsc_expect_numbers(x) {{
    for (const v of x) {{
      if (typeof v !== "number") throw new TypeError("an input is no number: " + typeof v);
    }}
  }}

  function {name}({listed}) {{
    const nsc_x = [{listed}];
    nsc_expect_numbers(nsc_x);
    return nsc_answered(nsc_x){returned};
  }}

  function {batch}(x) {{
    const rows = x.length / {n_inputs};
    if (!Number.isInteger(rows)) {{
      throw new RangeError("expected {n_inputs} inputs a row; found " + x.length + " in all");
    }}
    const found = new Float64Array(rows * {n_outputs});
    for (let k = 0; k < rows; k++) {{
      const row = Array.from(x.slice(k * {n_inputs}, (k + 1) * {n_inputs}));
      nsc_expect_numbers(row);
      found.set(nsc_answered(row), k * {n_outputs});
    }}
    return found;
  }}

  // inputs, then outputs
  const NSC_SELFTEST = [
{rows}
  ];
  const NSC_ALLOWED = {allowed};

  function nsc_self_test() {{
    let nsc_wrong = 0;
    for (const nsc_row of NSC_SELFTEST) {{
      const nsc_x = nsc_row.slice(0, {n_inputs});
      const nsc_one = {name}.apply(null, nsc_x);
      for (const nsc_y of [[].concat(nsc_one), {batch}(nsc_x)]) {{
        for (let nsc_k = 0; nsc_k < {n_outputs}; nsc_k++) {{
          const nsc_off = Math.abs(nsc_y[nsc_k] - nsc_row[{n_inputs} + nsc_k]);
          if (!(nsc_off <= NSC_ALLOWED[nsc_k])) nsc_wrong++;
        }}
      }}
    }}
    return nsc_wrong;
  }}

  {name}.batch = {batch};
  {name}.raw = nsc_raw;
  {name}.selfTest = nsc_self_test;
  if (typeof module === "object" && module && module.exports) module.exports = {name};
  else globalThis.{name} = {name};
}})();
"""
_INSIDE = """  const NSC_LOWS = {lows};
  const NSC_HIGHS = {highs};
{helpers}
  function nsc_is_inside(x) {{
    return {tests};
  }}

"""
LEAVING: Mapping[str | None, str] = {
    None: """  function nsc_answered(x) {{
    return nsc_raw(x);
  }}
""",
    "raise": _INSIDE
    + """  function nsc_answered(x) {{
    if (!nsc_is_inside(x)) throw new RangeError("{message}");
    return nsc_raw(x);
  }}
""",
    "warn": _INSIDE
    + """  let nsc_has_warned = false;

  function nsc_answered(x) {{
    if (!nsc_has_warned && !nsc_is_inside(x)) {{
      nsc_has_warned = true;
      if (typeof console !== "undefined") console.warn("{message}; this is said once");
    }}
    return nsc_raw(x);
  }}
""",
    "clip": _INSIDE
    + """  function nsc_clipped(v, k) {{
    return v < NSC_LOWS[k] ? NSC_LOWS[k] : v > NSC_HIGHS[k] ? NSC_HIGHS[k] : v;
  }}

  function nsc_answered(x) {{
    return nsc_raw(x.map(nsc_clipped));
  }}
""",
    "nan": _INSIDE
    + """  function nsc_answered(x) {{
    if (!nsc_is_inside(x)) return NSC_ALLOWED.map(function () {{ return NaN; }});
    return nsc_raw(x);
  }}
""",
}
"""What is done outside the domain."""

# functions of <math.h> that JavaScript's Math answers otherwise
HELPERS: Mapping[str, str] = {
    "fmin": """
  function nsc_fmin(a, b) {
    return b !== b || a < b ? a : b;
  }
""",
    "fmax": """
  function nsc_fmax(a, b) {
    return b !== b || a > b ? a : b;
  }
""",
    "pow": """
  function nsc_pow(a, b) {
    if (a === 1 || (a === -1 && Math.abs(b) === Infinity)) return 1;
    return Math.pow(a, b);
  }
""",
}

DRIVER = """"use strict";
const fs = require("fs");
console.warn = function () {{}};
const surrogate = require("./{file}");
if (surrogate.selfTest()) throw new Error("its self-test fails");
const bytes = fs.readFileSync("x.bin");
const given = new Float64Array(new Uint8Array(bytes).buffer);
const called = given[0];
const apart = given[1];
const n = {n_inputs};
const x = given.subarray(2);
const y = [];
for (let k = 0; k < called; k++) {{
  const found = surrogate(...x.subarray(k * n, (k + 1) * n));
  for (const v of [].concat(found)) y.push(v);
}}
for (const v of surrogate.batch(x.subarray(0, called * n))) y.push(v);
for (let k = called; k < called + apart; k++) {{
  for (const v of surrogate.raw(x.subarray(k * n, (k + 1) * n))) y.push(v);
}}
fs.writeFileSync("y.bin", new Uint8Array(new Float64Array(y).buffer));
"""
