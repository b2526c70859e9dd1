/** What fit, evaluate and trainOnBatch report is what real Keras reports, of the version that the model is from. @module */
import { deepStrictEqual, ok } from "node:assert/strict";
import { type ClassWeights, type FitOptions, loadModel, type Tensor, tensor } from "../../mod.ts";
import { toNumbers } from "../../public/tensors.ts";

type Numbers = Readonly<Record<string, number>>;
interface Case {
  readonly file: string;
  /** True for a model of two outputs. */
  readonly several: boolean;
  readonly arrays: Readonly<
    Record<string, { readonly dtype: "float32" | "int32"; readonly shape: number[]; readonly data: number[] }>
  >;
  readonly x: readonly string[];
  readonly y: readonly string[];
  readonly val: { readonly x: readonly string[]; readonly y: readonly string[]; readonly w?: string } | null;
  readonly weights: boolean;
  readonly fit: {
    readonly batch_size: number;
    readonly epochs: number;
    readonly class_weight?: ClassWeights;
    readonly validation_split?: number;
    readonly validation_freq?: number;
    readonly validation_batch_size?: number;
    readonly initial_epoch?: number;
  };
  readonly history: Readonly<Record<string, number[]>>;
  readonly evaluate: Numbers;
  readonly batch: readonly Numbers[];
  /** The first element of every weight at last. */
  readonly final: readonly number[];
}
const folder = new URL("../fixtures/keras-histories/", import.meta.url);
const cases: readonly Case[] = JSON.parse(await Deno.readTextFile(new URL("cases.json", folder)));
const bare = (name: string) => name.replace(/[^a-z0-9]/gi, "").toLowerCase();
const one = <T>(list: readonly T[]) => (list.length === 1 && list[0] !== undefined ? list[0] : list);

/** What is off, of numbers by name; some hundred roundings each. */
function differences(where: string, got: object, want: object): unknown[] {
  const named = new Map(Object.entries(got).map(([k, v]) => [bare(k), [v].flat()]));
  const wrong: unknown[] = [];
  for (const [name, value] of Object.entries(want)) {
    const ours = named.get(bare(name)), theirs: number[] = [value].flat();
    const near = theirs.every((v, i) => Math.abs((ours?.[i] ?? NaN) - v) <= 3e-5 * Math.max(1, Math.abs(v)));
    if (!near || ours?.length !== theirs.length) wrong.push([where, name, ours, theirs]);
    named.delete(bare(name));
  }
  return [...wrong, ...[...named.keys()].map((name) => [where, name, "isn't Keras'"])];
}
function optionsOf(c: Case, array: (name: string) => Tensor): FitOptions {
  const { fit, val } = c;
  const both = (name: string) => (c.several ? [array(name), array(name === "W" ? "W2" : name)] : array(name));
  return {
    batchSize: fit.batch_size,
    epochs: fit.epochs,
    shuffle: false,
    verbose: 0,
    ...(c.weights && { sampleWeight: both("W") }),
    ...(fit.class_weight && { classWeight: fit.class_weight }),
    ...(fit.validation_split !== undefined && { validationSplit: fit.validation_split }),
    ...(fit.validation_freq !== undefined && { validationFreq: fit.validation_freq }),
    ...(fit.validation_batch_size !== undefined && { validationBatchSize: fit.validation_batch_size }),
    ...(fit.initial_epoch !== undefined && { initialEpoch: fit.initial_epoch }),
    ...(val && {
      validationData: val.w === undefined
        ? [one(val.x.map(array)) as Tensor, one(val.y.map(array)) as Tensor]
        : [one(val.x.map(array)) as Tensor, one(val.y.map(array)) as Tensor, both(val.w)],
    }),
  };
}

for (const backend of ["plain", "wasm"]) {
  Deno.test(`${backend}: histories, evaluations and steps are Keras'`, async () => {
    const wrong: unknown[] = [];
    for (const c of cases) {
      const array = (name: string) => {
        const found = c.arrays[name];
        if (!found) throw new Error(`no array ${name}`);
        const { dtype, shape, data } = found;
        return tensor(dtype === "int32" ? Int32Array.from(data) : Float32Array.from(data), shape, dtype);
      };
      using model = await loadModel(new URL(c.file, folder), { backend, warn: () => {} });
      const x = one(c.x.map(array)) as Tensor,
        y = one(c.y.map(array)) as Tensor,
        options = optionsOf(c, array);
      const { history } = await model.fit(x, y, options), { sampleWeight } = options;
      const weighing = sampleWeight === undefined ? {} : { sampleWeight };
      const found = [
        ...differences("fit", history, c.history),
        ...differences("evaluate", await model.evaluate(x, y, { batchSize: 4, ...weighing }), c.evaluate),
      ];
      for (const want of c.batch) {
        found.push(...differences("trainOnBatch", await model.trainOnBatch(x, y, weighing), want));
      }
      const last = [...model.weights.values()].map((t) => toNumbers(t)[0] ?? NaN);
      found.push(...differences("weights", last, c.final));
      if (found.length > 0) wrong.push([c.file, found]);
    }
    ok(cases.length >= 12);
    deepStrictEqual(wrong, []);
  });
}
