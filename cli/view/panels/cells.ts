/** A recurrent layer at work, step by step: its gates and states, computed anew from its weights. @module */
import { InputError, type Model, type SymbolicTensor, type Tensor } from "../../../mod.ts";
import type { LayerCall, LayerNode } from "../../../public/plugins.ts";
import { toNumbers } from "../../../public/tensors.ts";
import type { CellData, CellStep } from "../data.ts";
import { activated } from "./neurons.ts";
import { rowOf } from "./numbers.ts";
import { allNodes, firstOf, nodeAt, type Subject, treeOf } from "../subject.ts";

/** Formulas in Keras' words; ⊙ is the product of elements. */
const formulas: Readonly<Record<string, readonly string[]>> = {
  SimpleRNN: ["h' = activation(x·W + h·U + b)"],
  LSTM: [
    "i = σ(x·Wᵢ + h·Uᵢ + bᵢ)",
    "f = σ(x·W_f + h·U_f + b_f)",
    "c̃ = tanh(x·W_c + h·U_c + b_c)",
    "o = σ(x·W_o + h·U_o + b_o)",
    "c' = f⊙c + i⊙c̃",
    "h' = o⊙tanh(c')",
  ],
  GRU: [
    "z = σ(x·W_z + h·U_z + b_z)",
    "r = σ(x·W_r + h·U_r + b_r)",
    "h̃ = tanh(x·W_h + r⊙(h·U_h) + b_h)",
    "h' = z⊙h + (1−z)⊙h̃",
  ],
};
interface CellConfig {
  readonly units: number;
  readonly activation: unknown;
  readonly recurrentActivation?: unknown;
  readonly resetAfter?: boolean;
  readonly goBackwards: boolean;
  readonly stateful?: boolean;
}
type Row = Float64Array;

/** Where the network first reads what a layer, or the wrapper around it, is given. */
function readerOf(model: Model, path: string) {
  const parts = path.split("/"), tree = treeOf(model);
  for (let n = parts.length; n > 0; n--) {
    const node = nodeAt(tree, parts.slice(0, n).join("/"));
    const call = node && model.network.calls.find((c) => c.layer === node.layer);
    if (!node || !call) continue;
    // Inside a wrapper a layer reads what the wrapper is given; inside a model it may read another layer.
    if (n === parts.length || node.layer.def.name === "Bidirectional") return { node, call };
    break;
  }
  throw new InputError(`layer ${path}: stands inside another model or wrapper; open that model by itself`, {
    place: path,
  });
}

/** What a tensor holds at the sample. */
function valueOf(
  model: Model,
  from: SymbolicTensor,
  seen: Awaited<ReturnType<Model["activations"]>>,
  sample: Readonly<Record<string, Tensor>>,
): Tensor | undefined {
  if (!from.call) return sample[model.network.inputNames[model.network.inputs.indexOf(from)] ?? ""];
  const maker = treeOf(model).find((n) => n.layer === from.call?.layer);
  return maker && firstOf(seen.get(maker.path));
}
/** The layer that makes the mask of a tensor. */
function maskMaker(from: SymbolicTensor): LayerCall | undefined {
  for (let t: SymbolicTensor | undefined = from; t?.mask && t.call; t = t.call.inputs[0]) {
    const { name } = t.call.layer.def;
    if (name === "Embedding" || name === "Masking") return t.call;
    if (t.call.inputs.length !== 1) return undefined;
  }
  return undefined;
}
/** Which of the steps count: by an Embedding's ids or a Masking's features. */
function stepsThatCount(call: LayerCall, given: Tensor): boolean[] {
  const values = Array.from(rowOf(given, 0));
  if (call.layer.def.name === "Embedding") return values.map((id) => id !== 0);
  const { maskValue } = call.layer.config as { readonly maskValue: number };
  const [, time = 0] = given.shape, width = values.length / time;
  return Array.from(
    { length: time },
    (_, t) => values.slice(t * width, (t + 1) * width).some((v) => v !== Math.fround(maskValue)),
  );
}
/** The words that go in, where they are known. */
function wordsOf(subject: Subject, time: number): readonly string[] | undefined {
  const { vocabulary } = subject.assets, ids = Object.values(subject.sample)[0];
  if (!vocabulary || !ids || ids.shape.length !== 2 || ids.shape[1] !== time) return undefined;
  return Array.from(rowOf(ids, 0), (id) => (id === 0 ? "·" : vocabulary[id] ?? `${id}`));
}

/**
 * The layer unrolled over the sample's steps, in the order in which they run.
 * @throws {InputError} for a layer that isn't there or isn't SimpleRNN, LSTM or GRU.
 */
export async function cellData(subject: Subject, path: string): Promise<CellData> {
  const { model } = subject, node = nodeAt(treeOf(model), path);
  const kind = node?.layer.def.name ?? "";
  if (!node || !Object.hasOwn(formulas, kind)) {
    const known = allNodes(treeOf(model)).filter((n) => Object.hasOwn(formulas, n.layer.def.name));
    throw new InputError(
      `${path}: no recurrent layer of that name; there are ${known.map((n) => n.path).join(", ") || "none"}`,
      { place: path },
    );
  }
  const config = node.layer.config as CellConfig, { call } = readerOf(model, path), from = call.inputs[0];
  if (!from) throw new InputError(`layer ${path}: reads nothing`, { place: path });
  const seen = await model.activations(subject.sample);
  const x = valueOf(model, from, seen, subject.sample);
  if (!x || x.shape.length !== 3) {
    throw new InputError(
      `layer ${path}: expected an input [batch, time, features], got [${x?.shape.join(", ") ?? ""}]`,
    );
  }
  const [, time = 0, width = 0] = x.shape, values = rowOf(x, 0);
  const notes: string[] = [], { mask: own, initialState = [] } = call.options;
  // Keras' files may name the tensor that is the mask; else it rides beside the input from the layer that made it.
  const named = own && "kind" in own ? valueOf(model, own, seen, subject.sample) : undefined;
  const masking = own === undefined ? maskMaker(from) : undefined, read = masking?.inputs[0];
  const marks = read && valueOf(model, read, seen, subject.sample);
  const mask = named
    ? Array.from(rowOf(named, 0), (v) => v !== 0)
    : masking && marks && stepsThatCount(masking, marks);
  if (!mask && (own || (own === undefined && from.mask))) {
    notes.push("Its mask isn't followed here: every step counts.");
  }
  if (initialState.length > 0 || call.inputs.length > 1) {
    notes.push("It starts from states of another layer; here it starts from zeros.");
  } else if (config.stateful === true) notes.push("It keeps its states; here it starts from zeros.");
  const words = wordsOf(subject, time);
  const run = runner(model, node, kind, config);
  const order = Array.from({ length: time }, (_, t) => (config.goBackwards ? time - 1 - t : t));
  const steps: CellStep[] = [];
  for (const t of order) {
    const row = Float64Array.from({ length: width }, (_, i) => values[t * width + i] ?? 0);
    const masked = mask?.[t] === false;
    const made = await run(row, masked);
    const input = words?.[t] ?? (width === 1 ? `${Number((row[0] ?? 0).toPrecision(4))}` : `x${t}`);
    steps.push({
      step: t,
      masked,
      input,
      values: Object.fromEntries(Object.entries(made).map(([name, list]) => [name, Array.from(list)])),
    });
  }
  const backwards = config.goBackwards;
  return { layer: path, cell: kind, backwards, steps, notes, formulas: formulas[kind] ?? [] };
}

/** The functions of gates: the usual ones at once, any other by its own layer. */
async function apply(spec: unknown, x: Row): Promise<Row> {
  if (spec === "tanh") return x.map(Math.tanh);
  if (spec === "sigmoid") return x.map((v) => 1 / (1 + Math.exp(-v)));
  if (spec === "linear") return x;
  return Float64Array.from(await activated(spec, x));
}

function runner(
  model: Model,
  node: LayerNode,
  kind: string,
  config: CellConfig,
): (x: Row, masked: boolean) => Promise<Readonly<Record<string, Row>>> {
  const weights = model.weights;
  const of = (param: string) => {
    const path = node.weights.find((w) => w.param === param)?.path;
    const value = path === undefined ? undefined : weights.get(path);
    return value && Float64Array.from(toNumbers(value));
  };
  const kernel = of("kernel"), recurrent = of("recurrentKernel"), bias = of("bias"), n = config.units;
  const gates = kind === "LSTM" ? 4 : kind === "GRU" ? 3 : 1, wide = gates * n;
  const times = (x: Row, w: Row | undefined, b?: Row, at = 0): Row => {
    const out = Float64Array.from({ length: wide }, (_, j) => b?.[at + j] ?? 0);
    x.forEach((v, i) => {
      if (v !== 0) {
        for (let j = 0; j < wide; j++) out[j] = (out[j] as number) + v * (w?.[i * wide + j] ?? 0);
      }
    });
    return out;
  };
  const part = (x: Row, gate: number) => x.subarray(gate * n, (gate + 1) * n);
  const join = (f: (i: number) => number): Row => Float64Array.from({ length: n }, (_, i) => f(i));
  const { activation, recurrentActivation } = config, resetAfter = config.resetAfter === true;
  let h: Row = new Float64Array(n), c: Row = new Float64Array(n);
  const step = async (x: Row): Promise<Readonly<Record<string, Row>>> => {
    if (kind === "SimpleRNN") {
      const a = times(x, kernel, bias), b = times(h, recurrent);
      return { h: await apply(activation, join((i) => (a[i] as number) + (b[i] as number))) };
    }
    if (kind === "LSTM") {
      const a = times(x, kernel, bias), b = times(h, recurrent), s = a.map((v, i) => v + (b[i] as number));
      const [i, f, g, o] = await Promise.all([
        apply(recurrentActivation, part(s, 0)),
        apply(recurrentActivation, part(s, 1)),
        apply(activation, part(s, 2)),
        apply(recurrentActivation, part(s, 3)),
      ]);
      const next = join((k) => (f[k] as number) * (c[k] as number) + (i[k] as number) * (g[k] as number));
      const squashed = await apply(activation, next);
      return { i, f, "c̃": g, o, c: next, h: join((k) => (o[k] as number) * (squashed[k] as number)) };
    }
    const a = times(x, kernel, bias), b = times(h, recurrent, resetAfter ? bias : undefined, wide);
    const sum = (gate: number) => join((k) => (a[gate * n + k] ?? 0) + (b[gate * n + k] ?? 0));
    const z = await apply(recurrentActivation, sum(0)), r = await apply(recurrentActivation, sum(1));
    const inner = resetAfter
      ? part(b, 2).map((v, k) => v * (r[k] as number))
      : part(times(h.map((v, k) => v * (r[k] as number)), recurrent), 2);
    const g = await apply(activation, join((k) => (a[2 * n + k] ?? 0) + (inner[k] as number)));
    return {
      z,
      r,
      "h̃": g,
      h: join((k) => (z[k] as number) * (h[k] as number) + (1 - (z[k] as number)) * (g[k] as number)),
    };
  };
  return async (x, masked) => {
    const made = await step(x);
    // A masked step changes no state.
    if (masked) return { ...made, h, ...(made.c && { c }) };
    h = made.h ?? h;
    c = made.c ?? c;
    return made;
  };
}
