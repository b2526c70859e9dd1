/** Trained models token by token: against the whole model, against Keras' own greedy decoding, against all sequences. @module */
import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import {
  apply,
  applyAll,
  dense,
  embedding,
  input,
  type Layer,
  loadModel,
  lstm,
  type Model,
  model as functional,
  readNpy,
  sequential,
  type Tensor,
  tensor,
} from "../../mod.ts";
import {
  additiveAttention,
  attention,
  bidirectional,
  concatenate,
  conv1d,
  gru,
  rnn,
  simpleRnn,
  simpleRnnCell,
  timeDistributed,
} from "../../public/layers.ts";
import { isTensor, toNumbers } from "../../public/tensors.ts";
import {
  beamDecode,
  decode,
  generator,
  greedyDecode,
  logProbabilities,
  sampler,
  stepper,
} from "../../public/sequences.ts";

const folder = new URL("../fixtures/models/seq2seq_ind_eng_gru/", import.meta.url);
const npy = async (name: string) => readNpy(await Deno.readFile(new URL(name, folder)));
const rowsOf = (t: Tensor, rows: number) =>
  tensor(t.data.slice(0, rows * (t.shape[1] ?? 1)) as Int32Array, [rows, t.shape[1] ?? 1]);
const listOf = (t: Tensor): number[][] => {
  const [n = 0, m = 0] = t.shape, numbers = Array.from(toNumbers(t));
  return Array.from({ length: n }, (_, i) => numbers.slice(i * m, (i + 1) * m));
};
function near(got: ArrayLike<number>, want: ArrayLike<number>, bound: number): void {
  strictEqual(got.length, want.length);
  for (let i = 0; i < got.length; i++) {
    ok(Math.abs((got[i] ?? 0) - (want[i] ?? 0)) <= bound, `element ${i}: ${got[i]} against ${want[i]}`);
  }
}
/** Float32 sums of a few dozen terms of size 1 in another order. */
const bound = 5e-6;

Deno.test("greedy decoding of a trained encoder–decoder finds Keras' tokens, row by row", async () => {
  using model = await loadModel(new URL("model.h5", folder));
  const source = await npy("source.npy"), want = listOf(rowsOf(await npy("greedy.npy"), 64));
  const found = await decode(model, source, { start: 2, end: 3, maxLength: 7, input: "target_in" });
  const padded = found.map(({ tokens, ended }) => {
    const row = [...tokens, ...(ended ? [3] : [])].slice(0, 7);
    return [...row, ...new Array<number>(7 - row.length).fill(0)];
  });
  deepStrictEqual(padded, want);
});

Deno.test("a step of a trained decoder gives what the whole model gives there", async () => {
  using model = await loadModel(new URL("model.h5", folder));
  const source = rowsOf(await npy("source.npy"), 8), target = rowsOf(await npy("target_in.npy"), 8);
  const whole = await model.run({ source, target_in: target }), scores = Object.values(whole)[0];
  const steps = stepper(model);
  strictEqual(steps.mode, "step");
  let { state } = await steps.begin(source);
  const tokens = toNumbers(target), all = scores ? toNumbers(scores) : [];
  for (let t = 0; t < 7; t++) {
    const now = await steps.step(Int32Array.from({ length: 8 }, (_, r) => Number(tokens[r * 7 + t])), state);
    const got = listOf(now.scores);
    for (let r = 0; r < 8; r++) {
      // A padded step repeats the output before it, which a step alone doesn't know; decoding gives none.
      if (Number(tokens[r * 7 + t]) === 0) continue;
      near(got[r] ?? [], Array.from(all.slice((r * 7 + t) * 300, (r * 7 + t + 1) * 300), Number), bound);
    }
    state = now.state;
  }
});

/** Steps through rows of tokens; scores `[time][row · vocabulary]`. */
async function stepped(model: Model, rows: readonly (readonly number[])[], sources?: Tensor) {
  const steps = stepper(model);
  let { state } = await steps.begin(sources, rows.length);
  const out: number[][] = [];
  for (let t = 0; t < (rows[0]?.length ?? 0); t++) {
    const now = await steps.step(Int32Array.from(rows, (row) => row[t] ?? 0), state);
    out.push(Array.from(toNumbers(now.scores) as Float64Array));
    state = now.state;
  }
  return { mode: steps.mode, reason: steps.reason, out };
}
const tokens = [[3, 1, 4, 1, 5, 2], [2, 6, 5, 3, 5, 4]];
const start = () => input({ shape: [null], dtype: "int32" });
const many = (layers: readonly Layer[]) =>
  sequential([
    start(),
    embedding({ inputDim: 7, outputDim: 5 }),
    ...layers,
    dense({ units: 7, activation: "softmax" }),
  ], {
    seed: 3,
  });

const recurrent: Readonly<Record<string, readonly Layer[]>> = {
  simpleRnn: [simpleRnn({ units: 4, returnSequences: true })],
  "stacked lstm and gru": [
    lstm({ units: 4, returnSequences: true }),
    gru({ units: 3, returnSequences: true, resetAfter: false }),
  ],
  rnn: [rnn({ cell: simpleRnnCell({ units: 4 }), returnSequences: true })],
  "time distributed": [
    gru({ units: 3, returnSequences: true }),
    timeDistributed(dense({ units: 4 })),
  ],
};
for (const [name, layers] of Object.entries(recurrent)) {
  Deno.test(`${name}: steps carry the states that the whole sequence has`, async () => {
    using model = many(layers);
    const { mode, out } = await stepped(model, tokens);
    strictEqual(mode, "step");
    const whole = await model.predict(tensor(tokens, undefined, "int32"));
    ok(isTensor(whole as Tensor));
    const all = listOf(tensor(toNumbers(whole as Tensor) as Float64Array, [12, 7]));
    out.forEach((got, t) => near(got, [...all[t] ?? [], ...all[6 + t] ?? []], bound));
  });
}

function attending(kind: Layer): Model {
  const source = input({ shape: [null], dtype: "int32", name: "source" });
  const target = input({ shape: [null], dtype: "int32", name: "target" });
  const read = apply(embedding({ inputDim: 9, outputDim: 4, maskZero: true }), source);
  const [encoded, ...states] = applyAll(gru({ units: 6, returnSequences: true, returnState: true }), read);
  const seen = apply(embedding({ inputDim: 7, outputDim: 5 }), target);
  const decoded = apply(gru({ units: 6, returnSequences: true }), seen, { initialState: states });
  if (!encoded) throw new Error("no output");
  const context = apply(kind, [decoded, encoded]);
  const both = apply(concatenate(), [decoded, context]);
  return functional({
    inputs: [source, target],
    outputs: apply(dense({ units: 7, activation: "softmax" }), both),
  });
}
for (const [name, kind] of [["dot", attention()], ["additive", additiveAttention()]] as const) {
  Deno.test(`${name} attention: the source is encoded once, its mask goes along, a step sees all of it`, async () => {
    using model = attending(kind);
    const sources = tensor([[3, 8, 1, 0, 0], [5, 2, 7, 4, 6]], undefined, "int32");
    const { mode, out } = await stepped(model, tokens, sources);
    strictEqual(mode, "step");
    const whole = await model.predict({ source: sources, target: tensor(tokens, undefined, "int32") });
    const all = listOf(tensor(toNumbers(whole as Tensor) as Float64Array, [12, 7]));
    out.forEach((got, t) => near(got, [...all[t] ?? [], ...all[6 + t] ?? []], bound));
  });
}

Deno.test("a decoder that is a model inside a model is cut like one that isn't", async () => {
  const token = input({ shape: [null], dtype: "int32" });
  const inner = functional({
    inputs: token,
    outputs: apply(
      gru({ units: 4, returnSequences: true }),
      apply(embedding({ inputDim: 7, outputDim: 5 }), token),
    ),
  });
  const outer = start();
  using model = functional({ inputs: outer, outputs: apply(dense({ units: 7 }), apply(inner, outer)) });
  const { mode, out } = await stepped(model, tokens);
  strictEqual(mode, "step");
  const all = listOf(
    tensor(toNumbers(await model.predict(tensor(tokens, undefined, "int32")) as Tensor) as Float64Array, [
      12,
      7,
    ]),
  );
  out.forEach((got, t) => near(got, [...all[t] ?? [], ...all[6 + t] ?? []], bound));
});

Deno.test("a model that joins steps runs over the tokens so far, and says why", async () => {
  using model = many([conv1d({ filters: 4, kernelSize: 3, padding: "causal" })]);
  const { mode, reason, out } = await stepped(model, tokens);
  deepStrictEqual([mode, reason], ["window", "layer conv1d joins steps, or isn't known not to"]);
  const all = listOf(
    tensor(toNumbers(await model.predict(tensor(tokens, undefined, "int32")) as Tensor) as Float64Array, [
      12,
      7,
    ]),
  );
  out.forEach((got, t) => near(got, [...all[t] ?? [], ...all[6 + t] ?? []], bound));
  using both = many([bidirectional(gru({ units: 2, returnSequences: true }))]);
  strictEqual(stepper(both).reason, "layer bidirectional joins steps, or isn't known not to");
});

Deno.test("a model of windows sees the last tokens, those of one-hot rows too", async () => {
  const start = input({ shape: [3, 7] });
  using model = functional({
    inputs: start,
    outputs: apply(dense({ units: 7, activation: "softmax" }), apply(lstm({ units: 4 }), start)),
  });
  const { mode, out } = await stepped(model, [[3, 1, 4, 1, 5]]);
  strictEqual(mode, "window");
  const hot = [4, 1, 5].map((id) => Array.from({ length: 7 }, (_, i) => (i === id ? 1 : 0)));
  near(out[4] ?? [], toNumbers(await model.predict(tensor([hot])) as Tensor) as Float64Array, bound);
});

Deno.test("a stateful model of a fixed batch generates one row from a state of zeros", async () => {
  const layers = (stateful: boolean, batchSize: number | null) =>
    sequential([
      input({ shape: [null], batchSize, dtype: "int32" }),
      embedding({ inputDim: 7, outputDim: 5 }),
      gru({ units: 4, returnSequences: true, stateful }),
      dense({ units: 7, activation: "softmax" }),
    ], { seed: 5 });
  using trained = layers(true, 4), plain = layers(false, null);
  const options = { prompt: [1, 2], length: 12, temperature: 0.7, topK: 5, topP: 0.9, seed: 11 };
  const of = async (model: Model) => await Array.fromAsync(generator(model).generate(options));
  const text = await of(trained);
  strictEqual(text.length, 12);
  deepStrictEqual(await of(plain), text);
  deepStrictEqual(await of(trained), text);
  await rejects(
    Array.fromAsync(generator(plain).generate({ ...options, prompt: [] })),
    /the prompt is empty/,
  );
});

Deno.test("log probabilities come from probabilities and from logits", () => {
  near(logProbabilities([0.25, 0.75]), [Math.log(0.25), Math.log(0.75)], 1e-15);
  near(
    logProbabilities([1, 2, -1]),
    [1, 2, -1].map((v) => v - Math.log(Math.E + Math.E ** 2 + Math.E ** -1)),
    1e-12,
  );
  throws(() => logProbabilities([NaN]), /score of token 0 is not a number/);
});

Deno.test("temperature, top-k and top-p take the shares that they say", () => {
  const p = [0.5, 0.25, 0.15, 0.1], logs = Float64Array.from(p, Math.log);
  const shares = (options: Parameters<typeof sampler>[0]) => {
    const draw = sampler(options), n = 4000, counts = [0, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      const k = draw(logs, () => (i + 0.5) / n);
      counts[k] = (counts[k] ?? 0) + 1;
    }
    return counts.map((c) => c / n);
  };
  near(shares({}), p, 1 / 4000);
  const cold = p.map((v) => v ** 2), sum = cold.reduce((a, b) => a + b);
  near(shares({ temperature: 0.5 }), cold.map((v) => v / sum), 1 / 4000);
  near(shares({ topK: 2 }), [2 / 3, 1 / 3, 0, 0], 1 / 4000);
  // 0.5 + 0.25 reach 0.7: the two are the nucleus.
  near(shares({ topP: 0.7 }), [2 / 3, 1 / 3, 0, 0], 1 / 4000);
  near(shares({ exclude: [0] }), [0, 0.5, 0.3, 0.2], 1 / 4000);
  deepStrictEqual(shares({ temperature: 0 }), [1, 0, 0, 0]);
  throws(() => sampler({ topP: 0 }), /topP: expected a number above 0 and at most 1, got 0/);
  throws(() => sampler({ topK: 0 }), /topK: expected integer >= 1, got 0/);
  throws(() => sampler({ temperature: -1 }), /temperature: expected a number from 0, got -1/);
});

/** A chain whose next token hangs on the last two. */
const table = (last: number, before: number) => {
  const raw = [0, 1, 2, 3].map((k) => 1 + ((7 * last + 5 * before + 3 * k * k) % 11)),
    sum = raw.reduce((a, b) => a + b);
  return raw.map((v) => v / sum);
};
const chain = (given: Int32Array, state: Readonly<Record<string, Tensor>>) => {
  const before = state.before ? toNumbers(state.before) : [];
  return Promise.resolve({
    scores: tensor(Array.from(given, (last, r) => table(last, Number(before[r] ?? 0))), undefined, "float64"),
    state: { before: tensor(Int32Array.from(given), [given.length]) },
  });
};
const begin = { before: tensor(Int32Array.of(0), [1]) };
/** Every sequence that ends (token 3) within `most` tokens, with its log probability. */
function every(most: number) {
  const all: { tokens: number[]; sum: number }[] = [];
  const walk = (tokens: number[], last: number, before: number, sum: number) => {
    table(last, before).forEach((p, k) => {
      if (k === 3) all.push({ tokens, sum: sum + Math.log(p) });
      else if (tokens.length < most) walk([...tokens, k], k, last, sum + Math.log(p));
    });
  };
  walk([], 1, 0, 0);
  return all;
}
for (const lengthPenalty of [0, 0.6, 2]) {
  Deno.test(`a beam as wide as there are sequences finds the best of all, length penalty ${lengthPenalty}`, async () => {
    const options = { start: 1, end: 3, maxLength: 4, width: 200, lengthPenalty };
    const found = await beamDecode(chain, begin, options);
    const scored = every(4).map(({ tokens, sum }) => ({
      tokens,
      score: sum / ((5 + tokens.length + 1) / 6) ** lengthPenalty,
    })).sort((a, b) => b.score - a.score);
    near(found.slice(0, 5).map((d) => d.score), scored.slice(0, 5).map((d) => d.score), 1e-12);
    deepStrictEqual(found[0]?.tokens, scored[0]?.tokens);
  });
}
Deno.test("a beam of one follows what greedy decoding does, a wider one finds no less", async () => {
  const options = { start: 1, end: 3, maxLength: 6 };
  const [greedy] = await greedyDecode(chain, begin, 1, options);
  const [narrow] = await beamDecode(chain, begin, { ...options, width: 1 });
  const [wide] = await beamDecode(chain, begin, { ...options, width: 8 });
  ok(greedy && narrow && wide && wide.logProbability >= narrow.logProbability);
  ok(narrow.logProbability >= greedy.logProbability || !greedy.ended);
  await rejects(beamDecode(chain, begin, { ...options, width: 0 }), /width: expected integer >= 1, got 0/);
  await rejects(beamDecode(chain, begin, { ...options, maxLength: 0 }), /maxLength: expected integer >= 1/);
});
