/* The page: text to what is understood, then to a surrogate, as events come.
 *
 * In:  the server's "about", the events of a job (app/play_worker.py). Out: what a person sees.
 * Non-goals: evaluating and drawing slices (network.js, slices.js).
 */
"use strict";

const READ_AFTER_MS = 700;
const $ = (id) => document.getElementById(id);

const state = {
  about: null, job: 0, domain: {}, inputs: [], source: null, isBusy: false, losses: new Map(), isCompiling: false,
  waiting: null, functions: [],
};

async function ask(path, body) {
  const answer = await fetch(path, body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  const values = await answer.json();
  if (!answer.ok) throw new Error(values.error);
  return values;
}

// ---- the text ----------------------------------------------------------------------

function showLines(marked = new Set()) {
  const count = $("text").value.split("\n").length;
  const lines = $("lines");
  lines.replaceChildren();
  for (let k = 1; k <= count; k++) {
    lines.append(marked.has(k) ? nscElement("b", {}, String(k)) : String(k), "\n");
  }
  lines.scrollTop = $("text").scrollTop;
}

function showProblems(problems) {
  const list = $("problems");
  list.replaceChildren(...problems.map((problem) => {
    const item = nscElement("li");
    if (problem.line) {
      const where = nscElement("button", { type: "button", onclick: () => goTo(problem.line, problem.column) },
        `line ${problem.line}:${problem.column}`);
      item.append(where, " ");
    }
    item.append(problem.file ? `${problem.file}: ${problem.message}` : problem.message);
    return item;
  }));
  showLines(new Set(problems.map((problem) => problem.line)));
}

function goTo(line, column) {
  const area = $("text");
  const lines = area.value.split("\n");
  const at = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0) + Math.max(column - 1, 0);
  area.focus();
  area.setSelectionRange(at, at + 1);
  area.scrollTop = Math.max(0, (line - 6) * 20);
}

// ---- what is understood ---------------------------------------------------------------

function showFunctions(functions) {
  state.functions = functions;
  const select = $("function");
  const chosen = select.value;
  select.replaceChildren(...functions.map(({ name, problems }) =>
    nscElement("option", { value: name }, problems.length ? `${name} (refused)` : name)));
  const names = functions.map(({ name }) => name);
  // what calls the others stands last
  const able = functions.filter(({ problems }) => !problems.length);
  const last = able[able.length - 1] || functions[0];
  select.value = names.includes(chosen) || !last ? chosen : last.name;
}

function showUnderstood({ function: name, prototype, inputs, outputs, notes }) {
  $("function").value = name;
  $("prototype").textContent = prototype;
  state.inputs = inputs;
  $("inputs").replaceChildren(...inputs.map(inputRow));
  const given = outputs.map((output) => `${output.name} (${output.type})`).join(", ");
  $("said").replaceChildren(nscElement("p", {}, `gives ${given}`), ...notes.map((note) => nscElement("p", {}, note)));
  $("compile").disabled = false;
}

/* A row of one input: its ends as numbers, and as sliders over twice the range. */
function inputRow({ name, type, lo, hi, whole }) {
  state.domain[name] = [lo, hi];
  const width = Math.max(hi - lo, 1e-12);
  const [least, most] = [lo - width / 2, hi + width / 2];
  const ends = [0, 1].map((k) => {
    const label = `${name}, ${k ? "largest" : "least"}`;
    const value = k ? hi : lo;
    const number = nscElement("input", { type: "number", step: "any", value, "aria-label": label });
    const range = nscElement("input", {
      type: "range", min: least, max: most, step: whole ? 1 : width / 100, value, "aria-label": `drag ${label}`,
    });
    const set = (from, to) => {
      let found = Number(from.value);
      if (whole) found = Math.round(found);
      const other = state.domain[name][1 - k];
      if (k ? found <= other : found >= other) return;
      state.domain[name][k] = found;
      to.value = String(found);
      if (from.type === "range") number.value = String(Number(found.toPrecision(6)));
      state.domain[name][k] = Number(number.value);
    };
    number.addEventListener("change", () => set(number, range));
    range.addEventListener("input", () => set(range, number));
    range.addEventListener("change", () => begin(false));
    number.addEventListener("change", () => begin(false));
    return { number, range };
  });
  const title = nscElement("span", { class: "mono" }, `${name} `, nscElement("span", { class: "soft" }, type));
  return nscElement("div", { class: "row" }, title, ends[0].number, nscElement("span", { class: "soft" }, "to"),
    ends[1].number, nscElement("div", { class: "ends" }, ends[0].range, ends[1].range));
}

// ---- the expression graph ----------------------------------------------------------------

const SIGNS = { ADD: "+", SUB: "−", MUL: "×", DIV: "÷", LT: "<", EQ: "=", NEG: "−", SQ: "²", SEL: "if" };

function showDag(dag) {
  const place = $("dag");
  $("dag-title").textContent = "Expression graph";
  if (dag.why) return place.replaceChildren(nscElement("p", { class: "soft" }, `None: ${dag.why}`));
  $("dag-title").textContent = `Expression graph, ${dag.count} nodes`;
  if (!dag.nodes) return place.replaceChildren(nscElement("p", { class: "soft" }, "Too large to draw."));
  const depth = [];
  dag.nodes.forEach(({ args }, k) => { depth[k] = args.length ? 1 + Math.max(...args.map((a) => depth[a])) : 0; });
  const rows = [];
  depth.forEach((d, k) => (rows[d] = rows[d] || []).push(k));
  const [w, h, dx, dy] = [58, 24, 70, 52];
  const at = [];
  const width = Math.max(...rows.map((row) => row.length)) * dx + 20;
  rows.forEach((row, d) => {
    // below the middle of what a node is made of
    const middle = (k) => {
      const { args } = dag.nodes[k];
      return args.length ? args.reduce((sum, a) => sum + at[a].x, 0) / args.length : k;
    };
    if (d) row.sort((a, b) => middle(a) - middle(b));
    row.forEach((k, n) => { at[k] = { x: (width - row.length * dx) / 2 + n * dx + dx / 2, y: 20 + d * dy }; });
  });
  const height = rows.length * dy + 20;
  const svg = nscShape("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": "expression graph" });
  dag.nodes.forEach(({ args }, k) => {
    for (const a of args) {
      const [p, q] = [at[a], at[k]];
      const bend = (q.y - p.y) / 2;
      svg.append(nscShape("path", {
        d: `M${p.x} ${p.y + h / 2}C${p.x} ${p.y + bend} ${q.x} ${q.y - bend} ${q.x} ${q.y - h / 2}`,
      }));
    }
  });
  dag.nodes.forEach(({ op, args, value }, k) => {
    const kind = dag.roots.includes(k) ? "root" : args.length ? "" : "leaf";
    const group = nscShape("g", { class: kind });
    group.append(nscShape("rect", { x: at[k].x - w / 2, y: at[k].y - h / 2, width: w, height: h, rx: 5 }));
    let said = SIGNS[op] || op.toLowerCase();
    if (op === "LIT") said = nscNumber(value);
    if (op === "IN") said = (state.inputs[value] || { name: `x${value}` }).name.slice(0, 8);
    group.append(nscShape("text", { x: at[k].x, y: at[k].y + 4, "text-anchor": "middle" }, said));
    svg.append(group);
  });
  place.replaceChildren(svg);
}

// ---- results -----------------------------------------------------------------------------

function showUntrained({ network, expected, why }) {
  $("before").hidden = false;
  if (!network) {
    $("expected").textContent = `The text alone gives no network: ${why}`;
    return $("untrained").replaceChildren();
  }
  const said = (expected || []).map(nscNumber).join(", ");
  $("expected").textContent = `This network was written from the text; nothing ran. It expects an nmse of ${said}`
    + " (error over variance: 0 is exact, 1 no better than a constant).";
  nscSlices($("untrained"), network);
}

function showProgress({ what, fraction, topology, step, nmse }) {
  $("progress").replaceChildren(nscElement("progress", { max: 1, value: Math.min(Math.max(fraction, 0), 1) }), what);
  if (step === undefined) return;
  if (!state.losses.has(topology)) state.losses.set(topology, { x: [], y: [] });
  const series = state.losses.get(topology);
  // another start of the same size begins again
  if (series.x.length && step <= series.x[series.x.length - 1]) Object.assign(series, { x: [], y: [] });
  series.x.push(step);
  series.y.push(nmse);
  showLearning();
}

function showLearning() {
  const kinds = ["a", "b", "c"];
  const series = [...state.losses].map(([title, { x, y }], k) => ({ x, y, kind: kinds[k % kinds.length], title }));
  if (!series.length) return;
  $("learning").hidden = false;
  $("curves").replaceChildren(
    nscPlot("Best validation error so far (nmse)", series, { x: "step", y: "nmse" }, true, NSC_SMALL));
}

function showDone({ report, network, files, command, read }) {
  if (read) return;
  $("after").hidden = false;
  const { test, ns_per_call: ns, figures } = report;
  const tiles = [
    [nscNumber(test.rmse), `rmse on ${test.n.toLocaleString("en")} fresh inputs`],
    [nscNumber(test.nmse), "nmse (mse / variance)"],
    [nscNumber(test.max_abs), "largest error seen"],
    [report.topology, "network"],
  ];
  if (ns.surrogate) tiles.push([`${ns.surrogate.toFixed(1)} ns`, `a call; the original takes ${ns.original.toFixed(1)} ns`]);
  $("tiles").replaceChildren(...tiles.map(([value, said]) =>
    nscElement("div", { class: "tile" }, nscElement("b", {}, value), nscElement("span", {}, said))));
  $("notes").replaceChildren(...report.notes.map((note) => nscElement("p", { class: "note" }, note)));
  const curves = (figures && figures.curves) || [];
  const names = network.inputs.map(({ name }) => name);
  nscSlices($("trained"), network, (axis, output) => {
    const found = curves.find((c) => c.input === names[axis] && c.output === network.outputs[output].name);
    return found ? { x: found.x, y: found.program } : null;
  });
  $("figures").replaceChildren(...extraFigures(report, figures));
  $("files").replaceChildren(...files.map(({ name, bytes }) => nscElement("li", {},
    nscElement("a", { href: `results/${encodeURIComponent(name)}`, download: name }, name,
      nscElement("span", {}, sizeOf(bytes))))));
  $("command").textContent = command;
}

function sizeOf(bytes) {
  return bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} kB`;
}

function extraFigures(report, figures) {
  const found = [];
  if (figures) {
    for (const map of figures.heat_maps || []) found.push(heatMap(map, "program"), heatMap(map, "surrogate"));
    found.push(histogram(figures.histogram));
  }
  const sizes = (report.sizes || []).flat().filter(({ error }) => error > 0);
  if (sizes.length) {
    const dots = (chosen) => sizes.filter((s) => Boolean(s.is_chosen) === chosen);
    const series = [[false, "a", "tried"], [true, "b", "chosen"]].map(([chosen, kind, title]) => ({
      x: dots(chosen).map((s) => s.measured_ns || s.ns), y: dots(chosen).map((s) => s.error), kind, title, dots: true,
    })).filter((s) => s.x.length);
    found.push(nscPlot("Sizes: expected error (nmse) against ns a call", series, { x: "ns a call", y: "nmse" }, true, NSC_SMALL));
  }
  return found;
}

function histogram({ edges, counts }) {
  const { width, height, left, right, top, bottom } = NSC_SMALL;
  const svg = nscShape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "errors" });
  const most = Math.max(...counts, 1);
  const [lo, hi] = [edges[0], edges[edges.length - 1]];
  const px = (x) => left + ((x - lo) / (hi - lo)) * (width - left - right);
  counts.forEach((count, k) => {
    const tall = (count / most) * (height - top - bottom);
    svg.append(nscShape("rect", {
      x: px(edges[k]) + 0.5, y: height - bottom - tall, width: Math.max(px(edges[k + 1]) - px(edges[k]) - 1, 0.5),
      height: tall, class: "bar a",
    }));
  });
  for (const tick of nscTicks(lo, hi, 4)) {
    svg.append(nscShape("text", { x: px(tick), y: height - bottom + 18, "text-anchor": "middle" }, nscNumber(tick)));
  }
  svg.append(nscShape("text", { x: left - 8, y: top + 10, "text-anchor": "end" }, String(most)));
  const middle = left + (width - left - right) / 2;
  svg.append(nscShape("text", { x: middle, y: height - 6, "text-anchor": "middle" }, "error"));
  return nscElement("figure", {}, nscElement("figcaption", {}, "Inputs by error, surrogate − program"), svg);
}

function heatMap(map, part) {
  const rows = map[part];
  const values = [...map.program, ...map.surrogate].flat().filter((v) => v !== null);
  const [lo, hi] = [Math.min(...values), Math.max(...values)];
  const side = 320;
  const svg = nscShape("svg", { viewBox: `-28 0 ${side + 30} ${side + 26}`, role: "img", "aria-label": `${map.output}: ${part}` });
  const cell = side / rows.length;
  rows.forEach((row, r) => row.forEach((value, c) => {
    if (value === null) return;
    const share = hi > lo ? (value - lo) / (hi - lo) : 0.5;
    // the CSP lets no style attribute pass; a presentation attribute is none
    svg.append(nscShape("rect", {
      x: c * (side / row.length), y: side - (r + 1) * cell, width: side / row.length + 0.4, height: cell + 0.4,
      fill: `hsl(${Math.round(230 - 190 * share)} 60% ${Math.round(35 + 30 * share)}%)`, class: "cell",
    }));
  }));
  svg.append(nscShape("text", { x: side / 2, y: side + 18, "text-anchor": "middle" }, map.x));
  svg.append(nscShape("text", { x: -14, y: side / 2, "text-anchor": "middle", transform: `rotate(-90 -14 ${side / 2})` }, map.y));
  const said = `${map.output}: ${part}, ${nscNumber(lo)} to ${nscNumber(hi)}`;
  return nscElement("figure", {}, nscElement("figcaption", {}, said), svg);
}

// ---- jobs ---------------------------------------------------------------------------------

function setBusy(isBusy) {
  state.isBusy = isBusy;
  $("compile").disabled = isBusy || !state.inputs.length;
  $("cancel").hidden = !(isBusy && state.isCompiling);
}

function request(isCompiling) {
  const inputs = new Set(state.inputs.map(({ name }) => name));
  const domain = Object.fromEntries(Object.entries(state.domain).filter(([name]) => inputs.has(name)));
  const formats = [...$("formats").querySelectorAll("input:checked")].map(({ value }) => value);
  return {
    text: $("text").value, function: $("function").value || null, domain, compile: isCompiling, formats,
    budget: Math.trunc(Number($("budget").value)), seed: Math.trunc(Number($("seed").value)),
  };
}

async function begin(isCompiling) {
  if (!$("text").value.trim()) return;
  if ($("text").value.length > state.about.most_text) {
    $("progress").textContent = `at most ${state.about.most_text.toLocaleString("en")} characters are read`;
    return;
  }
  if (state.isBusy) {
    // a newer text is read, or compiled, when the older one is done with
    if (!state.isCompiling) state.waiting = isCompiling || state.waiting === "compile" ? "compile" : "read";
    return;
  }
  state.isCompiling = isCompiling;
  setBusy(true);
  if (isCompiling) {
    $("after").hidden = true;
    $("learning").hidden = true;
    state.losses = new Map();
  }
  $("progress").textContent = isCompiling ? "starting" : "reading";
  try {
    const { job } = await ask("begin", request(isCompiling));
    follow(job);
  } catch (error) {
    $("progress").textContent = error.message;
    state.isCompiling = false;
    setBusy(false);
  }
}

function follow(job) {
  state.job = job;
  if (state.source) state.source.close();
  state.source = new EventSource(`events?job=${job}`);
  state.source.onmessage = ({ data }) => take(JSON.parse(data));
  state.source.onerror = () => {
    state.source.close();
    if (!state.isBusy) return;
    $("progress").textContent = "the connection to nsc was lost: is it still running?";
    setBusy(false);
  };
}

function take(event) {
  const ends = { refused: "refused", ended: `ended: ${event.why}`, done: event.read ? "" : "done" };
  switch (event.kind) {
    case "functions": showFunctions(event.functions); break;
    case "understood": showProblems([]); showUnderstood(event); break;
    case "dag": showDag(event); break;
    case "text": showUntrained(event); break;
    case "progress": showProgress(event); break;
    case "refused": showRefused(event.problems); break;
    case "done": showDone(event); break;
    case "idle": {
      state.source.close();
      state.isCompiling = false;
      setBusy(false);
      const waiting = state.waiting;
      state.waiting = null;
      if (waiting && (waiting === "read" || state.inputs.length)) begin(waiting === "compile");
      return;
    }
    default: break;
  }
  if (event.kind in ends) $("progress").textContent = ends[event.kind];
  if (event.kind === "done" && !event.read) $("after").scrollIntoView({ block: "start" });
}

function showRefused(problems) {
  showProblems(problems);
  state.inputs = [];
  $("inputs").replaceChildren();
  $("said").replaceChildren();
  $("prototype").textContent = "";
  $("before").hidden = true;
}

// ---- beginning -------------------------------------------------------------------------------

let timer = 0;

function changed() {
  showLines();
  clearTimeout(timer);
  state.inputs = [];
  $("compile").disabled = true;
  for (const id of ["before", "learning", "after"]) $(id).hidden = true;
  timer = setTimeout(() => { state.domain = {}; begin(false); }, READ_AFTER_MS);
}

function setText(text) {
  $("text").value = text;
  $("function").replaceChildren();
  changed();
}

async function start() {
  state.about = await ask("about");
  for (const name of Object.keys(state.about.examples)) $("example").append(nscElement("option", { value: name }, name));
  for (const name of state.about.formats) {
    const box = nscElement("input", { type: "checkbox", value: name });
    box.checked = ["c", "python", "onnx"].includes(name);
    box.disabled = name === "c";
    $("formats").append(nscElement("label", {}, box, ` ${name}`));
  }
  $("budget").max = state.about.most_budget;
  $("text").addEventListener("input", changed);
  $("text").addEventListener("scroll", () => { $("lines").scrollTop = $("text").scrollTop; });
  $("example").addEventListener("change", ({ target }) => target.value && setText(state.about.examples[target.value]));
  $("file").addEventListener("change", async ({ target }) => target.files[0] && setText(await target.files[0].text()));
  $("function").addEventListener("change", () => { state.domain = {}; begin(false); });
  $("compile").addEventListener("click", () => begin(true));
  $("cancel").addEventListener("click", () => ask("cancel", {}));
  showLines();
  if (state.about.busy) {
    state.isCompiling = true;
    setBusy(true);
    follow(state.about.job);
  } else setText(Object.values(state.about.examples)[0]);
}

start().catch((error) => { $("progress").textContent = error.message; });
