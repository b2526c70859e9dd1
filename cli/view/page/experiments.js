// @ts-check
/** Experiments: trials as a table and as parallel coordinates, and how much each parameter matters. */
import { h, s, select, tableOf } from "./dom.js";
import { drawBars } from "./draw.js";
import { number, percent } from "./format.js";
import { get } from "./source.js";

/** @param {unknown} v */
const told = (
  v,
) => (typeof v === "number" ? number(v) : typeof v === "string" ? v : JSON.stringify(v) ?? "–");

/**
 * A line a trial through an axis a parameter, the metric last.
 * @param {import("../data.ts").ExperimentsData} data
 * @param {string} metric
 */
function parallel(data, metric) {
  const trials = data.trials.filter((t) => typeof t.metrics[metric] === "number"),
    axes = [...data.params.slice(0, 10), metric];
  const width = 1000, height = 320, top = 34, bottom = 290, gap = width / axes.length;
  const scales = axes.map((axis, i) => {
    const values = trials.map((t) => (i === axes.length - 1 ? t.metrics[axis] : t.params[axis]));
    const numeric = values.every((v) => typeof v === "number");
    const names = numeric ? [] : [...new Set(values.map(told))].sort();
    const low = numeric ? Math.min(.../** @type {number[]} */ (values)) : 0,
      high = numeric ? Math.max(.../** @type {number[]} */ (values)) : Math.max(1, names.length - 1);
    const y = (/** @type {unknown} */ v) =>
      bottom - ((bottom - top) * ((numeric ? Number(v) : names.indexOf(told(v))) - low)) / (high - low || 1);
    return {
      axis,
      x: gap * (i + 0.5),
      y,
      ends: numeric ? [[low, number(low)], [high, number(high)]] : names.map((n) => [n, n]),
    };
  });
  const value = (
    /** @type {import("../data.ts").Trial} */ t,
    /** @type {number} */ i,
  ) => (i === axes.length - 1 ? t.metrics[metric] : t.params[axes[i] ?? ""]);
  const order = [...trials].sort((a, b) => Number(a.id === data.best) - Number(b.id === data.best));
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Parallel coordinates" },
    s(
      "svg",
      {
        viewBox: `0 0 ${width} ${height}`,
        class: "parallel",
        role: "img",
        "aria-label": `Parallel coordinates of ${trials.length} trials over ${axes.join(", ")}`,
      },
      scales.map(({ axis, x, ends, y }) =>
        s(
          "g",
          {},
          s("line", { x1: x, x2: x, y1: top, y2: bottom }),
          s("text", { x, y: 16, "text-anchor": "middle" }, axis.length > 22 ? `…${axis.slice(-21)}` : axis),
          ends.slice(0, 8).map(([v, text]) => s("text", { x: x + 6, y: y(v) + 4 }, String(text))),
        )
      ),
      order.map((t) =>
        s("path", {
          d: scales.map(({ x, y }, i) => `${i === 0 ? "M" : "L"}${x.toFixed(1)},${y(value(t, i)).toFixed(1)}`)
            .join(" "),
          class: t.id === data.best ? "best" : "",
        }, s("title", {}, `trial ${t.id}: ${metric} ${number(t.metrics[metric])}`))
      ),
    ),
  );
}

/** @type {import("./main.js").View} */
export const experiments = {
  async open(root) {
    /** @type {import("../data.ts").ExperimentsData} */
    const data = await get("experiments");
    const metrics = [...new Set(data.trials.flatMap((t) => Object.keys(t.metrics)))];
    const best = data.trials.find((t) => t.id === data.best), chart = h("div", {}), table = h("div", {});
    let order = "run";
    const show = (/** @type {string} */ metric) => {
      chart.replaceChildren(parallel(data, metric));
      const better = data.mode === "min" ? 1 : -1;
      const list = order === "run"
        ? data.trials
        : [...data.trials].sort((a, b) =>
          ((a.metrics[metric] ?? Infinity * better) - (b.metrics[metric] ?? Infinity * better)) * better
        );
      table.replaceChildren(
        tableOf(
          "Trials",
          ["trial", ...data.params, "seed", ...metrics, "status"],
          list.map((
            t,
          ) => [
            t.id === data.best ? h("strong", {}, `${t.id} (best)`) : t.id,
            ...data.params.map((p) => told(t.params[p])),
            told(t.seed ?? "–"),
            ...metrics.map((m) => number(t.metrics[m])),
            t.status,
          ]),
          data.params.map((_, i) => i + 1).concat(metrics.map((_, i) => data.params.length + 2 + i)),
        ),
      );
    };
    let metric = data.metric;
    root.append(
      h(
        "dl",
        { class: "stats" },
        [["trials", String(data.trials.length)], [
          "done",
          String(data.trials.filter((t) => typeof t.metrics[data.metric] === "number").length),
        ], [`best ${data.metric}`, number(best?.metrics[data.metric])]].map(([k, v]) =>
          h("div", {}, h("dt", {}, k), h("dd", {}, v))
        ),
      ),
      h(
        "div",
        { class: "toolbar" },
        select("Metric", metrics.map((m) => [m, m]), metric, (m) => {
          metric = m;
          show(metric);
        }),
        select("Table in the order of", [["run", "running"], ["metric", "the metric"]], "run", (to) => {
          order = to;
          show(metric);
        }),
      ),
      h(
        "section",
        { class: "panel" },
        h("h3", {}, "Parallel coordinates"),
        chart,
        h("p", { class: "quiet" }, "a line a trial; the best one thick"),
      ),
      h(
        "section",
        { class: "panel" },
        h("h3", {}, `Importance for ${data.metric}`),
        drawBars(
          "Importance",
          data.importance.map((r) => ({ label: r.param, value: r.share, text: percent(r.share) })),
        ),
        h(
          "p",
          { class: "quiet" },
          "share of the metric's variance between the groups of a parameter's values; what parameters do together counts for each",
        ),
      ),
      h("section", { class: "panel" }, h("h3", {}, "Trials"), table),
    );
    show(metric);
  },
};
