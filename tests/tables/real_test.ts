/** Real tables: what `lapis train` makes of them without a configuration, beside scikit-learn's models of the same files. @module */
import { ok, strictEqual } from "node:assert/strict";
import { inFolder, lapis } from "../support/cli.ts";
import { root } from "../support/sources.ts";

const folder = decodeURIComponent(new URL("examples/tables/", root).pathname);
interface Baseline {
  readonly metric: "accuracy" | "r2";
  readonly histGradientBoosting: number;
  readonly ridge?: number;
  readonly logisticRegression?: number;
}
const baselines = JSON.parse(await Deno.readTextFile(`${folder}baselines.json`)) as Record<string, Baseline>;
const targets = {
  penguins: "species",
  titanic: "Survived",
  "auto-mpg": "Miles_per_Gallon",
  adult: "income",
  wine: "cultivar",
  bikes: "bikers",
};

for (const [name, target] of Object.entries(targets)) {
  Deno.test(`${name}: within two points of the better of scikit-learn's two`, () =>
    inFolder(async (made) => {
      const model = `${made}/m.keras`, data = `${folder}data/${name}`;
      const run = await lapis("train", "--data", `${data}-train.csv`, "--target", target, "-o", model);
      strictEqual(run.exit, 0, run.err);
      const said = await lapis("evaluate", model, "--data", `${data}-test.csv`, "--json");
      strictEqual(said.exit, 0, said.err);
      const { report, numbers } = JSON.parse(said.out), baseline = baselines[name];
      const { histGradientBoosting = NaN, ridge = 0, logisticRegression = 0 } = baseline ?? {};
      const best = Math.max(histGradientBoosting, ridge, logisticRegression);
      const ours = baseline?.metric === "r2" ? numbers.r2 : report.accuracy;
      ok(ours >= best - 0.02, `${name}: ${ours}, and scikit-learn ${best}`);
    }));
}
