// @ts-check
/** Distributions: histograms of weights and gradients, over epochs as ridgelines, and what they mean. */
import { curveLibrary, Curves } from "./curves.js";
import { choices, h, notice } from "./dom.js";
import { drawHistogram, drawRidges } from "./draw.js";
import { get } from "./source.js";

const words = { good: "good", warning: "look", serious: "serious" };

/** @type {import("./main.js").View} */
export const distributions = {
  async open(root) {
    /** @type {import("../data.ts").DistributionsData} */
    const data = await get("distributions");
    const last = data.moments.at(-1)?.rows ?? [], layers = [...new Set(last.map((r) => r.layer))];
    const chosen = new Set(layers.slice(0, 8)), grid = h("div", { class: "grid" });
    let what = "now";
    const show = () => {
      const rows = last.filter((r) => chosen.has(r.layer));
      grid.className = what === "now" ? "grid" : "grid wide";
      grid.replaceChildren(...rows.map((r) => {
        const title = h("h3", {}, r.path);
        if (what === "now") {
          return h(
            "section",
            { class: "panel", "data-path": r.path },
            title,
            drawHistogram(r.weights, { label: "weights", colour: "weights" }),
            r.gradients ? drawHistogram(r.gradients, { label: "gradients", colour: "gradients" }) : "",
          );
        }
        const over = data.moments.flatMap(({ epoch, rows: all }) => {
          const found = all.find((o) => o.path === r.path);
          return found ? [{ title: epoch === null ? "now" : `${epoch + 1}`, row: found }] : [];
        });
        const slopes = over.flatMap((
          { title: t, row },
        ) => (row.gradients ? [{ title: t, histogram: row.gradients }] : []));
        return h(
          "section",
          { class: "panel", "data-path": r.path },
          title,
          drawRidges(over.map(({ title: t, row }) => ({ title: t, histogram: row.weights })), {
            label: "weights by epoch",
            colour: "weights",
          }),
          slopes.length > 1 ? drawRidges(slopes, { label: "gradients by epoch", colour: "gradients" }) : "",
        );
      }));
      if (rows.length === 0) grid.replaceChildren(notice("Choose a layer."));
    };
    root.append(
      h(
        "section",
        { "aria-label": "Findings", class: "view" },
        data.findings.map((f) =>
          h("p", { class: `notice ${f.level}` }, h("span", { class: "level" }, words[f.level]), f.text)
        ),
      ),
      h("p", { class: "quiet" }, data.source),
    );
    /** @type {Curves | undefined} */
    let curves;
    if (data.steps.length > 0) {
      await curveLibrary();
      const most = Math.max(...data.steps.map((r) => r.norms.length)),
        x = Array.from({ length: most }, (_, i) => i);
      const list = (/** @type {boolean} */ log) =>
        data.steps.map((r) => ({
          name: r.layer,
          values: x.map((i) => (log && r.norms[i] === 0 ? null : r.norms[i] ?? null)),
        }));
      const place = h("div", {});
      const draw = (/** @type {boolean} */ log) => {
        curves?.close();
        curves = new Curves("Norm of the gradient at every step of what the layer reads", x, list(log), {
          xLabel: "step",
          log,
        });
        place.replaceChildren(curves.element);
      };
      root.append(
        choices(
          "Scale",
          [["linear", "Linear"], ["log", "Logarithmic"]],
          "linear",
          (to) => draw(to === "log"),
        ),
        place,
      );
      draw(false);
    }
    const boxes = layers.map((layer) => {
      const box = /** @type {HTMLInputElement} */ (h("input", {
        type: "checkbox",
        checked: chosen.has(layer),
        onchange: () => {
          box.checked ? chosen.add(layer) : chosen.delete(layer);
          show();
        },
      }));
      return h("label", { class: "field" }, box, layer);
    });
    root.append(
      h("div", { class: "toolbar", role: "group", "aria-label": "Layers" }, boxes),
      data.moments.length > 1
        ? choices("Moments", [["now", "Now"], ["epochs", "Over epochs"]], "now", (to) => {
          what = to;
          show();
        })
        : "",
      grid,
    );
    show();
    return { close: () => curves?.close() };
  },
};
