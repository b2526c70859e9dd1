// @ts-check
/** Curves by uPlot: thousands of points that zoom with a drag and pan with Shift. */
import { h } from "./dom.js";
import { colour, dashes, lines } from "./draw.js";
import { number } from "./format.js";
import { library, script, styles } from "./source.js";

/** Loads what curves are drawn with. */
export async function curveLibrary() {
  styles("lib/uplot.css");
  await script("lib/uplot.js");
}

/**
 * @typedef {object} Line
 * @property {string} name
 * @property {readonly (number | null)[]} values
 * @property {number} [colour] which of the series' colours
 * @property {boolean} [dashed]
 * @property {boolean} [points]
 * @property {number} [width] in pixels; 2 unless given
 */

/** Steps of an axis that counts. */
const wholes = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5];

/** Curves over one axis. */
export class Curves {
  /**
   * @param {string} title
   * @param {readonly number[]} x
   * @param {readonly Line[]} list
   * @param {{ xLabel?: string, log?: boolean, height?: number, band?: readonly [string, string], names?: readonly string[] }} [options]
   */
  constructor(title, x, list, { xLabel = "epoch", log = false, height = 260, band, names } = {}) {
    this.place = h("div", { class: "curve" });
    this.element = h("section", { class: "panel", "aria-label": title }, h("h3", {}, title), this.place);
    this.options = { title, xLabel, log, height, band, names };
    /** @type {any} */
    this.plot = undefined;
    this.data = { x, list };
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(this.place);
  }
  fit() {
    const width = Math.floor(this.place.clientWidth);
    if (width < 40) return;
    if (this.plot) this.plot.setSize({ width, height: this.options.height });
    else this.make(width);
  }
  /** @param {number} width */
  make(width) {
    const { x, list } = this.data, { xLabel, log, height, band, names } = this.options;
    const axis = {
      stroke: colour("soft"),
      grid: { stroke: colour("rule"), width: 1 },
      ticks: { stroke: colour("rule") },
    };
    const at = (/** @type {string} */ name) => list.findIndex((l) => l.name === name) + 1;
    this.place.setAttribute("role", "img");
    this.place.setAttribute(
      "aria-label",
      `${this.options.title}: ${
        list.map((l) => `${l.name} ends at ${number(l.values.filter((v) => v !== null).at(-1))}`).join(", ")
      }`,
    );
    const named = (/** @type {unknown} */ _, /** @type {readonly number[]} */ ticks) =>
      ticks.map((i) => names?.[i] ?? "");
    this.plot = new (library("uPlot"))(
      {
        width,
        height,
        cursor: { drag: { x: true, y: false } },
        scales: { x: { time: false }, y: log ? { distr: 3 } : {} },
        axes: [{
          ...axis,
          label: xLabel,
          labelSize: 22,
          size: names ? 26 : 36,
          incrs: wholes,
          ...(names ? { label: "", labelSize: 0, space: 110, values: named } : {}),
        }, {
          ...axis,
          size: 62,
          values: (/** @type {unknown} */ _, /** @type {readonly number[]} */ ticks) =>
            ticks.map((v) => (v === null ? "" : number(v))),
        }],
        series: [
          names
            ? {
              label: "at",
              value: (/** @type {unknown} */ _, /** @type {number | null} */ i) => names[i ?? -1] ?? "–",
            }
            : { label: xLabel },
          ...list.map((l, i) => {
            const c = (l.colour ?? i) % lines.length;
            return {
              label: l.name,
              stroke: colour(lines[c] ?? "series-1"),
              width: l.width ?? 2,
              dash: l.dashed ? [7, 5] : l.colour === undefined ? dashes[c] ?? [] : [],
              points: { show: l.points === true || (x.length > 0 && x.length <= 40) },
              value: (/** @type {unknown} */ _, /** @type {number | null} */ v) => number(v),
            };
          }),
        ],
        ...(band ? { bands: [{ series: [at(band[1]), at(band[0])], fill: `${colour("series-1")}33` }] } : {}),
      },
      [x, ...list.map((l) => l.values)],
      this.place,
    );
    this.pan();
  }
  /** Dragging with Shift, or the wheel, moves and zooms along the axis. */
  pan() {
    const over = this.plot.over;
    let from = 0, range = [0, 0], moving = false;
    over.addEventListener("mousedown", (/** @type {MouseEvent} */ e) => {
      if (!e.shiftKey) return;
      e.stopImmediatePropagation();
      moving = true;
      from = e.clientX;
      range = [this.plot.scales.x.min, this.plot.scales.x.max];
    }, { capture: true });
    over.addEventListener("mousemove", (/** @type {MouseEvent} */ e) => {
      if (!moving) return;
      const by = ((from - e.clientX) / over.clientWidth) * ((range[1] ?? 1) - (range[0] ?? 0));
      this.plot.setScale("x", { min: (range[0] ?? 0) + by, max: (range[1] ?? 1) + by });
    });
    addEventListener("mouseup", () => moving = false);
    over.addEventListener("wheel", (/** @type {WheelEvent} */ e) => {
      if (!e.ctrlKey && !e.shiftKey) return;
      e.preventDefault();
      const { min, max } = this.plot.scales.x,
        middle = this.plot.posToVal(e.offsetX, "x"),
        by = e.deltaY > 0 ? 1.2 : 1 / 1.2;
      this.plot.setScale("x", { min: middle - (middle - min) * by, max: middle + (max - middle) * by });
    }, { passive: false });
  }
  /**
   * New numbers on the same curves.
   * @param {readonly number[]} x
   * @param {readonly Line[]} list
   */
  set(x, list) {
    const same = list.length === this.data.list.length &&
      list.every((l, i) => l.name === this.data.list[i]?.name);
    this.data = { x, list };
    if (same && this.plot) this.plot.setData([x, ...list.map((l) => l.values)]);
    else {
      this.plot?.destroy();
      this.plot = undefined;
      this.fit();
    }
  }
  close() {
    this.observer.disconnect();
    this.plot?.destroy();
  }
}
