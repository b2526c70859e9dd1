/**
 * Mutated files: `deno run -A tests/mutations/main.ts [--count N] [--seed N] [--kind onnx|h5|keras]`. A file is read, or refused by an
 * error of ours that names the file and a place, in a bounded time; what is read runs, or is refused likewise. @module
 */
import { check, samples } from "./check.ts";

const value = (name: string) => {
  const at = Deno.args.indexOf(name);
  return at < 0 ? undefined : Deno.args[at + 1];
};
const count = Number(value("--count") ?? 300), seed = Number(value("--seed") ?? 1), only = value("--kind");
let wrong = 0;
for (const kind of ["onnx", "h5", "keras"] as const) {
  if (only !== undefined && only !== kind) continue;
  const files = await samples(kind), told: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    const { outcome, problem } = await check(files[(seed + i) % files.length] ?? "", kind, seed + i);
    told[outcome] = (told[outcome] ?? 0) + 1;
    if (problem === undefined) continue;
    wrong++;
    console.log(`${kind} ${seed + i}: ${problem}`);
  }
  console.log(`${kind}: ${count} files, ${JSON.stringify(told)}`);
}
Deno.exit(wrong > 0 ? 1 : 0);
