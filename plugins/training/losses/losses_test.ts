/** Every loss: values by the formulas of Keras' reference pages, gradients by central differences in float64. @module */
import { deepEqual, equal, ok } from "node:assert/strict";
import { type Tensor, tensor } from "../../../mod.ts";
import {
  binaryCrossentropy,
  binaryFocalCrossentropy,
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  categoricalHinge,
  cosineSimilarity,
  hinge,
  huber,
  klDivergence,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  poisson,
  sparseCategoricalCrossentropy,
  squaredHinge,
} from "../../../public/losses.ts";
import { lossGradients, lossValues } from "../../../tests/support/losses.ts";
import type { LossDef, Part } from "../../../public/plugins.ts";

const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;
const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
const { abs, log, exp, max } = Math;

interface Sample {
  readonly loss: Part<LossDef>;
  readonly y: readonly (readonly number[])[];
  readonly p: readonly (readonly number[])[];
  /** The loss of one sample. */
  of(y: readonly number[], p: readonly number[]): number;
}
const pairs = (f: (y: number, p: number) => number) => (y: readonly number[], p: readonly number[]) =>
  mean(y.map((v, i) => f(v, p[i] ?? 0)));
const numbers = { y: [[1.5, -2, 0.25], [3, 1, 0.5]], p: [[1, -1.5, 2], [0.5, 1.25, 0.75]] };
const positive = { y: [[1.5, 2, 0.25], [3, 1, 0.5]], p: [[1, 1.5, 2], [0.5, 1.25, 0.75]] };
const shares = { y: [[0, 1, 0], [0.2, 0.5, 0.3]], p: [[0.2, 0.7, 0.1], [0.3, 0.3, 0.4]] };
const binary = { y: [[1, 0], [0, 1]], p: [[0.8, 0.3], [0.4, 0.6]] };
const scores = { y: [[0, 1, 0], [1, 0, 0]], p: [[0.5, 2, -1], [0.1, -0.4, 3]] };
const softmax = (x: readonly number[]) => x.map((v) => exp(v) / sum(x.map(exp)));
const bce = (y: number, p: number) => -y * log(p) - (1 - y) * log(1 - p);
const entropy = (y: readonly number[], p: readonly number[]) =>
  -sum(y.map((v, i) => (v === 0 ? 0 : v * log(p[i] ?? 0))));

const samples: Readonly<Record<string, Sample>> = {
  meanSquaredError: { loss: meanSquaredError(), ...numbers, of: pairs((y, p) => (y - p) ** 2) },
  meanAbsoluteError: { loss: meanAbsoluteError(), ...numbers, of: pairs((y, p) => abs(y - p)) },
  meanAbsolutePercentageError: {
    loss: meanAbsolutePercentageError(),
    ...numbers,
    of: pairs((y, p) => (100 * abs(y - p)) / abs(y)),
  },
  meanSquaredLogarithmicError: {
    loss: meanSquaredLogarithmicError(),
    ...positive,
    of: pairs((y, p) => (log(1 + y) - log(1 + p)) ** 2),
  },
  logCosh: { loss: logCosh(), ...numbers, of: pairs((y, p) => log(Math.cosh(p - y))) },
  huber: {
    loss: huber({ delta: 0.6 }),
    ...numbers,
    of: pairs((y, p) => (abs(y - p) <= 0.6 ? (y - p) ** 2 / 2 : 0.6 * abs(y - p) - 0.18)),
  },
  hinge: {
    loss: hinge(),
    ...binary,
    of: pairs((y, p) => max(0, 1 - (2 * y - 1) * p)),
  },
  squaredHinge: {
    loss: squaredHinge(),
    y: [[-1, 1], [1, -1]],
    p: binary.p,
    of: pairs((y, p) => max(0, 1 - y * p) ** 2),
  },
  categoricalHinge: {
    loss: categoricalHinge(),
    ...scores,
    of: (y, p) =>
      max(0, 1 + Math.max(...y.map((v, i) => (1 - v) * (p[i] ?? 0))) - sum(y.map((v, i) => v * (p[i] ?? 0)))),
  },
  klDivergence: {
    loss: klDivergence(),
    ...shares,
    of: (y, p) => sum(y.map((v, i) => max(v, 1e-7) * log(max(v, 1e-7) / (p[i] ?? 0)))),
  },
  poisson: { loss: poisson(), ...positive, of: pairs((y, p) => p - y * log(p + 1e-7)) },
  cosineSimilarity: {
    loss: cosineSimilarity(),
    ...numbers,
    of: (y, p) => -sum(y.map((v, i) => v * (p[i] ?? 0))) / (Math.hypot(...y) * Math.hypot(...p)),
  },
  binaryCrossentropy: { loss: binaryCrossentropy(), ...binary, of: pairs(bce) },
  "binaryCrossentropy of smoothed logits": {
    loss: binaryCrossentropy({ fromLogits: true, labelSmoothing: 0.2 }),
    y: binary.y,
    p: [[1.5, -0.5], [0.25, 3]],
    of: pairs((y, p) => bce(0.8 * y + 0.1, 1 / (1 + exp(-p)))),
  },
  categoricalCrossentropy: { loss: categoricalCrossentropy(), ...shares, of: entropy },
  "categoricalCrossentropy of what doesn't add up to 1": {
    loss: categoricalCrossentropy(),
    y: shares.y,
    p: [[0.4, 1.4, 0.2], [0.6, 0.6, 0.8]],
    of: (y, p) => entropy(y, p.map((v) => v / 2)),
  },
  "categoricalCrossentropy of smoothed logits": {
    loss: categoricalCrossentropy({ fromLogits: true, labelSmoothing: 0.3 }),
    ...scores,
    of: (y, p) => entropy(y.map((v) => 0.7 * v + 0.1), softmax(p)),
  },
  binaryFocalCrossentropy: {
    loss: binaryFocalCrossentropy({ applyClassBalancing: true, alpha: 0.3, gamma: 1.5 }),
    ...binary,
    of: pairs((y, p) => (y * 0.3 + (1 - y) * 0.7) * (1 - (y * p + (1 - y) * (1 - p))) ** 1.5 * bce(y, p)),
  },
  categoricalFocalCrossentropy: {
    loss: categoricalFocalCrossentropy({ fromLogits: true }),
    ...scores,
    of: (y, p) => {
      const q = softmax(p);
      return -sum(y.map((v, i) => 0.25 * (1 - (q[i] ?? 0)) ** 2 * v * log(q[i] ?? 0)));
    },
  },
};
const near = (a: number, b: number, within: number) => abs(a - b) <= within * max(1, abs(b));
const as = (rows: readonly (readonly number[])[]): Tensor => tensor(rows.map((r) => [...r]));

for (const [name, { loss, y, p, of }] of Object.entries(samples)) {
  Deno.test(`${name}: values and gradients`, () => {
    const values = lossValues(loss, as(y), as(p));
    equal(values.length, y.length);
    y.forEach((row, i) => {
      // The inputs are rounded to float32 on their way in.
      ok(near(values[i] ?? NaN, of(row, p[i] ?? []), 1e-5), `${values[i]} is not ${of(row, p[i] ?? [])}`);
    });
    const { rule, differences } = lossGradients(loss, as(y), as(p));
    rule.forEach((g, i) => ok(near(g, differences[i] ?? NaN, 1e-6), `${g} is not ${differences[i]}`));
  });
}

Deno.test("sparse categorical cross-entropy takes numbers of classes, and leaves one out", () => {
  const p = as([[0.2, 0.7, 0.1], [0.3, 0.3, 0.4], [0.5, 0.25, 0.25]]);
  const y = tensor([1, 2, 0], [3], "int32"), plain = sparseCategoricalCrossentropy();
  lossValues(plain, y, p).forEach((v, i) => ok(near(v, -log([0.7, 0.4, 0.5][i] ?? 0), 1e-6)));
  const { rule, differences } = lossGradients(plain, y, p);
  rule.forEach((g, i) => ok(near(g, differences[i] ?? NaN, 1e-6)));
  const ignoring = sparseCategoricalCrossentropy({ ignoreClass: 0, fromLogits: true });
  const [, , last] = lossValues(ignoring, y, p);
  equal(last, 0);
  deepEqual(lossGradients(ignoring, y, p).rule.slice(6), [0, 0, 0]);
});

Deno.test("probabilities of 0 and 1 stay within Keras' bounds", () => {
  const [sure, wrong] = lossValues(binaryCrossentropy(), as([[1], [1]]), as([[1], [0]]));
  ok(near(sure ?? NaN, -log(1 - 1e-7), 1e-6) && near(wrong ?? NaN, -log(1e-7), 1e-6));
});
