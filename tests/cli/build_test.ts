/** `lapis build`: what it writes, what it says, and when it writes nothing. @module */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { inFolder, lapis } from "../support/cli.ts";
import { root } from "../support/sources.ts";

const path = (below: string) => decodeURIComponent(new URL(below, root).pathname);
const bilstm = path("examples/data/nusax_bilstm/model.keras");

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("build writes the module, its script and its types, proved, and says their sizes", () =>
  inFolder(async (folder) => {
    const { exit, out } = await lapis("build", bilstm, "-o", `${folder}/mood.wasm`);
    strictEqual(exit, 0, out);
    deepStrictEqual(namesIn(folder), ["mood.d.ts", "mood.js", "mood.wasm"]);
    match(out, /weights 887\.0 KiB, code \d+\.\d KiB/);
    match(out, /sizes that vary: batch\n4 runs of the module gave the bits of the deterministic backend/);
    deepStrictEqual(
      out.split("\n").filter((line) => line.length > 80 && !line.startsWith("written: ")),
      [],
    );
    const { load, info } = await import(`file://${folder}/mood.js`);
    deepStrictEqual(info.labels, ["negative", "neutral", "positive"]);
    const { dense } = (await load()).run({ tokens: new Int32Array(100) });
    deepStrictEqual(dense.shape, [1, 3]);
  }));

Deno.test("build --json gives sizes, ports and the proof, on data of the user's", () =>
  inFolder(async (folder) => {
    const text = ["--text", "Enak dan murah", "--text", "tidak enak"];
    const { exit, out } = await lapis("build", bilstm, "-o", `${folder}/m.wasm`, ...text, "--json");
    strictEqual(exit, 0, out);
    const answer = JSON.parse(out);
    deepStrictEqual(answer.proof, { equal: true, runs: 2 });
    deepStrictEqual(answer.inputs, [{ name: "tokens", dtype: "int32", shape: ["batch", 100] }]);
    strictEqual(answer.files[0].bytes, answer.sizes.module);
    strictEqual(answer.sizes.weights + answer.sizes.code, answer.sizes.module);
    ok(answer.sizes.memory % 65536 === 0);
  }));

Deno.test("a model that only a host can run ends with 3 and its steps, another name with 2; nothing is written", () =>
  inFolder(async (folder) => {
    const text = path("tests/fixtures/keras/E_tv_int/model.keras");
    const refused = await lapis("build", text, "-o", `${folder}/m.wasm`);
    strictEqual(refused.exit, 3);
    match(refused.err, /the host runs steps of it: .*text_vectorization \(lapis\.Tokens\)/);
    const wrong = await lapis("build", bilstm, "-o", `${folder}/model.js`);
    deepStrictEqual([wrong.exit, wrong.err], [
      2,
      `error: --output: expected a name.wasm, got ${folder}/model.js\n`,
    ]);
    strictEqual((await lapis("build", bilstm)).exit, 2);
    deepStrictEqual(namesIn(folder), []);
  }));
