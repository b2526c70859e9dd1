/** The graph of a model with its losses, penalties and sums of metrics in place of its outputs. @module */
import { assemble } from "../../../core/network/assemble.ts";
import { GraphBuilder } from "../../../core/graph/builder.ts";
import { inputsInto } from "../../../core/graph/differentiate.ts";
import type { Port } from "../../../core/model/feed.ts";
import { replay } from "../../../core/graph/gradient.ts";
import type { Graph, Value } from "../../../core/graph/graph.ts";
import { cast } from "../../../core/ops/words.ts";
import type { Layer } from "../../../core/network/layer.ts";
import type { LayerNode } from "../../../core/network/tree.ts";
import { asTensor, normalAxis, tensorType } from "../../../core/values/shape.ts";
import type { Tensor } from "../../../core/values/tensor.ts";
import type { LossContext, LossDef, LossValues, Part, Reduction } from "../../../core/training/contract.ts";
import type { Compiled, OutputLoss } from "./compiled.ts";
import type { BatchForm } from "./form.ts";
import { penalties } from "./penalties.ts";
import { besideValues, reduceLoss } from "./reduce.ts";
import type { GraphParts } from "../../../core/training/types.ts";

/** Names of a step's graph inputs. */
export const targetName = (output: string): string => `target/${output}`;
/** Names of a step's graph inputs. */
export const weightName = (output: string): string => `sample_weight/${output}`;
/** Names of a step's graph outputs. */
export const lossName = "loss";
/** The loss of one output of several. */
export const outputLossName = (output: string): string => `loss/${output}`;
/** A metric's sum. */
export const sumName = (metric: number, sum: string): string => `metric/${metric}/${sum}`;

/** How the graph is made. */
export interface ForwardOptions {
  readonly training: boolean;
  readonly compiled: Pick<Compiled, "losses" | "metrics" | "meanOver" | "keras">;
  /** Of the batches that are fed. */
  readonly form: BatchForm;
  readonly weights: ReadonlyMap<string, Tensor>;
  /** Which layers train, where that was settled earlier. */
  readonly trainable?: ReadonlyMap<Layer, boolean>;
}

interface View {
  readonly b: GraphBuilder;
  readonly outputs: readonly Value[];
  readonly weights: ReadonlyMap<string, Value>;
  readonly layers: readonly { readonly node: LayerNode; readonly outputs: readonly Value[] }[];
}

/** Where the output is the softmax (over its last axis) or sigmoid of something, what that is. */
function logitsOf(b: GraphBuilder, output: Value): LossContext<unknown>["logits"] {
  const node = b.makerOf(output);
  if (!node || node.domain !== "" || (node.op !== "Softmax" && node.op !== "Sigmoid")) return undefined;
  const value = b.valueAt(node.inputs[0] ?? -1);
  if (!value) return undefined;
  const rank = asTensor(output.type).shape?.length ?? 0;
  if (node.op === "Softmax" && normalAxis(Number(node.attributes["axis"] ?? -1), rank) !== rank - 1) {
    return undefined;
  }
  return { of: node.op, value };
}

const both = (b: GraphBuilder, x: Value | undefined, y: Value | undefined) =>
  x && y ? b.and(cast(b, x, "bool"), cast(b, y, "bool")) : x ?? y;

/** Adds targets, losses, penalties and metric sums, and names the outputs. */
function addLosses(parts: GraphParts, options: ForwardOptions, ports: readonly Port[], view: View): void {
  const { b } = view, { losses, metrics } = options.compiled, targets = new Map<string, Value>();
  const sampleWeights = new Map<string, Value>(), { weighted, free } = options.form;
  const valueOf = (port: Port) => view.outputs[ports.findIndex((p) => p.name === port.name)];
  const targetOf = (port: Port, type = tensorType("float32", asTensor(port.type).shape)) => {
    const known = targets.get(port.name);
    if (known) return known;
    const made = b.input(targetName(port.name), type);
    targets.set(port.name, made);
    return made;
  };
  const weightsFor = (port: Port, output: Value) => {
    const known = sampleWeights.get(port.name), rank = weighted.get(port.name);
    if (known || rank === undefined) return known;
    const dims = asTensor(output.type).shape ?? [];
    const made = b.input(weightName(port.name), tensorType("float32", dims.slice(0, rank)));
    sampleWeights.set(port.name, made);
    return made;
  };
  let total: Value | undefined;
  for (const part of losses) {
    const output = valueOf(part.output);
    if (!output) continue;
    const target = targetOf(part.target, asTensor(part.target.type));
    const given = weightsFor(part.output, output);
    const loss = b.scopeAs(
      lossName,
      () => oneLoss(b, part, output, target, given, options.compiled),
    );
    if (losses.length > 1) b.output(outputLossName(part.output.name), loss);
    const weighted = part.weight === 1 ? loss : b.mul(loss, b.scalar(part.weight));
    total = total ? b.add(total, weighted) : weighted;
  }
  const penalty = penalties(b, parts.registry, view.layers, view.weights);
  if (penalty) total = total ? b.add(total, penalty) : penalty;
  if (total) b.output(lossName, total);
  metrics.forEach(({ output: port, metric, weighted: counts }, i) => {
    const output = valueOf(port), loss = losses.find((l) => l.output.name === port.name);
    if (!output) return;
    const own = free.get(port.name), dims = asTensor(output.type).shape;
    const target = targetOf(
      port,
      loss ? asTensor(loss.target.type) : own && tensorType(own.dtype, dims?.slice(0, own.rank)),
    );
    const mask = output.mask && cast(b, output.mask, "float32");
    const given = counts ? weightsFor(port, output) : undefined;
    const weights = given ? weightsLike(b, given, output, mask) : mask;
    const sums = b.scopeAs("metrics", () =>
      metric.def.build({
        b,
        config: metric.config,
        target,
        output: b.masked(output, undefined),
        plainLabels: hasPlainLabels(options.compiled),
        ...(weights && { weights }),
      }));
    for (const [name, value] of Object.entries(sums)) b.output(sumName(i, name), value);
  });
}
/** Weights of samples (or steps) for every leading element of an output, those that a mask leaves out 0. */
function weightsLike(b: GraphBuilder, own: Value, output: Value, mask: Value | undefined): Value {
  const leading = Math.max(1, (asTensor(output.type).shape?.length ?? 1) - 1);
  const rank = asTensor(own.type).shape?.length ?? 1;
  const axes = Array.from({ length: Math.max(0, leading - rank) }, (_, i) => rank + i);
  const wide = axes.length === 0 ? own : b.unsqueeze(own, b.ints(axes));
  const whole = b.expand(wide, b.shape(output, { start: 0, end: leading }));
  return mask ? b.mul(whole, mask) : whole;
}
function oneLoss(
  b: GraphBuilder,
  { loss }: OutputLoss,
  output: Value,
  target: Value,
  given: Value | undefined,
  compiled: ForwardOptions["compiled"],
): Value {
  const { values, mask } = lossValues(b, loss, output, target, hasPlainLabels(compiled));
  const all = output.mask && mask ? both(b, besideValues(b, output.mask, mask), mask) : output.mask ?? mask;
  const reduction = (loss.config.reduction ?? "sum_over_batch_size") as Reduction;
  return reduceLoss(b, values, reduction, all, given, compiled.meanOver);
}
/** True where labels 0 and 1 stay what they are in hinge losses, as in Keras up to 2.2. */
export const hasPlainLabels = ({ meanOver, keras }: ForwardOptions["compiled"]) =>
  meanOver === "weighted" && keras < 2.003;
function lossValues(
  b: GraphBuilder,
  loss: Part<LossDef>,
  output: Value,
  target: Value,
  plainLabels: boolean,
): LossValues {
  const logits = logitsOf(b, output);
  return loss.def.build({
    b,
    config: loss.config,
    target,
    output: b.masked(output, undefined),
    plainLabels,
    ...(logits && { logits }),
  });
}

/**
 * The graph whose outputs are `loss`, `loss/OUTPUT` where several outputs have one, `metric/…` sums, and the updates
 * that layers make; its inputs are the model's, `target/OUTPUT` and `sample_weight/OUTPUT`.
 * @throws {ShapeError} where targets don't fit a loss.
 */
export function lossGraph(parts: GraphParts, options: ForwardOptions): Graph {
  const { model, registry, graph } = parts, ports = model.outputs;
  const { training, weights, trainable } = options;
  if (graph) return extendGraph(parts, graph, options, ports);
  return assemble(model.network, registry, {
    training,
    weights,
    draws: model.draws,
    ...(trainable && { trainable }),
    ...(parts.limits && { limits: parts.limits }),
    extend: (view) => addLosses(parts, options, ports, view),
  }).graph;
}
/** A bare graph with losses in place of its outputs. */
function extendGraph(
  parts: GraphParts,
  graph: Graph,
  options: ForwardOptions,
  ports: readonly Port[],
): Graph {
  const b = new GraphBuilder(parts.registry, { name: graph.name });
  const withWeights = graph.inputs.map((i) => {
    const value = options.weights.get(i.name);
    return value ? { ...i, value } : i;
  });
  const values = inputsInto(b, { ...graph, inputs: withWeights });
  replay(b, graph, values);
  const outputs = graph.outputs.flatMap((o) => (o.updates === undefined ? values.get(o.id) ?? [] : []));
  for (const o of graph.outputs) {
    const value = values.get(o.id);
    if (o.updates !== undefined && value) b.output(o.name, value, o.updates);
  }
  const held = graph.inputs.flatMap((i) => {
    const value = i.role === "constant" ? undefined : values.get(i.id);
    return value ? [[i.name, value] as const] : [];
  });
  addLosses(parts, options, ports, { b, outputs, weights: new Map(held), layers: [] });
  return b.build();
}
