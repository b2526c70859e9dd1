/** Two layers that carry a mask across the border of two models. @module */
import { ShapeError } from "../../core/values/errors.ts";
import type { LayerDef } from "../../core/network/layer.ts";
import { cast, inputAt } from "../../core/ops/words.ts";

/** The mask of its input, bool `[batch, time]`. */
export const maskOutDef: LayerDef<Record<never, never>, never> = {
  kind: "layer",
  name: "MaskOut",
  summary: "its input's mask as a value",
  mask: "make",
  config: {},
  params: () => ({}),
  build({ b, inputs }) {
    const mask = inputAt(inputs, 0).mask;
    if (!mask) throw new ShapeError("the input has no mask");
    return [b.masked(b.identity(cast(b, mask, "bool")), undefined)];
  },
};
/** Its first input under a mask, the second. */
export const maskInDef: LayerDef<Record<never, never>, never> = {
  kind: "layer",
  name: "MaskIn",
  summary: "its first input under a mask",
  mask: "make",
  config: {},
  params: () => ({}),
  build: ({ b, inputs }) => [b.masked(b.identity(inputAt(inputs, 0)), inputAt(inputs, 1))],
};
