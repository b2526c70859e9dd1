/** elementwise operators. @module */
import type { OpDef } from "../op.ts";

/** elementwise operators. */
export const elementwiseOps: readonly OpDef[] = [];
