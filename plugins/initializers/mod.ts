/** Definitions of the initializers that pages load. @module */
import type { InitializerDef } from "../../core/network/layer.ts";
import * as constants from "./constant.ts";
import * as random from "./random.ts";

/** Every initializer plugin but that of spectra. */
export const initializers: readonly InitializerDef[] = [constants, random].flatMap((module) =>
  Object.values(module).map(({ def }) => def)
);
