/** Fused elementwise loops: an expression graph over operands with their own strides. @module */

import { item } from "../../../../../core/values/item.ts";
import type { FunctionBuilder, Kernel } from "../../assembler/assembler.ts";
import { type Args, defineKernel } from "../common.ts";
import { ELEMENT_BYTES, Elements } from "./elements.ts";
import type {
  ElementType,
  ElementwiseNode,
  ElementwiseSpec,
  InnerStride,
} from "../../../room/lowering/loops.ts";
import { type Value, Values } from "./values.ts";

/**
 * A fused loop. Arguments: `e0 … e(rank-1) n`, the extents from the outermost to the inner one; then for each input, in
 * order: its address, a byte stride for each outer loop, and the inner byte stride if it is "any"; then the outputs likewise.
 * Names: `e0 n x0 x0s0 x0s1 x0si … y0 y0s0 …`. An output may be an input's memory when their strides are equal.
 */
export function elementwise(spec: ElementwiseSpec): Kernel {
  const operands = operandsOf(spec), names: string[] = [];
  for (let d = 0; d < spec.rank; d++) names.push(`e${d}`);
  names.push("n");
  for (const { name, inner } of operands) {
    names.push(name);
    for (let d = 0; d < spec.rank; d++) names.push(`${name}s${d}`);
    if (inner === "any") names.push(`${name}si`);
  }
  return defineKernel<string>(keyOf(spec), names, (f, arg) => new FusedLoop(f, spec, operands, arg).emit());
}

interface Operand {
  readonly name: string;
  readonly dtype: ElementType;
  readonly inner: InnerStride;
}

function operandsOf(spec: ElementwiseSpec): readonly Operand[] {
  return [
    ...spec.inputs.map(({ dtype, inner }, i): Operand => ({ name: `x${i}`, dtype, inner })),
    ...spec.outputs.map(({ dtype, inner = 1 }, i): Operand => ({ name: `y${i}`, dtype, inner })),
  ];
}

function keyOf(spec: ElementwiseSpec): string {
  const inputs = spec.inputs.map((x) => `${x.dtype}${x.inner}`).join();
  const nodes = spec.nodes.map((node) => {
    const details = detailsOf(node);
    return `${node.op}(${(node.args ?? []).join()}${details === "" ? "" : `;${details}`})`;
  });
  const outputs = spec.outputs.map((y) => `${y.dtype}${y.inner ?? 1}=${y.value}`).join();
  return `each${spec.rank} ${inputs} ${nodes.join(" ")} ${outputs}`;
}

function detailsOf(node: ElementwiseNode): string {
  const number = (x: number) => (Object.is(x, -0) ? "-0" : `${x}`);
  switch (node.op) {
    case "const":
      return `${node.dtype},${number(node.value)}`;
    case "cast":
      return node.to;
    case "clip":
      return `${number(node.min)},${number(node.max)}`;
    case "leaky":
      return number(node.alpha);
    default:
      return "";
  }
}

/** Writes the loop nest. */
class FusedLoop {
  readonly f: FunctionBuilder;
  readonly spec: ElementwiseSpec;
  readonly operands: readonly Operand[];
  readonly arg: Args<string>;
  readonly values: Values;
  readonly memory: Elements;
  /** Where each operand stands in the innermost loop. */
  readonly pointers: readonly number[];
  /** Elements left in the innermost loop. */
  readonly left: number;

  constructor(f: FunctionBuilder, spec: ElementwiseSpec, operands: readonly Operand[], arg: Args<string>) {
    this.f = f;
    this.spec = spec;
    this.operands = operands;
    this.arg = arg;
    this.values = new Values(f);
    this.memory = new Elements(f);
    this.pointers = operands.map(() => f.local("i32"));
    this.left = f.local("i32");
  }

  local(name: string): number {
    return this.arg[name] ?? 0;
  }

  emit(): void {
    this.outer(0, this.operands.map(({ name }) => this.local(name)));
  }

  /** Loop `depth` around the inner one; `bases` are the operands' addresses at its start. */
  outer(depth: number, bases: readonly number[]): void {
    const { f } = this;
    if (depth === this.spec.rank) {
      this.pointers.forEach((pointer, i) => f.get(item(bases, i)).set(pointer));
      this.inner();
      return;
    }
    const count = f.local("i32");
    const own = bases.map((base) => {
      const copy = f.local("i32");
      f.get(base).set(copy);
      return copy;
    });
    f.get(this.local(`e${depth}`)).set(count);
    f.times(count, () => {
      this.outer(depth + 1, own);
      own.forEach((pointer, i) => f.incBy(pointer, this.local(`${this.operands[i]?.name}s${depth}`)));
    });
  }

  inner(): void {
    const { f, left } = this;
    const fixed = this.fixedValues();
    const steps = this.operands.map(({ inner, name }) =>
      inner === "any" ? this.lanes(this.local(`${name}si`)) : []
    );
    f.get(this.local("n")).set(left);
    const unroll =
      this.spec.nodes.length <= 4 && this.operands.every((o) => o.dtype === "f32" && o.inner !== "any")
        ? 4
        : 1;
    if (unroll > 1) {
      f.block((done) => {
        f.loop((again) => {
          f.get(left).i32(unroll * 4).op("i32.lt_u").brIf(done);
          for (let u = 0; u < unroll; u++) this.body(fixed, steps, u, false);
          this.move(unroll);
          f.br(again);
        });
      });
    }
    f.get(left).if(() => {
      f.loop((again) => {
        f.get(left).i32(4).op("i32.lt_u").if(() => this.shortenLanes(steps));
        this.body(fixed, steps, 0, true);
        this.move(1);
        f.get(left).i32(0).op("i32.gt_s").brIf(again);
      });
    });
  }

  /** Byte offsets of elements 1, 2 and 3 of a strided operand. */
  lanes(stride: number): number[] {
    return [1, 2, 3].map((i) => {
      const offset = this.f.local("i32");
      this.f.get(stride).i32(i).op("i32.mul").set(offset);
      return offset;
    });
  }

  /** At the end of a run, reads of elements that are not there go to element 0. */
  shortenLanes(steps: readonly (readonly number[])[]): void {
    const { f, left } = this;
    steps.forEach((offsets) =>
      offsets.forEach((offset, i) => {
        f.get(offset).i32(0).get(left).i32(i + 1).op("i32.gt_s", "select").set(offset);
      })
    );
  }

  /** Values that are the same along the inner loop: broadcast inputs, constants, and what follows from them. */
  fixedValues(): Map<number, Value> {
    const known = new Map<number, Value>();
    this.spec.inputs.forEach(({ dtype, inner }, i) => {
      if (inner === 0) known.set(i, this.memory.broadcast(dtype, item(this.pointers, i)));
    });
    this.evaluate(known);
    return known;
  }

  /** Evaluates the nodes all of whose arguments are known. */
  evaluate(known: Map<number, Value>): void {
    this.spec.nodes.forEach((node, i) => {
      const index = this.spec.inputs.length + i;
      if (known.has(index)) return;
      const args: Value[] = [];
      for (const number of node.args ?? []) {
        const value = known.get(number);
        if (value === undefined) return;
        args.push(value);
      }
      known.set(index, this.values.node(node, args));
    });
  }

  body(
    fixed: ReadonlyMap<number, Value>,
    steps: readonly (readonly number[])[],
    unrolled: number,
    tail: boolean,
  ): void {
    const { f, spec } = this;
    const known = new Map(fixed);
    spec.inputs.forEach(({ dtype, inner }, i) => {
      const pointer = item(this.pointers, i);
      if (inner === 1) known.set(i, this.memory.load(dtype, pointer, unrolled * 16));
      else if (inner === "any") known.set(i, this.memory.gather(dtype, pointer, steps[i] ?? []));
    });
    this.evaluate(known);
    spec.outputs.forEach(({ dtype, value, inner = 1 }, i) => {
      const slot = spec.inputs.length + i;
      const pointer = item(this.pointers, slot);
      const stored = known.get(value);
      if (stored === undefined) throw new Error(`The fused loop has no value ${value}.`);
      if (inner === "any") this.memory.scatter(dtype, pointer, stored, steps[slot] ?? [], this.left);
      else if (!tail) this.memory.store(dtype, pointer, stored, unrolled * 16);
      else {
        f.get(this.left).i32(4).op("i32.ge_s").if(
          () => this.memory.store(dtype, pointer, stored, 0),
          () => this.memory.storeSome(dtype, pointer, stored, this.left),
        );
      }
    });
  }

  /** Moves the operands on by `vectors` times four elements. */
  move(vectors: number): void {
    const { f } = this;
    this.operands.forEach(({ dtype, inner, name }, i) => {
      const pointer = item(this.pointers, i);
      if (inner === 1) f.inc(pointer, vectors * 4 * ELEMENT_BYTES[dtype]);
      else if (inner === "any") {
        f.get(pointer).get(this.local(`${name}si`)).i32(2).op("i32.shl", "i32.add").set(pointer);
      }
    });
    f.inc(this.left, -4 * vectors);
  }
}
