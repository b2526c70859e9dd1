/** All layers: those that pages load, rare ones, those that files alone hold, and KerasHub's; and what makes them. @module */
import { defsOf } from "../../core/network/factory.ts";
import type { LayerDef } from "../../core/network/layer.ts";
import { filedLayers } from "./filed.ts";
import { hubLayers } from "./hub/list.ts";
import { layers } from "./list.ts";
import * as rare from "./rare.ts";

export { layers };
export * from "./common.ts";
export * from "./rare.ts";

/** Every layer's definition. */
export const allLayers: readonly LayerDef[] = [...layers, ...defsOf(rare), ...filedLayers, ...hubLayers];
