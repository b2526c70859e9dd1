/** What a call's `training` does in the Keras that wrote the file, where a reader would not expect it. @module */
import type { Layer } from "../../../core/network/layer.ts";
import { networkConfigOf } from "../../../core/network/network.ts";
import { type KerasContext, majorOf } from "./context.ts";

/** True for a layer that computes something else in training. */
export function hasModes({ def, config, trainable }: Layer): boolean {
  if (def.name === "BatchNormalization") return trainable;
  const own = config as Readonly<Record<string, unknown>>, inside = networkConfigOf({ def, config } as Layer);
  const positive = (key: string) => typeof own[key] === "number" && Number(own[key]) > 0;
  if (/Dropout|Noise/.test(def.name)) {
    return !("rate" in own) || positive("rate");
  }
  if (positive("dropout") || positive("recurrentDropout")) return true;
  const inner = inside ? inside.layers : (def.children?.(config) ?? []).map((c) => c.layer);
  return inner.some(hasModes);
}
/** Says what a call's `training` means, once a layer. */
export function warnOfMode(label: string, layer: Layer, training: boolean, ctx: KerasContext): void {
  if (!hasModes(layer)) return;
  const three = majorOf(ctx.version) >= 3,
    said = `${label}: is called with training=${training ? "True" : "False"}`;
  const other = training ? "predict" : "fit";
  // Keras 3 writes what dropout's call has by itself.
  if (three && !training && layer.def.name !== "BatchNormalization" && !networkConfigOf(layer)) return;
  if (three) {
    const way = training ? "predict(x, { samples }) heeds it" : "freeze it by trainable=False";
    ctx.warn(`${said}, which Keras 3's ${other} overrides, and so does Lapis: ${way}`);
  } else if (training) ctx.warn(`${said}: predict too draws random numbers or uses each batch's statistics`);
}
