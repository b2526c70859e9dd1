import assert from "node:assert/strict";
import { isTensor, tensor } from "../../values/tensor.ts";
import { runPlain, sampleGraph, sampleInputs, testGradients } from "../../../tests/support/gradients.ts";
import { uniform } from "../../../tests/support/samples.ts";
import { attentionSamples } from "./attention.samples.ts";

testGradients(attentionSamples);

Deno.test("a query that may see no key gives zeros", () => {
  const sample = {
    op: "Attention",
    inputs: [
      uniform([1, 1, 2, 3]),
      uniform([1, 1, 2, 3]),
      uniform([1, 1, 2, 3]),
      tensor([0, 0, 1, 1], [2, 2], "bool"),
    ],
    outputs: 1,
  };
  const [y] = runPlain(sampleGraph(sample), sampleInputs(sample));
  assert.ok(isTensor(y));
  const [first, ...rest] = [0, 3].map((from) => Array.from(y.data as Float32Array).slice(from, from + 3));
  assert.deepEqual(first, [0, 0, 0]);
  assert.ok(rest.flat().every((v) => Number.isFinite(v) && v !== 0));
});
