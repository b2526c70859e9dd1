/** What the layers' tests share: a registry, running a layer on plain, comparing numbers. @module */
import { ok } from "node:assert/strict";
import { applyAll, functional, input, type InputOptions } from "../../core/network/functional.ts";
import type { Layer } from "../../core/network/layer.ts";
import { Model } from "../../core/model/model.ts";
import type { ApplyOptions, SymbolicTensor } from "../../core/network/network.ts";
import { networkOps } from "../../core/ops/mod.ts";
import { createRegistry, type Registry } from "../../core/registry.ts";
import { type Tensor, tensor, toNumbers } from "../../core/values/tensor.ts";
import { activations } from "../activations/mod.ts";
import { plain } from "../backends/plain/mod.ts";
import { initializers } from "../initializers/mod.ts";
import { textOps } from "../operators/text/text.ts";
import { layers } from "./mod.ts";

/** Core's operators and everything a layer is made of, with the plain backend. */
export const registry: Registry = createRegistry([
  ...networkOps,
  ...textOps,
  ...activations,
  ...initializers,
  ...layers,
  plain,
]);

/** Numbers that follow from a seed, between −1 and 1. */
export function some(shape: readonly number[], seed = 1): Tensor {
  const size = shape.reduce((n, d) => n * d, 1);
  return tensor(Float32Array.from({ length: size }, (_, i) => Math.sin(seed * 7.3 + i * 1.7)), shape);
}
/** Begins a network in the tests' registry. */
export function start(options: InputOptions): SymbolicTensor {
  return input({ ...options, registry });
}
/** A model of outputs, with weights by path; those not given are initialised. */
export function modelOf(
  inputs: SymbolicTensor | readonly SymbolicTensor[],
  outputs: SymbolicTensor | readonly SymbolicTensor[],
  weights: Readonly<Record<string, Tensor>> = {},
): Model {
  return Model.fromNetwork(functional({ inputs, outputs }), registry, {
    backend: "plain",
    weights: new Map(Object.entries(weights)),
  });
}
/** A layer's outputs for tensors; sizes in `open` (axis numbers of the first input) are left to the run. */
export async function run(
  layer: Layer,
  inputs: Tensor | readonly Tensor[],
  options: {
    readonly apply?: ApplyOptions;
    readonly open?: readonly number[];
    readonly weights?: Record<string, Tensor>;
  } = {},
): Promise<readonly Tensor[]> {
  const given = Array.isArray(inputs) ? inputs as readonly Tensor[] : [inputs as Tensor];
  const symbols = given.map((t, i) =>
    start({
      shape: t.shape.slice(1).map((d, axis) => (options.open?.includes(axis + 1) ? null : d)),
      dtype: t.dtype,
      name: `x${i}`,
    })
  );
  const outputs = applyAll(layer, symbols, options.apply);
  const m = modelOf(symbols, outputs, options.weights);
  const results = await m.run(Object.fromEntries(given.map((t, i) => [`x${i}`, t])));
  return m.outputs.map((port) => results[port.name]).filter((t) => t !== undefined);
}
/** The first output of {@link run}. */
export async function runOne(...args: Parameters<typeof run>): Promise<Tensor> {
  const [first] = await run(...args);
  if (!first) throw new Error("the layer gave nothing");
  return first;
}
/** Numbers rounded for comparing with figures written by hand. */
export function rounded(t: Tensor, digits = 4): readonly number[] {
  return Array.from(toNumbers(t), (x) => Math.round(x * 10 ** digits) / 10 ** digits + 0);
}
/** Two tensors of one shape, element by element within `by`. */
export function close(got: Tensor | undefined, wanted: Tensor | undefined, by = 1e-5): void {
  ok(got && wanted, "a tensor is missing");
  ok(got.shape.join() === wanted.shape.join(), `shape [${got.shape}], expected [${wanted.shape}]`);
  const x = toNumbers(got), y = toNumbers(wanted);
  x.forEach((v, i) => ok(Math.abs(v - (y[i] ?? NaN)) <= by, `element ${i}: ${v}, expected ${y[i]}`));
}
