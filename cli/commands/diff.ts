/** `lapis diff`: what two models differ in, across formats. @module */
import { loadModel, type Model } from "../../mod.ts";
import { readSafetensors } from "../../public/data.ts";
import {
  describeModel,
  type Differences,
  diffModels,
  type ModelDescription,
  type ModelDifferences,
} from "../../public/edit.ts";
import { readWeightsH5 } from "../../io/keras/mod.ts";
import { onnxHeader } from "../../io/onnx/mod.ts";
import { type CommandDef, type Context, numberOption } from "../command.ts";
import { readBytes } from "../inputs.ts";
import { clip, count, shapeText, small, table, wrapped } from "../terminal.ts";

/** Compares two models, or files of weights. */
export const diff: CommandDef = {
  name: "diff",
  summary: "show what two models differ in: layers, shapes, weights, metadata",
  example: `lapis diff before.keras after.keras
lapis diff model.keras model.onnx --tolerance 1e-6`,
  declare: (command) =>
    command
      .argument("<a>", "model or weights: .keras .h5 .weights.h5 .onnx .safetensors")
      .argument("<b>", "what it is compared with")
      .option("--tolerance <number>", "largest difference of weights that counts as equal", "0"),
  async run([first = "", second = ""], options, context) {
    const tolerance = numberOption(options, "tolerance", { flag: "--tolerance", min: 0 }) ?? 0;
    const sides = [await read(first, context), await read(second, context)] as const;
    const [a, b] = [await named(sides[0], sides[1]), await named(sides[1], sides[0])];
    const found = diffModels(a, b, { tolerance });
    return {
      answer: found.equal,
      text: textOf(found, first, second, context.terminal.width),
      data: { a: first, b: second, tolerance, ...jsonOf(found) },
    };
  },
};

/** A file: its description, and the model where it holds one. */
interface Side {
  readonly description: ModelDescription;
  readonly model?: Model;
  readonly layout?: "h5" | "paths";
}
const weightsOnly = (weights: ModelDescription["weights"]): ModelDescription => ({
  kind: "weights",
  inputs: [],
  outputs: [],
  parts: new Map(),
  weights,
  constants: new Set(),
  facts: {},
});
async function read(path: string, context: Context): Promise<Side> {
  if (/\.safetensors$/i.test(path)) {
    return {
      description: weightsOnly(readSafetensors(await readBytes(path), { file: path })),
      layout: "paths",
    };
  }
  if (/\.weights\.h5$/i.test(path)) {
    return { description: weightsOnly(readWeightsH5(await readBytes(path), { file: path })), layout: "h5" };
  }
  const model = await loadModel(path, { backend: "plain", warn: (m) => context.log(`warning: ${m}`) });
  const facts = model.isGraph ? await onnxHeader(path) : {};
  return { description: describeModel(model, facts), model };
}
/** Files of weights have names of their own: a model beside one is taken by its weights under those. */
async function named({ description, model }: Side, { layout }: Side): Promise<ModelDescription> {
  if (!layout || !model) return description;
  if (layout === "paths" || model.isGraph) return weightsOnly(description.weights);
  return weightsOnly(readWeightsH5(await model.toBytes(".weights.h5")));
}

function lines<C>(what: string, d: Differences<C>, changed: (c: C) => readonly string[]): readonly string[] {
  return [
    ...d.removed.map((name) => `- ${what} ${name}`),
    ...d.added.map((name) => `+ ${what} ${name}`),
    ...d.changed.flatMap(changed),
  ];
}
function textOf(found: ModelDifferences, a: string, b: string, width: number): string {
  const { ports, parts, weights, moved, facts, equal } = found;
  const change = (c: { what: string; before: string; after: string }) =>
    `${c.what}: ${c.before} → ${c.after}`;
  const rows = weights.changed.map((w) => [
    w.name,
    w.shapes.map(shapeText).join(" → "),
    small(w.max),
    small(w.mean),
    small(w.relative),
    `${count(w.changed)} of ${count(w.count)}`,
  ]);
  const parted = [
    ...facts.map((c) => `~ ${change(c)}`),
    ...ports.map((c) => `~ ${change(c)}`),
    ...(parts ? lines("", parts, (p) => [`~ ${p.name}`, ...p.changes.map((c) => `    ${change(c)}`)]) : []),
    ...lines("weight", { ...weights, changed: [] }, () => []),
  ].map((line) => clip(line.replace(/^([-+]) {2}/, "$1 "), width));
  const same = [
    ...(parts ? [`${count(parts.same)} layers or nodes the same`] : []),
    `${count(weights.same)} weights the same${moved.length > 0 ? ` (${moved.length} by their numbers)` : ""}`,
  ].join(", ");
  return [
    ...(equal ? [clip(`${a} and ${b} are equal`, width)] : [clip(`- ${a}`, width), clip(`+ ${b}`, width)]),
    ...parted,
    ...(rows.length > 0
      ? [
        table(["weight", "shape", "max", "mean", "relative", "changed"], rows, {
          right: [2, 3, 4, 5],
          width,
        }),
      ]
      : []),
    ...wrapped(same, width),
  ].join("\n");
}
/** Infinities as null, which JSON has. */
function jsonOf(found: ModelDifferences): Record<string, unknown> {
  const finite = (n: number) => (Number.isFinite(n) ? n : null);
  const changed = found.weights.changed.map((w) => ({
    ...w,
    max: finite(w.max),
    mean: finite(w.mean),
    relative: finite(w.relative),
  }));
  return { ...found, weights: { ...found.weights, changed } };
}
