// @ts-check
/** Training: curves of losses and metrics, per epoch and per step, several runs side by side; live ones steered. */
import { curveLibrary, Curves } from "./curves.js";
import { choices, h, notice, tableOf } from "./dom.js";
import { count, number, time } from "./format.js";
import { ask, forget, get, isLive, listen } from "./source.js";

/** @typedef {import("../data.ts").RunData} Run */

/**
 * Curves of a number and of its validation, over all runs: training solid, validation dashed.
 * @param {readonly Run[]} runs
 * @param {string} name
 */
function epochLines(runs, name) {
  const valued = `val${name[0]?.toUpperCase()}${name.slice(1)}`, old = `val_${name}`;
  const x = [...new Set(runs.flatMap((r) => r.epoch.map((e) => e + 1)))].sort((a, b) => a - b);
  const lines = runs.flatMap((run, i) => {
    const along = (/** @type {readonly (number | null)[]} */ values) =>
      x.map((e) => values[run.epoch.indexOf(e - 1)] ?? null);
    const prefix = runs.length > 1 ? `${run.name} ` : "";
    const training = run.history[name], validation = run.history[valued] ?? run.history[old];
    return [
      ...(training ? [{ name: `${prefix}${name}`, values: along(training), colour: i }] : []),
      ...(validation
        ? [{
          name: `${prefix}${run.history[valued] ? valued : old}`,
          values: along(validation),
          colour: runs.length > 1 ? i : 1,
          dashed: true,
        }]
        : []),
    ];
  });
  return { x, lines };
}
/** @param {readonly Run[]} runs */
function names(runs) {
  return [...new Set(runs.flatMap((r) => Object.keys(r.history)))].filter((n) =>
    !/^val([A-Z_])/.test(n) && !/^(learningRate|learning_rate|lr)$/.test(n)
  );
}

/** @type {import("./main.js").View} */
export const training = {
  async open(root) {
    await curveLibrary();
    forget("training");
    /** @type {import("../data.ts").RunsData} */
    let data = await get("training");
    /** @type {Map<string, Curves>} */
    const curves = new Map();
    const place = h("div", { class: "grid wide" }),
      stats = h("dl", { class: "stats", "aria-live": "off" }),
      ended = h("div", {}),
      table = h("div", {});
    let per = "epochs";
    const put = (
      /** @type {string} */ id,
      /** @type {string} */ title,
      /** @type {readonly number[]} */ x,
      /** @type {any[]} */ lines,
      /** @type {any} */ options = {},
    ) => {
      const known = curves.get(id);
      if (known) return known.set(x, lines);
      const made = new Curves(title, x, lines, options);
      curves.set(id, made);
      place.append(made.element);
    };
    const show = () => {
      const { runs } = data;
      if (per === "steps" && runs.some((r) => r.batches)) {
        for (const name of [...new Set(runs.flatMap((r) => Object.keys(r.batches ?? {})))]) {
          const most = Math.max(...runs.map((r) => r.batches?.[name]?.length ?? 0)),
            x = Array.from({ length: most }, (_, i) => i + 1);
          put(
            `step:${name}`,
            `${name}, step by step`,
            x,
            runs.map((r, i) => ({
              name: runs.length > 1 ? r.name : name,
              values: x.map((_, at) => r.batches?.[name]?.[at] ?? null),
              colour: i,
            })),
            { xLabel: "step" },
          );
        }
      } else {
        for (const name of names(runs)) {
          const { x, lines } = epochLines(runs, name);
          put(name, name, x, lines);
        }
      }
      const rates = runs.filter((r) => r.rate);
      if (rates.length > 0) {
        const x = [...new Set(rates.flatMap((r) => r.epoch.map((e) => e + 1)))].sort((a, b) => a - b);
        put(
          "rate",
          "learning rate",
          x,
          rates.map((r, i) => ({
            name: rates.length > 1 ? r.name : "learning rate",
            values: x.map((e) => r.rate?.[r.epoch.indexOf(e - 1)] ?? null),
            colour: i,
          })),
        );
      }
      const normed = runs.find((r) => r.gradientNorms && Object.keys(r.gradientNorms).length > 0);
      if (normed?.gradientNorms) {
        const entries = Object.entries(normed.gradientNorms),
          x = Array.from({ length: Math.max(...entries.map(([, v]) => v.length)) }, (_, i) => i + 1);
        put(
          "norms",
          "gradient norms by weight",
          x,
          entries.slice(0, 12).map(([name, values]) => ({
            name,
            values: x.map((_, i) => values[i] ?? null),
          })),
          { log: entries.every(([, v]) => v.every((n) => n > 0)) },
        );
      }
      const finals = runs.map((r) => [
        r.name,
        String(r.epochs),
        ...names(runs).flatMap((n) => {
          const valued = r.history[`val${n[0]?.toUpperCase()}${n.slice(1)}`] ?? r.history[`val_${n}`];
          return [number(r.history[n]?.at(-1)), number(valued?.at(-1))];
        }),
      ]);
      table.replaceChildren(
        runs.length > 0 && names(runs).length > 0
          ? tableOf(
            "Runs at their end",
            ["run", "epochs", ...names(runs).flatMap((n) => [n, `validation ${n}`])],
            finals,
            finals[0]?.map((_, i) => i).slice(1) ?? [],
          )
          : notice("No epoch has ended yet."),
      );
    };
    /** @type {(() => void)[]} */
    const stop = [];
    if (data.live && isLive) {
      const say = async (/** @type {string} */ action) => {
        try {
          const told = await ask("steer", { action });
          status.textContent = told.text;
          pause.textContent = told.paused ? "Go on" : "Pause";
          pause.dataset.action = told.paused ? "resume" : "pause";
        } catch (error) {
          status.textContent = error instanceof Error ? error.message : String(error);
        }
      };
      const status = h("span", { class: "quiet", role: "status" });
      const pause = h("button", {
        type: "button",
        "data-action": "pause",
        onclick: () => say(pause.dataset.action ?? "pause"),
      }, "Pause");
      const bar = h("progress", { max: 1, value: 0, "aria-label": "Share of the training that is done" });
      root.append(
        h(
          "div",
          { class: "toolbar" },
          pause,
          h("button", { type: "button", onclick: () => say("save") }, "Save"),
          h("button", { type: "button", onclick: () => say("stop") }, "Stop"),
          status,
        ),
        h("section", { class: "panel", "aria-label": "Progress" }, bar, stats),
      );
      /** @type {ReturnType<typeof setTimeout> | undefined} */
      let waiting;
      let drawn = 0;
      const refresh = () => {
        clearTimeout(waiting);
        waiting = setTimeout(async () => {
          drawn = Date.now();
          data = await ask("training");
          show();
        }, Math.max(0, 500 - (Date.now() - drawn)));
      };
      stop.push(
        listen({
          progress: (p) => {
            /** @type {HTMLProgressElement} */ (bar).value = p.share ?? 0;
            stats.replaceChildren(
              ...Object.entries({
                epoch: `${p.epoch} of ${p.epochs}`,
                step: p.steps ? `${p.step} of ${p.steps}` : `${p.step}`,
                loss: number(p.loss),
                rate: number(p.rate),
                "samples/s": count(p.samplesPerSecond),
                left: p.left === null ? "–" : time(p.left * 1000),
              }).map(([k, v]) => h("div", {}, h("dt", {}, k), h("dd", { "data-stat": k }, v))),
            );
            refresh();
          },
          epoch: refresh,
          end: (p) => {
            status.textContent = p.text;
            pause.setAttribute("disabled", "");
            refresh();
          },
        }),
        () => clearTimeout(waiting),
      );
    }
    const some = data.runs.some((r) => r.batches) || data.live;
    root.append(
      some
        ? choices("Curves per", [["epochs", "Epoch"], ["steps", "Step"]], "epochs", (to) => {
          per = to;
          for (const c of curves.values()) c.close();
          curves.clear();
          place.replaceChildren();
          show();
        })
        : "",
      h(
        "p",
        { class: "quiet" },
        "Training solid, validation dashed. Drag to zoom, double click to see all, Shift and drag to pan.",
      ),
      place,
      table,
      ended,
    );
    show();
    return {
      close: () => {
        for (const end of stop) end();
        for (const c of curves.values()) c.close();
      },
    };
  },
};
