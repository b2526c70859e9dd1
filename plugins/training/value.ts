/** Eager values that know where they come from: gradients of any expression, for learning and experiments. @module */
import { GraphBuilder } from "../../core/graph/builder.ts";
import { isFloat } from "../../core/values/dtype.ts";
import { InputError, shown } from "../../core/values/errors.ts";
import { runGraph } from "../../core/ops/execute.ts";
import { gradientNodes } from "../../core/graph/gradient.ts";
import type { Attributes, Graph, Value as GraphValue } from "../../core/graph/graph.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { networkOps } from "../../core/ops/mod.ts";
import { createRegistry, type Registry } from "../../core/registry.ts";
import { tensorType } from "../../core/values/shape.ts";
import {
  castTensor,
  copyOf,
  isTensor,
  type Nested,
  type Tensor,
  tensor,
  toNumbers,
  zeros,
} from "../../core/values/tensor.ts";
import { type ValueGraph, type ValueNode, valueText } from "./valuegraph.ts";

let known: Registry | undefined;
const operators = (): Registry => known ??= createRegistry([{ owner: "core", plugins: networkOps }]);

/** One operator as a graph, and the graph of its gradients; made once for each kind of use. */
interface Step {
  readonly forward: Graph;
  readonly backward: Graph;
  /** Which inputs the gradients are of, in order. */
  readonly flows: readonly number[];
}
const steps = new Map<string, Step>();
/** Inputs that an operator takes as constants: axes and shapes. */
type Fixed = readonly Tensor[];

function stepOf(op: string, inputs: readonly Tensor[], fixed: Fixed, attributes: Attributes): Step {
  const key = JSON.stringify([
    op,
    inputs.map((t) => [t.dtype, t.shape]),
    fixed.map((t) => Array.from(t.data as ArrayLike<unknown>, String)),
    attributes,
  ]);
  const found = steps.get(key);
  if (found) return found;
  const build = (gradient: boolean): readonly [Graph, readonly number[]] => {
    const b = new GraphBuilder(operators(), { name: op });
    const values = inputs.map((t, i) => b.input(`x${i}`, tensorType(t.dtype, t.shape)));
    const y = b.one(op, [...values, ...fixed.map((t) => b.constant(t))], attributes, { outputs: 1 });
    if (!gradient) {
      b.output("y", y);
      return [b.build(), []];
    }
    const graph = b.build(), all = new Map<number, GraphValue>();
    graph.types.forEach((type, id) => all.set(id, { id, type, owner: b }));
    const wanted = values.flatMap((v, i) => (isFloat(inputs[i]?.dtype ?? "bool") ? [v.id] : []));
    const dy = b.input("dy", y.type);
    const gradients = isFloat(y.type.kind === "tensor" ? y.type.dtype : "bool")
      ? gradientNodes(b, graph, all, new Map([[y.id, dy]]), wanted)
      : new Map<number, GraphValue>();
    const flows: number[] = [];
    values.forEach((v, i) => {
      const g = gradients.get(v.id);
      if (!g) return;
      flows.push(i);
      b.output(`dx${i}`, g);
    });
    return [b.build(), flows];
  };
  const [forward] = build(false), [backward, flows] = build(true);
  if (steps.size > 4096) steps.clear();
  const made: Step = { forward, backward, flows };
  steps.set(key, made);
  return made;
}
function run(graph: Graph, inputs: readonly Tensor[]): Tensor[] {
  return runGraph(graph, inputs, { registry: operators(), limits: defaultLimits }).filter(isTensor);
}

/** What can stand where a value is wanted. */
export type ValueLike = Value | Tensor | Nested;
const isTensorLike = (x: unknown): x is Tensor =>
  typeof x === "object" && x !== null && "data" in x && "shape" in x;

/** A tensor with its history. Gradients add up in `grad` until {@link Value.zeroGrad}. */
export class Value {
  /** What it holds. */
  readonly tensor: Tensor;
  /** The gradient of everything that `backward` was called on, or undefined before the first call. */
  grad: Tensor | undefined;
  readonly #parents: readonly Value[];
  readonly #step: Step | undefined;

  /** A value of its own, without history; {@link value} takes arrays too. */
  constructor(held: Tensor, parents: readonly Value[] = [], step?: object) {
    this.tensor = held;
    this.#parents = parents;
    this.#step = step as Step | undefined;
  }
  /** Sizes of the axes. */
  get shape(): readonly number[] {
    return this.tensor.shape;
  }
  /** The elements, row by row. */
  get data(): number[] {
    return Array.from(toNumbers(this.tensor));
  }
  /** The only element. @throws {InputError} where there are several. */
  item(): number {
    const numbers = toNumbers(this.tensor);
    if (numbers.length === 1) return Number(numbers[0]);
    throw new InputError(`item(): the value has ${numbers.length} elements`);
  }

  #apply(
    op: string,
    others: readonly ValueLike[] = [],
    fixed: Fixed = [],
    attributes: Attributes = {},
  ): Value {
    const inputs = [this, ...others.map((o) => like(o, this))], tensors = inputs.map((v) => v.tensor);
    const step = stepOf(op, tensors, fixed, attributes), [y] = run(step.forward, tensors);
    if (!y) throw new InputError(`${op} gave nothing`);
    return new Value(y, inputs, step);
  }
  /** this + other, broadcast as numpy does. */
  add(other: ValueLike): Value {
    return this.#apply("Add", [other]);
  }
  /** this − other */
  sub(other: ValueLike): Value {
    return this.#apply("Sub", [other]);
  }
  /** this · other, element by element */
  mul(other: ValueLike): Value {
    return this.#apply("Mul", [other]);
  }
  /** this / other */
  div(other: ValueLike): Value {
    return this.#apply("Div", [other]);
  }
  /** this to the power other */
  pow(other: ValueLike): Value {
    return this.#apply("Pow", [other]);
  }
  /** −this */
  neg(): Value {
    return this.#apply("Neg");
  }
  /** 1 where this > other, else 0; no gradient flows through it. */
  greater(other: ValueLike): Value {
    const compared = this.#apply("Greater", [other]);
    return new Value(castTensor(compared.tensor, this.tensor.dtype));
  }
  /** The matrix product. */
  matmul(other: ValueLike): Value {
    return this.#apply("MatMul", [other]);
  }
  /** eˣ */
  exp(): Value {
    return this.#apply("Exp");
  }
  /** ln x */
  log(): Value {
    return this.#apply("Log");
  }
  /** The hyperbolic tangent. */
  tanh(): Value {
    return this.#apply("Tanh");
  }
  /** 1 / (1 + e⁻ˣ) */
  sigmoid(): Value {
    return this.#apply("Sigmoid");
  }
  /** max(x, 0) */
  relu(): Value {
    return this.#apply("Relu");
  }
  /** Axes in another order; reversed unless given. */
  transpose(order?: readonly number[]): Value {
    return this.#apply("Transpose", [], [], order ? { perm: [...order] } : {});
  }
  /** The same elements under another shape. */
  reshape(shape: readonly number[]): Value {
    return this.#apply("Reshape", [], [tensor([...shape], [shape.length], "int64")]);
  }
  #reduce(op: string, axis: number | readonly number[] | undefined, keepdims: boolean): Value {
    const axes = axis === undefined ? [] : [axis].flat();
    const fixed = axes.length > 0 ? [tensor(axes, [axes.length], "int64")] : [];
    return this.#apply(op, [], fixed, { keepdims: keepdims ? 1 : 0 });
  }
  /** The sum over axes; over all unless given. */
  sum(axis?: number | readonly number[], keepdims = false): Value {
    return this.#reduce("ReduceSum", axis, keepdims);
  }
  /** The mean over axes; over all unless given. */
  mean(axis?: number | readonly number[], keepdims = false): Value {
    return this.#reduce("ReduceMean", axis, keepdims);
  }
  /** Elements `[from, to)` of an axis; negative numbers count from the end. */
  slice(axis: number, from: number, to: number = Number.MAX_SAFE_INTEGER): Value {
    const one = (n: number) => tensor([n], [1], "int64");
    return this.#apply("Slice", [], [one(from), one(to), one(axis)]);
  }

  /** Adds the gradients of this scalar to `grad` of everything it was computed from. @throws {InputError} for others. */
  backward(): void {
    if (this.data.length !== 1) {
      throw new InputError(`backward(): is for scalars, got shape ${shown(this.shape)}`);
    }
    const order: Value[] = [], seen = new Set<Value>();
    const visit = (root: Value) => {
      const stack: [Value, boolean][] = [[root, false]];
      for (let top = stack.pop(); top; top = stack.pop()) {
        const [v, leaving] = top;
        if (leaving) order.push(v);
        else if (!seen.has(v)) {
          seen.add(v);
          stack.push([v, true]);
          for (const p of v.#parents) stack.push([p, false]);
        }
      }
    };
    visit(this);
    const flowing = new Map<Value, Tensor>([[this, filled(this.tensor, 1)]]);
    for (const v of order.reverse()) {
      const dy = flowing.get(v);
      if (!dy) continue;
      v.grad = v.grad ? sumOf(v.grad, dy) : copyOf(dy);
      const step = v.#step;
      if (!step || step.flows.length === 0) continue;
      const gradients = run(step.backward, [...v.#parents.map((p) => p.tensor), dy]);
      step.flows.forEach((i, k) => {
        const parent = v.#parents[i], g = gradients[k];
        if (!parent || !g) return;
        const before = flowing.get(parent);
        flowing.set(parent, before ? sumOf(before, g) : g);
      });
    }
  }
  /**
   * What it was computed from, for drawings: every value with its data and gradient, operators between them. `names`
   * label values; others are labelled by their operator. `lapis graph` and `lapis view` take it as a JSON file.
   */
  graph(names: Readonly<Record<string, Value>> = {}): ValueGraph {
    const labels = new Map(Object.entries(names).map(([name, v]) => [v, name]));
    const ids = new Map<Value, string>(), nodes: ValueNode[] = [], edges: [string, string][] = [];
    const waiting: Value[] = [this];
    for (let v = waiting.pop(); v; v = waiting.pop()) {
      if (ids.has(v)) continue;
      ids.set(v, `v${ids.size}`);
      waiting.push(...v.#parents);
    }
    for (const [v, id] of ids) {
      const op = v.#step?.forward.name, gradient = v.grad && valueText(v.grad);
      nodes.push({
        id,
        kind: "value",
        label: labels.get(v) ?? op?.toLowerCase() ?? "value",
        shape: v.shape,
        data: valueText(v.tensor),
        ...(gradient !== undefined && { gradient }),
        role: v === this ? "output" : op === undefined ? "data" : "value",
      });
      if (op === undefined) continue;
      nodes.push({ id: `${id}:op`, kind: "operator", label: op });
      for (const parent of new Set(v.#parents)) edges.push([ids.get(parent) ?? "", `${id}:op`]);
      edges.push([`${id}:op`, id]);
    }
    return { nodes, edges };
  }
  /** Forgets the gradient. */
  zeroGrad(): void {
    this.grad = undefined;
  }
}

function filled(of: Tensor, n: number): Tensor {
  const t = zeros(of.shape, of.dtype);
  (t.data as Float64Array).fill(n);
  return t;
}
function sumOf(x: Tensor, y: Tensor): Tensor {
  const out = copyOf(x), a = out.data as Float64Array, b = toNumbers(y);
  for (let i = 0; i < a.length; i++) a[i] = (a[i] ?? 0) + (b[i] ?? 0);
  return out;
}
function like(other: ValueLike, of: Value): Value {
  if (other instanceof Value) return other;
  return new Value(castTensor(isTensorLike(other) ? other : value(other).tensor, of.tensor.dtype));
}

/**
 * A value from numbers, in float64 unless said: `value([[1, 2], [3, 4]]).matmul([[1], [1]]).sum()`.
 * @throws {ShapeError} for rows of unequal length.
 */
export function value(of: Tensor | Nested, dtype: "float64" | "float32" = "float64"): Value {
  return new Value(isTensorLike(of) ? of : tensor(of, undefined, dtype));
}
/** A function's value, and its gradient for every argument. */
export interface ValueAndGrad {
  /** The function's value. */
  readonly value: number;
  /** In the order of the arguments. */
  readonly gradients: readonly Tensor[];
}
/**
 * From a function of values to one that also gives its gradients:
 * `valueAndGrad((w, x) => w.mul(x).sum())([1, 2], [3, 4])`.
 */
export function valueAndGrad(
  f: (...args: readonly Value[]) => Value,
): (...args: readonly ValueLike[]) => ValueAndGrad {
  return (...args) => {
    const leaves = args.map((a) => new Value(a instanceof Value ? a.tensor : value(a).tensor));
    const y = f(...leaves);
    y.backward();
    return { value: y.item(), gradients: leaves.map((v) => v.grad ?? zeros(v.shape, v.tensor.dtype)) };
  };
}
