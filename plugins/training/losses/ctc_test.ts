/** CTC: losses, gradients and reductions as real Keras has them, on every engine of ours without a host step. @module */
import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import {
  apply,
  dense,
  input,
  loadModel,
  lstm,
  type Model,
  model,
  sequential,
  type Tensor,
  tensor,
} from "../../../mod.ts";
import { activation, masking } from "../../../public/layers.ts";
import { ctc } from "../../../public/losses.ts";
import { toNumbers } from "../../../public/tensors.ts";
import { lossGradients } from "../../../tests/support/losses.ts";

interface Case {
  readonly name: string;
  readonly labels: readonly (readonly number[])[];
  readonly scores: readonly (readonly (readonly number[])[])[];
  readonly losses: readonly number[];
  readonly gradients: readonly (readonly (readonly number[])[])[];
}
interface Fixture {
  readonly cases: readonly [Case, ...Case[]];
  readonly weights: readonly number[];
  readonly reduced: Readonly<Record<string, number>>;
  readonly serialized: Readonly<Record<string, unknown>>;
}
const fixture: Fixture = JSON.parse(
  await Deno.readTextFile(new URL("../../../tests/fixtures/keras-ctc.json", import.meta.url)),
);
const scoresOf = ({ scores }: Case) => tensor(scores as number[][][]);
const labelsOf = ({ labels }: Case) => tensor(labels as number[][], undefined, "int32");
/** Outputs are the inputs, so that gradients of inputs are those of scores. */
function bare({ scores: [first = []] }: Case, backend: string): Model {
  return sequential([
    input({ shape: [null, first[0]?.length ?? 0] }),
    activation({ activation: "linear" }),
  ], { backend });
}
/** Keras adds up logarithms in float32, a dozen roundings of the largest of them each frame. */
const bound = ({ scores: [first = []] }: Case, largest: number) => 12 * first.length * 2 ** -24 * largest;

for (const backend of ["plain", "wasm"]) {
  for (const one of fixture.cases) {
    Deno.test(`${backend}: ${one.name}: losses and gradients are Keras'`, async () => {
      using net = bare(one, backend);
      const x = scoresOf(one), y = labelsOf(one);
      const found = await net.gradients(x, y, { loss: ctc({ reduction: "sum" }) });
      const total = one.losses.reduce((a, b) => a + b, 0), within = bound(one, Math.max(...one.losses, 1));
      ok(Math.abs(found.loss - total) <= within * one.losses.length, `${found.loss} is not ${total}`);
      const [gradients] = [...found.inputs.values()];
      // Where nothing fits, TensorFlow's gradient is that of another loss, one that may begin elsewhere too.
      const wanted = one.gradients.flatMap((rows, i) =>
        (one.losses[i] ?? 0) > 700 ? rows.flatMap((row) => row.map(() => undefined)) : rows.flat()
      );
      toNumbers(gradients as Tensor).forEach((g, i) =>
        ok(Math.abs(g - (wanted[i] ?? g)) <= 4 * within, `${i}: ${g} is not ${wanted[i]}`)
      );
    });
  }
}

Deno.test("gradients are the differences of losses, for possible labels and for impossible ones", () => {
  for (const one of fixture.cases) {
    const { rule, differences } = lossGradients(ctc(), labelsOf(one), scoresOf(one));
    // Central differences of values near 700 keep ten digits less the six of the step.
    const within = Math.max(...one.losses) > 100 ? 1e-5 : 1e-7;
    rule.forEach((g, i) => ok(Math.abs(g - (differences[i] ?? NaN)) <= within, `${g}, ${differences[i]}`));
  }
});

Deno.test("reductions and weights of samples are Keras'; its name and its serialised form will do", async () => {
  const [one] = fixture.cases, model = bare(one, "plain"), sampleWeight = [...fixture.weights];
  for (const [reduction, wanted] of Object.entries(fixture.reduced)) {
    const form = { ...fixture.serialized, config: { name: "ctc", reduction } };
    for (const loss of ["ctc", "CTC", form, ctc({ reduction: reduction as "sum" })]) {
      if (typeof loss === "string" && reduction !== "sum_over_batch_size") continue;
      model.compile({ loss });
      const { loss: got = NaN } = await model.testOnBatch(scoresOf(one), labelsOf(one), { sampleWeight });
      ok(Math.abs(got - wanted) <= 1e-5 * wanted, `${reduction}: ${got} is not ${wanted}`);
    }
  }
  const again = await loadModel(await model.toBytes("keras"));
  strictEqual((again.savedTraining()?.config.loss as { class_name: string }).class_name, "CTC");
});

Deno.test("a recurrent network learns two sequences by CTC, no step of it on the host", async () => {
  using model = sequential([
    input({ shape: [null, 2] }),
    lstm({ units: 12, returnSequences: true }),
    dense({ units: 4 }),
  ], { backend: "wasm", seed: 1, name: "m" });
  model.compile({ optimizer: { name: "adam", learningRate: 0.05 }, loss: "ctc" });
  const x = [0, 1].map((k) => Array.from({ length: 9 }, (_, t) => [Math.sin(t * (k + 1)), k]));
  const y = [[1, 2, 2], [3, 1, 0]];
  const { history } = await model.fit(x, y, { epochs: 60, verbose: 0 });
  ok((history.loss?.at(-1) ?? 9) < 0.1, `${history.loss?.at(-1)}`);

  const session = await model.registry.get("backend", "wasm").compile(model.trainingGraph(), {
    registry: model.registry,
  });
  await session.run({ [model.inputs[0]?.name ?? ""]: tensor(x), "target/dense": tensor(y, [2, 3], "int32") });
  deepStrictEqual(session.plan().filter(({ where }) => where === "host").map(({ nodes }) => nodes), []);
  session.close();
});

Deno.test("what can't be aligned at all is refused by name", async () => {
  const [one] = fixture.cases, model = bare(one, "plain");
  await rejects(
    model.gradients(scoresOf(one), one.labels.map((l) => l.with(1, 7)), { loss: "ctc" }),
    /label 7 of sample 0 is outside the 5 classes/,
  );
  const flat = sequential([input({ shape: [3] }), dense({ units: 2 })]);
  throws(
    () => flat.compile({ loss: "ctc" }),
    /ctc: expected scores \[batch, time, classes\], got .*\[batch, 2\]/,
  );
  const masked = sequential([
    input({ shape: [null, 3] }),
    masking(),
    lstm({ units: 3, returnSequences: true }),
  ]);
  masked.compile({ loss: "ctc" });
  await rejects(masked.testOnBatch([[[1, 2, 3]]], [[1]]), /the output's mask .* has no place in it/);
});

Deno.test("two outputs have labels of their own number", async () => {
  const x = input({ shape: [null, 3], name: "x" });
  const [p, q] = ["p", "q"].map((name) => apply(dense({ units: 3, name }), x));
  if (!p || !q) throw new Error("no outputs");
  const net = model({ inputs: [x], outputs: [p, q], backend: "wasm" });
  net.compile({ loss: { p: "ctc", q: "ctc" } });
  const { loss = NaN, pLoss = 0, qLoss = 0 } = await net.testOnBatch([[[1, 2, 3], [3, 2, 1]]], {
    p: [[1]],
    q: [[1, 2]],
  });
  ok(pLoss > 0 && qLoss > 0 && Math.abs(loss - pLoss - qLoss) < 1e-5);
});
