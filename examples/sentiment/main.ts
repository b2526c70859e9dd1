/**
 * The demo: a sentiment model as Keras saved it and 400 real reviews, in; predictions on our own engine, out,
 * compared with Keras' own. `deno task demo`, or with all permissions and `--onnxruntime` for that engine beside it.
 * @module
 */
import { BackendError, loadModel, type Model, readNpy, registry, type Tensor } from "../../mod.ts";
import { parseCsv } from "../../public/data.ts";
import { classesOf, classificationReport, differences } from "../../public/evaluation.ts";
import { toNumbers } from "../../public/tensors.ts";
import { textVectorizer } from "../../public/text.ts";

const folder = new URL("../data/", import.meta.url);
const read = (path: string) => Deno.readFile(new URL(path, folder));
const readJson = async <T>(path: string) => JSON.parse(await Deno.readTextFile(new URL(path, folder))) as T;

const labels = await readJson<string[]>("nusax_bilstm/labels.json");
const vocabulary = await readJson<string[]>("nusax_bilstm/vocabulary.json");
const { header, rows } = parseCsv(await read("nusax-sentiment/indonesian/test.csv"));
const column = (name: string) => rows.map((row) => row[header.indexOf(name)] ?? "");
const reviews = column("text"), truth = column("label").map((name) => labels.indexOf(name));
const keras = readNpy(await read("nusax_bilstm/predictions.npy"));

/** Loads the model on an engine and predicts all reviews, twice: the first time compiles. */
async function predictOn(
  backend: string,
): Promise<{ scores: Tensor; model: Model; load: number; first: number; again: number }> {
  const began = performance.now();
  const model = await loadModel(new URL("nusax_bilstm/model.keras", folder), { backend });
  const length = Number(model.inputs[0]?.shape[1]);
  const ids = textVectorizer({ vocabulary, length }).transform(reviews);
  const loaded = performance.now();
  await model.predict(ids, { batchSize: 100 });
  const warm = performance.now();
  const scores = await model.predict(ids, { batchSize: 100 }) as Tensor;
  return { scores, model, load: loaded - began, first: warm - loaded, again: performance.now() - warm };
}

/** How far scores are from Keras' own. */
function againstKeras(scores: Tensor): string {
  const { max, mean } = differences(toNumbers(scores), toNumbers(keras));
  const own = classesOf(scores), theirs = classesOf(keras);
  const same = own.filter((c, i) => c === theirs[i]).length;
  return `largest ${max.toExponential(1)}, mean ${
    mean.toExponential(1)
  }, same class in ${same} of ${own.length}`;
}
const time = (ms: number) => (ms < 10 ? `${ms.toFixed(1)} ms` : `${ms.toFixed(0)} ms`);

/** The first of our own engines that is there. */
async function ownEngine(): Promise<string> {
  const state = await registry.get("backend", "wasm").available();
  if (state === true) return "wasm";
  console.log(`The wasm engine is not available (${state}); the plain one takes its place.\n`);
  return "plain";
}

const backend = await ownEngine();
const { scores, model, load, first, again } = await predictOn(backend);
const report = classificationReport(truth, classesOf(scores), labels.length);

console.log(`${model.name}: ${model.countParams().toLocaleString("en")} parameters, saved by Keras 3.15.1`);
console.log(`${reviews.length} Indonesian reviews (NusaX sentiment, test part)\n`);
console.log(`macro-F1 ${report.macroF1.toFixed(4)}   accuracy ${report.accuracy.toFixed(4)}\n`);
console.log(`${"true \\ predicted".padEnd(18)}${labels.map((name) => name.padStart(10)).join("")}`);
report.confusion.forEach((row, c) =>
  console.log(`${(labels[c] ?? "").padEnd(18)}${row.map((n) => `${n}`.padStart(10)).join("")}`)
);

console.log("");
const values = toNumbers(scores), predicted = classesOf(scores);
for (const row of [0, 1, 2, 5, 7]) {
  const start = row * labels.length, own = predicted[row] ?? 0;
  const review = reviews[row] ?? "", cut = review.length > 68 ? `${review.slice(0, 67)}…` : review;
  console.log(`  “${cut}”`);
  const all = labels.map((name, c) => `${name} ${(values[start + c] ?? 0).toFixed(3)}`).join("  ");
  console.log(`    ${all}   ${own === truth[row] ? "right" : `wrong, is ${labels[truth[row] ?? 0]}`}`);
}

console.log(`\nagainst Keras' own predictions`);
console.log(`  ${backend.padEnd(12)}${againstKeras(scores)}`);
console.log(`  ${"".padEnd(12)}load ${time(load)}, first run ${time(first)}, again ${time(again)}`);
model.close();

/** onnxruntime beside it, where it is there or was asked for. */
async function beside(): Promise<string> {
  const how =
    "onnxruntime, to compare with (a 290 MB download): deno run -A examples/sentiment/main.ts --onnxruntime";
  const { state } = await Deno.permissions.query({ name: "ffi" });
  if (state === "granted" && Deno.args.includes("--onnxruntime")) {
    // A computed name: the package is fetched here, and only here, because it was asked for.
    await import(["npm", "onnxruntime-node@1.30.0"].join(":")).catch((error) =>
      console.log(`  ${error.message}`)
    );
  }
  if (await registry.get("backend", "onnxruntime").available() !== true) return how;
  try {
    const other = await predictOn("onnxruntime");
    other.model.close();
    return `${"onnxruntime".padEnd(12)}${againstKeras(other.scores)}\n  ${"".padEnd(12)}load ${
      time(other.load)
    }, ` +
      `first run ${time(other.first)}, again ${time(other.again)}`;
  } catch (error) {
    if (error instanceof BackendError) return `${error.message}\n  ${how}`;
    throw error;
  }
}
console.log(`  ${await beside()}`);
