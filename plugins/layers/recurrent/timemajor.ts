/** Keras 2's recurrent layers with `time_major`: steps come first, `[time, batch, features]`. @module */
import { UnsupportedError } from "../../../core/values/errors.ts";
import type { ChildLayer, Layer, LayerDef } from "../../../core/network/layer.ts";
import { asFloat, inputAt, maskOf, transpose } from "../../../core/ops/words.ts";
import { layerField } from "../../../core/network/layerfield.ts";
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

/** What is read of the layer inside. */
interface Inner {
  readonly returnSequences?: unknown;
  readonly mergeMode?: unknown;
  readonly layer?: Layer;
}
const isSaved = (raw: unknown): raw is SavedInner =>
  typeof raw === "object" && raw !== null && "config" in raw;
const isTimeMajor = (raw: unknown): boolean => isSaved(raw) && raw.config.time_major === true;
/** A configuration over `[batch, time, features]`, also of the layers inside. */
function batchMajor(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const inside = (raw: unknown) => isSaved(raw) ? { ...raw, config: batchMajor(raw.config) } : raw;
  return {
    ...config,
    ...("time_major" in config && { time_major: false }),
    ...("layer" in config && { layer: inside(config.layer) }),
    ...("backward_layer" in config && { backward_layer: inside(config.backward_layer) }),
  };
}

function timeMajor(name: string): LayerDef<TimeMajorConfig, never> {
  return {
    kind: "layer",
    name: `TimeMajor${name}`,
    summary: `${name} over [time, batch, features] (Keras 2).`,
    mask: "make",
    config: { layer: layerField() },
    params: () => ({}),
    children: (config): readonly ChildLayer[] => [{ layer: config.layer, attribute: "" }],
    build({ b, config, inputs, call, layer }) {
      const [, ...states] = inputs, turn = (v: Parameters<typeof transpose>[1]) => transpose(b, v, [1, 0, 2]);
      const mask = maskOf(inputs, call), own = config.layer.config as Inner, { mergeMode } = own;
      const { returnSequences } = own.layer ? own.layer.config as Inner : own;
      const all = layer(config.layer, [turn(asFloat(b, inputAt(inputs, 0))), ...states], {
        ...call,
        mask: mask ? transpose(b, mask, [1, 0]) : null,
      });
      // Both ways' sequences come first where they aren't merged.
      const sequences = returnSequences === true ? (mergeMode === null ? 2 : 1) : 0;
      return all.map((y, i) => (i < sequences ? b.masked(turn(y), mask) : y));
    },
    keras: {
      classNames: [`TimeMajor${name}`, name],
      call: recurrentCall,
      takes: (config) => config.time_major === true || isTimeMajor(config.layer),
      upgrade: (config) => ({ layer: { class_name: name, config: batchMajor(config) } }),
      save(fields, major) {
        const { config } = fields.layer as SavedInner;
        if (major === 2 && name !== "Bidirectional") {
          return { className: name, config: { ...config, time_major: true } };
        }
        if (major === 2) throw new UnsupportedError("time_major inside Bidirectional: write ONNX");
        throw new UnsupportedError("time_major: Keras 3 has no such option");
      },
    },
  };
}
/** Each recurrent layer over `[time, batch, features]`, and one that runs both ways. */
export const timeMajorDefs: readonly LayerDef<TimeMajorConfig, never>[] = [
  "SimpleRNN",
  "LSTM",
  "GRU",
  "RNN",
  "Bidirectional",
]
  .map(
    timeMajor,
  );
