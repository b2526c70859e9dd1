import assert from "node:assert/strict";
import { encodeModel } from "../../../tests/support/onnx.ts";
import { loadModel, registry, tensor } from "../../../mod.ts";
import { modelTable } from "../messages.ts";
import { encode } from "../proto.ts";
import { refusal, refusedOperators } from "./refusals.ts";

const list = await Deno.readTextFile(new URL("../../../tests/fixtures/onnx/contrib.txt", import.meta.url));

Deno.test("every operator of onnxruntime's own domain is run, or refused with a reason", () => {
  const all = list.trim().split("\n").map((row) => row.split(" ")[0] ?? "");
  const isRun = (name: string) => registry.find("op", `com.microsoft.${name}`) !== undefined;
  assert.deepEqual(all.filter((name) => !isRun(name) && refusal(`com.microsoft.${name}`) === undefined), []);
  assert.deepEqual(refusedOperators.filter((name) => isRun(name) || !all.includes(name)), []);
});
Deno.test("a refusal gives the reason and what helps", async () => {
  const refused = (opType: string, domain: string, message: RegExp) =>
    assert.rejects(
      loadModel(encodeModel({ node: [{ opType, domain, input: ["x"], output: ["y"], name: "n" }] })),
      {
        name: "UnsupportedError",
        message,
      },
    );
  await refused(
    "BeamSearch",
    "com.microsoft",
    /operator com\.microsoft\.BeamSearch \(at "n"\): .*export the decoder alone/,
  );
  await refused("Conv", "com.microsoft.nchwc", /Conv \(at "n"\): .*at the level extended, not all/);
  await refused("BertTokenizer", "ai.onnx.contrib", /do that step before the model/);
  await refused("Thing", "com.acme", /doesn't know operator com\.acme\.Thing \(at "n"\)$/);
});
Deno.test("a domain without its opset import is read as the newest, with a warning", async () => {
  const bytes = encode(modelTable, {
    irVersion: 8n,
    opsetImport: [{ domain: "", version: 17n }],
    graph: {
      node: [{ opType: "QuickGelu", domain: "com.microsoft", input: ["x"], output: ["y"] }],
      input: [{ name: "x", type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1n }] } } } }],
      output: [{ name: "y" }],
    },
  });
  const warnings: string[] = [], model = await loadModel(bytes, { warn: (w) => warnings.push(w) });
  const { y } = await model.run({ x: tensor([0]) });
  assert.deepEqual(y, tensor([0]));
  assert.match(warnings.join("\n"), /no opset is imported for com\.microsoft; the newest is taken/);
});
