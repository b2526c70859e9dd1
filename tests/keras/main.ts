/**
 * Real Keras judges the files that Lapis writes: every model of the reference cases is loaded, written in every layout,
 * opened by Keras 3 or tf-keras, and must predict what the case says.
 *
 *     deno task test:keras [--filter regexp] [--python path] [--keep folder]
 *     deno task test:keras --every [--environments folder] [--only regexp] [--count 20] [--seed 1] [--keep folder]
 *
 * The second asks every Keras that `environments.ts` made, from 1.2.2 to 3.15: see `every.ts`.
 *
 * It needs Python with Keras, which no other test does; it says how to install them.
 * @module
 */
import { parseArgs } from "node:util";
import { loadModel, type Model, type Tensor, UnsupportedError, writeNpy } from "../../mod.ts";
import { type Case, listCases, modelFiles } from "../support/cases.ts";
import { exists, root } from "../support/sources.ts";
import { everyKeras } from "./every.ts";
import { graphModels } from "./graphs.ts";
import { ownModels } from "./models.ts";
import { ask, findPython, type Job, type Verdict } from "./python.ts";

const install = `Python with Keras is needed, about 2 GB:

    python3 -m venv .venv
    .venv/bin/pip install "keras==3.15.1" "tensorflow-cpu==2.21.*" "tf-keras==2.21.*"
    deno task test:keras

Another place: --python path/to/python, or LAPIS_PYTHON.`;

/** Layouts that are written. */
interface Layout {
  readonly name: string;
  readonly keras: 2 | 3;
  readonly ending: string;
}
const layouts: readonly Layout[] = [
  { name: ".keras", keras: 3, ending: ".keras" },
  { name: ".h5", keras: 3, ending: ".h5" },
  { name: ".weights.h5", keras: 3, ending: ".weights.h5" },
  { name: "Keras 2 .h5", keras: 2, ending: ".h5" },
  { name: "Keras 2 .keras", keras: 2, ending: ".keras" },
];
interface Row {
  written: number;
  opened: number;
  equal: number;
  readonly problems: string[];
  readonly refused: string[];
}

async function casesOf(pattern: RegExp): Promise<readonly Case[]> {
  const shared = new URL("../shared/", root), whole = await exists(new URL("fixtures/keras/", shared));
  const folders = whole
    ? [new URL("fixtures/keras/", shared), new URL("models/", shared)]
    : [new URL("tests/fixtures/keras/", root), new URL("tests/fixtures/models/", root)];
  const all = (await Promise.all(folders.map(listCases))).flat();
  return all.filter((c) => pattern.test(c.name) && (c.kind === undefined || /^[ABD]/.test(c.kind)));
}
const load = (one: Case, file: string, weights?: string): Promise<Model> =>
  loadModel(new URL(file, one.folder), {
    backend: "plain",
    warn: () => {},
    ...(weights !== undefined && { weights: new URL(weights, one.folder) }),
  });

/** Files that a model reads and must give. */
type Expected = Omit<Job, "id" | "file" | "config">;
function expectedOf(one: Case): Expected {
  const [call = one] = one.calls ?? [], path = (name: string) => new URL(name, one.folder).pathname;
  const judged = one.kind !== "D";
  return {
    inputs: judged ? call.inputs.map((t) => path(t.file)) : [],
    outputs: judged ? call.outputs.map((t) => path(t.file)) : [],
    atol: one.tolerance?.atol ?? 1e-5,
    rtol: one.tolerance?.rtol ?? 0,
  };
}
/** What Lapis itself predicts, as files. */
async function predicted(
  model: Model,
  name: string,
  inputs: readonly Tensor[],
  folder: string,
): Promise<Expected> {
  const x = Object.fromEntries(model.inputs.map((port, i) => [port.name, inputs[i] as Tensor]));
  const outputs = await model.callAll(x);
  const store = (kind: string, list: readonly Tensor[]) =>
    Promise.all(list.map(async (t, i) => {
      const path = `${folder}/${name}.${kind}${i}.npy`;
      await Deno.writeFile(path, writeNpy(t));
      return path;
    }));
  return { inputs: await store("in", inputs), outputs: await store("out", outputs), atol: 1e-5, rtol: 1e-5 };
}
/** Writes one model in one layout and says what Keras is to do with it. */
async function written(
  model: Model,
  name: string,
  layout: Layout,
  folder: string,
): Promise<Pick<Job, "file" | "config">> {
  const base = `${folder}/${name}.${layout.keras}`, options = { kerasVersion: layout.keras };
  const file = `${base}${layout.ending}`, config = `${base}.json`;
  await model.save(file, options);
  if (layout.ending !== ".weights.h5") return { file };
  await model.save(config, options);
  return { file, config };
}

/** Runs it and returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      filter: { type: "string", default: "" },
      python: { type: "string" },
      keep: { type: "string" },
      every: { type: "boolean", default: false },
      environments: { type: "string" },
      only: { type: "string", default: "" },
      count: { type: "string", default: "20" },
      seed: { type: "string", default: "1" },
    },
  });
  if (values.every) {
    const { environments: made, only, count, seed } = values;
    const work = values.keep ?? await Deno.makeTempDir({ prefix: "lapis-keras-" });
    const wrong = await everyKeras({
      ...(made !== undefined && { folder: made }),
      only: new RegExp(only),
      count: Number(count),
      seed: Number(seed),
      work,
    });
    if (values.keep === undefined) await Deno.remove(work, { recursive: true });
    return wrong === 0 ? 0 : 1;
  }
  const python = await findPython(values.python);
  if (python === undefined) {
    console.error(install);
    return 2;
  }
  const folder = values.keep ?? await Deno.makeTempDir({ prefix: "lapis-keras-" });
  await Deno.mkdir(folder, { recursive: true });
  const rows = new Map<string, Row>(),
    jobs: (Job & { readonly keras: 2 | 3; readonly layout: string })[] = [];
  const rowOf = (name: string): Row => {
    let row = rows.get(name);
    if (!row) rows.set(name, row = { written: 0, opened: 0, equal: 0, problems: [], refused: [] });
    return row;
  };
  const addAll = async (
    name: string,
    model: Model,
    expected: Expected,
    trained: (ending: string) => string | undefined,
  ) => {
    for (const layout of layouts) {
      // Optimizers' states are Keras 3's own, also for files of Keras 2.
      const genuine = trained(layout.keras === 2 ? ".h5" : layout.ending);
      const kind = genuine ? `${layout.name}, optimizer` : layout.name;
      if (expected.inputs.length === 0 && !genuine) continue;
      const row = rowOf(kind), id = `${name} ${layout.name}`;
      try {
        const files = await written(model, name, layout, folder);
        jobs.push({
          id,
          ...files,
          ...expected,
          ...(genuine && { genuine }),
          keras: layout.keras,
          layout: kind,
        });
        row.written++;
      } catch (error) {
        if (!(error instanceof UnsupportedError)) throw error;
        row.refused.push(`${id}: ${error.message}`);
      }
    }
    model.close();
  };
  const pattern = new RegExp(values.filter);
  for (const one of await casesOf(pattern)) {
    const [file] = one.kind === "D" ? [{ file: "trained.keras", weights: undefined }] : modelFiles(one);
    if (!file) continue;
    const trained = (ending: string) =>
      one.kind === "D" && `trained${ending}` in one.files
        ? new URL(`trained${ending}`, one.folder).pathname
        : undefined;
    await addAll(one.name, await load(one, file.file, file.weights), expectedOf(one), trained);
  }
  for (const own of [...ownModels, ...await graphModels()].filter(({ name }) => pattern.test(name))) {
    const model = await own.build();
    await addAll(own.name, model, await predicted(model, own.name, own.inputs, folder), () => undefined);
  }
  for (const keras of [3, 2] as const) {
    const list = jobs.filter((job) => job.keras === keras);
    const layoutOf = new Map(list.map((job) => [job.id, job.layout]));
    await ask(python, list, keras, folder, (verdict: Verdict) => {
      const row = rowOf(layoutOf.get(verdict.id) ?? "");
      if (verdict.opened) row.opened++;
      if (verdict.opened && verdict.problem === null) row.equal++;
      else row.problems.push(`${verdict.id}: ${verdict.problem}`);
    });
  }
  report(rows);
  if (values.keep === undefined) await Deno.remove(folder, { recursive: true });
  return [...rows.values()].every((row) => row.equal === row.written) ? 0 : 1;
}
function report(rows: ReadonlyMap<string, Row>): void {
  const cells = [["layout", "written", "opened", "equal"]];
  for (const [name, row] of rows) cells.push([name, `${row.written}`, `${row.opened}`, `${row.equal}`]);
  const widths = [0, 1, 2, 3].map((i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)));
  for (const line of cells) {
    console.log(
      line.map((c, i) => i === 0 ? c.padEnd(widths[i] ?? 0) : c.padStart(widths[i] ?? 0)).join("  "),
    );
  }
  for (const [name, { problems, refused }] of rows) {
    if (refused.length > 0) {
      console.log(`\n${name}: not written, since that Keras can't say it\n  ${refused.join("\n  ")}`);
    }
    if (problems.length > 0) console.log(`\n${name}: not equal\n  ${problems.join("\n  ")}`);
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
