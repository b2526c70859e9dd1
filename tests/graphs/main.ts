/**
 * Random ONNX graphs on every engine: `deno task test:graphs [--count N] [--seed N] [--op NAME] [--nodes N] [--opset N] [--shrink]
 * [--contrib] [--empty] [--only wasm] [--out FOLDER]`. `--shrink` makes what is wrong small; `--out` writes it as fixtures; `--only` tells of
 * what one engine alone has wrong; `--contrib` draws onnxruntime's own operators too, `--empty` binds an open dim to 0. Ends with 1 where something is wrong. @module
 */
import { writeFixture } from "./fixtures.ts";
import { Oracle } from "./oracle/mod.ts";
import { described, named, search } from "./search.ts";

const value = (name: string) => {
  const at = Deno.args.indexOf(name);
  return at < 0 ? undefined : Deno.args[at + 1];
};
const count = Number(value("--count") ?? 2000), seed = Number(value("--seed") ?? 1), op = value("--op");
const out = value("--out"), only = value("--only"), opset = value("--opset");
const options = {
  count,
  seed,
  nodes: Number(value("--nodes") ?? 9),
  contrib: Deno.args.includes("--contrib"),
  empty: Deno.args.includes("--empty"),
  ...(op !== undefined && { op }),
  ...(opset !== undefined && { opset: Number(opset) }),
};
const oracle = new Oracle(), judges: Record<string, number> = {}, kinds = new Map<string, string[]>();
const began = performance.now();
let models = 0, wrong = 0, known = 0;

const found = search(oracle, {
  ...options,
  shrink: Deno.args.includes("--shrink"),
  tell: (_, { judge }) => {
    models++;
    judges[judge] = (judges[judge] ?? 0) + 1;
  },
});
for await (const one of found) {
  const { name, drawn, verdict } = one, engines = [...new Set(verdict.findings.map((f) => f.engine))].sort();
  if (only !== undefined && engines.join() !== only) continue;
  if (one.known !== undefined) {
    known++;
    continue;
  }
  wrong++;
  console.log(described(one));
  const kind = `${engines.join("+")} ${verdict.findings[0]?.kind}: ${named(drawn.model.graph?.node ?? [])}`;
  kinds.set(kind, [...kinds.get(kind) ?? [], name]);
  if (out !== undefined) {
    await writeFixture(`${out}/${name}`, drawn, described(one), verdict.judge, verdict.wanted);
  }
}
await oracle.close();
const sorted = [...kinds].sort((a, b) => b[1].length - a[1].length).slice(0, 60);
console.log(
  sorted.map(([kind, list]) => `${list.length} × ${kind} (${list.slice(0, 3).join(" ")})`).join("\n"),
);
const seconds = ((performance.now() - began) / 1000).toFixed(1);
console.log(
  `${models} models of ${count} seeds: ${wrong} wrong, ${known} known; judged by ${
    JSON.stringify(judges)
  }; ` +
    `onnxruntime crashed ${oracle.crashes} times; ${seconds} s`,
);
Deno.exitCode = wrong > 0 ? 1 : 0;
