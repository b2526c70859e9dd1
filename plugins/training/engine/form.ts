/** What differs between batches so that they need graphs of their own. @module */
import type { DType } from "../../../core/values/dtype.ts";

/** What differs between batches in a way that needs a graph of its own, by output. */
export interface BatchForm {
  /** Ranks of sample weights. */
  readonly weighted: ReadonlyMap<string, number>;
  /** Targets of outputs that have metrics alone, as they came. */
  readonly free: ReadonlyMap<string, { readonly dtype: DType; readonly rank: number }>;
}
/** The form as a key. */
export function formKey({ weighted, free }: BatchForm): string {
  return JSON.stringify([[...weighted], [...free].map(([name, { dtype, rank }]) => [name, dtype, rank])]);
}
