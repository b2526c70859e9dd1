/** Control flow: nested graphs that are chosen (If) or run again and again (Loop, Scan). @module */
import type { OpDef } from "../op.ts";
import { ifOp } from "./if.ts";
import { loopOp } from "./loop.ts";
import { scanOp } from "./scan.ts";
import { scan8Op } from "./scan8.ts";

/** Control flow. */
export const controlOps: readonly OpDef[] = [ifOp, loopOp, scanOp, scan8Op];
