/** The Keras reference files: single layers and whole models give Keras' outputs, broken files their errors. @module */
import { deepEqual, match, ok } from "node:assert/strict";
import { loadModel, tensor } from "../mod.ts";
import { backends, type Case, compare, feed, listCases, outputsOf } from "./support/cases.ts";
import { kindOf, runCase } from "./support/runner.ts";
import { root } from "./support/sources.ts";

const folder = new URL("tests/fixtures/keras/", root);
const cases = await listCases(folder);

/** Layers that Lapis doesn't have yet, by case. */
const leftOut: ReadonlySet<string> = new Set<string>();

for (const backend of backends) {
  for (const kind of ["A", "B"]) {
    Deno.test(`kind ${kind} gives Keras' outputs on ${backend}`, async () => {
      const wrong: string[] = [];
      for (const one of cases) {
        if (kindOf(one) !== kind) continue;
        const { status, detail } = await runCase(one, backend);
        const expected = leftOut.has(one.name) ? "left out" : "passed";
        if (status !== expected) wrong.push(`${one.name} ${status}: ${detail}`);
      }
      deepEqual(wrong, []);
    });
  }
}

// In a process of its own: the memory that it grows by is measured.
for (const backend of backends) {
  for (const [kind, what] of [["C", "gradients"], ["D", "steps"]]) {
    Deno.test(`kind ${kind} gives Keras' ${what} on ${backend}`, async () => {
      const wrong: string[] = [];
      let count = 0;
      for (const one of cases) {
        if (kindOf(one) !== kind) continue;
        count++;
        const { status, detail } = await runCase(one, backend);
        if (status !== "passed") wrong.push(`${one.name} ${status}: ${detail}`);
      }
      deepEqual(wrong, []);
      ok(count > 4);
    });
  }
}

Deno.test("kind E gives Keras' tokens, ids and matrices", async () => {
  const wrong: string[] = [];
  for (const one of cases.filter((c) => kindOf(c) === "E")) {
    const { status, detail } = await runCase(one, "wasm");
    if (status !== "passed") wrong.push(`${one.name} ${status}: ${detail}`);
  }
  deepEqual(wrong, []);
});

for (const backend of backends) {
  Deno.test(`further layers, options and operations give Keras' outputs on ${backend}`, async () => {
    const wrong: string[] = [], out: string[] = [];
    for (const one of await listCases(new URL("tests/fixtures/keras-more/", root))) {
      const { status, detail } = await runCase(one, backend);
      if (status === "left out") out.push(detail);
      else if (status !== "passed") wrong.push(`${one.name} ${status}: ${detail}`);
    }
    deepEqual(wrong, []);
    // Strings have no form in ONNX.
    if (backend === "onnxruntime") {
      ok(out.every((detail) => /^lapis\.[\w., ]+ ha(s|ve) no form in ONNX/.test(detail)));
    } else deepEqual(out, []);
  });
}

Deno.test("kind F: every broken file gives its one error in time, and a sound one loads after it", async () => {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "tests/fixtures.ts", "tests/fixtures/keras", "--kind", "F"],
    cwd: root,
  }).output();
  const out = new TextDecoder().decode(stdout);
  ok(success, out);
  match(out, /^96 passed, 0 failed$/m);
});

Deno.test("a deflated .keras file holds the weights of the stored one", async () => {
  const load = (name: string) => loadModel(new URL(`${name}/model.keras`, folder), { warn: () => {} });
  const stored = await load("F_keras_no_metadata"), deflated = await load("F_keras_deflated_ok");
  deepEqual(deflated.weights, stored.weights);
});

Deno.test("the runner tells a wrong number, a missing file and a wrong shape apart from Keras'", async () => {
  const one = cases.find(({ name }) => name === "A_dense_relu") as Case;
  deepEqual((await runCase(one, "plain")).status, "passed");
  const exact = await runCase({ ...one, tolerance: { atol: -1, rtol: 0 } }, "plain");
  deepEqual(exact.status, "failed");
  deepEqual((await runCase({ ...one, files: { "no.h5": "keras3-legacy-h5" } }, "plain")).status, "failed");
  deepEqual(compare(tensor([1, 2]), tensor([1, 2.5]), 0.1, 0).problem, "1 of 2 off, largest by 5.00e-1");
  deepEqual(compare(tensor([1, 2]), tensor([[1, 2]]), 0.1, 0).within, false);
  const model = await loadModel(new URL("A_dense_relu/model.h5", folder), { backend: "plain" });
  const [input] = model.inputs;
  const x = tensor(new Float32Array(Number(input?.shape[1])), [1, Number(input?.shape[1])]);
  deepEqual((await outputsOf(model, feed(model, [undefined], [x]))).length, 1);
});
