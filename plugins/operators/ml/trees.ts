/** Tree ensembles of ai.onnx.ml. @module */
import { ShapeError } from "../../../core/values/errors.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { defineOp, tensorAt } from "../../../core/ops/define.ts";
import { numbersOf } from "../../../core/ops/kernels.ts";
import { choice, type Field, int, nullable } from "../../../core/values/schema.ts";
import { tensorType } from "../../../core/values/shape.ts";
import type { Tensor } from "../../../core/values/tensor.ts";
import { boundedSize } from "../bounds.ts";
import { anyNumbers, bigs, maybeTensor, texts, wholes } from "../fields.ts";
import {
  type Aggregate,
  checkFeatures,
  checkForest,
  type Forest,
  keptForest,
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
  minOutputs: 2,
  accuracy: "rounding",
  infer: (c) => classifierTypes(rowDim(c), labelCount(labelsOf(c.attributes)), labelsOf(c.attributes)),
  gradient: "none",
  plain(inputs, { attributes: a }) {
    const { values, count, width } = rowsOf(tensorAt(inputs, 0)), classes = labelCount(labelsOf(a));
    const weights = either(a.class_weights, a.class_weights_as_tensor);
    const forest = keptForest(
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
  plain(inputs, { attributes: a, limits }) {
    const { values, count, width } = rowsOf(tensorAt(inputs, 0)),
      base = either(a.base_values, a.base_values_as_tensor);
    const targets = a.n_targets ?? 1;
    boundedSize([count, targets], "float64", limits);
    const weights = either(a.target_weights, a.target_weights_as_tensor);
    const forest = keptForest(
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

/** Tree ensembles. */
export const treeOps: readonly OpDef[] = [classifier, regressor];
