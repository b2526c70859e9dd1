/** control operators. @module */
import type { OpDef } from "../op.ts";

/** control operators. */
export const controlOps: readonly OpDef[] = [];
