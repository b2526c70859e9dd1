/** recurrent operators. @module */
import type { OpDef } from "../op.ts";

/** recurrent operators. */
export const recurrentOps: readonly OpDef[] = [];
