/** gather operators. @module */
import type { OpDef } from "../op.ts";

/** gather operators. */
export const gatherOps: readonly OpDef[] = [];
