/** The engine under Node 24: its sources as they are, types stripped by Node itself. @module */
import { deepEqual, equal } from "node:assert/strict";
import { cnn, program, reference } from "../support/elsewhere.ts";
import { root } from "../support/sources.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Name and version of every npm package that the import map names. */
async function packages(): Promise<string[]> {
  const text = await Deno.readTextFile(new URL("imports.json", root));
  const found = [...text.matchAll(/"npm:((?:@[^/"]+\/)?[^@/"]+)@([^/"]+)/g)].map(([, name, version]) =>
    `${name}@${version}`
  );
  return [...new Set(found)].filter((name) =>
    !/^(playwright-core|commander|hono|cytoscape|elkjs|uplot|axe-core)@/.test(name)
  );
}

async function copyTree(from: URL, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    if (entry.isDirectory) await copyTree(new URL(`${entry.name}/`, from), `${to}/${entry.name}`);
    else if (entry.name.endsWith(".ts") && !entry.name.endsWith("_test.ts")) {
      await Deno.copyFile(new URL(entry.name, from), `${to}/${entry.name}`);
    }
  }
}

async function run(folder: string, command: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args], cwd: folder })
    .output();
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${decode(stderr)}`);
  return decode(stdout);
}

Deno.test("Node 24 runs the CIFAR CNN with the outputs of Deno", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const part of ["core", "plugins", "io", "public"]) {
      await copyTree(new URL(`${part}/`, root), `${folder}/${part}`);
    }
    await Deno.copyFile(new URL("mod.ts", root), `${folder}/mod.ts`);
    await Deno.writeTextFile(`${folder}/package.json`, '{ "type": "module", "private": true }');
    await Deno.writeTextFile(`${folder}/program.js`, program);
    await Deno.copyFile(cnn, `${folder}/model.keras`);
    await Deno.writeTextFile(
      `${folder}/main.js`,
      `import { readFile } from "node:fs/promises";
import * as lapis from "./mod.ts";
import { main } from "./program.js";
const fromBytes = await main(lapis, new Uint8Array(await readFile("model.keras")));
const fromPath = await main(lapis, "model.keras");
console.log(JSON.stringify({ fromBytes, fromPath, node: process.version }));
`,
    );
    await run(folder, "npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", ...await packages()]);
    const out = await run(folder, "npx", ["-y", "node@24", "--no-warnings", "main.js"]);
    const { fromBytes, fromPath, node } = JSON.parse(out.trim().split("\n").at(-1) ?? "");
    equal(node.split(".")[0], "v24");
    const expected = await reference();
    deepEqual(fromBytes, expected);
    deepEqual(fromPath, expected);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
