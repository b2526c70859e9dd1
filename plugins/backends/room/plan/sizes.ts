/** Sizes of a graph's values that follow from its inputs': none may come out below zero, and some must agree. @module */
import { InputError } from "../../../../core/values/errors.ts";
import { type Graph, type Node, opName } from "../../../../core/graph/graph.ts";
import {
  type Dim,
  type DimEnv,
  evalDim,
  maxDims,
  productDims,
  sameDim,
  shapeText,
  type Type,
} from "../../../../core/values/shape.ts";
import { constantInts, intOf, intsOf } from "../rules/rule.ts";

/** Two sizes that have to be equal for a node, which its kernel doesn't check; a size is the larger of it and its least. */
export interface Agreement {
  readonly a: Dim;
  readonly b: Dim;
  /** The shapes they are of. */
  readonly shapes: readonly (readonly Dim[])[];
  readonly node: Node;
}

/** A node for people: its layer's path and its operator. */
export function nodePlace(node: Node): string {
  return node.scope === "" ? opName(node) : `${node.scope} (${opName(node)})`;
}

/** Operators whose operands' sizes have to agree, or have a least. */
const asking = /^(Concat|MatMul|Gemm|Reshape|SpaceToDepth|Squeeze|Arg(Max|Min)|Scan|Conv(Transpose)?)$|Pool$/;
const none: readonly Agreement[] = [];
/** Whether a size of a type is an expression. */
function isComputed(type: Type | undefined): boolean {
  return type?.kind === "tensor" && type.shape?.some((d) => typeof d === "object") === true;
}

/** What doesn't agree for every binding. */
export function agreementsOf(graph: Graph): readonly Agreement[] {
  return graph.nodes.flatMap((node) => {
    const op = opName(node);
    if (!asking.test(op) && !node.outputs.some((id) => isComputed(graph.types[id]))) return none;
    const shapes = (ids: readonly number[]) =>
      ids.map((id) => {
        const type = graph.types[id];
        return id < 0 ? [] : type?.kind === "tensor" ? type.shape : undefined;
      });
    const inputs = shapes(node.inputs), outputs = shapes(node.outputs);
    if (!inputs.every(Boolean) || !outputs.every(Boolean)) return [];
    const [x = [], y = []] = inputs, [out = []] = outputs;
    const found: Agreement[] = [];
    const equal = (a: Dim = 0, b: Dim = 0, other = out) => {
      if (!sameDim(a, b)) found.push({ a, b, shapes: [x, other], node });
    };
    const least = (n: number, d: Dim = 0) => equal(maxDims(d, n), d);
    for (const d of outputs.flat()) if (typeof d === "object") least(0, d);
    const axis = intOf(node, "axis", 0);
    if (op === "Concat") {
      for (const other of inputs) {
        x.forEach((d, i) => i !== axis && i - x.length !== axis && equal(d, other?.[i], other));
      }
    } else if (op === "MatMul") equal(x.at(-1), y.at(y.length === 1 ? 0 : -2), y);
    else if (op === "Gemm") equal(x[1 - intOf(node, "transA", 0)], y[intOf(node, "transB", 0)], y);
    else if (/^(Reshape|SpaceToDepth)$/.test(op)) equal(productDims(x), productDims(out));
    else if (op === "Squeeze") {
      for (const axis of constantInts(graph, node.inputs[1]) ?? []) equal(1, x.at(axis), x);
    } else if (/^Arg(Max|Min)$/.test(op)) least(1, x.at(axis));
    else if (op === "Scan") {
      const axes = intsOf(node, "scan_input_axes"), sequences = intOf(node, "num_scan_inputs", 0);
      const first = inputs.length - intOf(node, "captures", 0) - sequences;
      const shapes = Array.from({ length: sequences }, (_, i) => inputs[first + i] ?? []);
      const [steps = 0, ...others] = shapes.map((shape, i) => shape.at(axes?.[i] ?? 0) ?? 0);
      others.forEach((b, i) => {
        if (!sameDim(steps, b)) {
          found.push({ a: steps, b, shapes: [shapes[0] ?? [], shapes[i + 1] ?? []], node });
        }
      });
      const body = node.graphs["body"];
      if (body) found.push(...agreementsOf(body));
    } else if (/^Conv(Transpose)?$|Pool$/.test(op) && !node.attributes["ceil_mode"]) {
      // Pools and transposed convolutions may give nothing; a convolution's windows must fit.
      for (const d of out.slice(2)) least(op === "Conv" ? 1 : 0, d);
    }
    return found;
  });
}

/** @throws {InputError} naming the layer whose sizes come out below zero or don't agree, and their shapes. */
export function checkSizes(agreements: readonly Agreement[], env: DimEnv): void {
  for (const { a, b, shapes, node } of agreements) {
    const left = evalDim(a, env), right = evalDim(b, env);
    if (left === right || left === undefined || right === undefined) continue;
    const place = nodePlace(node);
    const got = shapes.map((s) => `${shapeText(s)} is [${s.map((d) => evalDim(d, env)).join(", ")}]`);
    throw new InputError(`${place}: ${got.join(", ")}: sizes don't fit`, { place });
  }
}
