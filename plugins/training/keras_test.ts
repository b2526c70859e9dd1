/** Losses and metrics in Keras' serialised forms and by its names: their values are those of real Keras. @module */
import { deepStrictEqual, ok, throws } from "node:assert/strict";
import { input, type Model, type Nested, sequential, tensor } from "../../mod.ts";
import { activation, dense } from "../../public/layers.ts";

interface Sample {
  readonly y: string;
  readonly p: string;
  readonly value: number;
}
type Form = Readonly<Record<string, unknown>>;
interface Fixture {
  readonly targets: Readonly<Record<string, Nested>>;
  readonly outputs: Readonly<Record<string, Nested>>;
  readonly sampleWeight: number[];
  readonly names: readonly string[];
  readonly losses: readonly (Sample & { readonly loss: Form; readonly weighted: number | null })[];
  readonly metrics: readonly (Sample & { readonly metric: Form; readonly weighted: number | null })[];
}
const read = async (name: string): Promise<Fixture> =>
  JSON.parse(await Deno.readTextFile(new URL(`../../tests/fixtures/${name}.json`, import.meta.url)));
const fixtures = [await read("keras-losses"), await read("keras-parts")];

/** A model that gives what it is given. */
const same = (): Model =>
  sequential([input({ shape: [4] }), activation({ activation: "linear" })], { backend: "plain" });
const data = (fixture: Fixture, { y, p }: Sample) =>
  [
    tensor(fixture.outputs[p] as Nested),
    tensor(fixture.targets[y] as Nested, undefined, y === "yi" || y === "yc" ? "int32" : "float32"),
  ] as const;
/** Sums of 24 terms, each some roundings of float32 from Keras'. */
const near = (a: number | undefined, b: number) =>
  Math.abs((a ?? NaN) - b) <= 24 * 2 ** -23 * Math.max(1, Math.abs(b));

Deno.test("losses of every form, reduction and option, with weights of samples and without", async () => {
  const wrong: unknown[] = [];
  let count = 0;
  for (const fixture of fixtures) {
    const { sampleWeight } = fixture;
    for (const one of fixture.losses) {
      const net = same(), [x, y] = data(fixture, one);
      net.compile({ loss: one.loss });
      const { loss } = await net.testOnBatch(x, y);
      // One number for the whole batch has no place for weights of samples.
      const weighted = one.weighted === null ? 0 : (await net.testOnBatch(x, y, { sampleWeight })).loss;
      if (!near(loss, one.value) || !near(weighted, one.weighted ?? 0)) wrong.push([one, loss, weighted]);
      count++;
    }
  }
  ok(count > 90);
  deepStrictEqual(wrong, []);
});

Deno.test("metrics of every form and option, with weights of samples where they are asked for", async () => {
  const wrong: unknown[] = [];
  for (const [fixture, one] of fixtures.flatMap((f) => f.metrics.map((m) => [f, m] as const))) {
    const [x, y] = data(fixture, one), loss = one.y === "yi" ? "sparseCategoricalCrossentropy" : "mse";
    const { sampleWeight } = fixture;
    for (const [kind, value] of [["metrics", one.value], ["weightedMetrics", one.weighted]] as const) {
      if (value === null) continue;
      const net = same();
      net.compile({ loss, [kind]: [one.metric] });
      const logs = Object.entries(await net.testOnBatch(x, y, { sampleWeight })).filter(([n]) =>
        n !== "loss"
      );
      if (logs.length !== 1 || !near(logs[0]?.[1], value)) wrong.push([kind, one, logs]);
      const saved = net.savedTraining()?.config;
      ok((kind === "metrics" ? saved?.metrics : saved?.weighted_metrics) !== null);
    }
  }
  ok(fixtures.flatMap((f) => f.metrics).length > 120);
  deepStrictEqual(wrong, []);
});

Deno.test("losses by Keras' names, in snake_case and in camelCase", () => {
  for (const name of fixtures.flatMap((f) => f.names)) {
    for (const word of [name, name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())]) {
      // CTC is of scores by frame.
      const net = name === "ctc" ? sequential([input({ shape: [5, 4] }), dense({ units: 3 })]) : same();
      net.compile({ loss: word });
    }
  }
  throws(() => same().compile({ loss: "mean_sqared_error" }), /did you mean meanSquaredError/);
});

Deno.test("crossentropy is binary for an output of one number, and asks for its kind otherwise", async () => {
  const one = sequential([input({ shape: [1] }), activation({ activation: "linear" })], { backend: "plain" });
  for (const loss of ["crossentropy", "ce"]) {
    one.compile({ loss });
    // −ln 0.25, which Keras gives for a probability of a quarter.
    ok(near((await one.testOnBatch([[0.25]], [[1]])).loss, 1.3862943611198906));
    throws(
      () => same().compile({ loss }),
      /name categoricalCrossentropy .* or sparseCategoricalCrossentropy/,
    );
  }
});
