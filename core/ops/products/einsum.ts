/** Einsum: sums of products over named axes. @module */
import { item } from "../../values/item.ts";
import type { Builder } from "../../graph/builder.ts";
import { ShapeError, shown } from "../../values/errors.ts";
import type { Value } from "../../graph/graph.ts";
import type { OpDef } from "../../graph/op.ts";
import { text } from "../../values/schema.ts";
import { asTensor, broadcastDim, type Dim, dimsOf, tensorType } from "../../values/shape.ts";
import { tensor, toNumbers } from "../../values/tensor.ts";
import { eachOffset, type Numbers, product, result, stridesOf } from "../arrays.ts";
import { addProduct, matrix } from "./gemm.ts";
import { defineOp, tensorAt } from "../define.ts";

/** An equation with its ellipses written out: a name for every axis. Names longer than a letter come from an ellipsis. */
interface Equation {
  readonly inputs: readonly (readonly string[])[];
  readonly output: readonly string[];
}

/** Reads an equation for operands of the given ranks. @throws {ShapeError} where it doesn't fit them. */
export function parseEquation(equation: string, ranks: readonly number[]): Equation {
  const [left = "", right, ...more] = equation.replaceAll(" ", "").split("->");
  const terms = left.split(",");
  if (
    more.length > 0 || !/^[A-Za-z.,]*$/.test(left) || (right !== undefined && !/^[A-Za-z.]*$/.test(right))
  ) {
    throw new ShapeError(`equation: expected a form like ij,jk->ik, got ${shown(equation)}`);
  }
  if (terms.length !== ranks.length) {
    throw new ShapeError(`equation ${shown(equation)} has ${terms.length} operands, got ${ranks.length}`);
  }
  let widest = 0;
  const inputs = terms.map((term, i) => {
    const rank = item(ranks, i), [before = "", after, ...dots] = term.split("...");
    const named = before.length + (after?.length ?? 0);
    const free = after === undefined ? 0 : rank - named;
    if (
      dots.length > 0 || free < 0 || (after === undefined && named !== rank) ||
      /\./.test(before + (after ?? ""))
    ) {
      throw new ShapeError(
        `equation ${shown(equation)}: ${shown(term)} doesn't name the axes of a rank of ${rank}`,
      );
    }
    widest = Math.max(widest, free);
    // Ellipses align on their last axes.
    const hidden = Array.from({ length: free }, (_, k) => `...${free - k}`);
    return [...before, ...hidden, ...(after ?? "")];
  });
  const ellipsis = Array.from({ length: widest }, (_, k) => `...${widest - k}`);
  if (right !== undefined) {
    const [before = "", after] = right.split("...");
    const output = [...before, ...(after === undefined ? [] : ellipsis), ...(after ?? "")];
    const known = new Set(inputs.flat());
    for (const name of output) {
      if (!known.has(name) || output.indexOf(name) !== output.lastIndexOf(name)) {
        throw new ShapeError(
          `equation ${shown(equation)}: the output's ${name} must stand in the inputs, and once`,
        );
      }
    }
    return { inputs, output };
  }
  const count = new Map<string, number>();
  for (const name of inputs.flat()) count.set(name, (count.get(name) ?? 0) + 1);
  const single = [...count].filter(([name, n]) => n === 1 && name.length === 1).map(([name]) => name).sort();
  return { inputs, output: [...ellipsis, ...single] };
}

/** The size of every named axis. */
function sizesOf(equation: Equation, shapes: readonly (readonly Dim[])[]): Map<string, Dim> {
  const sizes = new Map<string, Dim>();
  equation.inputs.forEach((names, i) =>
    names.forEach((name, axis) => {
      const size = shapes[i]?.[axis] ?? 1, before = sizes.get(name);
      sizes.set(name, before === undefined ? size : broadcastDim(before, size));
    })
  );
  return sizes;
}

/** An operand with one axis for each of its names, in their order: diagonals taken, steps of 0 where it repeats. */
interface Operand {
  readonly names: readonly string[];
  readonly data: Numbers;
  readonly strides: ReadonlyMap<string, number>;
}
function operand(names: readonly string[], data: Numbers, shape: readonly number[]): Operand {
  const steps = stridesOf(shape), strides = new Map<string, number>();
  names.forEach((name, axis) => {
    strides.set(name, (strides.get(name) ?? 0) + (shape[axis] === 1 ? 0 : item(steps, axis)));
  });
  return { names: [...strides.keys()], data, strides };
}
const stepsAlong = (o: Operand, names: readonly string[]) => names.map((name) => o.strides.get(name) ?? 0);

/** Copies an operand to a dense array over `names`, summing over what is not in them. */
function dense(o: Operand, names: readonly string[], sizes: ReadonlyMap<string, number>): Float64Array {
  const summed = o.names.filter((name) => !names.includes(name));
  const sizeOf = (list: readonly string[]) => list.map((name) => sizes.get(name) ?? 1);
  const out = new Float64Array(product(sizeOf(names))), inner = product(sizeOf(summed));
  eachOffset(sizeOf([...names, ...summed]), [stepsAlong(o, [...names, ...summed])], (at, flat) => {
    const to = inner === 1 ? flat : Math.floor(flat / inner);
    out[to] = (out[to] as number) + (o.data[item(at, 0)] as number);
  });
  return out;
}
/** The product of two operands over the names that are needed later, as one matrix product a batch. */
function contract(
  a: Operand,
  b: Operand,
  kept: ReadonlySet<string>,
  sizes: ReadonlyMap<string, number>,
): Operand {
  const inB = new Set(b.names), inA = new Set(a.names);
  const batch = a.names.filter((name) => inB.has(name) && kept.has(name));
  const inner = a.names.filter((name) => inB.has(name) && !kept.has(name));
  const rows = a.names.filter((name) => !inB.has(name) && kept.has(name));
  const columns = b.names.filter((name) => !inA.has(name) && kept.has(name));
  const count = (names: readonly string[]) => product(names.map((name) => sizes.get(name) ?? 1));
  const [l, m, k, n] = [count(batch), count(rows), count(inner), count(columns)];
  const left = dense(a, [...batch, ...rows, ...inner], sizes);
  const right = dense(b, [...batch, ...inner, ...columns], sizes);
  const out = new Float64Array(l * m * n);
  for (let i = 0; i < l; i++) {
    addProduct(matrix(left, k, i * m * k), matrix(right, n, i * k * n), m, n, k, out, i * m * n);
  }
  const names = [...batch, ...rows, ...columns];
  return operand(names, out, names.map((name) => sizes.get(name) ?? 1));
}

interface Einsum {
  readonly equation: string;
}
/** Einsum. */
export const einsum: OpDef = defineOp<Einsum>({
  name: "Einsum",
  since: 12,
  summary: "Products of operands summed over the axes that the output doesn't name, numpy.einsum.",
  attributes: { equation: text({ doc: "As in ij,jk->ik; ... stands for axes that broadcast." }) },
  arity: [1, Infinity],
  infer({ inputs, attributes }) {
    const shapes = inputs.map((t) => dimsOf(t));
    const equation = parseEquation(attributes.equation, shapes.map((s) => s.length));
    const sizes = sizesOf(equation, shapes);
    return [tensorType(asTensor(inputs[0]).dtype, equation.output.map((name) => sizes.get(name) ?? 1))];
  },
  vjp(b, node, [dy], wanted) {
    if (!dy) return [];
    const values = node.inputs.flatMap((v) => (v ? [v] : []));
    const equation = parseEquation(node.attributes.equation, values.map((v) => dimsOf(v.type).length));
    return values.map((_, i) => (wanted[i] ? operandGradient(b, equation, values, i, dy) : undefined));
  },
  plain(inputs, { attributes }) {
    const tensors = inputs.map((_, i) => tensorAt(inputs, i));
    const equation = parseEquation(attributes.equation, tensors.map((t) => t.shape.length));
    const sizes = sizesOf(equation, tensors.map((t) => t.shape)) as Map<string, number>;
    const operands = tensors.map((t, i) => operand(item(equation.inputs, i), toNumbers(t), t.shape));
    const total = operands.reduce((a, next, i) => {
      const later = new Set([...equation.output, ...operands.slice(i + 1).flatMap((o) => o.names)]);
      return contract(a, next, later, sizes);
    }, operand([], Float64Array.of(1), []));
    const shape = equation.output.map((name) => sizes.get(name) ?? 1);
    return [result(dense(total, equation.output, sizes), shape, tensorAt(inputs, 0).dtype)];
  },
  accuracy: "rounding",
});

/** Einsum is linear in each operand: its gradient is the Einsum of dy with all others. */
function operandGradient(
  b: Builder,
  { inputs, output }: Equation,
  values: readonly Value[],
  which: number,
  dy: Value,
): Value | undefined {
  const own = item(inputs, which), value = values[which];
  if (!value) return undefined;
  const { dtype } = asTensor(value.type), shape = dimsOf(value.type);
  const sizes = sizesOf({ inputs, output }, values.map((v) => dimsOf(v.type)));
  const letters = lettersFor([...inputs.flat(), ...output]);
  const write = (names: readonly string[]) => names.map((name) => letters.get(name) ?? "").join("");
  const operands = [dy], terms = [write(output)];
  values.forEach((v, i) => {
    if (i === which) return;
    operands.push(v);
    terms.push(write(item(inputs, i)));
  });
  // An axis of 1 that was broadcast is summed over, and put back at the end.
  const stretched = own.map((name, axis) => shape[axis] === 1 && sizes.get(name) !== 1);
  const present = new Set([...output, ...inputs.filter((_, i) => i !== which).flat()]);
  const target = own.flatMap((name, axis) => {
    if (stretched[axis]) return [];
    const first = own.indexOf(name) === axis;
    if (first && present.has(name)) return [letters.get(name) ?? ""];
    const size = b.shape(value, { start: axis, end: axis + 1 });
    const one = tensor([1], [1], dtype);
    if (first) {
      operands.push(b.constantOfShape(size, { value: one }));
      terms.push(letters.get(name) ?? "");
      return [letters.get(name) ?? ""];
    }
    // A repeated name took a diagonal: the gradient stands on it again.
    const other = freeLetter(letters, `${name}'${axis}`);
    const square = b.constantOfShape(b.concat([size, size], { axis: 0 }), { value: one });
    operands.push(b.eyeLike(square));
    terms.push((letters.get(name) ?? "") + other);
    return [other];
  });
  const d = b.einsum(operands, { equation: `${terms.join(",")}->${target.join("")}` });
  const axes = stretched.flatMap((s, axis) => (s ? [axis] : []));
  return axes.length === 0 ? d : b.unsqueeze(d, b.ints(axes));
}
function freeLetter(letters: Map<string, string>, name: string): string {
  const used = new Set(letters.values());
  const letter = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"].find((c) => !used.has(c));
  if (letter === undefined) throw new ShapeError("equation: more than 52 axes");
  letters.set(name, letter);
  return letter;
}
/** A letter for every name; letters keep themselves. */
function lettersFor(names: readonly string[]): Map<string, string> {
  const letters = new Map<string, string>();
  for (const name of names) if (name.length === 1) letters.set(name, name);
  for (const name of names) if (!letters.has(name)) freeLetter(letters, name);
  return letters;
}
