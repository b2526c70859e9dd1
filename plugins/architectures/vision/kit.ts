/** What KerasHub's image networks are drafted from: convolutions, normalization, classes of layers made of layers. @module */
import type { ArchitectureDef } from "../../../core/network/architecture.ts";
import { ConfigError, shown, UnsupportedError } from "../../../core/values/errors.ts";
import { type Argument, Draft, type Part, type Ref } from "../draft.ts";
import { backbone, hub, Hyperparameters, keras, packages } from "../kit.ts";

type Json = Readonly<Record<string, unknown>>;
/** Sizes of a tensor after the batch's, null where they vary. */
export type Sizes = readonly (number | null)[];

/** A network of images `[batch, height, width, channels]` in the making, which knows how many channels its tensors have. */
export class Net {
  /** The draft below. */
  readonly d: Draft;
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
  /** A layer that is made of layers, of `channels` out. */
  block(type: string, name: string, x: Ref, config: Json, channels: number): Ref {
    const shape = [null, null, null, this.channels(x)];
    return this.with(this.d.call({ ...hub(type, name, config), shape }, [x]), channels);
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
  shape = "image_shape",
): ArchitectureDef {
  return backbone(name, (h, d) => {
    channelsLast(h);
    const n = new Net(d), images = n.input("input_layer", h.sizes(shape, [null, null, 3]));
    return d.finish(images, draw(h, n, images));
  });
}
/** A class of layers made of layers, of one tensor in and one out. */
export function block(name: string, draw: (h: Hyperparameters, n: Net, x: Ref) => Ref): ArchitectureDef {
  return layers(name, (h, d, [sizes = []]) => {
    channelsLast(h);
    const n = new Net(d), x = n.input("input", sizes);
    return d.finish(x, draw(h, n, x));
  });
}
/** A class of layers made of layers; `sizes` are those of its inputs. */
export function layers(
  name: string,
  draw: (h: Hyperparameters, d: Draft, sizes: readonly Sizes[]) => Json,
): ArchitectureDef {
  return {
    kind: "architecture",
    name,
    packages,
    network(config, built) {
      const h = new Hyperparameters(name, config), own = config.name;
      const drawn = draw(
        h,
        new Draft(h.common(), typeof own === "string" ? own : name),
        sizesOf(built, name),
      );
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
/** A whole network in place of a layer: a layer's attribute that is a model. */
export function model(name: string, config: Json): Part {
  return { type: "Functional", name, config };
}
