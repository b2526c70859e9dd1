/** `lapis init`: writes a first configuration, made of data, without training. @module */
import { InputError } from "../../mod.ts";
import { beginData } from "../begun.ts";
import { collect, type CommandDef, type Context, listOption, textOption, UsageError } from "../command.ts";
import { isTable, readTable } from "../inputs.ts";
import { checkFile } from "../output.ts";
import { augmentations } from "../pictures/plan.ts";
import { pictureColumn } from "../pictures/found.ts";
import { targetOption } from "../targets.ts";
import { wrapped } from "../terminal.ts";
import { placedText } from "../training/begun.ts";
import { defaultData } from "../training/config.ts";
import { Option } from "commander";

type Options = Readonly<Record<string, unknown>>;

/** Writes a first configuration. */
export const init: CommandDef = {
  name: "init",
  summary: "write a first configuration, made of data, without training",
  example: `lapis init --data penguins.csv --target species   # writes penguins.json
lapis init --data pics/ -o pics.json   # a folder a class
lapis init   # asks for each`,
  declare: (command) =>
    targetOption(
      command.option("--data <path>", "a table, or a folder of pictures (repeatable)", collect),
    )
      .addOption(new Option("--target-kind <kind>", "what targets are").choices(["class", "number"]))
      .option("--column <name=kind>", "what a column holds (repeatable)", collect)
      .addOption(
        new Option("--class-weight <rule>", "balanced lets every class count alike").choices(["balanced"]),
      )
      .option("--image-size <size>", "pictures are resized to this: 64, or 64x48 for height and width")
      .option(
        "--augment <kind>",
        `how pictures are changed in training: ${Object.keys(augmentations).join(", ")}`,
      )
      .option("--validation-split <share>", "share of the data, drawn by seed, kept for validation")
      .option("--epochs <count>", "passes over the data")
      .option("--batch-size <rows>", "samples of a step")
      .option("--seed <number>", "fixes initial weights, order and random numbers")
      .option("-o, --output <file>", "where it is written (default: the data's name with .json)"),
  async run(_, given, context) {
    const options = await asked(given, context), files = listOption(options, "data");
    const named = nameOf(files[0] ?? ""), plain = /^\w[\w .-]*$/.test(named);
    const file = textOption(options, "output") ?? (plain ? `${named}.json` : undefined);
    if (file === undefined && files.length > 0) {
      throw new UsageError("-o, --output is missing: where the configuration is written");
    }
    if (file === undefined) throw new UsageError(missing);
    await checkFile(file, { flag: "--output", endings: [".json"], inputs: files });
    if (await isThere(file)) {
      throw new InputError(`${file}: is there already, and stays: -o FILE.json says another`, { file });
    }
    const { config, text } = await beginData(options, context, "--data: expected");
    const model = `${nameOf(file)}.keras`, whole = { ...config, output: model };
    await Deno.writeTextFile(file, placedText(whole, file), { createNew: true });
    const next = `lapis train ${file}`;
    return {
      text: `${text}\n\nwritten: ${file}\n${next} trains it, and writes ${model} beside it`,
      data: { output: file, model, next, config: whole },
    };
  },
};
const missing =
  "--data is missing: --data FILE.csv --target COLUMN, or --data FOLDER of pictures, a folder a class";
/** A path's last name without its ending. */
const nameOf = (path: string) =>
  path.replace(/[\\/]+$/, "").replace(/^.*[\\/]/, "").replace(/\.(csv|tsv|parquet|json|jsonl)(\.gz)?$/i, "");
const isThere = (path: string) => Deno.lstat(path).then(() => true, () => false);

/** The options, with what a person at the terminal answers where nothing says the data or its target. */
async function asked(options: Options, { terminal, log }: Context): Promise<Options> {
  const { ask } = terminal, given = listOption(options, "data");
  const answer = (question: string) => {
    const said = ask?.(question)?.trim();
    if (said) return said;
    throw new UsageError(missing);
  };
  if (!ask) return options;
  const files = given.length > 0 ? given : [answer("Data, a table or a folder of pictures:")],
    [file = ""] = files;
  const found = { ...options, data: files };
  const plain = listOption(options, "target").length === 0 && files.every(isTable) &&
    await pictureColumn(file) === undefined;
  if (!plain) return found;
  const { header } = await readTable(file, defaultData.table);
  for (const line of wrapped(`Columns: ${header.join(", ")}`, terminal.width)) log(line);
  return { ...found, target: [answer("Column that is predicted:")] };
}
