/** layout operators. @module */
import type { OpDef } from "../op.ts";

/** layout operators. */
export const layoutOps: readonly OpDef[] = [];
