/** Nodes in the form that an older opset has them in: axes as attributes, sizes spelled out. @module */
import { shown, UnsupportedError } from "../../../core/values/errors.ts";
import type { Node } from "../../../core/graph/graph.ts";
import { type Tensor, tensor, toIntegers } from "../../../core/values/tensor.ts";
import { freshDim, tensorType, type Type } from "../../../core/values/shape.ts";
import { attributeTypes } from "../reading/attributes.ts";
import type { AttributeProto, NodeProto } from "../messages.ts";

/** What lowering is told of the node and given to work with. */
export interface Lowering {
  /** The opset that is written. */
  readonly opset: number;
  /** The node, as it was before it became a message. */
  readonly node: Node;
  /** An input's value, where it is a constant. */
  known(index: number): Tensor | undefined;
  /** An input's type. */
  type(index: number): Type | undefined;
  /** The name of a further constant. */
  constant(name: string, value: Tensor): string;
  /** The name of a further value. */
  value(name: string, type: Type): string;
}

const ints = (values: readonly number[]): Tensor => tensor([...values], [values.length], "int64");
const without = (list: readonly AttributeProto[] | undefined, ...names: readonly string[]) =>
  (list ?? []).filter((a) => !names.includes(a.name ?? ""));
const integers = (name: string, values: readonly number[]): AttributeProto => ({
  name,
  type: attributeTypes.INTS,
  ints: BigInt64Array.from(values, BigInt),
});

/** The nodes that say the same at an opset. @throws {UnsupportedError} where what had to be known only running tells. */
export function lowered(proto: NodeProto, context: Lowering): readonly NodeProto[] {
  const { node, opset } = context;
  if (node.domain !== "") return [proto];
  const rule = node.op.startsWith("Reduce") && node.op !== "ReduceSum" ? reduction : rules[node.op];
  return rule && opset < rule.before ? rule.lower(proto, context) : [proto];
}
interface Rule {
  /** The opset that brought the form of now. */
  readonly before: number;
  lower(proto: NodeProto, context: Lowering): readonly NodeProto[];
}
/** @throws {UnsupportedError} */
function fixed(context: Lowering, index: number, what: string): number[] {
  const value = context.known(index);
  if (value) return toIntegers(value);
  throw new UnsupportedError(
    `${shown(context.node.scope)}: ${context.node.op} with ${what} that are computed needs opset ${
      context.node.op === "Split" ? 13 : 18
    }; ${context.opset} is written`,
  );
}

/** Axes were an attribute. */
const reduction: Rule = {
  before: 18,
  lower(proto, context) {
    const axes = (proto.input?.[1] ?? "") === "" ? [] : fixed(context, 1, "axes");
    const attribute = without(proto.attribute, "noop_with_empty_axes");
    const nothing = axes.length === 0 && Number(context.node.attributes["noop_with_empty_axes"] ?? 0) !== 0;
    const input = (proto.input ?? []).slice(0, 1);
    if (nothing) return [{ ...proto, input, opType: "Identity", attribute: [] }];
    return [{
      ...proto,
      input,
      attribute: axes.length === 0 ? attribute : [...attribute, integers("axes", axes)],
    }];
  },
};
const rules: Readonly<Record<string, Rule>> = {
  /** A zero always kept a size. One that is computed is zero only where the whole tensor is empty. */
  Reshape: {
    before: 14,
    lower(proto, context) {
      const empty = Number(context.node.attributes["allowzero"] ?? 0) !== 0;
      if (empty && context.known(1) && fixed(context, 1, "sizes").includes(0)) {
        throw new UnsupportedError(
          `${
            shown(context.node.scope)
          }: Reshape to an empty shape needs opset 14; ${context.opset} is written`,
        );
      }
      return [{ ...proto, attribute: without(proto.attribute, "allowzero") }];
    },
  },
  /** The number of parts was that of the outputs, which had to be equal. */
  Split: {
    before: 18,
    lower(proto, context) {
      const attribute = without(proto.attribute, "num_outputs"), type = context.type(0);
      const axis = Number(context.node.attributes["axis"] ?? 0), parts = context.node.outputs.length;
      const shape = type?.kind === "tensor" ? type.shape : undefined, size = shape?.at(axis);
      if ((proto.input?.[1] ?? "") !== "" || typeof size !== "number" || size % parts === 0) {
        return [{ ...proto, attribute }];
      }
      const part = Math.ceil(size / parts);
      const sizes = Array.from({ length: parts }, (_, i) => Math.min(part, size - i * part));
      const split = context.constant(`${proto.name}/split`, ints(sizes));
      return [{ ...proto, input: [proto.input?.[0] ?? "", split], attribute }];
    },
  },
  /** Every axis had its pads. */
  Pad: {
    before: 18,
    lower(proto, context) {
      const [x = "", pads = "", value = "", axes = ""] = proto.input ?? [];
      if (axes === "") return [proto];
      const type = context.type(0), rank = type?.kind === "tensor" ? type.shape?.length : undefined;
      const given = fixed(context, 1, "pads"), at = fixed(context, 3, "axes");
      if (rank === undefined) {
        throw new UnsupportedError(`${shown(context.node.scope)}: Pad of an unknown rank`);
      }
      const full = new Array<number>(2 * rank).fill(0);
      at.forEach((axis, i) => {
        const own = axis < 0 ? axis + rank : axis;
        full[own] = given[i] ?? 0;
        full[own + rank] = given[i + at.length] ?? 0;
      });
      const input = [x, context.constant(`${pads}/full`, ints(full)), ...(value === "" ? [] : [value])];
      return [{ ...proto, input }];
    },
  },
  /** The whole shape came out. */
  Shape: {
    before: 15,
    lower(proto, context) {
      const { start = 0, end = null } = context.node.attributes;
      if (!start && (end === null || end === undefined)) return [proto];
      const name = proto.name ?? "", type = context.type(0);
      const rank = type?.kind === "tensor" ? type.shape?.length : undefined;
      const whole = context.value(`${proto.output?.[0]}/whole`, tensorType("int64", [rank ?? freshDim()]));
      const last = end === null || end === undefined ? rank ?? 2 ** 31 : Number(end);
      const input = [
        whole,
        context.constant(`${name}/start`, ints([Number(start)])),
        context.constant(`${name}/end`, ints([last])),
      ];
      const shape = { ...proto, output: [whole], attribute: [] };
      return [shape, {
        name: `${name}/Slice`,
        opType: "Slice",
        input,
        output: proto.output ?? [],
      }];
    },
  },
};
