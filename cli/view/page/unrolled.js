// @ts-check
/** A recurrent layer over time: one cell a step, its gates and states for the sample. */
import { facts } from "./cards.js";
import { h, notice, select } from "./dom.js";
import { colour, drawPicture } from "./draw.js";
import { number } from "./format.js";
import { GraphView } from "./graph.js";
import { ask, get, isLive } from "./source.js";

/**
 * Numbers as a heat map of one row.
 * @param {readonly number[]} values
 * @param {string} label
 */
function strip(values, label) {
  // Gates lie between 0 and 1 and share that scale; states have their own, 0 in its middle.
  const gate = values.every((v) => v >= 0 && v <= 1),
    size = gate ? 1 : Math.max(1e-12, ...values.map(Math.abs));
  const bytes = Uint8Array.from(values, (v) => Math.round((gate ? v : (v / size) * 0.5 + 0.5) * 255));
  const picture = {
    width: values.length,
    height: 1,
    channels: /** @type {1} */ (1),
    pixels: btoa(String.fromCharCode(...bytes)),
    min: gate ? 0 : -size,
    max: size,
    signed: !gate,
  };
  return drawPicture(picture, { label, class: "strip", heat: true });
}

/**
 * @param {HTMLElement} stage
 * @param {import("./cards.js").Cards} cards
 * @param {readonly import("../data.ts").NetworkNode[]} layers
 * @param {string} layer
 */
export async function openUnrolled(stage, cards, layers, layer) {
  /** @type {GraphView | undefined} */
  let view;
  const place = h("div", { class: "stage" });
  const draw = async (/** @type {string} */ id) => {
    view?.close();
    /** @type {import("../data.ts").CellData} */
    const data = isLive
      ? await ask("cell", { layer: id })
      : await get(`cell-${layers.findIndex((n) => n.id === id)}`);
    const most = 24, { steps } = data;
    // The steps that count, the middle of a long row left out.
    const lively = steps.filter((s) => !s.masked);
    const shown = lively.length <= most ? lively : [...lively.slice(0, most / 2), ...lively.slice(-most / 2)];
    if (shown.length === 0) {
      place.replaceChildren(notice("Every step of the sample is masked."));
      return;
    }
    const largest = Math.max(1e-12, ...steps.map((s) => Math.hypot(...(s.values.h ?? []))));
    /** @type {Record<string, unknown>[]} */
    const nodes = [];
    /** @type {Record<string, unknown>[]} */
    const edges = [];
    const places = new Map(), gap = 118;
    shown.forEach((step, i) => {
      const x = i * gap, t = step.step, size = Math.hypot(...(step.values.h ?? [])) / largest;
      const input = step.input.length > 12 ? `${step.input.slice(0, 11)}…` : step.input;
      nodes.push(
        {
          id: `h${t}`,
          label: `h${t}`,
          width: 42,
          height: 42,
          shape: "ellipse",
          fill: colour("fill-output"),
          line: colour("line-output"),
        },
        {
          id: `cell${t}`,
          label: `${data.cell}\nstep ${t}`,
          width: 84,
          height: 58,
          fill: colour("fill-recurrent"),
          line: colour("line-recurrent"),
        },
        {
          id: `x${t}`,
          label: input,
          width: 84,
          height: 34,
          fill: colour("fill-input"),
          line: colour("line-input"),
        },
      );
      places.set(`h${t}`, { x, y: 0 }).set(`cell${t}`, { x, y: 96 }).set(`x${t}`, { x, y: 186 });
      edges.push({ id: `in${t}`, source: `x${t}`, target: `cell${t}` }, {
        id: `out${t}`,
        source: `cell${t}`,
        target: `h${t}`,
        width: 1 + 5 * size,
      });
      const before = shown[i - 1];
      if (before) {
        edges.push({
          id: `next${t}`,
          source: `cell${before.step}`,
          target: `cell${t}`,
          width: 1 + 5 * (Math.hypot(...(before.values.h ?? [])) / largest),
          dash: before.step + 1 === t || before.step - 1 === t ? "solid" : "dotted",
        });
      }
    });
    const open = (/** @type {string} */ node) => {
      const t = Number(node.replace(/\D+/g, "")), step = steps.find((s) => s.step === t);
      if (!step) return;
      cards.show(`${id}:${t}`, `${data.cell} at step ${t}`, [
        facts({
          layer: data.layer,
          input: step.input,
          ...(data.backwards ? { direction: "from the last step to the first" } : {}),
        }),
        h(
          "ul",
          { class: "gates" },
          Object.entries(step.values).map(([name, values]) =>
            h(
              "li",
              {},
              h("strong", {}, name),
              strip(values, `${name} at step ${t}`),
              h(
                "span",
                { class: "quiet", "data-gate": name, "data-first": values[0] },
                `mean ${number(values.reduce((a, b) => a + b, 0) / values.length)}, ${
                  number(Math.min(...values))
                } … ${number(Math.max(...values))}`,
              ),
            )
          ),
        ),
        h(
          "details",
          {},
          h("summary", {}, "Formulas"),
          h("ul", { class: "formulas" }, data.formulas.map((f) => h("li", {}, h("code", {}, f)))),
        ),
      ], { kind: "edge-recurrent" });
    };
    view = new GraphView(`${data.layer} over time`, { onNode: open, onEdge: (edge) => open(edge) });
    view.least = 0.8;
    const heat = { width: steps.length, height: Math.min(64, steps[0]?.values.h?.length ?? 0) };
    const all = Uint8Array.from({ length: heat.width * heat.height }, (_, i) => {
      const v = steps[i % heat.width]?.values.h?.[Math.floor(i / heat.width)] ?? 0;
      return Math.round((Math.max(-1, Math.min(1, v)) * 0.5 + 0.5) * 255);
    });
    let pixels = "";
    for (const b of all) pixels += String.fromCharCode(b);
    place.replaceChildren(
      h(
        "p",
        { class: "quiet" },
        `${lively.length} steps${
          lively.length < steps.length ? `, ${steps.length - lively.length} more are masked` : ""
        }${
          shown.length < lively.length ? `; the first and last ${most / 2} are drawn` : ""
        }. Choose a cell to see its gates.`,
      ),
      ...data.notes.map((note) => notice(note)),
      view.element,
      h(
        "figure",
        { class: "wide" },
        drawPicture({ ...heat, channels: 1, pixels: btoa(pixels), min: -1, max: 1, signed: true }, {
          label: `hidden state of ${data.layer}, a column a step`,
          class: "map",
        }),
        h(
          "figcaption",
          {},
          `Hidden state over all ${steps.length} steps, a column a step${
            heat.height === 64 ? ", the first 64 units" : ""
          }: orange below 0, blue above`,
        ),
      ),
    );
    view.draw(nodes, edges, places);
  };
  stage.append(
    h(
      "div",
      { class: "toolbar" },
      select("Layer", layers.map((n) => [n.id, `${n.id} (${n.type})`]), layer, draw),
    ),
    place,
  );
  await draw(layer);
  return { close: () => view?.close() };
}
