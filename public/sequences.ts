/**
 * Sequences: padding, batches with carried states, step-by-step use of recurrent models, decoding.
 *
 * ```ts
 * import { padSequences } from "@lapis/lapis/sequences";
 * console.log(padSequences([[1, 2, 3], [4]]).shape);
 * ```
 * @module
 */
export * from "../plugins/preprocessing/sequences.ts";
export * from "../plugins/sequences/mod.ts";
