/** Files that Lapis writes are read back as they were: every model of the reference cases, in every layout. @module */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import {
  dense,
  dropout,
  input,
  loadModel,
  lstm,
  type Model,
  sequential,
  type Tensor,
  tensor,
  UnsupportedError,
} from "../../mod.ts";
import { type Case, caseTensors, listCases, modelFiles } from "../support/cases.ts";
import { exists, root } from "../support/sources.ts";

const shared = new URL("../shared/", root), whole = await exists(new URL("../fixtures/keras/", shared));
const folders = whole
  ? [new URL("../fixtures/keras/", shared), new URL("models/", shared)]
  : [new URL("tests/fixtures/keras/", root), new URL("tests/fixtures/models/", root)];
const cases = (await Promise.all(folders.map(listCases))).flat()
  .filter(({ kind }) => kind === undefined || kind === "A" || kind === "B");

interface Layout {
  readonly ending: string;
  readonly kerasVersion: 2 | 3;
}
const layouts: readonly Layout[] = [
  { ending: ".keras", kerasVersion: 3 },
  { ending: ".h5", kerasVersion: 3 },
  { ending: ".h5", kerasVersion: 2 },
  { ending: ".keras", kerasVersion: 2 },
  { ending: ".weights.h5", kerasVersion: 3 },
  { ending: ".safetensors", kerasVersion: 3 },
];
/** What that version of Keras has no form for, by the end of the message. */
const unsaid: Readonly<Record<string, RegExp>> = {
  A_dense_hard_sigmoid: /Keras 2's hard_sigmoid is another function/,
  A_gru_ract_hard_sigmoid: /Keras 2's hard_sigmoid is another function/,
  A_lstm_ract_hard_sigmoid: /Keras 2's hard_sigmoid is another function/,
  A_rmsnorm: /layer "rms_normalization" \(RMSNormalization\): Keras 2 has no such layer/,
  seq2seq_eng_ind: /layer "decoder" \(LSTM\): Keras 2's files can't say that this call drops its mask/,
};

const bytesOf = ({ data }: Tensor) =>
  ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : data;
function sameBits(a: Tensor | undefined, b: Tensor | undefined, what: string): void {
  equal(a?.dtype, b?.dtype, what);
  deepEqual(a?.shape, b?.shape, what);
  if (a && b) deepEqual(bytesOf(a), bytesOf(b), what);
}
const load = (from: URL | Uint8Array, backend: string, weights?: URL | Uint8Array): Promise<Model> =>
  loadModel(from, { backend, warn: () => {}, ...(weights && { weights }) });
const rowsOf = (t: Tensor, count: number): Tensor => {
  const rows = Math.min(count, t.shape[0] ?? 0), size = t.shape.slice(1).reduce((n, d) => n * d, 1);
  return { dtype: t.dtype, shape: [rows, ...t.shape.slice(1)], data: t.data.slice(0, rows * size) } as Tensor;
};

/** Writes the model, reads it back, and compares names, weights and predictions. */
async function roundTrip(model: Model, x: readonly Tensor[], layout: Layout, backend: string): Promise<void> {
  const { ending, kerasVersion } = layout, options = ending === ".safetensors" ? {} : { kerasVersion };
  const bytes = await model.toBytes(ending, options);
  const bare = ending === ".weights.h5" || ending === ".safetensors";
  const again = bare
    ? await load(await model.toBytes("json", { kerasVersion }), backend, bytes)
    : await load(bytes, backend);
  deepEqual([...again.weights.keys()], [...model.weights.keys()]);
  for (const [path, value] of model.weights) sameBits(again.weights.get(path), value, path);
  const inputs = Object.fromEntries(model.inputs.map(({ name }, i) => [name, x[i] as Tensor]));
  const mine = await model.run(inputs), theirs = await again.run(inputs);
  deepEqual(again.inputs.map((p) => p.name), model.inputs.map((p) => p.name));
  deepEqual(Object.keys(theirs), Object.keys(mine));
  for (const [name, value] of Object.entries(mine)) sameBits(theirs[name], value, name);
  again.close();
}

for (const backend of ["plain", "wasm"]) {
  for (const { ending, kerasVersion } of layouts) {
    // The plain backend is slow; what a layout says doesn't depend on the engine.
    const some = backend === "wasm" ? cases : cases.filter((_, i) => i % 5 === 0);
    Deno.test(`models written as ${ending} of Keras ${kerasVersion} come back the same on ${backend}`, async () => {
      const refused: string[] = [], wrong: string[] = [];
      for (const one of some) await attempt(one, refused, wrong);
      deepEqual(wrong, []);
      const expected = kerasVersion === 2 ? some.filter(({ name }) => name in unsaid).map((c) => c.name) : [];
      deepEqual(refused, expected);

      async function attempt(one: Case, refused: string[], wrong: string[]): Promise<void> {
        const [file] = modelFiles(one), [call = one] = one.calls ?? [];
        if (!file) return;
        const weights = file.weights === undefined ? undefined : new URL(file.weights, one.folder);
        using model = await load(new URL(file.file, one.folder), backend, weights);
        const batch = model.inputs[0]?.shape[0];
        const rows = typeof batch === "number" ? batch : 3;
        const x = (await caseTensors(one, call.inputs)).map((t) => rowsOf(t, rows));
        try {
          await roundTrip(model, x, { ending, kerasVersion }, backend);
        } catch (error) {
          if (error instanceof UnsupportedError) {
            match(error.message, unsaid[one.name] ?? /^$/);
            refused.push(one.name);
          } else wrong.push(`${one.name}: ${error instanceof Error ? error.message : error}`);
        }
      }
    });
  }
}

Deno.test({
  name: "the optimizer's state comes back bit for bit from both layouts, with the compilation",
  ignore: !whole,
  async fn() {
    const folder = new URL("../fixtures/keras/", shared);
    let compared = 0;
    for (const one of (await listCases(folder)).filter(({ kind }) => kind === "D")) {
      for (const file of Object.keys(one.files).filter((name) => name.startsWith("trained."))) {
        const model = await load(new URL(file, one.folder), "plain"), saved = model.savedTraining();
        const before = saved?.variables?.() ?? [];
        ok(saved && before.length > 0, `${one.name}/${file}`);
        for (const ending of [".keras", ".h5"]) {
          const again = (await load(await model.toBytes(ending), "plain")).savedTraining();
          const after = again?.variables?.() ?? [];
          equal(after.length, before.length);
          before.forEach(({ value }, i) => sameBits(after[i]?.value, value, `${one.name} variable ${i}`));
          deepEqual(
            classOf(again?.config.optimizer),
            classOf(saved.config.optimizer),
          );
          compared++;
        }
      }
    }
    ok(compared >= 72);
  },
});
function classOf(form: unknown): unknown {
  const { class_name: name, config } = form as { readonly class_name: string; readonly config: unknown };
  return { name, config };
}

Deno.test("an ending that nothing writes is refused with those that are", async () => {
  const model = small();
  await rejects(
    model.save("model.hdf"),
    /"model.hdf": expected one of \.h5, \.hdf5, \.json, \.keras, .*; is \.hdf5 meant/,
  );
  await rejects(model.toBytes("pickle"), /expected one of/);
});

/** A small model of one's own. */
function small(): Model {
  return sequential([
    input({ shape: [4, 2] }),
    lstm({ units: 3, recurrentActivation: "hardSigmoidKeras2", kernelRegularizer: "l2" }),
    dropout({ rate: 0.5 }),
    dense({ units: 2, activation: { name: "relu", maxValue: 1.5 }, biasConstraint: "nonNeg" }),
  ], { seed: 3 });
}

Deno.test("a file is the same whenever it is written, but for its date", async () => {
  const date = new Date(Date.UTC(2026, 10, 22, 1, 2, 3));
  for (const ending of ["keras", "h5", "weights.h5", "json", "safetensors"]) {
    const options = ending === "keras" ? { date } : {};
    deepEqual(await small().toBytes(ending, options), await small().toBytes(ending, options), ending);
  }
  const text = new TextDecoder().decode(await small().toBytes("keras", { date }));
  match(text, /"date_saved":"2026-11-22@01:02:03"/);
});

Deno.test("saving replaces a file whole, and leaves nothing beside it", async () => {
  const folder = await Deno.makeTempDir(), path = `${folder}/model.keras`;
  try {
    await Deno.writeTextFile(path, "something else");
    await small().save(path);
    deepEqual([...(await loadModel(path)).weights], [...small().weights]);
    await rejects(small().save(`${folder}/nowhere/model.h5`), /nowhere\/model.h5: there is no such folder/);
    await Deno.mkdir(`${folder}/folder.h5`);
    await rejects(small().save(`${folder}/folder.h5`), /is a directory, expected a file/);
    await rejects(small().save("https://example.org/model.h5"), /expected a path/);
    deepEqual([...Deno.readDirSync(folder)].map((e) => e.name).sort(), ["folder.h5", "model.keras"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what Lapis keeps beside the model stands in the archive and comes back", async () => {
  const extras = { json: { labels: ["a", "b"] }, tensors: { counts: tensor([1, 2], [2], "int64") } };
  const again = await loadModel(await small().toBytes("keras", { extras }));
  deepEqual(again.extras?.json, extras.json);
  deepEqual(again.extras?.tensors?.counts, extras.tensors.counts);
  deepEqual((await loadModel(await again.toBytes("keras"))).extras?.json, extras.json);
});

Deno.test("metrics that Keras doesn't have are kept beside its own configuration", async () => {
  const model = small();
  model.compile({ optimizer: "adam", loss: "mse", metrics: ["mae", "directionAccuracy"] });
  const bytes = await model.toBytes("keras"), text = new TextDecoder().decode(bytes);
  const [, config = ""] = text.match(/"compile_config":(.*?"jit_compile":false)/) ?? [];
  match(config, /"class_name":"MeanAbsoluteError"/);
  ok(!/DirectionAccuracy/.test(config));
  const again = await loadModel(bytes);
  deepEqual(again.savedTraining()?.config, model.savedTraining()?.config);
});

Deno.test("image layers are written for Keras 2 without what it doesn't take; those that it hasn't are refused", async () => {
  const text = async (name: string, config: Record<string, unknown>) => {
    const layers = [
      { class_name: "InputLayer", config: { batch_shape: [null, 6, 6, 3], dtype: "float32", name: "i" } },
      { class_name: name, config: { name: "l", data_format: "channels_last", ...config } },
    ].map((layer) => ({ module: "keras.layers", registered_name: null, ...layer }));
    const json = { module: "keras", class_name: "Sequential", config: { name: "s", layers } };
    using made = await loadModel(new TextEncoder().encode(JSON.stringify(json)), { warn: () => {} });
    return new TextDecoder().decode(await made.toBytes("json", { kerasVersion: 2 }));
  };
  const flip = await text("RandomFlip", { mode: "horizontal", seed: null });
  match(flip, /"mode":\s*"horizontal"/);
  // tf-keras 2.15's classes take neither.
  for (
    const written of [flip, await text("RandomContrast", { factor: 0.1, value_range: [0, 255], seed: null })]
  ) {
    equal(/data_format|value_range/.test(written), false);
  }
  await rejects(text("RandomShear", { x_factor: 0.1 }), /Keras 2 has no such layer/);
});
