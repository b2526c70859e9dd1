/** `lapis inspect` of models that are too large to list: modules, repeats, multiply-adds, and a way to everything. @module */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { amountText, amountValue, macsOf, times } from "../../cli/inspection/amounts.ts";
import { foldRepeats } from "../../cli/inspection/folding.ts";
import { plainItem } from "../../cli/inspection/listing.ts";
import { byPrefix } from "../../cli/inspection/prefixes.ts";
import { GraphBuilder } from "../../core/graph/builder.ts";
import type { Attributes } from "../../core/graph/graph.ts";
import { type Dim, tensorType } from "../../core/values/shape.ts";
import { modelTable } from "../../io/onnx/messages.ts";
import { encode } from "../../io/onnx/proto.ts";
import { add, apply, input, model, registry } from "../../mod.ts";
import { activation, conv2d } from "../../public/layers.ts";
import { inFolder, lapis } from "../support/cli.ts";

/** A product and what follows it, so many times, in modules as PyTorch names them; or in nodes without modules. */
function blocks(count: number, flat = false): Uint8Array {
  const value = (name: string) => ({
    name,
    type: {
      tensorType: {
        elemType: 1,
        shape: { dim: [{ dimParam: "batch" }, { dimParam: "time" }, { dimValue: 8n }] },
      },
    },
  });
  const weight = (name: string, dims: readonly number[]) => ({
    name,
    dataType: 1,
    dims: BigInt64Array.from(dims, BigInt),
    rawData: new Uint8Array(4 * dims.reduce((a, b) => a * b, 1)),
  });
  let last = "x", made = 0;
  const node: { opType: string; input: string[]; output: string[]; name: string }[] = [];
  const initializer: ReturnType<typeof weight>[] = [];
  const push = (opType: string, inputs: string[], name: string) => {
    const output = `v${++made}`;
    node.push({ opType, input: inputs, output: [output], name: flat ? `node_${opType}_${made}` : name });
    return last = output;
  };
  for (let i = 0; i < count; i++) {
    initializer.push(weight(`w${i}`, [8, 8]), weight(`b${i}`, [8]));
    const before = last, path = `/encoder/layers.${i}`;
    push("MatMul", [last, `w${i}`], `${path}/linear/MatMul`);
    push("Add", [last, `b${i}`], `${path}/linear/Add`);
    push("Relu", [last], `${path}/activation/Relu`);
    push("Add", [last, before], `${path}/Add`);
  }
  node.push({ opType: "Tanh", input: [last], output: ["y"], name: flat ? "node_end" : "/head/Tanh" });
  const graph = { name: "blocks", node, initializer, input: [value("x")], output: [value("y")] };
  return encode(modelTable, { irVersion: 8n, opsetImport: [{ domain: "", version: 17n }], graph });
}
const fits = (text: string) => deepStrictEqual(text.split("\n").filter((line) => line.length > 80), []);

Deno.test("a graph of many nodes is its modules, with what repeats once; options open one, or all", () =>
  inFolder(async (folder) => {
    const file = `${folder}/m.onnx`;
    await Deno.writeFile(file, blocks(600));
    const { exit, out, err } = await lapis("inspect", file);
    strictEqual(exit, 0, err);
    fits(out);
    ok(out.split("\n").length < 50, out);
    // 600 products of 8 by 8 for each step; weights and biases of 72.
    match(out, /^blocks: 43,200 parameters, 38 K·time multiply-adds$/m);
    match(out, /^encoder +2,400 nodes +\[batch, time, 8\] +38 K·time +43,200$/m);
    match(out, /^ {2}layers\.0 … 599 +600 × 4 nodes +\[batch, time, 8\] +38 K·time +43,200$/m);
    match(out, /^ {4}linear +2 nodes +\[batch, time, 8\] +64·time +72$/m);
    match(out, /^ {4}activation +Relu /m);
    match(out, /^ {4}Add +Add +\[batch, time, 8\]\n {6}← activation, x$/m);
    match(out, /--all every one of 2,401 nodes/);
    const one = await lapis("inspect", file, "--open", "encoder/layers.0/linear");
    match(one.out, /^ {6}MatMul +MatMul +\[batch, time, 8\] +64·time +64$/m);
    const late = await lapis("inspect", file, "--open", "encoder/layers.7");
    match(late.out, /^ {2}layers\.0 … 6 +7 × 4 nodes /m);
    match(late.out, /^ {2}layers\.7 +4 nodes .*\n(.*\n)* {4}linear /m);
    match(late.out, /^ {2}layers\.8 … 599 +592 × 4 nodes /m);
    const none = await lapis("inspect", file, "--open", "decoder");
    strictEqual(none.exit, 3);
    match(none.err, /--open: there is no decoder; there are encoder, /);
    const all = await lapis("inspect", file, "--all");
    fits(all.out);
    match(all.out, /^…\S*599\/linear\/MatMul +MatMul +float32\[/m);
    ok(all.out.split("\n").length > 2401);
    const said = JSON.parse((await lapis("inspect", file, "--json")).out);
    strictEqual(said.nodes.length, 2401);
    deepStrictEqual(
      { ...said.nodes[3], outputs: [] },
      {
        name: "encoder/layers.0/Add",
        operator: "Add",
        attributes: "",
        inputs: ["encoder/layers.0/activation/Relu", "x"],
        macs: 0,
        outputs: [],
      },
    );
    const sized = await lapis("inspect", file, "--dim", "batch=2", "--dim", "time=10");
    match(sized.out, /parameters, 768 K multiply-adds/);
  }));

Deno.test("nodes without modules in their names are folded by what they do", () =>
  inFolder(async (folder) => {
    const file = `${folder}/m.onnx`;
    await Deno.writeFile(file, blocks(300, true));
    const { out } = await lapis("inspect", file);
    fits(out);
    match(out, /300 × 4 nodes/);
    ok(out.split("\n").length < 40, out);
  }));

Deno.test("layers in a row are modules by the parts of their names; many inputs are folded", () =>
  inFolder(async (folder) => {
    const image = input({ shape: [8, 8, 4], name: "image" });
    let x = image;
    for (let block = 1; block <= 30; block++) {
      const name = (part: string) => `stage_block${block}_${part}`;
      const y = apply(conv2d({ filters: 4, kernelSize: 3, padding: "same", name: name("conv") }), x);
      x = apply(add({ name: name("add") }), [
        apply(activation({ activation: "relu", name: name("relu") }), y),
        x,
      ]);
    }
    const file = `${folder}/m.keras`;
    await model({ inputs: [image], outputs: [x] }).save(file);
    const { out } = await lapis("inspect", file);
    fits(out);
    match(out, /stage_block1 … 30 +30 × 3 layers/);
    match(
      out,
      /…conv +Conv2D +\[batch, 8, 8, 4\] +9\.2 K +148\n {4}.*filters 4, kernelSize 3 3, padding same/,
    );
    ok(out.split("\n").length < 40, out);
    const said = JSON.parse((await lapis("inspect", file, "--json")).out);
    strictEqual(said.layers.length, 90);
    deepStrictEqual(said.layers[1].inputs, ["stage_block1_conv"]);
    strictEqual(said.layers[0].macs, 9216);
  }));

/** Multiply-adds of one operator on inputs of these shapes. */
function count(
  op: string,
  shapes: readonly (readonly Dim[])[],
  attributes: Attributes = {},
  outputs = 1,
): number | string {
  const b = new GraphBuilder(registry, { name: "one" });
  const values = shapes.map((shape, i) => b.input(`x${i}`, tensorType("float32", shape)));
  b.output("y", b.op(op, values, attributes, { outputs })[0] ?? values[0] as never);
  const graph = b.build(), [node] = graph.nodes;
  ok(node);
  return amountValue(macsOf(graph, node, new Map([["batch", 1]])));
}
Deno.test("multiply-adds are those of the definitions", () => {
  // 16 channels of 3×3 windows over 4, at 6×6 places.
  strictEqual(count("Conv", [["batch", 4, 8, 8], [16, 4, 3, 3]]), 16 * 36 * 36);
  strictEqual(count("Conv", [["batch", 4, 8, 8], [4, 1, 3, 3]], { group: 4 }), 4 * 36 * 9);
  strictEqual(count("ConvTranspose", [["batch", 4, 8, 8], [4, 16, 3, 3]]), 4 * 64 * 16 * 9);
  strictEqual(count("MatMul", [["batch", 5, 7], [7, 3]]), 5 * 7 * 3);
  strictEqual(count("Gemm", [[5, 7], [3, 7]], { transB: 1 }), 5 * 7 * 3);
  strictEqual(count("Einsum", [[2, 5, 7], [2, 7, 3]], { equation: "bij,bjk->bik" }), 2 * 5 * 7 * 3);
  // Four gates of 6 units over 3 features and 6 states, at 10 steps.
  strictEqual(
    count("LSTM", [[10, "batch", 3], [1, 24, 3], [1, 24, 6]], { hidden_size: 6 }, 3),
    10 * 24 * (3 + 6),
  );
  strictEqual(count("MatMul", [["batch", "time", 7], [7, 3]]), "21·time");
  strictEqual(count("MatMul", [["time", 7], [7, "time"]]), "7·time²");
  strictEqual(count("Relu", [["batch", 4]]), 0);
  strictEqual(amountText(times(new Map([["time", 1500]]), new Map([["", 2]]))), "3.0 K·time");
});

Deno.test("folding takes the longest run, and leaves what doesn't repeat", () => {
  const items = [..."abcbcbcaaad"].map((kind, i) => plainItem(`${kind}_${i}`, kind, ""));
  const found = foldRepeats(items).map(({ name, repeat, children }) => [name, repeat, children.length]);
  deepStrictEqual(found, [
    ["a_0", undefined, 0],
    ["b_1 … c_6", 3, 2],
    ["a_7 … 9", 3, 0],
    ["d_10", undefined, 0],
  ]);
  const names = Array.from({ length: 4 }, (_, i) => ["in", "mid", "out"].map((part) => `block_${i}_${part}`))
    .flat();
  const grouped = byPrefix([...names, "end"].map((name) => plainItem(name, "x", "")));
  deepStrictEqual(grouped.map((g) => g.name), ["block_0", "block_1", "block_2", "block_3", "end"]);
});
