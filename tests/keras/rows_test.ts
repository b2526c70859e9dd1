/** Two inputs of different numbers of rows: refused by name, as Keras' "Data cardinality is ambiguous". */
import { rejects } from "node:assert/strict";
import { apply, input, InputError, layers, model, tensor } from "../../mod.ts";

for (const backend of ["plain", "wasm", "onnxruntime"]) {
  Deno.test(`${backend}: inputs of 3 and 5 rows are refused with both numbers`, async () => {
    const a = input({ shape: [2], name: "a" }), b = input({ shape: [2], name: "b" });
    const both = apply(layers.concatenate(), [a, b]);
    using made = model({ inputs: [a, b], outputs: [apply(layers.dense({ units: 1 }), both)], backend });
    made.compile({ loss: "meanSquaredError", optimizer: "sgd" });
    const three = tensor(new Float32Array(6), [3, 2]), five = tensor(new Float32Array(10), [5, 2]);
    const x = { a: three, b: five }, y = tensor(new Float32Array(3), [3, 1]);
    const said = (error: unknown) =>
      error instanceof InputError && /input "b".*5/.test(error.message) && /\b3\b/.test(error.message);
    await rejects(() => made.predict(x), said);
    await rejects(() => made.evaluate(x, y), said);
    await rejects(() => made.fit(x, y, { epochs: 1 }), said);
    await rejects(() => made.run(x), said);
  });
}
