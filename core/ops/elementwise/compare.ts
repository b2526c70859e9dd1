/** Comparisons and logic: results are bool. @module */
import type { DType } from "../../values/dtype.ts";
import type { InferContext, OpDef } from "../../graph/op.ts";
import { bool } from "../../values/schema.ts";
import { type Dim, sameDim, tensorType } from "../../values/shape.ts";
import { broadcastType, propagateWith } from "./arithmetic.ts";
import { anyType, defineOp, floats, inputOf, numeric, sharedType, tensorAt, withDType } from "../define.ts";
import { upgradeBroadcast } from "../legacy.ts";
import { mapUnary, testBinary, testUnary } from "../kernels.ts";

type Compared = number | bigint | string;
const test = (
  name: string,
  since: number,
  summary: string,
  types: readonly DType[],
  f: (x: Compared, y: Compared) => boolean,
  propagate?: (c: InferContext<unknown>) => readonly Dim[] | undefined,
) =>
  defineOp({
    name,
    since,
    summary,
    attributes: {},
    arity: [2, 2],
    accuracy: "exact",
    infer(c) {
      sharedType(c, types);
      return [broadcastType(c, "bool")];
    },
    ...(propagate && { propagate }),
    gradient: "none",
    plain: (inputs) => [testBinary<Compared>(tensorAt(inputs, 0), tensorAt(inputs, 1), f)],
    upgrade: upgradeBroadcast,
  });

const not = defineOp({
  name: "Not",
  since: 1,
  summary: "True where the input is false",
  attributes: {},
  arity: [1, 1],
  accuracy: "exact",
  infer: (c) => [inputOf(c, 0, ["bool"])],
  gradient: "none",
  plain: (inputs) => [mapUnary(tensorAt(inputs, 0), { number: (x) => (x ? 0 : 1) })],
});

const isNaN = defineOp({
  name: "IsNaN",
  since: 20,
  summary: "True where the input is not a number",
  attributes: {},
  arity: [1, 1],
  accuracy: "exact",
  infer: (c) => [withDType(inputOf(c, 0, narrowToo()), "bool")],
  dtypes: () => [tensorType("bool")],
  gradient: "none",
  plain: (inputs) => [testUnary(tensorAt(inputs, 0), Number.isNaN)],
});
function narrowToo(): readonly DType[] {
  return [...floats, ...anyType.filter((name) => name.startsWith("float8"))];
}

const isInf = defineOp<{ readonly detect_negative: boolean; readonly detect_positive: boolean }>({
  name: "IsInf",
  since: 20,
  summary: "True where the input is infinite",
  attributes: {
    detect_negative: bool({ doc: "count −∞", default: true }),
    detect_positive: bool({ doc: "count ∞", default: true }),
  },
  arity: [1, 1],
  accuracy: "exact",
  infer: (c) => [withDType(inputOf(c, 0, narrowToo()), "bool")],
  dtypes: () => [tensorType("bool")],
  gradient: "none",
  plain(inputs, { attributes: { detect_negative: negative, detect_positive: positive } }) {
    return [
      testUnary(tensorAt(inputs, 0), (x) => (x === Infinity && positive) || (x === -Infinity && negative)),
    ];
  },
});

/** True where a size can't be negative whatever its symbols are bound to. */
function isNatural(d: Dim): boolean {
  return typeof d === "number"
    ? d >= 0
    : typeof d === "string" || "unknown" in d || isNatural(d.a) && isNatural(d.b);
}
/** 1 where two sizes are the same for every binding, 0 where for none: exporters ask whether a size is −1. */
function equalDims(a: Dim, b: Dim): Dim | undefined {
  if (sameDim(a, b)) return 1;
  const other = typeof a === "number" ? b : a, n = typeof a === "number" ? a : b;
  if (typeof n !== "number") return undefined;
  return typeof other === "number" || n < 0 && isNatural(other) ? 0 : undefined;
}

/** What has an equality. */
const comparable: readonly DType[] = [...numeric, "bool", "string"];

/** Comparisons and logic. */
export const compareOps: readonly OpDef[] = [
  test("Equal", 19, "x = y", comparable, (x, y) => x === y, propagateWith(equalDims)),
  test("Greater", 13, "x > y", numeric, (x, y) => x > y),
  test("Less", 13, "x < y", numeric, (x, y) => x < y),
  test("GreaterOrEqual", 16, "x ≥ y", numeric, (x, y) => x >= y),
  test("LessOrEqual", 16, "x ≤ y", numeric, (x, y) => x <= y),
  test("And", 7, "Both hold", ["bool"], (x, y) => x === 1 && y === 1),
  test("Or", 7, "Either holds", ["bool"], (x, y) => x === 1 || y === 1),
  test("Xor", 7, "One alone holds", ["bool"], (x, y) => x !== y),
  not,
  isNaN,
  isInf,
];
