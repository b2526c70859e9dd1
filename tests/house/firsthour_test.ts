/** The ten programs of the first hour: short, and as good as their README says. @module */
import { equal, ok } from "node:assert/strict";
import { inFolder } from "../support/cli.ts";
import { root } from "../support/sources.ts";

const folder = new URL("examples/first-hour/", root);
interface Keras {
  readonly seven: readonly number[];
  readonly transfer: readonly number[];
  readonly scratch: readonly number[];
}
const keras: Keras = JSON.parse(await Deno.readTextFile(new URL("keras.json", folder)));
const best = (values: readonly number[]) => Math.max(...values);
const numbers = (text: string) => [...text.matchAll(/-?\d+\.?\d*(?:e-?\d+)?/g)].map(([n]) => Number(n));
const last = (text: string) => numbers(text).at(-1) ?? NaN;
const near = (a: number | undefined, b: number | undefined) => Math.abs((a ?? NaN) - (b ?? NaN)) < 2e-6;
/** Two points below the best of the same budget, of Keras or scikit-learn as the README says, and what else must hold. */
const least: Readonly<Record<string, (out: string) => boolean>> = {
  "01_table": (out) => last(out) >= 1 - 0.02,
  "02_pictures": (out) => last(out) >= best(keras.scratch) - 0.02,
  "03_texts": (out) => last(out) >= 0.775 - 0.02,
  "04_keras": (out) => numbers(out).every((p, i) => near(p, keras.seven[i])),
  "05_curves": (out) => last(out) > 0.8 && last(out) <= 1,
  "06_open_in_keras": (out) => {
    const [, before, , after] = numbers(out.replace(/Float32Array/g, ""));
    return before !== undefined && before === after;
  },
  "07_transfer": (out) => last(out) >= best(keras.transfer) - 0.02,
  "08_early_stopping": (out) => last(out) >= 0.955 - 0.02,
  "09_onnx": (out) => {
    const found = numbers(out.replace(/Float32Array\(5\)/g, "")), half = found.length / 2;
    return half === 5 && found.slice(0, half).every((v, i) => near(v, found[half + i]));
  },
  "10_folds": (out) => (numbers(out)[0] ?? NaN) >= 0.978 - 0.02,
};
for (const [name, holds] of Object.entries(least)) {
  Deno.test(`first hour: ${name}.ts`, async () => {
    const file = new URL(`${name}.ts`, folder), text = await Deno.readTextFile(file);
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("/**"));
    ok(lines.length <= 15, `${lines.length} lines`);
    await inFolder(async (work) => {
      const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", "--quiet", decodeURIComponent(file.pathname)],
        cwd: work,
        env: { NO_COLOR: "1" },
      }).output();
      const out = new TextDecoder().decode(stdout);
      equal(success, true, new TextDecoder().decode(stderr));
      ok(holds(out), out);
    });
  });
}
