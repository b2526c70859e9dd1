/** How opsets before 7 said which axes an operand is broadcast along, in today's terms. @module */
import type { OldNode } from "../graph/op.ts";
import { dimsOf } from "../values/shape.ts";

/**
 * Before opset 7 only the second operand was broadcast, where `broadcast` was set, and `axis` said where its first axis
 * stands; today trailing axes of one element say so. Attributes that no longer mean anything are dropped.
 */
export function upgradeBroadcast(from: number, node: OldNode): OldNode {
  if (from >= 7) return node;
  const { broadcast, axis, consumed_inputs: _, ...attributes } = node.attributes,
    [x, y, ...rest] = node.inputs;
  if (!broadcast || typeof axis !== "number" || !x || !y) return { ...node, attributes };
  const rank = dimsOf(x.type).length, width = dimsOf(y.type).length, at = axis < 0 ? axis + rank : axis;
  const behind = Array.from({ length: Math.max(0, rank - at - width) }, (_, i) => width + i);
  if (behind.length === 0) return { ...node, attributes };
  return {
    ...node,
    attributes,
    inputs: [x, node.builder.unsqueeze(y, node.builder.ints(behind)), ...rest],
  };
}
/** Drops what opset 1 said of memory reuse. */
export function upgradeUnary(from: number, node: OldNode): OldNode {
  if (from >= 6) return node;
  const { consumed_inputs: _, ...attributes } = node.attributes;
  return { ...node, attributes };
}
