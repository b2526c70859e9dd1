/** Nodes that onnxruntime refuses for their operands are refused by every engine, with an error of ours. @module */
import { ok, rejects } from "node:assert/strict";
import { castTensor, type DType, LapisError, loadModel, tensor } from "../../mod.ts";

interface Case {
  readonly name: string;
  /** What onnxruntime says. */
  readonly said: string;
  /** The file, in base64. */
  readonly model: string;
  readonly inputs: Readonly<
    Record<
      string,
      {
        readonly dtype: DType;
        readonly shape: readonly number[];
        readonly data: readonly (number | string)[];
      }
    >
  >;
}
const cases: readonly Case[] = JSON.parse(
  await Deno.readTextFile(new URL("../fixtures/onnx/refused.json", import.meta.url)),
);

for (const backend of ["wasm", "plain"]) {
  Deno.test(`${backend}: operands of a wrong type, rank or size are refused`, async () => {
    for (const { name, said, model: text, inputs } of cases) {
      const run = async () => {
        using model = await loadModel(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)), { backend });
        await model.run(
          Object.fromEntries(
            Object.entries(inputs).map(([input, { dtype, shape, data }]) => {
              const wide = tensor(Float64Array.from(data, Number), shape, "float64");
              return [input, castTensor(wide, dtype)];
            }),
          ),
        );
      };
      await rejects(run, (error) => {
        ok(error instanceof LapisError, `${name} (${said}): ${error}`);
        return true;
      }, `${name}: ${said}`);
    }
  });
}
