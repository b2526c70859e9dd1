/** `lapis train --find-lr`: which learning rate a plan's model learns fastest at. @module */
import { curvesText, plotCurves } from "../../plugins/plots/mod.ts";
import { rateRange } from "../../public/evaluation.ts";
import { type Context, type Outcome, textOption, UsageError } from "../command.ts";
import { checkFile, writeText } from "../output.ts";
import type { TrainConfig } from "../training/config.ts";
import { begin, fitModel } from "../training/session.ts";

/** Flags for a model that is kept, or for another way to train. */
const others = ["output", "resume", "folds", "history", "view", "threshold"] as const;

/** Trains the plan's model over rising rates, and shows its loss; nothing is kept of it. @throws {UsageError} beside other work. */
export async function foundRate(
  plan: TrainConfig,
  options: Readonly<Record<string, unknown>>,
  context: Context,
): Promise<Outcome> {
  const other = others.find((name) => options[name] !== undefined);
  if (other) throw new UsageError(`--find-lr keeps no model: leave out --${other}`);
  const plot = textOption(options, "plot");
  if (plot !== undefined) await checkFile(plot, { flag: "--plot", endings: [".svg"] });
  const made = await begin(plan, undefined, context);
  using _model = made.model;
  const { rates, losses, steepest } = await rateRange((callback, epochs) => {
    const fit = { ...plan.fit, epochs, validationFreq: epochs };
    return fitModel({ ...made, validation: undefined }, { ...plan, fit, transfer: null }, [callback], false);
  });
  const at = rates.map(Math.log10),
    series = [{ name: "loss", values: losses, at }],
    rate = steepest.toPrecision(2);
  const xLabel = "log10 of the learning rate";
  if (plot !== undefined) {
    await writeText(plot, plotCurves(series, { title: "learning-rate range test", xLabel, yLabel: "loss" }));
  }
  return {
    text: `${curvesText("loss", series, { width: Math.min(80, context.terminal.width), xLabel })}\n\n` +
      `the loss falls steepest at ${rate}: --learning-rate ${Number(rate)}`,
    data: { steepest, rates, losses },
  };
}
