import { deepStrictEqual, match, ok, strictEqual, throws } from "node:assert/strict";
import { tensor } from "../../mod.ts";
import {
  curvesText,
  histogram,
  historyText,
  plotCurves,
  plotDistributions,
  plotHistory,
} from "../../plugins/plots/mod.ts";
import { linearAxis, logAxis, tickText } from "./scale.ts";

const history = {
  epoch: [0, 1, 2],
  history: { loss: [1, 0.5, 0.25], valLoss: [1.1, 0.8, 0.7], accuracy: [0.2, 0.6, 0.9] },
};

/** Every tag is closed by its own name, and every attribute is quoted: what an XML reader asks for first. */
function wellFormed(svg: string): void {
  const open: string[] = [];
  for (
    const [, close, name, attributes = "", alone] of svg.matchAll(
      /<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g,
    )
  ) {
    ok(!attributes.includes("NaN"), attributes);
    if (close) strictEqual(open.pop(), name);
    else if (!alone) open.push(name ?? "");
  }
  deepStrictEqual(open, []);
  strictEqual(
    (svg.match(/</g) ?? []).length,
    [...svg.matchAll(/<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g)].length,
  );
}

Deno.test("a history has a panel for every number: training solid, validation dashed, in one legend", () => {
  const svg = plotHistory(history, { title: "a < b & c" });
  wellFormed(svg);
  match(svg, /a &lt; b &amp; c: loss/);
  const lines = [...svg.matchAll(/<path class="(line [^"]*)" d="(M[^"]*)"/g)].map(([, kind, d]) => ({
    kind,
    points: (d?.match(/[ML]/g) ?? []).length,
  }));
  deepStrictEqual(lines.filter(({ points }) => points === 3).map(({ kind }) => kind), [
    "line c0",
    "line c1 dash",
    "line c0",
  ]);
  strictEqual((svg.match(/>validation</g) ?? []).length, 1);
  match(svg, /prefers-color-scheme:dark/);
  match(svg, /max-width:100%/);
  throws(() => plotHistory({ epoch: [], history: {} }), /the history has no epochs/);
});

Deno.test("validation every second epoch stands at the epochs it belongs to", () => {
  const svg = plotHistory({ epoch: [0, 1, 2, 3], history: { loss: [4, 3, 2, 1], valLoss: [3, 1] } });
  const [training, validation] = [...svg.matchAll(/<path class="line [^"]*" d="(M[^"h]*)"/g)].map(([, d]) =>
    (d ?? "").slice(1).split("L").map((p) => p.split(" ").map(Number))
  );
  deepStrictEqual(validation, [training?.[1], training?.[3]]);
});

Deno.test("a number that isn't finite leaves a gap; a log axis leaves out what isn't above 0", () => {
  const svg = plotCurves([{ name: "norm", values: [1, 0.1, NaN, 0.001, 0, 1e-6] }], { log: true });
  wellFormed(svg);
  match(svg, /<circle [^>]*r="2"\/>/);
  match(svg, />1e-6</);
  throws(() => plotCurves([{ name: "none", values: [] }]), /there are no values/);
});

Deno.test("histograms count as numpy's, with mean and standard deviation", () => {
  const { counts, edges, mean, deviation, odd } = histogram([
    0,
    0.1,
    0.25,
    0.5,
    0.5,
    0.75,
    1,
    -1,
    0.3,
    0.9999,
    NaN,
  ], 8);
  deepStrictEqual(counts, [1, 0, 0, 0, 2, 2, 2, 3]);
  deepStrictEqual(edges, [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1]);
  ok(Math.abs(mean - 0.33999) < 1e-12 && Math.abs(deviation - 0.5539736463948443) < 1e-12);
  strictEqual(odd, 1);
  // Values on edges that doubles can't hold: numpy 2.4 puts arange(0, 1.0001, 0.1) into ten parts like this.
  deepStrictEqual(histogram(Array.from({ length: 11 }, (_, i) => i * 0.1), 10).counts, numpyTenths);
  deepStrictEqual(histogram([5, 5], 2).edges, [4.5, 5, 5.5]);
});
const numpyTenths = [1, 1, 1, 1, 1, 1, 1, 1, 1, 2];

Deno.test("distributions have a panel of 30 bins for every chosen weight", () => {
  const kernel = tensor(Float32Array.from({ length: 300 }, (_, i) => i), [300]);
  const svg = plotDistributions({ "dense/kernel": kernel, "dense/bias": tensor([0]) }, { only: "kernel" });
  wellFormed(svg);
  strictEqual((svg.match(/class="bar f0"/g) ?? []).length, 30);
  match(svg, /mean 149\.5, sd 86\.6/);
  throws(() => plotDistributions({ a: tensor([0]) }, { only: "b" }), /nothing named b; there are a/);
});

Deno.test("curves as text keep to their width, mark training and validation, and name their ends", () => {
  const text = historyText(history, { width: 40, height: 6 });
  ok(text.split("\n").every((line) => line.length <= 40), text);
  match(text, /^loss {3}● training {3}○ validation/);
  match(text, /1 +epoch 3$/m);
  match(curvesText("one", [{ name: "x", values: [2] }]), /●/);
  match(
    curvesText("even", [{ name: "x", values: [1, 1, 1] }, { name: "y", values: [1, 1, 1], dashed: true }]),
    /◉/,
  );
});

Deno.test("axes have round ticks that hold the data", () => {
  deepStrictEqual(linearAxis([0.13, 0.97], 5).ticks.map(tickText), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
  deepStrictEqual(linearAxis([1, 20], 8, true).ticks.map(tickText), [
    "0",
    "2",
    "4",
    "6",
    "8",
    "10",
    "12",
    "14",
    "16",
    "18",
    "20",
  ]);
  const flat = linearAxis([3, 3], 4);
  ok(flat.min < 3 && flat.max > 3);
  deepStrictEqual(logAxis([2e-5, 0.3]).ticks.map(tickText), ["1e-5", "1e-4", "0.001", "0.01", "0.1", "1"]);
  deepStrictEqual([0, 1234567, 15000, -0.00012].map(tickText), ["0", "1.23e6", "15k", "-1.2e-4"]);
});
