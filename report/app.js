// SPDX-License-Identifier: MIT
// The report: a list of runs, one run in full, two runs compared, trends. Pages are addressed by the fragment,
// so that any file server or bucket can serve them. A page reads data/index.json once, and a run when it is opened.
"use strict";
const main = document.getElementById("main");
const when = ms => ms ? new Date(ms).toLocaleString("en-GB", {dateStyle: "medium", timeStyle: "short"}) : "–";
const percent = v => v === null || v === undefined ? "–" : (100 * v).toFixed(2) + " %";
const cache = new Map();
let index = null;

async function load(path) {
  if (!cache.has(path)) {
    const answer = await fetch(path);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${answer.statusText}`);
    cache.set(path, await answer.json());
  }
  return cache.get(path);
}

function show(title, ...nodes) {
  document.title = title;
  main.replaceChildren(...nodes.flat(Infinity));
}
const link = (hash, text) => el("a", {href: "#/" + hash}, text);
const state = run => el("span", {class: "state " + run.state}, run.state);
const runHash = id => "run/" + encodeURIComponent(id);

/* --- the list --- */
const COLUMNS = [
  {key: "startedMs", name: "Started", cell: r => when(r.startedMs)},
  {key: "name", name: "Test", cell: r => link(runHash(r.id), r.name)},
  {key: "service", name: "Service", cell: r => r.service || "–"},
  {key: "env", name: "Env", cell: r => r.env || "–"},
  {key: "state", name: "Verdict", cell: state},
  {key: "rate", name: "Rate/s", num: true, cell: r => number(r.rate)},
  {key: "p50", name: "p50 ms", num: true, cell: r => number(r.p50)},
  {key: "p99", name: "p99 ms", num: true, cell: r => number(r.p99)},
  {key: "errorRatio", name: "Failed", num: true, cell: r => percent(r.errorRatio)},
  {key: "words", name: "In words", wrap: true, cell: r => r.words},
];
const view = {search: "", service: "", env: "", state: "", sort: "startedMs", down: true, shown: 100, marked: new Set()};

function filtered() {
  const words = view.search.toLowerCase().split(/\s+/).filter(Boolean);
  const runs = index.runs.filter(r => (!view.service || r.service === view.service) && (!view.env || r.env === view.env) &&
    (!view.state || r.state === view.state) && words.every(w => r.text.includes(w)));
  const {sort, down} = view;
  return runs.sort((a, b) => {
    const x = a[sort], y = b[sort];
    if (x === y) return 0;
    if (x === null || x === undefined) return 1;
    if (y === null || y === undefined) return -1;
    return (x < y ? -1 : 1) * (down ? -1 : 1);
  });
}

function listBody(body, count, more) {
  const runs = filtered();
  body.replaceChildren(...runs.slice(0, view.shown).map(r => el("tr", {},
    el("td", {}, el("input", {type: "checkbox", "aria-label": `Compare ${r.id}`, ...(view.marked.has(r.id) ? {checked: true} : {}),
      onchange: e => { e.target.checked ? view.marked.add(r.id) : view.marked.delete(r.id); compareBar(); }})),
    COLUMNS.map(c => el("td", {class: (c.num ? "num " : "") + (c.wrap ? "wrap" : "")}, c.cell(r))))));
  count.textContent = `${runs.length} of ${index.runs.length} runs`;
  more.hidden = runs.length <= view.shown;
}

function compareBar() {
  const button = document.getElementById("compare"), marked = [...view.marked];
  if (!button) return;
  button.disabled = marked.length !== 2;
  button.textContent = marked.length === 2 ? "Compare the two" : `Compare: mark two (${marked.length} marked)`;
  button.onclick = () => {
    const two = marked.map(id => index.runs.find(r => r.id === id)).sort((a, b) => a.startedMs - b.startedMs);
    location.hash = `#/compare/${encodeURIComponent(two[0].id)}/${encodeURIComponent(two[1].id)}`;
  };
}

function select(name, key, values, redraw) {
  return el("label", {}, name, el("select", {onchange: e => { view[key] = e.target.value; redraw(); }},
    el("option", {value: ""}, "all"), values.map(v => el("option", {value: v, ...(view[key] === v ? {selected: true} : {})}, v))));
}

function listPage() {
  const body = el("tbody"), count = el("p", {class: "dim", "aria-live": "polite"});
  const more = el("button", {type: "button", onclick: () => { view.shown += 200; redraw(); }}, "Show more");
  const redraw = () => listBody(body, count, more);
  const values = key => [...new Set(index.runs.map(r => r[key]).filter(Boolean))].sort();
  const head = el("tr", {}, el("th", {scope: "col"}, ""), COLUMNS.map(c => {
    const th = el("th", {scope: "col", class: c.num ? "num" : "", "aria-sort": view.sort === c.key ? (view.down ? "descending" : "ascending") : "none"});
    th.append(el("button", {type: "button", onclick: () => {
      view.down = view.sort === c.key ? !view.down : !!c.num || c.key === "startedMs";
      view.sort = c.key;
      listPage();
      document.querySelector(`[data-key=${c.key}]`)?.focus();
    }, "data-key": c.key}, c.name + (view.sort === c.key ? (view.down ? " ↓" : " ↑") : "")));
    return th;
  }));
  const search = el("input", {type: "search", id: "search", placeholder: "name, service, target, commit, words", value: view.search,
    oninput: e => { view.search = e.target.value; view.shown = 100; redraw(); }});
  show("Load tests", el("h2", {}, "Runs"),
    el("div", {class: "bar", role: "search"}, el("label", {}, "Search", search), select("Service", "service", values("service"), redraw),
      select("Environment", "env", values("env"), redraw), select("Verdict", "state", values("state"), redraw),
      el("button", {type: "button", id: "compare"}, "Compare")),
    count, el("div", {class: "scroll"}, el("table", {}, el("caption", {class: "skip"}, "Load tests, newest first"), el("thead", {}, head), body)), more);
  redraw();
  compareBar();
}

/* --- one run --- */
const card = (name, value) => el("div", {class: "card"}, el("b", {}, value), el("span", {}, name));

function tableOf(caption, heads, rows) {
  return [el("h3", {}, caption), el("div", {class: "scroll"}, el("table", {}, el("thead", {}, el("tr", {}, heads.map((h, i) =>
    el("th", {scope: "col", class: i ? "num" : ""}, h)))), el("tbody", {}, rows.map(row => el("tr", {}, row.map((c, i) =>
      el("td", {class: i ? "num" : ""}, c)))))))];
}

function perSecond(s, key) {
  return s[key].map((v, i) => s.seconds[i] > 0.2 ? v / s.seconds[i] : null);
}

function runCharts(run) {
  const s = run.series;
  if (!s.at.length) return [];
  return [el("div", {class: "charts"},
    lineChart("Requests a second", s.at, [{name: "answered", values: perSecond(s, "ok"), fill: true}, {name: "intended", values: perSecond(s, "intended"), dash: true},
      {name: "failed", values: perSecond(s, "failed")}]),
    lineChart("Latency from the intended moment", s.at, [{name: "p50", values: s.p50}, {name: "p90", values: s.p90}, {name: "p99", values: s.p99},
      {name: "p99.9", values: s.p999}], {unit: " ms", log: true}),
    heatChart("Answers by latency", run),
    lineChart("Failures a second by kind", s.at, Object.entries(s.errors).slice(0, 4).map(([name, values]) => ({name, values}))),
    lineChart("Status codes a second", s.at, s.codes.map((values, i) => ({name: i ? i + "xx" : "none", values})).filter(c => c.values.some(Boolean)).slice(0, 4)),
    lineChart("Connections and waiting requests", s.at, [{name: "open", values: s.open}, {name: "under way", values: s.inFlight}, {name: "waiting", values: s.backlog}]),
    lineChart("Generator", s.at, [{name: "cpu %", values: s.cpu.map(v => v === null ? null : 100 * v)}, {name: "busiest thread %", values: s.busiest.map(v => v === null ? null : 100 * v)},
      {name: "late sends", values: s.late}]),
    lineChart("With and without waiting: p99", s.at, [{name: "from the intended moment", values: s.p99}, {name: "from the real one", values: s.serviceP99}], {unit: " ms", log: true}))];
}

async function runPage(id) {
  const run = await load(`data/${encodeURIComponent(id)}.json`), t = run.total, ended = t.ok + t.failed;
  const siblings = index.runs.filter(r => r.name === run.name && r.service === run.service && r.id !== run.id && r.startedMs < run.startedMs)
    .sort((a, b) => b.startedMs - a.startedMs);
  show(`${run.name}: ${run.state}`, el("h2", {}, run.name, " ", state(run)), el("p", {}, run.words),
    run.generator ? el("p", {class: "note"}, "About the generator: " + run.generator) : [],
    el("p", {class: "dim"}, `${run.id} · ${run.target} · ${run.service || "no service"} · ${run.env || "no env"} · ${when(run.startedMs)} · ` +
      `${run.engine} on ${run.host}, ${run.threads} threads, ${run.users ? run.users + " users" : run.connections + " connections"}` +
      (run.commit ? ` · commit ${run.commit}` : "")),
    el("div", {class: "cards"}, card("intended", number(t.intended)), card("good", number(t.ok)), card("failed", percent(ended ? t.failed / ended : null)),
      card("a second", number(t.seconds ? ended / t.seconds : null)), card("p50 ms", number(t.p50)), card("p90 ms", number(t.p90)), card("p99 ms", number(t.p99)),
      card("p99.9 ms", number(t.p999)), card("max ms", number(t.max)), card("generator, core seconds", number(t.cpu * t.seconds))),
    siblings.length ? el("p", {}, "Compare with ", siblings.slice(0, 5).map((r, i) => [i ? ", " : "", link(`compare/${encodeURIComponent(r.id)}/${encodeURIComponent(run.id)}`, when(r.startedMs))])) : [],
    runCharts(run),
    run.slos.length ? tableOf("Objectives", ["SLO", "verdict", "measured", "broken after"], run.slos.map(s => [s.text,
      el("span", {class: s.held ? "held" : "broken"}, s.held ? "held" : "broken"), number(s.value), s.brokenAt >= 0 ? s.brokenAt + " s" : "–"])) : [],
    run.requests.length ? tableOf("Requests", ["request", "count", "failed", "mean ms", "p50", "p90", "p99", "p99.9", "max"], run.requests.map(r =>
      [r.name, number(r.count), number(r.failed), number(r.mean), number(r.p50), number(r.p90), number(r.p99), number(r.p999), number(r.max)])) : [],
    Object.keys(t.errors).length ? tableOf("Failures", ["kind", "count", "share"], Object.entries(t.errors).map(([k, v]) => [k, number(v), percent(v / ended)])) : [],
    run.failures.length ? [el("h3", {}, "Examples"), el("ul", {}, run.failures.map(f => el("li", {}, f)))] : []);
  drawCharts();
}

/* --- two runs --- */
async function comparePage(a, b) {
  const [before, after] = await Promise.all([a, b].map(id => load(`data/${encodeURIComponent(id)}.json`)));
  const rows = compareRuns(before, after), worse = rows.find(r => r.verdict === "regression"), better = rows.find(r => r.verdict === "improvement");
  const told = worse ? "regression" : better ? "improvement" : rows.every(r => r.verdict === "unknown") ? "unknown" : "noise";
  const xs = Array.from({length: Math.max(before.series.at.length, after.series.at.length)}, (_, i) => i);
  const both = key => [before, after].map((r, i) => ({name: i ? "after" : "before", dash: !i, values: xs.map(x => r.series[key][x] ?? null)}));
  show(`${before.name}: compared`, el("h2", {}, "Comparison: ", el("span", {class: "state " + told}, told)),
    el("p", {}, "Before: ", link(runHash(before.id), `${before.name}, ${when(before.startedMs)}`), ". After: ", link(runHash(after.id), `${after.name}, ${when(after.startedMs)}`), "."),
    tableOf("Medians of the seconds, and how far chance goes", ["", "before", "after", "change", "99 % between", "verdict"], rows.map(r => [`${r.name} ${r.unit}`, number(r.before), number(r.after),
      r.before ? `${(100 * (r.after - r.before) / r.before).toFixed(1)} %` : "–", r.low === null ? "–" : `${number(r.low)} and ${number(r.high)}`, el("span", {class: r.verdict}, r.verdict)])),
    el("div", {class: "charts"}, lineChart("p50", xs, both("p50"), {unit: " ms"}), lineChart("p99", xs, both("p99"), {unit: " ms", log: true}),
      lineChart("Good answers", xs, both("ok")), lineChart("Failed", xs, both("failed"))));
  drawCharts();
}

/* --- trends --- */
function trendsPage(chosen) {
  const groups = new Map();
  for (const r of index.runs) {
    const key = (r.service || "no service") + " · " + r.name;
    groups.set(key, [...(groups.get(key) || []), r]);
  }
  const keys = [...groups.keys()].sort((a, b) => groups.get(b).length - groups.get(a).length), key = groups.has(chosen) ? chosen : keys[0];
  const runs = (groups.get(key) || []).slice().sort((a, b) => a.startedMs - b.startedMs), xs = runs.map(r => r.startedMs / 1000);
  const pick = i => { location.hash = "#/" + runHash(runs[i].id); }, options = {points: true, xName: "time", times: true, onpick: pick};
  show("Trends", el("h2", {}, "Trends"), el("div", {class: "bar"}, el("label", {}, "Test", el("select", {onchange: e => { location.hash = "#/trends/" + encodeURIComponent(e.target.value); }},
    keys.map(k => el("option", {value: k, ...(k === key ? {selected: true} : {})}, `${k} (${groups.get(k).length})`))))),
    el("div", {class: "charts"}, lineChart("Latency", xs, [{name: "p50", values: runs.map(r => r.p50)}, {name: "p99", values: runs.map(r => r.p99)}], {...options, unit: " ms"}),
      lineChart("Failed", xs, [{name: "failed %", values: runs.map(r => r.errorRatio === null ? null : 100 * r.errorRatio)}], options),
      lineChart("Rate reached", xs, [{name: "a second", values: runs.map(r => r.rate)}], options)));
  drawCharts();
}

/* --- addresses and keys --- */
async function route() {
  openCharts.length = 0;
  const parts = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  try {
    if (!index) {
      index = await load("data/index.json");
      for (const r of index.runs) r.text = [r.id, r.name, r.service, r.env, r.target, r.commit, r.state, r.words].join(" ").toLowerCase();
    }
    if (parts[0] === "run") await runPage(parts[1]);
    else if (parts[0] === "compare") await comparePage(parts[1], parts[2]);
    else if (parts[0] === "trends") trendsPage(parts[1]);
    else listPage();
    if (parts[0]) { main.focus({preventScroll: true}); scrollTo(0, 0); }
  } catch (error) {
    show("Load tests", el("h2", {}, "This cannot be shown"), el("p", {}, error.message), el("p", {}, link("", "All runs")));
  }
}
document.getElementById("theme").addEventListener("click", () => {
  const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("theme", document.documentElement.dataset.theme); } catch { /* not kept then */ }
  drawCharts();
});
try { if (localStorage.getItem("theme")) document.documentElement.dataset.theme = localStorage.getItem("theme"); } catch { /* as the system has it */ }
document.addEventListener("keydown", e => {
  if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) return;
  if (e.key === "/") { const search = document.getElementById("search"); if (search) { e.preventDefault(); search.focus(); } }
  else if (e.key === "g") location.hash = "#/";
  else if (e.key === "t") location.hash = "#/trends";
});
window.addEventListener("hashchange", route);
route();
