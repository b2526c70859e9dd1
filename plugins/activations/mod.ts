/** Definitions of the activations that pages load. @module */
import type { ActivationDef } from "../../core/network/layer.ts";
import * as piecewise from "./piecewise.ts";
import * as smooth from "./smooth.ts";

/** Every activation plugin but KerasHub's. */
export const activations: readonly ActivationDef[] = [piecewise, smooth].flatMap((module) =>
  Object.values(module).map(({ def }) => def)
);
