/* Slices through a surrogate: one input along the axis, a slider for every other.
 *
 * In:  an element, a network (see network.js), curves of the program to draw beside, if there are any.
 * Out: controls and an SVG in the element; nscSlices returns a function that draws anew.
 * Non-goals: where the network comes from.
 */
"use strict";

const NSC_POINTS = 160;
const NSC_SIZE = { width: 640, height: 300, left: 64, right: 16, top: 14, bottom: 44 };
const NSC_SMALL = { ...NSC_SIZE, width: 400, height: 250 };

function nscElement(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function nscShape(name, attributes = {}, text = "") {
  const shape = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value);
  shape.textContent = text;
  return shape;
}

function nscNumber(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e5 || size < 1e-3)) return value.toExponential(2);
  return String(Number(value.toPrecision(4)));
}

function nscTicks(lo, hi, count = 5) {
  const step = (hi - lo) / count || 1;
  const power = 10 ** Math.floor(Math.log10(step));
  const nice = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= step * 0.999) || power * 10;
  const found = [];
  for (let at = Math.ceil(lo / nice - 1e-9) * nice; at <= hi + nice * 1e-9; at += nice) found.push(at);
  return found.map((at) => (Math.abs(at) < nice * 1e-9 ? 0 : at));
}

/* Draw lines over one axis: series is [{x, y, kind, title, dots}], labels {x, y}. */
function nscPlot(title, series, labels, log = false, size = NSC_SIZE) {
  const { width, height, left, right, top, bottom } = size;
  const finite = (v) => v !== null && Number.isFinite(v) && !(log && v <= 0);
  const xs = series.flatMap((s) => s.x);
  const ys = series.flatMap((s) => s.y).filter(finite).map((v) => (log ? Math.log10(v) : v));
  let [x0, x1] = [Math.min(...xs), Math.max(...xs)];
  let [y0, y1] = [Math.min(...ys), Math.max(...ys)];
  if (!ys.length) [y0, y1] = [0, 1];
  if (!(x1 > x0)) x1 = x0 + 1;
  const slack = (y1 - y0) * 0.06 || Math.abs(y1) * 0.1 || 1;
  [y0, y1] = [y0 - slack, y1 + slack];
  const px = (x) => left + ((x - x0) / (x1 - x0)) * (width - left - right);
  const py = (y) => height - bottom - (((log ? Math.log10(y) : y) - y0) / (y1 - y0)) * (height - top - bottom);
  const svg = nscShape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title });
  const yTicks = log ? nscTicks(Math.ceil(y0), Math.floor(y1), 4).filter(Number.isInteger) : nscTicks(y0, y1, 4);
  for (const tick of yTicks) {
    const at = height - bottom - ((tick - y0) / (y1 - y0)) * (height - top - bottom);
    svg.append(nscShape("line", { x1: left, x2: width - right, y1: at, y2: at, class: "grid" }));
    const said = log ? `1e${tick}` : nscNumber(tick);
    svg.append(nscShape("text", { x: left - 8, y: at + 4, "text-anchor": "end" }, said));
  }
  for (const tick of nscTicks(x0, x1, width / 100)) {
    svg.append(nscShape("text", { x: px(tick), y: height - bottom + 18, "text-anchor": "middle" }, nscNumber(tick)));
  }
  const middle = left + (width - left - right) / 2;
  svg.append(nscShape("text", { x: middle, y: height - 6, "text-anchor": "middle", class: "label" }, labels.x));
  for (const { x, y, kind, dots } of series) {
    if (dots) {
      x.forEach((at, k) => {
        if (finite(y[k])) svg.append(nscShape("circle", { cx: px(at), cy: py(y[k]), r: 3.4, class: `dot ${kind}` }));
      });
      continue;
    }
    let path = "";
    let isDown = false;
    x.forEach((at, k) => {
      if (!finite(y[k])) isDown = false;
      else {
        path += `${isDown ? "L" : "M"}${px(at).toFixed(1)} ${py(y[k]).toFixed(1)}`;
        isDown = true;
      }
    });
    svg.append(nscShape("path", { d: path, class: `${kind} line` }));
  }
  const keys = series.filter((s) => s.title);
  const legend = nscElement("div", { class: "legend" });
  for (const { kind, title: said } of keys) {
    legend.append(nscElement("span", {}, nscElement("i", { class: `key ${kind.split(" ")[0]}` }), said));
  }
  return nscElement("figure", {}, nscElement("figcaption", {}, title), svg, legend);
}

function nscValues(network, at, axis, output) {
  const { lo, hi, whole } = network.inputs[axis];
  const count = whole ? Math.min(NSC_POINTS, Math.floor(hi) - Math.ceil(lo) + 1) : NSC_POINTS;
  const x = [];
  const y = [];
  for (let k = 0; k < count; k++) {
    let value = count > 1 ? lo + ((hi - lo) * k) / (count - 1) : lo;
    if (whole) value = Math.round(value);
    const row = at.slice();
    row[axis] = value;
    x.push(value);
    y.push(nscEvaluate(network, row)[output]);
  }
  return { x, y };
}

/* Let a person walk through a surrogate; `beside(axis, output)` gives a curve of the program or null. */
function nscSlices(element, network, beside = () => null) {
  const at = network.inputs.map(({ lo, hi, whole }) => (whole ? Math.round((lo + hi) / 2) : (lo + hi) / 2));
  const atMiddle = at.slice();
  let axis = 0;
  let output = 0;
  const controls = nscElement("div", { class: "controls" });
  const drawn = nscElement("div", { class: "drawn" });
  const told = nscElement("output", { class: "told mono", "aria-live": "polite" });
  element.replaceChildren(controls, drawn, told);

  function choice(label, names, set) {
    const select = nscElement("select", { onchange: (event) => set(Number(event.target.value)) });
    names.forEach((name, k) => select.append(nscElement("option", { value: k }, name)));
    return nscElement("label", { class: "choice" }, nscElement("span", {}, label), select);
  }

  function slider(k) {
    const { name, lo, hi, whole } = network.inputs[k];
    const said = nscElement("b", { class: "mono" }, nscNumber(at[k]));
    const range = nscElement("input", {
      type: "range", min: lo, max: hi, step: whole ? 1 : (hi - lo) / 400, value: at[k], "aria-label": name,
      oninput: (event) => {
        at[k] = Number(event.target.value);
        said.textContent = nscNumber(at[k]);
        draw();
      },
    });
    return nscElement("label", { class: "slider" }, nscElement("span", { class: "mono" }, name), range, said);
  }

  function arrange() {
    controls.replaceChildren();
    if (network.inputs.length > 1) {
      const names = network.inputs.map(({ name }) => name);
      const select = choice("along", names, (k) => { axis = k; arrange(); });
      select.querySelector("select").value = axis;
      controls.append(select);
    }
    if (network.outputs.length > 1) {
      const select = choice("output", network.outputs.map(({ name }) => name), (k) => { output = k; draw(); });
      select.querySelector("select").value = output;
      controls.append(select);
    }
    network.inputs.forEach((input, k) => {
      if (k !== axis || network.inputs.length === 1) controls.append(slider(k));
    });
    draw();
  }

  function draw() {
    const { name } = network.inputs[axis];
    const series = [];
    const isMiddle = at.every((value, k) => k === axis || value === atMiddle[k]);
    const program = isMiddle ? beside(axis, output) : null;
    if (program) series.push({ ...program, kind: "a", title: "program" });
    series.push({ ...nscValues(network, at, axis, output), kind: "b", title: "surrogate" });
    const here = nscEvaluate(network, at);
    if (network.inputs.length === 1) series.push({ x: [at[0]], y: [here[output]], kind: "b", dots: true });
    const title = `${network.outputs[output].name} along ${name}`;
    drawn.replaceChildren(nscPlot(title, series, { x: name, y: network.outputs[output].name }));
    const given = at.map((value, k) => `${network.inputs[k].name} = ${nscNumber(value)}`).join(", ");
    const found = here.map((value, k) => `${network.outputs[k].name} = ${nscNumber(value)}`).join(", ");
    told.textContent = `${given}  →  ${found}`;
  }

  arrange();
  return draw;
}

if (typeof document !== "undefined") {
  const data = document.getElementById("network");
  const place = document.getElementById("slices");
  if (data && place) nscSlices(place, JSON.parse(data.textContent));
}
if (typeof module !== "undefined") module.exports = { nscTicks, nscNumber };
