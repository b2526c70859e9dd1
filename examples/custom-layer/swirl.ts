/** Swirl, a layer of one's own: turns the features round by `k` places and scales each. @module */
import { fields, inputAt, type LayerDef } from "@lapis/lapis/plugins";

/** Options of {@link swirl}, resolved. */
export interface SwirlConfig {
  /** Places that features move to the right. */
  readonly k: number;
}

/** `[…, features] → […, features]`; Keras' `acme>Swirl`. */
export const swirl: LayerDef<SwirlConfig, "scale"> = {
  kind: "layer",
  name: "Swirl",
  summary: "turns the features round and scales each",
  config: { k: fields.int({ doc: "places that features move to the right", default: 1 }) },
  mask: "pass",
  params: (_config, [x]) => ({
    scale: { shape: x?.kind === "tensor" ? x.shape?.slice(-1) ?? [] : [], init: "ones" },
  }),
  build({ b, config, inputs, params }) {
    const x = inputAt(inputs, 0);
    const part = (from: number, to: number) => b.slice(x, b.ints([from]), b.ints([to]), b.ints([-1]));
    const turned = b.concat([part(-config.k, 2 ** 31), part(0, -config.k)], { axis: -1 });
    return [b.mul(turned, params.scale)];
  },
};
