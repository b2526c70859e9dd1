/** A stand-alone module in Deno, Node, a page and a bare engine, without Lapis: the deterministic backend's bits. @module */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { loadModel, tensor } from "../../mod.ts";
import { buildModule, type BuiltModule } from "../../public/backends.ts";
import { executablePath, inPage } from "../support/browser.ts";
import { root } from "../support/sources.ts";

const bilstm = new URL("examples/data/nusax_bilstm/model.keras", root);

/** A folder with the built files of a model and the program's own, removed afterwards. */
async function withFiles(
  files: Readonly<Record<string, string>>,
  work: (folder: string, built: BuiltModule, expected: readonly number[][]) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    using model = await loadModel(bilstm, { deterministic: true, backend: "wasm" });
    const built = await buildModule(model), [port] = model.outputs;
    await Deno.writeFile(`${folder}/model.wasm`, built.wasm);
    await Deno.writeTextFile(`${folder}/model.js`, built.script);
    await Deno.writeTextFile(`${folder}/model.d.ts`, built.types);
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
    const expected: number[][] = [];
    for (const batch of [2, 1]) {
      const { [port?.name ?? ""]: y } = await model.run({ tokens: ids(batch) });
      expected.push([...(y?.data ?? []) as Float32Array]);
    }
    await work(folder, built, expected);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
const ids = (batch: number) =>
  tensor(Int32Array.from({ length: batch * 100 }, (_, i) => (7 * i) % 500), [batch, 100], "int32");
/** A program for every platform with an ES module loader: two runs of the text model. */
const program = `
export async function main({ load, info }, source) {
  const model = await load(source);
  const ids = (batch) => Int32Array.from({ length: batch * 100 }, (_, i) => (7 * i) % 500);
  return [2, 1].map((batch) => [...model.run({ tokens: ids(batch) })[info.outputs[0].name].data]);
}`;
async function said(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args], cwd }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${out}${err}`);
  return out ?? "";
}

Deno.test("a typed program uses the files beside it, and Deno checks its names", () =>
  withFiles({
    "main.ts": `import { type Inputs, load, type Outputs } from "./model.js";
const model = await load();
const inputs: Inputs = { tokens: { data: new Int32Array(100), shape: [1, 100] } };
const { dense }: Outputs = model.run(inputs, { dims: { batch: 1 } });
const scores: Float32Array = dense.data;
// @ts-expect-error there is no such output
model.run(inputs).other;
// @ts-expect-error ids are int32
model.run({ tokens: new Float32Array(100) });
// @ts-expect-error there is no such size
model.run(inputs, { dims: { time: 1 } });
`,
  }, async (folder) => {
    await said(Deno.execPath(), ["check", "main.ts"], folder);
  }));

Deno.test("Node 24 runs the files as they lie there", () =>
  withFiles({
    "package.json": '{ "type": "module" }',
    "program.js": program,
    "main.js": `import * as model from "./model.js";
import { main } from "./program.js";
console.log(JSON.stringify({ numbers: await main(model), node: process.version }));`,
  }, async (folder, _built, expected) => {
    const { numbers, node } = JSON.parse(await said("npx", ["-y", "node@24", "main.js"], folder));
    strictEqual(node.split(".")[0], "v24");
    deepStrictEqual(numbers, expected);
  }));

Deno.test({
  name: "a page in Chromium fetches and runs the files",
  ignore: executablePath === undefined,
  fn: () =>
    withFiles({}, async (_folder, { script, wasm }, expected) => {
      const got = await inPage(
        {
          "/app/model.js": ["text/javascript", script],
          "/app/model.wasm": ["application/wasm", wasm],
          "/program.js": ["text/javascript", program],
        },
        `const { main } = await import("/program.js");
        return await main(await import("/app/model.js"));`,
      );
      deepStrictEqual(got, expected);
    }),
});

/** The first Python of LAPIS_PYTHON, `.venv` and `python3` that has wasmtime. */
async function findWasmtime(): Promise<string | undefined> {
  for (const place of [Deno.env.get("LAPIS_PYTHON"), new URL(".venv/bin/python", root).pathname, "python3"]) {
    if (
      place !== undefined && await said(place, ["-c", "import wasmtime"], ".").catch(() => undefined) === ""
    ) {
      return place;
    }
  }
  return undefined;
}
const python = await findWasmtime();
if (python === undefined) {
  console.log(
    "no Python with wasmtime (pip install wasmtime; LAPIS_PYTHON names another): one test is skipped",
  );
}
Deno.test({
  name: "the program of docs/build.md runs the module in wasmtime",
  ignore: python === undefined,
  fn: async () => {
    const page = await Deno.readTextFile(new URL("docs/build.md", root));
    const example = /```python\n(.*?)```/s.exec(page)?.[1] ?? "";
    await withFiles({ "main.py": example }, async (folder, _built, expected) => {
      const numbers: number[] = JSON.parse(await said(python ?? "", ["main.py"], folder));
      deepStrictEqual(numbers, expected[0]);
    });
  },
});
