/** What a page is about: a model with its samples and targets, read from the command line's options. @module */
import { InputError, type Model, type Tensor } from "../../mod.ts";
import type { LayerNode } from "../../public/plugins.ts";
import { isTensor, reshaped, toNumbers } from "../../public/tensors.ts";
import type { Assets } from "../assets.ts";
import { type Context, numberOption, textOption } from "../command.ts";
import { type Feed, readFeed } from "../feed.ts";
import { madeUp } from "../madeup/inputs.ts";
import { hasInput, inputsFrom, loadNamed } from "../loading.ts";
import { readTargets, targetsFrom } from "../targets.ts";
import { seriesFrom } from "../training/series.ts";
import type { ForecastSeries } from "./data.ts";
import { headOf } from "./panels/numbers.ts";
import { seriesSeen } from "./panels/series.ts";

/** Gradients of a loss over the first rows. */
export interface Slope {
  readonly loss: string;
  readonly value: number;
  readonly rows: number;
  readonly weights: ReadonlyMap<string, Tensor>;
}
/** A model, and what it is looked at with. */
export interface Subject {
  readonly name: string;
  readonly model: Model;
  readonly assets: Assets;
  /** The samples that were given. */
  readonly feed: Feed | undefined;
  readonly targets: Readonly<Record<string, Tensor>> | undefined;
  /** A sample behind live values: the first given one, or a made-up one. */
  readonly sample: Readonly<Record<string, Tensor>>;
  readonly sampleText: string;
  /** Forecasts of the series that was given to a forecaster. */
  readonly forecasts?: readonly ForecastSeries[];
  /** Gradients, where targets were given; computed once, or anew where the weights move. */
  slope(): Promise<Slope | undefined>;
}

/** The loss that fits an output, where the model wasn't compiled with one. */
export function lossFor(model: Model, targets: Readonly<Record<string, Tensor>>): string {
  const output = model.outputs[0], target = output && targets[output.name];
  const width = output?.shape.at(-1);
  if (!target || typeof width !== "number") return "meanSquaredError";
  const whole = toNumbers(target).every((v) => Number.isInteger(v));
  if (whole && width > 1 && target.shape.at(-1) !== width) return "sparseCategoricalCrossentropy";
  if (whole && width > 1 && toNumbers(target).every((v) => v === 0 || v === 1)) {
    return "categoricalCrossentropy";
  }
  return whole && width === 1 && toNumbers(target).every((v) => v === 0 || v === 1)
    ? "binaryCrossentropy"
    : "meanSquaredError";
}

/** The rows of a batch, where the model's inputs fix them. */
export function fixedRows(model: Model): number | undefined {
  const first = model.inputs[0]?.shape[0];
  return typeof first === "number" ? first : undefined;
}

/** A model as a subject; `rows` bounds what gradients and distributions are computed over. */
export function subjectOf(
  name: string,
  model: Model,
  assets: Assets,
  given: {
    readonly feed?: Feed | undefined;
    readonly targets?: Readonly<Record<string, Tensor>> | undefined;
    readonly loss?: string | undefined;
    readonly rows: number;
    /** The weights change while the page is open. */
    readonly moving?: boolean;
  },
): Subject {
  const { feed, targets, moving = false } = given, fixed = model.built ? fixedRows(model) : undefined;
  const rows = fixed ?? given.rows;
  let slope: Promise<Slope | undefined> | undefined;
  const compute = async (): Promise<Slope | undefined> => {
    if (!feed || !targets) return undefined;
    const x = Object.fromEntries(Object.entries(feed.tensors).map(([k, t]) => [k, headOf(t, rows)]));
    const y = Object.fromEntries(Object.entries(targets).map(([k, t]) => [k, headOf(t, rows)]));
    const loss = given.loss ?? (model.compiled ? undefined : lossFor(model, targets));
    const found = await model.gradients(x, y, loss === undefined ? {} : { loss });
    return {
      loss: loss ?? "the compiled loss",
      value: found.loss,
      rows: Math.min(rows, feed.rows),
      weights: found.weights,
    };
  };
  return {
    name,
    model,
    assets,
    feed,
    targets,
    sample: feed
      ? Object.fromEntries(Object.entries(feed.tensors).map(([k, t]) => [k, headOf(t, fixed ?? 1)]))
      : madeUp(model, 1),
    sampleText: feed ? "the first sample given" : "a made-up sample: give real ones with --input or --text",
    slope: () => moving ? compute() : slope ??= compute(),
  };
}

/** The model that a command names, with its samples and targets. */
export async function loadSubject(
  path: string,
  options: Readonly<Record<string, unknown>>,
  context: Context,
): Promise<Subject> {
  const given = inputsFrom(options);
  const { model, assets } = await loadNamed(path, options, context);
  const file = path.replace(/[\\/]+$/, "").split(/[\\/]/), name = file.slice(-2).join("/");
  const loss = textOption(options, "loss");
  const rows = numberOption(options, "rows", { flag: "--rows", whole: true, min: 1 }) ?? 256;
  const series = seriesFrom(model.extras), [input, output] = [model.inputs[0], model.outputs[0]];
  if (series && given.inputs.length > 0 && input && output) {
    const { forecasts, x, y } = await seriesSeen(model, series, given.inputs);
    return {
      ...subjectOf(name, model, assets, {
        feed: { tensors: { [input.name]: x }, rows: x.shape[0] ?? 0 },
        ...(y && { targets: { [output.name]: fitted(y, output.shape) } }),
        loss,
        rows,
      }),
      forecasts,
    };
  }
  const feed = hasInput(given) ? await readFeed(model, assets, given) : undefined;
  const targets = await readTargets(model, assets, targetsFrom(options), given.inputs);
  if (targets && !feed) throw new InputError("--target goes with the samples it is for: --input");
  for (const [name, t] of Object.entries(targets ?? {})) {
    if (feed && t.shape[0] !== feed.rows) {
      throw new InputError(
        `--target: output ${name} has ${t.shape[0] ?? 0} targets for ${feed.rows} samples`,
      );
    }
  }
  return subjectOf(name, model, assets, { feed, targets, loss, rows });
}
/** Targets of several steps as the output has them: flat where it is. */
function fitted(y: Tensor, shape: readonly (number | string)[]): Tensor {
  const rows = y.shape[0] ?? 0;
  return y.shape.length === shape.length ? y : reshaped(y, [rows, ...shape.slice(1).map(Number)]);
}

/** A layer's node by its path, wherever in the tree it stands. */
export function nodeAt(tree: readonly LayerNode[], path: string): LayerNode | undefined {
  for (const node of tree) {
    const found = node.path === path ? node : nodeAt(node.children, path);
    if (found) return found;
  }
  return undefined;
}
/** Every layer of a tree, outer ones first. */
export function allNodes(tree: readonly LayerNode[]): readonly LayerNode[] {
  return tree.flatMap((node) => [node, ...allNodes(node.children)]);
}
/** The layers as a tree; none for a bare graph. */
export function treeOf(model: Model): readonly LayerNode[] {
  return model.built && model.layers.length > 0 ? model.tree : [];
}
/** An output that may stand in a list. */
export function firstOf(value: Tensor | readonly Tensor[] | undefined): Tensor | undefined {
  if (value === undefined) return undefined;
  return "data" in value ? (isTensor(value) ? value : undefined) : value[0];
}
