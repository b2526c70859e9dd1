/** Reads models that some Keras drew at random: what they predict, and how their training goes on. @module */
import { loadModel, type Model, readNpy, type Tensor } from "../../mod.ts";
import { toNumbers } from "../../public/tensors.ts";

/** What random_models.py says of a model. */
export interface Drawn {
  readonly version: string;
  readonly files: readonly string[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly targets: readonly string[];
  /** How three steps from each file went. */
  readonly training: Readonly<
    Record<string, { readonly losses: readonly number[]; readonly after: readonly string[] }>
  >;
  readonly layers: readonly string[];
  readonly optimizer: string;
  readonly loss: readonly string[];
}
/** Why a model isn't as Keras has it. */
export interface Difference {
  readonly file: string;
  readonly what: "read" | "predictions" | "losses" | "training";
  readonly engine: string;
  readonly reason: string;
  readonly about: string;
}

const tensors = (folder: string, names: readonly string[]): Tensor[] =>
  names.map((name) => readNpy(Deno.readFileSync(`${folder}/${name}`)));

/** By how much of the largest number two lists differ. */
function apart(got: readonly Tensor[], want: readonly Tensor[]): number | string {
  if (got.length !== want.length) return `${got.length} outputs, expected ${want.length}`;
  let most = 0;
  for (const [i, w] of want.entries()) {
    const g = got[i];
    if (!g || `${g.shape}` !== `${w.shape}`) return `shape [${g?.shape}], expected [${w.shape}]`;
    const a = Float64Array.from(toNumbers(g)), b = Float64Array.from(toNumbers(w));
    const largest = b.reduce((n, x) => Math.max(n, Number.isFinite(x) ? Math.abs(x) : 0), 1);
    for (let k = 0; k < b.length; k++) {
      const x = a[k] ?? NaN, y = b[k] ?? NaN;
      if (Object.is(x, y) || x === y) continue;
      const off = Math.abs(x - y) / largest;
      if (!(off <= most)) most = Number.isNaN(off) ? Infinity : off;
    }
  }
  return most;
}
async function predicted(model: Model, inputs: readonly Tensor[]): Promise<Tensor[]> {
  return await model.predictAll(inputs.length === 1 && inputs[0] ? inputs[0] : [...inputs]);
}
const reasonOf = (error: unknown) =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

/** Every difference of one drawn model, on each engine and in each of its files. */
export async function differencesOf(
  folder: string,
  seed: string,
  engines: readonly string[],
): Promise<Difference[]> {
  const drawn = JSON.parse(Deno.readTextFileSync(`${folder}/${seed}.json`)) as Drawn,
    found: Difference[] = [];
  const inputs = tensors(folder, drawn.inputs),
    about = `${drawn.layers.join(" ")}; ${drawn.optimizer}, ${drawn.loss}`;
  for (const file of drawn.files) {
    for (const engine of engines) {
      const tell = (what: Difference["what"], reason: string) =>
        found.push({ file, what, engine, reason, about });
      try {
        using model = await loadModel(`${folder}/${file}`, { backend: engine, warn: () => {} });
        const off = apart(await predicted(model, inputs), tensors(folder, drawn.outputs));
        // Some hundred roundings of float32.
        if (typeof off === "string" || off > 2e-5) {
          tell("predictions", typeof off === "string" ? off : `off by ${off.toExponential(2)}`);
        }
        const trained = drawn.training[file];
        if (!trained) continue;
        const targets = tensors(folder, drawn.targets),
          x = inputs.length === 1 && inputs[0] ? inputs[0] : inputs;
        const y = targets.length === 1 && targets[0] ? targets[0] : targets;
        for (const [step, wanted] of trained.losses.entries()) {
          const { loss = NaN } = await model.trainOnBatch(x, y);
          // Adam and its kin divide by what may be nearly nothing, so that rounding grows.
          if (!(Math.abs(loss - wanted) <= 5e-4 * Math.max(1, Math.abs(wanted)))) {
            tell("losses", `step ${step}: ${loss}, expected ${wanted}`);
            break;
          }
        }
        const after = apart(await predicted(model, inputs), tensors(folder, trained.after));
        if (typeof after === "string" || after > 5e-3) {
          tell("training", typeof after === "string" ? after : `off by ${after.toExponential(2)}`);
        }
      } catch (error) {
        tell("read", reasonOf(error));
      }
    }
  }
  return found;
}

if (import.meta.main) {
  let models = 0;
  const [folder = ".", ...engines] = Deno.args;
  for (
    const { name } of [...Deno.readDirSync(folder)].filter((e) => /^\d+\.json$/.test(e.name)).sort((a, b) =>
      a.name < b.name ? -1 : 1
    )
  ) {
    models++;
    for (
      const d of await differencesOf(
        folder,
        name.replace(".json", ""),
        engines.length > 0 ? engines : ["wasm"],
      )
    ) {
      console.log(`${d.file} ${d.engine} ${d.what}: ${d.reason.slice(0, 220)} | ${d.about}`);
    }
  }
  console.log(`${models} models`);
}
