/** Scan, Loop and If with random bodies. @module */
import { isTensor, type Tensor, zeros } from "../../../core/values/tensor.ts";
import type { GraphProto } from "../../../io/onnx/messages.ts";
import type { Draft, DraftedTensor, Wish } from "../draft.ts";
import { fresh } from "../draft.ts";
import { inputInfo } from "../models.ts";
import { axisOf, type Makers, some } from "./kit.ts";

/** Operators that bodies are made of: those of one and two tensors mostly, so that states keep their sizes. */
const inside =
  ("Add Sub Mul Div Relu Tanh Sigmoid Neg Abs Exp Softplus Max Min Where Less Transpose MatMul Gemm Softmax ReduceSum ReduceMean Concat Slice Gather Reshape " +
    "Unsqueeze Expand Identity Cast Pad Conv CumSum ReduceMax Sin Clip Squeeze Split Shape ScatterElements TopK AveragePool LayerNormalization If Tile Flatten Range")
    .split(" ");

/** A value of the same element type and sizes as another: one of the body's, or made out of it. */
function like(d: Draft, state: DraftedTensor): string {
  const same = d.find((t) =>
    t.name !== state.name && d.values.has(t.name) && t.dtype === state.dtype && sameShapes(t, state) &&
    t.origin === "node"
  );
  if (same && d.dice.chance(0.8)) return same.name;
  const other = d.find((t) => t.dtype === state.dtype && t.name !== state.name && within(t, state));
  const by = other ??
    d.source(d.sizes(state).map((s) => typeof s === "number" && d.dice.chance(0.7) ? s : 1), state.dtype);
  const op = state.dtype === "bool"
    ? d.dice.pick(["And", "Or", "Xor"])
    : d.dice.pick(["Add", "Sub", "Mul", "Max", "Min"]);
  return d.add({ op, inputs: [state.name, by.name] })?.[0]?.name ?? state.name;
}
const sameShapes = (a: DraftedTensor, b: DraftedTensor) =>
  a.samples.every((s, i) => `${s.shape}` === `${b.samples[i]?.shape}`);
const within = (a: DraftedTensor, b: DraftedTensor) =>
  a.rank <= b.rank && a.samples.every((s, i) => {
    const to = b.samples[i]?.shape ?? [];
    return s.shape.every((n, at) => n === 1 || n === to[at - s.shape.length + to.length]);
  });

function fill(d: Draft, grow: (d: Draft, count: number, ops: readonly string[]) => void): void {
  grow(d, d.dice.between(1, 4), d.depth > 1 ? inside.filter((op) => op !== "If") : inside);
}
function bodyOf(d: Draft, outputs: readonly string[]): GraphProto {
  // An output of a graph is a node's, and named once.
  const names = outputs.map((name, i) => {
    const own = d.graph.node.some((n) => n.output?.includes(name));
    return own && outputs.indexOf(name) === i
      ? name
      : d.add({ op: "Identity", inputs: [name] })?.[0]?.name ?? name;
  });
  const output = names.map((name) => {
    const sample = d.get(name)?.samples[0];
    return sample && isTensor(sample) ? inputInfo(name, sample.dtype, undefined) : { name };
  });
  return { name: fresh("body"), ...d.graph, output };
}
/** A slice of a tensor along an axis: what a step of a scan is given. */
function step(t: Tensor, axis: number): Tensor {
  const shape = t.shape.filter((_, i) => i !== axis),
    inner = t.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const size = t.shape[axis] ?? 1, count = shape.reduce((a, b) => a * b, 1);
  const from = (i: number) => Math.floor(i / inner) * size * inner + i % inner;
  if (Array.isArray(t.data)) {
    return {
      ...t,
      shape,
      data: Array.from({ length: count }, (_, i) => (t.data as readonly string[])[from(i)] ?? ""),
    };
  }
  const data = zeros(shape, t.dtype).data as Float32Array, all = t.data as Float32Array;
  for (let i = 0; i < count; i++) data[i] = all[from(i)] ?? data[i] ?? 0;
  return { ...t, shape, data };
}
const longEnough = (t: DraftedTensor) => t.samples.every((s) => s.data.length > 0);

/** Their makers. */
export function controls(grow: (d: Draft, count: number, ops: readonly string[]) => void): Makers {
  const scan = (d: Draft): Wish | undefined => {
    if (d.depth > 1) return undefined;
    const states = Array.from(
      { length: d.dice.between(0, 2) },
      () => some(d, { dtypes: ["float32", "float32", "float32", "int64"], ranks: [0, 3], fits: longEnough }),
    );
    const first = some(d, { ranks: [1, 4], fits: longEnough, dtypes: ["float32", "float32", "int64"] }),
      axis = axisOf(d, first.rank);
    const at = axis < 0 ? axis + first.rank : axis;
    const more = d.dice.chance(0.3)
      ? d.tensors((t) =>
        t.rank > 0 && t.dtype === "float32" && t.name !== first.name &&
        t.samples.every((s, b) => s.shape[0] === first.samples[b]?.shape[at])
      ).slice(0, 1)
      : [];
    const scanned = [{ t: first, at }, ...more.map((t) => ({ t, at: 0 }))];
    const body = d.nested();
    const kept = states.map((s) => body.given(s.dtype, s.samples));
    const given = scanned.map(({ t, at }) => body.given(t.dtype, t.samples.map((s) => step(s, at))));
    fill(body, grow);
    const next = kept.map((s) => like(body, s));
    const outs = [...body.values.values()].filter((v) => v.origin === "node" && v.samples.every(isTensor))
      .slice(-d.dice.between(kept.length > 0 ? 0 : 1, 2));
    const scans = outs.length > 0 || kept.length > 0 ? outs.map((v) => v.name) : [given[0]?.name ?? ""];
    const graph = bodyOf(body, [...next, ...scans]);
    const reverse = scanned.map(() => (d.dice.chance(0.3) ? 1 : 0));
    return {
      op: "Scan",
      inputs: [...states.map((s) => s.name), ...scanned.map((s) => s.t.name)],
      attributes: {
        num_scan_inputs: scanned.length,
        ...(scanned.some((s) => s.at !== 0) && { scan_input_axes: scanned.map((s) => s.at) }),
        ...(reverse.includes(1) && { scan_input_directions: reverse }),
        ...(scans.length > 0 && d.dice.chance(0.3) &&
          { scan_output_directions: scans.map(() => d.dice.below(2)) }),
        ...(scans.length > 0 && d.dice.chance(0.2) &&
          { scan_output_axes: scans.map((name) => d.dice.between(0, body.tensor(name)?.rank ?? 0)) }),
      },
      bodies: { body: graph },
      outputs: next.length + scans.length,
    };
  };
  const loop = (d: Draft): Wish | undefined => {
    if (d.depth > 1) return undefined;
    const states = Array.from(
      { length: d.dice.between(1, 2) },
      () => some(d, { dtypes: ["float32", "float32", "float32", "int64"], ranks: [0, 3], fits: longEnough }),
    );
    const body = d.nested(), scalarOf = (value: Tensor) => d.bindings.map(() => value);
    const i = body.given("int64", scalarOf({ dtype: "int64", shape: [], data: BigInt64Array.of(0n) }));
    const go = body.given("bool", scalarOf({ dtype: "bool", shape: [], data: Uint8Array.of(1) }));
    const kept = states.map((s) => body.given(s.dtype, s.samples));
    fill(body, grow);
    const next = kept.map((s) => like(body, s));
    const outs = [...body.values.values()].filter((v) => v.origin === "node" && v.samples.every(isTensor))
      .slice(-1 - d.dice.below(2)).slice(0, d.dice.below(3));
    const limit = d.dice.chance(0.3)
      ? body.add({ op: "Less", inputs: [i.name, body.ints([d.dice.below(4)], "int64", [])] })?.[0]?.name
      : undefined;
    const graph = bodyOf(body, [limit ?? go.name, ...next, ...outs.map((v) => v.name)]);
    const trips = d.ints([d.dice.pick([0, 1, 2, 3, 5])], "int64", d.dice.chance(0.7) ? [] : [1]);
    const condition = d.dice.chance(0.4)
      ? d.constant({ dtype: "bool", shape: [], data: Uint8Array.of(d.dice.chance(0.85) ? 1 : 0) }).name
      : undefined;
    return {
      op: "Loop",
      inputs: [trips, condition, ...states.map((s) => s.name)],
      bodies: { body: graph },
      outputs: next.length + outs.length,
    };
  };
  const branch = (d: Draft): Wish | undefined => {
    if (d.depth > 2) return undefined;
    const like_ = some(d, { dtypes: ["float32", "float32", "int64"], ranks: [0, 3] });
    const arm = () => {
      const body = d.nested();
      fill(body, grow);
      return bodyOf(body, [like(body, like_)]);
    };
    const bool = d.find((t) => t.dtype === "bool" && t.samples.every((s) => s.data.length === 1));
    const condition = bool && d.dice.chance(0.6) ? bool.name : d.source([], "bool").name;
    return { op: "If", inputs: [condition], bodies: { then_branch: arm(), else_branch: arm() } };
  };
  return { Scan: scan, Loop: loop, If: branch };
}
