/** reduce operators. @module */
import type { OpDef } from "../op.ts";

/** reduce operators. */
export const reduceOps: readonly OpDef[] = [];
