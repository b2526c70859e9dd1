/** Matrix products, with the bias, the residual and the activation that follow them taken in. @module */
import { item } from "../../../../core/values/item.ts";
import { type Node, opName } from "../../../../core/graph/graph.ts";
import { type Dim, mulDims, productDims, sameDim, type TensorType } from "../../../../core/values/shape.ts";
import { bgemm, gemm, type GemmSpec, pack, packedBytes, type StoreActivation } from "../kernels/mod.ts";
import type { Lowering } from "../../room/lowering/lowering.ts";
import type { Scope } from "../../room/lowering/scope.ts";
import { type Arg, at, extent, type Loop } from "../../room/lowering/program.ts";
import { collapse, physicalOrder, reviewed, type View } from "../../room/memory/views.ts";
import { allFloat32, broadcasts, type Rule } from "../../room/rules/rule.ts";

/** What follows a product or convolution and is applied where it stores its result. */
export interface Tail {
  readonly bias?: View;
  readonly residual?: View;
  readonly activation?: StoreActivation;
  /** The value the tail ends in. */
  readonly result: number;
  readonly nodes: readonly Node[];
}

/** The one consumer of a value that is read nowhere else. */
function onlyConsumer(scope: Scope, id: number): Node | undefined {
  const consumers = scope.consumers[id] ?? [];
  return consumers.length === 1 && !scope.outputs.has(id) && !scope.wanted.has(id) ? consumers[0] : undefined;
}

/** An activation that a kernel applies at the store. */
export function storeActivation(l: Lowering, scope: Scope, node: Node): StoreActivation | undefined {
  if (opName(node) === "Relu") return { kind: "relu" };
  if (opName(node) === "LeakyRelu") return { kind: "leaky", alpha: Number(node.attributes["alpha"] ?? 0.01) };
  if (opName(node) !== "Clip") return undefined;
  const bound = (i: number, otherwise: number) => {
    if ((node.inputs[i] ?? -1) < 0) return otherwise;
    const known = l.constantOf(scope, node.inputs[i] ?? -1);
    return known ? Number(known.data[0]) : undefined;
  };
  const min = bound(1, -3.4028234663852886e38), max = bound(2, 3.4028234663852886e38);
  return min === undefined || max === undefined ? undefined : { kind: "clip", min, max };
}

/** Finds the bias, residual and activation after a value; what is taken in is marked as absorbed. */
export function takeTail(
  l: Lowering,
  scope: Scope,
  node: Node,
  allow: { readonly bias: boolean; readonly residual: boolean },
): Tail {
  let result = item(node.outputs, 0);
  const nodes: Node[] = [];
  let bias: View | undefined, residual: View | undefined;
  const { shape } = l.type(scope, result), columns = shape.at(-1) ?? 1;
  for (;;) {
    const next = onlyConsumer(scope, result);
    const after = next?.outputs[0] ?? -1;
    if (
      // A recurrent node may leave its first output out.
      !next || after < 0 || !scope.active.has(next) || scope.wanted.has(after) ||
      l.type(scope, after).dtype !== "float32"
    ) break;
    const before = result;
    if (opName(next) === "Add") {
      const other = next.inputs.find((id) => id !== before) ?? -1;
      const added = available(l, scope, other);
      const out = l.type(scope, next.outputs[0] ?? -1).shape;
      const same = added !== undefined && out.length === shape.length &&
        out.every((d, i) => sameDim(d, shape[i] ?? -1));
      if (!added || !same) break;
      const row = added.shape.slice(0, -1).every((d) => d === 1) && sameDim(added.shape.at(-1) ?? 1, columns);
      if (allow.bias && !bias && !residual && row && columns !== 1 && added.strides.at(-1) === 4) {
        bias = added;
      } else if (
        allow.residual && !residual && added.shape.length === shape.length &&
        added.shape.every((d, i) => sameDim(d, shape[i] ?? -1))
      ) {
        residual = added;
      } else break;
      result = next.outputs[0] ?? -1;
    } else {
      const activation = storeActivation(l, scope, next);
      if (!activation) break;
      result = next.outputs[0] ?? -1;
      nodes.push(next);
      scope.absorbed.set(next, item(node.outputs, 0));
      return { ...(bias && { bias }), ...(residual && { residual }), activation, result, nodes };
    }
    nodes.push(next);
    scope.absorbed.set(next, item(node.outputs, 0));
  }
  return { ...(bias && { bias }), ...(residual && { residual }), result, nodes };
}
/** The view of a value that is there already, without computing anything. */
function available(l: Lowering, scope: Scope, id: number): View | undefined {
  if (id < 0 || scope.groups.of(id)) return undefined;
  const view = scope.views.get(id);
  if (view) return view;
  const constant = scope.constants.get(id);
  return constant && constant.dtype === "float32" ? l.constantView(constant) : undefined;
}

/** Rows of a matrix whose leading axes collapse to one with one stride, in some physical order. */
function rowsOf(
  view: View,
): { readonly rows: Dim; readonly stride: Dim; readonly order: readonly number[] } | undefined {
  const lead = view.shape.slice(0, -1);
  const order = physicalOrder(view).filter((axis) => axis < lead.length);
  const { shape, strides: [s = []] } = collapse(lead, [view.strides.slice(0, -1)], order);
  if (shape.length > 1) return undefined;
  return { rows: shape[0] ?? 1, stride: s[0] ?? 0, order };
}

/** Packs B `[K, N]` where it is written, once if it depends on weights alone. */
export function packB(l: Lowering, b: View, K: Dim, N: Dim, node: Node): View {
  const bytes = typeof K === "number" && typeof N === "number" ? packedBytes(K, N) : packedDims(K, N);
  const packed = l.packing(b, bytes);
  const [row = 0, column = 0] = b.strides.slice(-2);
  l.call(
    pack(),
    [at(b), extent(row), extent(column), extent(K), extent(N), at(packed)],
    [b],
    [packed],
    node,
    { level: packed.storage.level },
  );
  return packed;
}
function timesFour(d: Dim): Dim {
  return mulDims(d, 4);
}
function packedDims(K: Dim, N: Dim): Dim {
  const panels: Dim = { op: "floordiv", a: { op: "add", a: N, b: 7 }, b: 8 };
  return { op: "mul", a: { op: "mul", a: panels, b: K }, b: 32 };
}

/** C = A·B with a tail, for a B of two dims. Returns the view of C. */
export function product(l: Lowering, a: View, b: View, tail: Tail, node: Node, shape: readonly Dim[]): View {
  const K = b.shape.at(-2) ?? 1, N = b.shape.at(-1) ?? 1;
  const turned = a.shape.length === 2 && a.strides[0] === 4 && a.strides[1] !== 4 && a.shape[0] !== 1;
  let source = a,
    rows = turned ? { rows: item(a.shape, 0), stride: item(a.strides, 1), order: [0] } : rowsOf(a);
  if (!rows || (!turned && a.strides.at(-1) !== 4 && K !== 1)) {
    source = l.contiguous(a, node);
    rows = rowsOf(source);
  }
  const M = rows?.rows ?? 1, single = M === 1;
  const stride = single ? timesFour(K) : rows?.stride ?? 0,
    order = [...(rows?.order ?? []), shape.length - 1];
  const packed = packB(l, b, K, N, node);
  const c = l.fresh(shape, "float32", order);
  let residual = tail.residual, residualStride: Dim = 0;
  if (residual) {
    const matched = collapse(
      shape.slice(0, -1),
      [residual.strides.slice(0, -1), c.strides.slice(0, -1)],
      rows?.order ?? [],
    );
    const fits = matched.shape.length <= 1 && residual.strides.at(-1) === 4;
    if (!fits) {
      const own = l.fresh(shape, "float32", order);
      l.copy(residual, own, node);
      residual = own;
    }
    residualStride = fits ? matched.strides[0]?.[0] ?? 0 : timesFour(N);
  }
  const fixed = typeof K === "number", known = typeof stride === "number" && stride > 0;
  const spec: GemmSpec = {
    K: fixed ? K : null,
    N: typeof N === "number" ? N : null,
    ...(turned ? { transA: true } : { lda: fixed && known ? stride : null }),
    ...(tail.bias && { bias: true }),
    ...(residual && { residual: "pointer" as const }),
    ...(tail.activation && { activation: tail.activation }),
  };
  const kernel = gemm(spec);
  const given: Readonly<Record<string, Arg>> = {
    M: extent(M),
    A: at(source),
    lda: extent(stride),
    B: at(packed),
    C: at(c),
    ldc: extent(timesFour(N)),
    K: extent(K),
    N: extent(N),
    ...(tail.bias && { bias: at(tail.bias) }),
    ...(residual && { R: at(residual), ldr: extent(residualStride) }),
  };
  l.call(
    kernel,
    given,
    [source, packed, ...(tail.bias ? [tail.bias] : []), ...(residual ? [residual] : [])],
    [
      c,
    ],
    [node, ...tail.nodes],
  );
  return c;
}

/** A product with batch axes on B: loops over all but the last of them, one batched kernel inside. */
function batched(l: Lowering, a: View, b: View, shape: readonly Dim[], node: Node): View {
  const c = l.fresh(shape, "float32"), lead = shape.length - 2;
  const batchOf = (v: View): readonly Dim[] =>
    Array.from({ length: lead }, (_, i) => {
      const axis = i - lead + v.shape.length - 2;
      return axis < 0 || (v.shape[axis] === 1 && shape[i] !== 1) ? 0 : item(v.strides, axis);
    });
  const { shape: outer, strides } = collapse(shape.slice(0, lead), [batchOf(a), batchOf(b), batchOf(c)]);
  const M = shape.at(-2) ?? 1, N = shape.at(-1) ?? 1, K = a.shape.at(-1) ?? 1;
  let source = a;
  const transA = a.strides.at(-1) !== 4 && a.strides.at(-2) === 4;
  if (!transA && a.strides.at(-1) !== 4 && K !== 1) {
    source = l.contiguous(a, node);
    return batched(l, source, b, shape, node);
  }
  const workspace = l.workspace(packedDims(K, N));
  const last = outer.length - 1;
  const loops: Loop[] = [];
  for (let i = 0; i < last; i++) {
    const loop: Loop = {
      kind: "loop",
      id: l.nextLoop(),
      trips: item(outer, i),
      items: [],
      scope: node.scope,
    };
    l.lists.at(-1)?.push(loop);
    l.lists.push(loop.items);
    loops.push(loop);
  }
  const moving = (v: View, k: number): View => ({
    ...v,
    steps: [...v.steps, ...loops.map((loop, i) => ({ loop: loop.id, stride: strides[k]?.[i] ?? 0 }))],
  });
  const [ma, mb, mc] = [moving(source, 0), moving(b, 1), moving(c, 2)];
  const inner = (k: number): Arg => extent(last < 0 ? 0 : strides[k]?.[last] ?? 0);
  const [bRow = 0, bCol = 0] = b.strides.slice(-2);
  const kernel = bgemm({ transA });
  const lda = transA ? a.strides.at(-1) ?? 0 : a.strides.at(-2) ?? 0;
  const given: Readonly<Record<string, Arg>> = {
    batch: extent(last < 0 ? 1 : item(outer, last)),
    M: extent(M),
    K: extent(K),
    N: extent(N),
    A: at(ma),
    aBatch: inner(0),
    lda: extent(lda),
    B: at(mb),
    bBatch: inner(1),
    bRow: extent(bRow),
    bCol: extent(bCol),
    C: at(mc),
    cBatch: inner(2),
    ldc: extent(c.strides.at(-2) ?? 0),
    workspace: at(workspace),
  };
  l.call(kernel, given, [ma, mb, workspace], [mc, workspace], node);
  for (const _ of loops) l.lists.pop();
  return c;
}

/** A stack of matrices without the matrices. */
function stack(t: TensorType | undefined): TensorType | undefined {
  return t && { ...t, shape: t.shape?.slice(0, -2) ?? [] };
}
const matmul: Rule = {
  supports: (c) =>
    allFloat32(c) &&
    c.inputs.every((t) => (t?.shape?.length ?? 0) >= 2 && broadcasts(stack(t), stack(c.outputs[0]))),
  lower(l, s, node) {
    const a = l.input(s, node, 0), b = l.input(s, node, 1);
    const { shape } = l.type(s, item(node.outputs, 0));
    const flat = b.shape.slice(0, -2).every((d) => d === 1);
    if (!flat || a.shape.length !== shape.length) {
      return l.define(s, node, batched(l, a, b, shape, node));
    }
    const tail = takeTail(l, s, node, { bias: true, residual: true });
    const c = product(l, a, reviewed(b, b.shape.slice(-2), b.strides.slice(-2)), tail, node, shape);
    l.define(s, node, c);
  },
};

const gemmRule: Rule = {
  supports: (c) =>
    allFloat32(c) && (c.node.attributes["alpha"] ?? 1) === 1 &&
    [0, 1].includes(Number(c.node.attributes["beta"] ?? 1)) && broadcasts(c.inputs[2], c.outputs[0]),
  lower(l, s, node) {
    const flip = (v: View) => reviewed(v, v.shape.toReversed(), v.strides.toReversed());
    const a = l.input(s, node, 0), b = l.input(s, node, 1);
    const c = Number(node.attributes["beta"] ?? 1) === 0 ? undefined : l.optional(s, node, 2);
    const { shape } = l.type(s, item(node.outputs, 0));
    const left = node.attributes["transA"] ? flip(a) : a, right = node.attributes["transB"] ? flip(b) : b;
    const row = c && productOf(c.shape.slice(0, -1)) === 1 && sameDim(c.shape.at(-1) ?? 1, item(shape, 1)) &&
      c.strides.at(-1) === 4;
    if (c && !row) {
      const full: View = reviewed(
        c,
        shape,
        shape.map((d, i) => {
          const axis = i - 2 + c.shape.length;
          return axis < 0 || (c.shape[axis] === 1 && d !== 1) ? 0 : item(c.strides, axis);
        }),
      );
      const own = l.fresh(shape, "float32");
      l.copy(full, own, node);
      const tail: Tail = { residual: own, result: item(node.outputs, 0), nodes: [] };
      return l.define(s, node, product(l, left, right, tail, node, shape));
    }
    const found = takeTail(l, s, node, { bias: !c, residual: true });
    l.define(s, node, product(l, left, right, { ...found, ...(c && { bias: c }) }, node, shape));
  },
};
function productOf(shape: readonly Dim[]): Dim {
  return productDims(shape);
}

/** Rules of this file. */
export const matmulRules: Readonly<Record<string, Rule>> = { MatMul: matmul, Gemm: gemmRule };
