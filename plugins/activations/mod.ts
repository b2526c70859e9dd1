/** All activations. @module */
import type { ActivationDef } from "../../core/network/layer.ts";
import * as piecewise from "./piecewise.ts";
import * as smooth from "./smooth.ts";

/** Every activation plugin. */
export const activations: readonly ActivationDef[] = [...Object.values(piecewise), ...Object.values(smooth)];
