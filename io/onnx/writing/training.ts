/** A step of training as ONNX files: what it is fed from step to step, and what that begins with. @module */
import { GraphBuilder } from "../../../core/graph/builder.ts";
import { UnsupportedError } from "../../../core/values/errors.ts";
import { type Graph, type GraphInput, typeOf } from "../../../core/graph/graph.ts";
import type { Operators } from "../../../core/graph/op.ts";
import { asTensor, staticShape, typeText } from "../../../core/values/shape.ts";
import { zeros } from "../../../core/values/tensor.ts";

/** Inputs that each step is fed beside data: whatever an output replaces, and the optimizer's slots. */
export function stepState(step: Graph): readonly GraphInput[] {
  const replaced = new Set(step.outputs.map((o) => o.updates));
  return step.inputs.filter((i) => replaced.has(i.name) || i.role === "slot" || i.role === "state");
}
/**
 * A graph without inputs whose outputs, under the names of a step's inputs, are what the first step is fed.
 * @throws {UnsupportedError} naming a state whose size only data tells.
 */
export function initialGraph(step: Graph, registry: Operators): Graph {
  const b = new GraphBuilder(registry, { name: `${step.name}_initial` });
  for (const { name, id, role, value } of stepState(step)) {
    const type = asTensor(typeOf(step, id)), shape = staticShape(type.shape);
    if (!value && !shape) {
      throw new UnsupportedError(
        `${role} ${name}: begins as zeros of a size that only data tells (${typeText(type)})`,
      );
    }
    b.output(name, b.constant(value ?? zeros(shape ?? [], type.dtype)));
  }
  return b.build();
}
