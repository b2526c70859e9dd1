/** `lapis experiment`: what it trains and writes, going on after a kill, what it refuses. @module */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { readExperiment } from "../../cli/experiment/config.ts";
import { Running } from "../../cli/experiment/run.ts";
import { experimentSchemaText } from "../../cli/experiment/schema.ts";
import { main } from "../../cli/main.ts";
import { loadModel } from "../../mod.ts";
import { Random } from "../../public/tensors.ts";
import { root } from "../support/sources.ts";

type Json = Record<string, unknown>;
const path = (below: string) => decodeURIComponent(new URL(below, root).pathname);

async function lapis(args: readonly string[], interactive = false) {
  let out = "", err = "";
  const terminal = {
    out: (t: string) => void (out += t),
    err: (t: string) => void (err += t),
    width: 80,
    interactive,
  };
  const exit = await main(["experiment", ...args], terminal);
  return { exit, out, err };
}
/** Points inside and outside a circle. */
function points(rows: number, seed: number): string {
  const random = new Random(seed);
  const lines = Array.from({ length: rows }, () => {
    const [x, y] = [random.normal(), random.normal()];
    return `${x},${y},${x * x + y * y < 1.2 ? "in" : "out"}`;
  });
  return `x,y,label\n${lines.join("\n")}\n`;
}
const base = {
  model: {
    layers: [{ type: "dense", units: 8, activation: "relu" }, {
      type: "dense",
      units: 2,
      activation: "softmax",
    }],
  },
  data: { train: "train.csv", test: "test.csv" },
  compile: {
    optimizer: { name: "adam", learningRate: 0.02 },
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
  },
  fit: { epochs: 4, batchSize: 16, validationSplit: 0.25 },
};
async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/train.csv`, points(120, 1));
  await Deno.writeTextFile(`${folder}/test.csv`, points(60, 2));
  await Deno.writeTextFile(`${folder}/base.json`, JSON.stringify(base));
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
async function experiment(folder: string, plan: Json, ...args: string[]) {
  await Deno.writeTextFile(
    `${folder}/plan.json`,
    JSON.stringify({ base: "base.json", metric: "valAccuracy", ...plan }),
  );
  return await lapis([`${folder}/plan.json`, "-o", `${folder}/out`, ...args]);
}
interface Results {
  readonly trials:
    readonly (Json & { readonly status: string; readonly score: number | null; readonly runs: Json[] })[];
  readonly chosen: Json & {
    readonly trial: number;
    readonly values: Json;
    readonly test: Record<string, Json>;
  };
  readonly found: string;
}
/** The results, but for what clocks say. */
async function results(folder: string, out = "out"): Promise<Results> {
  const all: Results = JSON.parse(await Deno.readTextFile(`${folder}/${out}/results.json`));
  const timeless = (runs: readonly Json[]) => runs.map(({ seconds: _, ...run }) => run);
  return { ...all, trials: all.trials.map((t) => ({ ...t, runs: timeless(t.runs) })) };
}
const tpe = {
  search: {
    method: "tpe",
    trials: 7,
    startup: 3,
    space: {
      "model.layers.0.units": [2, 8, 16],
      "compile.optimizer.learningRate": { kind: "logUniform", min: 1e-4, max: 0.3 },
    },
  },
  seeds: [1, 2],
};
const inOneLine = (text: string) => text.replace(/\s+/g, " ");

Deno.test("a grid: every point with every seed, chosen on validation, tested once, everything written", async () => {
  await inFolder(async (folder) => {
    const plan = {
      search: { method: "grid", space: { "model.layers.0.units": [1, 16], "fit.batchSize": [8, 32] } },
      seeds: [1, 2],
    };
    const { exit, out, err } = await experiment(folder, plan, "--jobs", "2");
    strictEqual(exit, 0, err);
    ok(out.split("\n").every((line) => line.length <= 80), out);
    match(
      inOneLine(out),
      /Best of 4 trials by valAccuracy: units \d+, batchSize \d+ with 0\.\d+ ± .* on the test part accuracy 0\.\d+ ± /,
    );
    const { trials, chosen, found } = await results(folder);
    strictEqual(trials.length, 4);
    ok(inOneLine(out).includes(inOneLine(found)));
    const scores = trials.map(({ score }) => score ?? NaN);
    strictEqual(trials[chosen.trial - 1]?.score, Math.max(...scores));
    // The score is the mean of what each seed's final weights do on the validation part.
    const runs = trials[0]?.runs.map(({ metrics }) =>
      (metrics as Record<string, number>).valAccuracy ?? NaN
    ) ?? [];
    ok(Math.abs(((runs[0] ?? 0) + (runs[1] ?? 0)) / 2 - (scores[0] ?? 0)) < 1e-12);
    ok(trials.every((t) => t.test === undefined && t.runs.every((run) => run.test === undefined)));
    const csv = (await Deno.readTextFile(`${folder}/out/results.csv`)).trim().split("\n");
    strictEqual(csv.length, 1 + 8);
    match(csv[0] ?? "", /^trial,group,name,model\.layers\.0\.units,fit\.batchSize,seed,rung,status,epochs/);
    for (const name of ["curves-seed1.svg", "curves-seed2.svg", "trials.svg"]) {
      match(await Deno.readTextFile(`${folder}/out/${name}`), /^<svg .*stroke-dasharray.*<\/svg>\n$/s);
    }
    // The saved model is the chosen trial's better seed, and does on the test part what was said.
    const { evaluateModel } = await evaluated(folder);
    const said = (JSON.parse(await Deno.readTextFile(`${folder}/out/results.json`)).chosen.tests as Json[])
      .map((t) => t.accuracy);
    ok(said.includes(evaluateModel), `${said} ${evaluateModel}`);
    strictEqual((await loadModel(`${folder}/out/best.keras`)).extras?.json.labels instanceof Array, true);
  });
});
/** Accuracy of best.keras on the test part, by the command line's own `evaluate`. */
async function evaluated(folder: string): Promise<{ evaluateModel: number }> {
  let out = "";
  await main(["evaluate", `${folder}/out/best.keras`, "--data", `${folder}/test.csv`, "--json"], {
    out: (t) => void (out += t),
    err: () => {},
    width: 80,
    interactive: false,
  });
  return { evaluateModel: JSON.parse(out).report.accuracy };
}

Deno.test("TPE gives the same trials whatever the number of jobs, and after SIGKILL", async () => {
  await inFolder(async (folder) => {
    strictEqual((await experiment(folder, tpe, "--jobs", "1")).exit, 0);
    await Deno.rename(`${folder}/out`, `${folder}/whole`);
    strictEqual((await experiment(folder, tpe, "--jobs", "2")).exit, 0);
    deepStrictEqual(await results(folder), await results(folder, "whole"));
    await Deno.remove(`${folder}/out`, { recursive: true });
    // A process of its own, killed once a few trials are through.
    const args = [
      "run",
      "--no-check",
      "-A",
      path("cli/main.ts"),
      "experiment",
      `${folder}/plan.json`,
      "-o",
      `${folder}/out`,
      "--jobs",
      "2",
    ];
    const process = new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "null" }).spawn();
    const journal = () => Deno.readTextFile(`${folder}/out/journal.jsonl`).catch(() => "");
    for (let i = 0; i < 600 && (await journal()).split("\n").length < 5; i++) {
      await new Promise((r) => setTimeout(r, 50));
    }
    const beside = await lapis([`${folder}/plan.json`, "-o", `${folder}/out`, "--resume"]);
    match(beside.err, /another process is running this experiment/);
    process.kill("SIGKILL");
    strictEqual((await process.status).signal, "SIGKILL");
    const kept = (await journal()).split("\n").filter((line) => line !== "");
    ok(kept.length >= 4 && kept.length < 15, `${kept.length} lines`);
    // Half a line, as a kill amid a write leaves it.
    await Deno.writeTextFile(`${folder}/out/journal.jsonl`, `${kept.join("\n")}\n{"trial":1,"se`);
    const refused = await lapis([`${folder}/plan.json`, "-o", `${folder}/out`]);
    strictEqual(refused.exit, 3);
    match(refused.err, /journal\.jsonl: holds an experiment already: go on with --resume/);
    const { exit, err } = await lapis([`${folder}/plan.json`, "-o", `${folder}/out`, "--resume"]);
    strictEqual(exit, 0, err);
    deepStrictEqual((await journal()).split("\n").slice(0, kept.length), kept);
    deepStrictEqual(await results(folder), await results(folder, "whole"));
    // Done is done: going on once more trains nothing and says the same.
    const before = await journal();
    strictEqual((await lapis([`${folder}/plan.json`, "-o", `${folder}/out`, "--resume"])).exit, 0);
    strictEqual(await journal(), before);
    // Another plan doesn't go on in its folder.
    const other = await experiment(folder, { ...tpe, seeds: [3] }, "--resume");
    strictEqual(other.exit, 3);
    match(other.err, /belongs to another experiment/);
  });
});

Deno.test("halving: one of three goes on, from where it stood, with the numbers of an unbroken fit", async () => {
  await inFolder(async (folder) => {
    const values = [0.0001, 0.001, 0.03], plan = { "compile.optimizer.learningRate": values };
    const { exit, err } = await experiment(folder, {
      search: { method: "grid", space: plan },
      halving: { rungs: [1, 4] },
    });
    strictEqual(exit, 0, err);
    const halved = await results(folder);
    deepStrictEqual(halved.trials.map(({ rung }) => rung).sort(), [0, 0, 1]);
    await Deno.remove(`${folder}/out`, { recursive: true });
    await experiment(folder, { search: { method: "grid", space: plan } });
    const whole = await results(folder), at = halved.chosen.trial - 1;
    deepStrictEqual(halved.trials[at]?.runs, whole.trials[at]?.runs);
  });
});

Deno.test("variants stand in groups; equal ones are trained once; failures are told and don't end it", async () => {
  await inFolder(async (folder) => {
    const variants = [
      { name: "small", group: "width", set: { "model.layers.0.units": 1 } },
      { name: "base", group: "width" },
      { name: "same", group: "rate", set: { "compile.optimizer.learningRate": 0.02 } },
      { name: "wild", group: "rate", set: { "compile.optimizer": { name: "sgd", learningRate: 1e30 } } },
      { name: "one output", set: { "model.layers.1.units": 1 } },
    ];
    const { exit, out, err } = await experiment(
      folder,
      { variants, test: "all", metric: "valMacroF1" },
      "--jobs",
      "1",
    );
    strictEqual(exit, 0, err);
    match(out, /width +parameters +epochs +test macroF1 +valMacroF1/);
    match(out, /wild .*failed: valLoss is NaN after 4 epochs/);
    match(out, /one output .*failed: target/);
    match(out, /^width: (base|small) is best with 0\.\d+, 0\.\d+ ahead of (base|small)\.$/m);
    match(err, /^4\/4 {2}trial 5 one output seed 0/m);
    const { trials } = await results(folder);
    deepStrictEqual(trials[1]?.runs, trials[2]?.runs);
    deepStrictEqual(trials.map(({ status }) => status), ["done", "done", "done", "failed", "failed"]);
  });
});

Deno.test("refit: the chosen configuration is trained on all rows before its test, as lapis train would", async () => {
  await inFolder(async (folder) => {
    const plan = {
      search: { method: "grid", space: { "model.layers.0.units": [1, 16] } },
      seeds: [4],
      refit: true,
    };
    const { exit, out, err } = await experiment(folder, plan, "--jobs", "1");
    strictEqual(exit, 0, err);
    match(inOneLine(out), /; trained anew with the validation part too, on the test part accuracy/);
    const { chosen } = await results(folder);
    const layers = base.model.layers.map((
      layer,
      i,
    ) => (i === 0 ? { ...layer, units: chosen.values["model.layers.0.units"] } : layer));
    await Deno.writeTextFile(
      `${folder}/all.json`,
      JSON.stringify({ ...base, model: { layers }, fit: { epochs: 4, batchSize: 16 } }),
    );
    let told = "";
    await main(["train", `${folder}/all.json`, "--seed", "4", "-o", `${folder}/all.keras`, "--json"], {
      out: (t) => void (told += t),
      err: () => {},
      width: 80,
      interactive: false,
    });
    strictEqual(JSON.parse(told).test.report.accuracy, chosen.test.accuracy?.mean);
    strictEqual((await evaluated(folder)).evaluateModel, chosen.test.accuracy?.mean);
  });
});

Deno.test("a terminal sees how far it is and how long it takes", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/plan.json`,
      JSON.stringify({
        base,
        metric: "valAccuracy",
        variants: [{ name: "a" }, { name: "b", set: { "fit.epochs": 5 } }],
      }),
    );
    const { exit, err } = await lapis([`${folder}/plan.json`, "-o", `${folder}/out`, "--jobs", "1"], true);
    strictEqual(exit, 0, err);
    match(err, /█+░+ 1\/2 {2}\d running {2}.* left {2}best valAccuracy 0\.\d+ \(trial 1\)/);
    ok(err.split("\r\x1b[K").every((line) => (line.split("\n")[0] ?? "").length < 80));
  });
});

Deno.test("wrong plans are refused before anything is trained, with the place and the nearest name", async () => {
  await inFolder(async (folder) => {
    const cases: readonly (readonly [Json, RegExp])[] = [
      [{ serach: {} }, /unknown option "serach"; did you mean search\?/],
      [{}, /search: nothing is varied/],
      [{ search: { method: "tpe", space: { "fit.epochs": [1] } } }, /search\.trials: is missing/],
      [
        { search: { method: "grid", space: { "fit.epoch": [1] } } },
        /fit: unknown option "epoch"; did you mean epochs\?/,
      ],
      [
        { search: { method: "grid", space: { "model.layer.0.units": [1] } } },
        /no "layer"; did you mean layers\?/,
      ],
      [
        { search: { method: "grid", space: { "model.layers.0.unit": [1] } } },
        /model\.layers\[0\].*unknown option "unit"; did you mean units\?/,
      ],
      [
        { search: { method: "grid", space: { "compile.optimizer.learningRat": [1] } } },
        /"learningRat".*learningRate/,
      ],
      [{ variants: [{ name: "a" }, { name: "a" }] }, /variants: "a" stands there twice/],
      [{ variants: [{ name: "a" }], seeds: [1, 1] }, /seeds: expected different seeds/],
      [{ variants: [{ name: "a" }], halving: { rungs: [3, 2] } }, /halving\.rungs: expected growing epochs/],
      [
        { variants: [{ name: "a" }], metric: "valAccurac" },
        /metric: the validation gives no valAccurac.* valAccuracy/,
      ],
      [
        { variants: [{ name: "a", set: { "fit.validationSplit": 0 } }] },
        /by a validation part: give data\.validation or fit\.validationSplit/,
      ],
      [
        {
          refit: true,
          variants: [{ name: "a", set: { "data.series": { target: "x", window: 4 } } }],
        },
        /refit: isn't there for a series/,
      ],
    ];
    for (const [plan, message] of cases) {
      const { exit, err, out } = await experiment(folder, plan);
      match(`${err}${out}`, message);
      ok(exit === 3 || /failed/.test(out), `${exit} ${message}`);
      await Deno.remove(`${folder}/out`, { recursive: true }).catch(() => {});
    }
    const missing = await lapis([`${folder}/plan.json`]);
    strictEqual(missing.exit, 2);
    match(missing.err, /-o, --output is missing/);
  });
});

Deno.test("the examples' experiments are read, trial by trial", async () => {
  const names = ["feedforward/experiment", "report/cnn", "report/recurrent", "experiments/nusax"];
  for (const name of names) {
    const file = path(`examples/${name}.json`), plan = await readExperiment(file);
    if (typeof plan.base === "string") throw new Error(`${name}: expected a base that stands in the file`);
    const place = { file, folder: "" };
    await new Running({
      plan,
      base: plan.base,
      place,
      folder: "none",
      jobs: 1,
      resume: false,
      terminal: { out: () => {}, err: () => {}, width: 80, interactive: false },
    }).check();
  }
});

Deno.test("the published schema is the one the fields say", async () => {
  strictEqual(await Deno.readTextFile(new URL("docs/experiment.schema.json", root)), experimentSchemaText());
});

Deno.test("what trials warn of is said once and stands in the results", async () => {
  await inFolder(async (folder) => {
    const random = new Random(4);
    let level = 50;
    const lines = Array.from({ length: 300 }, () => `${level += random.normal()}`);
    await Deno.writeTextFile(`${folder}/walk.csv`, `v\n${lines.join("\n")}\n`);
    const series = { target: "v", window: 4, validationSize: 40 };
    const { exit, err } = await experiment(
      folder,
      {
        base: {
          model: { layers: [{ type: "lstm", units: 64 }, { type: "dense", units: 1 }] },
          data: { train: "walk.csv", series },
          compile: { optimizer: "adam", loss: "meanSquaredError" },
          fit: { epochs: 1, batchSize: 8 },
        },
        metric: "valRmse",
        variants: [{ name: "a" }, { name: "b", set: { "data.series.difference": 1 } }],
      },
      "--jobs",
      "1",
    );
    strictEqual(exit, 0, err);
    const { warnings } = JSON.parse(await Deno.readTextFile(`${folder}/out/results.json`));
    // Each counts its own windows, so the parameters are said twice; the difference is stationary.
    const kinds = warnings.map((line: string) => line.split(" ").slice(0, 3).join(" "));
    deepStrictEqual(kinds, ["v isn't stationary", "the model has", "the model has"]);
    match(warnings[0], /^v isn't stationary in the training part .* \(trial 1\)$/);
    match(warnings[2], /^the model has 16961 parameters for 210 values to learn from .* \(trial 2\)$/);
    for (const line of warnings) ok(err.includes(`warning: ${line}`), err);
  });
});
