/** Whether a node's operands have the ranks and sizes that its operator takes, as far as the file fixes them. @module */
import { item } from "../../../core/values/item.ts";
import { FormatError } from "../../../core/values/errors.ts";
import type { Agreement, Attributes, Value } from "../../../core/graph/graph.ts";
import { type Dim, dimText, mulDims, sameDim, shapeText, typeText } from "../../../core/values/shape.ts";

/**
 * Shapes by operator, an input after the other: a letter is a size (the same wherever it stands), `4H` so many times a
 * size, `_` any size, `…` any sizes, `one` a scalar or a vector of one element, `r` as many as the first input has axes,
 * `=1` the shape of input 1, `-` anything.
 */
const shapes: Readonly<Record<string, string>> = {
  ArrayFeatureExtractor: "_ … | …",
  AffineGrid: "_ _ … | _",
  AveragePool: "_ _ _ …",
  BatchNormalization: "_ C … | C | C | C | C",
  BlackmanWindow: "one",
  CenterCropPad: "… | _",
  Clip: "… | one | one",
  Col2Im: "_ _ _ | _ | _",
  ConstantOfShape: "_",
  Conv: "N C _ … | M _ _ … | M",
  ConvInteger: "N C _ … | M _ _ … | one | -",
  ConvTranspose: "N C _ … | C _ _ … | _",
  CumSum: "… | one",
  DeformConv: "N _ _ _ | M _ _ _ | N _ p q | M | N _ p q",
  DepthToSpace: "_ _ _ _",
  Det: "… _ _",
  Dropout: "… | one | one",
  EyeLike: "_ _",
  GRU: "T N I | D 3H I | D 3H H | D 6H | N | D N H",
  GatherND: "_ … | _ …",
  Gemm: "_ _ | _ _",
  GlobalAveragePool: "_ _ _ …",
  GlobalLpPool: "_ _ _ …",
  GlobalMaxPool: "_ _ _ …",
  GridSample: "N _ _ … | N _ _ …",
  GroupNormalization: "_ _ … | S | S",
  HammingWindow: "one",
  HannWindow: "one",
  InstanceNormalization: "_ C _ … | C | C",
  LRN: "_ _ _ …",
  LSTM: "T N I | D 4H I | D 4H H | D 8H | N | D N H | D N H | D 3H",
  LpPool: "_ _ _ …",
  MaxPool: "_ _ _ …",
  MaxRoiPool: "_ _ _ _ | _ 5",
  MaxUnpool: "_ _ _ … | =0 | _",
  MelWeightMatrix: "one | one | one | one | one",
  NegativeLogLikelihoodLoss: "N C … | N … | C",
  NonMaxSuppression: "B S 4 | B _ S | one | one | one",
  OneHot: "… | one | 2",
  Pad: "… | - | one | _",
  QLinearConv: "_ _ _ … | one | one | M _ _ … | - | - | one | one | M",
  QLinearMatMul: "_ … | - | - | _ … | - | - | one | one",
  RNN: "T N I | D H I | D H H | D 2H | N | D N H",
  Range: "one | one | one",
  ReduceL1: "… | _",
  ReduceL2: "… | _",
  ReduceLogSum: "… | _",
  ReduceLogSumExp: "… | _",
  ReduceMax: "… | _",
  ReduceMean: "… | _",
  ReduceMin: "… | _",
  ReduceProd: "… | _",
  ReduceSum: "… | _",
  ReduceSumSquare: "… | _",
  Reshape: "… | _",
  Resize: "… | _ | _ | _",
  ReverseSequence: "_ _ … | _",
  RoiAlign: "_ _ _ _ | R 4 | R",
  Scatter: "_ … | _ … | =1",
  ScatterElements: "_ … | _ … | =1",
  Slice: "_ … | k | k | k | k",
  ScatterND: "_ … | _ … | -",
  SoftmaxCrossEntropyLoss: "N C … | N … | C",
  SpaceToDepth: "_ _ _ _",
  Split: "_ … | _",
  Squeeze: "… | _",
  Tile: "… | r",
  TopK: "_ … | 1",
  Trilu: "… _ _ | one",
  Upsample: "… | r",
};
/** Inputs that are broadcast to the first one's shape, or to the product's. */
const broadcastInputs: Readonly<Record<string, readonly number[]>> = {
  Gemm: [2],
  LayerNormalization: [1, 2],
  PRelu: [1],
  RMSNormalization: [1],
};
/** Batchwise recurrent operators have other shapes; before opset 9 parameters could be as large as a sample. */
function applies(op: string, opset: number, attributes: Attributes): boolean {
  if (op === "BatchNormalization") return opset >= 9;
  if (op === "PRelu") return opset >= 7;
  if (op === "LSTM" || op === "GRU" || op === "RNN") return Number(attributes["layout"] ?? 0) === 0;
  // Older opsets had other inputs.
  return op !== "Tile" || opset >= 6;
}

/** What a node's operands have been found to have: sizes by letter, and which sizes still have to be compared. */
class Operands {
  readonly sizes = new Map<string, { readonly size: Dim; readonly from: string }>();
  readonly agreements: Agreement[] = [];
  readonly #place: string;
  readonly #shapes: readonly (readonly Dim[] | undefined)[];
  constructor(place: string, shapes: readonly (readonly Dim[] | undefined)[]) {
    this.#place = place;
    this.#shapes = shapes;
  }
  /** False where two sizes can't be equal; those that vary are compared when data comes in. */
  #equal(a: Dim, b: Dim, input: number, round: number): boolean {
    if (sameDim(a, b)) return true;
    if (typeof a === "number" && typeof b === "number") return false;
    if (round === 1) {
      this.agreements.push({ a, b, said: `${this.#place}: sizes of input ${input} don't fit` });
    }
    return true;
  }
  /** Whether an input has the shape that a pattern says. A size told by a later input is there in the second round. */
  fits(input: number, pattern: string, round: number): boolean {
    const shape = this.#shapes[input], first = this.#shapes[0];
    if (!shape || pattern === "-") return true;
    const equal = (a: Dim, b: Dim) => this.#equal(a, b, input, round);
    if (pattern === "one") return shape.length === 0 || (shape.length === 1 && equal(item(shape, 0), 1));
    if (pattern.startsWith("=")) {
      const other = this.#shapes[Number(pattern.slice(1))];
      return !other || (shape.length === other.length && shape.every((d, i) => equal(d, other[i] ?? d)));
    }
    // tf2onnx and others write lists of one number as scalars.
    if (shape.length === 0 && /^[_k1]$/.test(pattern)) return true;
    const words = pattern.split(" "), open = words.indexOf("…");
    const fixed = open < 0 ? words : words.toSpliced(open, 1);
    if (open < 0 ? shape.length !== fixed.length : shape.length < fixed.length) return false;
    return fixed.every((word, i) => {
      const d = item(shape, open >= 0 && i >= open ? shape.length - fixed.length + i : i);
      const [, times = "", name = ""] = /^(\d*)(\D*)$/.exec(word) ?? [];
      if (name === "_") return true;
      if (name === "") return equal(d, Number(times));
      if (name === "r") return !first || equal(d, first.length);
      const size = this.sizes.get(name)?.size;
      if (size !== undefined) return equal(d, times === "" ? size : mulDims(Number(times), size));
      if (times === "") this.sizes.set(name, { size: d, from: `input ${input}` });
      return true;
    });
  }
}

/** Patterns that depend on attributes. */
function patternsOf(op: string, attributes: Attributes, row: string): readonly string[] {
  const patterns = row.split(" | ");
  if (op === "ReverseSequence") {
    return [Number(attributes["batch_axis"] ?? 1) === 0 ? "B _ …" : "_ B …", "B"];
  }
  if (op === "Gemm") {
    return [
      Number(attributes["transA"] ?? 0) === 0 ? "M _" : "_ M",
      Number(attributes["transB"] ?? 0) === 0 ? "_ N" : "N _",
    ];
  }
  const kernel = attributes["kernel_shape"], weights = op === "QLinearConv" ? 3 : 1;
  if (/Conv/.test(op) && Array.isArray(kernel)) {
    return patterns.with(weights, `${op === "ConvTranspose" ? "C" : "M"} _ ${kernel.join(" ")}`);
  }
  if (op === "Resize" && !Array.isArray(attributes["axes"]) && patterns.length === 4) {
    return ["…", "_", "r?", "r?"];
  }
  return patterns;
}

/**
 * Checks the shapes of a node's inputs and tells which sizes have to agree when data comes in.
 * @throws {FormatError} naming the input, the shape that was expected and what came.
 */
export function checkOperands(
  op: string,
  opset: number,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes,
): readonly Agreement[] {
  const row = Object.hasOwn(shapes, op) ? shapes[op] : undefined;
  if ((row === undefined && !Object.hasOwn(broadcastInputs, op)) || !applies(op, opset, attributes)) {
    return [];
  }
  const all = inputs.map((v) => (v?.type.kind === "tensor" ? v.type.shape : undefined));
  const operands = new Operands(op, all), units = attributes["hidden_size"];
  if (typeof units === "number") operands.sizes.set("H", { size: units, from: "hidden_size" });
  const wrong = (i: number, expected: string) => {
    const known = [...operands.sizes].filter(([name]) => expected.includes(name))
      .map(([name, { size, from }]) => `${name} is ${dimText(size)} by ${from}`);
    const where = known.length === 0 ? "" : ` where ${known.join(", ")}`;
    return new FormatError(`input ${i}: expected ${expected}${where}, got ${typeText(inputs[i]?.type)}`);
  };
  const patterns = patternsOf(op, attributes, row ?? "-");
  for (const round of [0, 1]) {
    patterns.forEach((pattern, i) => {
      // An absent operand may stand as an empty vector.
      const empty = pattern.endsWith("?") && all[i]?.length === 1 && all[i]?.[0] === 0;
      const asked = pattern.replace("?", "");
      if (!empty && !operands.fits(i, asked, round)) {
        throw wrong(i, asked === "one" ? "one element" : `a shape of [${asked}]`);
      }
    });
  }
  // What is broadcast, and to which shape.
  const [rows, columns] = ["M", "N"].map((name) => operands.sizes.get(name)?.size);
  const wide = op === "Gemm" ? rows !== undefined && columns !== undefined && [rows, columns] : all[0];
  const over = (d: Dim, to: Dim) => typeof d === "number" && typeof to === "number" && d !== 1 && d !== to;
  for (const i of broadcastInputs[op] ?? []) {
    const shape = all[i];
    if (!shape || !wide) continue;
    const lead = wide.length - shape.length;
    if (lead < 0 || shape.some((d, k) => over(d, item(wide, k + lead)))) {
      throw wrong(i, `what broadcasts to ${shapeText(wide)}`);
    }
  }
  return operands.agreements;
}
