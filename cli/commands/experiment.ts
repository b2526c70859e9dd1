/** `lapis experiment`: trains many variants of a model and chooses the best on the validation part. @module */
import { type CommandDef, numberOption, textOption, UsageError } from "../command.ts";
import { readExperiment, readJson } from "../experiment/config.ts";
import { resultsData, resultsText, warningsOf, writeResults } from "../experiment/results.ts";
import { Running } from "../experiment/run.ts";
import { checkFolder, folderOf } from "../output.ts";
import { withInterrupt } from "../training/watch.ts";

/** Trains many variants of a model. */
export const experiment: CommandDef = {
  name: "experiment",
  summary: "train many variants of a model side by side and choose the best",
  example: `lapis experiment search.json --data mnist/ -o search
lapis experiment search.json --data mnist/ -o search --resume   # after a kill`,
  declare: (command) =>
    command
      .argument("<file>", "what is varied, as JSON (docs/experiment.schema.json)")
      .option("--data <folder>", "folder of the base configuration's files")
      .option("--jobs <count>", "trials side by side; as many as there are cores unless given")
      .option("--resume", "go on with the experiment in --output; no finished trial is lost")
      .option("-o, --output <folder>", "where results.json, results.csv, curves and best.keras are written"),
  async run([file = ""], options, { terminal, log }) {
    const output = textOption(options, "output"), data = textOption(options, "data");
    if (output === undefined) throw new UsageError("-o, --output is missing: the folder of the results");
    const jobs = numberOption(options, "jobs", { flag: "--jobs", whole: true, min: 1 });
    await checkFolder(output);
    const plan = await readExperiment(file), folder = folderOf(file);
    const { base } = plan,
      path = typeof base === "string" ? `${/^([\\/]|[a-zA-Z]:)/.test(base) ? "" : folder}${base}` : file;
    const place = { file: path, folder: folderOf(path), ...(data !== undefined && { data }) };
    const running = new Running({
      plan,
      base: typeof base === "string" ? await readJson(path) : base,
      place,
      folder: output.replace(/(?<=.)[\\/]+$/, ""),
      jobs: jobs ?? navigator.hardwareConcurrency,
      resume: options.resume === true,
      terminal,
    });
    running.check();
    await running.checkData();
    let exit = 1;
    const stop = (code: number) => {
      exit = code;
      running.stop();
    };
    const done = await withInterrupt(stop, () => running.run());
    if (!done) {
      return {
        exit,
        text: `stopped; what is finished is kept in ${output}: go on with --resume`,
        data: { stopped: true, output },
      };
    }
    const found = { plan, ...done };
    await writeResults(found, output);
    for (const line of warningsOf(found)) log(`warning: ${line}`);
    log(`written: ${output}/results.json, results.csv and curves`);
    return {
      answer: done.best !== undefined,
      text: resultsText(found, terminal.width),
      data: { output, seconds: done.seconds, ...resultsData(found) },
    };
  },
};
