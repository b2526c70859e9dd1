/** The networks of the benchmarks, as graphs with random weights. @module */
import { createRegistry, type Graph, GraphBuilder, type Registry, type Tensor } from "../mod.ts";
import { tensorType, type Value } from "../public/graph.ts";
import { Random } from "../public/tensors.ts";
import { networkOps } from "../core/ops/mod.ts";
import { activations } from "../plugins/activations/mod.ts";

/** Operators and activations. */
export const registry: Registry = createRegistry([
  { owner: "core", plugins: networkOps },
  { owner: "activations", plugins: activations },
]);

/** Normal numbers, scaled. */
export function normal(shape: readonly number[], seed: number, scale: number): Tensor {
  const random = new Random(seed), n = shape.reduce((a, b) => a * b, 1);
  return { dtype: "float32", shape, data: Float32Array.from({ length: n }, () => scale * random.normal()) };
}

/** A network to measure. */
export interface Network {
  readonly name: string;
  readonly batches: readonly number[];
  /** `onnx`: images channels first, as ONNX runtimes want them; else channels last, as Keras has them. */
  graph(onnx: boolean): Graph;
  input(batch: number, onnx: boolean): Tensor;
}

class Layers {
  readonly b: GraphBuilder = new GraphBuilder(registry);
  #seed = 1;
  weight(shape: readonly number[], scale = 0.1, order?: (t: Tensor) => Tensor): Value {
    const seed = this.#seed++, value = normal(shape, seed, scale);
    return this.b.input(`w${seed}`, tensorType("float32", shape), "parameter", order ? order(value) : value);
  }
  dense(x: Value, inputs: number, units: number, activation?: string, order?: (t: Tensor) => Tensor): Value {
    const y = this.b.add(this.b.matMul(x, this.weight([inputs, units], 0.1, order)), this.weight([units]));
    return activation ? this.b.one(activation, [y]) : y;
  }
  conv(x: Value, inputs: number, filters: number): Value {
    const y = this.b.conv(x, this.weight([filters, inputs, 3, 3]), this.weight([filters]), {
      pads: [1, 1, 1, 1],
    });
    return this.b.relu(y);
  }
  maxPool(x: Value): Value {
    return this.b.maxPool(x, { kernel_shape: [2, 2], strides: [2, 2] })[0];
  }
  recurrent(
    op: "LSTM" | "GRU" | "RNN",
    x: Value,
    inputs: number,
    units: number,
    direction = "forward",
  ): Value {
    const gates = { LSTM: 4, GRU: 3, RNN: 1 }[op], both = direction === "bidirectional" ? 2 : 1;
    const turned = this.b.transpose(x, { perm: [1, 0, 2] });
    const [, last] = this.b.op(op, [
      turned,
      this.weight([both, gates * units, inputs]),
      this.weight([both, gates * units, units]),
      this.weight([both, 2 * gates * units]),
    ], { hidden_size: units, direction, ...(op === "GRU" && { linear_before_reset: 1 }) });
    if (!last) throw new Error("no last state");
    const batchFirst = this.b.transpose(last, { perm: [1, 0, 2] });
    return this.b.reshape(batchFirst, this.b.ints([-1, both * units]));
  }
}

function channelsFirstRows({ shape, data }: Tensor): Tensor {
  const [, units = 1] = shape, from = data as Float32Array, out = new Float32Array(from.length);
  for (let pixel = 0; pixel < 64; pixel++) {
    for (let c = 0; c < 64; c++) {
      const row = (pixel * 64 + c) * units;
      out.set(from.subarray(row, row + units), (c * 64 + pixel) * units);
    }
  }
  return { dtype: "float32", shape, data: out };
}
function cnn(onnx: boolean): Graph {
  const l = new Layers(), { b } = l;
  const x = b.input("x", tensorType("float32", onnx ? ["batch", 3, 32, 32] : ["batch", 32, 32, 3]));
  let y = onnx ? x : b.transpose(x, { perm: [0, 3, 1, 2] });
  y = l.maxPool(l.conv(l.conv(y, 3, 32), 32, 32));
  y = l.maxPool(l.conv(l.conv(y, 32, 64), 64, 64));
  if (!onnx) y = b.transpose(y, { perm: [0, 2, 3, 1] });
  y = b.reshape(y, b.ints([-1, 4096]));
  // Channels first, the same rows of the kernel stand in another order.
  const hidden = l.dense(y, 4096, 128, "Relu", onnx ? channelsFirstRows : undefined);
  b.output("y", b.softmax(l.dense(hidden, 128, 10), { axis: -1 }));
  return b.build();
}
function text(op: "LSTM" | "GRU" | "RNN", direction?: string): Graph {
  const l = new Layers(), { b } = l;
  const x = b.input("x", tensorType("int32", ["batch", 100]));
  const embedded = b.gather(l.weight([5000, 64]), x);
  const last = l.recurrent(op, embedded, 64, 64, direction);
  const width = direction === "bidirectional" ? 128 : 64;
  b.output("y", b.softmax(l.dense(last, width, 3), { axis: -1 }));
  return b.build();
}
function mlp(): Graph {
  const l = new Layers(), { b } = l;
  const x = b.input("x", tensorType("float32", ["batch", 784]));
  b.output(
    "y",
    b.softmax(l.dense(l.dense(l.dense(x, 784, 128, "Relu"), 128, 32, "Relu"), 32, 10), { axis: -1 }),
  );
  return b.build();
}
function ids(batch: number): Tensor {
  const random = new Random(batch);
  return {
    dtype: "int32",
    shape: [batch, 100],
    data: Int32Array.from({ length: batch * 100 }, () => random.below(5000)),
  };
}

/** Every network. */
export const networks: readonly Network[] = [
  { name: "MLP", batches: [1, 256], graph: mlp, input: (n) => normal([n, 784], n, 1) },
  {
    name: "CNN",
    batches: [1, 32],
    graph: cnn,
    input: (n, onnx) => normal(onnx ? [n, 3, 32, 32] : [n, 32, 32, 3], n, 1),
  },
  { name: "LSTM", batches: [1, 32], graph: () => text("LSTM"), input: ids },
  { name: "BiLSTM", batches: [1, 32], graph: () => text("LSTM", "bidirectional"), input: ids },
  { name: "GRU", batches: [1, 32], graph: () => text("GRU"), input: ids },
  { name: "SimpleRNN", batches: [1, 32], graph: () => text("RNN"), input: ids },
];
