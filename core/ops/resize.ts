/** resize operators. @module */
import type { OpDef } from "../op.ts";

/** resize operators. */
export const resizeOps: readonly OpDef[] = [];
