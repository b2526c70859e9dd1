/** Sampling, a layer of one's own with two inputs: a latent vector drawn in training, its mean otherwise. @module */
import { type LayerDef, normalLike } from "@lapis/lapis/plugins";

/** `[batch, size]`, mean and logarithm of the variance `→ [batch, size]` (Kingma and Welling 2014); Keras' `acme>Sampling`. */
export const sampling: LayerDef<Readonly<Record<never, never>>, never> = {
  kind: "layer",
  name: "Sampling",
  summary: "draws from a normal distribution in training",
  config: {},
  mask: "consume",
  params: () => ({}),
  build({ b, inputs: [mean, logVariance], training }) {
    if (!training) return [b.one("Identity", [mean])];
    const spread = b.one("Exp", [b.one("Mul", [logVariance, b.scalar(0.5)])]);
    return mean ? [b.one("Add", [mean, b.one("Mul", [spread, normalLike(b, mean, 0, 1, null)])])] : [];
  },
  keras: { call: ["inputs", "training"] },
};
