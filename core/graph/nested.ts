/** Graphs within graphs: what they capture, and loops over sequences. @module */
import { asTensor, dimsOf, tensorType, type Type } from "../values/shape.ts";
import type { Graph, GraphInput, Value } from "./graph.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** A nested graph with the outer values it captures, in the order of its last inputs. */
export interface Nested {
  /** The nested graph. */
  readonly graph: Graph;
  /** Values of the outer graph that it uses, in the order of its last inputs. */
  readonly captures: readonly Value[];
}
/** A value for each of a list. */
export type ValuesFor<L extends readonly unknown[]> = { readonly [K in keyof L]: Value };
/** A step of {@link GraphBuilder.scan}. */
export interface ScanStep {
  /** The states. */
  readonly state: readonly Value[];
  /** The outputs. */
  readonly outputs: readonly Value[];
}
/** Options of {@link GraphBuilder.scan}. */
export interface ScanOptions {
  /** Axis of the sequences that steps run over; 0 unless said. */
  readonly axis?: number;
  /** From the last step to the first. */
  readonly reverse?: boolean;
  /** bool `[batch, time]` (time at `axis`): where false, states keep their value. */
  readonly mask?: Value;
}
/** Gives several nested graphs (the branches of an If) the same captured inputs, in the same order. */
export function alignCaptures(
  parts: readonly Nested[],
): { readonly graphs: readonly Graph[]; readonly captures: readonly Value[] } {
  const all = [...new Map(parts.flatMap((p) => p.captures).map((v) => [v.id, v])).values()];
  const graphs = parts.map(({ graph, captures }) => {
    const types = [...graph.types];
    const data = graph.inputs.filter((i) => i.role !== "constant");
    const own = data.slice(0, data.length - captures.length);
    const taken = data.slice(data.length - captures.length);
    const aligned = all.map((v): GraphInput => {
      const at = captures.findIndex((c) => c.id === v.id);
      const input = taken[at];
      if (input) return input;
      types.push(v.type);
      return { name: `unused_${v.id}`, id: types.length - 1, role: "data" };
    });
    return {
      ...graph,
      types,
      inputs: [...own, ...aligned, ...graph.inputs.filter((i) => i.role === "constant")],
    };
  });
  return { graphs, captures: all };
}

/** What a loop is built with: a builder. */
interface Builds<B> extends Vocabulary {
  ints(values: readonly number[]): Value;
  nested(
    name: string,
    inputs: readonly { readonly name: string; readonly type: Type }[],
    fill: (b: B, inputs: readonly Value[]) => readonly Value[],
  ): Nested;
}
/**
 * A loop over an axis of sequences that carries states: ONNX `Scan`. Outputs are stacked on the same axis.
 * With `reverse` steps run from the last to the first, and outputs stand where their inputs stood.
 */
export function scan<B extends Builds<B>, S extends readonly Value[], X extends readonly Value[]>(
  b: B,
  state: S,
  sequences: X,
  options: ScanOptions,
  step: (state: ValuesFor<S>, x: ValuesFor<X>, b: B) => ScanStep,
): ScanStep {
  const { axis = 0, reverse = false, mask } = options;
  const runs = mask ? [...sequences, mask] : sequences;
  const element = (v: Value): Type => {
    const t = asTensor(v.type);
    return tensorType(t.dtype, dimsOf(t).filter((_, i) => i !== axis));
  };
  let results = 0;
  const body = b.nested("step", [
    ...state.map((v, i) => ({ name: `state_${i}`, type: v.type })),
    ...runs.map((v, i) => ({ name: `x_${i}`, type: element(v) })),
  ], (inner, inputs) => {
    const before = inputs.slice(0, state.length);
    const x = inputs.slice(state.length, state.length + sequences.length);
    const now = inputs[state.length + sequences.length];
    const done = step(
      before as readonly Value[] as ValuesFor<S>,
      x as readonly Value[] as ValuesFor<X>,
      inner,
    );
    results = done.outputs.length;
    const after = done.state.map((v, i) => {
      const old = before[i];
      return now && old ? inner.where(maskFor(inner, now, v), v, old) : v;
    });
    return [...after, ...done.outputs];
  });
  const direction = reverse ? 1 : 0;
  const outputs = b.scanOp([...state, ...runs, ...body.captures], {
    num_scan_inputs: runs.length,
    scan_input_axes: runs.map(() => axis),
    scan_input_directions: runs.map(() => direction),
    scan_output_axes: new Array<number>(results).fill(axis),
    scan_output_directions: new Array<number>(results).fill(direction),
    captures: body.captures.length,
  }, { graphs: { body: body.graph }, outputs: state.length + results });
  return { state: outputs.slice(0, state.length), outputs: outputs.slice(state.length) };
}

/** A step's mask `[batch]` with trailing axes of 1, to fit a value `[batch, …]`. */
function maskFor(b: Pick<Builds<never>, "ints" | "unsqueeze">, mask: Value, value: Value): Value {
  const extra = dimsOf(value.type).length - dimsOf(mask.type).length;
  if (extra <= 0) return mask;
  const from = dimsOf(mask.type).length;
  return b.unsqueeze(mask, b.ints(Array.from({ length: extra }, (_, i) => from + i)));
}
