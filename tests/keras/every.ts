/**
 * Every Keras that is here, old and new: each draws models, trains them and saves them; Lapis must predict and go on training
 * alike, and each opens what Lapis writes of them. @module
 */
import { loadModel, UnsupportedError } from "../../mod.ts";
import { environments, type Found, madeBelow, place, variablesOf } from "./environments.ts";
import { ask, type Job } from "./python.ts";
import { differencesOf, type Drawn } from "./random.ts";

/** What to do. */
export interface EveryOptions {
  /** Where environments lie. */
  readonly folder?: string;
  /** Names of those to ask. */
  readonly only: RegExp;
  readonly seed: number;
  readonly count: number;
  /** Where files go. */
  readonly work: string;
}

/** Has each Keras draw and judge. Returns how many models were wrong. */
export async function everyKeras({ folder = place, only, seed, count, work }: EveryOptions): Promise<number> {
  const made = (await madeBelow(folder)).filter(({ name }) => only.test(name));
  for (
    const { name } of environments.filter((e) => only.test(e.name) && !made.some((m) => m.name === e.name))
  ) {
    console.log(`${name}: skipped, it isn't in ${folder}; deno run -A tests/keras/environments.ts makes it`);
  }
  let wrong = 0;
  for (const one of made) {
    const drawn = `${work}/${one.name}`;
    await Deno.mkdir(drawn, { recursive: true });
    const version = await draw(one, drawn, seed, count);
    const seeds = [...Deno.readDirSync(drawn)].flatMap((e) => /^(\d+)\.json$/.exec(e.name)?.[1] ?? []);
    const problems: string[] = [];
    let continued = 0;
    for (const each of seeds) {
      const { training } = JSON.parse(await Deno.readTextFile(`${drawn}/${each}.json`)) as Drawn;
      continued += Object.keys(training).length;
      for (const d of await differencesOf(drawn, each, ["wasm", "plain"])) {
        problems.push(`${d.file}, ${d.engine}, ${d.what}: ${d.reason.slice(0, 300)} (${d.about})`);
      }
    }
    const written = await judgeWritten(one, drawn, seeds, problems);
    console.log(
      `${one.name} (Keras ${version}): ${seeds.length} models read, ${continued} trainings gone on with, ` +
        `${written} files written, ${problems.length} problems`,
    );
    for (const problem of problems) console.log(`  ${problem}`);
    wrong += problems.length;
  }
  return wrong;
}
/** The version that drew. @throws {Error} when Python fails. */
async function draw(one: Found, folder: string, seed: number, count: number): Promise<string> {
  const script = new URL("random_models.py", import.meta.url).pathname;
  const { success, stdout, stderr } = await new Deno.Command(one.path, {
    args: [script, folder, `${seed}`, `${count}`],
    env: variablesOf(one),
  }).output();
  const said = new TextDecoder().decode(stdout);
  if (!success) throw new Error(`${one.name}: ${new TextDecoder().decode(stderr).slice(-1000)}`);
  return /"version": "([^"]*)"/.exec(said)?.[1] ?? "?";
}
/** Writes what was drawn in the forms that this Keras reads, and has it predict with them. */
async function judgeWritten(
  one: Found,
  folder: string,
  seeds: readonly string[],
  problems: string[],
): Promise<number> {
  let count = 0;
  for (const keras of one.reads) {
    const jobs: Job[] = [], endings = keras === 3 || one.name.includes("2.15") ? [".h5", ".keras"] : [".h5"];
    for (const seed of seeds) {
      const drawn = JSON.parse(await Deno.readTextFile(`${folder}/${seed}.json`)) as Drawn;
      const path = (name: string) => `${folder}/${name}`, [file] = drawn.files;
      if (file === undefined) continue;
      for (const ending of endings) {
        const out = path(`written-${seed}-${keras}${ending}`);
        try {
          using model = await loadModel(path(file), { warn: () => {} });
          await model.save(out, { kerasVersion: keras });
        } catch (error) {
          if (!(error instanceof UnsupportedError)) {
            problems.push(`${file} as Keras ${keras}'s ${ending}: ${error}`);
          }
          continue;
        }
        jobs.push({
          id: `${file} as Keras ${keras}'s ${ending}`,
          file: out,
          inputs: drawn.inputs.map(path),
          outputs: drawn.outputs.map(path),
          atol: 2e-5,
          rtol: 2e-5,
        });
      }
    }
    count += jobs.length;
    const tell = ({ id, problem }: { readonly id: string; readonly problem: string | null }) => {
      if (problem !== null) problems.push(`${id}: ${problem}`);
    };
    await ask(one.path, jobs, keras, folder, tell, variablesOf(one));
  }
  return count;
}
