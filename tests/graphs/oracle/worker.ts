/** Runs models in onnxruntime, its optimizer off, in a process that may crash alone: a line of JSON asks, a line answers. @module */
import { isTensor } from "../../../core/values/tensor.ts";
import { decodeValue, encodeTensor } from "../../../io/onnx/mod.ts";
import { loadEngine } from "../../../plugins/backends/onnxruntime/engine.ts";
import { fromEngine, toEngine } from "../../../plugins/backends/onnxruntime/tensors.ts";
import { fromBase64, linesFrom, type Question, toBase64 } from "./wire.ts";

const engine = await loadEngine();

async function answer({ model, feeds }: Question): Promise<unknown> {
  const session = await engine.InferenceSession.create(fromBase64(model), {
    graphOptimizationLevel: "disabled",
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  try {
    const runs = [];
    for (const feed of feeds) {
      const given = Object.entries(feed).map(([name, text]) => {
        const value = decodeValue(fromBase64(text), "tensor");
        if (!isTensor(value)) throw new TypeError(`${name} is no tensor`);
        return [name, toEngine(engine, value)] as const;
      });
      try {
        const results = await session.run(Object.fromEntries(given));
        const outputs = session.outputNames.map((name) => {
          const value = results[name];
          if (!value) throw new Error(`no output ${name}`);
          return [name, toBase64(encodeTensor(fromEngine(value, name)))];
        });
        runs.push({ outputs: Object.fromEntries(outputs) });
      } catch (error) {
        runs.push({ error: error instanceof Error ? error.message : String(error) });
      }
    }
    return { runs };
  } finally {
    await session.release();
  }
}

for await (const line of linesFrom(Deno.stdin.readable)) {
  let said: unknown;
  try {
    said = await answer(JSON.parse(line) as Question);
  } catch (error) {
    said = { error: error instanceof Error ? error.message : String(error) };
  }
  const bytes = new TextEncoder().encode(`${JSON.stringify(said)}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}
