/** Bidirectional: a recurrent layer run both ways. @module */
import { type WrapperFactory, wrapperFactory } from "../../../core/network/factory.ts";
import { ConfigError, shown } from "../../../core/values/errors.ts";
import type { ChildLayer, Layer, LayerDef } from "../../../core/network/layer.ts";
import { inputAt, isMultiBackend, reverseTime, scalarLike } from "../../../core/ops/words.ts";
import { layerField } from "../../../core/network/layerfield.ts";
import { choice, nullable } from "../../../core/values/schema.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import type { Tensor } from "../../../core/values/tensor.ts";

/** Options of {@link bidirectionalDef}, resolved. */
export interface BidirectionalConfig {
  /** The recurrent layer; the backward one is made from it where none is given. */
  readonly layer: Layer;
  /** How the two outputs become one; null keeps both. */
  readonly mergeMode: "concat" | "sum" | "mul" | "ave" | null;
  /** The layer that runs backwards, where not made from the first. */
  readonly backwardLayer: Layer | null;
  /** What whole sequences put out at masked steps: zeros, or, as up to Keras 2.3, each way's output before. */
  readonly maskedSteps: "zeros" | "kept";
}

/** What a layer needs for being run both ways. */
interface Directed {
  readonly goBackwards: boolean;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
}
function directed(layer: Layer): Directed & Readonly<Record<string, unknown>> {
  return layer.config as Directed & Readonly<Record<string, unknown>>;
}
/** A layer in Keras' serialised form. */
interface SavedInner {
  readonly config: Readonly<Record<string, unknown>>;
}
interface Pair {
  readonly forward: Layer;
  readonly backward: Layer;
}
const pairs = new WeakMap<BidirectionalConfig, Pair>();

/** A configuration whose cells have weights of their own. */
function apart<C extends object>(config: C): C {
  const copy = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(copy)
      : isLayer(value)
      ? { ...value, config: apart(value.config as object) }
      : value;
  return Object.fromEntries(Object.entries(config).map(([k, v]) => [k, copy(v)])) as C;
}
const isLayer = (value: unknown): value is Layer =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "built-layer";
/** The two layers of a configuration, the same objects at every call. */
function pairOf(config: BidirectionalConfig): Pair {
  let pair = pairs.get(config);
  if (!pair) {
    const { layer, backwardLayer, maskedSteps } = config;
    const made = (from: Layer, prefix: string, own: boolean): Layer => {
      const { name, ...rest } = from;
      const settings = directed(from);
      const changed = {
        ...(own ? { ...apart(settings), goBackwards: !settings.goBackwards } : settings),
        ...("zeroOutputForMask" in settings && {
          zeroOutputForMask: settings.returnSequences && maskedSteps === "zeros",
        }),
      };
      const plain = name?.startsWith(prefix) ? name.slice(prefix.length) : name;
      const given = own || prefix === "forward_" ? plain && prefix + plain : name;
      return { ...rest, config: changed, ...(given !== undefined && { name: given }) };
    };
    const backward = backwardLayer ? made(backwardLayer, "backward_", false) : made(layer, "backward_", true);
    pair = { forward: made(layer, "forward_", false), backward };
    pairs.set(config, pair);
  }
  return pair;
}

function merge(b: Builder, mode: BidirectionalConfig["mergeMode"], y: Value, z: Value): readonly Value[] {
  switch (mode) {
    case "concat":
      return [b.concat([y, z], { axis: -1 })];
    case "sum":
      return [b.add(y, z)];
    case "mul":
      return [b.mul(y, z)];
    case "ave":
      return [b.mul(b.add(y, z), scalarLike(b, 0.5, y))];
    case null:
      return [y, z];
  }
}

const bidirectionalDef: LayerDef<BidirectionalConfig, never> = {
  kind: "layer",
  name: "Bidirectional",
  mask: "make",
  config: {
    layer: layerField(),
    mergeMode: nullable(choice({
      default: "concat",
      of: ["concat", "sum", "mul", "ave"],
    })),
    backwardLayer: nullable(
      layerField(),
    ),
    maskedSteps: choice({
      default: "zeros",
      of: ["zeros", "kept"],
    }),
  },
  params: () => ({}),
  children(config): readonly ChildLayer[] {
    const { forward, backward } = pairOf(config);
    return [
      { layer: forward, attribute: "forward_layer", namePrefix: "forward_" },
      { layer: backward, attribute: "backward_layer", namePrefix: "backward_" },
    ];
  },
  build({ b, config, inputs, masks, call, layer }) {
    const { forward, backward } = pairOf(config);
    const x = inputAt(inputs, 0), sequences = directed(forward).returnSequences;
    const states = call.initialState ?? inputs.slice(1), half = states.length / 2;
    const run = (inner: Layer, from: number, to: number) =>
      layer(inner, [x], {
        ...call,
        ...(states.length > 0 && { initialState: states.slice(from, to) }),
      });
    const [y, ...after] = run(forward, 0, half), [z, ...afterBack] = run(backward, half, states.length);
    if (!y || !z) return [];
    const aligned = sequences ? reverseTime(b, z) : z;
    const mask = sequences ? masks[0] : undefined;
    return [...merge(b, config.mergeMode, y, aligned).map((v) => b.masked(v, mask)), ...after, ...afterBack];
  },
  check(config, path) {
    const settings = directed(config.layer), other = config.backwardLayer && directed(config.backwardLayer);
    if (typeof settings.goBackwards !== "boolean") {
      throw new ConfigError(`${path}.layer: expected a recurrent layer, got ${config.layer.def.name}`, {
        place: `${path}.layer`,
      });
    }
    if (!other) return;
    if (other.goBackwards === settings.goBackwards) {
      throw new ConfigError(
        `${path}.backwardLayer: expected goBackwards ${!settings.goBackwards}, as layer has the other`,
        {
          place: `${path}.backwardLayer`,
        },
      );
    }
    for (const key of ["returnSequences", "returnState", "stateful"]) {
      if (other[key] !== settings[key]) {
        throw new ConfigError(
          `${path}.backwardLayer: expected ${key} ${shown(settings[key])} as layer has it, got ${
            shown(other[key])
          }`,
          { place: `${path}.backwardLayer` },
        );
      }
    }
  },
  keras: {
    call: ["sequences", "initial_state", "mask", "training"],
    ignore: ["input_length", "return_sequences"],
    own: ["maskedSteps"],
    upgrade: (config, version) => isMultiBackend(version) ? { ...config, masked_steps: "kept" } : config,
    save(fields, major) {
      const { layer, backward_layer: other } = fields as Readonly<Record<string, SavedInner | null>>;
      if (other || !layer) return {};
      const { name, go_backwards: goBackwards, ...rest } = layer.config;
      const plain = `${name}`.replace(/^forward_/, "");
      // Keras 2 makes both layers as we do; Keras 3 writes both, and would run its own backwards always.
      if (major === 2) {
        return { config: { ...fields, layer: { ...layer, config: { ...layer.config, name: plain } } } };
      }
      const config = { ...rest, name: `backward_${plain}`, go_backwards: !goBackwards };
      return { config: { ...fields, backward_layer: { ...layer, config } } };
    },
    weights(arrays, config, version) {
      const half = arrays.length / 2, { forward, backward } = pairOf(config);
      const own = (inner: Layer, list: readonly Tensor[]) =>
        inner.def.keras?.weights?.(list, inner.config, version) ?? list;
      return [...own(forward, arrays.slice(0, half)), ...own(backward, arrays.slice(half))];
    },
  },
};
/**
 * Runs a recurrent layer forwards and backwards: `bidirectional(lstm({ units: 64 }))`,
 * `[batch, time, features] → [batch, 2·units]`.
 */
export const bidirectional: WrapperFactory<BidirectionalConfig> = wrapperFactory(bidirectionalDef);
