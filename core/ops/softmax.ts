/** softmax operators. @module */
import type { OpDef } from "../op.ts";

/** softmax operators. */
export const softmaxOps: readonly OpDef[] = [];
