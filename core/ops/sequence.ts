/** sequence operators. @module */
import type { OpDef } from "../op.ts";

/** sequence operators. */
export const sequenceOps: readonly OpDef[] = [];
