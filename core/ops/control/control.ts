/** Control flow: nested graphs that are chosen (If) or run again and again (Loop, Scan). @module */
import type { OpDef } from "../../graph/op.ts";
import { ifOp } from "./if.ts";
import { loopOp } from "./loop.ts";
import { scanForward } from "./scan.ts";
import { scan8Op, upgradeScan } from "./scan8.ts";
import { scanVjp } from "./scan-gradient.ts";

/** Scan with its gradient, and read out of older files. */
const scanOp: OpDef = { ...scanForward, vjp: scanVjp, upgrade: upgradeScan };

/** Control flow. */
export const controlOps: readonly OpDef[] = [ifOp, loopOp, scanOp, scan8Op];
