/** The kernels of the engine of loops: plain TypeScript over bytes. @module */
import type { CopySpec, ElementwiseSpec, FillSpec } from "../../../plugins/backends/room/lowering/loops.ts";
import type { Kernel, LoopKernels } from "../../../plugins/backends/room/kernels.ts";
import { evaluator } from "./expression.ts";
import type { Element, Memory } from "./memory.ts";

/** A kernel that runs here. */
export interface LoopKernel extends Kernel {
  run(memory: Memory, args: readonly number[]): void;
}
/** Declares a kernel whose arguments are read by name. */
export function kernel<Name extends string>(
  key: string,
  args: readonly Name[],
  run: (memory: Memory, arg: (name: Name) => number) => void,
): LoopKernel {
  const at = new Map(args.map((name, i) => [name, i]));
  return { key, args, run: (memory, given) => run(memory, (name) => given[at.get(name) ?? -1] as number) };
}

/** Calls back with the offsets of every element of a nest of loops, the last loop innermost. */
export function nest(
  extents: readonly number[],
  strides: readonly (readonly number[])[],
  body: (offsets: readonly number[]) => void,
): void {
  const offsets = strides.map(() => 0);
  const level = (axis: number): void => {
    if (axis === extents.length) return body(offsets);
    const count = extents[axis] as number;
    for (let i = 0; i < count; i++) {
      level(axis + 1);
      strides.forEach((own, k) => offsets[k] = (offsets[k] as number) + (own[axis] as number));
    }
    strides.forEach((own, k) => offsets[k] = (offsets[k] as number) - count * (own[axis] as number));
  };
  level(0);
}

function copy({ size, rank, kind }: CopySpec): LoopKernel {
  const names = ["X", "Y"].flatMap((
    v,
  ) => [v, ...Array.from({ length: rank }, (_, i) => `${v.toLowerCase()}s${i}`)]);
  const args = [...Array.from({ length: rank }, (_, i) => `e${i}`), ...names];
  return {
    key: `copy ${kind} ${size} ${rank}`,
    args,
    run(memory, given) {
      const X = given[rank] as number, Y = given[2 * rank + 1] as number;
      const strides = [given.slice(rank + 1, 2 * rank + 1), given.slice(2 * rank + 2)];
      nest(given.slice(0, rank), strides, ([x = 0, y = 0]) => {
        memory.bytes(Y + y, size).set(memory.bytes(X + x, size));
      });
    },
  };
}
function fill({ size }: FillSpec): LoopKernel {
  return kernel(`fill ${size}`, ["Y", "count", "low", "high"], (memory, arg) => {
    const value = new Uint8Array(Int32Array.of(arg("low"), arg("high")).buffer, 0, size);
    for (let i = 0; i < arg("count"); i++) memory.bytes(arg("Y") + i * size, size).set(value);
  });
}
const elementBytes = { f32: 4, i32: 4, i64: 8, bool: 1, u8: 1 } as const;
function elementwise(spec: ElementwiseSpec): LoopKernel {
  const { inputs, outputs, rank } = spec, evaluate = evaluator(spec);
  const operands = [
    ...inputs.map((x, i) => ({ ...x, name: `x${i}` })),
    ...outputs.map((y, i) => ({ dtype: y.dtype, inner: y.inner ?? 1, name: `y${i}` })),
  ];
  const loops = Array.from({ length: rank }, (_, i) => i);
  const args = [
    ...loops.map((i) => `e${i}`),
    "n",
    ...operands.flatMap(({ name, inner }) => [
      name,
      ...loops.map((i) => `${name}s${i}`),
      ...(inner === "any" ? [`${name}si`] : []),
    ]),
  ];
  return {
    key: JSON.stringify(spec),
    args,
    run(memory, given) {
      let at = rank + 1;
      const places = operands.map(({ dtype, inner }) => {
        const address = given[at++] as number, outer = loops.map(() => given[at++] as number);
        return {
          address,
          strides: [...outer, inner === "any" ? given[at++] as number : inner * elementBytes[dtype]],
        };
      });
      nest(given.slice(0, rank + 1), places.map((p) => p.strides), (offsets) => {
        const place = (i: number) => (places[i]?.address ?? 0) + (offsets[i] ?? 0);
        const values: Element[] = inputs.map(({ dtype }, i) => memory.load(dtype, place(i)));
        evaluate(values);
        outputs.forEach(({ dtype, value }, i) =>
          memory.store(dtype, place(inputs.length + i), values[value] as Element)
        );
      });
    },
  };
}
/** What the room calls itself. */
export const loopKernels: LoopKernels = { copy, fill, elementwise };
