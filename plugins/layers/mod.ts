/** All layers. @module */
import type { LayerDef } from "../../core/layer.ts";

/** Every layer plugin. */
export const layers: readonly LayerDef[] = [];
