/** KerasHub's models that turn a text into one row: the steps of a backbone, pooled. @module */
import type { ArchitectureDef } from "../../core/network/architecture.ts";
import { shown, UnsupportedError } from "../../core/values/errors.ts";
import { bodyOf } from "./body.ts";
import type { Argument, Draft, Ref } from "./draft.ts";
import { backbone as drafted, firstStep } from "./kit.ts";

type Json = Readonly<Record<string, unknown>>;
/** Operations of Keras by what they are called in its files. */
function operations(d: Draft) {
  const call = (module: string, type: string, name: string, args: readonly Argument[], config: Json = {}) =>
    d.call({ type, name, config, module: `keras.src.ops.${module}` }, args);
  return {
    floats: (x: Ref) => call("core", "Cast", "cast", [x], { dtype: "float32" }),
    wide: (x: Ref) => call("numpy", "ExpandDims", "expand_dims", [x], { axis: -1 }),
    times: (x: Ref, y: Ref, name: string) => call("numpy", "Multiply", name, [x, y]),
    sum: (x: Ref, name: string) => call("numpy", "Sum", name, [x], { axis: 1, keepdims: false }),
    most: (x: Ref) => call("numpy", "Max", "max", [x], { axis: 1, keepdims: false }),
    atLeast: (x: Ref, least: number) => call("numpy", "Maximum", "maximum", [x, least]),
    over: (x: Ref, y: Ref) => call("numpy", "TrueDivide", "true_divide", [x, y]),
    less: (x: Argument, y: Ref) => call("numpy", "Subtract", "subtract", [x, y]),
    where: (c: Ref, x: Argument, y: Argument) => call("numpy", "Where", "where", [c, x, y]),
    isReal: (x: Ref) => call("numpy", "Greater", "greater", [x, 0]),
    later: (x: Ref) => {
      const width = { pad_width: [[0, 0], [0, 1]], mode: "constant" };
      const padded = call("numpy", "Pad", "pad", [x], width);
      const slice = (start: number | null) => ({
        class_name: "__slice__",
        config: { start, stop: null, step: null },
      });
      return call("numpy", "GetItem", "get_item", [padded, [slice(null), slice(1)]]);
    },
    unit: (x: Ref) => call("nn", "Normalize", "normalize", [x], { axis: -1, order: 2, epsilon: null }),
  };
}
type Pooling = (d: Draft, x: Ref, mask: Ref) => Ref;
function mean(least: number): Pooling {
  return (d, x, mask) => {
    const o = operations(d), real = o.floats(o.wide(mask));
    return o.over(o.sum(o.times(x, real, "multiply"), "sum"), o.atLeast(o.sum(real, "sum_1"), least));
  };
}
const last: Pooling = (d, x, mask) => {
  const o = operations(d), real = o.floats(mask);
  const ends = o.times(real, o.less(1, o.later(real)), "multiply");
  return o.sum(o.times(x, o.wide(ends), "multiply_1"), "sum");
};
const largest: Pooling = (d, x, mask) => {
  const o = operations(d);
  return o.most(o.where(o.isReal(o.wide(mask)), x, -Infinity));
};
const beginning: Pooling = (d, x) => firstStep(d, x);

function embedder(
  name: string,
  def: ArchitectureDef,
  output: string | undefined,
  poolings: Readonly<Record<string, Pooling>>,
  usual: string,
): ArchitectureDef {
  return drafted(name, (h, d) => {
    const body = bodyOf(h, d, def), mode = String(h.any("pooling_mode", usual));
    const unit = h.flag("normalize", true), pool = Object.hasOwn(poolings, mode) ? poolings[mode] : undefined;
    if (!pool) throw new UnsupportedError(`${name}.pooling_mode: ${shown(mode)} is not supported`);
    // A backbone that is an embedder itself has pooled already.
    if (body.said("is_embedding_model") === true) return d.finish(body.inputs, body.output("pooled_output"));
    const { padding_mask: mask } = body.inputs as Readonly<Record<string, Ref>>;
    if (!mask) throw new UnsupportedError(`${name}: expected a backbone with padding_mask`);
    const x = pool(d, body.output(output), mask);
    return d.finish(body.inputs, unit ? operations(d).unit(x) : x);
  });
}
/** Those of these backbones; `named` applies to the backbone of a name. */
export function embeddersOf(
  named: (name: string, make: (def: ArchitectureDef) => ArchitectureDef) => readonly ArchitectureDef[],
): readonly ArchitectureDef[] {
  const encoder = (least: number) => ({ mean: mean(least), cls: beginning, max: largest });
  const decoder = { last, mean: mean(1e-5) };
  return [
    ...named(
      "BertBackbone",
      (def) => embedder("BertTextEmbedder", def, "sequence_output", encoder(1e-9), "mean"),
    ),
    ...named(
      "XLMRobertaBackbone",
      (def) => embedder("XLMRobertaTextEmbedder", def, undefined, encoder(1e-5), "mean"),
    ),
    ...named("Qwen3Backbone", (def) => embedder("Qwen3TextEmbedder", def, undefined, decoder, "last")),
    ...named("Gemma3Backbone", (def) => embedder("Gemma3TextEmbedder", def, undefined, decoder, "last")),
  ];
}
