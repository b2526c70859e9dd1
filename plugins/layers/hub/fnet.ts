/** FNet's encoder. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { InitializerSpec, LayerDef } from "../../../core/network/layer.ts";
import { activate, asFloat, cast, inputAt, sizeAt } from "../../../core/ops/words.ts";
import type { ActivationSpec } from "../../../core/network/specs.ts";
import { tensor } from "../../../core/values/tensor.ts";
import { at, dense, denseSpecs, dropped, norm, normSpecs, steps } from "./kit.ts";
import { hub } from "./names.ts";
import { transformerFields } from "./transformer.ts";

/** Cosines and sines `[n, n]` of 2π · i · j / n. */
type Waves = readonly [Value, Value];
function featureWaves(b: Builder, n: number): Waves {
  const waves = (f: (angle: number) => number) =>
    b.constant(tensor(
      Float32Array.from({ length: n * n }, (_, i) => f(2 * Math.PI * (Math.floor(i / n) * (i % n) % n) / n)),
      [n, n],
    ));
  return [waves(Math.cos), waves(Math.sin)];
}
function stepWaves(b: Builder, x: Value): Waves {
  const own = steps(b, x, 1), count = b.shape(x, { start: 1, end: 2 });
  const products = b.mul(b.unsqueeze(own, b.ints([1])), b.unsqueeze(own, b.ints([0])));
  const turns = b.div(cast(b, b.mod(products, count), "float32"), cast(b, count, "float32"));
  const angles = b.mul(turns, b.scalar(2 * Math.PI));
  return [b.cos(angles), b.sin(angles)];
}
/** Real part of Fourier's transform over steps and features of `[batch, steps, features]`. */
function transformed(b: Builder, x: Value): Value {
  const [cosines, sines] = featureWaves(b, sizeAt(x.type, -1)), over = stepWaves(b, x);
  const real = b.matMul(over[0], b.matMul(x, cosines));
  return b.sub(real, b.matMul(over[1], b.matMul(x, sines)));
}

/** Options of {@link fNetEncoderDef}, resolved. */
export interface FNetEncoderConfig {
  /** Units between the two dense layers. */
  readonly intermediateDim: number;
  /** Share of the outputs that is dropped in training. */
  readonly dropout: number;
  /** Activation between the dense layers. */
  readonly activation: ActivationSpec;
  /** Added to the variance. */
  readonly layerNormEpsilon: number;
  /** Fills kernels. */
  readonly kernelInitializer: InitializerSpec;
  /** Fills biases. */
  readonly biasInitializer: InitializerSpec;
}
const mixingNorm = at("_mixing_layer_norm"), outputNorm = at("_output_layer_norm");
const fnetInner = at("_intermediate_dense"), fnetOuter = at("_output_dense");
/** Mixes steps and features by the real part of Fourier's transform (Lee-Thorp et al. 2022), then a feed forward part. */
export const fNetEncoderDef: LayerDef<FNetEncoderConfig> = {
  kind: "layer",
  name: "FNetEncoder",
  mask: "consume",
  config: {
    intermediateDim: transformerFields.intermediateDim,
    dropout: transformerFields.dropout,
    activation: transformerFields.activation,
    layerNormEpsilon: transformerFields.layerNormEpsilon,
    kernelInitializer: transformerFields.kernelInitializer,
    biasInitializer: transformerFields.biasInitializer,
  },
  params(c, [x]) {
    const size = sizeAt(x, -1),
      { intermediateDim: units, kernelInitializer: init, biasInitializer: biases } = c;
    return {
      ...normSpecs(mixingNorm, size),
      ...normSpecs(outputNorm, size),
      ...denseSpecs(fnetInner, [size, units], init, [units], biases),
      ...denseSpecs(fnetOuter, [units, size], init, [size], biases),
    };
  },
  build(context) {
    const { b, config: c, inputs, params } = context, x = asFloat(b, inputAt(inputs, 0));
    const mixed = norm(b, b.add(x, transformed(b, x)), params, mixingNorm, c.layerNormEpsilon);
    const middle = activate(b, c.activation, dense(b, mixed, params, fnetInner));
    const y = dropped(context, dense(b, middle, params, fnetOuter), c.dropout);
    return [norm(b, b.add(mixed, y), params, outputNorm, c.layerNormEpsilon)];
  },
  keras: hub("FNetEncoder", { call: ["inputs", "training"] }),
};
