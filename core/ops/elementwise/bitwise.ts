/** Bits of integers: shifts and logic. @module */
import type { OpDef } from "../../graph/op.ts";
import { choice } from "../../values/schema.ts";
import { isBig } from "../../values/dtype.ts";
import { broadcastType } from "./arithmetic.ts";
import { defineOp, integers, keepsType, sharedType, tensorAt } from "../define.ts";
import { type Binary, mapBinary, mapUnary } from "../kernels.ts";
import { dtypes } from "../../values/dtype.ts";

const bitShift = defineOp<{ readonly direction: "LEFT" | "RIGHT" }>({
  name: "BitShift",
  since: 28,
  summary: "x shifted by y bits",
  attributes: { direction: choice({ doc: "which way", of: ["LEFT", "RIGHT"] }) },
  arity: [2, 2],
  accuracy: "exact",
  infer: (c) => [broadcastType(c, sharedType(c, integers))],
  gradient: "none",
  plain(inputs, { attributes: { direction } }) {
    const x = tensorAt(inputs, 0), left = direction === "LEFT", { bits, kind } = dtypes[x.dtype];
    const width = BigInt(bits);
    const number = (a: number, b: number) => {
      if (b >= bits || b < 0) return left || a >= 0 ? 0 : -1;
      return left ? a << b : kind === "uint" ? a >>> b : a >> b;
    };
    const big = (a: bigint, b: bigint) => {
      if (b >= width || b < 0n) return left || a >= 0n ? 0n : -1n;
      return left ? a << b : a >> b;
    };
    return [mapBinary(x, tensorAt(inputs, 1), isBig(x.dtype) ? { number, big } : { number })];
  },
});

const logic = (name: string, summary: string, f: Binary) =>
  defineOp({
    name,
    since: 18,
    summary,
    attributes: {},
    arity: [2, 2],
    accuracy: "exact",
    infer: (c) => [broadcastType(c, sharedType(c, integers))],
    gradient: "none",
    plain: (inputs) => [mapBinary(tensorAt(inputs, 0), tensorAt(inputs, 1), f)],
  });
const bitwiseNot = defineOp({
  name: "BitwiseNot",
  since: 18,
  summary: "Every bit turned",
  attributes: {},
  arity: [1, 1],
  accuracy: "exact",
  infer: keepsType(integers),
  gradient: "none",
  plain: (inputs) => [mapUnary(tensorAt(inputs, 0), { number: (x) => ~x, big: (x) => ~x })],
});

/** Bits of integers. */
export const bitwiseOps: readonly OpDef[] = [
  bitShift,
  logic("BitwiseAnd", "Bits set in both", { number: (x, y) => x & y, big: (x, y) => x & y }),
  logic("BitwiseOr", "Bits set in either", { number: (x, y) => x | y, big: (x, y) => x | y }),
  logic("BitwiseXor", "Bits set in one", { number: (x, y) => x ^ y, big: (x, y) => x ^ y }),
  bitwiseNot,
];
