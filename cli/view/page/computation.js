// @ts-check
/** The Computation graph: a flame chart and a table of what runs, and small graphs value by value. */
import { Cards, facts } from "./cards.js";
import { choices, h, notice, s, select, tableOf } from "./dom.js";
import { colour } from "./draw.js";
import { bytes, number, shape, time } from "./format.js";
import { graphLibraries, GraphView, layOut } from "./graph.js";
import { get } from "./source.js";

const phases = /** @type {const} */ ([["forward", "Forward"], ["loss", "Loss"], ["backward", "Backward"], [
  "update",
  "Update",
]]);

/**
 * A row of the profile: `phase:scope` of the engine's plan, or an operator.
 * @typedef {{ phase: string, scope: string, name: string, detail: string, ms: number, bytes: number }} Row
 */

/** @param {import("../data.ts").ComputationData} data @returns {Row[]} */
function planRows(data) {
  return data.plan.map((step) => {
    const mark = step.scope.indexOf(":"), phase = mark < 0 ? "forward" : step.scope.slice(0, mark);
    return {
      phase: phases.some(([id]) => id === phase) ? phase : "forward",
      scope: mark < 0 ? step.scope : step.scope.slice(mark + 1),
      name: step.nodes.join(" + ") || step.kernel,
      detail: `${step.kernel}${step.where === "wasm" ? "" : ` (${step.where})`}`,
      ms: step.milliseconds ?? 0,
      bytes: step.bytes,
    };
  });
}
/** @param {import("../data.ts").ComputationData} data @returns {Row[]} */
function operatorRows(data) {
  return data.operators.map((o) => ({
    phase: o.phase,
    scope: o.scope,
    name: o.op,
    detail: o.shapes.join(" "),
    ms: o.milliseconds,
    bytes: o.bytes,
  }));
}

/**
 * A flame chart: phases, layers in them, and what runs for each; as wide as it takes time.
 * @param {readonly Row[]} rows
 * @param {(row: Row) => void} onRow
 */
function flame(rows, onRow) {
  const width = 1200, tall = 26, total = rows.reduce((n, r) => n + r.ms, 0) || 1;
  /** @type {SVGElement[]} */
  const parts = [];
  let x = 0;
  const add = (
    /** @type {number} */ at,
    /** @type {number} */ w,
    /** @type {number} */ level,
    /** @type {string} */ kind,
    /** @type {string} */ text,
    /** @type {string} */ told,
    /** @type {Row | undefined} */ row,
  ) => {
    if (w < 0.4) return;
    parts.push(
      s(
        "g",
        {},
        s("rect", {
          x: at,
          y: level * tall,
          width: w,
          height: tall - 2,
          class: kind,
          onclick: row && (() => onRow(row)),
        }, s("title", {}, told)),
        w > 34 &&
          s(
            "text",
            { x: at + 5, y: level * tall + 16 },
            text.length * 6.6 > w - 8 ? `${text.slice(0, Math.max(1, Math.floor((w - 12) / 6.6)))}…` : text,
          ),
      ),
    );
  };
  for (const [phase, title] of phases) {
    const mine = rows.filter((r) => r.phase === phase),
      sum = mine.reduce((n, r) => n + r.ms, 0),
      w = (sum / total) * width;
    add(x, w, 0, phase, `${title} ${time(sum)}`, `${title}: ${time(sum)}`, undefined);
    let at = x;
    /** @type {Map<string, Row[]>} */
    const scopes = new Map();
    for (const r of mine) scopes.set(r.scope, [...scopes.get(r.scope) ?? [], r]);
    for (const [scope, list] of scopes) {
      const own = (list.reduce((n, r) => n + r.ms, 0) / total) * width;
      add(
        at,
        own,
        1,
        "layer",
        scope || "model",
        `${scope || "model"}: ${time((own / width) * total)}`,
        undefined,
      );
      let inner = at;
      for (const r of list) {
        const each = (r.ms / total) * width;
        add(inner, each, 2, phase, r.name, `${r.name}: ${time(r.ms)}, ${bytes(r.bytes)}`, r);
        inner += each;
      }
      at += own;
    }
    x += w;
  }
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Flame chart" },
    s("svg", {
      viewBox: `0 0 ${width} ${3 * tall}`,
      class: "flame",
      role: "img",
      "aria-label": `Flame chart: ${
        phases.map(([id, title]) =>
          `${title} ${time(rows.filter((r) => r.phase === id).reduce((n, r) => n + r.ms, 0))}`
        ).join(", ")
      }`,
    }, parts),
  );
}

/** @param {import("../data.ts").ValueGraph} graph */
async function drawValues(graph) {
  await graphLibraries();
  const cards = new Cards(), nodes = new Map(graph.nodes.map((n) => [n.id, n]));
  const cut = (/** @type {string} */ text) => (text.length > 34 ? `${text.slice(0, 33)}…` : text);
  const elements = graph.nodes.map((n) => {
    if (n.kind === "operator") {
      return {
        id: n.id,
        label: n.label,
        width: Math.max(46, 9 * n.label.length + 14),
        height: 46,
        shape: "ellipse",
        fill: colour("fill-activation"),
        line: colour("line-activation"),
      };
    }
    const rows = [
      cut(n.label),
      n.data !== undefined ? `data ${cut(n.data)}` : n.shape ? shape(n.shape) : "",
      n.gradient !== undefined ? `grad ${cut(n.gradient)}` : "",
    ].filter((r) => r !== "");
    const kind = n.role === "data"
      ? "input"
      : n.role === "output"
      ? "output"
      : n.role === "parameter" || n.role === "statistic"
      ? "dense"
      : "other";
    return {
      id: n.id,
      label: rows.join("\n"),
      width: Math.max(90, 8 * Math.max(...rows.map((r) => r.length)) + 18),
      height: 20 + 18 * rows.length,
      fill: colour(`fill-${kind}`),
      line: colour(`line-${kind}`),
    };
  });
  const edges = graph.edges.map(([source, target], i) => ({ id: `e${i}`, source, target }));
  const view = new GraphView("Values and operators", {
    onNode: (id) => {
      const n = nodes.get(id);
      if (n) {
        cards.show(id, n.label, [
          facts({
            kind: n.kind,
            ...(n.role ? { role: n.role } : {}),
            ...(n.shape ? { shape: shape(n.shape) } : {}),
            ...(n.data !== undefined ? { data: n.data } : {}),
            ...(n.gradient !== undefined ? { gradient: n.gradient } : {}),
          }),
        ]);
      }
    },
  });
  const places = await layOut(elements, edges, "RIGHT");
  return {
    element: h("div", { class: "beside" }, view.element, cards.element),
    draw: () => view.draw(elements, edges, places),
    close: () => view.close(),
  };
}

/** @type {import("./main.js").View} */
export const computation = {
  async open(root) {
    /** @type {import("../data.ts").ComputationData} */
    const data = await get("computation");
    const drawn = data.graph && data.graph.nodes.length <= 400 ? await drawValues(data.graph) : undefined;
    if (data.plan.length > 0) {
      const place = h("div", { class: "panel" }), detail = h("div", {});
      let rows = planRows(data), order = "run", which = "plan";
      const show = () => {
        rows = which === "plan" ? planRows(data) : operatorRows(data);
        const total = rows.reduce((n, r) => n + r.ms, 0) || 1;
        const sorted = order === "time"
          ? [...rows].sort((a, b) => b.ms - a.ms)
          : order === "bytes"
          ? [...rows].sort((a, b) => b.bytes - a.bytes)
          : rows;
        place.replaceChildren(
          h(
            "h3",
            {},
            which === "plan"
              ? `As the ${data.engine} engine runs it: ${rows.length} kernels, ${time(total)}`
              : `Operator by operator on plain loops: ${rows.length}, ${time(total)}`,
          ),
          flame(
            rows,
            (r) =>
              detail.replaceChildren(
                facts({
                  runs: r.name,
                  kernel: r.detail,
                  layer: r.scope,
                  phase: r.phase,
                  time: time(r.ms),
                  bytes: bytes(r.bytes),
                }),
              ),
          ),
          h(
            "ul",
            { class: "legend" },
            phases.filter(([id]) => rows.some((r) => r.phase === id)).map(([id, title]) =>
              h("li", {}, h("span", { class: `swatch ${id}`, "aria-hidden": "true" }), title)
            ),
          ),
          detail,
          tableOf(
            "Profile",
            ["phase", "layer", "runs", "time", "share", "bytes", "kernel, shapes"],
            sorted.slice(0, 400).map((
              r,
            ) => [
              r.phase,
              r.scope,
              r.name,
              time(r.ms),
              `${((100 * r.ms) / total).toFixed(1)} %`,
              bytes(r.bytes),
              r.detail.length > 70 ? `${r.detail.slice(0, 69)}…` : r.detail,
            ]),
            [3, 4, 5],
          ),
          sorted.length > 400 ? h("p", { class: "quiet" }, `the first 400 of ${sorted.length}`) : "",
        );
      };
      root.append(
        h(
          "p",
          { class: "quiet" },
          `${
            data.mode === "training"
              ? "One training step: forward, loss, backward, update"
              : "Inference alone; with --input and --target the whole training step is shown"
          } · batch ${number(data.rows)} · the last of several runs`,
        ),
        h(
          "div",
          { class: "toolbar" },
          choices(
            "Profile of",
            [["plan", `Engine ${data.engine}`], ["plain", "Each operator"]],
            "plan",
            (to) => {
              which = to;
              show();
            },
          ),
          select(
            "Table in the order of",
            [["run", "running"], ["time", "time"], ["bytes", "bytes"]],
            "run",
            (to) => {
              order = to;
              show();
            },
          ),
        ),
        place,
      );
      show();
    }
    if (drawn) {
      root.append(
        h(
          "h3",
          {},
          data.plan.length > 0
            ? "Values of the forward graph, with the gradient of the output's largest number"
            : "Values",
        ),
        drawn.element,
      );
      drawn.draw();
    } else if (data.plan.length > 0) {
      root.append(
        notice(
          "The graph has too many operators to be drawn value by value; the Network view shows its layers.",
        ),
      );
    }
    return { close: () => drawn?.close() };
  },
};
