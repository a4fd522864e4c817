// SPDX-License-Identifier: MIT
// Charts: lines by uPlot, the heatmap on a canvas of our own. Each has a sentence for those who do not see
// it, and its figures as a table.
"use strict";
const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const number = v => v === null || v === undefined || !Number.isFinite(v) ? "–" : Number.isInteger(v) && Math.abs(v) < 10000 ? String(v) : Math.abs(v) >= 10000 ? Math.round(v).toLocaleString("en") :
  Math.abs(v) >= 100 ? v.toFixed(0) : Math.abs(v) >= 10 ? v.toFixed(1) : v.toFixed(2);
const openCharts = [];

// Text only ever becomes text: what stands in a run comes from targets.
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes))
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false) node.setAttribute(key, value === true ? "" : value);
  for (const child of children.flat(Infinity)) node.append(child instanceof Node ? child : document.createTextNode(String(child ?? "")));
  return node;
}

function dataTable(xs, series, xName) {
  const step = Math.max(1, Math.ceil(xs.length / 60));
  const rows = [];
  for (let i = 0; i < xs.length; i += step)
    rows.push(el("tr", {}, el("td", {class: "num"}, number(xs[i])), series.map(s => el("td", {class: "num"}, number(s.values[i])))));
  return el("details", {}, el("summary", {}, "As a table"), el("div", {class: "scroll", tabindex: "0"}, el("table", {},
    el("thead", {}, el("tr", {}, el("th", {scope: "col"}, xName), series.map(s => el("th", {scope: "col"}, s.name)))), el("tbody", {}, rows))));
}

function describe(title, series) {
  return title + ". " + series.map(s => {
    const known = s.values.filter(v => v !== null && Number.isFinite(v));
    return known.length ? `${s.name}: from ${number(Math.min(...known))} to ${number(Math.max(...known))}` : `${s.name}: nothing`;
  }).join("; ") + ".";
}

function lineChart(title, xs, series, {unit = "", log = false, points = false, xName = "second", times = false, onpick = null} = {}) {
  const plot = el("div", {role: "img", "aria-label": describe(title, series)});
  const figure = el("figure", {}, el("figcaption", {}, title), plot, dataTable(xs, series, xName));
  const colours = ["--c1", "--c2", "--c3", "--c4"];
  const make = () => {
    plot.replaceChildren();
    if (!xs.length || typeof uPlot === "undefined") { plot.append("nothing to draw"); return null; }
    const axis = {stroke: css("--dim"), grid: {stroke: css("--line"), width: 1}, ticks: {stroke: css("--line"), width: 1}};
    const u = new uPlot({
      width: Math.max(280, figure.clientWidth - 28), height: 220, cursor: {sync: times ? undefined : {key: "run"}},
      scales: {x: {time: times}, y: log ? {distr: 3} : {range: (u, min, max) => [Math.min(0, min ?? 0), (max ?? 1) * 1.05 || 1]}},
      axes: [axis, {...axis, size: 64, values: (u, vs) => vs.map(v => v === null ? "" : number(v) + unit)}],
      series: [{label: times ? "when" : "second"}, ...series.map((s, i) => ({label: s.name, stroke: css(colours[i % 4]), width: 1.5,
        dash: s.dash ? [5, 4] : undefined, fill: s.fill ? css(colours[i % 4]) + "22" : undefined,
        points: {show: points, size: 7}, value: (u, v) => v === null ? "–" : number(v) + unit}))],
    }, [xs, ...series.map(s => s.values)], plot);
    if (onpick) u.over.addEventListener("click", () => u.cursor.idx !== null && onpick(u.cursor.idx));
    return u;
  };
  openCharts.push({figure, make, chart: null});
  return figure;
}

// Columns are seconds, rows latencies in half doublings; the darker, the more answers.
function heatChart(title, run) {
  const s = run.series, rows = 48, canvas = el("canvas", {class: "heat", role: "img",
    "aria-label": `${title}. Most answers took ${number(run.total.p50)} ms, one in a hundred ${number(run.total.p99)} ms or more.`});
  const figure = el("figure", {}, el("figcaption", {}, title), canvas);
  const make = () => {
    const ratio = window.devicePixelRatio || 1, width = canvas.width = canvas.clientWidth * ratio, height = canvas.height = 220 * ratio;
    const c = canvas.getContext("2d"), left = 56 * ratio, bottom = 18 * ratio, heat = s.heat, columns = Math.min(heat.length, 400);
    let low = rows, high = 0, most = 0;
    const cells = Array.from({length: columns}, () => new Float64Array(rows));
    heat.forEach((h, i) => h.forEach((n, r) => { if (!n) return; low = Math.min(low, r); high = Math.max(high, r);
      most = Math.max(most, cells[Math.floor(i * columns / heat.length)][r] += n); }));
    if (!most) return null;
    const w = (width - left) / columns, h = (height - bottom) / (high - low + 1);
    for (let i = 0; i < columns; i++) for (let r = low; r <= high; r++) if (cells[i][r]) {
      c.fillStyle = `rgba(${css("--heat")}, ${0.12 + 0.88 * Math.log1p(cells[i][r]) / Math.log1p(most)})`;
      c.fillRect(left + i * w, (high - r) * h, Math.ceil(w), Math.ceil(h));
    }
    c.fillStyle = css("--dim");
    c.font = `${11 * ratio}px system-ui`;
    c.textAlign = "right";
    const every = Math.max(1, Math.ceil((high - low + 1) / 8));
    for (let r = low; r <= high; r += every) c.fillText(number(0.0625 * 2 ** (r / 2)) + " ms", left - 6 * ratio, (high - r + 1) * h);
    c.textAlign = "left";
    c.fillText("0 s", left, height - 4 * ratio);
    c.textAlign = "right";
    c.fillText(`${Math.round(s.at[s.at.length - 1] + 1)} s`, width, height - 4 * ratio);
    return {destroy() {}};
  };
  openCharts.push({figure, make, chart: null});
  return figure;
}

function drawCharts() {
  for (const chart of openCharts) { if (chart.chart) chart.chart.destroy(); chart.chart = chart.make(); }
}
let drawing = 0;
window.addEventListener("resize", () => { cancelAnimationFrame(drawing); drawing = requestAnimationFrame(drawCharts); });
