/** Models that onnxruntime's quantizer wrote give what onnxruntime gives, to one step of the quantizer. @module */
import { ok, strictEqual } from "node:assert/strict";
import { loadModel, readNpy, type Tensor } from "../../mod.ts";
import { toNumbers } from "../../public/tensors.ts";
import { root } from "../support/sources.ts";

const folder = new URL("tests/fixtures/onnx/quantized/", root);
/** The step of the quantizer before the output, where floats come out of it; rounding of float32 sums elsewhere. */
const steps: Readonly<Record<string, number>> = {
  cnn_qdq_quint8_qint8_pc: 1 / 255,
  // A step of the 8-bit hidden state, times weights of a tenth.
  lstm_dyn_quint8_pc: 2 / 255,
  mlp_qdq16_qint16: 2 ** -15,
  // Forty products of up to 128 · 0.1 · 3, each rounded by 2⁻²⁴ of itself.
  nbits8: 40 * 38.4 * 2 ** -24,
};

for (const { name: file } of [...Deno.readDirSync(folder)].filter((e) => e.name.endsWith(".onnx"))) {
  const name = file.slice(0, -".onnx".length);
  for (const backend of ["plain", "wasm"]) {
    Deno.test(`${backend}: ${name} gives what onnxruntime gives`, async () => {
      using model = await loadModel(new URL(file, folder), { backend });
      const inputs = await Promise.all(
        model.inputs.map(async (port) =>
          [port.name, readNpy(await Deno.readFile(new URL(`${name}.in.${port.name}.npy`, folder)))] as const
        ),
      );
      const [got] = Object.values(await model.run(Object.fromEntries(inputs))) as Tensor[];
      const want = readNpy(await Deno.readFile(new URL(`${name}.out.npy`, folder)));
      strictEqual(`${got?.shape}`, `${want.shape}`);
      const a = toNumbers(want), b = got ? toNumbers(got) : [], step = steps[name] ?? 2e-6;
      a.forEach((v, i) => ok(Math.abs(v - (b[i] ?? NaN)) <= step, `${name}[${i}]: ${b[i]}, expected ${v}`));
    });
  }
}
