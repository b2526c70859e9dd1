/** Random operators for graphs around loops: those that move axes, cut, sum, multiply and convolve. @module */
import type { GraphBuilder } from "../../core/graph/builder.ts";
import type { Value } from "../../core/graph/graph.ts";
import { sameDim } from "../../core/values/shape.ts";
import { sizeOf, tensor } from "../../core/values/tensor.ts";
import { broadcasts, type Dice, numbersOf, sameShape, shapeOf } from "./dice.ts";

/** One random operator on a value, perhaps with others of a pool; none where the operator drawn doesn't fit. */
export function randomOperator(
  dice: Dice,
  b: GraphBuilder,
  pool: readonly Value[],
  x: Value,
): Value | undefined {
  const shape = shapeOf(x), rank = shape.length, fixed = numbersOf(x);
  const axis = rank === 0 ? 0 : dice.below(rank);
  const size = shape[axis];
  const kinds = [
    "unary",
    "unary",
    "binary",
    "binary",
    "binary",
    "where",
    "transpose",
    "transpose",
    "reshape",
    "slice",
    "slice",
    "flip",
    "concat",
    "split",
    "matmul",
    "matmul",
    "conv",
    "conv",
    "pool",
    "reduce",
    "reduce",
    "softmax",
    "norm",
    "cumsum",
    "gather",
    "pad",
    "expand",
    "tile",
    "squeeze",
    "identity",
    "fused",
  ] as const;
  switch (dice.among(kinds)) {
    case "unary":
      return b.one(dice.among(["Tanh", "Sigmoid", "Neg", "Abs", "Relu", "Sin", "Softplus"]), [x]);
    case "fused": {
      const y = b.mul(b.tanh(x), b.scalar(0.5));
      return b.add(b.sigmoid(y), x);
    }
    case "binary": {
      const y = dice.floats(pool, (v) => broadcasts(v, x));
      const args = y && dice.chance(0.5) ? [y, x] : [x, y ?? x];
      return b.one(dice.among(["Add", "Sub", "Mul", "Max", "Min"]), args);
    }
    case "where": {
      const y = dice.floats(pool, (v) => broadcasts(v, x)) ?? x;
      const test = b.one(dice.among(["Greater", "LessOrEqual"]), [x, b.scalar(0.1)]);
      return b.one("Where", dice.chance(0.5) ? [test, x, y] : [test, y, x]);
    }
    case "transpose":
      return rank < 2 ? undefined : b.transpose(x, { perm: dice.order(rank) });
    case "reshape": {
      if (!fixed) return undefined;
      const n = sizeOf(fixed), divisors = [1, 2, 3, 4, 5, 6].filter((k) => n % k === 0);
      const first = dice.among(divisors), rest = n / first;
      const second = dice.among([1, 2, 3, 4].filter((k) => rest % k === 0));
      const target = dice.chance(0.3)
        ? [n]
        : dice.chance(0.5)
        ? [first, rest]
        : [first, second, rest / second];
      return n === 0 ? undefined : b.reshape(x, b.ints(target));
    }
    case "slice": {
      if (typeof size !== "number" || size < 2) return undefined;
      const start = dice.below(size),
        end = start + 1 + dice.below(size - start),
        step = dice.among([1, 1, 2]);
      return b.slice(x, b.ints([start]), b.ints([end]), b.ints([axis]), b.ints([step]));
    }
    case "flip":
      if (rank === 0) return undefined;
      return b.slice(x, b.ints([-1]), b.ints([-(2 ** 31)]), b.ints([axis]), b.ints([-1]));
    case "concat": {
      if (rank === 0) return undefined;
      const y = dice.floats(
        pool,
        (v) =>
          sameShape(shapeOf(v).toSpliced(axis, 1), shape.toSpliced(axis, 1)) && shapeOf(v).length === rank,
      ) ?? x;
      return b.concat([x, y], { axis });
    }
    case "split": {
      if (typeof size !== "number" || size < 2) return undefined;
      const parts = b.split(x, b.ints([1, size - 1]), { axis }, { outputs: 2 });
      return dice.among(parts);
    }
    case "matmul": {
      if (rank < 2) return undefined;
      const k = shape.at(-1);
      const y = dice.floats(pool, (v) => shapeOf(v).length === 2 && sameDim(shapeOf(v)[0] ?? 0, k ?? 0)) ??
        (typeof k === "number" ? dice.constant(b, [k, dice.dim()]) : undefined);
      return y && b.matMul(x, y);
    }
    case "conv": {
      if (rank !== 3 && rank !== 4) return undefined;
      const channels = shape[1], space = shape.slice(2);
      if (typeof channels !== "number" || channels < 1 || channels > 17) return undefined;
      const grouped = dice.chance(0.25), kernel = space.map((d) => d === 1 ? 1 : dice.among([1, 2, 3]));
      const outs = grouped ? channels : dice.dim();
      const w = dice.constant(b, [outs, grouped ? 1 : channels, ...kernel]);
      const pads = kernel.flatMap((k) => [Math.floor((k - 1) / 2)]);
      const after = kernel.map((k) => Math.ceil((k - 1) / 2));
      return b.one("Conv", [x, w, ...(dice.chance(0.5) ? [dice.constant(b, [outs])] : [])], {
        kernel_shape: kernel,
        pads: [...pads, ...after],
        group: grouped ? channels : 1,
      });
    }
    case "pool":
      if (rank !== 3 && rank !== 4) return undefined;
      return b.one(dice.among(["MaxPool", "AveragePool"]), [x], {
        kernel_shape: shape.slice(2).map((d) => d === 1 ? 1 : 2),
      });
    case "reduce": {
      if (rank === 0 || (typeof size !== "number" || size === 0)) return undefined;
      const op = dice.among(["ReduceSum", "ReduceMean", "ReduceMax"]);
      return b.one(op, [x, b.ints([axis])], { keepdims: dice.below(2) });
    }
    case "softmax":
      return rank === 0 ? undefined : b.softmax(x, { axis });
    case "norm": {
      const last = shape.at(-1);
      if (typeof last !== "number" || last < 2) return undefined;
      return b.layerNormalization(x, dice.constant(b, [last]), { axis: -1, epsilon: 0.1 })[0];
    }
    case "cumsum":
      return rank === 0 ? undefined : b.cumSum(x, b.constant(tensor([axis], [], "int64")), {
        reverse: dice.below(2) === 1,
        exclusive: dice.below(2) === 1,
      });
    case "gather": {
      if (typeof size !== "number" || size === 0) return undefined;
      const count = 1 + dice.below(4);
      const list = Array.from({ length: count }, () => dice.below(2 * size) - size);
      const index = dice.chance(0.3) ? b.constant(tensor([list[0] ?? 0], [], "int64")) : b.ints(list);
      return b.gather(x, index, { axis });
    }
    case "pad": {
      if (rank === 0) return undefined;
      const pads = Array.from({ length: 2 * rank }, () => dice.below(2));
      return b.pad(x, b.ints(pads));
    }
    case "expand":
      return fixed ? b.expand(x, b.ints([dice.dim(), ...fixed])) : undefined;
    case "tile":
      return rank === 0 ? undefined : b.tile(x, b.ints(shape.map(() => 1 + dice.below(2))));
    case "squeeze": {
      const one = shape.findIndex((d) => d === 1);
      return one >= 0 && dice.chance(0.6)
        ? b.squeeze(x, b.ints([one]))
        : b.unsqueeze(x, b.ints([dice.below(rank + 1)]));
    }
    case "identity":
      return b.identity(x);
  }
}
