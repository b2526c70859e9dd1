/** safetensors: what is written comes back, and what a header declares is checked before it is believed. @module */
import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { dense, input, loadModel, sequential } from "../../mod.ts";
import { type Tensor, tensor } from "../../core/values/tensor.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { isSafetensors, readSafetensors, writeSafetensors } from "./safetensors.ts";

/** A file of a header and so many bytes of data. */
function file(header: unknown, data = 0): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const out = new Uint8Array(8 + text.length + data);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
  out.set(text, 8);
  return out;
}
const entry = (from: number, to: number, more: Record<string, unknown> = {}) => ({
  dtype: "F32",
  shape: [2],
  data_offsets: [from, to],
  ...more,
});

Deno.test("tensors of every element type come back by name", () => {
  const tensors = new Map<string, Tensor>([
    ["a/kernel", tensor([[1, 2], [3, 4.5]])],
    ["b", tensor([1, 0, 1], [3], "bool")],
    ["count", tensor(7, [], "int64")],
    ["half", tensor([0.5, -2], [2], "float16")],
    ["empty", tensor([], [0, 3], "float64")],
  ]);
  const bytes = writeSafetensors(tensors, { format: "np" }), again = readSafetensors(bytes);
  ok(isSafetensors(bytes));
  equal(again.size, 5);
  for (const [name, value] of tensors) deepEqual(again.get(name), value, name);
  deepEqual(writeSafetensors(tensors, { format: "np" }), bytes);
  throws(
    () => writeSafetensors(new Map([["w", tensor(["x"])]])),
    /"w": safetensors has no element type string/,
  );
});

Deno.test("the bytes are those of the format's own example", () => {
  // https://github.com/huggingface/safetensors: 8 bytes of length, the header, the data.
  const bytes = writeSafetensors(new Map([["test", tensor([[0, 0], [0, 0]], [2, 2], "int32")]]));
  const text = new TextDecoder().decode(bytes.subarray(8));
  equal(new DataView(bytes.buffer).getBigUint64(0, true) % 8n, 0n);
  match(text, /^\{"test":\{"dtype":"I32","shape":\[2,2\],"data_offsets":\[0,16\]\}\} *\0{16}$/);
});

Deno.test("what doesn't fit is refused with the tensor's name", () => {
  const fails = (bytes: Uint8Array, message: RegExp) => throws(() => readSafetensors(bytes), message);
  fails(file({ a: entry(0, 8) }), /"a": data_offsets .* lie outside the 0 bytes/);
  fails(file({ a: entry(0, 4) }, 8), /"a": F32 of shape \[2\] takes 8 bytes, not 4/);
  fails(file({ a: entry(8, 0) }, 8), /data_offsets/);
  fails(file({ a: entry(0, 8), b: entry(4, 12) }, 16), /"b": overlaps another/);
  fails(file({ a: entry(0, 8, { dtype: "F4" }) }, 8), /"a": element type "F4" is not supported/);
  fails(file({ a: entry(0, 8, { shape: [-2] }) }, 8), /"a": expected dtype, shape and data_offsets/);
  fails(file({ a: entry(0, 8, { shape: [2 ** 40, 2 ** 40] }) }, 8), /takes .* bytes, not 8/);
  fails(file("{oops"), /the header is not JSON/);
  fails(file({}).subarray(0, 5), /is no safetensors file, or is truncated/);
  const far = file({});
  new DataView(far.buffer).setBigUint64(0, 2n ** 62n, true);
  fails(far, /truncated/);
  throws(() => readSafetensors(file({ a: 1 }), { limits: { ...defaultLimits, textBytes: 4 } }), /too large/);
});

Deno.test("a model's weights by path, beside its configuration", async () => {
  const model = sequential([input({ shape: [2] }), dense({ units: 2, name: "head" })], { name: "m" });
  const weights = await model.toBytes("safetensors"), config = await model.toBytes("json");
  const again = await loadModel(config, { weights });
  deepEqual([...again.weights], [...model.weights]);
  await rejects(loadModel(weights), /holds weights only; load the configuration with it/);
  const one = writeSafetensors(new Map([...model.weights].slice(0, 1)));
  await rejects(loadModel(config, { weights: one }), /holds no weight m\/head\/bias/);
  const other = writeSafetensors(new Map([...model.weights, ["m/tail/kernel", tensor([1])]]));
  await rejects(loadModel(config, { weights: other }), /has no weight "m\/tail\/kernel"/);
});
