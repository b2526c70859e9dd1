/** What the command line doesn't know is refused by name, with the nearest one: options of every command, keys of configurations at every depth. @module */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { tensor, writeNpy } from "../../mod.ts";
import { inFolder, lapis } from "../support/cli.ts";

Deno.test("every command refuses an option that it doesn't know, and tells the one that is meant", async () => {
  const { out } = await lapis("--help"), listed = /\nCommands:\n([\s\S]*?)\n\n/.exec(out)?.[1] ?? "";
  const names = [...listed.matchAll(/^ {2}([a-z]+) /gm)].map(([, name = ""]) => name).filter((n) =>
    n !== "help"
  );
  ok(names.length >= 17, listed);
  let slips = 0;
  for (const name of names) {
    const { exit, err } = await lapis(name, "--nonsense");
    equal(exit, 2, name);
    match(err, /unknown option '--nonsense'/, name);
    const { out: help } = await lapis(name, "--help");
    const options = [...help.matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)].map(([, option = ""]) => option);
    for (const option of options) {
      const slip = option.slice(0, -1);
      if (slip.length < 3 || options.includes(slip)) continue;
      slips++;
      const found = await lapis(name, `--${slip}`);
      deepEqual(
        [found.exit, found.err.includes(`--${option}`)],
        [2, true],
        `${name} --${slip}: ${found.err}`,
      );
    }
  }
  ok(slips > 100, `${slips}`);
});

const layers = [
  {
    type: "dense",
    units: 4,
    kernelRegularizer: { name: "l2", l2: 0.1 },
    kernelInitializer: { name: "heNormal", seed: 1 },
  },
  { type: "reshape", targetShape: [2, 2] },
  { type: "bidirectional", layer: { type: "lstm", units: 2 } },
  { type: "dense", units: 1 },
];
const training = {
  model: { name: "m", layers },
  data: {
    train: { x: "x.npy", y: "y.npy", from: 0, to: 1 },
    validation: { x: ["x.npy"], y: "y.npy" },
    table: {},
    image: { colorMode: "rgb" },
    target: "number",
  },
  compile: {
    optimizer: {
      name: "adam",
      learningRate: { name: "exponentialDecay", initialLearningRate: 0.1, decaySteps: 5, decayRate: 0.5 },
    },
    loss: { name: "huber", delta: 2 },
    metrics: [{ name: "cosineSimilarity", axis: -1 }],
  },
  fit: { epochs: 1, batchSize: 2, callbacks: [{ type: "earlyStopping", patience: 3 }] },
};
/** Copies of a configuration, each with one more key at another place. */
function* widened(config: unknown, path = ""): Generator<readonly [place: string, config: unknown]> {
  if (typeof config !== "object" || config === null) return;
  if (!Array.isArray(config)) yield [path, { ...config, optionOfNobody: 1 }];
  for (const [key, value] of Object.entries(config)) {
    for (const [place, inner] of widened(value, `${path}.${key}`)) {
      const copy: unknown = structuredClone(config);
      (copy as Record<string, unknown>)[key] = inner;
      yield [place, copy];
    }
  }
}
Deno.test("lapis train refuses a key that it doesn't know at every depth of a configuration", async () => {
  await inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/x.npy`, writeNpy(tensor(new Float32Array(12), [4, 3])));
    await Deno.writeFile(`${folder}/y.npy`, writeNpy(tensor(new Float32Array(4), [4, 1])));
    const run = async (config: unknown) => {
      await Deno.writeTextFile(`${folder}/train.json`, JSON.stringify(config));
      return await lapis("train", `${folder}/train.json`, "-o", `${folder}/m.keras`);
    };
    const { exit, err } = await run(training);
    equal(exit, 0, err);
    let places = 0;
    for (const [place, config] of widened(training)) {
      places++;
      const found = await run(config);
      deepEqual(
        [found.exit, /unknown option "optionOfNobody"/.test(found.err)],
        [3, true],
        `${place}: ${found.err}`,
      );
    }
    ok(places >= 20, `${places}`);
  });
});
