/** KerasHub's activation. @module */
import type { ActivationDef } from "../../core/network/layer.ts";
import { gelu } from "./smooth.ts";

/** gelu by tanh, which KerasHub has a function for and Keras an option. */
export const geluByTanh: ActivationDef = {
  kind: "activation",
  name: "geluByTanh",
  summary: "x · P(X <= x), X standard normal, by tanh (KerasHub's gelu_approximate)",
  build: (b, x) => gelu.build(b, x, { approximate: true }),
};
