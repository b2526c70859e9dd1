/** RNN, GRU and LSTM nodes as Keras' recurrent layers. @module */
import { UnsupportedError } from "../../../core/values/errors.ts";
import type { Node } from "../../../core/graph/graph.ts";
import type { SymbolicTensor } from "../../../core/network/network.ts";
import { transposed } from "../../../core/ops/layout/move.ts";
import { castTensor, type Tensor, tensor, toIntegers, toNumbers } from "../../../core/values/tensor.ts";
import type { Draft, LayerWeights } from "./draft.ts";
import { inputOf, numberOf, numbersOf } from "./attributes.ts";
import type { Converters } from "./elementwise.ts";
import type { Groups } from "./views.ts";

/** What the three operators differ in. */
interface Kind {
  readonly layer: "SimpleRNN" | "GRU" | "LSTM";
  /** For each gate of Keras that of ONNX. */
  readonly gates: readonly number[];
  /** Activations unless said, in ONNX' order. */
  readonly activations: readonly string[];
  readonly states: number;
}
const kinds: Readonly<Record<string, Kind>> = {
  RNN: { layer: "SimpleRNN", gates: [0], activations: ["Tanh"], states: 1 },
  GRU: { layer: "GRU", gates: [0, 1, 2], activations: ["Sigmoid", "Tanh"], states: 1 },
  // ONNX: input, output, forget, cell; Keras: input, forget, cell, output.
  LSTM: { layer: "LSTM", gates: [0, 2, 3, 1], activations: ["Sigmoid", "Tanh", "Tanh"], states: 2 },
};

/** Rows `[from, to)` of a tensor's first axis. */
function rows(t: Tensor, from: number, to: number): Tensor {
  const inner = t.shape.slice(1), width = inner.reduce((n, s) => n * s, 1);
  return tensor(
    Float32Array.from(toNumbers(t).slice(from * width, to * width)),
    [to - from, ...inner],
    "float32",
  );
}
/** Gates along the first axis in Keras' order. */
function gated(t: Tensor, { gates }: Kind): Tensor {
  const size = (t.shape[0] ?? 0) / gates.length, parts = gates.map((g) => rows(t, g * size, (g + 1) * size));
  const data = new Float32Array(t.data.length);
  let at = 0;
  for (const part of parts) {
    data.set(part.data as Float32Array, at);
    at += part.data.length;
  }
  return tensor(data, t.shape, "float32");
}
/** Keras' arrays of one direction. */
function weightsOf(d: Draft, node: Node, kind: Kind, direction: number): Readonly<Record<string, Tensor>> {
  const one = (index: number, what: string) => {
    const t = castTensor(d.fixed(node, index, what), "float32"), part = rows(t, direction, direction + 1);
    return { ...part, shape: part.shape.slice(1) };
  };
  const kernel = transposed(gated(one(1, "its kernel"), kind), [1, 0]);
  const recurrentKernel = transposed(gated(one(2, "its recurrent kernel"), kind), [1, 0]);
  if (inputOf(node, 3) < 0) return { kernel, recurrentKernel };
  const both = one(3, "its bias"), half = both.data.length / 2;
  const [forward, recurrent] = [rows(both, 0, half), rows(both, half, 2 * half)].map((t) =>
    gated(t, kind)
  ) as [Tensor, Tensor];
  const [a, b] = [toNumbers(forward), toNumbers(recurrent)];
  const bias = resetAfter(node)
    ? tensor(Float32Array.from([...a, ...b]), [2, half], "float32")
    : tensor(Float32Array.from(a, (v, i) => v + (b[i] as number)), [half], "float32");
  return { kernel, recurrentKernel, bias };
}
const resetAfter = (node: Node) =>
  node.op === "GRU" && numberOf(node.attributes, "linear_before_reset", 0) !== 0;

const activationNames: Readonly<Record<string, string>> = {
  relu: "relu",
  tanh: "tanh",
  sigmoid: "sigmoid",
  softsign: "softsign",
  softplus: "softplus",
};
/** The activations of all directions, which have to be the same. */
function activationsOf(node: Node, kind: Kind, directions: number): readonly unknown[] {
  const given = node.attributes["activations"], count = kind.activations.length;
  const list = Array.isArray(given) && given.length > 0 ? given.map(String) : kind.activations;
  const alphas = [...numbersOf(node.attributes, "activation_alpha") ?? []];
  const betas = [...numbersOf(node.attributes, "activation_beta") ?? []];
  const found = list.map((name): unknown => {
    const word = name.toLowerCase(), plain = activationNames[word];
    if (plain !== undefined) return plain;
    if (word === "hardsigmoid") {
      const alpha = alphas.shift() ?? 0.2, beta = betas.shift() ?? 0.5;
      if (Math.abs(alpha - 1 / 6) < 1e-6 && beta === 0.5) return "hardSigmoid";
    } else if (word === "elu" || word === "leakyrelu") {
      const alpha = alphas.shift() ?? (word === "elu" ? 1 : 0.01);
      return word === "elu" ? { name: "elu", alpha } : { name: "leakyRelu", negativeSlope: alpha };
    }
    throw new UnsupportedError(`Keras has no activation ${name} with these numbers`);
  });
  const ways = directions === 2 && found.length === 2 * count
    ? [found.slice(0, count), found.slice(count)]
    : [found];
  if (ways.length === 2 && JSON.stringify(ways[0]) !== JSON.stringify(ways[1])) {
    throw new UnsupportedError("activations that differ by direction");
  }
  return ways[0] ?? [];
}
/** @throws {UnsupportedError} for what Keras' layers don't do. */
function check(d: Draft, node: Node, kind: Kind): void {
  const { attributes } = node;
  if (typeof attributes["clip"] === "number" && attributes["clip"] > 0) {
    throw new UnsupportedError("clipped gates");
  }
  if (numberOf(attributes, "input_forget", 0) !== 0) {
    throw new UnsupportedError("coupled input and forget gates");
  }
  if (kind.layer === "LSTM" && inputOf(node, 7) >= 0) {
    const peepholes = d.constant(node.inputs[7]);
    if (!peepholes || toNumbers(peepholes).some((v) => v !== 0)) throw new UnsupportedError("peepholes");
  }
  if (inputOf(node, 4) >= 0) {
    const lengths = d.constant(node.inputs[4]),
      steps = d.shape(inputOf(node, 0))[layoutOf(node) === 1 ? 1 : 0];
    if (!lengths || toIntegers(lengths).some((n) => n !== steps)) {
      throw new UnsupportedError("sequences of their own lengths each");
    }
  }
}
const layoutOf = (node: Node) => numberOf(node.attributes, "layout", 0);

/** States to begin with, by state and direction, `[batch, units]` each; undefined for zeros. */
function initialOf(
  d: Draft,
  node: Node,
  kind: Kind,
  directions: number,
): readonly SymbolicTensor[] | undefined {
  const ids = [5, 6].slice(0, kind.states).map((index) => inputOf(node, index));
  if (ids.every((id) => id < 0 || d.isZero(id))) return undefined;
  const parts = ids.map((id) => {
    if (id < 0 || d.isZero(id) || d.constant(id)) {
      throw new UnsupportedError("states to begin with of which only some are tensors");
    }
    const [way, batch] = layoutOf(node) === 1 ? [1, 0] : [0, 1];
    if (directions === 1) return [d.view(id, [[batch], [2]])];
    const whole = d.view(id, [[batch], [way], [2]]);
    return [0, 1].map((k) => {
      const all = { class_name: "__slice__", config: { start: null, stop: null, step: null } };
      return d.operation("GetItem", {}, [whole, [all, k, all]], "initial");
    });
  });
  return Array.from({ length: directions }, (_, k) => parts.map((p) => p[k])).flat().filter((t) =>
    t !== undefined
  );
}

function recurrent(d: Draft, node: Node): void {
  const kind = kinds[node.op] ?? { layer: "SimpleRNN", gates: [], activations: [], states: 1 };
  check(d, node, kind);
  const direction = `${node.attributes["direction"] ?? "forward"}`,
    directions = direction === "bidirectional" ? 2 : 1;
  const [y = -1, ...last] = node.outputs, sequences = y >= 0 && d.isRead(y);
  const states = last.some((id, i) => id >= 0 && d.isRead(id) && (i > 0 || sequences || directions === 2));
  const r = d.fixed(node, 2, "its recurrent kernel"), units = r.shape[2] ?? 1;
  const [first, second, third] = activationsOf(node, kind, directions);
  if (third !== undefined && JSON.stringify(third) !== JSON.stringify(second)) {
    throw new UnsupportedError("Keras has one activation for the cell and the output");
  }
  const initialState = initialOf(d, node, kind, directions);
  const options = {
    units,
    useBias: inputOf(node, 3) >= 0,
    ...(kind.layer === "SimpleRNN"
      ? { activation: first }
      : { recurrentActivation: first, activation: second }),
    ...(kind.layer === "GRU" && { resetAfter: resetAfter(node) }),
    returnSequences: sequences,
    returnState: states,
    goBackwards: direction === "reverse",
  };
  // Batch, time and features, whichever of the first two the node has in front.
  const [batch, time] = layoutOf(node) === 1 ? [0, 1] : [1, 0];
  const x = d.view(inputOf(node, 0), [[batch], [time], [2]]);
  const arrays = Array.from({ length: directions }, (_, k) => weightsOf(d, node, kind, k));
  const weights: LayerWeights = directions === 1 ? { own: arrays[0] ?? {} } : { inner: arrays };
  const call = initialState && { initialState };
  const [whole, ...after] = directions === 1
    ? d.layers(kind.layer, options, [x], weights, undefined, call)
    : d.layers("Bidirectional", { layer: d.inner(kind.layer, options) }, [x], weights, undefined, call);
  if (!whole) return;
  // Y is [time, directions, batch, units], or [batch, time, directions, units].
  const [b, t, w] = layoutOf(node) === 1 ? [0, 1, 2] : [2, 0, 1];
  if (sequences) {
    const turned = direction === "reverse" ? d.operation("Flip", { axis: 1 }, [whole], "flip") : whole;
    d.set(y, [[b], [t], directions === 1 ? [3] : [w, 3]], turned);
  }
  const [sb, sw] = layoutOf(node) === 1 ? [0, 1] : [1, 0];
  last.forEach((id, i) => {
    if (id < 0 || !d.isRead(id)) return;
    const groups: Groups = [[sb], directions === 1 ? [2] : [sw, 2]];
    const list = states
      ? Array.from({ length: directions }, (_, k) => after[k * kind.states + i]).filter((s) =>
        s !== undefined
      )
      : [whole];
    const [only, more] = list;
    if (only) d.set(id, groups, more ? d.layer("Concatenate", {}, list, undefined, "state") : only);
  });
}

/** Recurrent operators. */
export const recurrents: Converters = { GRU: recurrent, LSTM: recurrent, RNN: recurrent };
