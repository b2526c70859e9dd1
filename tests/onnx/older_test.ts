/** Operators as older opsets had them: attributes that are gone, other defaults, other outputs. @module */
import { ok, strictEqual } from "node:assert/strict";
import { castTensor, type DType, loadModel, type Tensor, tensor } from "../../mod.ts";
import { toNumbers } from "../../public/tensors.ts";

interface Values {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Case {
  /** Operator, opset and attributes. */
  readonly name: string;
  readonly judge: string;
  /** The file, in base64. */
  readonly model: string;
  readonly inputs: Readonly<Record<string, Values>>;
  readonly outputs: readonly Values[];
}
const cases: readonly Case[] = JSON.parse(
  await Deno.readTextFile(new URL("../fixtures/onnx/older.json", import.meta.url)),
);
const tensorOf = ({ dtype, shape, data }: Values): Tensor =>
  castTensor(tensor(Float64Array.from(data), shape, "float64"), dtype);

for (const backend of ["wasm", "plain"]) {
  Deno.test(`${backend}: operators of older opsets give what they gave`, async () => {
    for (const { name, judge, model: text, inputs, outputs } of cases) {
      using model = await loadModel(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)), { backend });
      const given = Object.entries(inputs).map(([input, values]) => [input, tensorOf(values)] as const);
      const got = Object.values(await model.run(Object.fromEntries(given))) as Tensor[];
      strictEqual(got.length, outputs.length, name);
      outputs.forEach(({ dtype, shape, data }, i) => {
        const y = got[i], numbers = y ? toNumbers(y) : [];
        strictEqual(`${y?.dtype}[${y?.shape}]`, `${dtype}[${shape}]`, name);
        const largest = data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
        // Sums of at most 36 numbers in float32, given here with seven digits.
        data.forEach((v, k) =>
          ok(
            Math.abs((numbers[k] ?? NaN) - v) <= 2e-6 * largest,
            `${name}: ${numbers[k]} at ${k}, ${v} by ${judge}`,
          )
        );
      });
    }
  });
}
