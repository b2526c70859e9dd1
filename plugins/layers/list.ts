/** Definitions of the layers that pages load. @module */
import { defsOf } from "../../core/network/factory.ts";
import type { LayerDef } from "../../core/network/layer.ts";
import * as common from "./common.ts";

/** The layers that models commonly have. */
export const layers: readonly LayerDef[] = defsOf(common);
