/** `lapis diff` across formats. @module */
import { match, strictEqual } from "node:assert/strict";
import { loadModel } from "../../mod.ts";
import { inFolder, lapis } from "../support/cli.ts";

const bilstm = new URL("../../examples/data/nusax_bilstm/model.keras", import.meta.url).pathname;

Deno.test("both directions of an LSTM are the same weights in ONNX, until one number differs", () =>
  inFolder(async (folder) => {
    const model = await loadModel(bilstm), onnx = `${folder}/m.onnx`, changed = `${folder}/c.onnx`;
    await model.save(onnx);
    for (const pair of [[bilstm, onnx], [onnx, bilstm]]) {
      const { exit, out } = await lapis("diff", ...pair);
      strictEqual(exit, 0, out);
      match(out, /\d weights the same \(\d by their numbers\)/);
    }
    const name = [...model.weights.keys()].find((n) => n.endsWith("backward_lstm/lstm_cell/kernel")) ?? "";
    const kernel = model.weights.get(name);
    if (!kernel) throw new Error("no kernel");
    const data = Float32Array.from(kernel.data as Float32Array);
    data[0] = 3;
    model.setWeight(name, { ...kernel, data } as typeof kernel);
    await model.save(changed);
    strictEqual((await lapis("diff", bilstm, changed)).exit, 1);
  }));
