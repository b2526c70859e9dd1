// @ts-check
/** Neurons of dense layers: sums, activations and biases, edges by weight or gradient. */
import { facts } from "./cards.js";
import { choices, h, select, tableOf } from "./dom.js";
import { colour } from "./draw.js";
import { number } from "./format.js";
import { GraphView, legend } from "./graph.js";
import { ask, get, isLive } from "./source.js";

/** Kinds of neurons. */
const neuronKinds = /** @type {const} */ ([
  ["input", "Input", "ellipse"],
  ["sum", "Weighted sum", "ellipse"],
  ["activation", "Activation", "round-rectangle"],
  ["bias", "Bias", "diamond"],
  ["output", "Output", "round-hexagon"],
]);

/** @param {import("../data.ts").Neuron | undefined} n */
const title = (n) => (n?.kind === "activation" ? `${n.label} ${n.unit}` : n?.label ?? "");

const signs = () => [
  h("li", {}, h("span", { class: "stroke positive", "aria-hidden": "true" }), "positive: solid"),
  h("li", {}, h("span", { class: "stroke negative", "aria-hidden": "true" }), "negative: dashed"),
  h("li", {}, "wider: larger"),
];

/**
 * Draws the neurons of dense layers; `again` draws them with another number of units.
 * @param {HTMLElement} stage
 * @param {import("./cards.js").Cards} cards
 * @param {number} units
 * @param {(units: number) => void} again
 */
export async function openNeurons(stage, cards, units, again) {
  /** @type {import("../data.ts").NeuronsData} */
  const found = isLive ? await ask("neurons", { units }) : await get("neurons");
  const by = { value: "weight" };
  const gap = { x: 100, y: 46 }, rows = new Map();
  for (const n of found.neurons) rows.set(n.column, Math.max(rows.get(n.column) ?? 0, n.row + 1));
  const tallest = Math.max(...rows.values());
  const names = new Map(found.neurons.map((n) => [n.id, n]));
  // Weighted columns need room for their edges; a sum and its activation stand close.
  const placeOf = (/** @type {import("../data.ts").Neuron} */ n) => {
    const pairs = Math.ceil(n.column / 2), rest = Math.floor(n.column / 2);
    return pairs * 210 + rest * gap.x;
  };
  const elements = found.neurons.map((n) => {
    const [, , form] = neuronKinds.find(([kind]) => kind === n.kind) ?? neuronKinds[0];
    return {
      id: n.id,
      label: n.label,
      width: n.kind === "activation" ? 66 : n.kind === "output" ? Math.max(44, 9 * n.label.length + 16) : 38,
      height: n.kind === "bias" ? 44 : 34,
      textWidth: 120,
      shape: form,
      fill: colour(`fill-${n.kind}`),
      line: colour(`line-${n.kind}`),
    };
  });
  const places = new Map(found.neurons.map((n) => {
    const size = rows.get(n.column) ?? 1, y = n.kind === "bias" ? -1.6 : n.row + (tallest - size) / 2;
    return [n.id, { x: placeOf(n) + (n.kind === "bias" ? 40 : 0), y: y * gap.y }];
  }));
  const edgesBy = (/** @type {"weight" | "gradient"} */ what) => {
    const largest = Math.max(1e-12, ...found.connections.map((c) => Math.abs(c[what] ?? 0)));
    return found.connections.map((c, i) => {
      const v = c[what], size = v === undefined ? 0.25 : Math.sqrt(Math.abs(v) / largest);
      return {
        id: `edge:${i}`,
        source: c.from,
        target: c.to,
        width: v === undefined ? 1.2 : 0.3 + 3.2 * size * size,
        line: v === undefined
          ? colour("edge")
          : v < 0
          ? colour("negative-strong")
          : colour("positive-strong"),
        dash: v !== undefined && v < 0 ? "dashed" : "solid",
        opacity: v === undefined ? 0.7 : 0.12 + 0.88 * size,
        arrow: "none",
        curve: "straight",
      };
    });
  };
  const view = new GraphView("Neurons", {
    onNode: (id) => {
      const n = names.get(id);
      if (!n) return;
      const [, kind] = neuronKinds.find(([k]) => k === n.kind) ?? ["", ""];
      const into = found.connections.filter((c) => c.to === id && c.weight !== undefined),
        out = found.connections.filter((c) => c.from === id && c.weight !== undefined);
      const list = [...into, ...out].sort((a, b) => Math.abs(b.weight ?? 0) - Math.abs(a.weight ?? 0))
        .slice(0, 12);
      cards.show(id, `${kind} ${title(n)}`, [
        facts({
          layer: n.layer,
          kind,
          ...(n.value === undefined ? {} : { "value for the sample": number(n.value) }),
          "connections shown": `${into.length} in, ${out.length} out`,
        }),
        ...(list.length > 0
          ? [
            tableOf(
              `Strongest connections of ${n.label}`,
              ["from", "to", "weight", ...(found.gradients ? ["gradient"] : [])],
              list.map((
                c,
              ) => [
                title(names.get(c.from)),
                title(names.get(c.to)),
                number(c.weight),
                ...(found.gradients ? [number(c.gradient)] : []),
              ]),
              [2, 3],
            ),
          ]
          : []),
      ], { kind: `edge-${n.kind}` });
    },
    onEdge: (id) => {
      const c = found.connections[Number(id.slice(5))];
      if (!c) return;
      const from = names.get(c.from), to = names.get(c.to);
      cards.show(id, `${title(from)} → ${title(to)}`, [
        facts(
          c.weight === undefined ? { connection: "hands its number on" } : {
            layer: to?.layer ?? "",
            weight: h("strong", { "data-weight": c.weight }, number(c.weight)),
            gradient: c.gradient === undefined
              ? "not computed: give samples and targets"
              : h("strong", { "data-gradient": c.gradient }, number(c.gradient)),
          },
        ),
      ], { kind: (c.weight ?? 0) < 0 ? "edge-negative" : "edge-positive" });
    },
  });
  const redraw = () => {
    const edges = edgesBy(/** @type {"weight" | "gradient"} */ (by.value));
    view.draw(elements, edges, places);
  };
  const told = found.columns.map((
    c,
  ) => (c.shown === c.of ? `${c.title}: ${c.of}` : `${c.title}: ${c.shown} of ${c.of}`)).join(" · ");
  stage.append(
    h(
      "div",
      { class: "toolbar" },
      found.gradients &&
        choices("Edges show", [["weight", "Weights"], ["gradient", "Gradients"]], "weight", (what) => {
          by.value = what;
          redraw();
        }),
      isLive && found.columns.some((c) => c.of > 12) &&
        select(
          "units at most",
          ["6", "12", "24", "48"].map((n) => [n, n]),
          String(units),
          (n) => again(Number(n)),
        ),
      h(
        "span",
        { class: "quiet" },
        `${told}${found.columns.some((c) => c.shown < c.of) ? " (those with the largest weights)" : ""}`,
      ),
    ),
    view.element,
    legend(neuronKinds.map(([id, title, form]) => [id, title, form]), signs()),
  );
  redraw();
  return view;
}
