/** Helpers for tests that run one graph on several engines. @module */
import { createRegistry, type Registry } from "../../core/registry.ts";
import { networkOps } from "../../core/ops/mod.ts";
import { activations } from "../../plugins/activations/mod.ts";
import { wasm } from "../../plugins/backends/wasm/mod.ts";
import { plain } from "../../plugins/backends/plain/mod.ts";
import type { BackendDef, Session } from "../../core/graph/backend.ts";
import type { Graph } from "../../core/graph/graph.ts";
import { GraphBuilder } from "../../core/graph/builder.ts";
import { Random } from "../../core/values/random.ts";
import { isTensor, type RuntimeValue, sizeOf, type Tensor, toNumbers } from "../../core/values/tensor.ts";

/** Operators, activations and the two engines of our own. */
export const registry: Registry = createRegistry([
  { owner: "core", plugins: networkOps },
  { owner: "activations", plugins: activations },
  { owner: "backends", plugins: [wasm, plain] },
]);
/** The engines of our own. */
export const engines: readonly BackendDef[] = [wasm, plain];

/** A tensor of seeded normal numbers. */
export function normal(shape: readonly number[], seed: number, scale = 1): Tensor {
  const random = new Random(seed);
  return {
    dtype: "float32",
    shape,
    data: Float32Array.from({ length: sizeOf(shape) }, () => scale * random.normal()),
  };
}
/** Builds a graph with the test registry. */
export function graphOf(fill: (b: GraphBuilder) => void): Graph {
  const b = new GraphBuilder(registry, { name: "test" });
  fill(b);
  return b.build();
}
/** Compiles on an engine. */
export function compile(engine: BackendDef, graph: Graph): Promise<Session> {
  return engine.compile(graph, { registry });
}
/** The tensor in a result. */
export function tensorOf(value: RuntimeValue | undefined): Tensor {
  if (!isTensor(value)) throw new TypeError("expected a tensor");
  return value;
}
/** The largest difference of two tensors of one shape. */
export function difference(a: Tensor, b: Tensor): number {
  if (`${a.shape}` !== `${b.shape}`) throw new RangeError(`shapes [${a.shape}] and [${b.shape}]`);
  const x = toNumbers(a), y = toNumbers(b);
  let most = 0;
  for (let i = 0; i < x.length; i++) {
    const d = Math.abs((x[i] ?? 0) - (y[i] ?? 0));
    if (!(d <= most)) most = d;
  }
  return most;
}
