/** Operators that the engine of loops has kernels of its own for; the rest are the room's, or the host's. @module */
import type { Node } from "../../../core/graph/graph.ts";
import { item } from "../../../core/values/item.ts";
import { mulDims, normalAxis, productDims } from "../../../core/values/shape.ts";
import type { Lowering } from "../../../plugins/backends/room/lowering/lowering.ts";
import { type Arg, at, extent } from "../../../plugins/backends/room/lowering/program.ts";
import { broadcastView, elementBytes, type View } from "../../../plugins/backends/room/memory/views.ts";
import { layoutRules } from "../../../plugins/backends/room/rules/layout.ts";
import {
  allFloat32,
  broadcasts,
  constantInts,
  engineTyped,
  intOf,
  intsOf,
  type Rule,
  type Rules,
} from "../../../plugins/backends/room/rules/rule.ts";
import { scanRules } from "../../../plugins/backends/room/rules/scan.ts";
import { STATUS_BYTES } from "../../../plugins/backends/room/target.ts";
import { kernel, type LoopKernel, nest } from "./kernels.ts";

/** Names of the extents of a nest and of its operands' addresses and strides. */
const nested = (rank: number, ...operands: readonly string[]) => {
  const axes = Array.from({ length: rank }, (_, i) => i);
  return [...axes.map((i) => `e${i}`), ...operands.flatMap((v) => [v, ...axes.map((i) => `${v}s${i}`)])];
};
/** The same as arguments: views of one rank. */
const nestedArgs = (views: readonly View[], shape: View["shape"]): Arg[] => [
  ...shape.map(extent),
  ...views.flatMap((v) => [at(v), ...v.strides.map(extent)]),
];
const starts: Readonly<Record<string, number>> = { max: -Infinity, min: Infinity, prod: 1 };
const folds: Readonly<Record<string, (sum: number, x: number) => number>> = {
  max: Math.max,
  min: Math.min,
  prod: (sum, x) => sum * x,
  sumSquare: (sum, x) => sum + x * x,
};
/** Y = fold of X over the axes where Y repeats; Y is a view of X's shape. Sums are float64 until the last. */
function fold(op: string, rank: number): LoopKernel {
  const names = nested(rank, "X", "Y"), add = folds[op] ?? ((sum: number, x: number) => sum + x);
  return kernel(`fold ${op} ${rank}`, names, (memory, arg) => {
    const axes = Array.from({ length: rank }, (_, i) => i), extents = axes.map((i) => arg(`e${i}`));
    const sums = new Map<number, number>(), counts = new Map<number, number>();
    const strides = ["X", "Y"].map((v) => axes.map((i) => arg(`${v}s${i}`)));
    nest(extents, strides, ([x = 0, y = 0]) => {
      const sum = sums.get(y) ?? starts[op] ?? 0;
      sums.set(y, add(sum, Number(memory.load("f32", arg("X") + x))));
      counts.set(y, (counts.get(y) ?? 0) + 1);
    });
    for (const [y, sum] of sums) {
      memory.store("f32", arg("Y") + y, op === "mean" ? sum / (counts.get(y) ?? 1) : sum);
    }
  });
}
function reducing(op: string): Rule {
  return {
    supports: ({ inputs: [x], node, graph }) =>
      x?.dtype === "float32" && x.shape?.includes(0) === false &&
      ((node.inputs[1] ?? -1) < 0 || constantInts(graph, node.inputs[1]) !== undefined),
    lower(l, s, node) {
      const x = l.input(s, node, 0), rank = x.shape.length, { shape } = l.type(s, item(node.outputs, 0));
      const given = intsOf(node, "axes") ?? l.integers(s, node, 1)?.map(Number) ?? [];
      const none = given.length === 0 && intOf(node, "noop_with_empty_axes", 0) !== 0;
      const all = given.length > 0 || none ? given : x.shape.map((_, i) => i);
      const axes = new Set(all.map((a) => normalAxis(a, rank)));
      const kept = l.fresh(x.shape.map((d, i) => (axes.has(i) ? 1 : d)), "float32");
      const y = broadcastView(kept, x.shape);
      // Where a size that varies is reduced, its view has to repeat whatever it is.
      const still = { ...y, strides: y.strides.map((d, i) => (axes.has(i) ? 0 : d)) };
      l.call(fold(op, rank), nestedArgs([x, still], x.shape), [x], [kept], node);
      const left = (_: unknown, i: number) => shape.length === rank || !axes.has(i);
      l.define(s, node, { ...kept, shape: kept.shape.filter(left), strides: kept.strides.filter(left) });
    },
  };
}

const product: LoopKernel = kernel(
  "product",
  ["M", "K", "N", "A", "am", "ak", "B", "bk", "bn", "C", "cm", "cn"],
  (memory, arg) => {
    for (let m = 0; m < arg("M"); m++) {
      for (let n = 0; n < arg("N"); n++) {
        let sum = 0;
        for (let k = 0; k < arg("K"); k++) {
          const a = memory.load("f32", arg("A") + m * arg("am") + k * arg("ak"));
          sum += Number(a) * Number(memory.load("f32", arg("B") + k * arg("bk") + n * arg("bn")));
        }
        memory.store("f32", arg("C") + m * arg("cm") + n * arg("cn"), sum);
      }
    }
  },
);
/** Batches of products as loops of the program around one kernel. */
function productOf(l: Lowering, a: View, b: View, c: View, node: Node): void {
  const lead = c.shape.slice(0, -2),
    loops = lead.map((trips) => {
      const loop = { kind: "loop" as const, id: l.nextLoop(), trips, items: [], scope: node.scope };
      l.lists.at(-1)?.push(loop);
      l.lists.push(loop.items);
      return loop;
    });
  const moving = (v: View): View => ({
    ...v,
    steps: [...v.steps, ...loops.map(({ id }, i) => ({ loop: id, stride: item(v.strides, i) }))],
  });
  const views = [moving(a), moving(b), moving(c)];
  const matrices = views.flatMap((v) => [at(v), ...v.strides.slice(-2).map(extent)]);
  const [M, N] = c.shape.slice(-2), K = item(a.shape, a.shape.length - 1);
  l.call(product, [extent(M ?? 1), extent(K), extent(N ?? 1), ...matrices], [a, b], [c], node);
  for (const _ of loops) l.lists.pop();
}
const matMul: Rule = {
  supports: (c) =>
    allFloat32(c) && c.inputs.every((t) => (t?.shape?.length ?? 0) >= 2) &&
    c.inputs.every((t) => t && broadcasts({ ...t, shape: t.shape?.slice(0, -2) ?? [] }, stack(c.outputs[0]))),
  lower(l, s, node) {
    const { shape } = l.type(s, item(node.outputs, 0)),
      c = l.fresh(shape, "float32"),
      lead = shape.slice(0, -2);
    const wide = (v: View) => broadcastView(v, [...lead, ...v.shape.slice(-2)]);
    productOf(l, wide(l.input(s, node, 0)), wide(l.input(s, node, 1)), c, node);
    l.define(s, node, c);
  },
};
const stack = (
  t: { readonly shape?: View["shape"]; readonly dtype: View["dtype"]; readonly kind: "tensor" } | undefined,
) => t && { ...t, shape: t.shape?.slice(0, -2) ?? [] };

const rows = (index: "i32" | "i64"): LoopKernel =>
  kernel(
    `rows ${index}`,
    ["outer", "count", "rows", "bytes", "T", "I", "Y", "status"],
    (memory, arg) => {
      const count = arg("count"), limit = arg("rows"), bytes = arg("bytes"), size = index === "i64" ? 8 : 4;
      for (let o = 0; o < arg("outer"); o++) {
        for (let i = 0; i < count; i++) {
          const wanted = Number(memory.load(index, arg("I") + i * size)),
            row = wanted < 0 ? wanted + limit : wanted;
          if (row >= 0 && row < limit) {
            const from = arg("T") + (o * limit + row) * bytes;
            memory.bytes(arg("Y") + (o * count + i) * bytes, bytes).set(memory.bytes(from, bytes));
          } else if (memory.load("i32", arg("status")) === 0) {
            memory.store("i32", arg("status"), i + 1);
            memory.store("i64", arg("status") + 8, memory.load(index, arg("I") + i * size));
          }
        }
      }
    },
  );
const gather: Rule = {
  supports: (c) => engineTyped(c) && ["int32", "int64"].includes(c.inputs[1]?.dtype ?? ""),
  lower(l, s, node) {
    const table = l.contiguous(l.input(s, node, 0), node), indices = l.contiguous(l.input(s, node, 1), node);
    const { shape, dtype } = l.type(s, item(node.outputs, 0)), out = l.fresh(shape, dtype);
    const axis = normalAxis(intOf(node, "axis", 0), table.shape.length), limit = item(table.shape, axis);
    const bytes = mulDims(elementBytes(dtype), productDims(table.shape.slice(axis + 1)));
    const storage = l.storage(STATUS_BYTES, "status", 0);
    l.statuses.push({ storage, node, axis, limit });
    const sizes = [productDims(table.shape.slice(0, axis)), productDims(indices.shape), limit, bytes].map(
      extent,
    );
    const args = [...sizes, at(table), at(indices), at(out), { storage, offset: 0 }];
    l.call(rows(indices.dtype === "int64" ? "i64" : "i32"), args, [table, indices], [out], node);
    l.define(s, node, out);
  },
};

/** The rules. */
export const rules: Rules = {
  ...layoutRules,
  ...scanRules,
  MatMul: matMul,
  Gather: gather,
  ReduceSum: reducing("sum"),
  ReduceMean: reducing("mean"),
  ReduceMax: reducing("max"),
  ReduceMin: reducing("min"),
  ReduceProd: reducing("prod"),
  ReduceSumSquare: reducing("sumSquare"),
};
