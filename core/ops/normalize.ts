/** normalize operators. @module */
import type { OpDef } from "../op.ts";

/** normalize operators. */
export const normalizeOps: readonly OpDef[] = [];
