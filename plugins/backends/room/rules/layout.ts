/** Operators that move nothing or only copy: reshapes, transposes, slices, concatenation, padding. @module */
import { item } from "../../../../core/values/item.ts";
import {
  addDims,
  ceilDivDims,
  type Dim,
  divDims,
  mulDims,
  normalAxis,
  sameDim,
} from "../../../../core/values/shape.ts";
import { cutDims } from "../../../../core/ops/layout/cut.ts";
import {
  broadcastView,
  elementBytes,
  reshapeView,
  reviewed,
  rowMajor,
  sliceView,
  type View,
} from "../memory/views.ts";
import type { Lowering } from "../lowering/lowering.ts";
import type { Scope } from "../lowering/scope.ts";
import type { Node } from "../../../../core/graph/graph.ts";
import { broadcasts, constantInts, engineTyped, inputOf, intOf, intsOf, type Rule } from "./rule.ts";

function reshapeTo(lowering: Lowering, scope: Scope, node: Node): void {
  const view = lowering.input(scope, node, 0);
  const { shape } = lowering.type(scope, item(node.outputs, 0));
  const direct = reshapeView(view, shape);
  if (direct) return lowering.define(scope, node, direct);
  const dense = lowering.contiguous(view, node);
  lowering.define(scope, node, reviewed(dense, shape, rowMajor(shape, dense.dtype)));
}
const reshape: Rule = { supports: engineTyped, lower: reshapeTo };

const identity: Rule = {
  supports: engineTyped,
  lower: (l, s, node) => l.define(s, node, l.input(s, node, 0)),
};

const transpose: Rule = {
  supports: engineTyped,
  lower(l, s, node) {
    const view = l.input(s, node, 0), rank = view.shape.length;
    const perm = intsOf(node, "perm") ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
    l.define(
      s,
      node,
      reviewed(view, perm.map((p) => item(view.shape, p)), perm.map((p) => item(view.strides, p))),
    );
  },
};

const expand: Rule = {
  supports: (c) => engineTyped(c) && broadcasts(c.inputs[0], c.outputs[0]),
  lower(l, s, node) {
    l.define(s, node, broadcastView(l.input(s, node, 0), l.type(s, item(node.outputs, 0)).shape));
  },
};

const slice: Rule = {
  supports(c) {
    const ints = [1, 2, 3, 4].map((i) =>
      (c.node.inputs[i] ?? -1) < 0 ? [] : constantInts(c.graph, c.node.inputs[i])
    );
    return engineTyped(c) && ints.every((v) => v !== undefined);
  },
  lower(l, s, node) {
    let view = l.input(s, node, 0);
    const out = l.type(s, item(node.outputs, 0)).shape;
    const starts = l.integers(s, node, 1) ?? [],
      axes = l.integers(s, node, 3),
      steps = l.integers(s, node, 4);
    let backwards = false;
    starts.forEach((start, i) => {
      const axis = normalAxis(Number(axes?.[i] ?? i), view.shape.length), step = Number(steps?.[i] ?? 1);
      const { start: from } = cutDims(item(view.shape, axis), start, 0, step);
      view = sliceView(view, axis, from, step, out[axis] ?? 1);
      backwards ||= step < 0;
    });
    // Kernels go up in memory; only a copy goes backwards.
    l.define(s, node, backwards ? l.contiguous(view, node) : view);
  },
};

const split: Rule = {
  supports: engineTyped,
  lower(l, s, node) {
    const view = l.input(s, node, 0), axis = normalAxis(intOf(node, "axis", 0), view.shape.length);
    const whole = item(view.shape, axis), sizes = l.integers(s, node, 1);
    const equal = ceilDivDims(whole, node.outputs.length);
    let start: Dim = 0;
    node.outputs.forEach((id, k) => {
      const count = id < 0 ? sizes?.[k] ?? equal : item(l.type(s, id).shape, axis);
      l.define(s, node, sliceView(view, axis, start, 1, count), k);
      start = addDims(start, count);
    });
  },
};

const concat: Rule = {
  supports: engineTyped,
  lower(l, s, node) {
    const id = item(node.outputs, 0), { shape, dtype } = l.type(s, id);
    const axis = normalAxis(intOf(node, "axis", 0), shape.length);
    const views = node.inputs.map((_, i) => l.input(s, node, i));
    const out = l.fresh(shape, dtype);
    let start: Dim = 0;
    for (const view of views) {
      const count = item(view.shape, axis);
      l.copy(view, sliceView(out, axis, start, 1, count), node);
      start = addDims(start, count);
    }
    l.define(s, node, out);
  },
};

const pad: Rule = {
  supports(c) {
    const pads = constantInts(c.graph, c.node.inputs[1]);
    const value = inputOf(c.graph, c.node.inputs[2]);
    const known = (c.node.inputs[2] ?? -1) < 0 ||
      (value?.role === "constant" && c.inputs[0]?.dtype === "float32");
    return engineTyped(c) && c.inputs[0]?.dtype !== "int64" && (c.node.inputs[3] ?? -1) < 0 && known &&
      (c.node.attributes["mode"] ?? "constant") === "constant" && pads !== undefined &&
      pads.every((p) => p >= 0);
  },
  lower(l, s, node) {
    const view = l.input(s, node, 0), { shape, dtype } = l.type(s, item(node.outputs, 0));
    const pads = (l.integers(s, node, 1) ?? []).map(Number);
    const value = Number(l.constantOf(s, node.inputs[2] ?? -1)?.data[0] ?? 0);
    const out = l.fresh(shape, dtype);
    l.fill(out, new Int32Array(new Float32Array([value]).buffer)[0] ?? 0, node);
    const inner = view.shape.reduce<View>((v, d, axis) => sliceView(v, axis, pads[axis] ?? 0, 1, d), out);
    l.copy(view, inner, node);
    l.define(s, node, out);
  },
};

const tile: Rule = {
  supports: (c) => engineTyped(c) && constantInts(c.graph, c.node.inputs[1]) !== undefined,
  lower(l, s, node) {
    const view = l.input(s, node, 0), { shape, dtype } = l.type(s, item(node.outputs, 0));
    const out = l.fresh(shape, dtype);
    const pairs = view.shape.flatMap((d, i): Dim[] => [divDims(item(shape, i), d), d]);
    const strides = view.strides.flatMap((x): Dim[] => [0, x]);
    const from = reviewed(view, pairs, strides);
    l.copy(from, reviewed(out, pairs, rowMajor(pairs, dtype)), node);
    l.define(s, node, out);
  },
};

const constantOfShape: Rule = {
  supports: (c) =>
    c.outputs[0]?.dtype === "float32" || c.outputs[0]?.dtype === "int32" || c.outputs[0]?.dtype === "bool",
  lower(l, s, node) {
    const { shape, dtype } = l.type(s, item(node.outputs, 0)), value = node.attributes["value"];
    const data = value !== null && typeof value === "object" && "data" in value ? value.data[0] : 0;
    const out = l.fresh(shape, dtype);
    const bits = dtype === "float32"
      ? new Int32Array(new Float32Array([Number(data)]).buffer)[0] ?? 0
      : Number(data);
    l.fill(out, bits, node);
    l.define(s, node, out);
  },
};

/** Nodes whose result is known as dims, or not needed: nothing is left to do when the graph runs. */
const known: Rule = {
  supports: () => true,
  lower(l, s, node) {
    l.view(s, item(node.outputs, 0));
  },
};

const depthToSpaceLike: Rule = {
  supports: (c) => engineTyped(c) && c.inputs[0]?.shape?.length === 4,
  lower(l, s, node) {
    const view = l.input(s, node, 0), block = intOf(node, "blocksize", 1);
    const { shape } = l.type(s, item(node.outputs, 0));
    const [n = 1, c = 1, h = 1, w = 1] = view.shape;
    const deep = node.op === "DepthToSpace";
    const crd = node.attributes["mode"] === "CRD";
    const parts: Dim[] = deep
      ? crd
        ? [n, divDims(c, block * block), block, block, h, w]
        : [n, block, block, divDims(c, block * block), h, w]
      : [n, c, divDims(h, block), block, divDims(w, block), block];
    const perm = deep
      ? (crd ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2])
      : crd
      ? [0, 1, 3, 5, 2, 4]
      : [0, 3, 5, 1, 2, 4];
    const from = reshapeView(view, parts) ??
      reviewed(l.contiguous(view, node), parts, rowMajor(parts, view.dtype));
    const moved = reviewed(from, perm.map((p) => item(parts, p)), perm.map((p) => item(from.strides, p)));
    const dense = l.contiguous(moved, node);
    l.define(s, node, reviewed(dense, shape, rowMajor(shape, view.dtype)));
  },
};

/** Resize by whole factors with nearest neighbours: each element repeats. */
const resize: Rule = {
  supports(c) {
    const { node, inputs, outputs } = c;
    const a = node.attributes;
    const mode = a["coordinate_transformation_mode"] ?? "half_pixel",
      nearest = a["nearest_mode"] ?? "round_prefer_floor";
    const scales = constantInts(c.graph, node.inputs[2]) ?? [];
    const exact = ((mode === "asymmetric" && nearest === "floor") ||
      (mode === "half_pixel" && /^round/.test(`${nearest}`))) && scales.every(Number.isInteger);
    return engineTyped(c) && (a["mode"] ?? "nearest") === "nearest" && exact && !a["axes"] &&
      !a["antialias"] &&
      (inputs[0]?.shape ?? []).every((d, i) => wholeFactor(d, outputs[0]?.shape?.[i] ?? 0) !== undefined);
  },
  lower(l, s, node) {
    const view = l.input(s, node, 0), { shape, dtype } = l.type(s, item(node.outputs, 0));
    const factors = view.shape.map((d, i) => wholeFactor(d, shape[i] ?? d) ?? 1);
    const order = view.shape.length === 4 && sameDim(item(view.strides, 1), elementBytes(dtype))
      ? [0, 2, 3, 1]
      : undefined;
    const out = l.fresh(shape, dtype, order);
    const pairs = view.shape.flatMap((d, i): Dim[] => [d, item(factors, i)]);
    const from = reviewed(view, pairs, view.strides.flatMap((x): Dim[] => [x, 0]));
    const to = reviewed(out, pairs, out.strides.flatMap((x, i): Dim[] => [mulDims(x, item(factors, i)), x]));
    l.copy(from, to, node);
    l.define(s, node, out);
  },
};
function wholeFactor(from: Dim, to: Dim): number | undefined {
  const q = divDims(to, from);
  return typeof q === "number" && sameDim(mulDims(from, q), to) ? q : undefined;
}

/** Rules of this file. */
export const layoutRules: Readonly<Record<string, Rule>> = {
  Reshape: reshape,
  Flatten: reshape,
  Squeeze: reshape,
  Unsqueeze: reshape,
  Identity: identity,
  Transpose: transpose,
  Expand: expand,
  Slice: slice,
  Split: split,
  Concat: concat,
  Pad: pad,
  Tile: tile,
  ConstantOfShape: constantOfShape,
  Constant: known,
  Shape: known,
  Size: known,
  DepthToSpace: depthToSpaceLike,
  SpaceToDepth: depthToSpaceLike,
  Resize: resize,
};
