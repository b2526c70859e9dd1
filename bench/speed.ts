/**
 * How fast trained models run and train, for one tree: `deno run -A bench/speed.ts [TREE]`, a line a figure, milliseconds
 * of the processor. Two trees are compared by `bench/paired.ts`. @module
 */
import process from "node:process";

interface Value {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<unknown>;
}
interface Model {
  run(inputs: Readonly<Record<string, Value>>): Promise<Record<string, Value>>;
  compile(options: { readonly optimizer: string; readonly loss: string }): void;
  trainOnBatch(x: unknown, y: unknown): Promise<unknown>;
}
/** What every tree's mod.ts has. */
interface Tree {
  loadModel(file: string, options?: object): Promise<Model>;
}
/** A model with its inputs: sizes without the batch, and how many ids there are where it takes those. */
interface Case {
  readonly name: string;
  readonly file: string;
  readonly weights?: string;
  readonly inputs: Readonly<Record<string, { readonly shape: readonly number[]; readonly ids?: number }>>;
}
const fixtures = "tests/fixtures/", lstm = `${fixtures}models/nusax_lstm_prepad/`;
const cases: readonly Case[] = [
  { name: "MLP", file: `${fixtures}keras/B_mlp_784/model.h5`, inputs: { input_layer: { shape: [784] } } },
  {
    name: "CNN",
    file: `${fixtures}models/cifar_cnn/model.keras`,
    inputs: { input_layer: { shape: [32, 32, 3] } },
  },
  {
    name: "LSTM",
    file: `${lstm}config.json`,
    weights: `${lstm}model.weights.h5`,
    inputs: { input_layer: { shape: [100], ids: 500 } },
  },
  {
    name: "GRU",
    file: `${fixtures}models/seq2seq_ind_eng_gru/model.h5`,
    inputs: { source: { shape: [12], ids: 200 }, target_in: { shape: [12], ids: 200 } },
  },
];

/** Numbers from 0 to 1 that look random and are the same at every run. */
function numbers(count: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: count }, () => (state = (state * 48271) % 2147483647) / 2147483647);
}
function value(rows: number, shape: readonly number[], ids?: number): Value {
  const whole = [rows, ...shape], data = numbers(whole.reduce((n, d) => n * d, 1));
  if (ids === undefined) return { dtype: "float32", shape: whole, data };
  return { dtype: "int32", shape: whole, data: Int32Array.from(data, (v) => 1 + Math.floor(v * (ids - 1))) };
}
/** Milliseconds of the processor that a run takes: the least of groups of runs, so that other programs count little. */
async function least(work: () => Promise<unknown>): Promise<number> {
  const spent = async (runs: number) => {
    const before = process.cpuUsage();
    for (let i = 0; i < runs; i++) await work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / runs;
  };
  await spent(20);
  const runs = Math.max(1, Math.ceil(40 / await spent(5)));
  let best = Infinity;
  for (let group = 0; group < 25; group++) best = Math.min(best, await spent(runs));
  return best;
}

const [tree = "."] = Deno.args, root = await Deno.realPath(tree);
const { loadModel }: Tree = await import(`file://${root}/mod.ts`);
for (const { name, file, weights, inputs } of cases) {
  const model = await loadModel(`${root}/${file}`, {
    ...{ backend: "wasm", warn: () => {} },
    ...(weights && { weights: `${root}/${weights}` }),
  });
  const given = (rows: number) =>
    Object.fromEntries(Object.entries(inputs).map(([key, { shape, ids }]) => [key, value(rows, shape, ids)]));
  for (const rows of [1, 32]) {
    const x = given(rows);
    console.log(`${name} inference, batch ${rows}\t${await least(() => model.run(x))}`);
  }
  const x = given(32), [y] = Object.values(await model.run(x));
  model.compile({ optimizer: "adam", loss: "meanSquaredError" });
  const one = Object.values(x).length === 1 ? Object.values(x)[0] : x;
  console.log(`${name} training, batch 32\t${await least(() => model.trainOnBatch(one, y))}`);
}
