// @ts-check
/** Confusion and mistakes: a cell of the matrix shows its samples. */
import { h } from "./dom.js";
import { drawPicture } from "./draw.js";
import { number, percent } from "./format.js";
import { get } from "./source.js";

/** @type {import("./main.js").View} */
export const confusion = {
  async open(root) {
    /** @type {import("../data.ts").ConfusionData} */
    const data = await get("confusion");
    const { labels, matrix, cells } = data,
      most = Math.max(1, ...matrix.flatMap((row, t) => row.filter((_, p) => p !== t)));
    const list = h("ul", { class: "samples" }), title = h("h3", { tabindex: -1 }, "Samples");
    /** @type {HTMLElement | undefined} */
    let pressed;
    const open = (/** @type {number} */ t, /** @type {number} */ p, /** @type {HTMLElement} */ button) => {
      pressed?.setAttribute("aria-pressed", "false");
      button.setAttribute("aria-pressed", "true");
      pressed = button;
      const found = cells[`${t},${p}`] ?? [], n = matrix[t]?.[p] ?? 0;
      title.textContent = t === p
        ? `${labels[t]}, rightly: ${n} samples`
        : `${labels[t]}, taken for ${labels[p]}: ${n} samples`;
      list.replaceChildren(
        ...found.map((c) =>
          h(
            "li",
            { "data-row": c.row },
            c.picture
              ? drawPicture(c.picture, {
                label: `sample ${c.row}`,
                scale: Math.max(1, Math.floor(112 / c.picture.width)),
              })
              : "",
            c.text ? h("span", {}, c.text) : "",
            c.numbers && !c.picture ? h("code", {}, c.numbers.map(number).join(", ")) : "",
            h(
              "span",
              { class: "quiet" },
              `row ${c.row} · true ${c.truth} · predicted ${c.predicted} ${percent(c.confidence)}`,
            ),
          )
        ),
      );
      if (n > found.length) {
        list.append(
          h("li", { class: "quiet" }, `${n - found.length} more; the most confident ones are shown`),
        );
      }
    };
    const buttons = matrix.map((row, t) =>
      row.map((n, p) => {
        const button = h("button", {
          type: "button",
          "aria-pressed": "false",
          "aria-label": `true ${labels[t]}, predicted ${labels[p]}: ${n}`,
          "data-cell": `${t},${p}`,
          onclick: () => open(t, p, button),
        }, String(n));
        if (t !== p && n > 0) {
          button.style.background = `color-mix(in srgb, var(--negative) ${
            Math.round(12 + (70 * n) / most)
          }%, transparent)`;
        }
        return button;
      })
    );
    root.append(
      h(
        "dl",
        { class: "stats" },
        [["samples", String(data.rows)], ["accuracy", data.accuracy.toFixed(4)], [
          "macro F1",
          data.macroF1.toFixed(4),
        ], ["mistakes", String(data.rows - matrix.reduce((n, row, t) => n + (row[t] ?? 0), 0))]].map((
          [k, v],
        ) => h("div", {}, h("dt", {}, k), h("dd", { "data-stat": k }, v))),
      ),
      h(
        "section",
        { class: "panel" },
        h("h3", {}, "Rows by true class, columns by predicted class"),
        h(
          "div",
          { class: "scroll", tabindex: 0, role: "region", "aria-label": "Confusion matrix" },
          h(
            "table",
            { class: "confusion" },
            h(
              "thead",
              {},
              h(
                "tr",
                {},
                h("td", {}, h("span", { class: "hidden" }, "true class")),
                labels.map((l) => h("th", { scope: "col" }, l)),
              ),
            ),
            h(
              "tbody",
              {},
              buttons.map((row, t) =>
                h(
                  "tr",
                  {},
                  h("th", { scope: "row" }, labels[t] ?? ""),
                  row.map((b, p) => h("td", { class: t === p ? "right" : "" }, b)),
                )
              ),
            ),
          ),
        ),
      ),
      h("section", { class: "panel", "aria-live": "polite" }, title, list),
    );
    // The most frequent mistake is open at first.
    let worst = [0, 0], count = -1;
    matrix.forEach((row, t) =>
      row.forEach((n, p) => {
        if (t !== p && n > count) [worst, count] = [[t, p], n];
      })
    );
    const [t = 0, p = 0] = worst, first = buttons[t]?.[p];
    if (first) open(t, p, first);
  },
};
