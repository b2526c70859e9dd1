/** `lapis view`: a page of this machine alone that shows a network from inside, and the runs that made it. */
import type { Command } from "commander";
import { type CommandDef, numberOption } from "../command.ts";
import { inputOptions, modelOptions } from "../loading.ts";
import { answererOf } from "../view/answers.ts";
import { loadServer } from "../view/lazy.ts";
import { withInterrupt } from "../training/watch.ts";
import { shownFrom } from "../view/open.ts";
import { targetOption } from "../targets.ts";

/** Declares what `view` and `report` are given. */
export function viewOptions(command: Command): Command {
  const inputs = inputOptions(
    modelOptions(command, "<path...>", "model, history, results, forecasts, or a folder"),
  );
  return targetOption(inputs)
    .option("--loss <name>", "the loss of gradients; as the model was compiled unless given")
    .option("--rows <count>", "samples that gradients are computed over", "256");
}

/** Shows a network in a page. */
export const view: CommandDef = {
  name: "view",
  summary: "see inside a network: a page that only this machine can open",
  example: `lapis view model.keras
lapis view model.keras --input test.csv --target test.csv
lapis view mnist.h5 --input t10k-images-idx3-ubyte.gz \\
  --target t10k-labels-idx1-ubyte.gz --divide 255
lapis view first.json second.json    # histories of two runs side by side`,
  declare: (command) =>
    viewOptions(command).option("--port <number>", "port to listen at; any free one unless given"),
  async run(paths, options, context) {
    const port = numberOption(options, "port", { flag: "--port", whole: true, min: 0 });
    const shown = await shownFrom(paths, options, context);
    const { serveView } = await loadServer();
    const server = serveView(shown.name, answererOf(shown), port === undefined ? {} : { port });
    context.terminal.err(`${server.url}\nopen it in a browser of this machine; Ctrl-C ends it\n`);
    await withInterrupt(() => void server.close(), () => server.finished);
    return { text: "ended", data: { url: server.url } };
  },
};
