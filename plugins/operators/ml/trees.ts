/** Tree ensembles of ai.onnx.ml. @module */
import type { DType } from "../../../core/dtype.ts";
import { ShapeError } from "../../../core/errors.ts";
import type { OpDef } from "../../../core/op.ts";
import { result } from "../../../core/ops/arrays.ts";
import { defineOp, inputOf, tensorAt, tensorField } from "../../../core/ops/define.ts";
import { numbersOf } from "../../../core/ops/kernels.ts";
import { choice, type Field, int, nullable } from "../../../core/schema.ts";
import { tensorType } from "../../../core/shape.ts";
import type { Tensor } from "../../../core/tensor.ts";
import { anyNumbers, bigs, maybeTensor, texts, wholes } from "../fields.ts";
import {
  type Aggregate,
  checkFeatures,
  checkForest,
  type Forest,
  leafMode,
  modes,
  type Vote,
  votesFor,
} from "./forest.ts";
import { scoreTensor } from "./linear.ts";
import {
  argMax,
  checkIndices,
  classifierTypes,
  labelCount,
  labelled,
  type Labels,
  postField,
  type PostTransform,
  postTransforms,
  rowDim,
  rowsOf,
  transformed,
} from "./scores.ts";

type Ints = readonly number[] | null;
type Numbers = readonly number[] | null;
interface Nodes {
  readonly base_values: Numbers;
  readonly base_values_as_tensor: Tensor | null;
  readonly nodes_falsenodeids: Ints;
  readonly nodes_featureids: Ints;
  readonly nodes_hitrates: Numbers;
  readonly nodes_hitrates_as_tensor: Tensor | null;
  readonly nodes_missing_value_tracks_true: Ints;
  readonly nodes_modes: readonly string[] | null;
  readonly nodes_nodeids: Ints;
  readonly nodes_treeids: Ints;
  readonly nodes_truenodeids: Ints;
  readonly nodes_values: Numbers;
  readonly nodes_values_as_tensor: Tensor | null;
  readonly post_transform: PostTransform;
}
const nodeFields: { readonly [K in keyof Nodes]: Field<Nodes[K]> } = {
  base_values: anyNumbers("what each target begins with"),
  base_values_as_tensor: maybeTensor("the same in float64"),
  nodes_falsenodeids: wholes("where the false branch of each node leads"),
  nodes_featureids: wholes("feature that each node compares"),
  nodes_hitrates: anyNumbers("how often nodes are met; changes no result"),
  nodes_hitrates_as_tensor: maybeTensor("the same in float64"),
  nodes_missing_value_tracks_true: wholes("whether NaN takes the true branch"),
  nodes_modes: texts("how each node compares"),
  nodes_nodeids: wholes("number of each node in its tree"),
  nodes_treeids: wholes("tree of each node"),
  nodes_truenodeids: wholes("where the true branch of each node leads"),
  nodes_values: anyNumbers("what each node compares with"),
  nodes_values_as_tensor: maybeTensor("the same in float64"),
  post_transform: postField,
};
const either = (list: Numbers, t: Tensor | null): ArrayLike<number> => t ? numbersOf(t) : list ?? [];

/** What the leaves of an ensemble add, as the attributes list it. */
interface Leaves {
  readonly trees: Ints;
  readonly nodes: Ints;
  readonly targets: Ints;
  readonly weights: ArrayLike<number>;
}
const key = (tree: number | undefined, node: number | undefined) => `${tree}:${node}`;
/** Trees of which nodes name one another by tree and number. */
function namedForest(a: Nodes, leaves: Leaves, targets: number): Forest {
  const trees = a.nodes_treeids ?? [], ids = a.nodes_nodeids ?? [], roots = new Map<number, number>();
  const found = new Map<string, number>(), votes: Vote[][] = trees.map(() => []);
  trees.forEach((tree, i) => {
    found.set(key(tree, ids[i]), i);
    if (!roots.has(tree)) roots.set(tree, i);
  });
  const lead = (list: Ints) => trees.map((tree, i) => found.get(key(tree, list?.[i])) ?? -1);
  const mode = (a.nodes_modes ?? []).map((name) =>
    modes.findIndex((m) => name === m || name === `BRANCH_${m}`)
  );
  if (mode.length !== trees.length || mode.includes(-1)) {
    throw new ShapeError("nodes_modes don't fit the nodes");
  }
  checkIndices(leaves.targets ?? [], targets, "targets of leaves");
  leaves.nodes?.forEach((node, i) => {
    const at = found.get(key(leaves.trees?.[i], node));
    if (at === undefined) throw new ShapeError(`tree ${leaves.trees?.[i]} has no node ${node}`);
    votes[at]?.push({ target: leaves.targets?.[i] ?? 0, weight: leaves.weights[i] ?? 0 });
  });
  const forest: Forest = {
    roots: [...roots.values()],
    feature: a.nodes_featureids ?? [],
    mode,
    split: either(a.nodes_values, a.nodes_values_as_tensor),
    yes: lead(a.nodes_truenodeids),
    no: lead(a.nodes_falsenodeids),
    missing: a.nodes_missing_value_tracks_true ?? [],
    members: new Map(),
    votes,
  };
  checkForest(forest);
  return forest;
}
const forests = new WeakMap<object, Forest>();
/** The forest of a node's attributes, built once. */
function kept<A extends object>(a: A, build: (a: A) => Forest): Forest {
  let forest = forests.get(a);
  if (!forest) forests.set(a, forest = build(a));
  return forest;
}

interface Classifier extends Nodes {
  readonly class_ids: Ints;
  readonly class_nodeids: Ints;
  readonly class_treeids: Ints;
  readonly class_weights: Numbers;
  readonly class_weights_as_tensor: Tensor | null;
  readonly classlabels_int64s: readonly bigint[] | null;
  readonly classlabels_strings: readonly string[] | null;
}
const labelsOf = (a: Classifier): Labels => ({ numbers: a.classlabels_int64s, words: a.classlabels_strings });
/** The winner and the scores of a row. With two classes of which leaves name one, its votes decide alone. */
function decided(votes: Float64Array, a: Classifier, positive: boolean): readonly [number, Float64Array] {
  const ids = new Set(a.class_ids ?? []), [only] = ids;
  if (ids.size !== 1 || only === undefined || votes.length !== 2) {
    const best = argMax(votes);
    transformed(votes, a.post_transform);
    return [best, votes];
  }
  const base = either(a.base_values, a.base_values_as_tensor);
  const s = base.length === 2 ? (votes[only] ?? 0) - (base[only] ?? 0) + (base[1] ?? 0) : votes[only] ?? 0;
  const share = positive && a.post_transform === "NONE";
  const scores = Float64Array.of(share ? 1 - s : -s, s);
  transformed(scores, a.post_transform);
  return [Number(s > (positive ? 0.5 : 0)), scores];
}
const classifier: OpDef = defineOp<Classifier>({
  name: "TreeEnsembleClassifier",
  domain: "ai.onnx.ml",
  since: 3,
  summary: "The class that most votes of the trees' leaves are for, and the votes",
  attributes: {
    ...nodeFields,
    class_ids: wholes("class of each vote"),
    class_nodeids: wholes("leaf of each vote"),
    class_treeids: wholes("tree of each vote"),
    class_weights: anyNumbers("weight of each vote"),
    class_weights_as_tensor: maybeTensor("the same in float64"),
    classlabels_int64s: bigs("labels that are numbers"),
    classlabels_strings: texts("labels that are words"),
  },
  arity: [1, 1],
  maxOutputs: 2,
  accuracy: "rounding",
  infer: (c) => classifierTypes(rowDim(c), labelCount(labelsOf(c.attributes)), labelsOf(c.attributes)),
  gradient: "none",
  plain(inputs, { attributes: a }) {
    const { values, count, width } = rowsOf(tensorAt(inputs, 0)), classes = labelCount(labelsOf(a));
    const weights = either(a.class_weights, a.class_weights_as_tensor);
    const forest = kept(
      a,
      () =>
        namedForest(
          a,
          { trees: a.class_treeids, nodes: a.class_nodeids, targets: a.class_ids, weights },
          classes,
        ),
    );
    checkFeatures(forest, width);
    const base = either(a.base_values, a.base_values_as_tensor),
      picks: number[] = [],
      rows: Float64Array[] = [];
    const positive = Array.prototype.every.call(weights, (w: number) => w >= 0);
    for (let r = 0; r < count; r++) {
      const [best, scores] = decided(votesFor(forest, values, r * width, classes, "SUM", base), a, positive);
      picks.push(best);
      rows.push(scores);
    }
    return [labelled(picks, labelsOf(a)), scoreTensor(rows, classes)];
  },
});

interface Regressor extends Nodes {
  readonly aggregate_function: Aggregate;
  readonly n_targets: number | null;
  readonly target_ids: Ints;
  readonly target_nodeids: Ints;
  readonly target_treeids: Ints;
  readonly target_weights: Numbers;
  readonly target_weights_as_tensor: Tensor | null;
}
const regressor: OpDef = defineOp<Regressor>({
  name: "TreeEnsembleRegressor",
  domain: "ai.onnx.ml",
  since: 3,
  summary: "What the trees' leaves add up to for each target",
  attributes: {
    ...nodeFields,
    aggregate_function: choice({
      doc: "how trees come together",
      of: ["AVERAGE", "SUM", "MIN", "MAX"],
      default: "SUM",
    }),
    n_targets: nullable(int({ doc: "targets; 1 unless given", min: 1 })),
    target_ids: wholes("target of each vote"),
    target_nodeids: wholes("leaf of each vote"),
    target_treeids: wholes("tree of each vote"),
    target_weights: anyNumbers("weight of each vote"),
    target_weights_as_tensor: maybeTensor("the same in float64"),
  },
  arity: [1, 1],
  accuracy: "rounding",
  infer: (c) => [tensorType("float32", [rowDim(c), c.attributes.n_targets ?? 1])],
  gradient: "none",
  plain(inputs, { attributes: a }) {
    const { values, count, width } = rowsOf(tensorAt(inputs, 0)),
      base = either(a.base_values, a.base_values_as_tensor);
    const targets = a.n_targets ?? 1, weights = either(a.target_weights, a.target_weights_as_tensor);
    const forest = kept(
      a,
      () =>
        namedForest(
          a,
          { trees: a.target_treeids, nodes: a.target_nodeids, targets: a.target_ids, weights },
          targets,
        ),
    );
    checkFeatures(forest, width);
    const rows = Array.from({ length: count }, (_, r) => {
      const row = votesFor(forest, values, r * width, targets, a.aggregate_function, base);
      transformed(row, a.post_transform);
      return row;
    });
    return [scoreTensor(rows, targets)];
  },
});

interface Ensemble {
  readonly aggregate_function: number;
  readonly leaf_targetids: Ints;
  readonly leaf_weights: Tensor;
  readonly membership_values: Tensor | null;
  readonly n_targets: number | null;
  readonly nodes_falseleafs: Ints;
  readonly nodes_falsenodeids: Ints;
  readonly nodes_featureids: Ints;
  readonly nodes_hitrates: Tensor | null;
  readonly nodes_missing_value_tracks_true: Ints;
  readonly nodes_modes: Tensor;
  readonly nodes_splits: Tensor;
  readonly nodes_trueleafs: Ints;
  readonly nodes_truenodeids: Ints;
  readonly post_transform: number;
  readonly tree_roots: Ints;
}
const targetsOf = (a: Ensemble) => a.n_targets ?? Math.max(0, ...a.leaf_targetids ?? []) + 1;
/** Trees of which nodes and leaves stand in lists of their own; leaves come behind the nodes here. */
function listedForest(a: Ensemble): Forest {
  const inner = Array.from(numbersOf(a.nodes_modes)), leaves = a.leaf_targetids ?? [], count = inner.length;
  const lead = (to: Ints, isLeaf: Ints) => [
    ...inner.map((_, i) => (isLeaf?.[i] ? count : 0) + (to?.[i] ?? -1)),
    ...leaves.map(() => -1),
  ];
  const weights = numbersOf(a.leaf_weights), members = new Map<number, Set<number>>();
  const values = a.membership_values ? Array.from(numbersOf(a.membership_values)) : [];
  inner.forEach((mode, i) => {
    if (mode !== 6) return;
    const end = values.findIndex((v) => Number.isNaN(v));
    members.set(i, new Set(values.splice(0, end < 0 ? values.length : end + 1)));
  });
  const alone = (i: number) =>
    a.nodes_trueleafs?.[i] && a.nodes_falseleafs?.[i] &&
    a.nodes_truenodeids?.[i] === a.nodes_falsenodeids?.[i];
  checkIndices(leaves, targetsOf(a), "targets of leaves");
  const forest: Forest = {
    roots: (a.tree_roots ?? []).map((i) => (alone(i) ? count + (a.nodes_truenodeids?.[i] ?? 0) : i)),
    feature: [...a.nodes_featureids ?? [], ...leaves.map(() => 0)],
    mode: [...inner, ...leaves.map(() => leafMode)],
    split: numbersOf(a.nodes_splits),
    yes: lead(a.nodes_truenodeids, a.nodes_trueleafs),
    no: lead(a.nodes_falsenodeids, a.nodes_falseleafs),
    missing: a.nodes_missing_value_tracks_true ?? [],
    members,
    votes: [...inner.map(() => []), ...leaves.map((target, i) => [{ target, weight: weights[i] ?? 0 }])],
  };
  checkForest(forest);
  return forest;
}
const aggregates: readonly Aggregate[] = ["AVERAGE", "SUM", "MIN", "MAX"];
const ensembleTypes: readonly DType[] = ["float16", "float32", "float64"];
const ensemble: OpDef = defineOp<Ensemble>({
  name: "TreeEnsemble",
  domain: "ai.onnx.ml",
  since: 5,
  summary: "What the trees' leaves add up to for each target",
  attributes: {
    aggregate_function: int({ doc: "0 average, 1 sum, 2 least, 3 greatest", default: 1, min: 0, max: 3 }),
    leaf_targetids: wholes("target of each leaf"),
    leaf_weights: tensorField("what each leaf adds"),
    membership_values: maybeTensor("members that nodes ask for, NaN behind each node's"),
    n_targets: nullable(int({ doc: "targets", min: 1 })),
    nodes_falseleafs: wholes("whether the false branch is a leaf"),
    nodes_falsenodeids: wholes("node or leaf of the false branch"),
    nodes_featureids: wholes("feature that each node compares"),
    nodes_hitrates: maybeTensor("how often nodes are met; changes no result"),
    nodes_missing_value_tracks_true: wholes("whether NaN takes the true branch"),
    nodes_modes: tensorField("how each node compares: 0 ≤, 1 <, 2 ≥, 3 >, 4 =, 5 ≠, 6 member"),
    nodes_splits: tensorField("what each node compares with"),
    nodes_trueleafs: wholes("whether the true branch is a leaf"),
    nodes_truenodeids: wholes("node or leaf of the true branch"),
    post_transform: int({
      doc: "0 none, 1 softmax, 2 logistic, 3 softmax without zeros, 4 probit",
      default: 0,
      min: 0,
      max: 4,
    }),
    tree_roots: wholes("node that each tree begins at"),
  },
  arity: [1, 1],
  accuracy: "rounding",
  infer(c) {
    return [
      tensorType(inputOf(c, 0, ensembleTypes).dtype, [rowDim(c, ensembleTypes), targetsOf(c.attributes)]),
    ];
  },
  gradient: "none",
  plain(inputs, { attributes: a }) {
    const x = tensorAt(inputs, 0), { values, count, width } = rowsOf(x), targets = targetsOf(a);
    const forest = kept(a, listedForest), out = new Float64Array(count * targets);
    checkFeatures(forest, width);
    for (let r = 0; r < count; r++) {
      const row = votesFor(
        forest,
        values,
        r * width,
        targets,
        aggregates[a.aggregate_function] ?? "SUM",
        null,
      );
      transformed(row, postTransforms[a.post_transform] ?? "NONE");
      out.set(row, r * targets);
    }
    return [result(out, [count, targets], x.dtype)];
  },
});

/** Tree ensembles. */
export const treeOps: readonly OpDef[] = [classifier, regressor, ensemble];
