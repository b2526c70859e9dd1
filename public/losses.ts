/**
 * Losses: each function takes a loss' options, for `compile({ loss })`.
 *
 * ```ts
 * import { huber } from "@lapis/lapis/losses";
 * const loss = huber({ delta: 2 });
 * ```
 * @module
 */
export * from "../plugins/training/losses/mod.ts";
