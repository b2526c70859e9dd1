/** Runs steps: the training or testing graph of a compiled model on an engine, its numbers brought together. @module */
import { GraphBuilder } from "../../../core/graph/builder.ts";
import { type Graph, opName, typeOf } from "../../../core/graph/graph.ts";
import type { Layer } from "../../../core/network/layer.ts";
import { eachWeight, type LayerNode } from "../../../core/network/tree.ts";
import { philox } from "../../../core/values/random.ts";
import type { TrainingPlugins } from "../../../core/training/types.ts";
import { staticShape } from "../../../core/values/shape.ts";
import {
  castTensor,
  copyOf,
  isTensor,
  type RuntimeValue,
  scalar,
  sizeOf,
  type Tensor,
  tensor,
  toNumbers,
} from "../../../core/values/tensor.ts";
import { isDifferentiable } from "../../../core/graph/gradient.ts";
import { philoxKey } from "../../../core/ops/random/philox.ts";
import { type Compiled, outputName } from "./compiled.ts";
import type { BatchForm } from "./form.ts";
import { lossGraph, lossName, outputLossName, sumName } from "./forward.ts";
import { constraints } from "./penalties.ts";
import { iterationName, stepGraph } from "./step.ts";
import type { Trainable } from "../../../core/training/contract.ts";
import type { GraphParts } from "../../../core/training/types.ts";

/** A copy of a weight as it is now. */
function valueAt(model: GraphParts["model"], path: string): Tensor {
  const value = model.weight(path);
  if (!value) throw new RangeError(`no weight ${path}`);
  return copyOf(value);
}
/** Weights that training changes, in the order of the model's. */
export function trainables({ model, graph }: GraphParts): Trainable[] {
  if (graph) {
    return graph.inputs.flatMap(({ name, id, role }) => {
      const type = typeOf(graph, id), shape = type.kind === "tensor" ? staticShape(type.shape) : undefined;
      return role === "parameter" && shape && isDifferentiable(type) ? [{ path: name, shape }] : [];
    });
  }
  return [...eachWeight(model.tree)].flatMap(([{ path, shape, trainable }]) =>
    trainable ? [{ path, shape, value: () => valueAt(model, path) }] : []
  );
}
/** What a compilation trains, from its first step on. */
export interface Trained {
  /** Weights that steps change. */
  readonly weights: readonly Trainable[];
  /** Which layers train; the statistics of those that don't stay. */
  readonly layers: ReadonlyMap<Layer, boolean>;
}
/** What a model would train as its layers are frozen now. */
export function trainedNow(parts: GraphParts): Trained {
  const layers = new Map<Layer, boolean>();
  const walk = (nodes: readonly LayerNode[]) => {
    for (const { layer, children } of nodes) {
      layers.set(layer, layer.trainable);
      walk(children);
    }
  };
  if (!parts.graph) walk(parts.model.tree);
  return { weights: trainables(parts), layers };
}
/** Shapes of recurrent states, which sessions carry from step to step, by path; undefined where only data tells. */
export function stateShapes({ model, graph }: GraphParts): Map<string, readonly number[] | undefined> {
  if (graph) {
    return new Map(graph.inputs.flatMap(({ name, id, role }) => {
      const type = typeOf(graph, id);
      if (role !== "state") return [];
      return [[name, type.kind === "tensor" ? staticShape(type.shape) : undefined] as const];
    }));
  }
  const states = [...eachWeight(model.tree)].filter(([entry]) => entry.role === "state");
  return new Map(states.map(([{ path, shape }]) => [path, shape]));
}

/** The graph of a test: losses and metrics in inference. */
export function testGraph(parts: GraphParts, compiled: Compiled, form: BatchForm): Graph {
  return lossGraph(parts, { training: false, compiled, form, weights: parts.model.weights });
}
/** The graph of a training step. */
export function trainingGraph(
  parts: GraphParts,
  compiled: Compiled,
  form: BatchForm,
  slots: ReadonlyMap<string, Tensor>,
  trained: Trained = trainedNow(parts),
): Graph {
  const { model, registry } = parts, { optimizer } = compiled, { weights, layers: trainable } = trained;
  if (!optimizer) throw new RangeError("no optimizer");
  const forward = lossGraph(parts, { training: true, compiled, form, weights: model.weights, trainable });
  return stepGraph({
    registry,
    forward,
    optimizer,
    weights,
    constraints: parts.graph ? new Map() : constraints(registry, model.tree),
    slots,
  });
}

/** What tells keys of steps from other uses of Philox under one seed. */
const keyPurpose = 0x6b657973;
/** The graph with its random keys computed inside, as {@link randomKeys} gives them, from the count of steps. */
export function withKeys(graph: Graph, seed: number, registry: TrainingPlugins): Graph {
  const random = graph.inputs.filter((i) => i.role === "random");
  if (random.length === 0) return graph;
  const step = graph.inputs.find((i) => i.name === iterationName);
  if (!step) throw new RangeError(`graph ${graph.name}: counts no steps`);
  const b = new GraphBuilder(registry, { name: graph.name }), keys = new Map<number, number>();
  b.begin({ ...graph, inputs: graph.inputs.filter((i) => i.role !== "random") });
  const key = b.constant(scalar(BigInt(seed), "int64")), count = b.valueAt(step.id);
  b.scopeAs("random", () => {
    random.forEach(({ id }, at) => count && keys.set(id, philoxKey(b, count, [keyPurpose, at], key).id));
  });
  for (const node of graph.nodes) {
    const keyed = node.inputs.some((id) => keys.has(id));
    const own = keyed ? { ...node, inputs: node.inputs.map((id) => keys.get(id) ?? id) } : node;
    b.keep(own, registry.get("op", opName(node)));
  }
  return { ...b.build(), outputs: graph.outputs, ...(graph.agreements && { agreements: graph.agreements }) };
}
/** Keys of a graph's random inputs for one step: Philox under the seed, by the step's number; of tests after it, by theirs. */
export function randomKeys(graph: Graph, seed: number, step: number, test = 0): Record<string, Tensor> {
  const out: Record<string, Tensor> = {};
  graph.inputs.filter((i) => i.role === "random").forEach(({ name, id }, at) => {
    const type = typeOf(graph, id);
    if (type.kind !== "tensor") return;
    const shape = staticShape(type.shape) ?? [], high = Math.floor(step / 2 ** 32);
    const words = philox([step >>> 0, high >>> 0, (keyPurpose + test) >>> 0, at], [
      seed >>> 0,
      Math.floor(seed / 2 ** 32) >>> 0,
    ]);
    const bits = Array.from({ length: sizeOf(shape) }, (_, i) => words[i % 4] ?? 0);
    out[name] = castTensor(tensor(bits, shape, "int64"), type.dtype);
  });
  return out;
}

/** A mean over batches. */
class Mean {
  #sum = 0;
  #count = 0;
  add(value: number, count: number): void {
    this.#sum += value * count;
    this.#count += count;
  }
  get value(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }
}
/**
 * Brings the numbers of batches together: the loss weighted by samples, metrics from their sums. Losses of several
 * outputs are means of batches as they are in Keras 3 on TensorFlow, and weighted by samples as before it.
 */
export class Tally {
  readonly #compiled: Compiled;
  readonly #losses = new Map<string, Mean>();
  readonly #sums = new Map<string, Float64Array>();
  constructor(compiled: Compiled) {
    this.#compiled = compiled;
  }
  /** Takes a batch's results in. */
  add(results: Readonly<Record<string, RuntimeValue>>, rows: number): void {
    const { losses, metrics, keras } = this.#compiled;
    const number = (name: string) => {
      const value = results[name];
      return isTensor(value) ? Number(toNumbers(value)[0]) : 0;
    };
    const add = (name: string, from: string, count: number) => {
      const mean = this.#losses.get(name) ?? new Mean();
      mean.add(number(from), count);
      this.#losses.set(name, mean);
    };
    add("loss", lossName, rows);
    for (const { output } of losses.length > 1 ? losses : []) {
      add(outputName(output.name, "loss"), outputLossName(output.name), keras >= 3 ? 1 : rows);
    }
    metrics.forEach((_, i) => {
      const prefix = sumName(i, "");
      for (const [name, value] of Object.entries(results)) {
        if (!name.startsWith(prefix) || !isTensor(value)) continue;
        const numbers = toNumbers(value), sum = this.#sums.get(name) ?? new Float64Array(numbers.length);
        for (let k = 0; k < sum.length; k++) sum[k] = (sum[k] ?? 0) + (numbers[k] ?? 0);
        this.#sums.set(name, sum);
      }
    });
  }
  /** The numbers so far, by name. */
  logs(): Record<string, number> {
    const out: Record<string, number> = {};
    for (const [name, mean] of this.#losses) out[name] = mean.value;
    this.#compiled.metrics.forEach(({ name, metric }, i) => {
      const prefix = sumName(i, ""), sums: Record<string, readonly number[]> = {};
      for (const [key, sum] of this.#sums) {
        if (key.startsWith(prefix)) sums[key.slice(prefix.length)] = Array.from(sum);
      }
      out[name] = metric.def.result(sums, metric.config);
    });
    return out;
  }
}
