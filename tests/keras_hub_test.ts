/** KerasHub's models and layers as files: whole classes and their layers give what Keras gives, on every engine that is always there. @module */
import { deepEqual, ok } from "node:assert/strict";
import { type DType, loadModel, type Model, type Tensor, tensor, toNumbers } from "../mod.ts";
import { root } from "./support/sources.ts";

const folder = new URL("tests/fixtures/keras-hub/", root);
interface Numbers {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Values {
  readonly inputs: Readonly<Record<string, Numbers>>;
  readonly outputs: Readonly<Record<string, Numbers>>;
}
const files = [...Deno.readDirSync(folder)].map((e) => e.name).filter((n) => n.endsWith(".keras")).sort();
const valuesOf = (file: string): Values =>
  JSON.parse(Deno.readTextFileSync(new URL(`${file.split(".")[0]}.json`, folder)));
const given = ({ inputs }: Values): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, v]) => [name, tensor([...v.data], v.shape, v.dtype)]),
  );

/** The largest difference, in parts of the largest number. */
async function differenceOf(model: Model, values: Values): Promise<number> {
  const data = given(values), [only] = Object.values(data);
  const y = await model.predict(Object.keys(data).length === 1 && only ? only : data);
  const outputs = "data" in y ? [y] : y as readonly Tensor[];
  // Keras' order of outputs that have names.
  const names = Object.keys(values.outputs).sort();
  deepEqual(outputs.length, names.length);
  return Math.max(...outputs.map((out, i) => {
    const wanted = values.outputs[names[i] ?? ""] as Numbers, numbers = toNumbers(out);
    deepEqual(out.shape, wanted.shape);
    const most = Math.max(...wanted.data.map(Math.abs));
    return Math.max(...wanted.data.map((w, k) => Math.abs(w - (numbers[k] ?? NaN)))) / most;
  }));
}

Deno.test("there are whole classes and their layers", () => ok(files.length >= 27));
for (const file of files) {
  Deno.test(`${file} gives what Keras gives`, async () => {
    for (const backend of ["plain", "wasm"]) {
      using model = await loadModel(new URL(file, folder), { backend, warn: () => {} });
      const difference = await differenceOf(model, valuesOf(file));
      ok(difference < 2e-6, `${backend}: ${difference}`);
    }
  });
}
