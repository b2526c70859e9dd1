/** Curves, calibration, intervals, folds and importance, beside scikit-learn 1.9.1. @module */
import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { input, sequential, type Tensor, tensor } from "../../mod.ts";
import { dense } from "../../public/layers.ts";
import {
  bootstrapInterval,
  calibration,
  calibrationCurve,
  chooseThreshold,
  crossValidate,
  kFolds,
  permutationImportance,
  precisionRecallCurve,
  rocCurve,
} from "../../public/evaluation.ts";
import { toNumbers } from "../../public/tensors.ts";

const truth = [0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0];
const scores = [.1, .8, .35, .35, .9, .6, .7, .55, .2, .55, .95, .05];
/** Sums of a few numbers in float64. */
const close = (got: readonly number[], wanted: readonly number[]) => {
  strictEqual(got.length, wanted.length);
  got.forEach((v, i) =>
    ok(v === wanted[i] || Math.abs(v - (wanted[i] ?? NaN)) < 1e-15, `${v}, ${wanted[i]}`)
  );
};

Deno.test("rocCurve gives roc_curve's points and roc_auc_score's area, ties together", () => {
  const { falsePositiveRate, truePositiveRate, thresholds, area } = rocCurve(truth, scores);
  close(falsePositiveRate, [0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6].map((n) => n / 6));
  close(truePositiveRate, [0, 1, 2, 3, 4, 4, 5, 6, 6, 6, 6].map((n) => n / 6));
  deepStrictEqual(thresholds, [Infinity, .95, .9, .8, .7, .6, .55, .35, .2, .1, .05]);
  close([area], [0.8888888888888888]);
  throws(() => rocCurve([1, 1], [0, 1]), /every row is of the positive class/);
  throws(() => rocCurve([1, 2], [0, 1]), /row 2: expected a truth of 0 or 1, got 2/);
  throws(() => rocCurve([1, 0], [0, NaN]), /row 2: the score is NaN/);
});

Deno.test("precisionRecallCurve gives precision_recall_curve's points and average_precision_score", () => {
  const { precision, recall, thresholds, area } = precisionRecallCurve(truth, scores);
  close(precision, [6 / 12, 6 / 11, 6 / 10, 6 / 9, 5 / 7, 4 / 5, 1, 1, 1, 1, 1]);
  close(recall, [6, 6, 6, 6, 5, 4, 4, 3, 2, 1, 0].map((n) => n / 6));
  deepStrictEqual(thresholds, [.05, .1, .2, .35, .55, .6, .7, .8, .9, .95]);
  close([area], [0.8968253968253967]);
});

Deno.test("chooseThreshold gives the best of all thresholds, halfway between two scores", () => {
  deepStrictEqual(chooseThreshold(truth, scores), { threshold: (.7 + .6) / 2, value: 0.8 });
  deepStrictEqual(chooseThreshold(truth, scores, "accuracy").value, 10 / 12);
  close([chooseThreshold(truth, scores, "balancedAccuracy").value], [5 / 6]);
  strictEqual(chooseThreshold([1, 1, 0], [.3, .2, .1]).threshold, (.2 + .1) / 2);
});

Deno.test("calibrationCurve gives calibration_curve's bins, of equal width or of equal rows", () => {
  const uniform = calibrationCurve(truth, scores, { bins: 4 });
  close(uniform.map((b) => b.actual), [0, .5, .5, 1]);
  close(uniform.map((b) => b.predicted), [0.11666666666666668, 0.35, 0.6, 0.8833333333333334]);
  const quantile = calibrationCurve(truth, scores, { bins: 4, strategy: "quantile" });
  close(quantile.map((b) => b.predicted), [
    0.11666666666666668,
    0.45,
    0.6499999999999999,
    0.8833333333333334,
  ]);
  deepStrictEqual(quantile.map((b) => b.rows), [3, 4, 2, 3]);
  throws(() => calibrationCurve([1], [1.2]), /row 1: 1\.2 is no probability/);
});

Deno.test("calibration gives brier_score_loss, and the error of the predicted classes' probabilities", () => {
  close([calibration(truth, tensor(Float64Array.from(scores), [12])).brier], [0.13374999999999998]);
  const rows = [.7, .2, .1, .1, .6, .3, .3, .3, .4, .5, .25, .25, .05, .15, .8];
  const found = calibration([0, 2, 2, 0, 1], tensor(Float64Array.from(rows), [5, 3]));
  close([found.brier], [0.656]);
  // By NumPy: ranges (0.3, 0.4], (0.4, 0.5] … of the largest probabilities beside what share of them is right.
  ok(Math.abs(found.expectedError - 0.56) < 1e-15);
});

Deno.test("bootstrapInterval holds the mean's interval, the same for a seed", () => {
  const values = Array.from({ length: 200 }, (_, i) => Math.sin(i * i)),
    mean = (rows: Int32Array) => rows.reduce((sum, r) => sum + (values[r] ?? 0), 0) / rows.length;
  const found = bootstrapInterval(200, mean, { seed: 3, samples: 2000 });
  deepStrictEqual(bootstrapInterval(200, mean, { seed: 3, samples: 2000 }), found);
  const m = mean(Int32Array.from(values.keys()));
  const deviation = Math.sqrt(values.reduce((s, v) => s + (v - m) ** 2, 0) / 200 / 200);
  // The normal interval; quantiles of 2,000 resamples are off by some 4 % of a standard error.
  ok(Math.abs(found.lower - (m - 1.96 * deviation)) < 0.2 * deviation);
  ok(Math.abs(found.upper - (m + 1.96 * deviation)) < 0.2 * deviation);
  const wide = bootstrapInterval(200, mean, { seed: 3, level: 0.99 });
  ok(wide.lower < found.lower && wide.upper > found.upper);
});

Deno.test("kFolds judges every row once, and keeps StratifiedKFold's balance of rows and classes", () => {
  const classes = Array.from(
    { length: 103 },
    (_, i) => i % 10 === 0 ? "rare" : i % 3 === 0 ? "some" : "most",
  );
  const folds = kFolds(103, { folds: 4, seed: 2, classes });
  const all = folds.flatMap(({ test }) => [...test]).sort((a, b) => a - b);
  deepStrictEqual(all, Array.from({ length: 103 }, (_, i) => i));
  for (const { train, test } of folds) {
    strictEqual(train.length + test.length, 103);
    ok(![...train].some((row) => test.includes(row)));
    ok(test.length === 25 || test.length === 26);
  }
  for (const name of ["rare", "some", "most"]) {
    const counts = folds.map(({ test }) => test.filter((row) => classes[row] === name).length);
    ok(Math.max(...counts) - Math.min(...counts) <= 1, `${name}: ${counts}`);
  }
  deepStrictEqual(kFolds(103, { folds: 4, seed: 2, classes }), folds);
  ok(`${kFolds(103, { folds: 4, seed: 3, classes })[0]?.test}` !== `${folds[0]?.test}`);
  deepStrictEqual(kFolds(5, { folds: 2, shuffle: false }).map(({ test }) => [...test]), [[0, 1, 2], [3, 4]]);
  throws(() => kFolds(3, { folds: 4 }), /3 rows are too few for 4 folds/);
});

Deno.test("permutationImportance: what the score loses; a column that isn't read loses nothing", async () => {
  const x = tensor(Float32Array.from({ length: 300 }, (_, i) => Math.sin(i * i)), [100, 3]);
  // The score is R² of 2·a + b, so a column's fall is twice its part of the variance.
  const y = (t: Tensor) => {
    const v = toNumbers(t);
    return Array.from({ length: 100 }, (_, r) => 2 * (v[3 * r] ?? 0) + (v[3 * r + 1] ?? 0));
  };
  const wanted = y(x), mean = wanted.reduce((a, b) => a + b, 0) / 100;
  const spread = wanted.reduce((s, v) => s + (v - mean) ** 2, 0);
  const score = (t: Tensor) => 1 - y(t).reduce((s, v, r) => s + (v - (wanted[r] ?? 0)) ** 2, 0) / spread;
  const found = await permutationImportance(x, score, { names: ["a", "b", "c"], seed: 1, repeats: 10 });
  deepStrictEqual(found.map(({ column }) => column), ["a", "b", "c"]);
  deepStrictEqual(found[2], { column: "c", mean: 0, deviation: 0 });
  ok((found[0]?.mean ?? 0) > 1 && (found[1]?.mean ?? 0) > 0.1);
  const joint = await permutationImportance(x, score, { groups: { both: [0, 1], c: [2] } });
  ok((joint[0]?.mean ?? 0) > (found[0]?.mean ?? 0));
});

Deno.test("crossValidate trains anew on every fold's other rows, and is the same for a seed", async () => {
  const x = Array.from({ length: 40 }, (_, i) => [Math.sin(i), Math.cos(5 * i)]);
  const y = x.map(([a = 0, b = 0]) => (a + b > 0 ? 1 : 0));
  const make = (fold: number) => {
    const model = sequential([input({ shape: [2] }), dense({ units: 1, activation: "sigmoid" })], {
      seed: fold,
    });
    model.compile({ loss: "binaryCrossentropy", optimizer: "adam", metrics: ["accuracy"] });
    return model;
  };
  const run = () => crossValidate(make, x, y, { folds: 4, seed: 5, fit: { epochs: 3 } });
  const found = await run();
  deepStrictEqual(await run(), found);
  strictEqual(found.folds.length, 4);
  const losses = found.folds.map(({ metrics }) => metrics.loss ?? NaN),
    mean = losses.reduce((a, b) => a + b, 0) / 4;
  close([found.mean.loss ?? NaN], [mean]);
  close([found.deviation.loss ?? NaN], [Math.sqrt(losses.reduce((s, v) => s + (v - mean) ** 2, 0) / 3)]);
  const one = make(0);
  await rejects(crossValidate(() => one, x, y, { folds: 2 }), /expected a new model for every fold/);
  await rejects(crossValidate(make, x, [1], {}), /40 samples for 1 targets/);
});
