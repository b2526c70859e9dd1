/** Metrics of a compiled model, over several batches, against what is counted by hand or by the pure functions. @module */
import { deepEqual, ok } from "node:assert/strict";
import { type CompileTraining, input, type Model, type ModelData, sequential } from "../../../mod.ts";
import { accuracy, classificationReport } from "../../../public/evaluation.ts";
import { activation } from "../../../public/layers.ts";
import {
  directionAccuracy as directionAccuracyMetric,
  f1 as f1Metric,
  precision as precisionMetric,
} from "../../../public/metrics.ts";

/** A model that gives what it is given. */
function same(metrics: CompileTraining["metrics"], width: number, loss: string): Model {
  const m = sequential([input({ shape: [width] }), activation({ activation: "linear" })], {
    backend: "plain",
  });
  m.compile({ loss, ...(metrics !== undefined && { metrics }) });
  return m;
}
const near = (a: number | undefined, b: number) => ok(Math.abs((a ?? NaN) - b) < 1e-6, `${a} is not ${b}`);
const measure = (m: Model, p: ModelData, y: ModelData) => m.evaluate(p, y, { batchSize: 3 });

const probabilities = [
  [0.7, 0.2, 0.1],
  [0.1, 0.5, 0.4],
  [0.3, 0.3, 0.4],
  [0.2, 0.7, 0.1],
  [0.1, 0.2, 0.7],
  [0.5, 0.4, 0.1],
  [0.2, 0.45, 0.35],
];
const classes = [0, 1, 1, 1, 2, 1, 2], predicted = [0, 1, 2, 1, 2, 0, 1];

Deno.test("scores of classes over uneven batches are those of the whole", async () => {
  const m = same(
    ["accuracy", "macroF1", "microF1", "weightedF1", "macroPrecision", "macroRecall", f1Metric()],
    3,
    "sparseCategoricalCrossentropy",
  );
  const logs = await measure(m, probabilities, classes);
  const report = classificationReport(classes, predicted, 3),
    mean = (of: readonly number[]) => of.reduce((x, y) => x + y, 0) / 3;
  near(logs.accuracy, accuracy(classes, predicted));
  near(logs.macroF1, report.macroF1);
  near(logs.microF1, report.accuracy);
  near(logs.weightedF1, report.weightedF1);
  near(logs.macroPrecision, mean(report.classes.map((c) => c.precision)));
  near(logs.macroRecall, mean(report.classes.map((c) => c.recall)));
  near(logs.f1, report.macroF1);
});
Deno.test("one-hot targets and numbers of classes are scored alike; top-k counts the next ones", async () => {
  const hot = classes.map((c) => [0, 1, 2].map((k) => (k === c ? 1 : 0)));
  const logs = await measure(
    same(["accuracy", "top3", "topK"], 3, "categoricalCrossentropy"),
    probabilities,
    hot,
  );
  near(logs.accuracy, accuracy(classes, predicted));
  near(logs.top3, 1);
  const { loss } = await measure(
    same(["perplexity"], 3, "sparseCategoricalCrossentropy"),
    probabilities,
    classes,
  );
  const sparse = await measure(
    same(["perplexity"], 3, "sparseCategoricalCrossentropy"),
    probabilities,
    classes,
  );
  near(sparse.perplexity, Math.exp(loss ?? NaN));
});
Deno.test("one probability is cut at a half; precision, recall and the area under the curve", async () => {
  const p = [[0.9], [0.4], [0.6], [0.3], [0.8], [0.1], [0.55]], y = [1, 1, 0, 0, 1, 0, 1];
  const logs = await measure(
    same(
      ["accuracy", "precision", "recall", "f1", "auc", precisionMetric({ threshold: 0.7 })],
      1,
      "binaryCrossentropy",
    ),
    p,
    y,
  );
  near(logs.accuracy, 5 / 7);
  near(logs.recall, 3 / 4);
  near(logs.f1, 3 / 4);
  // Of 12 pairs of a true and a false one, 10 are in order.
  near(logs.auc, 10 / 12);
  near(logs.precision, 3 / 4);
  near(logs.precision1, 1);
});
Deno.test("errors, R² and directions", async () => {
  const p = [[1], [2.5], [2], [4], [3]], y = [1, 2, 3, 4, 2];
  const logs = await measure(same(["mse", "rmse", "mae", "mape", "r2"], 1, "mse"), p, y);
  near(logs.mse, 2.25 / 5);
  near(logs.rmse, Math.sqrt(2.25 / 5));
  near(logs.mae, 2.5 / 5);
  near(logs.mape, (100 * (0.25 + 1 / 3 + 0.5)) / 5);
  near(logs.r2, 1 - 2.25 / 5.2);
  const m = same([directionAccuracyMetric()], 1, "mse");
  near((await m.evaluate(p, y)).directionAccuracy, 3 / 4);
  const cosine = await measure(same(["cosine"], 2, "mse"), [[1, 0], [1, 1]], [[1, 0], [-1, 1]]);
  near(cosine.cosine, 0.5);
});
Deno.test("names of numbers are those that were asked for, as Keras users write them", async () => {
  const m = same(["acc", "mean_absolute_error"], 1, "binaryCrossentropy");
  deepEqual(Object.keys(await m.testOnBatch([[0.5]], [1])), ["loss", "acc", "meanAbsoluteError"]);
});
