/** Recurrent layers: nodes against steps, masks, states, both directions. @module */
import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { applyAll } from "../../../core/network/functional.ts";
import type { Layer } from "../../../core/network/layer.ts";
import { type Tensor, tensor } from "../../../core/values/tensor.ts";
import { bidirectional, embedding, gru, lstm, masking, simpleRnn } from "../mod.ts";
import { close, modelOf, rounded, run, runOne, some, start } from "../support_test.ts";

const kinds = { SimpleRNN: simpleRnn, LSTM: lstm, GRU: gru };
type Options = Partial<Parameters<typeof lstm>[0]>;
const make = (kind: keyof typeof kinds, options: Options = {}): Layer =>
  kinds[kind]({ units: 3, ...options });

/** A layer's outputs where a mask of [batch, time] is given. */
function masked(layer: Layer, x: Tensor, mask: readonly (readonly number[])[]): Promise<readonly Tensor[]> {
  const a = start({ shape: x.shape.slice(1), name: "a" });
  const m = start({ shape: [mask[0]?.length ?? 0], dtype: "bool", name: "m" });
  const model = modelOf([a, m], applyAll(layer, a, { mask: m }));
  const bits = tensor(mask.flat(), [mask.length, mask[0]?.length ?? 0], "bool");
  return model.run({ a: x, m: bits }).then((r) =>
    model.outputs.map((o) => r[o.name]).filter((t) => t !== undefined)
  );
}

for (const kind of ["SimpleRNN", "LSTM", "GRU"] as const) {
  for (const goBackwards of [false, true]) {
    Deno.test(`${kind}${goBackwards ? " backwards" : ""}: one ONNX node and a scan of steps agree`, async () => {
      const layer = make(kind, { returnSequences: true, returnState: true, goBackwards });
      const x = some([2, 4, 5]), whole = await run(layer, x);
      const steps = await masked(layer, x, [[1, 1, 1, 1], [1, 1, 1, 1]]);
      equal(whole.length, kind === "LSTM" ? 3 : 2);
      whole.forEach((t, i) => close(t, steps[i]));
    });
  }
  Deno.test(`${kind}: masked steps leave the state and repeat the output, zeros before the first`, async () => {
    const x = some([1, 4, 5]), short = tensor(x.data.slice(5, 15), [1, 2, 5]);
    const layer = make(kind, { returnSequences: true });
    const [y] = await masked(layer, x, [[0, 1, 1, 0]]);
    const want = rounded(await runOne(layer, short));
    deepEqual(y && rounded(y), [0, 0, 0, ...want, ...want.slice(3)]);
  });
  Deno.test(`${kind}: zeroOutputForMask puts out zeros at masked steps, the last one included`, async () => {
    const x = some([1, 3, 2]);
    const [y] = await masked(make(kind, { returnSequences: true, zeroOutputForMask: true }), x, [[1, 1, 0]]);
    deepEqual(y && rounded(y).slice(6), [0, 0, 0]);
    const [last] = await masked(make(kind, { zeroOutputForMask: true }), x, [[1, 1, 0]]);
    deepEqual(last && rounded(last), [0, 0, 0]);
  });
  Deno.test(`${kind}: goBackwards gives the reversed sequence's outputs in the order they were made`, async () => {
    const x = some([1, 3, 2]), turned = tensor([4, 5, 2, 3, 0, 1].map((i) => Number(x.data[i])), [1, 3, 2]);
    const back = await runOne(make(kind, { returnSequences: true, goBackwards: true }), x);
    close(back, await runOne(make(kind, { returnSequences: true }), turned));
  });
  Deno.test(`${kind}: the time axis may be open`, async () => {
    const x = some([2, 6, 4]), layer = make(kind);
    close(await runOne(layer, x, { open: [1] }), await runOne(layer, x));
  });
}

Deno.test("masked first steps put out zeros though a state was given, and keep that state", async () => {
  const a = start({ shape: [2, 2], name: "a" }), h = start({ shape: [3], name: "h" });
  const m = start({ shape: [2], dtype: "bool", name: "m" });
  const outputs = applyAll(gru({ units: 3, returnSequences: true, returnState: true }), a, {
    mask: m,
    initialState: [h],
  });
  const model = modelOf([a, h, m], outputs), h0 = tensor([[0.5, -0.5, 0.25]]);
  const r = await model.run({ a: some([1, 2, 2]), h: h0, m: tensor([0, 0], [1, 2], "bool") });
  const [y, state] = model.outputs.map((o) => r[o.name]);
  deepEqual(y && rounded(y), [0, 0, 0, 0, 0, 0]);
  close(state, h0);
});

Deno.test("stateful: the last state begins the next call", async () => {
  const x = some([1, 4, 2]), half = (from: number) => tensor(x.data.slice(4 * from, 4 * from + 4), [1, 2, 2]);
  const once = await runOne(lstm({ units: 3 }), x);
  const a = start({ shape: [2, 2], batchSize: 1, name: "a" });
  const model = modelOf(a, applyAll(lstm({ units: 3, stateful: true }), a));
  await model.run({ a: half(0) });
  const r = await model.run({ a: half(1) });
  close(Object.values(r)[0], once);
});

Deno.test("an LSTM's forget gate begins with a bias of 1", () => {
  const a = start({ shape: [2, 2] });
  const bias = modelOf(a, applyAll(lstm({ units: 2 }), a)).weights.get("lstm/lstm_cell/bias");
  deepEqual(bias && [...rounded(bias)], [0, 0, 1, 1, 0, 0, 0, 0]);
});

for (const mergeMode of ["concat", "sum", "mul", "ave", null] as const) {
  Deno.test(`Bidirectional merges by ${mergeMode}, aligned in time`, async () => {
    const x = some([1, 3, 2]), inner = gru({ units: 2, returnSequences: true });
    const a = start({ shape: [3, 2], name: "a" });
    const both = modelOf(a, applyAll(bidirectional(inner, { mergeMode }), a));
    const results = await both.run({ a: x });
    const [first, second] = both.outputs.map((o) => results[o.name]);
    const weightsOf = (way: string) =>
      Object.fromEntries(
        [...both.weights].filter(([k]) => k.includes(way)).map(([k, v]) => [
          k.replace(/.*gru_cell/, "gru/gru_cell"),
          v,
        ]),
      );
    const y = await runOne(gru({ units: 2, returnSequences: true }), x, { weights: weightsOf("forward_") });
    const z = await runOne(gru({ units: 2, returnSequences: true, goBackwards: true }), x, {
      weights: weightsOf("backward_"),
    });
    const pick = (t: Tensor, time: number, unit: number) => Number(t.data[2 * time + unit]);
    const want: number[] = [];
    for (let t = 0; t < 3; t++) {
      const f = [0, 1].map((u) => pick(y, t, u)), g = [0, 1].map((u) => pick(z, 2 - t, u));
      const join = {
        sum: (p: number, q: number) => p + q,
        mul: (p: number, q: number) => p * q,
        ave: (p: number, q: number) => (p + q) / 2,
      };
      want.push(
        ...mergeMode === "concat"
          ? [...f, ...g]
          : mergeMode === null
          ? f
          : f.map((v, u) => join[mergeMode](v, g[u] ?? 0)),
      );
    }
    close(first, tensor(want, [1, 3, mergeMode === "concat" ? 4 : 2]));
    equal(second === undefined, mergeMode !== null);
  });
}

Deno.test("Bidirectional over whole sequences puts out zeros at masked steps", async () => {
  const ids = tensor([[3, 2, 0, 0]], undefined, "int32");
  const a = start({ shape: [4], dtype: "int32", name: "a" });
  const [e] = applyAll(embedding({ inputDim: 5, outputDim: 2, maskZero: true }), a);
  const outputs = applyAll(bidirectional(lstm({ units: 2, returnSequences: true })), e ? [e] : []);
  const y = Object.values(await modelOf(a, outputs).run({ a: ids }))[0];
  deepEqual(y && rounded(y).slice(8), [0, 0, 0, 0, 0, 0, 0, 0]);
});

Deno.test("Bidirectional refuses what can't be run both ways", () => {
  throws(() => bidirectional(masking()), /bidirectional\.layer: expected a recurrent layer, got Masking/);
  throws(
    () => bidirectional(gru({ units: 2 }), { backwardLayer: gru({ units: 2 }) }),
    /backwardLayer: expected goBackwards true/,
  );
});

Deno.test("a recurrent layer needs three axes, and says so", async () => {
  await rejects(
    () => runOne(gru({ units: 2 }), some([2, 3])),
    /"gru".*expected 3 axes \[batch, time, features\]/,
  );
});
