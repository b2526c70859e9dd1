/** Keras 2's recurrent layers with `time_major`: steps come first, `[time, batch, features]`. @module */
import { UnsupportedError } from "../../../core/values/errors.ts";
import type { ChildLayer, Layer, LayerDef } from "../../../core/network/layer.ts";
import { asFloat, inputAt, maskOf, transpose } from "../../../core/graph/words.ts";
import { layerField } from "../../../core/network/layer.ts";
import { recurrentCall } from "../shared/recurrent.ts";

/** Options of the time-major layers, resolved. */
export interface TimeMajorConfig {
  /** The layer, over `[batch, time, features]`. */
  readonly layer: Layer;
}
interface SavedInner {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

function timeMajor(name: string): LayerDef<TimeMajorConfig, never> {
  return {
    kind: "layer",
    name: `TimeMajor${name}`,
    summary: `${name} over [time, batch, features] (Keras 2)`,
    mask: "make",
    config: { layer: layerField({ doc: "the layer, over [batch, time, features]" }) },
    params: () => ({}),
    children: (config): readonly ChildLayer[] => [{ layer: config.layer, attribute: "" }],
    build({ b, config, inputs, call, layer }) {
      const [, ...states] = inputs, turn = (v: Parameters<typeof transpose>[1]) => transpose(b, v, [1, 0, 2]);
      const mask = maskOf(inputs, call), { returnSequences } = config.layer.config as Record<string, unknown>;
      const [y, ...after] = layer(config.layer, [turn(asFloat(b, inputAt(inputs, 0))), ...states], {
        ...call,
        mask: mask ? transpose(b, mask, [1, 0]) : null,
      });
      if (!y) return [];
      return [returnSequences === true ? b.masked(turn(y), mask) : y, ...after];
    },
    keras: {
      classNames: [`TimeMajor${name}`, name],
      call: recurrentCall,
      takes: (config) => config.time_major === true,
      upgrade: (config) => ({ layer: { class_name: name, config: { ...config, time_major: false } } }),
      save(fields, major) {
        const { config } = fields.layer as SavedInner;
        if (major === 2) return { className: name, config: { ...config, time_major: true } };
        throw new UnsupportedError("time_major: Keras 3 has no such option");
      },
    },
  };
}
/** Each recurrent layer over `[time, batch, features]`. */
export const timeMajorDefs: readonly LayerDef<TimeMajorConfig, never>[] = ["SimpleRNN", "LSTM", "GRU", "RNN"]
  .map(
    timeMajor,
  );
