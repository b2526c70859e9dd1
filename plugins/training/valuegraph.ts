/** The graph behind an eager value, as data that can be drawn: values with label, data and gradient, operators between. @module */
import * as args from "../../io/files/arguments.ts";
import { type Tensor, toNumbers } from "../../core/values/tensor.ts";

/** A value, or an operator. */
export interface ValueNode {
  /** Tells it apart. */
  readonly id: string;
  /** Values are drawn as boxes, operators as circles. */
  readonly kind: "value" | "operator";
  /** Its name, or the operator's. */
  readonly label: string;
  /** A value's shape. */
  readonly shape?: readonly (number | string)[];
  /** A value's first numbers. */
  readonly data?: string;
  /** The first numbers of its gradient, where there is one. */
  readonly gradient?: string;
  /** `data`, `parameter`, `output` and the like, for colours. */
  readonly role?: string;
}
/** Values and operators; edges go from what is read to what is made. */
export interface ValueGraph {
  /** Values and operators. */
  readonly nodes: readonly ValueNode[];
  /** Pairs of ids. */
  readonly edges: readonly (readonly [from: string, to: string])[];
}

/** The first six numbers of a tensor in few characters, and how many there are where there are more; "" for strings. */
export function valueText(t: Tensor | undefined): string {
  if (!t) return "";
  args.check("valueText", "t", t, args.tensorKind);
  if (t.dtype === "string") return "";
  const list = toNumbers(t), shown = Array.from(list.subarray(0, 6), (v) => `${Number(v.toPrecision(4))}`);
  return `${shown.join(", ")}${list.length > 6 ? `, … (${list.length})` : ""}`;
}
