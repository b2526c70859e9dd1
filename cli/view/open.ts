/** Gathers what a page shows from the command line: models and records. @module */
import { InputError } from "../../mod.ts";
import { type Context, listOption, UsageError } from "../command.ts";
import type { Shown } from "./answers.ts";
import { find, type Moment, runIn } from "./records.ts";
import type { ExperimentsData, ForecastsData, RunData, ValueGraph } from "./data.ts";
import { loadSubject, type Subject } from "./subject.ts";

/**
 * Reads the paths: one model at most, and any number of runs beside one another; experiments, forecasts.
 * @throws {InputError} naming a path that holds none of these.
 */
export async function shownFrom(
  paths: readonly string[],
  options: Readonly<Record<string, unknown>>,
  context: Context,
): Promise<Shown> {
  const runs: RunData[] = [], moments: Moment[] = [];
  let subject: Subject | undefined, experiments: ExperimentsData | undefined;
  let forecasts: ForecastsData | undefined, graph: ValueGraph | undefined;
  for (const path of paths) {
    for (const found of await find(path)) {
      if ("model" in found) {
        const made = await loadSubject(found.model, subject ? {} : options, context);
        const run = runIn(made.model, made.name);
        if (run) runs.push(run);
        if (made.forecasts) forecasts = { series: [...forecasts?.series ?? [], ...made.forecasts] };
        if (!subject) subject = made;
        else if (!run) {
          throw new InputError(
            `${path}: a page shows one model; further ones only with a history of their training`,
          );
        }
        continue;
      }
      const { records } = found;
      runs.push(...records.runs);
      moments.push(...records.moments);
      experiments ??= records.experiments;
      graph ??= records.graph;
      if (records.forecasts) {
        forecasts = { series: [...forecasts?.series ?? [], ...records.forecasts.series] };
      }
    }
  }
  if (!subject && listOption(options, "input").length > 0) {
    throw new UsageError("--input goes with a model; these are records alone");
  }
  return {
    name: subject?.name ?? paths.map((p) => p.split(/[\\/]/).at(-1) ?? p).join(", "),
    ...(subject && { subject }),
    records: {
      runs,
      moments,
      ...(experiments && { experiments }),
      ...(forecasts && { forecasts }),
      ...(graph && { graph }),
    },
  };
}
