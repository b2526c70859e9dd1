/** Models with masks as ONNX files: each is proved, and onnxruntime gives what Keras gave. @module */
import { equal, ok } from "node:assert/strict";
import type { Model, Tensor } from "../../mod.ts";
import { openOnnxFile } from "../../public/backends.ts";
import { convertInto } from "../../cli/conversion/convert.ts";
import { fittingSamples } from "../../cli/conversion/samples.ts";
import { callCases, callDifference, callInputs, callModel } from "../support/calls.ts";
import { saidCases, saidDifferenceOf, saidInputs, saidModel } from "../support/said.ts";

/** What the ONNX file of a model gives in onnxruntime, by output; throws where it isn't proved. */
async function converted(model: Model, name: string, fed: Record<string, Tensor>): Promise<Tensor[]> {
  const path = await Deno.makeTempFile({ suffix: ".onnx" });
  try {
    const { proof } = await convertInto(model, path, {
      source: name,
      samples: await fittingSamples(model),
      write: {},
    });
    const problem = proof?.runs.find((run) => run.problem !== undefined)?.problem;
    if (!proof || problem !== undefined) throw new Error(problem ?? "no proof");
    const opened = await openOnnxFile(path);
    try {
      const given = await opened.run(fed);
      return opened.outputs.map((output) => given[output] as Tensor);
    } finally {
      await opened.close();
    }
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("models whose masks travel in each Keras' way give Keras' outputs in onnxruntime", async () => {
  const cases = await saidCases("keras-masks"), wrong: string[] = [];
  for (const one of cases) {
    const name = `${one.name} of Keras ${one.version}`;
    using model = await saidModel(one, "plain");
    const fed = Object.fromEntries(model.inputs.map((port, i) => [port.name, saidInputs(one)[i] as Tensor]));
    try {
      const off = saidDifferenceOf(one, await converted(model, name, fed));
      // Two roundings of seven digits, and a few sums of float32.
      if (!(off < 5e-6)) wrong.push(`${name}: ${off.toExponential(1)}`);
    } catch (error) {
      wrong.push(`${name}: ${error}`);
    }
  }
  if (wrong.length) console.log(wrong.join("\n"));
  equal(wrong.join("\n"), "");
  ok(cases.length >= 28);
});
Deno.test("calls with masks, states and constants give Keras' outputs in onnxruntime", async () => {
  const cases = await callCases("keras-calls"), wrong: string[] = [];
  for (const one of cases) {
    const name = `${one.name} of Keras ${one.keras}`;
    using model = await callModel(one, "plain");
    try {
      const off = callDifference(one, await converted(model, name, callInputs(one, model)));
      if (!(off < 2e-5)) wrong.push(`${name}: ${off.toExponential(1)}`);
    } catch (error) {
      wrong.push(`${name}: ${error}`);
    }
  }
  if (wrong.length) console.log(wrong.join("\n"));
  equal(wrong.join("\n"), "");
  ok(cases.length > 70);
});
