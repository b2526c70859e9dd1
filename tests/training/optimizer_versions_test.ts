/** Optimizers as their version of Keras computed and stored them: five further steps of a saved model are Keras' own. @module */
import { deepStrictEqual, ok, rejects } from "node:assert/strict";
import { loadModel, type Model, type Nested, type Tensor, tensor, UnsupportedError } from "../../mod.ts";
import { toNumbers } from "../../public/tensors.ts";

interface Case {
  readonly x: Nested;
  readonly y: Nested;
  readonly losses: readonly number[];
  /** The first element of every weight after them. */
  readonly last: readonly number[];
}
const folder = new URL("../fixtures/keras-optimizers/", import.meta.url);
const cases: Readonly<Record<string, Case>> = JSON.parse(
  await Deno.readTextFile(new URL("steps.json", folder)),
);
const rows = ({ dtype, shape, data }: Tensor, from: number): Tensor => {
  const width = data.length / (shape[0] ?? 1);
  return {
    dtype,
    shape: [4, ...shape.slice(1)],
    data: (data as Float32Array).slice(from * width, (from + 4) * width),
  };
};
async function steps(model: Model, { x, y }: Case, count = 5): Promise<number[]> {
  const whole = Array.isArray(x) && Number.isInteger((x as number[][])[0]?.[0]);
  const given = tensor(x, undefined, whole ? "int32" : "float32"), wanted = tensor(y), losses: number[] = [];
  for (let i = 0; i < count; i++) {
    const at = (i % 3) * 4, { loss = NaN } = await model.trainOnBatch(rows(given, at), rows(wanted, at));
    losses.push(loss);
  }
  return losses;
}
// Five steps of some forty roundings each.
const near = (a: number, b: number) => Math.abs(a - b) <= 200 * 2 ** -24 * Math.max(1, Math.abs(b));

for (const backend of ["plain", "wasm"]) {
  Deno.test(`${backend}: optimizers of every version go on from their files as in Keras`, async () => {
    const wrong: unknown[] = [];
    for (const [name, one] of Object.entries(cases)) {
      using model = await loadModel(new URL(name, folder), { backend, warn: () => {} });
      const losses = await steps(model, one),
        last = [...model.weights.values()].map((t) => toNumbers(t)[0] ?? NaN);
      const off = losses.findIndex((v, i) => !near(v, one.losses[i] ?? NaN));
      if (off >= 0) wrong.push([name, off, losses[off], one.losses[off]]);
      else if (!last.every((v, i) => near(v, one.last[i] ?? NaN))) wrong.push([name, last, one.last]);
    }
    ok(Object.keys(cases).length >= 16);
    deepStrictEqual(wrong, []);
  });
}

Deno.test("what they came to is in the files that we write, of Keras 2 and 3", async () => {
  const wrong: unknown[] = [];
  for (const [name, one] of Object.entries(cases)) {
    using model = await loadModel(new URL(name, folder), { backend: "plain", warn: () => {} });
    await steps(model, one, 2);
    const files = [
      await model.toBytes("keras"),
      await model.toBytes("h5", { kerasVersion: 3 }),
      await model.toBytes("h5", { kerasVersion: 2 }),
    ];
    const ours = await steps(model, one);
    for (const [i, bytes] of files.entries()) {
      using again = await loadModel(bytes, { backend: "plain", warn: () => {} });
      // Keras 2 has no Muon and the like: its files hold no compilation with them.
      deepStrictEqual(again.compiled, !(i === 2 && /muon|schedulefree/.test(name)));
      if (!again.compiled) continue;
      // Since Keras 2.3 labels 0 and 1 of a hinge are -1 and 1.
      if (name.includes("hinge")) continue;
      // Since 2.12 statistics leave masked steps out.
      if (name.startsWith("tf24_masked_norm")) continue;
      const theirs = await steps(again, one);
      if (theirs.join() !== ours.join()) wrong.push([name, i, theirs, ours]);
    }
  }
  deepStrictEqual(wrong, []);
});

Deno.test("sums of Ftrl that early TensorFlow held times the rate, for some weights, are refused by name", async () => {
  using model = await loadModel(new URL("tf24_ftrl_opt_mlp.h5", folder), {
    backend: "plain",
    warn: () => {},
  });
  await rejects(
    model.trainOnBatch(tensor([[1, 2, 3]]), tensor([[1, 2]])),
    (error) => error instanceof UnsupportedError && /Ftrl with L2 shrinkage/.test(error.message),
  );
});

Deno.test("what Keras 3 will take otherwise is said where a file of an older one is written as its own", async () => {
  const said = async (name: string) => {
    const warned: string[] = [];
    using model = await loadModel(new URL(name, folder), { backend: "plain", warn: () => {} });
    await model.toBytes("keras", { warn: (line) => warned.push(line) });
    return warned.join("; ");
  };
  ok(/labels 0 and 1 of a hinge/.test(await said("k224_theano_hinge_emb.h5")));
  ok(/takes its statistics of masked steps too/.test(await said("tf24_masked_norm_emb.h5")));
  deepStrictEqual(await said("k215_masked_norm_emb.h5"), "");
  ok(/^RMSprop steps as in the version/.test(await said("k224_rmsprop_mlp.h5")));
  deepStrictEqual(await said("k224_sgdn_mlp.h5"), "");
  deepStrictEqual(await said("k315_nadam_emb.keras"), "");
});
