// SPDX-License-Identifier: MIT
// Regression or noise: the moving-block bootstrap of `flagdeck load compare`, so that both say the same.
"use strict";
const METRICS = [
  {name: "p50", unit: "ms", of: (s, i) => s.p50[i], least: 0.02},
  {name: "p99", unit: "ms", of: (s, i) => s.p99[i], least: 0.05},
  {name: "mean", unit: "ms", of: (s, i) => s.mean[i], least: 0.02},
  {name: "errors", unit: "%", of: (s, i) => s.ok[i] + s.failed[i] > 0 ? 100 * s.failed[i] / (s.ok[i] + s.failed[i]) : null,
    least: 0.1, mean: true},
  {name: "good answers", unit: "/s", of: (s, i) => s.seconds[i] > 0 ? s.ok[i] / s.seconds[i] : null, least: 0.5, more: true},
];
const DRAWS = 1000, BLOCK = 8, SECONDS_MIN = 8;

function middle(values, mean) {
  if (mean) return values.reduce((a, b) => a + b, 0) / values.length;
  const sorted = Float64Array.from(values).sort(), half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

function generator(seed) {
  let state = seed >>> 0;
  return below => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ state >>> 15, 1 | state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) % below;
  };
}

function resample(values, mean, draw) {
  const out = new Float64Array(values.length);
  for (let i = 0; i < values.length; i += BLOCK) {
    const from = draw(values.length - BLOCK + 1);
    for (let k = 0; k < BLOCK && i + k < values.length; k++) out[i + k] = values[from + k];
  }
  return middle(out, mean);
}

function collect(run, metric) {
  const s = run.series, out = [];
  for (let i = 0; i + 1 < s.at.length; i++) {
    const value = s.warmup[i] ? null : metric.of(s, i);
    if (value !== null && Number.isFinite(value)) out.push(value);
  }
  return out;
}

function compareRuns(before, after, threshold = 0.05) {
  return METRICS.map(metric => {
    const a = collect(before, metric), b = collect(after, metric);
    const row = {name: metric.name, unit: metric.unit, before: null, after: null, low: null, high: null, verdict: "unknown"};
    if (a.length < SECONDS_MIN || b.length < SECONDS_MIN) return row;
    const draw = generator(20261), differences = [];
    for (let i = 0; i < DRAWS; i++) differences.push(resample(b, metric.mean, draw) - resample(a, metric.mean, draw));
    differences.sort((x, y) => x - y);
    row.before = middle(a, metric.mean);
    row.after = middle(b, metric.mean);
    row.low = differences[DRAWS / 200];
    row.high = differences[DRAWS - 1 - DRAWS / 200];
    const change = row.after - row.before, large = Math.max(Math.abs(row.before) * threshold, metric.least);
    if (Math.abs(change) < large || (row.low <= 0 && row.high >= 0)) row.verdict = "noise";
    else row.verdict = (change > 0) === !!metric.more ? "improvement" : "regression";
    return row;
  });
}
