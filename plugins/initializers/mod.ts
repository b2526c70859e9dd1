/** All initializers. @module */
import type { InitializerDef } from "../../core/network/layer.ts";
import * as constants from "./constant.ts";
import * as random from "./random.ts";

/** Every initializer plugin. */
export const initializers: readonly InitializerDef[] = [
  ...Object.values(constants),
  ...Object.values(random),
];
