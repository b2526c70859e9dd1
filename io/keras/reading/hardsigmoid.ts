/**
 * The hard sigmoid of Keras 1 and 2, clip(0.2x + 0.5, 0, 1), in files of Keras 3, whose function of that name is another:
 * layers that scale and clip, which Keras takes where an activation stands.
 * @module
 */
import { isJson, type Json } from "../json.ts";

const layer = (className: string, config: Json): Json => ({
  module: "keras.layers",
  class_name: className,
  config,
  registered_name: null,
});
/** The function as a Sequential model. */
export function olderHardSigmoid(): Json {
  const layers = [
    layer("Rescaling", { name: "rescaling", scale: 0.2, offset: 0.5 }),
    layer("ReLU", { name: "re_lu", max_value: 1, negative_slope: 0, threshold: 0 }),
  ];
  return { ...layer("Sequential", { name: "hard_sigmoid_keras2", layers }), module: "keras" };
}
/** True for that model, also after Keras wrote it again with more options. */
export function isOlderHardSigmoid(value: unknown): boolean {
  const config = isJson(value) && value.class_name === "Sequential" ? value.config : undefined;
  const layers: unknown = isJson(config) ? config.layers : undefined;
  if (!Array.isArray(layers)) return false;
  const list = layers.filter(isJson).filter((l) => l.class_name !== "InputLayer");
  const [scaling, clipping] = list.map((l) => (isJson(l.config) ? l.config : {}));
  return list.length === 2 && list[0]?.class_name === "Rescaling" && list[1]?.class_name === "ReLU" &&
    scaling?.scale === 0.2 && scaling.offset === 0.5 && clipping?.max_value === 1 &&
    !clipping.negative_slope && !clipping.threshold;
}
