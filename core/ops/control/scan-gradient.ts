/** The gradient of a scan is a scan backwards: through time, exactly. @module */
import { GraphBuilder } from "../../graph/builder.ts";
import { gradientNodes, isDifferentiable, replay } from "../../graph/gradient.ts";
import { type Graph, type GraphOutput, type Node, typeOf, type Value } from "../../graph/graph.ts";
import type { OpDef } from "../../graph/op.ts";
import { prune } from "../../graph/rewrite.ts";
import { dimsOf, normalAxis, type Type } from "../../values/shape.ts";
import { elementType, fedInputs, graphOf } from "./nested.ts";
import { zerosLike } from "../indexing/positions.ts";
import type { ScanAttributes } from "./scan.ts";

/** A value of the backward step and the outer value that feeds it. */
interface Feed {
  readonly name: string;
  readonly outer: Value;
  readonly axis: number;
  readonly direction: number;
}
/** A result of the backward step: what it is the gradient of. */
interface Result {
  readonly value: Value;
  /** The forward input. */
  readonly of: number;
  readonly outer: Value;
}

/** Values that are kept from the forward step: what is dear to compute again. All others are. */
const dear: ReadonlySet<string> = new Set([
  "MatMul",
  "Gemm",
  "Conv",
  "ConvTranspose",
  "Einsum",
  "Loop",
  "Scan",
  "If",
]);

/** A scan's body that also gives the states before each step and what is dear to compute again; see `saved`. */
function savingBody(body: Graph, states: number): { readonly graph: Graph; readonly count: number } {
  const before = fedInputs(body).slice(0, states).map((i) => i.id);
  const computed = body.nodes.filter((n) => n.domain === "" && dear.has(n.op)).flatMap((n) => n.outputs);
  const kept = [...before, ...computed].filter((id) => id >= 0 && typeOf(body, id).kind === "tensor");
  const extra = kept.map((id, i): GraphOutput => ({ name: `saved_${i}`, id }));
  return { graph: { ...body, outputs: [...body.outputs, ...extra] }, count: extra.length };
}
function stateCount(inputs: readonly unknown[], a: ScanAttributes): number {
  return inputs.length - a.captures - a.num_scan_inputs;
}
/** Adds the scan again, with what its gradient reads as further outputs. */
function savingScan(
  b: GraphBuilder,
  inputs: readonly (Value | undefined)[],
  a: ScanAttributes,
  body: Graph,
): { readonly body: Graph; readonly outputs: readonly Value[]; readonly saved: number } {
  const states = stateCount(inputs, a), results = body.outputs.length - states;
  const { graph, count } = savingBody(body, states);
  const padded = (list: readonly number[] | null) => [
    ...(list ?? new Array<number>(results).fill(0)),
    ...new Array<number>(count).fill(0),
  ];
  const outputs = b.scanOp(inputs.filter((v) => v !== undefined), {
    ...a,
    scan_output_axes: padded(a.scan_output_axes),
    scan_output_directions: padded(a.scan_output_directions),
    saved: count,
  }, { graphs: { body: graph }, outputs: body.outputs.length + count });
  return { body: graph, outputs, saved: count };
}
/**
 * A scan that keeps what its gradient reads, so that going back need not run it again; undefined for other nodes. To be added in
 * the scan's place before the gradient is built.
 */
export function savedScan(
  b: GraphBuilder,
  { op, domain, attributes, graphs }: Node,
  inputs: readonly (Value | undefined)[],
): readonly Value[] | undefined {
  const a = attributes as unknown as ScanAttributes;
  if (op !== "Scan" || domain !== "" || a.saved > 0) return undefined;
  return savingScan(b, inputs, a, graphOf(graphs, "body")).outputs;
}

/** One step backwards, as a closed graph that only takes what it reads. */
class Backward {
  readonly b: GraphBuilder;
  readonly carried: { readonly name: string; readonly outer: Value; readonly after: string }[] = [];
  readonly sequences: Feed[] = [];
  readonly captures: { readonly name: string; readonly outer: Value }[] = [];
  constructor(outer: GraphBuilder) {
    this.b = new GraphBuilder(outer.registry, { name: "step_gradient" });
  }
  sequence(name: string, outer: Value, axis: number, direction: number): Value {
    this.sequences.push({ name, outer, axis, direction });
    return this.b.input(name, elementType(outer.type, axis));
  }
  capture(name: string, outer: Value): Value {
    this.captures.push({ name, outer });
    return this.b.input(name, outer.type);
  }
  carry(name: string, outer: Value, type: Type): Value {
    this.carried.push({ name, outer, after: `${name}_next` });
    return this.b.input(name, type);
  }
}

const add = (
  b: GraphBuilder,
  x: Value | undefined,
  y: Value | undefined,
) => (x && y ? b.add(x, y) : x ?? y);

/** Gradients of a scan's states, sequences and captures by a scan from the last step to the first. */
export const scanVjp: NonNullable<OpDef<ScanAttributes>["vjp"]> = (outer, node, dy, wanted) => {
  const a = node.attributes, inputs = node.inputs, count = inputs.length;
  const states = stateCount(inputs, a), last = count - a.captures, own = graphOf(node.graphs, "body");
  const enough = a.saved > 0 || savingBody(own, states).count === 0;
  const { body, outputs, saved } = enough
    ? { body: own, outputs: node.outputs, saved: a.saved }
    : savingScan(outer, inputs, a, own);
  const back = new Backward(outer), b = back.b, fed = fedInputs(body);
  const values = new Map<number, Value>(), savedFrom = body.outputs.length - saved;
  const flip = (direction: number | undefined) => (direction ? 0 : 1);

  // What the forward step had: saved values, elements of the sequences, captures.
  for (let i = savedFrom; i < body.outputs.length; i++) {
    const id = body.outputs[i]?.id ?? -1, sequence = outputs[i];
    if (sequence && !values.has(id)) {
      values.set(id, back.sequence(`saved_${i}`, sequence, 0, 1));
    }
  }
  fed.forEach((input, i) => {
    const from = inputs[i];
    if (values.has(input.id) || !from) return;
    if (i >= last) values.set(input.id, back.capture(`capture_${i}`, from));
    else if (i >= states) {
      const axis = axisOf(from, a.scan_input_axes?.[i - states]);
      values.set(input.id, back.sequence(`x_${i}`, from, axis, flip(a.scan_input_directions?.[i - states])));
    }
  });

  // The gradients of its outputs: carried for states, one a step for stacked outputs.
  const seeds = new Map<number, Value>();
  const seed = (id: number, gradient: Value | undefined) => {
    const sum = add(b, seeds.get(id), gradient);
    if (sum) seeds.set(id, sum);
  };
  const stateGradients = fed.slice(0, states).map((input, i) => {
    const start = inputs[i];
    if (!start || !isDifferentiable(typeOf(body, input.id))) return undefined;
    const from = dy[i] ?? zerosLike(outer, start);
    const gradient = back.carry(`d_state_${i}`, from, typeOf(body, input.id));
    seed(body.outputs[i]?.id ?? -1, gradient);
    return gradient;
  });
  for (let i = states; i < savedFrom; i++) {
    const from = dy[i], k = i - states;
    if (from) {
      const axis = axisOf(from, a.scan_output_axes?.[k]);
      seed(
        body.outputs[i]?.id ?? -1,
        back.sequence(`dy_${i}`, from, axis, flip(a.scan_output_directions?.[k])),
      );
    }
  }

  replay(b, body, values);
  const flows = fed.map((input, i) =>
    isDifferentiable(typeOf(body, input.id)) && (i < states || Boolean(wanted[i]))
  );
  const found = gradientNodes(b, body, values, seeds, fed.filter((_, i) => flows[i]).map((i) => i.id));

  // What a step gives: the states' gradients and sums for captures are carried, those of sequences stacked.
  const stacked: Result[] = [];
  const carriedOut: { of: number; value: Value; name: string }[] = [];
  fed.forEach((input, i) => {
    const from = inputs[i], gradient = found.get(input.id);
    if (!flows[i] || !from) return;
    const value = values.get(input.id);
    if (i < states) {
      const now = gradient ?? (value && zerosLike(b, value));
      if (stateGradients[i] && now) carriedOut.push({ of: i, value: now, name: `d_state_${i}` });
    } else if (i < last) {
      if (gradient) stacked.push({ of: i, value: gradient, outer: from });
    } else if (gradient) {
      const sum = back.carry(`d_capture_${i}`, zerosLike(outer, from), from.type);
      carriedOut.push({ of: i, value: b.add(sum, gradient), name: `d_capture_${i}` });
    }
  });
  const finals = runBackward(outer, back, carriedOut, stacked, a, states);
  return inputs.map((_, i) => (wanted[i] ? finals.get(i) : undefined));
};

function axisOf(sequence: Value, axis = 0): number {
  return normalAxis(axis, dimsOf(sequence.type).length);
}

/** Adds the backward scan, without inputs that no step reads. */
function runBackward(
  outer: GraphBuilder,
  back: Backward,
  carriedOut: readonly { of: number; value: Value; name: string }[],
  stacked: readonly Result[],
  a: ScanAttributes,
  states: number,
): Map<number, Value> {
  for (const c of carriedOut) back.b.output(`${c.name}_next`, c.value);
  for (const s of stacked) back.b.output(`dx_${s.of}`, s.value);
  const whole = prune(back.b.build(), outer.registry);
  const read = new Set([...whole.nodes.flatMap((n) => n.inputs), ...whole.outputs.map((o) => o.id)]);
  const byName = new Map(whole.inputs.map((i) => [i.name, i]));
  const reads = (name: string) => read.has(byName.get(name)?.id ?? -1);
  const carried = carriedOut.flatMap((c) => back.carried.find((s) => s.name === c.name) ?? []);
  // A scan needs a sequence to know its steps by.
  const used = back.sequences.filter((s) => reads(s.name));
  const sequences = used.length > 0 ? used : back.sequences.slice(0, 1);
  const captures = back.captures.filter((c) => reads(c.name));
  const order = [...carried, ...sequences, ...captures].flatMap((s) => byName.get(s.name) ?? []);
  const graph: Graph = { ...whole, inputs: [...order, ...whole.inputs.filter((i) => i.role === "constant")] };
  const results = outer.scanOp([...carried, ...sequences, ...captures].map((s) => s.outer), {
    num_scan_inputs: sequences.length,
    scan_input_axes: sequences.map((s) => s.axis),
    scan_input_directions: sequences.map((s) => s.direction),
    scan_output_axes: stacked.map((s) => axisOf(s.outer, a.scan_input_axes?.[s.of - states])),
    scan_output_directions: stacked.map((s) => (a.scan_input_directions?.[s.of - states] ? 0 : 1)),
    captures: captures.length,
  }, { graphs: { body: graph }, outputs: carried.length + stacked.length });
  return new Map(
    [...carriedOut, ...stacked].flatMap((r, i) => {
      const v = results[i];
      return v ? [[r.of, v] as const] : [];
    }),
  );
}
