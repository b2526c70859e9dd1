/** Runs a model over many rows with a progress bar. @module */
import { InputError, type Model, type PredictOptions, type Tensor } from "../mod.ts";
import type { Feed } from "./feed.ts";
import { progress, type Terminal } from "./terminal.ts";

/** Every output by name, for all rows. */
export async function predictAll(
  model: Model,
  feed: Feed,
  terminal: Terminal,
  options: PredictOptions,
): Promise<Readonly<Record<string, Tensor>>> {
  const bar = progress(terminal, "rows");
  bar.step(0, feed.rows);
  const list = await model.predictAll(feed.tensors, options);
  bar.end();
  return Object.fromEntries(model.outputs.map(({ name }, i) => {
    const t = list[i];
    if (t === undefined) throw new InputError(`output ${name} is missing`);
    return [name, t] as const;
  }));
}
