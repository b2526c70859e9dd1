/** Weights of genuine Keras files: names, order and shapes, other files' weights, and models that share nothing. @module */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { loadModel, type Model, type Tensor } from "../../../mod.ts";
import { toNumbers } from "../../../public/tensors.ts";

const folder = new URL("../../../../shared/fixtures/keras/", import.meta.url);
interface Case {
  readonly name: string;
  readonly engine: string;
  readonly files: Readonly<Record<string, string>>;
  readonly weights?: readonly { readonly name: string; readonly shape: readonly number[] }[];
}
async function casesOf(wanted: RegExp): Promise<readonly Case[]> {
  const found: Case[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (!wanted.test(name)) continue;
      found.push({ ...JSON.parse(await Deno.readTextFile(new URL(`${name}/case.json`, folder))), name });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found;
}
const cases = await casesOf(/^[ABCD]_/);
const ignore = cases.length === 0;
const load = (name: string, weights?: string): Promise<Model> =>
  loadModel(new URL(name, folder), {
    backend: "plain",
    warn: () => {},
    ...(weights !== undefined && { weights: new URL(weights, folder) }),
  });

Deno.test({
  name: "weights have Keras 3's names, order and shapes",
  ignore,
  async fn() {
    const wrong: string[] = [];
    let compared = 0;
    for (const { name, engine, files, weights } of cases) {
      if (!engine.startsWith("k3") || !weights) continue;
      for (const file of Object.keys(files).filter((f) => /^model\.(h5|keras)$/.test(f))) {
        const ours = [...(await load(`${name}/${file}`)).weights].map(([path, t]) => `${path} [${t.shape}]`);
        const theirs = weights.map((w) => `${w.name} [${w.shape}]`);
        if (ours.join() !== theirs.join()) wrong.push(`${name}/${file}`);
        compared++;
      }
    }
    deepEqual(wrong, []);
    ok(compared > 200);
  },
});

Deno.test({
  name: "every file of a case holds the same weights, whichever layout it has",
  ignore,
  async fn() {
    for (const name of ["B_mini_resnet", "B_mini_resnet__k2", "B_seq2seq", "B_seq2seq__k2"]) {
      const whole = await load(`${name}/model.keras`), legacy = await load(`${name}/model.h5`);
      const apart = await load(`${name}/model.keras`, `${name}/model.weights.h5`);
      deepEqual(legacy.weights, whole.weights);
      deepEqual(apart.weights, whole.weights);
    }
    const old = await load("B_old_lstm__k122/model.h5");
    deepEqual((await load("B_old_lstm__k122/model.h5", "B_old_lstm__k122/weights.h5")).weights, old.weights);
  },
});

Deno.test({
  name: "weights without a configuration, or of another model, are refused by name",
  ignore,
  async fn() {
    await rejects(load("B_seq2seq/model.weights.h5"), /holds weights only \(it has no model_config\)/);
    await rejects(load("B_mlp_784/model.h5", "B_mini_resnet__k2/weights.h5"), /layers with weights/);
    await rejects(
      load("B_seq2seq/model.keras", "B_mini_resnet/model.weights.h5"),
      /layer "enc_emb" \(Embedding\): weight embeddings/,
    );
    await rejects(load("B_seq2seq/model.keras", "B_seq2seq/case.json"), /holds no Keras weights/);
  },
});

Deno.test({
  name: "two models of one file share neither weights nor states",
  ignore,
  async fn() {
    const a = await load("A_lstm_seq/model.h5"), b = await load("A_lstm_seq/model.h5");
    const [path = ""] = a.weights.keys(), before = b.weights.get(path) as Tensor;
    const zeros: Tensor = { ...before, data: new Float32Array(before.data.length) };
    a.setWeight(path, zeros);
    deepEqual(toNumbers(a.weights.get(path) as Tensor), zeros.data);
    deepEqual(b.weights.get(path), before);
    ok(toNumbers(before).some((v) => v !== 0));
  },
});

Deno.test({
  name: "integers and numbers that aren't finite are warned of, with the weight's name",
  ignore,
  async fn() {
    const warnings: string[] = [];
    const warn = (message: string) => void warnings.push(message);
    await loadModel(new URL("F_h5_nan_weight/model.h5", folder), { warn });
    await loadModel(new URL("F_h5_int_weights/model.h5", folder), { warn });
    equal(warnings.length, 2);
    ok(/weight victim\/hidden\/kernel: 1 of \d+ numbers are NaN/.test(warnings[0] ?? ""));
    ok(/weight victim\/hidden\/kernel: .* is int64 in the file, read as float32/.test(warnings[1] ?? ""));
  },
});
