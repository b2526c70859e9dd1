/** Layers of single steps: merges, masks, normalization, attention, dropout, embeddings, and what all share. @module */
import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { applyAll } from "../../core/network/functional.ts";
import type { Layer } from "../../core/network/layer.ts";
import { type Tensor, tensor, toNumbers } from "../../core/values/tensor.ts";
import * as layer from "./mod.ts";
import { close, modelOf, rounded, run, runOne, some, start } from "./support_test.ts";

/** A layer's first output and whether a mask rides beside it, inputs masked where a mask is given. */
async function withMasks(
  made: Layer,
  inputs: readonly { readonly x: Tensor; readonly mask?: readonly number[] }[],
): Promise<{ y: Tensor | undefined; pooled: readonly number[] | undefined; masked: boolean }> {
  const xs = inputs.map(({ x }, i) => start({ shape: x.shape.slice(1), name: `x${i}` }));
  const masks = inputs.map(({ mask }, i) =>
    mask && start({ shape: [mask.length], dtype: "bool", name: `m${i}` })
  );
  const [out] = applyAll(made, xs, { mask: masks.map((m) => m ?? null) });
  if (!out) throw new Error("no output");
  // The mean over unmasked steps shows which steps the output's mask counts.
  const pooled = out.mask && out.type.shape?.length === 3
    ? applyAll(layer.globalAveragePooling1d(), out)
    : [];
  const model = modelOf([...xs, ...masks.filter((m) => m !== undefined)], [out, ...pooled]);
  const feed = inputs.flatMap(({ x, mask }, i): (readonly [string, Tensor])[] => [
    [`x${i}`, x],
    ...mask ? [[`m${i}`, tensor([...mask], [1, mask.length], "bool")] as const] : [],
  ]);
  const results = await model.run(Object.fromEntries(feed));
  const [y, p] = model.outputs.map((o) => results[o.name]);
  return { y, pooled: p && rounded(p), masked: out.mask !== undefined };
}

Deno.test("merges broadcast, and put axes of 1 after the batch where ranks differ", async () => {
  const a = tensor([[[1, 2], [3, 4]]]), b = tensor([[10, 20]]);
  deepEqual(rounded(await runOne(layer.add(), [a, b])), [11, 22, 13, 24]);
  deepEqual(rounded(await runOne(layer.subtract(), [a, b])), [-9, -18, -7, -16]);
  deepEqual(rounded(await runOne(layer.average(), [b, b, tensor([[1, 2]])])), [7, 14]);
  deepEqual(rounded(await runOne(layer.maximum(), [b, tensor([[11, 2]])])), [11, 20]);
  await rejects(() => runOne(layer.subtract(), [a, a, a]), /expected 2 inputs, got 3/);
});
Deno.test("a merge's step counts where any input's does, and has no mask where an input has none", async () => {
  const x = tensor([[[1], [2], [3]]]);
  const both = await withMasks(layer.add(), [{ x, mask: [1, 0, 0] }, { x, mask: [0, 1, 0] }]);
  deepEqual(both.pooled, [3]);
  equal((await withMasks(layer.add(), [{ x, mask: [1, 0, 0] }, { x }])).masked, false);
});
Deno.test("Concatenate joins masks along time, and along features counts a step of either", async () => {
  const x = tensor([[[1], [2]]]), y = tensor([[[3], [4]]]);
  deepEqual(
    (await withMasks(layer.concatenate({ axis: 1 }), [{ x, mask: [1, 0] }, { x: y, mask: [0, 1] }])).pooled,
    [2.5],
  );
  deepEqual((await withMasks(layer.concatenate(), [{ x, mask: [1, 0] }, { x: y, mask: [0, 0] }])).pooled, [
    1,
    3,
  ]);
});
Deno.test("Dot sums over the axes given; normalized it is a cosine", async () => {
  const a = tensor([[3, 4]]), b = tensor([[4, 3]]);
  const cosine = await runOne(layer.dot({ axes: 1, normalize: true }), [a, b]);
  deepEqual([cosine.shape, rounded(cosine)], [[1, 1], [0.96]]);
  deepEqual((await runOne(layer.dot({ axes: [2, 1] }), [some([2, 3, 4]), some([2, 4])])).shape, [2, 3]);
  const wide = await runOne(layer.dot({ axes: [3, 1] }), [some([2, 3, 5, 4]), some([2, 4, 6])]);
  deepEqual(wide.shape, [2, 3, 5, 6]);
});
Deno.test("Masking masks and clears the steps that equal its value", async () => {
  const { y, pooled } = await withMasks(layer.masking({ maskValue: 2 }), [{
    x: tensor([[[2, 2], [2, 1], [5, 5]]]),
  }]);
  deepEqual(y && rounded(y), [0, 0, 2, 1, 5, 5]);
  deepEqual(pooled, [3.5, 3]);
});
Deno.test("Embedding masks id 0 where asked, and takes ids as floats", async () => {
  const table = { "embedding/embeddings": tensor([[1], [2], [3]]) };
  const made = layer.embedding({ inputDim: 3, outputDim: 1, maskZero: true });
  const ids = start({ shape: [3], name: "ids" });
  const model = modelOf(ids, applyAll(layer.globalAveragePooling1d(), applyAll(made, ids)), table);
  deepEqual(rounded(Object.values(await model.run({ ids: tensor([[2, 0, 1]]) }))[0] ?? tensor([])), [2.5]);
});
Deno.test("Softmax over several axes sums to 1, and gives 0 where masked", async () => {
  const y = await runOne(layer.softmax({ axis: [1, 2] }), some([1, 2, 3]));
  ok(Math.abs([...toNumbers(y)].reduce((s, v) => s + v, 0) - 1) < 1e-6);
  const { y: masked } = await withMasks(layer.softmax(), [{ x: tensor([[1, 1, 9]]), mask: [1, 1, 0] }]);
  deepEqual(masked && rounded(masked), [0.5, 0.5, 0]);
});
Deno.test("PReLU has a slope for every element but those of shared axes", async () => {
  const made = layer.prelu({ sharedAxes: [1], alphaInitializer: { name: "constant", value: 0.5 } });
  deepEqual(rounded(await runOne(made, tensor([[[-2, 2], [-4, 4]]]))), [-1, 2, -2, 4]);
});

/** Mean and deviation of each slice along an axis kept apart. */
function moments(t: Tensor, groups: (index: number) => number): readonly [number, number][] {
  const lists = Map.groupBy(Array.from(toNumbers(t), (v, i) => [groups(i), v] as const), ([g]) => g);
  return [...lists.values()].map((list) => {
    const mean = list.reduce((s, [, v]) => s + v, 0) / list.length;
    return [mean, Math.sqrt(list.reduce((s, [, v]) => s + (v - mean) ** 2, 0) / list.length)];
  });
}
const level = (list: readonly [number, number][]) =>
  list.every(([mean, deviation]) => Math.abs(mean) < 1e-5 && Math.abs(deviation - 1) < 1e-2);
Deno.test("normalization layers level what they say", async () => {
  const x = some([2, 4, 6], 3), epsilon = 1e-6;
  ok(level(moments(await runOne(layer.layerNormalization({ epsilon }), x), (i) => Math.floor(i / 6))));
  ok(
    level(
      moments(
        await runOne(layer.layerNormalization({ epsilon, axis: 1 }), x),
        (i) => 6 * Math.floor(i / 24) + i % 6,
      ),
    ),
  );
  ok(
    level(
      moments(
        await runOne(layer.groupNormalization({ epsilon, groups: 2 }), x),
        (i) => 2 * Math.floor(i / 24) + Math.floor(i % 6 / 3),
      ),
    ),
  );
  ok(
    level(
      moments(
        await runOne(layer.groupNormalization({ epsilon, groups: 2, axis: 1 }), x),
        (i) => Math.floor(i / 12),
      ),
    ),
  );
  deepEqual(rounded(await runOne(layer.unitNormalization(), tensor([[3, 4], [0, 0]]))), [0.6, 0.8, 0, 0]);
  deepEqual(rounded(await runOne(layer.rmsNormalization(), tensor([[3, 3]]))), [1, 1]);
});
Deno.test("Normalization scales by given statistics, and back", async () => {
  const x = tensor([[1, 2], [3, 4]]), given = { mean: [1, 2], variance: [4, 1] };
  deepEqual(rounded(await runOne(layer.normalization(given), x)), [0, 0, 1, 2]);
  deepEqual(rounded(await runOne(layer.normalization({ ...given, invert: true }), x)), [3, 4, 7, 6]);
  deepEqual(rounded(await runOne(layer.normalization({ axis: [], mean: 2, variance: 4 }), x)), [
    -0.5,
    0,
    0.5,
    1,
  ]);
  throws(() => layer.normalization({ mean: 1 }), /expected mean and variance together/);
});
Deno.test("Rescaling takes whole numbers in", async () => {
  const y = await runOne(
    layer.rescaling({ scale: 1 / 255, offset: 0 }),
    tensor([[0, 51, 255]], undefined, "uint8"),
  );
  deepEqual([y.dtype, rounded(y)], ["float32", [0, 0.2, 1]]);
});

Deno.test("BatchNormalization levels the batch in training and moves its statistics; frozen it doesn't", async () => {
  const x = tensor([[0, 10], [2, 30], [4, 20]]);
  for (const trainable of [true, false]) {
    const a = start({ shape: [2], name: "a" });
    const model = modelOf(
      a,
      applyAll(layer.batchNormalization({ momentum: 0.5, epsilon: 1e-6, trainable }), a),
    );
    const [y] = await model.callAll({ a: x }, { training: true });
    const mean = model.weights.get("batch_normalization/moving_mean");
    const variance = model.weights.get("batch_normalization/moving_variance");
    if (trainable) {
      ok(y && level(moments(y as Tensor, (i) => i % 2)));
      deepEqual(mean && rounded(mean), [1, 10]);
      deepEqual(variance && rounded(variance, 3), [1.833, 33.833]);
    } else deepEqual(mean && rounded(mean), [0, 0]);
  }
});
Deno.test("Dropout drops a share in training, scales the rest, and does nothing in inference", async () => {
  const x = tensor(new Float32Array(4000).fill(1), [40, 100]), a = start({ shape: [100], name: "a" });
  for (
    const made of [
      layer.dropout({ rate: 0.25 }),
      layer.gaussianDropout({ rate: 0.25 }),
      layer.gaussianNoise({ stddev: 0.5 }),
    ]
  ) {
    const model = modelOf(a, applyAll(made, a));
    close(Object.values(await model.run({ a: x }))[0], x);
    const [y] = await model.callAll({ a: x }, { training: true });
    const list = [...toNumbers(y ?? x)], mean = list.reduce((s, v) => s + v, 0) / list.length;
    ok(Math.abs(mean - 1) < 0.06, `${made.def.name}: mean ${mean}`);
    if (made.def.name === "Dropout") {
      deepEqual([...new Set(rounded(y ?? x, 3))].sort(), [0, 1.333]);
      const dropped = list.filter((v) => v === 0).length / list.length;
      ok(Math.abs(dropped - 0.25) < 0.04, `dropped ${dropped}`);
    }
  }
});
Deno.test("SpatialDropout drops whole channels", async () => {
  const a = start({ shape: [5, 8], name: "a" }),
    model = modelOf(a, applyAll(layer.spatialDropout1d({ rate: 0.5 }), a));
  const [y] = await model.callAll({ a: tensor(new Float32Array(40).fill(1), [1, 5, 8]) }, { training: true });
  const values = rounded(y ?? tensor([]));
  for (let c = 0; c < 8; c++) equal(new Set([0, 1, 2, 3, 4].map((t) => values[8 * t + c])).size, 1);
});

Deno.test("Attention leaves out masked values, and gives 0 for masked queries", async () => {
  const q = tensor([[[1, 0], [0, 1]]]), v = tensor([[[1, 2], [3, 4], [50, 60]]]);
  const { y } = await withMasks(layer.attention(), [{ x: q, mask: [1, 0] }, { x: v, mask: [1, 1, 0] }]);
  const weight = Math.exp(3) / (Math.exp(1) + Math.exp(3));
  deepEqual(
    y && rounded(y, 3),
    [1 + 2 * weight, 2 + 2 * weight, 0, 0].map((n) => Math.round(n * 1000) / 1000),
  );
});
Deno.test("MultiHeadAttention over inner axes is attention of each outer step", async () => {
  const x = some([2, 3, 4, 6]), a = start({ shape: [3, 4, 6], name: "a" });
  const whole = modelOf(
    a,
    applyAll(layer.multiHeadAttention({ numHeads: 2, keyDim: 3, attentionAxes: [2] }), [a, a]),
  );
  const y = Object.values(await whole.run({ a: x }))[0];
  const b = start({ shape: [4, 6], name: "b" });
  const each = modelOf(
    b,
    applyAll(layer.multiHeadAttention({ numHeads: 2, keyDim: 3 }), [b, b]),
    Object.fromEntries(whole.weights),
  );
  const z = Object.values(await each.run({ b: tensor(x.data, [6, 4, 6]) }))[0];
  close(y, z && tensor(z.data, [2, 3, 4, 6]));
  const [both] = await run(
    layer.multiHeadAttention({ numHeads: 1, keyDim: 2, attentionAxes: [1, 2], outputShape: [5, 2] }),
    [x, x],
  );
  deepEqual(both?.shape, [2, 3, 4, 5, 2]);
});

Deno.test("options are checked with their path", () => {
  throws(() => layer.dense({ units: 0 }), /dense\.units: expected integer >= 1, got 0/);
  throws(
    () => layer.lstm({ units: 2, name: "memory", unitz: 3 } as Parameters<typeof layer.lstm>[0]),
    /memory: unknown option "unitz"; did you mean units/,
  );
  equal(layer.dense({ units: 2, name: "head", trainable: false }).trainable, false);
});
Deno.test("every definition has defaults that its own fields accept", () => {
  for (const def of layer.layers) {
    for (
      const [key, field] of Object.entries(
        def.config as Record<
          string,
          { required: boolean; default?: unknown; parse(raw: unknown, path: string): unknown }
        >,
      )
    ) {
      if (!field.required) deepEqual(field.parse(field.default, key), field.default, `${def.name}.${key}`);
    }
  }
});
