/** Turns a graph to float64, so that results and gradients can be checked beyond float32's rounding. @module */
import type { Attributes, AttributeValue, Graph } from "../../../core/graph/graph.ts";
import type { Operators } from "../../../core/graph/op.ts";
import { rewrite } from "../../../core/graph/rewrite.ts";
import { tensorType, type Type } from "../../../core/values/shape.ts";
import { castTensor, isTensor, type RuntimeValue, type Tensor, tensor } from "../../../core/values/tensor.ts";
import { dtypes } from "../../../core/values/dtype.ts";

function widened(type: Type): Type {
  if (type.kind !== "tensor") return { ...type, of: widened(type.of) };
  return type.dtype === "float32" ? tensorType("float64", type.shape) : type;
}
const isFloat32 = (value: unknown): value is Tensor =>
  typeof value === "object" && value !== null && isTensor(value as RuntimeValue) &&
  (value as Tensor).dtype === "float32";

function widenedAttribute(name: string, value: AttributeValue): AttributeValue {
  if (isFloat32(value)) return castTensor(value, "float64");
  return typeNames.has(name) && value === dtypes.float32.onnx ? dtypes.float64.onnx : value;
}
/** Attributes that say an element type. */
const typeNames: ReadonlySet<string> = new Set(["to", "dtype", "output_datatype"]);

/** A node's attributes for float64; undefined where none changes. */
function widenedAttributes(op: string, attributes: Attributes): Attributes | undefined {
  const { value_float: one, value_floats: many } = attributes;
  if (op === "Constant" && typeof one === "number") return { value: tensor([one], [], "float64") };
  if (op === "Constant" && Array.isArray(many)) return { value: tensor([...many], [many.length], "float64") };
  if (op === "ConstantOfShape" && attributes["value"] === null) return { value: tensor([0], [1], "float64") };
  const entries = Object.entries(attributes).map(([name, v]) => [name, widenedAttribute(name, v)] as const);
  return entries.some(([name, v]) => v !== attributes[name]) ? Object.fromEntries(entries) : undefined;
}

/** The same graph with float64 wherever it had float32: inputs, constants, casts and nested graphs. */
export function toFloat64(graph: Graph, registry: Operators): Graph {
  return rewrite(graph, registry, {
    name: "to float64",
    input: (input, type) => {
      const wide = widened(type);
      if (wide === type) return {};
      return { type: wide, ...(input.value && { value: castTensor(input.value, "float64") }) };
    },
    node: ({ b, node, inputs }) => {
      const attributes = widenedAttributes(node.op, node.attributes);
      if (!attributes) return undefined;
      const name = node.domain === "" ? node.op : `${node.domain}.${node.op}`;
      return b.op(name, inputs, attributes, { outputs: node.outputs.length });
    },
  });
}
