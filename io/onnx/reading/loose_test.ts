import assert from "node:assert/strict";
import { encodeModel } from "../../../tests/support/onnx.ts";
import { loadModel, tensor } from "../../../mod.ts";
import { zeros } from "../../../public/tensors.ts";
import { uniform } from "../../../tests/support/samples.ts";

const dims = (...names: (string | number)[]) => ({
  tensorType: {
    elemType: 1,
    shape: { dim: names.map((d) => (typeof d === "number" ? { dimValue: BigInt(d) } : { dimParam: d })) },
  },
});
/** A cache whose length has the name of the new steps' number, as exporters of decoders write it. */
const cache = encodeModel({
  node: [
    {
      opType: "Concat",
      input: ["past", "now"],
      output: ["y"],
      attribute: [{ name: "axis", type: 2, i: 1n }],
    },
    { opType: "Shape", input: ["mask"], output: ["length"] },
  ],
  input: [
    { name: "mask", type: dims("batch", "steps + past_steps") },
    { name: "now", type: dims("batch", "steps", 2) },
    { name: "past", type: dims("batch", "steps", 2) },
    { name: "other", type: dims("past_steps") },
  ],
  output: [{ name: "y", type: dims("batch", "steps", 2) }, { name: "length" }],
});
const shapeOf = (v: unknown) => (v as { shape: readonly number[] }).shape;

Deno.test("sizes that contradict their names are warned of once, and computed with, on every engine", async () => {
  for (const backend of ["wasm", "plain", "onnxruntime"]) {
    const warnings: string[] = [];
    using model = await loadModel(cache, { backend, warn: (w) => warnings.push(w) });
    const feeds = (past: number) => ({
      mask: zeros([1, 3 + past]),
      now: uniform([1, 3, 2]),
      past: uniform([1, past, 2], -1, 1, 2),
      other: zeros([7]),
    });
    for (const past of [0, 3, 5]) {
      const given = feeds(past), { y, length } = await model.run(given);
      assert.deepEqual(shapeOf(y), [1, 3 + past, 2], backend);
      const both = [...given.past.data as Float32Array, ...given.now.data as Float32Array];
      assert.deepEqual(y, tensor(both, [1, 3 + past, 2]), backend);
      assert.deepEqual(length, tensor([1, 3 + past], [2], "int64"), backend);
    }
    const said = warnings.filter((w) => w.includes("names of sizes"));
    assert.equal(said.length, 1, warnings.join("\n"));
    assert.match(
      said[0] ?? "",
      /axis 1 of past is 0, not steps; axis 1 of mask is 3, not past_steps \+ steps/,
    );
  }
});
Deno.test("a size that the file fixes stays fixed", async () => {
  using model = await loadModel(cache);
  const given = { mask: zeros([1, 3]), now: zeros([1, 3, 9]), past: zeros([1, 0, 2]), other: zeros([0]) };
  await assert.rejects(model.run(given), {
    name: "InputError",
    message: /"now": expected shape .* got \[1, 3, 9\]/,
  });
});
