/** matmul operators. @module */
import type { OpDef } from "../op.ts";

/** matmul operators. */
export const matmulOps: readonly OpDef[] = [];
