/** Every operator that random graphs are made of. @module */
import type { Draft } from "../draft.ts";
import { contribs } from "./contrib.ts";
import { controls } from "./control.ts";
import { elementwise } from "./elementwise.ts";
import { gathers } from "./gather.ts";
import type { Makers } from "./kit.ts";
import { layouts } from "./layout.ts";
import { networks } from "./network.ts";
import { cameWith, inOpset } from "./older.ts";
import { quantized } from "./quantized.ts";
import { recurrents } from "./recurrent.ts";
import { reductions } from "./reduce.ts";
import { sequences } from "./sequences.ts";
import { windowed } from "./windows.ts";

/** Makers by operator. */
export const makers: Makers = {
  ...elementwise,
  ...reductions,
  ...layouts,
  ...gathers,
  ...windowed,
  ...networks,
  ...quantized,
  ...recurrents,
  ...sequences,
  ...contribs,
  ...controls(grow),
};
/** The opset that an operator is from, where it is a late one. */
const since: Readonly<Record<string, number>> = {
  AffineGrid: 20,
  Attention: 23,
  BitwiseAnd: 18,
  BitwiseNot: 18,
  BitwiseOr: 18,
  BitwiseXor: 18,
  BlackmanWindow: 17,
  CastLike: 15,
  CenterCropPad: 18,
  Col2Im: 18,
  Gelu: 20,
  GridSample: 16,
  HammingWindow: 17,
  HannWindow: 17,
  HardSwish: 14,
  LayerNormalization: 17,
  Mish: 18,
  RMSNormalization: 23,
  RotaryEmbedding: 23,
  Trilu: 14,
};
/** The opset that an operator is of at the latest, where ONNX dropped it. */
export const until: Readonly<Record<string, number>> = Object.fromEntries(
  ["Affine", "Crop", "DynamicSlice", "ImageScaler", "ParametricSoftplus", "Scale", "ScaledTanh"]
    .map((name) => [`com.microsoft.${name}`, 9]),
);
/** Adds random nodes of the given operators. */
export function grow(draft: Draft, count: number, ops: readonly string[]): void {
  for (let tries = 0, done = 0; done < count && tries < count * 3; tries++) {
    const op = draft.dice.pick(ops);
    if ((since[op] ?? cameWith[op] ?? 0) > draft.opset || (until[op] ?? Infinity) < draft.opset) continue;
    const made = makers[op]?.(draft), wish = made && inOpset(draft, made);
    if (wish && draft.add(wish)) done++;
  }
}
