/**
 * Ids that a table or a list of classes lacks: refused, wrapped or left out as Keras does on a CPU, in the same words on
 * every engine. The values are those of Keras 3.15.1 and 2.15.0 on TensorFlow. @module
 */
import { deepEqual, rejects } from "node:assert/strict";
import {
  dense,
  embedding,
  flatten,
  input,
  type Layer,
  type Model,
  sequential,
  type Tensor,
  tensor,
} from "../../mod.ts";
import { categoryEncoding, discretization } from "../../public/layers.ts";
import { createLayer } from "../../public/plugins.ts";
import { toNumbers } from "../../public/tensors.ts";
import { tokenAndPositionEmbeddingDef } from "../../plugins/layers/hub/embeddings.ts";

const engines = ["wasm", "plain", "onnxruntime"] as const;
const table = tensor([[0, 1], [2, 3], [4, 5], [6, 7]]);
const impossible = "-2147483648 (for NaN, a negative or too large an id)";

/** A model of one layer behind two numbers, on each engine. */
async function* models(layer: Layer): AsyncGenerator<readonly [string, Model]> {
  for (const backend of engines) {
    const model = sequential([input({ shape: [2] }), layer], { backend });
    for (const name of model.weights.keys()) if (/embeddings/.test(name)) model.setWeight(name, table);
    yield [backend, model];
    await model.close();
  }
}
/** What the layers say: `run` takes ids as they come, `predict` refuses what is none before. */
const predicted = async (model: Model, ids: readonly number[]) => {
  const [port] = model.inputs,
    [output] = Object.values(await model.run({ [port?.name ?? ""]: tensor([[...ids]]) }));
  return [...toNumbers(output as Tensor)];
};

Deno.test("Embedding takes fractions down to whole ids, wraps negative ones, and refuses what the table lacks", async () => {
  for await (const [engine, model] of models(embedding({ inputDim: 4, outputDim: 2, name: "words" }))) {
    for (
      const [ids, want] of [[[1, -1], [2, 3, 6, 7]], [[1, -4], [2, 3, 0, 1]], [[1, 1.7], [2, 3, 2, 3]], [
        [1, -0.5],
        [2, 3, 0, 1],
      ]] as const
    ) deepEqual(await predicted(model, ids), want, engine);
    for (
      const [id, said] of [
        [4, "4"],
        [-5, "-5"],
        ...[NaN, Infinity, -Infinity, 2 ** 31, 2 ** 32 + 1024, 1e20].map((
          v,
        ) => [v, impossible] as const),
      ] as const
    ) {
      await rejects(predicted(model, [1, id]), {
        name: "InputError",
        message: `words (Gather): index ${said} is outside axis 0 of 4 elements: expected -4 to 3`,
      }, `${engine} ${id}`);
    }
  }
});

Deno.test("an Embedding of Keras 2 refuses negative ids", async () => {
  const layer = embedding({ inputDim: 4, outputDim: 2, negativeIds: "refuse", name: "words" });
  for await (const [engine, model] of models(layer)) {
    deepEqual(await predicted(model, [1, 1.7]), [2, 3, 2, 3], engine);
    for (const id of [-1, -4, NaN]) {
      await rejects(predicted(model, [1, id]), {
        message: `words (Gather): index ${impossible} is outside axis 0 of 4 elements: expected -4 to 3`,
      }, engine);
    }
  }
});

Deno.test("training on an id that is no row changes nothing", async () => {
  for (const backend of engines) {
    for (const id of [4, -5, NaN]) {
      const model = sequential([
        input({ shape: [2] }),
        embedding({ inputDim: 4, outputDim: 2, name: "words" }),
        flatten(),
        dense({ units: 1 }),
      ], { backend });
      model.compile({ optimizer: "adam", loss: "meanSquaredError" });
      await model.fit(tensor([[1, 2]]), tensor([[1]]), { verbose: 0 });
      const before = [...model.weights];
      await rejects(
        model.fit(tensor([[1, id]]), tensor([[1]]), { verbose: 0 }),
        /row 1, number 2: .* is no id: expected a whole number from 0 to 3/,
      );
      deepEqual([...model.weights], before, `${backend} ${id}`);
      await model.fit(tensor([[1, 3]]), tensor([[1]]), { verbose: 0 });
      await model.close();
    }
  }
});

Deno.test("CategoryEncoding leaves out ids above its classes, and refuses to count negative ones", async () => {
  for (const outputMode of ["one_hot", "multi_hot", "count"] as const) {
    for await (const [engine, model] of models(categoryEncoding({ numTokens: 4, outputMode }))) {
      const told = `${engine} ${outputMode}`, rows = outputMode === "one_hot";
      const want = (second: number) => {
        const one = [0, 1, 0, 0], two = [0, 1, 2, 3].map((i) => (i === second ? 1 : 0));
        if (rows) return [...one, ...two];
        return one.map((n, i) => outputMode === "count" ? n + (two[i] ?? 0) : Math.max(n, two[i] ?? 0));
      };
      deepEqual(await predicted(model, [1, 4]), want(-1), told);
      deepEqual(await predicted(model, [1, 1.7]), want(1), told);
      deepEqual(await predicted(model, [1, -0.5]), want(0), told);
      for (const id of [-1, NaN, Infinity, 2 ** 31]) {
        if (rows) deepEqual(await predicted(model, [1, id]), want(-1), told);
        else {await rejects(
            predicted(model, [1, id]),
            { name: "InputError", message: /index .* is outside/ },
            told,
          );}
      }
    }
  }
});

Deno.test("CategoryEncoding of Keras 2 refuses every id that is no class", async () => {
  for (const outputMode of ["multi_hot", "count"] as const) {
    const layer = categoryEncoding({ numTokens: 4, outputMode, outside: "refuse" });
    for await (const [engine, model] of models(layer)) {
      deepEqual(await predicted(model, [1, 3]), [0, 1, 0, 1], engine);
      for (const id of [-1, 4, NaN]) await rejects(predicted(model, [1, id]), { name: "InputError" }, engine);
    }
  }
});

Deno.test("Discretization puts NaN into the last bin", async () => {
  for await (const [engine, model] of models(discretization({ binBoundaries: [0, 1, 2] }))) {
    deepEqual(await predicted(model, [1, NaN]), [2, 3], engine);
    deepEqual(await predicted(model, [Infinity, -Infinity]), [3, 0], engine);
  }
});

Deno.test("KerasHub's embedding of tokens refuses what its table lacks", async () => {
  const layer = createLayer(tokenAndPositionEmbeddingDef, {
    vocabularySize: 4,
    sequenceLength: 2,
    embeddingDim: 2,
  });
  for (const backend of engines) {
    const model = sequential([input({ shape: [2] }), layer], { backend });
    deepEqual((await predicted(model, [1, -1])).length, 4);
    for (const id of [4, -5, NaN]) {
      const message = /index .* is outside axis 0 of 4 elements: expected -4 to 3/;
      await rejects(predicted(model, [1, id]), { name: "InputError", message });
    }
    await model.close();
  }
});
