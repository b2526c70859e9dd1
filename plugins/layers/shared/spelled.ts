/** How Keras' versions spell what layers' configurations share, and what one of them lacks. @module */
import { UnsupportedError } from "../../../core/values/errors.ts";
import { bool, type Field } from "../../../core/values/schema.ts";

/** Keras 1's names of what all layers with weights share. */
export const keras1Names: Readonly<Record<string, string>> = {
  output_dim: "units",
  init: "kernel_initializer",
  bias: "use_bias",
  W_regularizer: "kernel_regularizer",
  b_regularizer: "bias_regularizer",
  W_constraint: "kernel_constraint",
  b_constraint: "bias_constraint",
};
/** A configuration under newer names; names in `drop` are left out, a name given both ways keeps the newer one. */
export function renamed(
  config: Readonly<Record<string, unknown>>,
  names: Readonly<Record<string, string>>,
  drop: readonly string[] = [],
): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(config)) {
    if (drop.includes(key)) continue;
    const name = Object.hasOwn(names, key) ? names[key] ?? key : key;
    if (name === key || !Object.hasOwn(config, name)) out[name] = value;
  }
  return out;
}
/** Refuses an option that only one value of is supported. @throws {UnsupportedError} */
export function onlyValue(config: Readonly<Record<string, unknown>>, key: string, value: unknown): void {
  const got = config[key];
  if (got !== undefined && got !== null && got !== value) {
    throw new UnsupportedError(
      `${key}: only ${JSON.stringify(value)} is supported, got ${JSON.stringify(got)}`,
    );
  }
}
/**
 * Fields without those that a version of Keras lacks, where they are as that version takes for granted.
 * @throws {UnsupportedError} naming one that isn't.
 */
export function withoutFields(
  fields: Readonly<Record<string, unknown>>,
  lacking: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  for (const [key, granted] of Object.entries(lacking)) {
    if (key in fields) onlyValue(fields, key, granted);
  }
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !Object.hasOwn(lacking, key)));
}
/** Whether softmax leaves 0 where all is masked. */
export function zeroMaskedField(): Field<boolean> {
  return bool({ default: true });
}
/** Before Keras 3.14 a softmax over nothing but masked places was even. */
export function beforeZeroMasked(config: Record<string, unknown>, version: string): Record<string, unknown> {
  return /^([12](\.|$)|3\.(\d|1[0-3])\.)/.test(version) ? { ...config, zero_masked: false } : config;
}
