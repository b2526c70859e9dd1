/** Support vector machines of ai.onnx.ml (libsvm: Chang and Lin 2011). @module */
import { ShapeError } from "../../../core/values/errors.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { defineOp, tensorAt } from "../../../core/ops/define.ts";
import { sigmoid } from "../../../core/ops/elementwise/math.ts";
import { bool, choice, int, nullable } from "../../../core/values/schema.ts";
import { tensorType } from "../../../core/values/shape.ts";
import { anyNumbers, bigs, texts, wholes } from "../fields.ts";
import { scoreTensor } from "./linear.ts";
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
  rowsOf,
  transformed,
} from "./scores.ts";

interface Kernel {
  readonly kernel_params: readonly number[] | null;
  readonly kernel_type: KernelType | null;
}
type KernelType = "LINEAR" | "POLY" | "RBF" | "SIGMOID";
interface Machine extends Kernel {
  readonly coefficients: readonly number[] | null;
  readonly post_transform: PostTransform;
  readonly rho: readonly number[] | null;
  readonly support_vectors: readonly number[] | null;
}
const machineFields = {
  coefficients: anyNumbers("factors of support vectors"),
  kernel_params: anyNumbers("gamma, coef0 and degree"),
  kernel_type: nullable(choice({
    doc: "how rows are compared with support vectors; LINEAR unless given",
    of: ["LINEAR", "POLY", "RBF", "SIGMOID"],
  })),
  post_transform: postField,
  rho: anyNumbers("what is added to each decision"),
  support_vectors: anyNumbers("support vectors, one behind the other"),
} as const;

/** How a row compares with the numbers of `other` from `at` on. */
function kernel(
  row: ArrayLike<number>,
  other: readonly number[],
  at: number,
  a: Kernel,
  type: KernelType = a.kernel_type ?? "LINEAR",
): number {
  const [gamma = 0, coef0 = 0, degree = 0] = a.kernel_params ?? [];
  let sum = 0;
  for (let i = 0; i < row.length; i++) {
    const x = row[i] ?? 0, y = other[at + i] ?? 0;
    sum += type === "RBF" ? (x - y) * (x - y) : x * y;
  }
  if (type === "RBF") return Math.exp(-gamma * sum);
  if (type === "LINEAR") return sum;
  return type === "POLY" ? (gamma * sum + coef0) ** degree : Math.tanh(gamma * sum + coef0);
}

interface Regressor extends Machine {
  readonly n_supports: number;
  readonly one_class: boolean;
}
const regressor: OpDef = defineOp<Regressor>({
  name: "SVMRegressor",
  domain: "ai.onnx.ml",
  since: 1,
  summary: "A support vector machine's number for each row; its sign where the machine knows one class",
  attributes: {
    ...machineFields,
    n_supports: int({ doc: "support vectors", default: 0, min: 0 }),
    one_class: bool({ doc: "1 for what is like the class, −1 for what isn't", default: false }),
  },
  arity: [1, 1],
  accuracy: "rounding",
  infer: (c) => [tensorType("float32", [rowDim(c), 1])],
  gradient: "none",
  plain(inputs, { attributes: a }) {
    const { values, count, width } = rowsOf(tensorAt(inputs, 0)), vectors = a.support_vectors ?? [];
    const factors = a.coefficients ?? [];
    if (a.n_supports > 0) checkWidth(width, vectors.length / a.n_supports);
    else checkWidth(width, factors.length);
    const rows = Array.from({ length: count }, (_, r) => {
      const row = Array.prototype.slice.call(values, r * width, (r + 1) * width) as number[];
      let sum = a.rho?.[0] ?? 0;
      if (a.n_supports === 0) sum += kernel(row, factors, 0, a, "LINEAR");
      for (let j = 0; j < a.n_supports; j++) sum += (factors[j] ?? 0) * kernel(row, vectors, j * width, a);
      const out = Float64Array.of(a.one_class ? (sum > 0 ? 1 : -1) : sum);
      if (!a.one_class) transformed(out, a.post_transform);
      return out;
    });
    return [scoreTensor(rows, 1)];
  },
});

interface Classifier extends Machine {
  readonly classlabels_ints: readonly bigint[] | null;
  readonly classlabels_strings: readonly string[] | null;
  readonly prob_a: readonly number[] | null;
  readonly prob_b: readonly number[] | null;
  readonly vectors_per_class: readonly number[] | null;
}
const labelsOf = (a: Classifier): Labels => ({ numbers: a.classlabels_ints, words: a.classlabels_strings });
const classesOf = (a: Classifier) => Math.max(1, labelCount(labelsOf(a)));
const isPairwise = (a: Classifier) => (a.vectors_per_class ?? []).some((n) => n > 0);
const hasOdds = (a: Classifier) => isPairwise(a) && (a.prob_a?.length ?? 0) > 0;
/** Columns of scores: odds of classes, decisions of pairs (a lone one and its opposite), or classes. */
function widthOf(a: Classifier): number {
  const classes = classesOf(a), pairs = (classes * (classes - 1)) / 2;
  if (hasOdds(a) || !isPairwise(a)) return classes === 1 ? 1 : classes;
  return pairs === 1 ? 2 : pairs;
}

/** Decisions between every two classes, and how often each class won. */
function duel(
  row: readonly number[],
  a: Classifier,
): { readonly decisions: Float64Array; readonly votes: Float64Array } {
  const sizes = a.vectors_per_class ?? [], total = sizes.reduce((n, k) => n + k, 0), classes = sizes.length;
  const vectors = a.support_vectors ?? [], factors = a.coefficients ?? [], width = row.length;
  const likeness = Float64Array.from({ length: total }, (_, j) => kernel(row, vectors, j * width, a));
  const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((n, k) => n + k, 0));
  const votes = new Float64Array(classes), decisions: number[] = [];
  const part = (line: number, of: number) => {
    let sum = 0;
    for (let k = 0; k < (sizes[of] ?? 0); k++) {
      const at = (starts[of] ?? 0) + k;
      sum += (factors[line * total + at] ?? 0) * (likeness[at] ?? 0);
    }
    return sum;
  };
  for (let i = 0; i < classes; i++) {
    for (let j = i + 1; j < classes; j++) {
      const decision = (a.rho?.[decisions.length] ?? 0) + part(j - 1, i) + part(i, j);
      decisions.push(decision);
      const winner = decision > 0 ? i : j;
      votes[winner] = (votes[winner] ?? 0) + 1;
    }
  }
  return { decisions: Float64Array.from(decisions), votes };
}
/** Odds of classes out of odds of pairs, by the second method of Wu, Lin and Weng (2004). */
function coupled(pairs: readonly Float64Array[]): Float64Array {
  const k = pairs.length, p = new Float64Array(k).fill(1 / k), q = pairs.map(() => new Float64Array(k));
  const pair = (i: number, j: number) => pairs[i]?.[j] ?? 0;
  for (const [t, row] of q.entries()) {
    for (let j = 0; j < k; j++) {
      if (j === t) { for (let i = 0; i < k; i++) row[t] = (row[t] ?? 0) + (i === t ? 0 : pair(i, t) ** 2); }
      else row[j] = -pair(j, t) * pair(t, j);
    }
  }
  for (let round = 0; round < Math.max(100, k); round++) {
    const qp = q.map((row) => row.reduce((s, v, j) => s + v * (p[j] ?? 0), 0));
    let whole = qp.reduce((s, v, t) => s + v * (p[t] ?? 0), 0);
    if (qp.every((v) => Math.abs(v - whole) < 0.005 / k)) break;
    for (let t = 0; t < k; t++) {
      const own = q[t]?.[t] ?? 1, step = (whole - (qp[t] ?? 0)) / own;
      p[t] = (p[t] ?? 0) + step;
      whole = (whole + step * (step * own + 2 * (qp[t] ?? 0))) / (1 + step) ** 2;
      for (let j = 0; j < k; j++) {
        qp[j] = ((qp[j] ?? 0) + step * (q[t]?.[j] ?? 0)) / (1 + step);
        p[j] = (p[j] ?? 0) / (1 + step);
      }
    }
  }
  return p;
}
function oddsOf(decisions: Float64Array, classes: number, a: Classifier): Float64Array {
  const pairs = Array.from({ length: classes }, () => new Float64Array(classes));
  let at = 0;
  for (let i = 0; i < classes; i++) {
    for (let j = i + 1; j < classes; j++, at++) {
      const odds = 1 - sigmoid((decisions[at] ?? 0) * (a.prob_a?.[at] ?? 0) + (a.prob_b?.[at] ?? 0));
      const kept = Math.min(1 - 1e-7, Math.max(1e-7, odds));
      pairs[i]?.fill(kept, j, j + 1);
      pairs[j]?.fill(1 - kept, i, i + 1);
    }
  }
  return coupled(pairs);
}
/** The winner and the scores of a row. */
function classified(row: readonly number[], a: Classifier): readonly [number, Float64Array] {
  const classes = classesOf(a);
  if (!isPairwise(a)) {
    const factors = a.coefficients ?? [];
    const scores = Float64Array.from(
      { length: classes },
      (_, j) => (a.rho?.[0] ?? 0) + kernel(row, factors, j * row.length, a, "LINEAR"),
    );
    const best = argMax(scores);
    transformed(scores, a.post_transform);
    return [best, scores];
  }
  const { decisions, votes } = duel(row, a), best = argMax(votes);
  const scores = hasOdds(a)
    ? oddsOf(decisions, classes, a)
    : decisions.length === 1
    ? Float64Array.of(-(decisions[0] ?? 0), decisions[0] ?? 0)
    : decisions;
  transformed(scores, a.post_transform);
  return [best, scores];
}
const classifier: OpDef = defineOp<Classifier>({
  name: "SVMClassifier",
  domain: "ai.onnx.ml",
  since: 1,
  summary: "The class that wins most decisions between two, and the decisions or odds",
  attributes: {
    ...machineFields,
    classlabels_ints: bigs("labels that are numbers"),
    classlabels_strings: texts("labels that are words"),
    prob_a: anyNumbers("slopes that turn decisions into odds"),
    prob_b: anyNumbers("offsets that turn decisions into odds"),
    vectors_per_class: wholes("support vectors of each class"),
  },
  arity: [1, 1],
  maxOutputs: 2,
  minOutputs: 2,
  accuracy: "rounding",
  infer(c) {
    const { vectors_per_class: sizes } = c.attributes;
    if (isPairwise(c.attributes) && sizes?.length !== classesOf(c.attributes)) {
      throw new ShapeError(`${sizes?.length} classes of support vectors, ${classesOf(c.attributes)} labels`);
    }
    return classifierTypes(rowDim(c), widthOf(c.attributes), labelsOf(c.attributes));
  },
  gradient: "none",
  plain(inputs, { attributes: a }) {
    const { values, count, width } = rowsOf(tensorAt(inputs, 0));
    const total = (a.vectors_per_class ?? []).reduce((n, k) => n + k, 0);
    checkWidth(
      width,
      total > 0 ? (a.support_vectors?.length ?? 0) / total : (a.coefficients?.length ?? 0) / classesOf(a),
    );
    const picks: number[] = [], rows: Float64Array[] = [];
    for (let r = 0; r < count; r++) {
      const [best, scores] = classified(Array.prototype.slice.call(values, r * width, (r + 1) * width), a);
      picks.push(best);
      rows.push(scores);
    }
    return [labelled(picks, labelsOf(a)), scoreTensor(rows, widthOf(a))];
  },
});

/** Support vector machines. */
export const svmOps: readonly OpDef[] = [regressor, classifier];
