/** KerasHub's activation. @module */
import type { ActivationDef } from "../../core/network/layer.ts";
import { gelu } from "./smooth.ts";
import { type NamedFactory, namedFactory } from "../../core/network/named.ts";

/** gelu by tanh, which KerasHub has a function for and Keras an option. */
export const geluByTanh: NamedFactory<ActivationDef> = namedFactory({
  kind: "activation",
  name: "geluByTanh",
  build: (b, x) => gelu.def.build(b, x, { approximate: true }),
});
