/** Sampling, a layer of one's own with two inputs: a latent vector drawn in training, its mean otherwise. @module */
import { inputAt, type LayerDef, normalLike } from "@lapis/lapis/plugins";

/** `[batch, size]`, mean and logarithm of the variance `→ [batch, size]` (Kingma and Welling 2014); Keras' `acme>Sampling`. */
export const sampling: LayerDef<Readonly<Record<never, never>>, never> = {
  kind: "layer",
  name: "Sampling",
  summary: "draws from a normal distribution in training",
  config: {},
  mask: "consume",
  params: () => ({}),
  build({ b, inputs, training }) {
    const mean = inputAt(inputs, 0), logVariance = inputAt(inputs, 1);
    if (!training) return [b.identity(mean)];
    const spread = b.exp(b.mul(logVariance, b.scalar(0.5)));
    return [b.add(mean, b.mul(spread, normalLike(b, mean, 0, 1, null)))];
  },
  keras: { call: ["inputs", "training"] },
};
