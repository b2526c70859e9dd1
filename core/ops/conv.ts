/** conv operators. @module */
import type { OpDef } from "../op.ts";

/** conv operators. */
export const convOps: readonly OpDef[] = [];
