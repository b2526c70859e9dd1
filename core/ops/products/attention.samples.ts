/** Samples of attention. @module */
import type { Attributes } from "../../graph/graph.ts";
import { type OpSample, uniform } from "../sample.ts";
import { tensor } from "../../values/tensor.ts";

const attention = (note: string, attributes: Attributes, ...more: OpSample["inputs"]): OpSample => ({
  op: "Attention",
  attributes: { q_num_heads: 2, kv_num_heads: 2, ...attributes },
  inputs: [uniform([2, 3, 4]), uniform([2, 5, 4], -1, 1, 2), uniform([2, 5, 6], -1, 1, 3), ...more],
  outputs: 1,
  note,
});

/** Samples of Attention. */
export const attentionSamples: readonly OpSample[] = [
  attention("by heads", {}),
  attention("causal, bounded", { is_causal: 1, softcap: 2, scale: 0.4 }),
  attention("added mask", {}, uniform([3, 5], -1, 1, 4)),
  attention("bool mask", {}, tensor([1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1], [3, 5], "bool")),
  {
    op: "Attention",
    attributes: { is_causal: 1 },
    inputs: [
      uniform([1, 4, 2, 3]),
      uniform([1, 2, 2, 3], -1, 1, 2),
      uniform([1, 2, 2, 2], -1, 1, 3),
      undefined,
      uniform([1, 2, 3, 3], -1, 1, 4),
      uniform([1, 2, 3, 2], -1, 1, 5),
    ],
    note: "grouped queries, cache",
  },
];
