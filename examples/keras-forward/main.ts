/**
 * Keras' models read and run: every row of the table is a model that real Keras wrote, with what Keras gave for its inputs.
 *
 *     deno run --allow-read examples/keras-forward/main.ts [FOLDER]
 *
 * @module
 */
import { loadModel, readNpy, type Tensor } from "../../mod.ts";
import { classesOf } from "../../public/evaluation.ts";
import { isTensor, toNumbers } from "../../public/tensors.ts";

/** A row, as make_models.py writes it. */
interface Case {
  readonly group: string;
  readonly value: string;
  readonly model: string;
  readonly input: string;
  readonly output: string;
  readonly parameters: number;
  /** Largest difference of Keras' own float32 from float64. */
  readonly float32Error: number;
}
const folder = Deno.args[0] ?? decodeURIComponent(new URL("models", import.meta.url).pathname);
const read = async (name: string) => readNpy(await Deno.readFile(`${folder}/${name}`), name);
const cases: readonly Case[] = JSON.parse(await Deno.readTextFile(`${folder}/index.json`));

const columns = [22, 12, 12, 12, 12];
const line = (cells: readonly string[]) =>
  console.log(
    cells.map((c, i) => (i < 2 ? c.padEnd(columns[i] ?? 0) : c.padStart(columns[i] ?? 0))).join("").trimEnd(),
  );
line(["", "value", "parameters", "difference", "classes"]);

let equal = 0, largest = 0;
for (const { group, value, model: file, input, output, parameters, float32Error } of cases) {
  const model = await loadModel(`${folder}/${file}`), x = await read(input), wanted = await read(output);
  const got = await model.predict(x) as Tensor, called = await model.call(x, { training: false });
  if (!isTensor(got)) throw new Error(`${file}: expected one output`);
  const ours = Array.from(toNumbers(got)), theirs = toNumbers(wanted);
  const far = ours.reduce((most, v, i) => Math.max(most, Math.abs(v - (theirs[i] ?? NaN))), 0);
  const one = toNumbers((Array.isArray(called) ? called[0] : called) as Tensor);
  const same = ours.every((v, i) => v === one[i]);
  const truth = classesOf(wanted), hits = classesOf(got).filter((c, i) => c === truth[i]).length;
  const rows = x.shape[0] ?? 0;
  // Keras' float32 and ours both lie about the exact numbers; four times Keras' own distance from them is the bound.
  const fits = far <= 4 * float32Error && hits === rows && same && model.countParams() === parameters;
  if (fits) equal++;
  largest = Math.max(largest, far);
  line([group, value, `${parameters}`, far.toExponential(1), `${hits}/${rows}${fits ? "" : " *"}`]);
}
console.log(
  `\n${equal} of ${cases.length} models give what Keras gives: every class the same, ` +
    `the largest difference ${largest.toExponential(1)}${
      equal === cases.length ? ", within the bound." : "; rows with * don't."
    }`,
);
if (equal < cases.length) Deno.exit(1);
