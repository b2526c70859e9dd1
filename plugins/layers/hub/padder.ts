/** Whisper's padding. @module */
import type { LayerDef } from "../../../core/network/layer.ts";
import { inputAt, scalarLike } from "../../../core/ops/words.ts";
import { hidden } from "./names.ts";

/** A step of zeros before and after, `[batch, steps, features] → [batch, steps + 2, features]`. */
export const padderDef: LayerDef<Record<never, never>, never> = {
  kind: "layer",
  name: "Padder",
  mask: "consume",
  config: {},
  params: () => ({}),
  build({ b, inputs }) {
    const x = inputAt(inputs, 0);
    return [b.pad(x, b.ints([0, 1, 0, 0, 1, 0]), scalarLike(b, 0, x))];
  },
  keras: hidden("Padder", { ignore: ["activity_regularizer"] }),
};
