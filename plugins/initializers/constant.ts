/** Initializers that are known beforehand: zeros, ones, a constant, the identity, an LSTM's bias. @module */
import { ConfigError } from "../../core/values/errors.ts";
import type { InitializerDef } from "../../core/network/layer.ts";
import { sizeOf, type Tensor, tensor, zeros as zeroTensor } from "../../core/values/tensor.ts";

function filled(shape: readonly number[], value: number): Tensor {
  return tensor(new Float32Array(sizeOf(shape)).fill(value), shape);
}

/** Zeros. */
export const zeros: InitializerDef = {
  kind: "initializer",
  name: "zeros",
  summary: "zeros",
  config: {},
  fill: (shape) => zeroTensor(shape),
};
/** Ones. */
export const ones: InitializerDef = {
  kind: "initializer",
  name: "ones",
  summary: "ones",
  config: {},
  fill: (shape) => filled(shape, 1),
};
/** One value everywhere. */
export const constant: InitializerDef = {
  kind: "initializer",
  name: "constant",
  summary: "one value everywhere",
  config: { value: { doc: "the value", default: 0 } },
  fill: (shape, config) => filled(shape, Number(config.value ?? 0)),
};
/** The identity matrix times a gain. */
export const identity: InitializerDef = {
  kind: "initializer",
  name: "identity",
  summary: "the identity matrix, times a gain",
  config: { gain: { doc: "factor", default: 1 } },
  fill(shape, config) {
    const [rows, columns] = shape;
    if (shape.length !== 2 || rows === undefined || columns === undefined) {
      throw new ConfigError(`identity: expected two axes, got [${shape}]`);
    }
    const data = new Float32Array(rows * columns), gain = Number(config.gain ?? 1);
    for (let i = 0; i < Math.min(rows, columns); i++) data[i * columns + i] = gain;
    return tensor(data, shape);
  },
};
/** An LSTM's bias with ones for the forget gate, the second quarter: Jozefowicz et al. 2015. */
export const unitForgetBias: InitializerDef = {
  kind: "initializer",
  name: "unitForgetBias",
  summary: "zeros, and ones for an LSTM's forget gate",
  config: {},
  fill(shape) {
    const data = new Float32Array(sizeOf(shape)), units = data.length / 4;
    return tensor(data.fill(1, units, 2 * units), shape);
  },
};
