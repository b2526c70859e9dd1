/** The plan that a model runs by, in text. @module */
import type { Model } from "../../mod.ts";
import type { Feed } from "../feed.ts";
import { bytesText, clip, table } from "../terminal.ts";
import { foldedRows, plainItem } from "./listing.ts";

/** What an engine does, step by step, and the memory that it takes (bytes). */
export interface Plan {
  readonly backend: string;
  readonly rows: number;
  readonly steps: readonly {
    segment: number;
    where: string;
    kernel: string;
    scope: string;
    bytes?: number;
  }[];
  readonly memory: { weights: number; packed: number; activations: number; workspace: number };
}
/** Plans of this many steps are shown whole. */
const few = 60;

/** Runs a model, and says how it was done. */
export async function planOf(model: Model, feed: Feed): Promise<Plan> {
  await model.run(feed.tensors);
  const session = await model.session();
  return { backend: session.backend, rows: feed.rows, steps: session.plan(), memory: session.memory() };
}

/** Segments, kernels and bytes; steps that repeat are shown once unless `all`. */
export function planText({ backend, rows, steps, memory }: Plan, width: number, all: boolean): string {
  const items = steps.map(({ kernel, scope, where, bytes }) => plainItem(scope, kernel, `${where} ${bytes}`));
  const own = new Map(items.map((item, i) => [item, steps[i]]));
  const lines = foldedRows(items, "step", all || steps.length <= few).map(({ item, depth, kind }) => {
    const step = own.get(item), indent = "  ".repeat(depth), { name } = item;
    return [
      step ? `${step.segment}` : "",
      step?.where ?? "",
      clip(`${indent}${kind}`, 40),
      name.length > 28 ? `…${name.slice(-27)}` : name,
      step?.bytes === undefined ? "" : bytesText(step.bytes),
    ];
  });
  const bytes = Object.entries(memory).map(([what, n]) => `${what} ${bytesText(n)}`).join(", ");
  return [
    `plan on ${backend}, batch ${rows}: ${
      new Set(steps.map(({ segment }) => segment)).size
    } segments, ${steps.length} steps`,
    table(["segment", "where", "kernel", "layer", "bytes"], lines, { right: [0, 4], width }),
    `memory: ${bytes}`,
  ].join("\n");
}
