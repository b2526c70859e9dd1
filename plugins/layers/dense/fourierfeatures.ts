/** RandomFourierFeatures: a kernel machine's features, of Keras 2. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import { UnsupportedError } from "../../../core/values/errors.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import { asFloat, inputAt, paramAt, sizeAt, weight } from "../../../core/ops/words.ts";
import { opaqueField } from "../shared/fields.ts";
import { float, int, nullable } from "../../../core/values/schema.ts";

/** Options of {@link randomFourierFeaturesDef}, resolved. */
export interface RandomFourierFeaturesConfig {
  /** Number of features. */
  readonly outputDim: number;
  /** The kernel that is approximated: what the random kernel is drawn from. */
  readonly kernelInitializer: unknown;
  /** The kernel's width; by the kernel where null. */
  readonly scale: number | null;
}
type Param = "unscaledKernel" | "bias" | "kernelScale";
const randomFourierFeaturesDef: LayerDef<RandomFourierFeaturesConfig, Param> = {
  kind: "layer",
  name: "RandomFourierFeatures",
  mask: "consume",
  config: {
    outputDim: int({ min: 1 }),
    kernelInitializer: opaqueField(),
    scale: nullable(float()),
  },
  params(config, [x]) {
    const width = sizeAt(x, -1), fixed = { role: "statistic" } as const;
    return {
      kernelScale: weight([1], "ones"),
      unscaledKernel: weight([width, config.outputDim], "zeros", fixed),
      bias: weight([config.outputDim], "zeros", fixed),
    };
  },
  build({ b, inputs, params }) {
    const kernel = b.div(paramAt(params, "unscaledKernel"), paramAt(params, "kernelScale"));
    const product = b.matMul(asFloat(b, inputAt(inputs, 0)), kernel);
    return [b.cos(b.add(product, paramAt(params, "bias")))];
  },
  keras: {
    save(fields, major) {
      if (major === 2) return { config: fields };
      throw new UnsupportedError("Keras 3 has no such layer");
    },
  },
};
/** cos(x · kernel / scale + bias), `[batch, features] → [batch, outputDim]` (Rahimi and Recht 2007). */
export const randomFourierFeatures: Factory<RandomFourierFeaturesConfig, "outputDim"> = factory(
  randomFourierFeaturesDef,
);
