/** Products, norms, losses and what else networks have beside windows. @module */
import type { DType } from "../../../core/values/dtype.ts";
import type { Draft, DraftedTensor, Size } from "../draft.ts";
import { type Maker, type Makers, open, some } from "./kit.ts";
import { channelsOf, image, times } from "./windows.ts";

function matmul(d: Draft) {
  const a = some(d, { dtypes: ["float32", "float32", "float32", "float64"], ranks: [1, 4] }),
    k = d.sizes(a).at(-1);
  // Products without terms are what memory held before, in onnxruntime.
  if (k === undefined || k === 0) return undefined;
  const lead = d.dice.chance(0.4)
    ? d.sizes(a).slice(0, -2).map((s): Size => (s === undefined || d.dice.chance(0.3) ? 1 : s))
    : [];
  const fits = (t: DraftedTensor) => t.dtype === a.dtype && t.rank === 2 && d.sizes(t)[0] === k;
  const there = d.dice.chance(0.3) ? d.find(fits) : undefined;
  const b = there ??
    d.source(
      d.dice.chance(0.15)
        ? [k]
        : [...lead, k, d.dice.chance(0.1) ? d.dice.pick(open) : d.dice.between(1, 12)],
      a.dtype,
    );
  return { op: "MatMul", inputs: [a.name, b.name] };
}
function gemm(d: Draft) {
  const a = some(d, { ranks: [2, 2], dtypes: ["float32", "float32", "float32", "float64"] }),
    [m, k] = d.sizes(a);
  if (!m || !k) return undefined;
  const transA = d.dice.below(2),
    transB = d.dice.below(2),
    rows = transA ? k : m,
    inner = transA ? m : k,
    columns = d.dice.between(1, 10);
  const b = d.source(transB ? [columns, inner] : [inner, columns], a.dtype);
  const c = d.dice.chance(0.7)
    ? [
      d.source(d.dice.pick<Size[]>([[columns], [1], [], [rows, columns], [rows, 1], [1, columns]]), a.dtype)
        .name,
    ]
    : [];
  return {
    op: "Gemm",
    inputs: [a.name, b.name, ...c],
    attributes: {
      ...(transA && { transA }),
      ...(transB && { transB }),
      ...(d.dice.chance(0.3) && { alpha: 0.5 }),
      ...(d.dice.chance(0.3) && { beta: -1.5 }),
    },
  };
}
function einsum(d: Draft) {
  const [equation, ...shapes] = d.dice.pick<[string, ...string[]]>([
    ["ij,jk->ik", "ij", "jk"],
    ["ij,jk", "ij", "jk"],
    ["bij,bjk->bik", "bij", "bjk"],
    ["bhid,bhjd->bhij", "bhid", "bhjd"],
    ["ij->ji", "ij"],
    ["ii->i", "ii"],
    ["ij->", "ij"],
    ["ij->i", "ij"],
    ["i,j->ij", "i", "j"],
    ["bid,d->bi", "bid", "d"],
    ["ijk,kl,li->j", "ijk", "kl", "li"],
    ["...ij,...jk->...ik", "bij", "bjk"],
    ["abc,cd->abd", "abc", "cd"],
  ]);
  const sizes = new Map<string, Size>(
    [..."abcdhijkl"].map((c) => [c, d.dice.chance(0.15) ? d.dice.pick(open) : d.dice.between(1, 5)]),
  );
  return {
    op: "Einsum",
    inputs: shapes.map((s) => d.source([...s].map((c) => sizes.get(c) ?? 1)).name),
    attributes: { equation },
  };
}
const perChannel = (d: Draft, c: number, dtype: DType = "float32") =>
  d.constant(d.dice.tensor([c], dtype, "positive")).name;

/** Their makers. */
export const networks: Makers = {
  MatMul: matmul,
  Gemm: gemm,
  Einsum: einsum,
  BatchNormalization: (d) => {
    const x = d.dice.chance(0.2)
        ? some(d, { ranks: [2, 2], openToo: false })
        : image(d, d.dice.between(1, 3)),
      c = channelsOf(d, x);
    const bias = d.source([c], x.dtype).name;
    return {
      op: "BatchNormalization",
      inputs: [
        x.name,
        perChannel(d, c, x.dtype),
        bias,
        d.source([c], x.dtype).name,
        perChannel(d, c, x.dtype),
      ],
      attributes: d.dice.chance(0.4) ? { epsilon: 0.01 } : {},
    };
  },
  InstanceNormalization: (d) => {
    // Of one element alone onnxruntime's way of computing leaves nothing but its rounding.
    const x = image(d, d.dice.between(1, 3)), c = channelsOf(d, x);
    if (x.samples.some((s) => s.shape.slice(2).reduce((a, b) => a * b, 1) < 3)) return undefined;
    return {
      op: "InstanceNormalization",
      inputs: [x.name, d.source([c]).name, d.source([c]).name],
      attributes: d.dice.chance(0.4) ? { epsilon: 0.01 } : {},
    };
  },
  GroupNormalization: (d) => {
    const x = image(d, d.dice.between(1, 2)), c = channelsOf(d, x);
    const groups = d.dice.pick(times(c, () => 0).map((_, i) => i + 1).filter((n) => c % n === 0)),
      size = d.opset < 21 ? groups : c;
    return {
      op: "GroupNormalization",
      inputs: [x.name, d.source([size]).name, d.source([size]).name],
      attributes: { num_groups: groups },
    };
  },
  LRN: (d) => ({
    op: "LRN",
    inputs: [image(d, 2).name],
    attributes: {
      size: d.dice.pick([1, 3, 5]),
      ...(d.dice.chance(0.5) && { alpha: 0.2, beta: 0.6, bias: 1.5 }),
    },
  }),
  Det: (d) => {
    const n = d.dice.between(1, 4);
    return {
      op: "Det",
      inputs: [d.source([...(d.dice.chance(0.6) ? [d.dice.pick<Size>(["n", 2])] : []), n, n]).name],
    };
  },
  RotaryEmbedding: (d) => {
    const [b, h, t, s] = [d.dice.between(1, 2), d.dice.between(1, 2), d.dice.between(1, 3), 4];
    return {
      op: "RotaryEmbedding",
      inputs: [
        d.source([b, h, t, s]).name,
        d.source([5, s / 2]).name,
        d.source([5, s / 2]).name,
        d.ints(times(b * t, () => d.dice.below(5)), "int64", [b, t]),
      ],
      attributes: { interleaved: d.dice.below(2) },
    };
  },
  Attention: (d) => {
    const [h, s, t, e] = [
      d.dice.between(1, 2),
      d.dice.pick<Size>(["n", 3]),
      d.dice.pick<Size>(["m", 4]),
      d.dice.between(1, 4),
    ];
    return {
      op: "Attention",
      inputs: [d.source([1, h, s, e]).name, d.source([1, h, t, e]).name, d.source([1, h, t, e]).name],
      attributes: { is_causal: d.dice.below(2) },
    };
  },
  NegativeLogLikelihoodLoss: loss("NegativeLogLikelihoodLoss"),
  SoftmaxCrossEntropyLoss: loss("SoftmaxCrossEntropyLoss"),
  NonMaxSuppression: (d) => {
    const boxes = times(5, () => [d.dice.uniform(0, 1), d.dice.uniform(0, 1)]).flatMap((
      [y = 0, x = 0],
    ) => [y, x, y + 0.5, x + 0.6]);
    const one = (v: number) => d.constant({ dtype: "float32", shape: [1], data: Float32Array.of(v) }).name;
    return {
      op: "NonMaxSuppression",
      inputs: [
        d.constant({ dtype: "float32", shape: [1, 5, 4], data: Float32Array.from(boxes) }).name,
        d.source([1, 2, 5], "float32", "positive").name,
        d.ints([d.dice.between(1, 3)]),
        one(0.4),
        one(0.3),
      ],
    };
  },
  HannWindow: size("HannWindow"),
  HammingWindow: size("HammingWindow"),
  BlackmanWindow: size("BlackmanWindow"),
  DFT: (d) => {
    const x = d.source([d.dice.between(1, 2), d.dice.between(1, 8), d.dice.between(1, 2)]),
      inverse = d.dice.chance(0.3) ? 1 : 0;
    return d.opset < 20
      ? { op: "DFT", inputs: [x.name], attributes: { axis: 1, inverse } }
      : { op: "DFT", inputs: [x.name, "", d.ints([1], "int64", [])], attributes: { inverse } };
  },
};
function size(op: string): Maker {
  return (d) => ({
    op,
    inputs: [d.ints([d.dice.between(2, 9)], "int64", [])],
    attributes: { periodic: d.dice.below(2) },
  });
}
function loss(op: string): Maker {
  return (d) => {
    const dims = d.dice.below(2),
      c = d.dice.between(1, 4),
      n = d.dice.between(1, 4),
      tail = times(dims, () => d.dice.between(1, 3)),
      count = tail.reduce((a, b) => a * b, n);
    const ids = d.ints(times(count, () => d.dice.below(c)), d.dice.pick(["int64", "int32"]), [n, ...tail]);
    const weight = d.dice.chance(0.4) ? [d.constant(d.dice.tensor([c], "float32", "positive")).name] : [];
    return {
      op,
      inputs: [d.source([n, c, ...tail]).name, ids, ...weight],
      attributes: {
        reduction: d.dice.pick(["mean", "sum", "none"]),
        ...(d.dice.chance(0.3) && { ignore_index: 0 }),
      },
    };
  };
}
