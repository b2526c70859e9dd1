/** Keras' bare operations in functional models, beside what Keras 3.15 computes. @module */
import { deepEqual } from "node:assert/strict";
import { gunzipSync } from "fflate";
import { castTensor, type DType, loadModel, type Tensor, tensor, toNumbers } from "../mod.ts";

interface Numbers {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: readonly (number | boolean | string)[];
}
interface Case {
  readonly name: string;
  /** The configuration as Keras writes it: Python has infinities that JSON lacks. */
  readonly config: string;
  readonly inputs: readonly Numbers[];
  readonly outputs: readonly Numbers[];
}
const file = new URL("fixtures/keras-ops/cases.json.gz", import.meta.url);
const cases: readonly Case[] = JSON.parse(
  new TextDecoder().decode(gunzipSync(await Deno.readFile(file))),
);
const numbers = ({ data }: Numbers) => Float64Array.from(data, Number);
const tensorOf = (n: Numbers): Tensor => castTensor(tensor(numbers(n), n.shape, "float64"), n.dtype);

/** What a model gives that isn't Keras' answer: within a hundred roundings of float32 of the largest number. */
async function wrong({ name, config, inputs, outputs }: Case, backend: string): Promise<string | undefined> {
  try {
    using model = await loadModel(new TextEncoder().encode(config), {
      backend,
      warn: () => {},
    });
    const given = Object.fromEntries(model.inputs.map((port, i) => [port.name, inputs[i]]));
    const feed = Object.fromEntries(Object.entries(given).map(([k, n]) => [k, n && tensorOf(n)]));
    const got = Object.values(await model.run(feed as Record<string, Tensor>));
    for (const [i, want] of outputs.entries()) {
      const t = got[i], expected = numbers(want);
      if (!t || `${t.shape}` !== `${want.shape}`) return `${name}: [${t?.shape}], expected [${want.shape}]`;
      const finite = expected.filter(Number.isFinite).map(Math.abs);
      const bound = 100 * 2 ** -24 * Math.max(2 ** -100, ...finite), values = toNumbers(t);
      const at = expected.findIndex((v, k) => {
        const x = Number(values[k]);
        return !(x === v || Number.isNaN(x) && Number.isNaN(v) || Math.abs(x - v) <= bound);
      });
      if (at >= 0) return `${name}: output ${i}[${at}] is ${values[at]}, Keras has ${expected[at]}`;
    }
  } catch (error) {
    return `${name}: ${error}`;
  }
}
for (const backend of ["plain", "wasm"]) {
  Deno.test(`${cases.length} calls of keras.ops on ${backend} are what Keras computes`, async () => {
    const found: string[] = [];
    for (const one of cases) {
      const said = await wrong(one, backend);
      if (said !== undefined) found.push(said);
    }
    deepEqual(found, []);
  });
}
