/** Moves transposes down a graph until they meet their opposites, so that images are turned at their borders alone. @module */
import { item } from "../../../core/values/item.ts";
import type { GraphBuilder } from "../../../core/graph/builder.ts";
import type { Attributes, Graph, Value } from "../../../core/graph/graph.ts";
import { range, shapeOf } from "../../../core/ops/words.ts";
import type { Operators } from "../../../core/graph/op.ts";
import { rewrite, type Visit } from "../../../core/graph/rewrite.ts";
import { sameDim, staticShape } from "../../../core/values/shape.ts";
import { sizeOf, type Tensor, tensor, toIntegers } from "../../../core/values/tensor.ts";
import { alongAxis, broadcasting, reductions, unary } from "./families.ts";
import { absorbed, flatten, rowsOf, surveyUses, type Uses } from "./rows.ts";
import { computed, sourced, sourceOf } from "./weights.ts";

/** Axis i of a transposed value is axis `perm[i]` of what it was made of. */
export type Perm = readonly number[];
const inverse = (perm: Perm): number[] => perm.map((_, i) => perm.indexOf(i));
const isIdentity = (perm: Perm): boolean => perm.every((p, i) => p === i);

/** Transposes of one builder: what each was made of, each made once. */
export class Transposes {
  readonly #b: GraphBuilder;
  readonly #origins = new Map<number, { readonly base: Value; readonly perm: Perm }>();
  readonly #made = new Map<string, Value>();
  constructor(b: GraphBuilder) {
    this.#b = b;
  }
  /** What a value was transposed from. */
  origin(v: Value | undefined): { readonly base: Value; readonly perm: Perm } | undefined {
    return v && this.#origins.get(v.id);
  }
  /** True where transposing adds no node. */
  isFree(v: Value, perm: Perm): boolean {
    const { base, whole } = this.#whole(v, perm);
    return isIdentity(whole) || this.#made.has(`${base.id}:${whole}`) ||
      keepsOrder(base, whole) !== undefined;
  }
  #whole(v: Value, perm: Perm) {
    const o = this.origin(v);
    return o ? { base: o.base, whole: perm.map((i) => o.perm[i] ?? i) } : { base: v, whole: perm };
  }
  /** A value transposed. */
  of(v: Value, perm: Perm): Value {
    const { base, whole } = this.#whole(v, perm), key = `${base.id}:${whole}`;
    if (isIdentity(whole)) return base;
    let made = this.#made.get(key);
    if (!made) {
      const known = this.#b.knownOf(base), sizes = keepsOrder(base, whole);
      made = known
        ? this.#b.constant(computed(this.#b.registry, "Transpose", [known], { perm: whole }))
        : sizes
        ? this.#b.reshape(base, this.#b.ints(sizes))
        : this.#b.transpose(base, { perm: whole });
      this.#made.set(key, made);
      this.#origins.set(made.id, { base, perm: whole });
    }
    return made;
  }
}
/** Sizes of a reshape that does the same, where only axes of 1 move. */
function keepsOrder(v: Value, perm: Perm): number[] | undefined {
  const shape = shapeOf(v.type), moved = perm.filter((p) => shape[p] !== 1);
  if (moved.some((p, i) => i > 0 && p < (moved[i - 1] ?? 0))) return undefined;
  const sizes = perm.map((p, i) => {
    const d = shape[p];
    return typeof d === "number" ? d : p === i ? 0 : -1;
  });
  return sizes.filter((s) => s === -1).length <= 1 ? sizes : undefined;
}

/** The graph with as few transposes as moving them allows. */
export function settleLayouts(graph: Graph, registry: Operators): Graph {
  const builders = new WeakMap<object, Transposes>(), uses = surveyUses(graph);
  return rewrite(graph, registry, {
    name: "settle layouts",
    node(visit) {
      let transposes = builders.get(visit.b);
      if (!transposes) builders.set(visit.b, transposes = new Transposes(visit.b));
      return visit.node.domain === "" ? moved(visit, transposes, uses) : undefined;
    },
  });
}

function moved(visit: Visit, t: Transposes, uses: Uses): readonly Value[] | undefined {
  const { b, node, inputs } = visit, [x] = inputs, { attributes } = node;
  if (!x || x.type.kind !== "tensor" || !x.type.shape) return undefined;
  if (node.op === "Transpose") {
    const perm = attributes["perm"] as Perm | null | undefined;
    return [t.of(x, perm ?? range(0, shapeOf(x.type).length).reverse())];
  }
  const rows = absorbed(visit);
  if (rows) return rows;
  if (broadcasting.has(node.op)) return broadcast(visit, t);
  if (node.op === "Concat") return concat(visit, t);
  const o = t.origin(x);
  if (!o) return undefined;
  const { base, perm } = o, rank = perm.length, rest = inputs.slice(1);
  const along = (axis: unknown) => perm[Number(axis) < 0 ? Number(axis) + rank : Number(axis)] ?? 0;
  const again = (more: readonly (Value | undefined)[] = rest, changed: Attributes = {}) =>
    b.op(node.op, [base, ...more], { ...attributes, ...changed }, { outputs: node.outputs.length });
  const same = (values: readonly Value[]) => values.map((v) => t.of(v, perm));
  if (unary.has(node.op)) return same(again());
  if (alongAxis.has(node.op)) return same(again(rest, { axis: along(attributes["axis"]) }));
  const known = (v: Value | undefined) => {
    const value = b.knownOf(v);
    return value && toIntegers(value);
  };
  /** What stays after axes of the base are gone, in the order of the result. */
  const without = (v: Value, gone: readonly number[]): Value => {
    const left = perm.filter((p) => !gone.includes(p)), sorted = [...left].sort((a, c) => a - c);
    return t.of(v, left.map((p) => sorted.indexOf(p)));
  };
  if (reductions.has(node.op)) {
    const axes = known(rest[0])?.map(along).sort((a, c) => a - c);
    if (!axes || axes.length === 0) return undefined;
    const [y = x] = again([b.ints(axes)]);
    return [
      attributes["keepdims"] === 0 || attributes["keepdims"] === false ? without(y, axes) : t.of(y, perm),
    ];
  }
  switch (node.op) {
    case "Squeeze": {
      const axes = known(rest[0])?.map(along);
      if (!axes) return undefined;
      const [y = x] = again([b.ints(axes)]);
      return [without(y, axes)];
    }
    case "Unsqueeze": {
      const given = known(rest[0]);
      if (!given) return undefined;
      const full = rank + given.length, axes = given.map((a) => (a < 0 ? a + full : a)).sort((a, c) => a - c);
      const [y = x] = again([b.ints(range(rank, full))]);
      let old = 0, fresh = rank;
      return [t.of(y, range(0, full).map((i) => (axes.includes(i) ? fresh++ : perm[old++] ?? 0)))];
    }
    case "Pad": {
      const pads = known(rest[0]), axes = rest[2] ? known(rest[2])?.map(along) : perm;
      if (!pads || !axes) return undefined;
      const full = new Array<number>(2 * rank).fill(0);
      axes.forEach((axis, i) => {
        full[axis] = pads[i] ?? 0;
        full[axis + rank] = pads[i + axes.length] ?? 0;
      });
      return same(again([b.ints(full), rest[1]]));
    }
    case "Slice": {
      const axes = rest[2] ? known(rest[2])?.map(along) : perm.slice(0, known(rest[0])?.length ?? 0);
      return axes && same(again([rest[0], rest[1], b.ints(axes), rest[3]]));
    }
    case "Split":
      return same(again(rest, { axis: along(attributes["axis"]) }));
    case "Gather": {
      const indices = rest[0]?.type;
      if (indices?.kind !== "tensor" || indices.shape?.length !== 0) return undefined;
      const axis = along(attributes["axis"]), [y = x] = again(rest, { axis });
      return [without(y, [axis])];
    }
    case "Resize":
      return resize(visit, base, perm)?.map((v) => t.of(v, perm));
    case "Reshape":
      return reshape(visit, base, perm, uses);
    default:
      return undefined;
  }
}

/** Scales or sizes in the order of the base's axes. */
function resize({ b, node, inputs }: Visit, base: Value, perm: Perm): readonly Value[] | undefined {
  if (inputs[1] || node.attributes["axes"]) return undefined;
  const turned = inputs.slice(2).map((v) => {
    const value = b.knownOf(v);
    if (!value || value.data.length !== perm.length) return undefined;
    const at = tensor(inverse(perm), [perm.length], "int64");
    return b.constant(computed(b.registry, "Gather", [value, at], { axis: 0 }));
  });
  if (inputs.slice(2).some((v, i) => v && !turned[i])) return undefined;
  return b.op("Resize", [base, undefined, ...turned], node.attributes);
}

/** Flattening for a dense layer: the layer's kernel takes the turn. */
function reshape(visit: Visit, base: Value, perm: Perm, uses: Uses): readonly Value[] | undefined {
  const { b, node, inputs } = visit, wanted = b.knownOf(inputs[1]), shape = shapeOf(base.type);
  const inner = staticShape(shape.slice(1));
  if (!wanted || wanted.data.length !== 2 || !inner || perm[0] !== 0) return undefined;
  const [, width] = toIntegers(wanted), features = sizeOf(inner);
  const batch = shapeOf(inputs[0]?.type)[0];
  if ((width !== features && width !== -1) || batch === undefined || !sameDim(batch, shape[0] ?? -1)) {
    return undefined;
  }
  if (!uses.canAbsorb(node)) return undefined;
  return [flatten(b, base, features, rowsOf(inner, perm))];
}

/** Which order several values are brought to: the one that adds fewest transposes. */
function agreed(
  b: GraphBuilder,
  inputs: readonly (Value | undefined)[],
  rank: number,
  t: Transposes,
): Perm | undefined {
  const values = inputs.filter((v) => v !== undefined);
  const orders = values.flatMap((v) => {
    const o = t.origin(v);
    return o && o.perm.length === rank ? [o.perm] : [];
  });
  const turned = (v: Value) => t.origin(v) !== undefined && !b.knownOf(v);
  const now = new Set(values.filter(turned).map((v) => v.id)).size;
  let best: Perm | undefined, least = now;
  for (const perm of orders) {
    const cost = values.reduce((n, v) => {
      const own = shapeOf(v.type);
      if (b.knownOf(v) || own.every((d) => d === 1)) return n;
      if (own.length !== rank) return Infinity;
      return n + (t.isFree(v, inverse(perm)) ? 0 : 1);
    }, 0);
    if (cost <= least) [best, least] = [perm, cost];
  }
  return best;
}
const ranked = (inputs: readonly (Value | undefined)[]): boolean =>
  inputs.every((v) => !v || (v.type.kind === "tensor" && v.type.shape !== undefined));

function broadcast({ b, node, inputs }: Visit, t: Transposes): readonly Value[] | undefined {
  if (!ranked(inputs)) return undefined;
  const rank = Math.max(...inputs.map((v) => (v ? shapeOf(v.type).length : 0)));
  const perm = agreed(b, inputs, rank, t);
  if (!perm) return undefined;
  const turned = inputs.map((v) => {
    if (!v) return undefined;
    const known = b.knownOf(v), shape = shapeOf(v.type);
    if (shape.every((d) => d === 1)) return v;
    return known
      ? b.constant(constantBeside(b.registry, known, rank, inverse(perm)))
      : t.of(v, inverse(perm));
  });
  return b.op(node.op, turned, node.attributes).map((v) => t.of(v, perm));
}
/** A constant that broadcasts against a transposed value as it did before. */
function constantBeside(registry: Operators, value: Tensor, rank: number, perm: Perm): Tensor {
  const shape = [...new Array<number>(rank - value.shape.length).fill(1), ...value.shape];
  const wide = sourced({ ...value, shape }, sourceOf(value));
  const turned = computed(registry, "Transpose", [wide], { perm: [...perm] });
  const first = turned.shape.findIndex((d) => d !== 1);
  return sourced({ ...turned, shape: turned.shape.slice(Math.max(0, first)) }, sourceOf(turned));
}

function concat({ b, node, inputs }: Visit, t: Transposes): readonly Value[] | undefined {
  if (!ranked(inputs)) return undefined;
  const rank = shapeOf(inputs[0]?.type).length, axis = Number(node.attributes["axis"]);
  const perm = agreed(b, inputs, rank, t);
  if (!perm) return undefined;
  const turned = inputs.flatMap((v) => (v ? t.of(v, inverse(perm)) : []));
  const y = b.concat(turned, { axis: item(perm, axis < 0 ? axis + rank : axis) });
  return [t.of(y, perm)];
}
