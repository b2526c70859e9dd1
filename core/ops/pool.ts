/** pool operators. @module */
import type { OpDef } from "../op.ts";

/** pool operators. */
export const poolOps: readonly OpDef[] = [];
