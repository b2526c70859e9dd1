/** Losses and metrics in Keras' serialised forms and by its names: their values are those of real Keras. @module */
import { deepStrictEqual, ok, throws } from "node:assert/strict";
import { activation, dense, input, type Model, type Nested, sequential, tensor } from "../../mod.ts";

interface Sample {
  readonly y: string;
  readonly p: string;
  readonly value: number;
}
type Form = Readonly<Record<string, unknown>>;
const fixture: {
  readonly targets: Readonly<Record<string, Nested>>;
  readonly outputs: Readonly<Record<string, Nested>>;
  readonly sampleWeight: number[];
  readonly names: readonly string[];
  readonly losses: readonly (Sample & { readonly loss: Form; readonly weighted: number })[];
  readonly metrics: readonly (Sample & { readonly metric: Form; readonly weighted: number })[];
} = JSON.parse(await Deno.readTextFile(new URL("../../tests/fixtures/keras-losses.json", import.meta.url)));

/** A model that gives what it is given. */
const same = (): Model =>
  sequential([input({ shape: [4] }), activation({ activation: "linear" })], { backend: "plain" });
const data = ({ y, p }: Sample) =>
  [
    tensor(fixture.outputs[p] as Nested),
    tensor(fixture.targets[y] as Nested, undefined, y === "yi" ? "int32" : "float32"),
  ] as const;
/** Sums of 24 terms, each some roundings of float32 from Keras'. */
const near = (a: number | undefined, b: number) =>
  Math.abs((a ?? NaN) - b) <= 24 * 2 ** -23 * Math.max(1, Math.abs(b));

Deno.test("losses of every form, reduction and option, with weights of samples and without", async () => {
  const wrong: unknown[] = [], { sampleWeight } = fixture;
  for (const one of fixture.losses) {
    const net = same(), [x, y] = data(one);
    net.compile({ loss: one.loss });
    const { loss } = await net.testOnBatch(x, y),
      weighted = (await net.testOnBatch(x, y, { sampleWeight })).loss;
    if (!near(loss, one.value) || !near(weighted, one.weighted)) wrong.push([one, loss, weighted]);
  }
  ok(fixture.losses.length > 70);
  deepStrictEqual(wrong, []);
});

Deno.test("metrics of every form and option, with weights of samples where they are asked for", async () => {
  const wrong: unknown[] = [], { sampleWeight } = fixture;
  for (const one of fixture.metrics) {
    const [x, y] = data(one), loss = one.y === "yi" ? "sparseCategoricalCrossentropy" : "mse";
    for (const [kind, value] of [["metrics", one.value], ["weightedMetrics", one.weighted]] as const) {
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
  ok(fixture.metrics.length > 40);
  deepStrictEqual(wrong, []);
});

Deno.test("losses by Keras' names, in snake_case and in camelCase", () => {
  for (const name of fixture.names) {
    for (const word of [name, name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())]) {
      // CTC is of scores by frame.
      const net = name === "ctc" ? sequential([input({ shape: [5, 4] }), dense({ units: 3 })]) : same();
      net.compile({ loss: word });
    }
  }
  throws(() => same().compile({ loss: "mean_sqared_error" }), /did you mean meanSquaredError/);
});
