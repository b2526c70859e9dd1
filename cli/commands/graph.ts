/** `lapis graph`: a model's layers or operators as a drawing, a run's curves as pictures or text. @module */
import { Option } from "commander";
import type { History } from "../../mod.ts";
import { historyText, plotHistory } from "../../plugins/plots/mod.ts";
import { type CommandDef, textOption, UsageError } from "../command.ts";
import { inputOptions, modelOptions } from "../loading.ts";
import { checkFile, writeText } from "../output.ts";
import { valueGraphOf } from "../view/panels/computation.ts";
import type { RunData } from "../view/data.ts";
import type { Drawn, Scheme } from "../view/panels/drawing.ts";
import { loadDrawing } from "../view/lazy.ts";
import { networkData } from "../view/panels/network.ts";
import type { Shown } from "../view/answers.ts";
import { shownFrom } from "../view/open.ts";

/** What is drawn of a model or a graph of values. */
async function drawnFrom(shown: Shown, operators: boolean): Promise<Drawn | undefined> {
  const { subject, records } = shown, { drawnNetwork, drawnValues } = await loadDrawing();
  if (subject) {
    return operators
      ? drawnValues(shown.name, await valueGraphOf(subject))
      : drawnNetwork(shown.name, await networkData(subject));
  }
  return records.graph && drawnValues(shown.name, records.graph);
}
/** A run's history as the plots take it: numbers that weren't recorded are gaps. */
const historyOf = ({ epoch, history }: RunData): History => ({
  epoch,
  history: Object.fromEntries(
    Object.entries(history).map(([name, list]) => [name, list.map((v) => v ?? NaN)]),
  ),
});
async function drawCurves(run: RunData, output: string | undefined, width: number) {
  const history = historyOf(run);
  if (output === undefined) return { text: historyText(history, { width: Math.min(80, width) }), files: [] };
  if (!output.endsWith(".svg")) throw new UsageError(`--output ${output}: curves are written as .svg`);
  await writeText(output, plotHistory(history, { title: run.name }));
  return {
    text: `${Object.keys(history.history).length} curves\nwritten: ${output}`,
    files: [output],
  };
}

/** Draws a model, a graph of values or a run. */
export const graph: CommandDef = {
  name: "graph",
  summary: "draw a model's layers or operators, or a run's curves",
  example: `lapis graph model.keras -o model.svg
lapis graph model.onnx --operators -o model.dot   # for Graphviz
lapis graph history.json                          # curves as text
lapis graph history.json -o loss.svg              # and as pictures`,
  declare: (command) =>
    inputOptions(modelOptions(command, "<path>", "model, history of a run, or graph of values"))
      .option("--operators", "every operator and value of the forward pass, in place of layers")
      .addOption(new Option("--direction <way>", "where it goes").choices(["right", "down"]).default("down"))
      .addOption(
        new Option("--scheme <colours>", "light, dark, or the reader's").choices(["auto", "light", "dark"])
          .default("auto"),
      )
      .option("-o, --output <file>", ".svg or .dot; curves are printed without it"),
  async run([path = ""], options, context) {
    const output = textOption(options, "output"), scheme = textOption(options, "scheme") as Scheme;
    if (output !== undefined) {
      await checkFile(output, { flag: "--output", endings: [".svg", ".dot", ".gv"], inputs: [path] });
    }
    const shown = await shownFrom([path], options, context), [run] = shown.records.runs;
    const drawn = await drawnFrom(shown, options.operators === true);
    if (!drawn) {
      if (!run) throw new UsageError(`${path}: holds nothing that is drawn; lapis view shows it`);
      const { text, files } = await drawCurves(run, output, context.terminal.width);
      return { text, data: { files, history: run.history } };
    }
    if (output === undefined) throw new UsageError("-o, --output is missing: a .svg or .dot file");
    const operators = options.operators === true || !shown.subject;
    const direction = operators || textOption(options, "direction") === "right" ? "RIGHT" : "DOWN";
    const { dotOf, svgOf } = await loadDrawing(), svg = output.toLowerCase().endsWith(".svg");
    await writeText(output, svg ? await svgOf(drawn, { direction, scheme }) : dotOf(drawn, direction));
    return {
      text: `${drawn.nodes.length} nodes, ${drawn.edges.length} edges\nwritten: ${output}`,
      data: { output, nodes: drawn.nodes.length, edges: drawn.edges.length },
    };
  },
};
