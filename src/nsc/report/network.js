/* A surrogate in a page: evaluates the plain values of deploy/languages/values.py.
 *
 * In:  {inputs: [{lo, hi}], outputs: [{rules}], networks: [{activation, layers: [{weight, bias}]}]}
 * Out: nscEvaluate(network, x): one number an output.
 * Non-goals: drawing; what is outside the domain.
 */
"use strict";

const NSC_ACTIVATIONS = {
  sigmoid: (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z))),
  tanh: Math.tanh,
  relu: (z) => (z < 0 ? 0 : z),
};

function nscLayer(layer, h) {
  return layer.weight.map((row, k) => row.reduce((sum, w, j) => sum + w * h[j], 0) + layer.bias[k]);
}

// halves go away from zero, as in C's round
function nscNearest(y, [least, largest]) {
  if (Number.isNaN(y)) return y;
  const whole = Math.trunc(y + (y < 0 ? -0.5 : 0.5));
  return Math.min(Math.max(whole, least), largest);
}

function nscHeld(y, rules) {
  for (const rule of rules) {
    if (rule.whole) y = nscNearest(y, rule.whole);
    else if (rule.values) y = rule.values[rule.thresholds.filter((t) => y > t).length];
    else y = y > 0.5 ? 1 : 0;
  }
  return y;
}

function nscEvaluate(network, x) {
  const u = network.inputs.map(({ lo, hi }, k) => (x[k] - (hi + lo) / 2) / ((hi - lo) / 2));
  const y = [];
  for (const { activation, layers } of network.networks) {
    let h = u;
    for (const layer of layers.slice(0, -1)) h = nscLayer(layer, h).map(NSC_ACTIVATIONS[activation]);
    y.push(...nscLayer(layers[layers.length - 1], h));
  }
  return y.map((value, k) => nscHeld(value, network.outputs[k].rules));
}

if (typeof module !== "undefined") module.exports = { nscEvaluate };
