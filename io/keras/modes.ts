/** What a call's `training` does in the Keras that wrote the file, where a reader would not expect it. @module */
import type { Layer } from "../../core/layer.ts";
import { networkConfigOf } from "../../core/network.ts";
import { type KerasContext, majorOf } from "./context.ts";

/** True for a layer that computes something else in training. */
export function hasModes({ def, config, trainable }: Layer): boolean {
  if (def.name === "BatchNormalization") return trainable;
  const own = config as Readonly<Record<string, unknown>>, inside = networkConfigOf({ def, config } as Layer);
  const positive = (key: string) => typeof own[key] === "number" && Number(own[key]) > 0;
  if (/Dropout|Noise|^Random|^(MixUp|CutMix|AugMix)/.test(def.name)) {
    return !("rate" in own) || positive("rate");
  }
  if (positive("dropout") || positive("recurrentDropout")) return true;
  const inner = inside ? inside.layers : (def.children?.(config) ?? []).map((c) => c.layer);
  return inner.some(hasModes);
}
/** Says what a call's `training` means, once a layer. */
export function warnOfMode(label: string, layer: Layer, training: boolean, ctx: KerasContext): void {
  if (!hasModes(layer)) return;
  const said = `${label}: is called with training=${training ? "True" : "False"}`;
  if (majorOf(ctx.version) < 3) {
    if (training) {
      ctx.warn(`${said}: it trains in predict too, by random draws or the statistics of each batch`);
    }
  } else if (training) {
    ctx.warn(
      `${said}, which Keras 3's predict and evaluate pass over, and so does Lapis: it draws nothing and uses moving ` +
        "statistics; predict(x, { samples }) heeds it",
    );
  } else {
    ctx.warn(
      `${said}, which Keras 3's fit passes over, and so does Lapis: in fit it drops and its statistics move; to keep it ` +
        "as it is, freeze it (trainable = false), and leave out its dropout",
    );
  }
}
