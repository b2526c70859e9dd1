/** Inputs that are made up for a model: they are what it takes, whatever it asks of ids, masks, lengths and sizes. @module */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { fittingInputs, madeUp } from "../../cli/madeup/inputs.ts";
import { fittingSamples } from "../../cli/conversion/samples.ts";
import { GraphBuilder } from "../../core/graph/builder.ts";
import type { Value } from "../../core/graph/graph.ts";
import { uniform } from "../../core/ops/sample.ts";
import { type Dim, tensorType } from "../../core/values/shape.ts";
import {
  add,
  apply,
  type DType,
  embedding,
  input,
  Model,
  model as functionalModel,
  registry,
  sequential,
  type Tensor,
  tensor,
} from "../../mod.ts";
import { toNumbers } from "../../public/tensors.ts";
import { conv1d, globalAveragePooling1d } from "../../public/layers.ts";

/** Values of a graph by name. */
type Inputs = Readonly<Record<string, Value>>;
const weights = (b: GraphBuilder, name: string, shape: number[]) =>
  b.input(name, tensorType("float32", shape), "parameter", uniform(shape));
/** A bare graph of these inputs. */
function graphOf(
  ports: Readonly<Record<string, readonly [DType, readonly Dim[]]>>,
  build: (b: GraphBuilder, x: Inputs) => Value,
): Model {
  const b = new GraphBuilder(registry, { name: "made up" });
  const x = Object.fromEntries(
    Object.entries(ports).map(([name, [dtype, shape]]) => [name, b.input(name, tensorType(dtype, shape))]),
  );
  b.output("y", build(b, x));
  return Model.fromGraph(b.build(), registry);
}
const at = (x: Inputs, name: string): Value => x[name] as Value;
const numbersOf = (t: Tensor | undefined) => [...toNumbers(t as Tensor)];
const inside = (t: Tensor | undefined, low: number, high: number) =>
  ok(numbersOf(t).every((v) => Number.isInteger(v) && v >= low && v < high), `${numbersOf(t)}`);

Deno.test("sound is as long as its convolutions' windows and strides take", async () => {
  const strided = [[10, 5], [3, 2], [3, 2], [3, 2], [3, 2], [2, 2], [2, 2]];
  const net = sequential([
    input({ shape: [null, 1], name: "input_values" }),
    ...strided.map(([kernelSize = 1, strides = 1]) => conv1d({ filters: 2, kernelSize, strides })),
    globalAveragePooling1d({}),
  ]);
  const { input_values: x } = await fittingInputs(net, 1);
  // ((((((n−10)/5+1 −3)/2+1 …: the least that leaves a step.
  ok((x?.shape[1] ?? 0) >= 400, `${x?.shape}`);
  const lengths = (await fittingSamples(net)).map(({ inputs }) => inputs.input_values?.shape[1]);
  ok(new Set(lengths).size > 1 && lengths.every((n) => (n ?? 0) >= 400), `${lengths}`);
});

Deno.test("where a table of fixed length is added, or multiplied, sizes are its", async () => {
  const added = graphOf(
    { x: ["float32", ["batch", "time", 4]] },
    (b, x) => b.add(at(x, "x"), weights(b, "positions", [1, 77, 4])),
  );
  deepStrictEqual((await fittingInputs(added, 2)).x?.shape, [2, 77, 4]);
  const multiplied = graphOf(
    { x: ["float32", ["batch", "width"]] },
    (b, x) => b.matMul(at(x, "x"), weights(b, "kernel", [13, 4])),
  );
  deepStrictEqual((await fittingInputs(multiplied, 2)).x?.shape, [2, 13]);
  const cut = graphOf({ x: ["float32", ["batch", "time", 4]] }, (b, x) => {
    const time = b.shape(at(x, "x"), { start: 1, end: 2 });
    const positions = b.slice(weights(b, "positions", [6, 4]), b.ints([0]), time, b.ints([0]));
    return b.add(at(x, "x"), positions);
  });
  for (const { inputs } of await fittingSamples(cut)) {
    ok((inputs.x?.shape[1] ?? 9) <= 6, "a table of 6 positions");
  }
  const patches = graphOf({ x: ["float32", ["batch", 3, "height", "width"]] }, (b, x) => {
    const y = b.conv(at(x, "x"), weights(b, "kernel", [4, 3, 16, 16]), { strides: [16, 16] });
    const flat = b.reshape(y, b.ints([0, 4, -1]));
    return b.add(flat, weights(b, "positions", [1, 4, 196]));
  });
  deepStrictEqual((await fittingInputs(patches, 1)).x?.shape, [1, 3, 224, 224]);
});

Deno.test("ids lie in the tables that they reach, through casts, sums and slices", async () => {
  const direct = graphOf(
    { ids: ["int64", ["batch", "time"]] },
    (b, x) => b.gather(weights(b, "table", [2, 3]), at(x, "ids")),
  );
  inside((await fittingInputs(direct, 4)).ids, 0, 2);
  const floats = graphOf({ ids: ["float32", ["batch", "time"]] }, (b, x) => {
    const whole = b.cast(at(x, "ids"), { to: "int32" });
    return b.gather(weights(b, "table", [5, 3]), b.add(whole, b.scalar(3, "int32")));
  });
  inside((await fittingInputs(floats, 4)).ids, 0, 2);
  const less = graphOf({ ids: ["int32", ["batch"]] }, (b, x) => {
    return b.gather(weights(b, "table", [4, 3]), b.sub(at(x, "ids"), b.scalar(2, "int32")));
  });
  inside((await fittingInputs(less, 9)).ids, 2, 6);
  const column = graphOf({ pair: ["int32", ["batch", 2]] }, (b, x) => {
    const first = b.slice(at(x, "pair"), b.ints([0]), b.ints([1]), b.ints([1]));
    return b.gather(weights(b, "table", [2, 3]), first);
  });
  inside((await fittingInputs(column, 9)).pair, 0, 2);
  const steps = graphOf(
    { x: ["float32", ["time", 2]], last: ["int64", [1]] },
    (b, x) => b.gather(at(x, "x"), at(x, "last")),
  );
  inside((await fittingInputs(steps, 1)).last, 0, 1);
  const images = graphOf({ x: ["float32", ["batch", 1, 8, 8]], of: ["int64", [3]] }, (b, x) => {
    const boxes = b.constant(tensor([[0, 0, 4, 4], [1, 1, 5, 5], [2, 2, 6, 6]]));
    return b.roiAlign(at(x, "x"), boxes, at(x, "of"), { output_height: 2, output_width: 2 });
  });
  inside((await fittingInputs(images, 1)).of, 0, 1);
});

Deno.test("token types, positions and words each stay in their own table", async () => {
  const ids = input({ shape: [null], dtype: "int32", name: "ids" });
  const types = input({ shape: [null], dtype: "int32", name: "types" });
  const words = apply(embedding({ inputDim: 100, outputDim: 4 }), ids);
  const kinds = apply(embedding({ inputDim: 2, outputDim: 4 }), types);
  const net = functionalModel({ inputs: [ids, types], outputs: [apply(add({}), [words, kinds])] });
  const made = await fittingInputs(net, 8);
  inside(made.types, 0, 2);
  inside(made.ids, 0, 100);
  ok(Math.max(...numbersOf(made.ids)) > 2, "all of the table is drawn from");
});

Deno.test("a mask is ones, lengths are those of the steps, and samples of a proof leave steps out", async () => {
  const masked = graphOf({
    input_ids: ["int64", ["batch", "time"]],
    attention_mask: ["int64", ["batch", "time"]],
  }, (b, x) => {
    const y = b.gather(weights(b, "table", [20, 3]), at(x, "input_ids"));
    const mask = b.cast(at(x, "attention_mask"), { to: "float32" });
    return b.mul(y, b.unsqueeze(mask, b.ints([2])));
  });
  const { attention_mask: mask } = await fittingInputs(masked, 3);
  deepStrictEqual(new Set(numbersOf(mask)), new Set([1]));
  const samples = await fittingSamples(masked);
  deepStrictEqual(new Set(numbersOf(samples[1]?.inputs.attention_mask)), new Set([0, 1]));
  const reversed = graphOf(
    { x: ["float32", ["time", "batch"]], steps: ["int64", ["batch"]] },
    (b, x) => b.reverseSequence(at(x, "x"), at(x, "steps")),
  );
  const made = await fittingInputs(reversed, 3);
  ok(numbersOf(made.steps).every((n) => n >= 1 && n <= (made.x?.shape[0] ?? 0)));
  const named = graphOf(
    { x: ["float32", ["batch", "time"]], x_lens: ["int64", ["batch"]] },
    (b, x) => b.mul(at(x, "x"), b.unsqueeze(b.cast(at(x, "x_lens"), { to: "float32" }), b.ints([1]))),
  );
  const { x, x_lens: lengths } = await fittingInputs(named, 2);
  deepStrictEqual(numbersOf(lengths), [x?.shape[1], x?.shape[1]]);
});

Deno.test("sizes that are sums of others by their names are those sums", () => {
  const decoder = graphOf({
    input_ids: ["int64", ["batch", "sequence_length"]],
    attention_mask: ["int64", ["batch", "past_sequence_length + sequence_length"]],
    past: ["float32", ["batch", 2, "past_sequence_length", 4]],
  }, (b, x) => b.reduceSum(b.cast(at(x, "attention_mask"), { to: "float32" })));
  const { input_ids: ids, attention_mask: mask, past } = madeUp(decoder, 1);
  strictEqual(mask?.shape[1], (ids?.shape[1] ?? 0) + (past?.shape[2] ?? 0));
});
