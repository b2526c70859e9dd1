/** `lapis train --find-lr`, and the range test in the library. @module */
import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { input, sequential } from "../../mod.ts";
import { findLearningRate } from "../../public/evaluation.ts";
import { dense } from "../../public/layers.ts";
import { inFolder, lapis } from "../support/cli.ts";

const wine = new URL("../../examples/tables/data/wine-train.csv", import.meta.url).pathname;

Deno.test("a parabola's steepest descent lies below the rate from which gradient descent diverges", async () => {
  const make = () => {
    const model = sequential([input({ shape: [1] }), dense({ units: 1, useBias: false })], { seed: 1 });
    model.compile({ loss: "meanSquaredError", optimizer: "sgd" });
    return model;
  };
  const { rates, losses, steepest } = await findLearningRate(make, [[1], [1]], [[5], [5]], { to: 10 });
  // Of (w − 5)², a step of rate r multiplies the error by 1 − 2r: it shrinks below 1 alone.
  ok(steepest > 1e-3 && steepest < 1, `${steepest}`);
  deepStrictEqual([rates.length, Math.abs((rates[0] ?? 0) - 1e-6) < 1e-12], [losses.length, true]);
  await rejects(findLearningRate(make, [[1]], [[5]], { from: 1, to: 0.1 }), /expected 0 < from < to/);
});

Deno.test("--find-lr draws the curve, says a rate, and writes the picture alone", () =>
  inFolder(async (folder) => {
    const picture = `${folder}/lr.svg`;
    const { exit, out, err } = await lapis(
      "train",
      "--data",
      wine,
      "--target",
      "cultivar",
      "--find-lr",
      "--plot",
      picture,
    );
    strictEqual(exit, 0, err);
    const [, rate] = /falls steepest at \S+: --learning-rate (\S+)/.exec(out) ?? [];
    ok(Number(rate) > 1e-4 && Number(rate) < 1, out);
    match(await Deno.readTextFile(picture), /<svg/);
    deepStrictEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["lr.svg"]);
    const kept = await lapis("train", "--data", wine, "--target", "cultivar", "--find-lr", "-o", "m.keras");
    strictEqual(kept.exit, 2);
    match(kept.err, /--find-lr keeps no model: leave out --output/);
  }));
