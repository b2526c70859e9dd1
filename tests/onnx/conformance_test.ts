import assert from "node:assert/strict";
import { registry } from "../../mod.ts";
import { plain } from "../../plugins/backends/plain/mod.ts";
import { wasm } from "../../plugins/backends/wasm/mod.ts";
import { type Failure, runSuite } from "./conformance.ts";
import { exists, root } from "../support/sources.ts";

const shared = new URL("../shared/fixtures/onnx/official.zip", root);
const own = new URL("tests/fixtures/onnx/operators.zip", root);
const there = await exists(shared);

/** Tests that nobody can pass, or that Lapis doesn't; docs/conformance.md says why. */
const known = new Set([
  "test_bernoulli",
  "test_bernoulli_double",
  "test_bernoulli_double_expanded",
  "test_bernoulli_expanded",
  "test_bernoulli_seed",
  "test_bernoulli_seed_expanded",
  "test_dft_inverse",
  "test_dft_inverse_opset19",
  "test_image_decoder_decode_jpeg2k_rgb",
  "test_image_decoder_decode_webp_rgb",
]);
const said = (failures: readonly Failure[]) => failures.map(({ test, reason }) => `${test.name}: ${reason}`);

for (const backend of [plain, wasm]) {
  Deno.test(`${backend.name}: an official case of every operator in plugins/operators that has one`, async () => {
    const { failures, total } = await runSuite(await Deno.readFile(own), backend, registry);
    assert.deepEqual(said(failures), []);
    assert.ok(total > 40);
  });
  Deno.test({
    name: `${backend.name}: the official suite, all but what docs/conformance.md lists`,
    ignore: !there,
    fn: async () => {
      const { failures, total } = await runSuite(await Deno.readFile(shared), backend, registry);
      assert.deepEqual(said(failures.filter(({ test }) => !known.has(test.name))), []);
      assert.ok(total - failures.length >= 2017);
    },
  });
}
