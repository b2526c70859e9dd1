/** Dense layers as neurons: inputs, weighted sums, activations, biases and outputs, with weights and gradients. @module */
import { input, type Model, sequential, tensor } from "../../../mod.ts";
import { activation } from "../../../public/layers.ts";
import type { LayerNode } from "../../../public/plugins.ts";
import { toNumbers } from "../../../public/tensors.ts";
import type { Connection, Neuron, NeuronsData } from "../data.ts";
import { rowOf } from "./numbers.ts";
import { firstOf, type Subject, treeOf } from "../subject.ts";

/** Layers that only hand numbers on, so that a row of dense layers goes through them. */
const passing: ReadonlySet<string> = new Set([
  "Flatten",
  "Dropout",
  "InputLayer",
  "Identity",
  "GaussianNoise",
]);

/** The last row of dense layers over plain vectors, with the activations that follow each; none where there is none. */
export function denseChain(model: Model): readonly LayerNode[] {
  const chain: LayerNode[] = [];
  for (const node of [...treeOf(model)].reverse()) {
    const type = node.outputs[0], kind = node.layer.def.name;
    if (kind === "Dense" && type?.kind === "tensor" && type.shape?.length === 2) chain.unshift(node);
    else if (!(kind === "Activation" || kind === "ReLU" || kind === "Softmax" || passing.has(kind))) break;
  }
  return model.network.kind === "Sequential" || isLine(model) ? chain : [];
}
/** Every layer reads the one before it. */
function isLine(model: Model): boolean {
  const { calls, inputs } = model.network;
  return inputs.length === 1 && calls.every((call, i) =>
    call.inputs.length === 1 &&
    (i === 0 ? call.inputs[0] === inputs[0] : call.inputs[0]?.call === calls[i - 1])
  );
}

/** The activation's name, as a person says it. */
export function activationName(config: unknown): string {
  const spec = (config as { readonly activation?: unknown } | undefined)?.activation;
  if (typeof spec === "string") return spec;
  if (typeof spec === "object" && spec !== null && "name" in spec) return String(spec.name);
  return "linear";
}
/** What an activation makes of numbers, by the layer itself. */
export async function activated(spec: unknown, values: ArrayLike<number>): Promise<ArrayLike<number>> {
  const model = sequential([input({ shape: [values.length] }), activation({ activation: spec as string })]);
  const y = await model.predict(tensor(Float32Array.from(values), [1, values.length]));
  model.close();
  return toNumbers(y);
}

/** The strongest units: those with the largest sums of absolute weights, in their own order. */
function strongest(strength: readonly number[], count: number): readonly number[] {
  return strength.map((s, i) => [s, i] as const).sort((a, b) => b[0] - a[0] || a[1] - b[1])
    .slice(0, count).map(([, i]) => i).sort((a, b) => a - b);
}

/**
 * The dense layers as neurons, `units` of each column at most.
 * @throws {InputError} where the model has no dense layers in a row.
 */
export async function neuronsData(subject: Subject, units: number): Promise<NeuronsData> {
  const { model, assets } = subject, chain = denseChain(model), slope = await subject.slope();
  const weights = model.weights, neurons: Neuron[] = [], connections: Connection[] = [];
  const columns: { title: string; shown: number; of: number }[] = [];
  if (chain.length === 0) return { neurons, connections, columns, gradients: false };
  const kernels = chain.map((node) => {
    const of = (param: string) => {
      const path = node.weights.find((w) => w.param === param)?.path;
      const value = path === undefined ? undefined : weights.get(path);
      const gradient = path === undefined ? undefined : slope?.weights.get(path);
      return value &&
        { numbers: toNumbers(value), shape: value.shape, gradient: gradient && toNumbers(gradient) };
    };
    return { node, kernel: of("kernel"), bias: of("bias") };
  });
  const seen = await model.activations(subject.sample);
  const before = inputOf(model, chain[0], seen, subject);
  const first = kernels[0]?.kernel, width = first?.shape[0] ?? 0;
  const strengthIn = (k: typeof first, rows: number, columns: number, byRow: boolean) => {
    const sums = new Array<number>(byRow ? rows : columns).fill(0);
    k?.numbers.forEach((w: number, i: number) => {
      const at = byRow ? Math.floor(i / columns) : i % columns;
      sums[at] = (sums[at] ?? 0) + Math.abs(w);
    });
    return sums;
  };
  // A column's units are judged by their weights to the next layer: those that matter are shown.
  let shown = strongest(strengthIn(first, width, first?.shape[1] ?? 0, true), units);
  columns.push({ title: "input", shown: shown.length, of: width });
  shown.forEach((unit, row) =>
    neurons.push({
      id: `x${unit}`,
      kind: "input",
      layer: "input",
      label: `x${unit}`,
      unit,
      column: 0,
      row,
      ...(before && { value: before[unit] ?? 0 }),
    })
  );
  let ids = shown.map((unit) => `x${unit}`), inputs = before, column = 0;
  for (const [at, { node, kernel, bias }] of kernels.entries()) {
    if (!kernel) continue;
    const [rows = 0, size = 0] = kernel.shape, last = at === kernels.length - 1;
    const next = kernels[at + 1]?.kernel;
    const mine = last && size <= 3 * units ? Array.from({ length: size }, (_, i) => i) : strongest(
      next ? strengthIn(next, size, next.shape[1] ?? 0, true) : strengthIn(kernel, rows, size, false),
      units,
    );
    const name = activationName(node.layer.config);
    const sums = inputs && weighted(inputs, kernel.numbers, bias?.numbers, rows, size);
    const outputs = sums && await activated((node.layer.config as { activation?: unknown }).activation, sums);
    columns.push({ title: node.name, shown: mine.length, of: size });
    const biasId = `${node.path}:bias`;
    if (bias) {
      neurons.push({ id: biasId, kind: "bias", layer: node.path, label: "bias", column, row: -1, value: 1 });
    }
    mine.forEach((unit, row) => {
      const sum = `${node.path}:s${unit}`, out = `${node.path}:a${unit}`;
      const label = last ? assets.labels?.[unit] ?? `${unit}` : `${unit}`;
      neurons.push(
        {
          id: sum,
          kind: "sum",
          layer: node.path,
          label: `Σ${unit}`,
          unit,
          column: column + 1,
          row,
          ...value(sums, unit),
        },
        {
          id: out,
          kind: "activation",
          layer: node.path,
          label: name,
          unit,
          column: column + 2,
          row,
          ...value(outputs, unit),
        },
      );
      connections.push({ from: sum, to: out });
      if (last) {
        const id = `${node.path}:y${unit}`;
        neurons.push({
          id,
          kind: "output",
          layer: node.path,
          label,
          unit,
          column: column + 3,
          row,
          ...value(outputs, unit),
        });
        connections.push({ from: out, to: id });
      }
      shown.forEach((from, i) => {
        const k = from * size + unit, id = ids[i];
        if (id === undefined) return;
        connections.push({
          from: id,
          to: sum,
          weight: kernel.numbers[k] ?? 0,
          ...slopeAt(kernel.gradient, k),
        });
      });
      if (bias) {
        connections.push({
          from: biasId,
          to: sum,
          weight: bias.numbers[unit] ?? 0,
          ...slopeAt(bias.gradient, unit),
        });
      }
    });
    shown = mine;
    ids = mine.map((unit) => `${node.path}:a${unit}`);
    inputs = outputs && Float64Array.from({ length: outputs.length }, (_, i) => outputs[i] ?? 0);
    const after = chain[at + 1] && inputOf(model, chain[at + 1], seen, subject);
    if (after && inputs && after.length === inputs.length) inputs = after;
    column += 2;
  }
  return { neurons, connections, columns, gradients: slope !== undefined };
}
const value = (list: ArrayLike<number> | undefined, at: number) => (list ? { value: list[at] ?? 0 } : {});
const slopeAt = (
  list: ArrayLike<number> | undefined,
  at: number,
) => (list ? { gradient: list[at] ?? 0 } : {});

/** What a layer of the chain reads for the sample: the output of the layer before it, flat. */
function inputOf(
  model: Model,
  node: LayerNode | undefined,
  seen: ReadonlyMap<string, Parameters<typeof firstOf>[0]>,
  subject: Subject,
): Float64Array | undefined {
  const call = node && model.network.calls.find((c) => c.layer === node.layer), from = call?.inputs[0];
  if (!from) return undefined;
  const maker = from.call && treeOf(model).find((n) => n.layer === from.call?.layer);
  const t = maker ? firstOf(seen.get(maker.path)) : subject.sample[model.inputs[0]?.name ?? ""];
  return t && t.dtype !== "string" ? Float64Array.from(rowOf(t, 0)) : undefined;
}
function weighted(
  x: ArrayLike<number>,
  kernel: ArrayLike<number>,
  bias: ArrayLike<number> | undefined,
  rows: number,
  size: number,
): Float64Array {
  const out = Float64Array.from({ length: size }, (_, i) => bias?.[i] ?? 0);
  for (let r = 0; r < rows; r++) {
    const v = x[r] ?? 0;
    if (v === 0) continue;
    for (let c = 0; c < size; c++) out[c] = (out[c] ?? 0) + v * (kernel[r * size + c] ?? 0);
  }
  return out;
}
