/**
 * Two trees' speed in turns: `deno run -A bench/paired.ts OLD [NEW] [ROUNDS]`. Each round runs `bench/speed.ts` of this tree on
 * both, so that what else the machine does hits both; a figure is the least of the rounds. @module
 */
const [old = "", now = ".", rounds = "5"] = Deno.args;
const script = new URL("speed.ts", import.meta.url).pathname;

/** A tree's figures by name. */
async function figures(tree: string): Promise<ReadonlyMap<string, number>> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--no-lock", "--config", `${tree}/deno.json`, script, tree],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`${tree}: failed`);
  const lines = new TextDecoder().decode(stdout).trim().split("\n").map((line) => line.split("\t"));
  return new Map(lines.map(([name = "", ms]) => [name, Number(ms)]));
}
const best = [new Map<string, number>(), new Map<string, number>()];
for (let round = 0; round < Number(rounds); round++) {
  for (const [i, tree] of [old, now].entries()) {
    for (const [name, ms] of await figures(tree)) {
      best[i]?.set(name, Math.min(ms, best[i]?.get(name) ?? Infinity));
    }
  }
}
console.log("CPU milliseconds".padEnd(28), "old".padStart(9), "new".padStart(9), "new/old".padStart(9));
for (const [name, before] of best[0] ?? []) {
  const after = best[1]?.get(name) ?? NaN, ratio = after / before;
  console.log(
    name.padEnd(28),
    before.toFixed(3).padStart(9),
    after.toFixed(3).padStart(9),
    ratio.toFixed(3).padStart(9),
  );
}
