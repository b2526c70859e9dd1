/** All initializers. @module */
import type { InitializerDef } from "../../core/layer.ts";

/** Every initializer plugin. */
export const initializers: readonly InitializerDef[] = [];
