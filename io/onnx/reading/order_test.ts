import assert from "node:assert/strict";
import { encodeModel } from "../../../tests/support/onnx.ts";
import { loadModel, tensor } from "../../../mod.ts";
import type { GraphProto, NodeProto } from "../messages.ts";

const node = (opType: string, input: string[], output: string[]): NodeProto => ({ opType, input, output });
const float = { tensorType: { elemType: 1, shape: { dim: [{ dimParam: "n" }] } } };
const model = (nodes: NodeProto[], more: Partial<GraphProto> = {}) =>
  encodeModel({ node: nodes, input: [{ name: "x", type: float }], output: [{ name: "y" }], ...more });
const run = async (bytes: Uint8Array) => {
  const { y } = await (await loadModel(bytes)).run({ x: tensor([1, -2]) });
  return Array.from(y && "data" in y ? y.data as Float32Array : []);
};

Deno.test("nodes in any order are computed", async () => {
  assert.deepEqual(
    await run(model([node("Neg", ["a"], ["y"]), node("Relu", ["x"], ["a"])])),
    [-1, -0],
  );
});
Deno.test("a chain of 20,000 nodes from the last to the first is computed", async () => {
  const nodes = Array.from(
    { length: 20_000 },
    (_, i) => node("Neg", [i === 0 ? "x" : `v${i}`], [i === 19_999 ? "y" : `v${i + 1}`]),
  );
  assert.deepEqual(await run(model(nodes.toReversed())), [1, -2]);
});
Deno.test("a nested graph may stand before what it takes from around it, its own nodes in any order", async () => {
  const branch = (name: string): GraphProto => ({
    name,
    node: [node("Add", ["inner", "late"], ["out"]), node("Neg", ["late"], ["inner"])],
    output: [{ name: "out" }],
  });
  const choice: NodeProto = {
    ...node("If", ["condition"], ["y"]),
    attribute: ["then_branch", "else_branch"].map((name) => ({ name, type: 5, g: branch(name) })),
  };
  const nodes = [
    choice,
    node("Less", ["sum", "sum"], ["condition"]),
    node("ReduceSum", ["x"], ["total"]),
    node("Squeeze", ["total"], ["sum"]),
    node("Exp", ["x"], ["late"]),
  ];
  assert.deepEqual(await run(model(nodes)), [0, 0]);
});
Deno.test("a cycle is an error that names its nodes", async () => {
  const cycle = model([
    node("Add", ["x", "b"], ["a"]),
    { ...node("Relu", ["a"], ["b"]), name: "second" },
    node("Relu", ["b"], ["y"]),
  ]);
  await assert.rejects(loadModel(cycle), {
    name: "FormatError",
    message: /cycle: .*"a" \(Add\) → "second" \(Relu\)$/,
  });
  await assert.rejects(loadModel(model([node("Add", ["x", "y"], ["y"])])), {
    name: "FormatError",
    message: /it computes itself: .*"y" \(Add\)$/,
  });
});
