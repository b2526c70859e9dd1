/** Graphs that an engine had wrong once, as small as they were wrong, beside what their judge gave for them. @module */
import { equal } from "node:assert/strict";
import { readOnnx } from "../../io/onnx/reading/read.ts";
import { registry } from "../../mod.ts";
import { plain } from "../../plugins/backends/plain/mod.ts";
import { wasm } from "../../plugins/backends/wasm/mod.ts";
import { type Fixture, fromText, type TensorText } from "./fixtures.ts";
import { farther, spreads } from "./spread.ts";

const folder = new URL("../fixtures/graphs/", import.meta.url);
const names = [...Deno.readDirSync(folder)].map((e) => e.name).filter((n) => n.endsWith(".onnx")).sort();
const tensors = (texts: Readonly<Record<string, TensorText>>) =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, fromText(text)]));

for (const name of names) {
  const fixture = JSON.parse(
    Deno.readTextFileSync(new URL(name.replace(".onnx", ".json"), folder)),
  ) as Fixture;
  Deno.test(`${name.replace(".onnx", "")}: ${fixture.about}`, async () => {
    const { graph } = readOnnx(Deno.readFileSync(new URL(name, folder)), { registry, file: name });
    for (const engine of [wasm, plain]) {
      using session = await engine.compile(graph, { registry });
      for (const { inputs, outputs } of [...fixture.runs, ...fixture.runs]) {
        const feed = tensors(inputs), got = await session.run(feed);
        const spread = spreads(graph, feed, new Map(), 8);
        for (const [output, want] of Object.entries(tensors(outputs))) {
          equal(farther(got[output], want, spread[output]), undefined, `${engine.name}, ${output}`);
        }
      }
    }
  });
}
