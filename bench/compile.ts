/** What compiling costs by the graph's size: `deno run -A bench/compile.ts [LAYERS…]`, CPU seconds. @module */
import process from "node:process";
import { type Graph, GraphBuilder, input, loadModel, registry, sequential, tensor } from "../mod.ts";
import { tensorType } from "../public/graph.ts";
import { writeOnnx } from "../io/onnx/mod.ts";
import { dense } from "../public/layers.ts";

/** CPU seconds that `work` takes: other programs on the machine don't count. */
async function cpu(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
const batch = (rows: number, width: number) => tensor(new Float32Array(rows * width), [rows, width]);

/** The first step of Adam over dense layers, and one of another batch size. */
async function training(layers: number): Promise<readonly [first: number, other: number]> {
  using model = sequential(
    [input({ shape: [8] }), ...Array.from({ length: layers }, () => dense({ units: 8, activation: "relu" }))],
    { backend: "wasm" },
  );
  model.compile({ optimizer: "adam", loss: "meanSquaredError" });
  const step = (rows: number) => cpu(() => model.trainOnBatch(batch(rows, 8), batch(rows, 8)));
  return [await step(4), await step(5)];
}
/** A file of slices, sums and activations, loaded and run once. */
async function file(nodes: number): Promise<readonly [loaded: number, other: number]> {
  const bytes = writeOnnx(chain(nodes), { registry });
  let model: Awaited<ReturnType<typeof loadModel>> | undefined;
  const first = await cpu(async () => {
    model = await loadModel(bytes, { backend: "wasm", warn: () => {} });
    await model.run({ x: batch(2, 16) });
  });
  const other = await cpu(() => model?.run({ x: batch(3, 16) }));
  model?.close();
  return [first, other];
}
function chain(nodes: number): Graph {
  const b = new GraphBuilder(registry);
  let x = b.input("x", tensorType("float32", ["batch", 16]));
  for (let n = 0; n < nodes; n += 5) {
    const halves = [[0, 8], [8, 16]].map(([from = 0, to = 0]) =>
      b.slice(x, b.ints([from]), b.ints([to]), b.ints([1]))
    );
    const joined = b.concat(halves.toReversed(), { axis: 1 });
    x = b.softmax(b.relu(joined), { axis: 1 });
  }
  b.output("y", x);
  return b.build();
}

const sizes = Deno.args.length > 0 ? Deno.args.map(Number) : [125, 250, 500, 1000];
console.log("dense layers, Adam   first step   another batch");
for (const layers of sizes) {
  const [first, other] = await training(layers);
  console.log(`${layers}`.padStart(12), first.toFixed(2).padStart(18), other.toFixed(3).padStart(15));
}
console.log("nodes of a file      first run    another batch");
for (const nodes of sizes.map((n) => 20 * n)) {
  const [first, other] = await file(nodes);
  console.log(`${nodes}`.padStart(12), first.toFixed(2).padStart(18), other.toFixed(3).padStart(15));
}
