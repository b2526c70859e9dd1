/** What KerasHub's image networks are drafted from: convolutions, normalization, classes of layers made of layers. @module */
import type { ArchitectureDef } from "../../../core/network/architecture.ts";
import { ConfigError, shown, UnsupportedError } from "../../../core/values/errors.ts";
import { type Argument, Draft, type DraftLayer, type Ref } from "../draft.ts";
import { snakeCase } from "../../../core/network/names.ts";
import { backbone, hub, Hyperparameters, keras, packages } from "../kit.ts";

type Json = Readonly<Record<string, unknown>>;
/** Sizes of a tensor after the batch's, null where they vary. */
export type Sizes = readonly (number | null)[];

/** A network of images `[batch, height, width, channels]` in the making, which knows how many channels its tensors have. */
export class Net {
  /** The draft below. */
  readonly d: Draft;
  /** Maps of features by level (`P2`), which detectors and segmenters read. */
  readonly pyramid = new Map<string, Ref>();
  readonly #channels = new WeakMap<Ref, number>();
  constructor(d: Draft) {
    this.d = d;
  }
  /** Notes a tensor's channels. */
  with(x: Ref, channels: number): Ref {
    this.#channels.set(x, channels);
    return x;
  }
  /** Channels of a tensor. @throws {ConfigError} where they aren't known. */
  channels(x: Ref): number {
    const n = this.#channels.get(x);
    if (n === undefined) throw new ConfigError(`${x.layer}: the number of channels isn't known`);
    return n;
  }
  /** An input of such sizes. */
  input(name: string, sizes: Sizes): Ref {
    const last = sizes.at(-1);
    if (typeof last !== "number") {
      throw new ConfigError(`${name}: expected a number of channels, got ${shown(last)}`, { place: name });
    }
    return this.with(this.d.input(name, sizes, "float32"), last);
  }
  /** A layer that leaves the channels alone. */
  layer(type: string, name: string, x: Ref, config: Json = {}): Ref {
    return this.with(this.d.call(keras(type, name, config), [x]), this.channels(x));
  }
  /** A convolution over images, without a bias unless asked for. */
  conv(name: string, x: Ref, filters: number, kernel: unknown, more: Json = {}): Ref {
    const config = { filters, kernel_size: kernel, strides: 1, padding: "valid", use_bias: false, ...more };
    return this.with(this.d.call(keras("Conv2D", name, config), [x]), filters);
  }
  /** A convolution of each channel. */
  depthwise(name: string, x: Ref, kernel: unknown, more: Json = {}): Ref {
    const config = { kernel_size: kernel, strides: 1, padding: "valid", use_bias: false, ...more };
    return this.layer("DepthwiseConv2D", name, x, config);
  }
  /** A batch normalization. */
  norm(name: string, x: Ref, epsilon = 1e-5, momentum = 0.99): Ref {
    return this.layer("BatchNormalization", name, x, { axis: -1, epsilon, momentum });
  }
  /** An activation. */
  act(name: string, x: Ref, activation: unknown): Ref {
    return this.layer("Activation", name, x, { activation });
  }
  /** Zeros around. */
  pad(name: string, x: Ref, padding: unknown): Ref {
    return this.layer("ZeroPadding2D", name, x, { padding });
  }
  /** A pooling by windows. */
  pool(
    type: "MaxPooling2D" | "AveragePooling2D",
    name: string,
    x: Ref,
    size: number,
    strides: number,
    padding = "valid",
  ): Ref {
    return this.layer(type, name, x, { pool_size: size, strides, padding });
  }
  /** The sum. */
  add(name: string, list: readonly Ref[]): Ref {
    const [first] = list;
    const y = this.d.call(keras("Add", name), [list]);
    return first ? this.with(y, this.channels(first)) : y;
  }
  /** Channels side by side. */
  concat(name: string, list: readonly Ref[]): Ref {
    const y = this.d.call(keras("Concatenate", name, { axis: -1 }), [list]);
    return this.with(y, list.reduce((n, x) => n + this.channels(x), 0));
  }
  /** A layer that is made of layers, of `channels` out; of a tensor of so many axes. */
  block(type: string, name: string, x: Ref, config: Json, channels: number, axes = 4): Ref {
    const shape = [...new Array<null>(axes - 1).fill(null), this.channels(x)];
    return this.with(this.d.call({ ...hub(type, name, config), shape }, [x]), channels);
  }
  /** A dense layer. */
  dense(name: string, x: Ref, units: number, more: Json = {}): Ref {
    return this.with(this.d.call(keras("Dense", name, { units, ...more }), [x]), units);
  }
  /** A normalization over the channels. */
  level(name: string, x: Ref, epsilon = 1e-6): Ref {
    return this.layer("LayerNormalization", name, x, { axis: -1, epsilon });
  }
  /** Another shape, the batch left out. */
  reshape(name: string, x: Ref, shape: readonly number[]): Ref {
    const last = shape.at(-1) ?? -1;
    const y = this.d.call(keras("Reshape", name, { target_shape: shape }), [x]);
    return this.with(y, last > 0 ? last : this.channels(x));
  }
  /** A share of the elements dropped in training; of whole rows with `rows` axes beside the batch's. */
  drop(name: string, x: Ref, rate: number, rows?: number): Ref {
    const noise = rows === undefined ? {} : { noise_shape: [null, ...new Array<number>(rows).fill(1)] };
    return rate === 0 ? x : this.layer("Dropout", name, x, { rate, ...noise });
  }
  /** Attention by heads over a tensor's own steps. */
  attention(name: string, x: Ref, heads: number, keySize: number, more: Json = {}): Ref {
    const config = { num_heads: heads, key_dim: keySize, ...more };
    return this.with(this.d.call(keras("MultiHeadAttention", name, config), [x, x]), this.channels(x));
  }
  /** A layer's own weights in Keras' order, as values; with `rows`, repeated for every row of x. */
  variables(name: string, x: Ref, list: readonly Variable[]): readonly Ref[] {
    const part = hub("HubVariables", "variables", {
      shapes: list.map((v) => v.shape),
      initializers: list.map((v) => v.init ?? "zeros"),
      kept: list.map((v) => v.kept === true),
      rows: list.map((v) => v.rows === true),
      types: list.map((v) => v.type ?? "float32"),
    });
    const first = this.d.call({ ...part, name: name === "" ? "variables" : name, place: name }, [x]);
    return list.map((v, i) => this.with({ ...first, tensor: i }, v.shape.at(-1) ?? 1));
  }
  /** x as it is, beside a batch normalization's weights that a class has and never uses. */
  unused(name: string, x: Ref, width: number): Ref {
    const shapes = new Array(4).fill([width]),
      kept = [false, false, true, true],
      rows = kept.map(() => false);
    const initializers = ["ones", "zeros", "zeros", "ones"];
    const part = hub("HubVariables", name, { shapes, initializers, kept, rows, passes: true });
    return this.with(this.d.call({ ...part, place: name }, [x]), this.channels(x));
  }
  /** An operation on two values, the channels of the first. */
  both(type: string, name: string, x: Ref, y: Argument): Ref {
    return this.with(this.operation(type, name, [x, y]), this.channels(x));
  }
  /** The first step of `[batch, steps, features]`. */
  first(name: string, x: Ref): Ref {
    const all = { class_name: "__slice__", config: { start: null, stop: null, step: null } };
    return this.with(this.operation("GetItem", name, [x, [all, 0]]), this.channels(x));
  }
  /** An operation of Keras' `keras.ops`. */
  operation(
    type: string,
    name: string,
    args: readonly Argument[],
    config: Json = {},
    kwargs: Readonly<Record<string, Argument>> = {},
    module = "numpy",
  ): Ref {
    return this.d.call({ type, name, config, module: `keras.src.ops.${module}` }, args, kwargs);
  }
}
/** A weight that a layer keeps itself. */
export interface Variable {
  /** Its shape. */
  readonly shape: readonly number[];
  /** What fills it: zeros unless said. */
  readonly init?: string;
  /** True where training leaves it alone. */
  readonly kept?: boolean;
  /** True where it is repeated for every row of the input. */
  readonly rows?: boolean;
  /** Its element type: float32 unless said. */
  readonly type?: string;
}
/** Group of an element of a list of layers: `blocks/encoder_block_1`. */
export function inList(attribute: string, className: string, index: number): string {
  return `${attribute}/${snakeCase(className)}${index === 0 ? "" : `_${index}`}`;
}
/** A backbone of images that others take maps of features from. */
export interface ImageBackbone extends ArchitectureDef {
  /** The same network with maps of features as its outputs, by level. */
  pyramid(config: Json, levels: readonly string[]): Json;
  /** Its maps of features by level, with their channels. */
  levels(config: Json): ReadonlyMap<string, number>;
}
/** Refuses channels that stand first, which KerasHub's networks have by option. @throws {UnsupportedError} */
export function channelsLast(h: Hyperparameters): void {
  const format = h.any("data_format", "channels_last");
  if (format === "channels_last") return;
  throw new UnsupportedError(`data_format: only channels_last is supported, got ${shown(format)}`, {
    place: "data_format",
  });
}
/** A backbone of images. */
export function imageBackbone(
  name: string,
  draw: (h: Hyperparameters, n: Net, images: Ref) => Ref | Readonly<Record<string, Ref>>,
  { shape = "image_shape", input = "input_layer", record = false } = {},
): ImageBackbone {
  const drawn = (h: Hyperparameters, d: Draft) => {
    channelsLast(h);
    const n = new Net(d), images = n.input(input, h.sizes(shape, [null, null, 3]));
    return { n, images, out: draw(h, n, images) };
  };
  return {
    ...backbone(name, (h, d) => {
      const { images, out } = drawn(h, d);
      return d.finish(record ? { [input]: images } : images, out);
    }),
    pyramid(config, levels) {
      const h = new Hyperparameters(name, config), d = new Draft(h.common()), { n, images } = drawn(h, d);
      const outputs = levels.map((level) => {
        const found = n.pyramid.get(level);
        if (found) return [level, found] as const;
        throw new UnsupportedError(`${name}: has no map of features ${level}`, { place: level });
      });
      return d.finish(images, Object.fromEntries(outputs));
    },
    levels(config) {
      const { n } = drawn(new Hyperparameters(name, config), new Draft());
      return new Map([...n.pyramid].map(([level, x]) => [level, n.channels(x)]));
    },
  };
}
/** A class of layers made of layers, of one tensor in and one out. */
export function block(name: string, draw: (h: Hyperparameters, n: Net, x: Ref) => Ref): ArchitectureDef {
  return layers(name, (h, d, [sizes = []]) => {
    channelsLast(h);
    const n = new Net(d), x = n.input("input", sizes.map((size, i) => i < sizes.length - 1 ? null : size));
    return d.finish(x, draw(h, n, x));
  });
}
/** A class of layers made of layers; `sizes` are those of its inputs. */
export function layers(
  name: string,
  draw: (h: Hyperparameters, d: Draft, sizes: readonly Sizes[]) => Json,
  { positional = false, builtByCall = false } = {},
): ArchitectureDef {
  return {
    kind: "architecture",
    name,
    packages,
    part: true,
    positional,
    builtByCall,
    network(config, built) {
      const h = new Hyperparameters(name, config), own = config.name;
      const drawn = draw(
        h,
        new Draft(h.common(), typeof own === "string" ? own : name),
        sizesOf(built, name),
      );
      // Classes without a get_config of their own have it.
      if (config.activity_regularizer === null) {
        ["activity_regularizer", "autocast"].forEach((key) => h.any(key));
      }
      h.allRead();
      const { trainable } = config;
      return {
        ...drawn,
        ...(own !== undefined && { name: own }),
        ...(trainable !== undefined && { trainable }),
      };
    },
  };
}
const isSizes = (x: unknown): x is Sizes =>
  Array.isArray(x) && x.length > 0 && x.every((n) => n === null || Number.isSafeInteger(n));
/** Shapes that a layer was built for, without their batch sizes. @throws {ConfigError} where a file doesn't say. */
function sizesOf(built: unknown, name: string): readonly Sizes[] {
  const given = typeof built === "object" && built !== null ? Object.values(built) : [];
  const list = given.flatMap((v: unknown): readonly unknown[] => {
    if (isSizes(v)) return [v];
    return typeof v === "object" && v !== null ? Object.values(v) : [];
  }).filter(isSizes);
  if (list.length === 0) {
    throw new ConfigError(`${name}: the file doesn't say for which shape it was built`, { place: name });
  }
  return list.map((s) => s.slice(1));
}
/** Layers one after another as a model of their own. */
export function stack(name: string, list: readonly DraftLayer[]): DraftLayer {
  const entries = list.map(({ type, name, config }) => ({
    module: "keras.layers",
    class_name: type,
    config: { name, ...config },
  }));
  return { type: "Sequential", name, config: { name, layers: entries } };
}
/** A model inside another, as a hyperparameter holds it. */
export interface Inner {
  /** Its own hyperparameters. */
  readonly config: Json;
  /** Its class. */
  readonly def: ArchitectureDef;
  /** Its name. */
  readonly name: string;
  /** Calls it; outputs by name, or the only one. */
  call(d: Draft, inputs: Argument): (output?: string) => Ref;
}
const isJson = (x: unknown): x is Json => typeof x === "object" && x !== null && !Array.isArray(x);
/** A model that a hyperparameter holds. @throws {UnsupportedError} for a class that isn't one of `defs`. */
export function innerModel(h: Hyperparameters, key: string, defs: readonly ArchitectureDef[]): Inner {
  const raw = h.any(key);
  if (!isJson(raw) || !isJson(raw.config)) {
    throw new ConfigError(`${key}: expected a model, got ${shown(raw, 60)}`, { place: key });
  }
  const { config } = raw, def = defs.find((d) => d.name === raw.class_name);
  if (!def) {
    throw new UnsupportedError(`${key}: a ${shown(raw.class_name)} is not supported there`, { place: key });
  }
  const name = typeof config.name === "string" ? config.name : key;
  return {
    config,
    def,
    name,
    call(d, inputs) {
      const network = def.network(config);
      const called = d.call({ type: def.name, name, config: network, module: "keras_hub" }, [inputs]);
      const outputs = isJson(network.output_layers) ? Object.keys(network.output_layers).sort() : [];
      return (key) => ({ ...called, tensor: key === undefined ? 0 : outputs.indexOf(key) });
    },
  };
}
