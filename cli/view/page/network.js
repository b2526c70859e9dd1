// @ts-check
/** The Network view: layers, neurons of dense layers, recurrent layers over time. */
import { Cards, facts } from "./cards.js";
import { choices, h, notice, tableOf } from "./dom.js";
import { colour } from "./draw.js";
import { count, number, shape } from "./format.js";
import { graphLibraries, GraphView, layOut, legend } from "./graph.js";
import { openNeurons } from "./neurons.js";
import { get } from "./source.js";
import { openUnrolled } from "./unrolled.js";

/** Kinds of layers and their colours. */
const families = /** @type {const} */ ([
  ["dense", /^(Dense|EinsumDense|Gemm|MatMul)/, "Dense"],
  ["conv", /Conv|Pool/, "Convolution, pooling"],
  ["recurrent", /RNN|LSTM|GRU|Bidirectional|TimeDistributed|Scan|Loop/, "Recurrent"],
  ["embedding", /Embedding|Vectorization|Gather|Lookup/, "Embedding"],
  ["attention", /Attention/, "Attention"],
  ["norm", /Normalization|Dropout|Noise|Regular/, "Normalization, dropout"],
  ["activation", /Activation|ReLU|Softmax|Sigmoid|Tanh|Relu|ELU|Gelu/, "Activation"],
]);
/** @param {import("../data.ts").NetworkNode} node */
function familyOf(node) {
  if (node.role === "input" || node.role === "output") return node.role;
  if (node.role === "block") return "other";
  return families.find(([, pattern]) => pattern.test(node.type))?.[0] ?? "other";
}
/**
 * A card for a layer or operator.
 * @param {import("../data.ts").NetworkNode} node
 */
function nodeContent(node) {
  const { config, parameters } = node;
  const rows = parameters.map((p) => [
    p.name,
    shape(p.shape),
    count(p.count),
    p.trainable ? "yes" : "no",
    number(p.mean),
    number(p.deviation),
    `${number(p.min)} … ${number(p.max)}`,
    ...(parameters.some((q) => q.gradient !== undefined) ? [number(p.gradient)] : []),
  ]);
  const header = [
    "weight",
    "shape",
    "count",
    "trained",
    "mean",
    "σ",
    "range",
    ...(parameters.some((q) => q.gradient !== undefined) ? ["|gradient|"] : []),
  ];
  return [
    facts({
      type: node.type,
      ...(node.shapes.length > 0 ? { output: node.shapes.map((x) => shape(x)).join(" ") } : {}),
      ...(node.role === "layer" || node.count > 0 ? { parameters: count(node.count) } : {}),
    }),
    ...(rows.length > 0 ? [tableOf(`Weights of ${node.name}`, header, rows, [2, 4, 5, 7])] : []),
    ...(Object.keys(config).length > 0
      ? [h("details", { open: parameters.length === 0 }, h("summary", {}, "Configuration"), facts(config))]
      : []),
  ];
}

/** @type {import("./main.js").View} */
export const network = {
  async open(root) {
    /** @type {import("../data.ts").NetworkData} */
    const data = await get("network");
    await graphLibraries();
    const cards = new Cards(), stage = h("div", { class: "stage" });
    const nodes = new Map(data.nodes.map((n) => [n.id, n]));
    const parents = new Set(data.nodes.flatMap((n) => (n.parent === undefined ? [] : [n.parent])));
    /** @type {Set<string>} */
    const unfolded = new Set();
    /** @type {{ close(): void } | undefined} */
    let closing;
    let mode = "layers";

    const show = (/** @type {string} */ id) => {
      const node = nodes.get(id);
      if (!node) return;
      const foldable = parents.has(id);
      const fold = foldable && h("button", {
        type: "button",
        onclick: () => toggle(id),
      }, unfolded.has(id) ? "Fold" : "Unfold");
      const unroll = node.recurrent &&
        h("button", { type: "button", onclick: () => open("time", id) }, "Unroll over time");
      cards.show(id, node.name, [...nodeContent(node), h("p", { class: "actions" }, fold, unroll)], {
        kind: `edge-${familyOf(node)}`,
      });
    };
    const toggle = (/** @type {string} */ id) => {
      if (!parents.has(id)) return;
      unfolded.has(id) ? unfolded.delete(id) : unfolded.add(id);
      open("layers");
    };
    /** The node that stands for one: itself, or the folded one around it. */
    const seen = (/** @type {string} */ id) => {
      let shown = id;
      for (let at = nodes.get(id); at?.parent !== undefined; at = nodes.get(at.parent)) {
        if (!unfolded.has(at.parent)) shown = at.parent;
      }
      return shown;
    };
    const isShown = (/** @type {import("../data.ts").NetworkNode} */ n) => seen(n.id) === n.id;

    async function layers() {
      const shown = data.nodes.filter(isShown);
      const elements = shown.map((n) => {
        const family = familyOf(n), title = n.name === n.type ? n.name : `${n.name}\n${n.type}`;
        const mark = parents.has(n.id) && !unfolded.has(n.id) ? " ▸" : "";
        const last = n.shapes[0] ? `\n${shape(n.shapes[0])}` : "";
        const open = parents.has(n.id) && unfolded.has(n.id);
        return {
          id: n.id,
          label: open ? `${n.name} ▾` : title + mark + last,
          width: Math.max(140, Math.min(280, 9 * Math.max(n.name.length, n.type.length, last.length))) +
            (n.role === "layer" ? 0 : 40),
          height: 64,
          fill: colour(`fill-${family}`),
          line: colour(`line-${family}`),
          shape: n.role === "input" || n.role === "output" ? "round-tag" : "round-rectangle",
          ...(n.parent !== undefined && isShown(n) && unfolded.has(n.parent) ? { parent: n.parent } : {}),
        };
      });
      const edges = new Map();
      for (const [from, to, text] of data.edges) {
        const a = seen(from), b = seen(to);
        if (a !== b) edges.set(`${a}\n${b}`, { id: `${a}→${b}`, source: a, target: b, text });
      }
      // Inner layers of a wrapper stand side by side without edges of their own.
      const list = [...edges.values()];
      const wide = stage.clientWidth > 760 || shown.length > 30;
      const places = await layOut(elements, list, wide ? "RIGHT" : "DOWN");
      const view = new GraphView("Layers", {
        onNode: show,
        onEdge: (id) => {
          const edge = list.find((e) => e.id === id);
          if (edge) {
            cards.show(id, `${nodes.get(edge.source)?.name} → ${nodes.get(edge.target)?.name}`, [
              facts({ carries: edge.text }),
            ]);
          }
        },
        onFold: toggle,
      });
      stage.append(
        view.element,
        legend([
          ["input", "Input"],
          ...families.filter(([id]) => shown.some((n) => familyOf(n) === id)).map((
            [id, , title],
          ) => /** @type {[string, string]} */ ([id, title])),
          ["output", "Output"],
        ]),
      );
      view.draw(elements, list, places);
      return view;
    }

    const recurrent = data.nodes.filter((n) => n.recurrent);
    async function open(/** @type {string} */ next, layer = "", units = 12) {
      closing?.close();
      mode = next;
      for (const b of modes.querySelectorAll("button")) {
        b.setAttribute("aria-pressed", String(b.dataset.choice === mode));
      }
      stage.replaceChildren();
      try {
        closing = mode === "neurons"
          ? await openNeurons(stage, cards, units, (n) => open("neurons", "", n))
          : mode === "time"
          ? await openUnrolled(stage, cards, recurrent, layer || recurrent[0]?.id || "")
          : await layers();
      } catch (error) {
        stage.replaceChildren(notice(error instanceof Error ? error.message : String(error), "serious"));
      }
      root.dataset.ready = mode;
    }
    const modes = choices(
      "Drawn as",
      [
        ["layers", "Layers"],
        ...(data.neurons ? [/** @type {[string, string]} */ (["neurons", "Neurons"])] : []),
        ...(recurrent.length > 0 ? [/** @type {[string, string]} */ (["time", "Over time"])] : []),
      ],
      "layers",
      (to) => open(to),
    );
    const result = h("span", { class: "quiet", role: "status" });
    const find = h("input", {
      type: "search",
      placeholder: "Find a layer",
      "aria-label": "Find a layer",
      oninput: async () => {
        const words = /** @type {HTMLInputElement} */ (find).value.trim().toLowerCase();
        const hits = words === ""
          ? []
          : data.nodes.filter((n) => `${n.id} ${n.name} ${n.type}`.toLowerCase().includes(words));
        result.textContent = words === "" ? "" : hits.length === 0 ? "nothing found" : `${hits.length} found`;
        if (mode !== "layers") await open("layers");
        const cy = /** @type {any} */ (closing)?.cy;
        cy?.elements().removeClass("dim found");
        if (hits.length === 0 || !cy) return;
        cy.nodes().filter((/** @type {any} */ n) => !n.isParent()).addClass("dim");
        for (const hit of hits) cy.getElementById(seen(hit.id)).removeClass("dim").addClass("found");
      },
    });
    const index = h(
      "details",
      { class: "index" },
      h("summary", {}, `All ${data.nodes.length} as a list`),
      h(
        "ul",
        {},
        data.nodes.slice(0, 500).map((n) =>
          h(
            "li",
            { class: n.parent === undefined ? "" : "inner" },
            h("button", {
              type: "button",
              class: "link",
              onclick: () => show(n.id),
            }, n.name),
            ` ${n.type}${n.count > 0 ? `, ${count(n.count)} parameters` : ""}`,
          )
        ),
      ),
    );
    const fold = parents.size > 0 && parents.size <= 12 && h("button", {
      type: "button",
      onclick: () => {
        if (unfolded.size > 0) unfolded.clear();
        else for (const id of [...parents]) unfolded.add(id);
        open("layers");
      },
    }, "Fold or unfold all");
    root.append(
      h("div", { class: "toolbar" }, modes, h("label", { class: "field" }, find), result, fold),
      h("div", { class: "beside" }, h("div", { class: "main" }, stage, index), cards.element),
    );
    await open("layers");
    return { close: () => closing?.close() };
  },
};
