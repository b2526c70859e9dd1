/** Metrics against figures worked out by hand and by scikit-learn's definitions. @module */
import { deepEqual, equal, throws } from "node:assert/strict";
import { tensor } from "../../../core/values/tensor.ts";
import {
  accuracy,
  classesOf,
  classificationReport,
  confusionMatrix,
  differences,
  macroF1,
} from "./metrics.ts";

const truth = [0, 0, 0, 1, 1, 2];
const predicted = [0, 0, 1, 1, 2, 2];

Deno.test("the class of a row is its largest score, the lowest of equals, or one column over a half", () => {
  deepEqual(classesOf(tensor([[0.2, 0.5, 0.3], [0.4, 0.2, 0.4]])), Int32Array.of(1, 0));
  deepEqual(classesOf(tensor([[0.5], [0.75]])), Int32Array.of(0, 1));
});

Deno.test("a confusion matrix has the true class in rows", () => {
  deepEqual(confusionMatrix(truth, predicted, 3), [[2, 1, 0], [0, 1, 1], [0, 0, 1]]);
});

Deno.test("a report gives precision, recall, F1 and support of every class", () => {
  const report = classificationReport(truth, predicted, 3);
  deepEqual(report.classes, [
    { precision: 1, recall: 2 / 3, f1: 4 / 5, support: 3 },
    { precision: 1 / 2, recall: 1 / 2, f1: 1 / 2, support: 2 },
    { precision: 1 / 2, recall: 1, f1: 2 / 3, support: 1 },
  ]);
  equal(report.accuracy, 4 / 6);
  equal(report.macroF1, (4 / 5 + 1 / 2 + 2 / 3) / 3);
  equal(report.weightedF1, (3 * (4 / 5) + 2 * (1 / 2) + 2 / 3) / 6);
  equal(macroF1(truth, predicted, 3), report.macroF1);
});

Deno.test("a class that nobody predicts scores 0 and counts in the mean", () => {
  equal(macroF1([0, 1], [0, 0], 2), (2 / 3) / 2);
});

Deno.test("labels outside the classes and lists of unequal length are refused", () => {
  throws(() => confusionMatrix([3], [0], 3), /row 0 has label 3 and prediction 0, expected 0 to 2/);
  throws(() => accuracy([0, 1], [0]), /2 labels for 1 predictions/);
});

Deno.test("differences give the largest, where it is, and the mean", () => {
  deepEqual(differences([1, 2, 3], [1, 2.5, 3.25]), { max: 0.5, mean: 0.25, at: 1 });
  deepEqual(differences([NaN, Infinity], [NaN, Infinity]), { max: 0, mean: 0, at: 0 });
  equal(differences([NaN], [1]).max, Infinity);
});
