/** compare operators. @module */
import type { OpDef } from "../op.ts";

/** compare operators. */
export const compareOps: readonly OpDef[] = [];
