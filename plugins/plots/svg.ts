/** Pictures as SVG text: a frame with axes and a legend, light and dark, readable from 360 pixels on. @module */
import { type Axis, tickText } from "./scale.ts";

/** Text as it stands between tags and in attributes. */
export function escaped(text: string): string {
  // XML knows no control characters but tab and line ends.
  // deno-lint-ignore no-control-regex
  const kept = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, "\ufffd");
  return kept.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}
const n = (value: number) => `${Math.round(value * 100) / 100}`;

/** An entry of a legend: a class of the style below, and what it stands for. */
export interface LegendEntry {
  /** Its colour, from 0. */
  readonly color: number;
  readonly dashed?: boolean;
  /** A filled box instead of a line. */
  readonly box?: boolean;
  readonly text: string;
}
/** A picture's frame. */
export interface Frame {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly legend: readonly LegendEntry[];
}
/** A rectangle that is drawn in, in pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const colors = 8;
/** Okabe and Ito's colours, told apart by nearly everybody; lighter ones on a dark ground. */
const palette = {
  light: ["#0072b2", "#d55e00", "#009e73", "#b5669b", "#8a6d00", "#3a7ca5", "#a03030", "#555555"],
  dark: ["#56b4e9", "#ff9d5c", "#2fd6a3", "#e29bcb", "#f0e442", "#9ecbe8", "#ff8080", "#bbbbbb"],
};
const rules = (list: readonly string[]) =>
  list.map((color, i) => `.c${i}{stroke:${color};color:${color}}.f${i}{fill:${color}}`).join("");
const style = `<style>` +
  `svg{color-scheme:light dark}.ground{fill:#fff}.ink{fill:#1b1f24}.dim{fill:#57606a}.grid{stroke:#d8dee4}.axis{stroke:#57606a}` +
  `text{font:12px system-ui,sans-serif}.title{font-weight:600;font-size:13px}` +
  `.line{fill:none;stroke-width:2;stroke-linejoin:round}.dash{stroke-dasharray:6 4}.bar{fill-opacity:.75}` +
  rules(palette.light) +
  `@media (prefers-color-scheme:dark){.ground{fill:#0d1117}.ink{fill:#e6edf3}.dim{fill:#9da7b1}.grid{stroke:#30363d}.axis{stroke:#9da7b1}` +
  `${rules(palette.dark)}}</style>`;

/** The class of a line, or of a filled shape. */
export function lineClass(color: number, dashed: boolean): string {
  return `line c${color % colors}${dashed ? " dash" : ""}`;
}
/** The class of a filled shape. */
export function fillClass(color: number): string {
  return `bar f${color % colors}`;
}

/** A broken line through points; a number that isn't finite leaves a gap, a point alone is a dot. */
export function path(points: readonly (readonly [number, number])[], classes: string): string {
  let d = "", dots = "", from = 0;
  const finite = (i: number) => points[i] !== undefined && points[i].every(Number.isFinite);
  for (let i = 0; i <= points.length; i++) {
    if (finite(i)) continue;
    const run = points.slice(from, i);
    const [only] = run;
    if (run.length > 1) d += run.map(([x, y], k) => `${k === 0 ? "M" : "L"}${n(x)} ${n(y)}`).join("");
    else if (only) dots += `<circle class="${classes}" cx="${n(only[0])}" cy="${n(only[1])}" r="2"/>`;
    from = i + 1;
  }
  return `${d === "" ? "" : `<path class="${classes}" d="${d}"/>`}${dots}`;
}
/** A rectangle. */
export function rect({ left, top, width, height }: Box, classes: string): string {
  return `<rect class="${classes}" x="${n(left)}" y="${n(top)}" width="${n(width)}" height="${n(height)}"/>`;
}

/** Entries in rows as wide as the picture, at about 7 pixels a character. */
function legendRows(
  entries: readonly LegendEntry[],
  width: number,
): readonly (readonly [LegendEntry, number])[][] {
  const rows: [LegendEntry, number][][] = [[]];
  let at = 0;
  for (const entry of entries) {
    const wide = 34 + entry.text.length * 7.2;
    if (at + wide > width && at > 0) {
      rows.push([]);
      at = 0;
    }
    rows.at(-1)?.push([entry, at]);
    at += wide;
  }
  return entries.length === 0 ? [] : rows;
}
/** How high a panel is whose plot is `plot` pixels high. */
export function panelHeight(frame: Frame, width: number, plot: number): number {
  return plot + 66 + 18 * legendRows(frame.legend, width - 20).length;
}

/** One panel: title, axes and legend around what `draw` gives for the box inside. */
export function panel(
  frame: Frame,
  { left, top, width, height }: Box,
  draw: (place: (x: number, y: number) => readonly [number, number], box: Box) => string,
): string {
  const { title, x, y, xLabel, yLabel, legend } = frame, rows = legendRows(legend, width - 20);
  const labels = y.ticks.map(tickText), wide = Math.max(...labels.map((l) => l.length)) * 6.6;
  const inner: Box = {
    left: left + 16 + wide,
    top: top + 28,
    width: width - 32 - wide,
    height: height - 66 - 18 * rows.length,
  };
  const place = (vx: number, vy: number) =>
    [inner.left + x.share(vx) * inner.width, inner.top + (1 - y.share(vy)) * inner.height] as const;
  const parts = [
    `<text class="ink title" x="${n(left + 8)}" y="${n(top + 16)}">${escaped(title)}</text>`,
    `<text class="dim" x="${n(left + width - 10)}" y="${n(top + 16)}" text-anchor="end">${
      escaped(yLabel)
    }</text>`,
  ];
  y.ticks.forEach((tick, i) => {
    const at = n(place(x.min, tick)[1]);
    parts.push(
      `<path class="grid" d="M${n(inner.left)} ${at}H${n(inner.left + inner.width)}"/>`,
      `<text class="dim" x="${n(inner.left - 6)}" y="${at}" dy="4" text-anchor="end">${labels[i]}</text>`,
    );
  });
  // Ticks that would touch one another are left out.
  const xLabels = x.ticks.map(tickText), each = Math.max(...xLabels.map((l) => l.length)) * 6.6 + 10;
  const every = Math.max(1, Math.ceil(((x.ticks.length - 1) * each) / inner.width));
  const bottom = inner.top + inner.height;
  x.ticks.forEach((tick, i) => {
    if (i % every !== 0) return;
    const at = n(place(tick, y.min)[0]);
    parts.push(
      `<path class="axis" d="M${at} ${n(bottom)}v4"/>`,
      `<text class="dim" x="${at}" y="${n(bottom + 18)}" text-anchor="middle">${xLabels[i]}</text>`,
    );
  });
  parts.push(
    `<path class="axis" d="M${n(inner.left)} ${n(bottom)}H${n(inner.left + inner.width)}"/>`,
    `<text class="dim" x="${n(inner.left + inner.width / 2)}" y="${n(bottom + 33)}" text-anchor="middle">${
      escaped(xLabel)
    }</text>`,
    draw(place, inner),
  );
  rows.forEach((row, r) => {
    const at = bottom + 48 + 18 * r;
    for (const [entry, offset] of row) {
      const from = left + 10 + offset;
      parts.push(
        entry.box
          ? rect({ left: from, top: at - 5, width: 14, height: 10 }, fillClass(entry.color))
          : `<path class="${lineClass(entry.color, entry.dashed ?? false)}" d="M${n(from)} ${n(at)}h18"/>`,
        `<text class="ink" x="${n(from + 22)}" y="${n(at + 4)}">${escaped(entry.text)}</text>`,
      );
    }
  });
  return parts.join("");
}

/** The whole picture around its panels; it shrinks with the page it stands in. */
export function document(label: string, width: number, height: number, body: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${n(width)} ${n(height)}" width="${
    n(width)
  }" ` +
    `height="${n(height)}" style="max-width:100%;height:auto" role="img" aria-label="${
      escaped(label)
    }">${style}` +
    `<rect class="ground" width="100%" height="100%"/>${body}</svg>\n`;
}
