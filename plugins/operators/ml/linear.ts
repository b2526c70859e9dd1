/** Linear models of ai.onnx.ml. @module */
import { ShapeError } from "../../../core/values/errors.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { result } from "../../../core/ops/arrays.ts";
import { defineOp, tensorAt } from "../../../core/ops/define.ts";
import { int } from "../../../core/values/schema.ts";
import { tensorType } from "../../../core/values/shape.ts";
import { anyNumbers, bigs, texts } from "../fields.ts";
import {
  argMax,
  checkWidth,
  classifierTypes,
  labelCount,
  labelled,
  type Labels,
  postField,
  type PostTransform,
  rowDim,
  type Rows,
  rowsOf,
  transformed,
} from "./scores.ts";

/** Each row times each of `targets` rows of coefficients, plus intercepts. */
function linearScores(
  { values, count, width }: Rows,
  coefficients: readonly number[],
  intercepts: readonly number[] | null,
  targets: number,
): Float64Array[] {
  checkWidth(width, coefficients.length / targets);
  return Array.from({ length: count }, (_, r) =>
    Float64Array.from({ length: targets }, (_, t) => {
      let sum = intercepts?.[t] ?? 0;
      for (let i = 0; i < width; i++) {
        sum += (values[r * width + i] ?? 0) * (coefficients[t * width + i] ?? 0);
      }
      return sum;
    }));
}
/** Rows of scores as a tensor. */
export function scoreTensor(rows: readonly Float64Array[], width: number) {
  const data = new Float64Array(rows.length * width);
  rows.forEach((row, i) => data.set(row, i * width));
  return result(data, [rows.length, width], "float32");
}

interface Classifier {
  readonly classlabels_ints: readonly bigint[] | null;
  readonly classlabels_strings: readonly string[] | null;
  readonly coefficients: readonly number[] | null;
  readonly intercepts: readonly number[] | null;
  readonly multi_class: number;
  readonly post_transform: PostTransform;
}
const labelsOf = (a: Classifier): Labels => ({ numbers: a.classlabels_ints, words: a.classlabels_strings });
/** Rows of coefficients: an intercept each, or a label each. */
const targetsOf = (a: Classifier) => (a.intercepts?.length || labelCount(labelsOf(a))) || 1;
const classesOf = (a: Classifier) => targetsOf(a) === 1 && labelCount(labelsOf(a)) === 2 ? 2 : targetsOf(a);

const classifier: OpDef = defineOp<Classifier>({
  name: "LinearClassifier",
  domain: "ai.onnx.ml",
  since: 1,
  summary: "The best class of each row by linear scores, and the scores",
  attributes: {
    classlabels_ints: bigs("labels that are numbers"),
    classlabels_strings: texts("labels that are words"),
    coefficients: anyNumbers("a row of coefficients for each class"),
    intercepts: anyNumbers("what is added for each class"),
    multi_class: int({ doc: "how the model was trained; changes no result", default: 0 }),
    post_transform: postField,
  },
  arity: [1, 1],
  maxOutputs: 2,
  minOutputs: 2,
  accuracy: "rounding",
  infer: (c) => classifierTypes(rowDim(c), classesOf(c.attributes), labelsOf(c.attributes)),
  gradient: "none",
  plain(inputs, { attributes: a }) {
    const labels = labelsOf(a),
      scores = linearScores(rowsOf(tensorAt(inputs, 0)), a.coefficients ?? [], a.intercepts, targetsOf(a));
    const width = classesOf(a), picks: number[] = [];
    // One row of coefficients for two classes scores the second; onnxruntime reads a bare score as its share.
    const rows = scores.map((row) => {
      const s = row[0] ?? 0, first = a.post_transform === "NONE" ? 1 - s : -s;
      const both = width === row.length ? row : Float64Array.of(first, s);
      picks.push(row.length === 1 ? Number(s > 0) : argMax(both));
      transformed(both, a.post_transform);
      return both;
    });
    return [labelled(picks, labels), scoreTensor(rows, width)];
  },
});

interface Regressor {
  readonly coefficients: readonly number[] | null;
  readonly intercepts: readonly number[] | null;
  readonly post_transform: PostTransform;
  readonly targets: number;
}
const regressor: OpDef = defineOp<Regressor>({
  name: "LinearRegressor",
  domain: "ai.onnx.ml",
  since: 1,
  summary: "Linear functions of each row",
  attributes: {
    coefficients: anyNumbers("a row of coefficients for each target"),
    intercepts: anyNumbers("what is added for each target"),
    post_transform: postField,
    targets: int({ doc: "how many functions", default: 1, min: 1 }),
  },
  arity: [1, 1],
  accuracy: "rounding",
  infer: (c) => [tensorType("float32", [rowDim(c), c.attributes.targets])],
  gradient: "none",
  plain(inputs, { attributes: a }) {
    if (a.coefficients === null) throw new ShapeError("coefficients are missing");
    const rows = linearScores(rowsOf(tensorAt(inputs, 0)), a.coefficients, a.intercepts, a.targets);
    for (const row of rows) transformed(row, a.post_transform);
    return [scoreTensor(rows, a.targets)];
  },
});

/** Linear models. */
export const linearOps: readonly OpDef[] = [classifier, regressor];
