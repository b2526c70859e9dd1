/** Regularizers and constraints that layers' configurations hold, matched with their weights and outputs. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { cast, dtypeOf } from "../../../core/ops/words.ts";
import type { LayerNode } from "../../../core/network/tree.ts";
import type { TrainingPlugins } from "../../../core/training/types.ts";
import type { ConstraintDef, Part, PartKind, PartKinds } from "../../../core/training/contract.ts";
import { partOf } from "../../../core/training/parts.ts";

/** True where `kernelRegularizer` means the weight: `kernel`, a field's stem with `Kernel`, or one of several kernels. */
function means(stem: string, param: string, params: readonly string[]): boolean {
  if (params.includes(stem)) return param === stem;
  const kernel = `${stem}Kernel`;
  if (params.includes(kernel)) return param === kernel;
  return param.toLowerCase().endsWith(stem.toLowerCase());
}

/** Parts of a kind in a layer's configuration, with the weights they are for. */
function* held<K extends PartKind>(
  registry: TrainingPlugins,
  kind: K,
  node: LayerNode,
): Generator<readonly [path: string, part: Part<PartKinds[K]>]> {
  const config = node.layer.config as Readonly<Record<string, unknown>>;
  const word = kind.charAt(0).toUpperCase() + kind.slice(1);
  const params = node.weights.map((w) => w.param);
  for (const [field, raw] of Object.entries(config)) {
    if (!field.endsWith(word) || raw === null || raw === undefined || field === "activityRegularizer") {
      continue;
    }
    const stem = field.slice(0, -word.length), found = partOf(registry, kind, raw, `${node.path}.${field}`);
    for (const entry of node.weights) {
      if (entry.role === "parameter" && means(stem, entry.param, params)) yield [entry.path, found];
    }
  }
}

/** The sum of all penalties on weights and outputs, or undefined where there are none. */
export function penalties(
  b: Builder,
  registry: TrainingPlugins,
  layers: readonly { readonly node: LayerNode; readonly outputs: readonly Value[] }[],
  weights: ReadonlyMap<string, Value>,
): Value | undefined {
  let sum: Value | undefined;
  const add = (x: Value) => {
    sum = sum ? b.add(sum, x) : x;
  };
  for (const { node, outputs } of layers) {
    for (const [path, { def, config }] of held(registry, "regularizer", node)) {
      const w = weights.get(path);
      if (w && node.trainable) add(b.scopeAs(node.path, () => def.build(b, w, config)));
    }
    const own = node.layer.def.activityPenalty?.(node.layer.config) ??
      (node.layer.config as { readonly activityRegularizer?: unknown }).activityRegularizer;
    if (own === null || own === undefined) continue;
    const { def, config } = partOf(registry, "regularizer", own, `${node.path}.activityRegularizer`);
    for (const y of outputs) add(b.scopeAs(node.path, () => perSample(b, y, def.build(b, y, config))));
  }
  return sum;
}
/** Keras divides penalties on outputs by the number of samples. */
function perSample(b: Builder, y: Value, penalty: Value): Value {
  const rows = b.squeeze(b.shape(y, { start: 0, end: 1 }), b.ints([0]));
  return b.div(penalty, cast(b, rows, dtypeOf(penalty)));
}

/** Constraints by weight path. */
export function constraints(
  registry: TrainingPlugins,
  nodes: readonly LayerNode[],
  into: Map<string, Part<ConstraintDef>> = new Map(),
): ReadonlyMap<string, Part<ConstraintDef>> {
  for (const node of nodes) {
    for (const [path, found] of held(registry, "constraint", node)) into.set(path, found);
    constraints(registry, node.children, into);
  }
  return into;
}
