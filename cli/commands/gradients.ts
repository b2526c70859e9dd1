/** `lapis gradients`: the gradient of a loss for every weight, checked and summed up. @module */
import type { Model, Tensor } from "../../mod.ts";
import { plotDistributions } from "../../plugins/plots/mod.ts";
import type { LayerNode } from "../../public/plugins.ts";
import { isTensor, toNumbers } from "../../public/tensors.ts";
import { collect, type CommandDef, listOption, textOption, UsageError } from "../command.ts";
import { readFeed } from "../feed.ts";
import { hasInput, inputOptions, inputsFrom, loadNamed, modelOptions } from "../loading.ts";
import { checkFile, writeText } from "../output.ts";
import { readTargets, targetOption, targetsFrom } from "../targets.ts";
import { count, shapeText, small, table } from "../terminal.ts";

/** What a gradient looks like. */
interface GradientRow {
  readonly path: string;
  readonly layer: string;
  readonly type: string;
  readonly weight: string;
  readonly shape: readonly number[];
  readonly finite: boolean;
  /** Share of the elements that aren't 0. */
  readonly nonzero: number;
  readonly mean: number;
  readonly max: number;
}
/** The same over all weights of a type of layer. */
interface TypeTotal {
  readonly type: string;
  readonly layers: number;
  readonly elements: number;
  readonly finite: boolean;
  readonly nonzero: number;
  readonly mean: number;
  readonly max: number;
}

/** Shows the gradients of a loss. */
export const gradients: CommandDef = {
  name: "gradients",
  summary: "show the gradient of a loss for every weight",
  example: `lapis gradients model.keras --input x.npy --target y.npy
lapis gradients model.h5 --input x.npy --target y.npy --loss meanSquaredError`,
  declare: (command) =>
    targetOption(inputOptions(modelOptions(command)))
      .option("--loss <name>", "the loss; as the model was compiled unless given")
      .option("--plot <file>", "write histograms of weights and gradients as SVG, 30 bins each")
      .option("--layer <name>", "plot the weights whose path holds this alone (repeatable)", collect)
      .option("--training", "dropout drops, batch normalization takes the batch's statistics"),
  async run([path = ""], options, context) {
    const given = inputsFrom(options), loss = textOption(options, "loss"), width = context.terminal.width;
    const named = targetsFrom(options);
    if (!hasInput(given)) throw new UsageError("gradients need data: --input x.npy, or --text");
    if (named.files.length === 0 && named.column === undefined) {
      throw new UsageError("--target is missing: a column of --input, or a file of targets");
    }
    const plot = textOption(options, "plot"), layers = listOption(options, "layer");
    if (layers.length > 0 && plot === undefined) throw new UsageError("--layer: goes with --plot");
    if (plot !== undefined) {
      await checkFile(plot, { flag: "--plot", endings: [".svg"], inputs: [path, ...given.inputs] });
    }
    const { model, assets } = await loadNamed(path, options, context);
    if (loss === undefined && !model.compiled) {
      throw new UsageError("the model's file says no loss: --loss NAME");
    }
    const feed = await readFeed(model, assets, given);
    const targets = await readTargets(model, assets, named, given.inputs) ?? {};
    const found = await model.gradients(feed.tensors, targets, {
      ...(loss !== undefined && { loss }),
      training: options.training === true,
    });
    if (plot !== undefined) await writeText(plot, histograms(model.weights, found.weights, layers));
    const rows = rowsOf(model, found.weights), totals = totalsOf(rows);
    const inputs = [...found.inputs].map(([name, t]) => ({ name, ...statistics(t) }));
    const finite = rows.every((row) => row.finite);
    const line = (r: GradientRow) => [
      `${r.layer}/${r.weight}`,
      shapeText(r.shape),
      finiteText(r.finite),
      share(r.nonzero),
      small(r.mean),
      small(r.max),
    ];
    const parts = [
      `loss ${Number(found.loss.toPrecision(7))} over ${feed.rows} rows`,
      table(
        ["weight", "shape", "finite", "nonzero", "mean |g|", "max |g|"],
        rows.map(line),
        { right: [3, 4, 5], ends: [0], width },
      ),
      table(
        ["layer type", "layers", "elements", "finite", "nonzero", "mean |g|", "max |g|"],
        totals.map((
          t,
        ) => [
          t.type,
          `${t.layers}`,
          count(t.elements),
          finiteText(t.finite),
          share(t.nonzero),
          small(t.mean),
          small(t.max),
        ]),
        { right: [1, 2, 4, 5, 6], width },
      ),
      ...(plot === undefined ? [] : [`written: ${plot}`]),
    ];
    return {
      answer: finite,
      text: parts.join("\n\n"),
      data: { loss: found.loss, rows: feed.rows, finite, weights: rows, types: totals, inputs },
    };
  },
};
/** A weight's values above its gradient's, for the weights whose paths hold one of the names. */
function histograms(
  weights: ReadonlyMap<string, Tensor>,
  gradients: ReadonlyMap<string, Tensor>,
  layers: readonly string[],
): string {
  const chosen = [...gradients].filter(([path]) =>
    layers.length === 0 || layers.some((l) => path.includes(l))
  );
  if (chosen.length === 0) {
    throw new UsageError(
      `--layer: no path holds ${layers.join(" or ")}; there are ${[...gradients.keys()].join(", ")}`,
    );
  }
  const pairs = chosen.flatMap(([path, gradient]) => {
    const weight = weights.get(path);
    return [...(weight ? [[path, weight] as const] : []), [`gradient of ${path}`, gradient] as const];
  });
  return plotDistributions(new Map(pairs));
}
const finiteText = (finite: boolean) => (finite ? "yes" : "NO");
const share = (n: number) => `${(100 * n).toFixed(1)} %`;

function statistics(t: Tensor): Pick<GradientRow, "shape" | "finite" | "nonzero" | "mean" | "max"> {
  const values = toNumbers(t), size = values.length || 1;
  let finite = true, nonzero = 0, total = 0, max = 0;
  for (let i = 0; i < values.length; i++) {
    const g = Math.abs(values[i] ?? 0);
    if (!Number.isFinite(g)) finite = false;
    if (g !== 0) nonzero++;
    if (g > max) max = g;
    total += g;
  }
  return { shape: t.shape, finite, nonzero: nonzero / size, mean: total / size, max };
}
function rowsOf(model: Model, weights: ReadonlyMap<string, Tensor>): GradientRow[] {
  const owners = new Map<string, { readonly node: LayerNode; readonly param: string }>();
  const visit = (nodes: readonly LayerNode[]): void => {
    for (const node of nodes) {
      for (const entry of node.weights) owners.set(entry.path, { node, param: entry.param });
      visit(node.children);
    }
  };
  if (model.layers.length > 0) visit(model.tree);
  return [...weights].filter(([, t]) => isTensor(t)).map(([path, t]) => {
    const owner = owners.get(path);
    return {
      path,
      layer: owner?.node.path ?? "",
      type: owner?.node.layer.def.name ?? "graph",
      weight: owner?.param ?? path,
      ...statistics(t),
    };
  });
}
function totalsOf(rows: readonly GradientRow[]): TypeTotal[] {
  return [...new Set(rows.map((row) => row.type))].map((type) => {
    const own = rows.filter((row) => row.type === type);
    const sized = own.map((row) => ({ row, size: row.shape.reduce((a, b) => a * b, 1) }));
    const elements = sized.reduce((n, { size }) => n + size, 0), whole = elements || 1;
    return {
      type,
      layers: new Set(own.map((row) => row.layer)).size,
      elements,
      finite: own.every((row) => row.finite),
      nonzero: sized.reduce((n, { row, size }) => n + row.nonzero * size, 0) / whole,
      mean: sized.reduce((n, { row, size }) => n + row.mean * size, 0) / whole,
      max: Math.max(...own.map((row) => row.max)),
    };
  });
}
