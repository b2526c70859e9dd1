/** create operators. @module */
import type { OpDef } from "../op.ts";

/** create operators. */
export const createOps: readonly OpDef[] = [];
