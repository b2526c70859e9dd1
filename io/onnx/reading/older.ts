/** Operators whose older forms take more than other attributes: several nodes, or outputs that are gone. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { OldNode } from "../../../core/graph/op.ts";
import { asTensor, dimsOf } from "../../../core/values/shape.ts";

/** A node before an opset, as what stands in its place. */
interface Older {
  readonly before: number;
  upgrade(from: number, node: OldNode, outputs: number): readonly Value[];
}

/** What training kept for its gradient: the batch's mean, and one by the root of its variance. */
function saved(b: Builder, x: Value, epsilon: unknown): readonly Value[] {
  const rank = dimsOf(x.type).length, { dtype } = asTensor(x.type);
  const axes = b.ints(Array.from({ length: rank }, (_, i) => i).filter((i) => i !== 1));
  const average = (v: Value, keepdims: boolean) => b.reduceMean(v, axes, { keepdims });
  const d = b.sub(x, average(x, true)), spread = average(b.mul(d, d), false);
  const safe = b.add(spread, b.scalar(typeof epsilon === "number" ? epsilon : 1e-5, dtype));
  return [average(x, false), b.reciprocal(b.sqrt(safe))];
}

/** Training was said by naming its outputs, before opset 7 by an attribute; without `spatial` each element has statistics of its own. */
const batchNormalization: Older = {
  before: 14,
  upgrade(from, { attributes, inputs, builder: b }, outputs) {
    const { is_test, spatial, consumed_inputs: _, ...rest } = attributes, [x, ...parameters] = inputs;
    const training = outputs > 1 || (from < 7 && is_test === 0), mean = parameters[2];
    const whole = from >= 9 || Number(spatial ?? 1) !== 0 || !x || !mean;
    const flat = parameters.map((v) => (whole || !v ? v : b.reshape(v, b.ints([-1]))));
    const data = whole || !x ? x : b.flatten(x, { axis: 1 });
    const given = training ? { ...rest, training_mode: true } : rest;
    const [y, ...running] = b.op("BatchNormalization", [data, ...flat], given, { outputs: training ? 3 : 1 });
    if (outputs > 3 && data) running.push(...saved(b, data, rest["epsilon"]));
    const like = (v: Value | undefined, to: Value | undefined) =>
      v && (whole || !to ? v : b.reshape(v, b.shape(to)));
    return [like(y, x), ...running.map((v) => like(v, mean))].filter((v) => v !== undefined);
  },
};
/** The ratio was an attribute, and training was told by a mode or not at all; then the mask, in x's type before opset 10, is empty. */
const dropout: Older = {
  before: 12,
  upgrade(from, { attributes, inputs: [x], builder: b }, outputs) {
    const { ratio = 0.5, seed, is_test, consumed_inputs: _, ...rest } = attributes;
    const training = from < 7 && is_test !== 1 && is_test !== undefined;
    const given = seed === undefined ? rest : { ...rest, seed };
    if (!x) return [];
    const [y, mask] = b.dropout(x, b.scalar(Number(ratio)), b.scalar(training, "bool"), given);
    if (!mask || outputs < 2) return [y];
    const { dtype } = asTensor(x.type);
    const told = training ? mask : b.and(mask, b.scalar(false, "bool"));
    return [y, from < 10 ? b.cast(told, { to: dtype }) : told];
  },
};
const older: Readonly<Record<string, Older>> = {
  BatchNormalization: batchNormalization,
  Dropout: dropout,
};
/** Whether an operator's form of an opset is one of this file's. */
export function hasOlderForm(op: string, opset: number): boolean {
  return Object.hasOwn(older, op) && opset < (older[op]?.before ?? 0);
}
/** What an older node's outputs come to, for the operators of this file. */
export function olderForm(from: number, node: OldNode, outputs: number): readonly Value[] | undefined {
  return hasOlderForm(node.op, from) ? older[node.op]?.upgrade(from, node, outputs) : undefined;
}
