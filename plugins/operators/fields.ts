/** Attribute fields that operators outside networks share; each may be left out. @module */
import { tensorField } from "../../core/ops/define.ts";
import { type Field, field, int, list, nullable, text } from "../../core/values/schema.ts";
import type { Tensor } from "../../core/values/tensor.ts";

const number = {
  expects: "a number",
  json: { type: "number" },
  read: (raw: unknown): number | undefined => (typeof raw === "number" ? raw : undefined),
};

/** A number, NaN and infinities too. */
export function anyNumber(doc: string, otherwise: number): Field<number> {
  return field({ ...number, doc, default: otherwise });
}
/** Numbers, NaN and infinities too. */
export function anyNumbers(doc: string): Field<readonly number[] | null> {
  return nullable(list({ doc, of: field({ ...number, doc }) }));
}
/** Whole numbers that a double holds. */
export function wholes(doc: string): Field<readonly number[] | null> {
  return nullable(list({ doc, of: int({ doc }) }));
}
/** 64-bit whole numbers. */
export function bigs(doc: string): Field<readonly bigint[] | null> {
  const one = field<bigint>({
    doc,
    expects: "a whole number",
    json: { type: "integer" },
    read: (raw) =>
      typeof raw === "bigint" ? raw : Number.isSafeInteger(raw) ? BigInt(raw as number) : undefined,
  });
  return nullable(list({ doc, of: one }));
}
/** Words. */
export function texts(doc: string): Field<readonly string[] | null> {
  return nullable(list({ doc, of: text({ doc }) }));
}
/** A tensor. */
export function maybeTensor(doc: string): Field<Tensor | null> {
  return nullable(tensorField(doc));
}
