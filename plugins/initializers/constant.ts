/** Initializers that are known beforehand: zeros, ones, a constant, the identity, an LSTM's bias. @module */
import { ConfigError } from "../../core/values/errors.ts";
import type { InitializerDef } from "../../core/network/layer.ts";
import { sizeOf, type Tensor, tensor, zeros as zeroTensor } from "../../core/values/tensor.ts";
import { type NamedFactory, namedFactory } from "../../core/network/named.ts";

/** Options of {@link constant}. */
export interface ConstantOptions {
  /** The value; 0 unless given. */
  readonly value?: number;
}
/** A factor of what is filled. */
export interface GainOption {
  /** Factor of the matrix; 1 unless given. */
  readonly gain?: number;
}

function filled(shape: readonly number[], value: number): Tensor {
  return tensor(new Float32Array(sizeOf(shape)).fill(value), shape);
}

/** Zeros. */
export const zeros: NamedFactory<InitializerDef> = namedFactory({
  kind: "initializer",
  name: "zeros",
  config: {},
  fill: (shape) => zeroTensor(shape),
});
/** Ones. */
export const ones: NamedFactory<InitializerDef> = namedFactory({
  kind: "initializer",
  name: "ones",
  config: {},
  fill: (shape) => filled(shape, 1),
});
/** One value everywhere. */
export const constant: NamedFactory<InitializerDef, ConstantOptions> = namedFactory({
  kind: "initializer",
  name: "constant",
  config: { value: { default: 0 } },
  fill: (shape, config) => filled(shape, Number(config.value)),
});
/** The identity matrix, times a gain. */
export const identity: NamedFactory<InitializerDef, GainOption> = namedFactory({
  kind: "initializer",
  name: "identity",
  config: { gain: { default: 1 } },
  fill(shape, config) {
    const [rows, columns] = shape;
    if (shape.length !== 2 || rows === undefined || columns === undefined) {
      throw new ConfigError(`identity: expected two axes, got [${shape}]`);
    }
    const data = new Float32Array(rows * columns), gain = Number(config.gain);
    for (let i = 0; i < Math.min(rows, columns); i++) data[i * columns + i] = gain;
    return tensor(data, shape);
  },
});
/** Zeros, and ones for an LSTM's forget gate (Jozefowicz et al. 2015). */
export const unitForgetBias: NamedFactory<InitializerDef> = namedFactory({
  kind: "initializer",
  name: "unitForgetBias",
  config: {},
  fill(shape) {
    const data = new Float32Array(sizeOf(shape)), units = data.length / 4;
    return tensor(data.fill(1, units, 2 * units), shape);
  },
});
