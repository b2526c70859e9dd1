// @ts-check
/** An interactive graph: cytoscape draws it on a canvas, elkjs lays it out. */
import { h } from "./dom.js";
import { colour } from "./draw.js";
import { library, script } from "./source.js";

/** Loads what graphs are drawn with. */
export async function graphLibraries() {
  await Promise.all([script("lib/cytoscape.js"), script("lib/elk.js")]);
}

/** @type {any} */
let elk;
/**
 * Places of nodes by id, of their middles; nodes that hold others are sized by them.
 * @param {readonly { id: string, width: number, height: number, parent?: string }[]} nodes
 * @param {readonly { id: string, source: string, target: string }[]} edges
 * @param {"RIGHT" | "DOWN"} direction
 * @returns {Promise<Map<string, { x: number, y: number }>>}
 */
export async function layOut(nodes, edges, direction) {
  elk ??= new (library("ELK"))();
  /** @type {Map<string, any>} */
  const made = new Map(
    nodes.map((n) => [n.id, { id: n.id, width: n.width, height: n.height, children: [], layoutOptions: {} }]),
  );
  const top = [];
  for (const { id, parent } of nodes) {
    const own = made.get(id), above = parent === undefined ? undefined : made.get(parent);
    if (above) {
      above.children.push(own);
      above.layoutOptions = { "elk.padding": "[top=34,left=14,bottom=14,right=14]" };
    } else top.push(own);
  }
  const laid = await elk.layout({
    id: "root",
    layoutOptions: {
      "elk.algorithm": "layered",
      "elk.direction": direction,
      "elk.hierarchyHandling": "INCLUDE_CHILDREN",
      "elk.layered.spacing.nodeNodeBetweenLayers": "46",
      "elk.spacing.nodeNode": "26",
      "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
    },
    children: top,
    edges: edges.map((e) => ({ id: e.id, sources: [e.source], targets: [e.target] })),
  });
  const places = new Map();
  const walk = (/** @type {any} */ node, /** @type {number} */ x, /** @type {number} */ y) => {
    for (const child of node.children ?? []) {
      const left = x + child.x, above = y + child.y;
      places.set(child.id, { x: left + child.width / 2, y: above + child.height / 2 });
      walk(child, left, above);
    }
  };
  walk(laid, 0, 0);
  return places;
}

/** Styles that every graph shares. */
function baseStyle() {
  const text = colour("text"), font = "system-ui, sans-serif";
  return [
    {
      selector: "node",
      style: {
        label: "data(label)",
        color: text,
        "font-family": font,
        "font-size": 13,
        "line-height": 1.25,
        "text-valign": "center",
        "text-halign": "center",
        "text-wrap": "wrap",
        "text-max-width": "data(textWidth)",
        width: "data(width)",
        height: "data(height)",
        shape: "data(shape)",
        "background-color": "data(fill)",
        "border-width": 1.5,
        "border-color": "data(line)",
      },
    },
    {
      selector: ":parent",
      style: {
        "text-valign": "top",
        "text-margin-y": -4,
        padding: 12,
        "background-opacity": 0.35,
        shape: "round-rectangle",
        "font-weight": 600,
      },
    },
    {
      selector: "edge",
      style: {
        width: "data(width)",
        "line-color": "data(line)",
        "line-style": "data(dash)",
        "target-arrow-color": "data(line)",
        "target-arrow-shape": "data(arrow)",
        "arrow-scale": 0.9,
        "curve-style": "data(curve)",
        opacity: "data(opacity)",
      },
    },
    { selector: "node:selected", style: { "border-width": 4, "border-color": colour("focus") } },
    {
      selector: "edge:selected",
      style: {
        opacity: 1,
        "z-index": 9,
        "overlay-color": colour("focus"),
        "overlay-opacity": 0.28,
        "overlay-padding": 5,
      },
    },
    { selector: ".dim", style: { opacity: 0.18 } },
    { selector: ".found", style: { "border-width": 4, "border-color": colour("focus") } },
  ];
}

/** A graph in its frame, with zoom buttons and the keyboard. */
export class GraphView {
  /**
   * @param {string} label
   * @param {{ onNode: (id: string) => void, onEdge?: (id: string) => void, onFold?: (id: string) => void }} handlers
   */
  constructor(label, handlers) {
    this.handlers = handlers;
    this.canvas = h("div", {
      class: "graph-canvas",
      tabindex: 0,
      role: "application",
      "aria-label":
        `${label}. Arrow keys go from node to node, Enter opens the card, plus and minus zoom, 0 fits.`,
      onkeydown: (/** @type {KeyboardEvent} */ e) => this.key(e),
    });
    const button = (
      /** @type {string} */ text,
      /** @type {string} */ name,
      /** @type {() => void} */ onclick,
    ) => h("button", { type: "button", class: "icon", "aria-label": name, title: name, onclick }, text);
    this.element = h(
      "div",
      { class: "graph" },
      this.canvas,
      h(
        "div",
        { class: "zoom" },
        button("+", "Zoom in", () => this.zoom(1.3)),
        button("−", "Zoom out", () => this.zoom(1 / 1.3)),
        button("⤢", "Fit", () => this.fit()),
      ),
    );
    /** @type {any} */
    this.cy = undefined;
    /** The smallest zoom at which texts are still read. */
    this.least = 0.55;
    this.resize = new ResizeObserver(() => this.cy?.resize());
    this.resize.observe(this.canvas);
  }
  /**
   * Draws elements at given places.
   * @param {readonly Record<string, any>[]} nodes
   * @param {readonly Record<string, any>[]} edges
   * @param {ReadonlyMap<string, { x: number, y: number }>} places
   */
  draw(nodes, edges, places) {
    this.cy?.destroy();
    const parents = new Set(nodes.map((n) => n.parent));
    this.cy = library("cytoscape")({
      container: this.canvas,
      elements: [
        ...nodes.map((n) => ({
          group: "nodes",
          data: { textWidth: n.width - 10, shape: "round-rectangle", ...n },
          ...(parents.has(n.id) ? {} : { position: { ...places.get(n.id) } }),
        })),
        ...edges.map((e) => ({
          group: "edges",
          data: {
            width: 1.5,
            dash: "solid",
            arrow: "triangle",
            curve: "bezier",
            opacity: 1,
            line: colour("edge"),
            ...e,
          },
        })),
      ],
      style: baseStyle(),
      layout: { name: "preset", fit: true, padding: 24 },
      minZoom: 0.05,
      maxZoom: 6,
      autoungrabify: true,
      boxSelectionEnabled: false,
    });
    this.cy.on("tap", "node", (/** @type {any} */ e) => this.handlers.onNode(e.target.id()));
    this.cy.on("tap", "edge", (/** @type {any} */ e) => this.handlers.onEdge?.(e.target.id()));
    this.cy.on("dbltap", "node", (/** @type {any} */ e) => this.handlers.onFold?.(e.target.id()));
    this.size();
    this.fit();
  }
  /** Shows all of it; of what would be too small to read, the beginning. */
  fit() {
    if (!this.cy) return;
    this.cy.fit(undefined, 24);
    const zoom = this.cy.zoom(), box = this.cy.elements().boundingBox();
    if (zoom > 1.4) {
      this.cy.zoom(1.4);
      this.cy.center();
    } else if (zoom < this.least) {
      this.cy.zoom(this.least);
      const wide = box.w * this.least > this.cy.width(), tall = box.h * this.least > this.cy.height();
      this.cy.center();
      const pan = this.cy.pan(), leaves = this.cy.nodes().filter((/** @type {any} */ n) => !n.isParent());
      const axis = wide ? "x" : "y", first = leaves.min((/** @type {any} */ n) => n.position(axis)).ele;
      const { x, y } = first.position();
      this.cy.pan({
        x: wide ? 90 - x * this.least : pan.x,
        y: wide ? (tall ? this.cy.height() / 2 - y * this.least : pan.y) : 50 - y * this.least,
      });
    }
  }
  /** Gives the frame the height that the graph takes, within bounds. */
  size() {
    const box = this.cy.elements().boundingBox(), width = this.canvas.clientWidth || 1;
    const zoom = Math.max(this.least, Math.min(1.4, (width - 48) / (box.w || 1)));
    const most = Math.max(420, Math.min(1400, innerHeight * 0.68));
    this.canvas.style.height = `${Math.max(240, Math.min(most, box.h * zoom + 110))}px`;
    this.cy.resize();
  }
  /** @param {number} by */
  zoom(by) {
    if (!this.cy) return;
    this.cy.zoom({
      level: this.cy.zoom() * by,
      renderedPosition: { x: this.cy.width() / 2, y: this.cy.height() / 2 },
    });
  }
  /** @param {string} id */
  choose(id) {
    if (!this.cy) return;
    this.cy.$(":selected").unselect();
    const node = this.cy.getElementById(id);
    node.select();
    if (node.length > 0) {
      const box = node.renderedBoundingBox(), { x1, y1, x2, y2 } = box;
      if (x1 < 0 || y1 < 0 || x2 > this.cy.width() || y2 > this.cy.height()) this.cy.center(node);
    }
  }
  /** @param {KeyboardEvent} e */
  key(e) {
    if (!this.cy) return;
    const chosen = this.cy.$("node:selected").first();
    const go = (/** @type {any} */ next) => next.length > 0 && this.choose(next.first().id());
    const beside = (/** @type {number} */ by) => {
      const list = this.cy.nodes().filter((/** @type {any} */ n) => !n.isParent()).sort((
        /** @type {any} */ a,
        /** @type {any} */ b,
      ) => a.position("x") - b.position("x") || a.position("y") - b.position("y"));
      const at = list.toArray().findIndex((/** @type {any} */ n) => n.id() === chosen.id());
      const next = list[(at + by + list.length) % list.length];
      if (next) this.choose(next.id());
    };
    const pan = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[e.key];
    if (e.shiftKey && pan) this.cy.panBy({ x: pan[0], y: pan[1] });
    else if (e.key === "ArrowRight") {
      chosen.length > 0 && chosen.outgoers("node").length > 0 ? go(chosen.outgoers("node")) : beside(1);
    } else if (e.key === "ArrowLeft") {
      chosen.length > 0 && chosen.incomers("node").length > 0 ? go(chosen.incomers("node")) : beside(-1);
    } else if (e.key === "ArrowDown") beside(1);
    else if (e.key === "ArrowUp") beside(-1);
    else if (e.key === "Enter" && chosen.length > 0) this.handlers.onNode(chosen.id());
    else if (e.key === " " && chosen.length > 0) this.handlers.onFold?.(chosen.id());
    else if (e.key === "+" || e.key === "=") this.zoom(1.3);
    else if (e.key === "-") this.zoom(1 / 1.3);
    else if (e.key === "0") this.fit();
    else return;
    e.preventDefault();
  }
  close() {
    this.resize.disconnect();
    this.cy?.destroy();
  }
}

/** @param {readonly (readonly [string, string, string?])[]} entries */
export function legend(entries, extra = /** @type {Node[]} */ ([])) {
  return h(
    "ul",
    { class: "legend", "aria-label": "Legend" },
    entries.map(([key, title, form = ""]) =>
      h("li", {}, h("span", { class: `swatch fill-${key} ${form}`, "aria-hidden": "true" }), title)
    ),
    extra,
  );
}
