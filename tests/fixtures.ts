/** Runs a folder of reference cases: `deno task fixtures FOLDER [--backend wasm,plain] [--kind A,B] [--filter re]`. @module */
import { parseArgs } from "node:util";
import { registry } from "../mod.ts";
import { listCases } from "./support/cases.ts";
import { kindOf, type Result, runCase, soundFile } from "./support/runner.ts";
import { exists } from "./support/sources.ts";

const usage =
  `deno task fixtures FOLDER [--backend wasm,plain,onnxruntime] [--kind A,B,C,D,F,model] [--filter regexp]
FOLDER holds folders with a case.json (or is one). --data names the folder of data sets for whole test splits.`;

function folderUrl(path: string): URL {
  const base = new URL(`file://${Deno.cwd()}/`);
  return new URL(`${path.replace(/\/*$/, "/")}`, base);
}

/** Columns under a header. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row.map((cell, i) => i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))
  )
    .map((cells) => cells.join("  ").trimEnd()).join("\n");
}

function summary(results: readonly Result[]): string {
  const groups = Map.groupBy(results, ({ kind, backend }) => `${kind} ${backend}`);
  const rows = [...groups.values()].map((group) => {
    const number = (status: Result["status"]) => `${group.filter((r) => r.status === status).length}`;
    const largest = Math.max(0, ...group.filter((r) => r.status === "passed").map((r) => r.max));
    const seconds = group.reduce((s, r) => s + r.milliseconds, 0) / 1000;
    return [
      group[0]?.kind ?? "",
      group[0]?.backend ?? "",
      `${group.length}`,
      number("passed"),
      number("failed"),
      number("left out"),
      largest === 0 ? "0" : largest.toExponential(1),
      seconds.toFixed(1),
    ];
  });
  return columns([
    ["kind", "backend", "cases", "passed", "failed", "left out", "largest", "seconds"],
    ...rows,
  ]);
}

function listed(title: string, results: readonly Result[]): string {
  const groups = Map.groupBy(results, ({ name, detail }) => `${name}: ${detail}`);
  return [
    title,
    ...[...groups].map(([line, group]) => `  ${line} (${group.map((r) => r.backend).join(", ")})`),
  ]
    .join("\n");
}

/** Runs it and returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals: [folder] } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      backend: { type: "string", default: "wasm,plain" },
      kind: { type: "string" },
      filter: { type: "string", default: "" },
      data: { type: "string" },
    },
  });
  if (folder === undefined) {
    console.error(usage);
    return 2;
  }
  const url = folderUrl(folder), beside = new URL("../data/", url);
  const data = values.data ? folderUrl(values.data) : await exists(beside) ? beside : undefined;
  const backends = values.backend.split(",");
  for (const name of backends) {
    const state = await registry.get("backend", name).available();
    if (state !== true) {
      console.error(`error: backend ${name}: ${state}`);
      return 3;
    }
  }
  const kinds = values.kind?.split(","), pattern = new RegExp(values.filter);
  const all = await listCases(url), sound = soundFile(all);
  const options = { ...(data ? { data } : {}), ...(sound ? { sound } : {}) };
  const cases = all.filter((one) =>
    (kinds === undefined || kinds.includes(kindOf(one))) && pattern.test(one.name)
  );
  const results: Result[] = [];
  for (const one of cases) {
    for (const backend of backends) {
      results.push(await runCase(one, backend, options));
      if (Deno.stderr.isTerminal()) Deno.stderr.writeSync(new TextEncoder().encode(`\r${results.length} `));
    }
  }
  const failed = results.filter(({ status }) => status === "failed");
  const leftOut = results.filter(({ status }) => status === "left out");
  console.log(summary(results));
  if (leftOut.length > 0) console.log(listed("\nleft out:", leftOut));
  if (failed.length > 0) console.log(listed("\nfailed:", failed));
  console.log(`\n${results.length - failed.length - leftOut.length} passed, ${failed.length} failed`);
  return failed.length > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
