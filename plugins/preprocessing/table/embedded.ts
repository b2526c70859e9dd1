/** The columns of a table that are rows of learnt tables, inside a network: ids in a row of numbers become vectors. @module */
import * as args from "../../../io/files/arguments.ts";
import { createLayer } from "../../../core/network/factory.ts";
import { apply } from "../../../core/network/functional.ts";
import type { Layer, NetworkPlugins } from "../../../core/network/layer.ts";
import type { SymbolicTensor } from "../../../core/network/network.ts";
import type { FittedColumn } from "./columns.ts";
import { featuresOf } from "./encode.ts";

/** Numbers in a category's row where nothing says how many: the root of the number of categories, as a rule of thumb. */
export function dimensionOf({ dimension, categories }: FittedColumn): number {
  return dimension ?? Math.min(16, Math.max(2, Math.ceil(Math.sqrt(categories.length))));
}
/** True for a column that is an id of a learnt table's row. */
export const isEmbedded = ({ kind, encoding }: FittedColumn): boolean =>
  kind === "category" && encoding === "embedding";
/** A name as layers may have it. */
export const layerName = (name: string): string =>
  name.replace(/[^\w]+/g, "_").replace(/^_+|_+$/g, "") || "column";

/**
 * Rows of numbers `[batch, width]`, as a table preprocessor gives them, with each embedded column's id replaced by its learnt
 * vector; the same tensor where no column is embedded. Unknown categories are id 0.
 * @throws {ShapeError} where the rows aren't as wide as the columns are.
 */
export function embeddedColumns(x: SymbolicTensor, columns: readonly FittedColumn[]): SymbolicTensor {
  args.check("embeddedColumns", "x", x, args.object);
  args.check("embeddedColumns", "columns", columns, args.list);
  if (!columns.some(isEmbedded)) return x;
  const { registry } = x, make = maker(registry), taken = new Set<string>();
  const width = columns.reduce((n, column) => n + featuresOf(column).length, 0);
  const upright = apply(make("Reshape", { targetShape: [width, 1] }), x);
  const parts: SymbolicTensor[] = [];
  let from = 0, at = 0;
  const flush = () => {
    if (at > from) parts.push(cut(make, upright, from, at, width));
  };
  for (const column of columns) {
    if (!isEmbedded(column)) {
      at += featuresOf(column).length;
      continue;
    }
    flush();
    const base = `${layerName(column.name)}_embedding`,
      name = taken.has(base) ? `${base}_${taken.size}` : base;
    taken.add(name);
    const id = cut(make, upright, at, at + 1, width);
    const table = make("Embedding", {
      inputDim: column.categories.length + 1,
      outputDim: dimensionOf(column),
      name,
    });
    parts.push(apply(make("Flatten", {}), apply(table, id)));
    [from, at] = [at + 1, at + 1];
  }
  flush();
  const [only] = parts;
  return parts.length === 1 && only ? only : apply(make("Concatenate", {}), parts);
}
type Make = (name: string, options: Readonly<Record<string, unknown>>) => Layer;
const maker = (registry: NetworkPlugins): Make => (name, options) =>
  createLayer(registry.get("layer", name), options);
/** Numbers `[from, to)` of rows that stand upright `[batch, width, 1]`, lying again. */
function cut(make: Make, x: SymbolicTensor, from: number, to: number, width: number): SymbolicTensor {
  return apply(make("Flatten", {}), apply(make("Cropping1D", { cropping: [from, width - to] }), x));
}
