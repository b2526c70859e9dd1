/** Files as exporters and optimizers write them, against what onnxruntime makes of them; tests/fixtures/onnx/README.md. */
import assert from "node:assert/strict";
import { castTensor, type DType, loadModel, type Tensor, tensor } from "../../mod.ts";
import { difference } from "../compare.ts";
import { multipliesBytes } from "../support/saturation.ts";

interface Value {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}
interface Case {
  readonly inputs: Readonly<Record<string, Value>>;
  readonly outputs: Readonly<Record<string, Value>>;
}
const folder = new URL("../fixtures/onnx/wild/", import.meta.url);
const read = ({ dtype, shape, data }: Value): Tensor =>
  dtype === "string"
    ? tensor(data.map(String), shape, "string")
    : castTensor(tensor(Float64Array.from(data, Number), shape), dtype);

const names = [...Deno.readDirSync(folder)].map((e) => e.name).filter((n) => n.endsWith(".onnx")).sort();
for (const name of names) {
  Deno.test(`${name} gives what onnxruntime gives`, async () => {
    const text = await Deno.readTextFile(new URL(name.replace(/onnx$/, "json"), folder));
    const { inputs, outputs }: Case = JSON.parse(text);
    const fed = Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, read(value)]));
    // onnxruntime itself needs an installed locale for words in lower case, and a processor that adds products of bytes.
    const native = !name.startsWith("sklearn-") && (!name.includes("quantized") || await multipliesBytes());
    const backends = ["plain", "wasm", ...(native ? ["onnxruntime"] : [])];
    for (const backend of backends) {
      using model = await loadModel(new URL(name, folder), { backend, warn: () => {} });
      const got = await model.run(fed);
      for (const [key, value] of Object.entries(outputs)) {
        const expected = read(value), exact = !value.dtype.startsWith("float");
        const most = exact ? 0 : Math.max(1e-30, ...value.data.map((v) => Math.abs(Number(v))));
        // Narrow floats round at every node of onnxruntime's, which Lapis widens.
        const atol = most * (name.includes("float16") ? 5e-3 : 1e-4);
        assert.equal(difference(got[key], expected, { rtol: 0, atol }), undefined, `${key} on ${backend}`);
      }
    }
  });
}
