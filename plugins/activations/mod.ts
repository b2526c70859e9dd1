/** All activations. @module */
import type { ActivationDef } from "../../core/layer.ts";

/** Every activation plugin. */
export const activations: readonly ActivationDef[] = [];
