// @ts-check
/** Activations: one input through every layer, filters, saliency, attention; the probabilities move while typing. */
import { h, notice, select } from "./dom.js";
import { drawBars, drawPicture } from "./draw.js";
import { number, percent, shape } from "./format.js";
import { inputForm } from "./feed.js";
import { ask, get, isLive } from "./source.js";

/** @param {import("../data.ts").ActivationRow} row */
function layerPanel(row) {
  const scale = row.kind === "images"
    ? Math.max(1, Math.floor(84 / Math.max(1, row.pictures[0]?.width ?? 1)))
    : 1;
  const low = Math.min(...row.pictures.map((p) => p.min)), high = Math.max(...row.pictures.map((p) => p.max));
  const drawn = row.pictures.map((p, i) =>
    drawPicture(p, {
      label: row.kind === "images" ? `${row.layer}, channel ${i}` : row.layer,
      scale,
      heat: true,
      class: row.kind === "steps" ? "map" : row.kind === "vector" ? "strip" : "",
    })
  );
  const told = {
    images: `${row.pictures.length} of ${row.shape.at(-1)} channels`,
    steps: "a column a step, a row a unit",
    vector: `${row.shape.at(-1)} units`,
  }[row.kind];
  return h(
    "section",
    { class: "panel", "data-layer": row.layer },
    h("h3", {}, row.layer),
    h(
      "p",
      { class: "quiet" },
      `${row.type} ${shape(row.shape)} · ${told} · ${
        row.pictures.length === 0 ? "" : `${number(low)} … ${number(high)}`
      }`,
    ),
    h("div", { class: row.kind === "images" ? "pictures" : "view" }, drawn),
    row.numbers && row.numbers.length <= 16
      ? h("p", { class: "quiet" }, row.numbers.map(number).join(", "))
      : "",
  );
}
/** @param {readonly (readonly [string, number])[]} tokens */
function tokenLine(tokens) {
  const most = Math.max(1e-12, ...tokens.map(([, v]) => v));
  return h(
    "p",
    { class: "tokens" },
    tokens.slice(0, 400).flatMap(([text, v]) => {
      const share = v / most, mark = h("span", { class: "token", title: `${text}: ${number(v)}` }, text);
      mark.style.background = `color-mix(in srgb, var(--heat-1) ${Math.round(70 * share)}%, transparent)`;
      mark.style.borderBottomColor = share > 0.5 ? "var(--focus)" : "transparent";
      return [mark, " "];
    }),
  );
}
/** @param {import("../data.ts").ActivationsData} data */
function panels(data) {
  const { input, saliency, filters, attention } = data;
  return [
    h(
      "div",
      { class: "grid" },
      input.picture
        ? h(
          "section",
          { class: "panel" },
          h("h3", {}, "Input"),
          drawPicture(input.picture, {
            label: "input",
            scale: Math.max(1, Math.floor(196 / input.picture.width)),
          }),
        )
        : "",
      saliency?.picture
        ? h(
          "section",
          { class: "panel" },
          h("h3", {}, "Saliency"),
          drawPicture(saliency.picture, {
            label: "saliency",
            scale: Math.max(1, Math.floor(196 / saliency.picture.width)),
            heat: true,
          }),
          h("p", { class: "quiet" }, "size of the gradient of the most probable class' score at each pixel"),
        )
        : "",
      filters.length > 0
        ? h(
          "section",
          { class: "panel" },
          h("h3", {}, `Filters of ${data.filtersOf}`),
          h(
            "div",
            { class: "pictures" },
            filters.map((p, i) =>
              drawPicture(p, { label: `filter ${i}`, scale: Math.max(4, Math.floor(36 / p.width)) })
            ),
          ),
        )
        : "",
    ),
    saliency?.tokens
      ? h(
        "section",
        { class: "panel" },
        h("h3", {}, "Saliency"),
        tokenLine(saliency.tokens),
        h(
          "p",
          { class: "quiet" },
          "norm of the gradient of the most probable class' score at each part of the input; darker is larger",
        ),
      )
      : "",
    ...attention.map((a) =>
      h(
        "section",
        { class: "panel" },
        h("h3", {}, `Attention of ${a.layer}`),
        h("p", { class: "quiet" }, "a row a query, a column a key, 0 to 1"),
        h(
          "div",
          { class: "pictures" },
          a.heads.map((p, i) =>
            drawPicture(p, { label: `head ${i}`, scale: Math.max(1, Math.floor(160 / p.width)), heat: true })
          ),
        ),
      )
    ),
    h("h3", {}, "Every layer's output"),
    h("div", { class: "grid" }, data.layers.map(layerPanel)),
  ];
}

/** @type {import("./main.js").View} */
export const activations = {
  async open(root) {
    /** @type {import("../data.ts").ActivationsStart} */
    const start = await get("activations");
    const first = start.samples[0];
    if (!first) {
      root.append(notice("There is no sample to show."));
      return;
    }
    const scores = h("div", {}),
      rest = h("div", { class: "view" }),
      status = h("p", { class: "quiet", role: "status" });
    /** @param {import("../data.ts").ActivationsData} data */
    const show = (data) => {
      const likely = data.scoresAre === "probabilities";
      scores.replaceChildren(
        h("h3", {}, likely ? "Probabilities" : "Output"),
        drawBars(
          "Scores",
          data.scores.map((r) => ({
            label: r.label,
            value: r.value,
            text: likely ? percent(r.value) : number(r.value),
          })),
        ),
      );
      scores.dataset.best =
        data.scores.reduce((a, b) => (b.value > a.value ? b : a), { label: "", value: -Infinity })
          .label;
      scores.dataset.scores = JSON.stringify(data.scores.map((r) => r.value));
      rest.replaceChildren(...panels(data));
    };
    let turn = 0;
    const feed = async (/** @type {Record<string, unknown>} */ options) => {
      const mine = ++turn;
      try {
        const data = await ask("activate", options);
        if (mine !== turn) return;
        status.textContent = "";
        show(data);
      } catch (error) {
        if (mine === turn) status.textContent = error instanceof Error ? error.message : String(error);
      }
    };
    const samples = start.samples.length > 1 &&
      select("Sample", start.samples.map((one, i) => [String(i), one.title]), "0", (i) => {
        turn++;
        const one = start.samples[Number(i)];
        if (!one) return;
        show(one.data);
        const box = root.querySelector("textarea");
        if (box && one.data.input.text !== undefined) box.value = one.data.input.text;
      });
    root.append(
      h(
        "div",
        { class: "grid wide" },
        h(
          "section",
          { class: "panel" },
          h("h3", {}, "Feed"),
          samples,
          isLive
            ? inputForm(first.data.form, first.data.input, feed)
            : h("p", { class: "quiet" }, first.data.input.text ?? "samples given when the report was made"),
          status,
        ),
        h("section", { class: "panel" }, scores),
      ),
      rest,
    );
    show(first.data);
  },
};
