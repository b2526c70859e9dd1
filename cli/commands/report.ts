/** `lapis report`: the page of `lapis view` as one folder of static files. @module */
import { type CommandDef, textOption } from "../command.ts";
import { checkFolder } from "../output.ts";
import { loadFiles } from "../view/lazy.ts";
import { shownFrom } from "../view/open.ts";
import { viewOptions } from "./view.ts";

/** Writes the page as files. */
export const report: CommandDef = {
  name: "report",
  summary: "write what lapis view shows as a folder that opens by double click",
  example: `lapis report model.keras -o report/
lapis report model.keras --input test.csv --target test.csv -o report/`,
  declare: (command) => viewOptions(command).requiredOption("-o, --output <folder>", "the folder"),
  async run(paths, options, context) {
    const folder = (textOption(options, "output") ?? "report").replace(/(?<=.)[\\/]+$/, "");
    await checkFolder(folder);
    const { writeReport } = await loadFiles();
    const files = await writeReport(await shownFrom(paths, options, context), folder);
    return {
      text: `${files.length} files\nwritten: ${folder}/index.html`,
      data: { output: folder, files },
    };
  },
};
