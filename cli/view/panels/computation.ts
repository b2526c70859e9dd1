/** The Computation graph's data: the plan's kernels with time and bytes, and small graphs value by value. @module */
import { type Graph, type Model, type Session, type Tensor, tensor, UnsupportedError } from "../../../mod.ts";
import { opName, type Type, typeText, valueText } from "../../../public/graph.ts";
import { isTensor, toNumbers, zeros } from "../../../public/tensors.ts";
import type { ComputationData, OperatorRow, Shape, ValueGraph, ValueNode } from "../data.ts";
import { headOf } from "./numbers.ts";
import { probe } from "../probe.ts";
import type { Records } from "../records.ts";
import { fixedRows, lossFor, type Subject } from "../subject.ts";

type Phase = OperatorRow["phase"];
/** Operators of a graph that is still drawn value by value. */
const smallGraph = 48;

/** Whether nodes run forward, for the loss, backward or for the update: by what the loss depends on, and their scope. */
function phasesOf(graph: Graph): readonly Phase[] {
  const loss = graph.outputs.find((o) => o.name === "loss")?.id,
    needed = new Set(loss === undefined ? [] : [loss]);
  const phases = new Array<Phase>(graph.nodes.length).fill(loss === undefined ? "forward" : "backward");
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i];
    if (!node) continue;
    if (node.scope === "optimizer" || node.scope.startsWith("optimizer/")) phases[i] = "update";
    else if (node.outputs.some((id) => needed.has(id))) {
      phases[i] = node.scope === "loss" || node.scope.startsWith("loss/") ? "loss" : "forward";
      for (const id of node.inputs) needed.add(id);
    }
  }
  return phases;
}

/** Inputs of a training step beside the samples and targets: zeros of their shapes. */
function missing(
  graph: Graph,
  given: Readonly<Record<string, Tensor>>,
  rows: number,
): Record<string, Tensor> {
  const out: Record<string, Tensor> = {};
  for (const { name, id, role } of graph.inputs) {
    const type = graph.types[id];
    if ((role !== "data" && role !== "random") || given[name] || type?.kind !== "tensor") continue;
    const shape = (type.shape ?? []).map((d) => (typeof d === "number" ? d : rows));
    out[name] = name.startsWith("sample_weight/") ? filled(shape) : zeros(shape, type.dtype);
  }
  return out;
}
const filled = (shape: readonly number[]) =>
  tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1), shape);

interface Profile {
  readonly plan: ReturnType<Session["plan"]>;
  readonly total: number;
}
/** Runs a graph some times, timed; the last run counts. */
async function profiled(
  model: Model,
  graph: Graph,
  inputs: Readonly<Record<string, Tensor>>,
  engine: string,
): Promise<Profile> {
  using session = await model.registry.get("backend", engine).compile(graph, {
    registry: model.registry,
    profile: true,
  });
  const runs = engine === "plain" ? 2 : 5;
  let total = 0;
  for (let i = 0; i < runs; i++) {
    const began = performance.now();
    await session.run(inputs);
    total = performance.now() - began;
  }
  return { plan: session.plan(), total };
}

/** The graph that is profiled: the training step where there are targets, else inference. */
function stepOf(subject: Subject, rows: number) {
  const { model, feed, targets } = subject;
  const sample = feed
    ? Object.fromEntries(Object.entries(feed.tensors).map(([k, t]) => [k, headOf(t, rows)]))
    : subject.sample;
  if (!targets) return { graph: model.graph(), inputs: sample, mode: "inference" as const };
  if (!model.compiled) model.compile({ optimizer: "sgd", loss: lossFor(model, targets) });
  const aims = Object.fromEntries(
    Object.entries(targets).map(([name, t]) => [`target/${name}`, shapedTarget(headOf(t, rows))]),
  );
  return { graph: model.trainingGraph(), inputs: { ...sample, ...aims }, mode: "training" as const };
}
/** Class numbers stand in one axis. */
const shapedTarget = (t: Tensor): Tensor =>
  t.shape.length === 2 && t.shape[1] === 1 && t.dtype !== "float32" ? { ...t, shape: [t.shape[0] ?? 0] } : t;

/** The Computation graph's data. */
export async function computationData(
  subject: Subject | undefined,
  records: Records,
): Promise<ComputationData> {
  if (!subject) {
    return {
      mode: "inference",
      engine: "",
      rows: 0,
      operators: [],
      plan: [],
      milliseconds: 0,
      ...(records.graph && { graph: records.graph }),
    };
  }
  const { model } = subject, rows = fixedRows(model) ?? Math.min(32, subject.feed?.rows ?? 1);
  // Targets are cast as the trainer casts them: by the graph's own types.
  const { graph, inputs: given, mode } = stepOf(subject, rows);
  const inputs = castTo(graph, { ...missing(graph, given, rows), ...given });
  const phases = phasesOf(graph);
  const tagged: Graph = {
    ...graph,
    nodes: graph.nodes.map((node, i) => ({ ...node, scope: `${phases[i] ?? "forward"}:${node.scope}` })),
  };
  const wasm = await model.registry.get("backend", "wasm").available() === true;
  const engine = wasm ? "wasm" : "plain";
  const ours = await profiled(model, tagged, inputs, engine);
  const operators = await plainRows(model, tagged, inputs);
  return {
    mode,
    engine,
    rows,
    operators,
    plan: ours.plan.map((step) => ({
      where: step.where,
      kernel: step.kernel,
      nodes: step.nodes,
      scope: step.scope,
      bytes: step.bytes ?? 0,
      ...(step.milliseconds !== undefined && { milliseconds: step.milliseconds }),
    })),
    milliseconds: ours.total,
    ...(model.graph().nodes.length <= smallGraph && { graph: await valueGraphOf(subject) }),
  };
}
function castTo(graph: Graph, given: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(given).map(([name, t]) => {
      const input = graph.inputs.find((i) => i.name === name), type = input && graph.types[input.id];
      if (type?.kind !== "tensor" || type.dtype === t.dtype) return [name, t];
      return [name, tensor(Array.from(toNumbers(t)), t.shape, type.dtype)];
    }),
  );
}
/** Every operator, timed on plain loops. */
async function plainRows(
  model: Model,
  graph: Graph,
  inputs: Readonly<Record<string, Tensor>>,
): Promise<readonly OperatorRow[]> {
  const { plan } = await profiled(model, graph, inputs, "plain");
  return graph.nodes.map((node, id) => {
    const step = plan[id], mark = node.scope.indexOf(":");
    return {
      id,
      op: opName(node),
      scope: node.scope.slice(mark + 1),
      phase: node.scope.slice(0, mark) as Phase,
      milliseconds: step?.milliseconds ?? 0,
      bytes: step?.bytes ?? 0,
      shapes: node.outputs.filter((v) => v >= 0).map((v) => typeText(graph.types[v])),
    };
  });
}

const shapeOf = (type: Type | undefined): Shape =>
  type?.kind === "tensor" ? (type.shape ?? []).map((d) => (typeof d === "object" ? "?" : d)) : [];

/** 1 at the largest number, 0 elsewhere. */
function largest(values: ArrayLike<number>): number[] {
  const list = Array.from(values), best = list.indexOf(Math.max(...list));
  return list.map((_, i) => (i === best ? 1 : 0));
}

/** A model's forward graph with each value's data, and the gradient of the first output's largest number for it. */
export async function valueGraphOf(subject: Subject): Promise<ValueGraph> {
  const { model } = subject, graph = model.graph();
  const kept: Graph = { ...graph, outputs: graph.outputs.filter((o) => o.updates === undefined) };
  const output = kept.outputs[0]?.id ?? -1;
  const ids = graph.types.map((_, id) => id).filter((id) =>
    kept.nodes.some((n) => n.inputs.includes(id) || n.outputs.includes(id))
  );
  const differentiable = !kept.nodes.some((n) => Object.keys(n.graphs).length > 0);
  const wanted = ids.filter((id) => graph.inputs.find((i) => i.id === id)?.role !== "constant");
  const seed = (y: Tensor) => largest(toNumbers(y));
  const found = await probe(model, kept, subject.sample, wanted, output, differentiable ? seed : undefined)
    // An operator without a gradient leaves the data.
    .catch((error: unknown) => {
      if (error instanceof UnsupportedError) return probe(model, kept, subject.sample, wanted, output);
      throw error;
    });
  const named = new Map(graph.inputs.map((i) => [i.id, i])),
    outs = new Map(kept.outputs.map((o) => [o.id, o.name]));
  const made = new Map<number, number>();
  graph.nodes.forEach((n, at) => n.outputs.forEach((id) => made.set(id, at)));
  const nodes: ValueNode[] = ids.map((id) => {
    const input = named.get(id),
      value = found.values.get(id) ?? input?.value,
      maker = graph.nodes[made.get(id) ?? -1];
    const gradientOf = found.gradients.get(id), data = valueText(value);
    return {
      id: `v${id}`,
      kind: "value",
      label: input?.name ?? outs.get(id) ??
        `${maker?.scope === "" || !maker ? "" : `${maker.scope}/`}${maker?.op ?? id}`,
      shape: isTensor(value) ? value.shape : shapeOf(graph.types[id]),
      ...(data !== "" && { data }),
      ...(gradientOf && { gradient: valueText(gradientOf) }),
      role: input?.role ?? (outs.has(id) ? "output" : "value"),
    };
  });
  const edges: [string, string][] = [];
  graph.nodes.forEach((node, at) => {
    nodes.push({ id: `o${at}`, kind: "operator", label: opName(node) });
    for (const id of new Set(node.inputs)) if (id >= 0) edges.push([`v${id}`, `o${at}`]);
    for (const id of node.outputs) if (ids.includes(id)) edges.push([`o${at}`, `v${id}`]);
  });
  return { nodes, edges };
}
