/** Masks through merges, attention, models inside and wrappers, and what masked steps put out, are those of each Keras: 2.2, 3.0, 3.3 and 3.15. @module */
import { deepEqual, ok, rejects } from "node:assert/strict";
import { loadModel, type Model, type Nested, type Tensor, tensor } from "../../mod.ts";
import { toNumbers } from "../../public/tensors.ts";
import { root } from "../support/sources.ts";

interface MaskCase {
  readonly name: string;
  readonly version: string;
  readonly config: object;
  readonly weights: Readonly<Record<string, { readonly shape: number[]; readonly data: number[] }>>;
  readonly x: readonly Nested[];
  readonly dtype: readonly ("float32" | "int32")[];
  readonly y: readonly Nested[];
}
const cases: readonly MaskCase[] = JSON.parse(
  await Deno.readTextFile(new URL("tests/fixtures/keras-masks.json", root)),
);
/** The model as its file says it. */
async function modelOf({ config, version, weights }: MaskCase, backend: string): Promise<Model> {
  const bytes = new TextEncoder().encode(JSON.stringify({ ...config, keras_version: version }));
  const made = await loadModel(bytes, { backend, warn: () => {} });
  for (const [path, { shape, data }] of Object.entries(weights)) {
    made.setWeight(path, tensor(data, shape, "float32"));
  }
  return made;
}
const flat = (list: Nested): number[] => [list].flat(9) as number[];
/** The largest difference from Keras' outputs. */
async function worst(model: Model, one: MaskCase): Promise<number> {
  const inputs = one.x.map((x, i) => tensor(x, undefined, one.dtype[i]));
  const said = await model.predict(inputs.length === 1 ? inputs[0] as Tensor : inputs);
  const outputs = said instanceof Map || !("data" in said)
    ? Object.values(said) as Tensor[]
    : [said as Tensor];
  return Math.max(...one.y.map((y, i) => {
    const ours = toNumbers(outputs[i] ?? tensor([])), theirs = flat(y);
    return ours.length === theirs.length
      ? Math.max(...theirs.map((v, k) => Math.abs(v - (ours[k] ?? NaN))))
      : Infinity;
  }));
}

for (const backend of ["plain", "wasm"]) {
  Deno.test(`masks travel, and masked steps put out, as in the Keras that wrote the file, on ${backend}`, async () => {
    const wrong: unknown[] = [];
    for (const one of cases) {
      using model = await modelOf(one, backend);
      // Two roundings of seven digits, and a few sums of float32.
      const off = await worst(model, one);
      if (!(off < 5e-6)) wrong.push([one.version, one.name, off]);
    }
    deepEqual(wrong, []);
    ok(cases.length >= 28);
  });
}
Deno.test("a model whose masks newer versions would treat otherwise is refused before it is written", async () => {
  const refused: readonly (readonly [version: string, name: string, why: RegExp])[] = [
    ["3.3.3", "merge_Subtract_lstm", /hands on the mask here|counts where/],
    ["3.3.3", "merge_Maximum_pool", /hands on the mask here|counts where/],
    ["2.2.4", "Bi_GRU_mask", /puts out zeros/],
    ["2.2.4", "TD_lstm3_lstm", /in another way than Keras 3/],
    ["2.2.4", "UpSampling2Dinterpolationbilinear_size3_2", /their middles/],
  ];
  for (const [version, name, why] of refused) {
    const one = cases.find((c) => c.version === version && c.name === name);
    ok(one, name);
    using model = await modelOf(one, "plain");
    await rejects(model.toBytes("keras"), why);
  }
});
