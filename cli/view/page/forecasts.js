// @ts-check
/** Forecasts: series, window, prediction, interval, residuals. */
import { curveLibrary, Curves } from "./curves.js";
import { h, select } from "./dom.js";
import { number } from "./format.js";
import { get } from "./source.js";

/** @type {import("./main.js").View} */
export const forecasts = {
  async open(root) {
    await curveLibrary();
    /** @type {import("../data.ts").ForecastsData} */
    const data = await get("forecasts");
    /** @type {Curves[]} */
    let curves = [];
    const place = h("div", { class: "view" });
    const show = (/** @type {number} */ at) => {
      for (const c of curves) c.close();
      const one = data.series[at];
      if (!one) return;
      const x = one.values.map((_, i) => i), [from, to] = one.window;
      const inWindow = one.values.map((v, i) => (i >= from && i < to ? v : null));
      const banded = one.lower && one.upper;
      const main = new Curves(one.name, x, [
        { name: "series", values: one.values, colour: 0 },
        ...(to > from ? [{ name: "window", values: inWindow, colour: 2 }] : []),
        { name: "prediction", values: one.prediction, colour: 1, dashed: true },
        ...(banded
          ? [{ name: "lower", values: one.lower ?? [], colour: 0, width: 0.8 }, {
            name: "upper",
            values: one.upper ?? [],
            colour: 0,
            width: 0.8,
          }]
          : []),
      ], { xLabel: "", height: 340, names: one.times, ...(banded ? { band: ["lower", "upper"] } : {}) });
      const residuals = one.values.map((v, i) => {
        const p = one.prediction[i];
        return v === null || p === null || p === undefined ? null : v - p;
      });
      const known = residuals.some((r) => r !== null);
      const rest = known
        ? new Curves("Residuals: what came less what was predicted", x, [{
          name: "residual",
          values: residuals,
          colour: 1,
          points: true,
        }], { xLabel: "step", height: 200 })
        : undefined;
      curves = rest ? [main, rest] : [main];
      place.replaceChildren(
        h(
          "dl",
          { class: "stats" },
          Object.entries(one.metrics).map(([k, v]) =>
            h("div", {}, h("dt", {}, k), h("dd", { "data-metric": k }, number(v)))
          ),
        ),
        h(
          "p",
          { class: "quiet" },
          `${one.times[0]} to ${one.times.at(-1)}, forecast from ${
            one.times[one.prediction.findIndex((p) => p !== null)] ?? "–"
          }`,
        ),
        ...curves.map((c) => c.element),
      );
    };
    root.append(
      data.series.length > 1
        ? select("Series", data.series.map((one, i) => [String(i), one.name]), "0", (i) => show(Number(i)))
        : "",
      place,
    );
    show(0);
    return { close: () => curves.forEach((c) => c.close()) };
  },
};
