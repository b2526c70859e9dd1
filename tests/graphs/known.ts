/** Where onnxruntime and ONNX part, found with this generator: models that onnxruntime is no judge of. @module */
import type { ModelProto, NodeProto } from "../../io/onnx/messages.ts";
import type { Finding } from "./judge.ts";

/** A difference that is none of ours. */
export interface Known {
  readonly op: RegExp;
  /** What the finding looks like. */
  readonly reason: RegExp;
  readonly why: string;
}
/** All of them. */
export const known: readonly Known[] = [
  {
    op: /^Loop$/,
    reason: /shape \[0,.*\], expected \[0(,\d+)*\]/,
    why: "without trips onnxruntime gives stacked results sizes of 0 on every axis",
  },
  {
    op: /^(Reduce.*|ArgM..|Mean)$/,
    reason: /shape \[|expected 0$|expected NaN$|is empty|-?Infinity/,
    why: "of nothing: onnxruntime keeps axes that were reduced, and gives 0 for means",
  },
  {
    op: /^MeanVarianceNormalization$/,
    reason: /expected NaN/,
    why: "of equal numbers: ONNX adds an epsilon to the deviation, onnxruntime divides by 0",
  },
  {
    op: /^MatMulInteger$/,
    reason: /element \d+ is 0, expected/,
    why: "of nothing: onnxruntime leaves what lay in the memory",
  },
  {
    op: /^(RNN|GRU|LSTM)$/,
    reason: /expected 0$/,
    why: "of no steps: the state stays what it was given as; onnxruntime gives zeros",
  },
  {
    op: /Pool$|^ConvTranspose$/,
    reason: /a window spans|sizes don't fit|shape \[[\d,]*\b0\b[\d,]*\], expected/,
    why:
      "an image that windows or pads leave nothing of is refused or empty; onnxruntime rounds its size to zero, not down",
  },
];
/** The reason why nobody's fault is in a shrunk model, or undefined. */
export function knownReason(model: ModelProto, findings: readonly Finding[]): string | undefined {
  const nodes = (model.graph?.node ?? []).filter((n: NodeProto) => n.opType !== "Constant");
  const [node] = nodes;
  if (nodes.length !== 1 || node === undefined) return undefined;
  const found = known.find((k) => k.op.test(node.opType ?? ""));
  const alike = new Set(findings.map((f) => f.engine)).size > 1 ||
    findings.every((f) => f.kind === "refused");
  return found && alike && findings.every((f) => found.reason.test(f.reason)) ? found.why : undefined;
}
