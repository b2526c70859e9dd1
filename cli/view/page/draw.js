// @ts-check
/** Small drawings: colours, histograms, ridgelines, bars and pictures of numbers. */
import { h, s } from "./dom.js";
import { number } from "./format.js";

/**
 * A colour of the page's scheme.
 * @param {string} name
 */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
/** Lines that stay apart for colour-blind eyes (Okabe and Ito), each with a dash of its own. */
export const lines = ["series-1", "series-2", "series-3", "series-4", "series-5", "series-6"];
/** @type {readonly (readonly number[])[]} */
export const dashes = [[], [], [8, 4], [2, 3], [10, 3, 2, 3], [5, 5]];

/** @param {string} hex */
function parts(hex) {
  const n = parseInt(hex.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}
/**
 * Between colours: 0 the first, 1 the last.
 * @param {readonly string[]} stops
 * @returns {Uint8ClampedArray} 256 colours, four bytes each
 */
function ramp(stops) {
  const out = new Uint8ClampedArray(256 * 4), known = stops.map(parts);
  for (let i = 0; i < 256; i++) {
    const place = (i / 255) * (known.length - 1), at = Math.min(known.length - 2, Math.floor(place));
    const share = place - at, a = known[at] ?? [0, 0, 0], b = known[at + 1] ?? [0, 0, 0];
    for (let c = 0; c < 3; c++) out[4 * i + c] = (a[c] ?? 0) * (1 - share) + (b[c] ?? 0) * share;
    out[4 * i + 3] = 255;
  }
  return out;
}
/** @param {string} base64 */
export function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
}

/**
 * Numbers as a picture: grey from 0 up, or blue below and orange above 0.
 * @param {import("../data.ts").Picture} picture
 * @param {{ label: string, scale?: number, heat?: boolean, class?: string }} options
 */
export function drawPicture(picture, { label, scale = 1, heat = false, class: name = "" }) {
  const { width, height, channels } = picture;
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas", {
    width,
    height,
    role: "img",
    class: `picture ${name}`,
    "aria-label": `${label}, from ${number(picture.min)} to ${number(picture.max)}`,
    title: `${label}: ${number(picture.min)} to ${number(picture.max)}`,
  }));
  canvas.style.width = `${width * scale}px`;
  canvas.style.aspectRatio = `${width} / ${height}`;
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  const image = context.createImageData(width, height), from = bytesOf(picture.pixels);
  const ramps = picture.signed
    ? ramp([
      colour("negative-strong"),
      colour("negative"),
      colour("middle"),
      colour("positive"),
      colour("positive-strong"),
    ])
    : heat
    ? ramp([colour("heat-0"), colour("heat-1"), colour("heat-2"), colour("heat-3")])
    : ramp(["#000000", "#ffffff"]);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 4; c++) {
      image.data[4 * i + c] = c === 3
        ? 255
        : channels === 3
        ? from[3 * i + c] ?? 0
        : ramps[4 * (from[i] ?? 0) + c] ?? 0;
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/**
 * A histogram as bars, the numbers below.
 * @param {import("../data.ts").Histogram} histogram
 * @param {{ label: string, colour: string }} options
 */
export function drawHistogram(histogram, { label, colour: fill }) {
  const { counts, from, to, mean, deviation } = histogram, most = Math.max(1, ...counts);
  const width = 300, height = 90, step = width / counts.length;
  const zero = from < 0 && to > 0 ? (-from / (to - from)) * width : undefined;
  return h(
    "figure",
    { class: "histogram" },
    s(
      "svg",
      {
        viewBox: `0 0 ${width} ${height}`,
        role: "img",
        "aria-label": `${label}: ${counts.length} bins from ${number(from)} to ${number(to)}, mean ${
          number(mean)
        }, deviation ${number(deviation)}`,
      },
      counts.map((n, i) =>
        s(
          "rect",
          {
            x: i * step + 0.5,
            y: height - (n / most) * height,
            width: step - 1,
            height: (n / most) * height,
            class: fill,
          },
          s(
            "title",
            {},
            `${number(from + ((to - from) / counts.length) * i)} to ${
              number(from + ((to - from) / counts.length) * (i + 1))
            }: ${n}`,
          ),
        )
      ),
      zero !== undefined && s("line", { x1: zero, x2: zero, y1: 0, y2: height, class: "zero" }),
    ),
    h(
      "figcaption",
      {},
      h("span", {}, number(from)),
      h("span", {}, number(to)),
      h("span", { class: "whole" }, `${label} · mean ${number(mean)} · σ ${number(deviation)}`),
    ),
  );
}

/**
 * Histograms over epochs, one behind another.
 * @param {readonly { title: string, histogram: import("../data.ts").Histogram }[]} list
 * @param {{ label: string, colour: string }} options
 */
export function drawRidges(list, { label, colour: fill }) {
  const from = Math.min(...list.map((r) => r.histogram.from)),
    to = Math.max(...list.map((r) => r.histogram.to));
  const width = 640,
    gap = Math.max(12, Math.min(34, 320 / list.length)),
    tall = 3 * gap,
    height = gap * list.length + tall;
  const most = Math.max(1, ...list.flatMap((r) => r.histogram.counts));
  const ridges = list.map(({ title, histogram }, i) => {
    const base = tall + gap * i, { counts } = histogram, span = to - from || 1;
    const x = (/** @type {number} */ bin) =>
      60 +
      (width - 70) *
        ((histogram.from + ((bin + 0.5) / counts.length) * (histogram.to - histogram.from) - from) / span);
    const points = counts.map((n, bin) => `${x(bin).toFixed(1)},${(base - (n / most) * tall).toFixed(1)}`);
    return s(
      "g",
      {},
      s("path", {
        d: `M${x(-0.5).toFixed(1)},${base} L${points.join(" L")} L${
          x(counts.length - 0.5).toFixed(1)
        },${base} Z`,
        class: `ridge ${fill}`,
      }),
      s("text", { x: 54, y: base, class: "tick", "text-anchor": "end" }, title),
    );
  });
  return h(
    "figure",
    { class: "ridges" },
    s(
      "svg",
      {
        viewBox: `0 0 ${width} ${height + 22}`,
        role: "img",
        "aria-label": `${label}: histograms of ${list.length} moments from ${number(from)} to ${number(to)}`,
      },
      ridges,
      s("text", { x: 60, y: height + 16, class: "tick" }, number(from)),
      s("text", { x: width - 10, y: height + 16, class: "tick", "text-anchor": "end" }, number(to)),
    ),
    h("figcaption", {}, label),
  );
}

/**
 * Bars with names and numbers.
 * @param {string} label
 * @param {readonly { label: string, value: number, text?: string }[]} rows
 */
export function drawBars(label, rows) {
  const most = Math.max(1e-12, ...rows.map((r) => Math.abs(r.value)));
  return h(
    "ul",
    { class: "bars", "aria-label": label },
    rows.map(({ label: name, value, text }) => {
      const bar = h("span", { class: `bar ${value < 0 ? "below" : "above"}` });
      bar.style.width = `${(Math.abs(value) / most) * 100}%`;
      return h(
        "li",
        {},
        h("span", { class: "name", title: name }, name),
        h("span", { class: "track", "aria-hidden": "true" }, bar),
        h("span", { class: "number" }, text ?? number(value)),
      );
    }),
  );
}
