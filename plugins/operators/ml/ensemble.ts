/** TreeEnsemble of ai.onnx.ml 5: nodes and leaves in lists of their own. @module */
import type { DType } from "../../../core/values/dtype.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { result } from "../../../core/ops/arrays.ts";
import { defineOp, inputOf, tensorAt, tensorField } from "../../../core/ops/define.ts";
import { numbersOf } from "../../../core/ops/kernels.ts";
import { int, nullable } from "../../../core/values/schema.ts";
import { tensorType } from "../../../core/values/shape.ts";
import type { Tensor } from "../../../core/values/tensor.ts";
import { boundedSize } from "../bounds.ts";
import { maybeTensor, wholes } from "../fields.ts";
import {
  type Aggregate,
  checkFeatures,
  checkForest,
  type Forest,
  keptForest,
  leafMode,
  votesFor,
} from "./forest.ts";
import { checkIndices, postTransforms, rowDim, rowsOf, transformed } from "./scores.ts";

type Ints = readonly number[] | null;
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
  plain(inputs, { attributes: a, limits }) {
    const x = tensorAt(inputs, 0), { values, count, width } = rowsOf(x), targets = targetsOf(a);
    const forest = keptForest(a, listedForest),
      out = new Float64Array(boundedSize([count, targets], "float64", limits));
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

/** TreeEnsemble. */
export const ensembleOps: readonly OpDef[] = [ensemble];
