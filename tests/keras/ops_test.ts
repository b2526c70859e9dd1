/** Bare operations in functional models, beside what Keras computes. @module */
import { deepEqual } from "node:assert/strict";
import { gunzipSync } from "fflate";
import { openZip } from "../../io/archives/zip.ts";
import { castTensor, type DType, loadModel, type Tensor, tensor } from "../../mod.ts";
import { toNumbers } from "../../public/tensors.ts";

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
async function casesIn(name: string): Promise<readonly Case[]> {
  const file = new URL(`../fixtures/keras-ops/${name}.json.gz`, import.meta.url);
  return JSON.parse(new TextDecoder().decode(gunzipSync(await Deno.readFile(file))));
}
/** Models by Keras 3.15, and by Keras 2.15 with TensorFlow's own functions. */
const files = { "keras.ops": await casesIn("cases"), "TensorFlow's functions": await casesIn("tensorflow") };
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
for (const [what, cases] of Object.entries(files)) {
  for (const backend of ["plain", "wasm"]) {
    Deno.test(`${cases.length} calls of ${what} on ${backend} are what Keras computes`, async () => {
      const found: string[] = [];
      for (const one of cases) {
        const said = await wrong(one, backend);
        if (said !== undefined) found.push(said);
      }
      deepEqual(found, []);
    });
  }
}

Deno.test("what is written says TensorFlow's functions in Keras 3's words, or is refused by name before", async () => {
  const cases = files["TensorFlow's functions"], refused: string[] = [], found: string[] = [];
  for (const one of cases) {
    using model = await loadModel(new TextEncoder().encode(one.config), { warn: () => {} });
    try {
      const bytes = await model.toBytes(".keras");
      const config = new TextDecoder().decode(openZip(bytes).read("config.json"));
      if (config.includes('"class_name":"tf.')) found.push(`${one.name}: a class that Keras has not`);
      const said = await wrong({ ...one, config }, "plain");
      if (said !== undefined) found.push(said);
    } catch (error) {
      if (!/TensorFlow's function \S+ .*; save as \.onnx, which can/.test(String(error))) {
        found.push(`${one.name}: ${error}`);
      }
      refused.push(one.name);
    }
  }
  deepEqual(found, []);
  // Real Keras 3.15 opened all but these and computed the same.
  deepEqual(refused.length, 112);
});
