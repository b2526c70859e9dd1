/** Samples of the elementwise operators. @module */
import { distinct, int64, type OpSample, uniform } from "../sample.ts";
import { scalar, type Tensor, tensor } from "../../values/tensor.ts";

const x: Tensor = uniform([2, 3, 4], -2, 2), small = uniform([2, 3], -0.8, 0.8, 3);
const positive = uniform([2, 3], 0.3, 3, 4);
/** Away from 0, where some functions have a corner. */
const cornerless = tensor([-2.1, -1.3, -0.4, 0.6, 1.7, 2.9], [2, 3]);

const unary = (op: string, input: Tensor, attributes = {}): OpSample => ({ op, inputs: [input], attributes });
const pairs: readonly (readonly [string, Tensor, Tensor])[] = [
  ["same shape", x, uniform([2, 3, 4], 0.5, 2, 5)],
  ["scalar", x, tensor(1.5)],
  ["scalar first", tensor(1.5), uniform([3, 4], 0.5, 2, 6)],
  ["trailing axes", x, uniform([4], 0.5, 2, 6)],
  ["inner axis of one", x, uniform([2, 3, 1], 0.5, 2, 7)],
  ["both broadcast", uniform([3, 1], -2, 2, 8), uniform([2, 1, 4], 0.5, 2, 9)],
];
const binary = (op: string): OpSample[] => pairs.map(([note, a, b]) => ({ op, inputs: [a, b], note }));

/** Samples of the elementwise operators. */
export const samples: readonly OpSample[] = [
  ...["Add", "Sub", "Mul", "Div"].flatMap(binary),
  { op: "Pow", inputs: [positive, uniform([3], 0.5, 2.5, 5)] },
  { op: "Pow", inputs: [cornerless, tensor(2)], wanted: [true, false], note: "square of negatives" },
  { op: "Pow", inputs: [positive, int64([3], [])], note: "integer exponent" },
  { op: "Mod", inputs: [cornerless, tensor([1.1, 0.7, -0.9])], attributes: { fmod: 1 } },
  { op: "Mod", inputs: [cornerless, tensor([1.1, 0.7, -0.9])] },
  { op: "Mod", inputs: [int64([-7, 7, -7, 7]), int64([3, 3, -3, -3])] },
  { op: "Add", inputs: [int64([1, 2 ** 40]), int64([5], [])], note: "int64" },
  ...["Min", "Max", "Sum", "Mean"].flatMap((op) => [
    { op, inputs: [distinct([2, 3]), distinct([2, 3], 0.13, 7), distinct([3], 0.17, 8)] },
    { op, inputs: [distinct([2, 3])], note: "one operand" },
  ]),
  ...["Neg", "Exp", "Erf", "Sin", "Cos", "Atan", "Sinh", "Cosh", "Tanh", "Asinh", "Sigmoid", "Softplus"].map((
    op,
  ) => unary(op, x)),
  ...["Abs", "Sign", "Floor", "Ceil", "Round", "Relu", "Softsign"].map((op) => unary(op, cornerless)),
  ...["Sqrt", "Log", "Reciprocal"].map((op) => unary(op, positive)),
  ...["Asin", "Acos", "Atanh", "Tan"].map((op) => unary(op, small)),
  unary("Acosh", uniform([2, 3], 1.2, 3)),
  unary("LeakyRelu", cornerless, { alpha: 0.3 }),
  unary("Elu", cornerless, { alpha: 0.7 }),
  unary("Selu", cornerless),
  unary("Celu", cornerless, { alpha: 1.4 }),
  unary("ThresholdedRelu", cornerless, { alpha: 0.9 }),
  unary("HardSigmoid", cornerless, { alpha: 0.25 }),
  unary("HardSwish", tensor([-3.5, -1.3, -0.4, 0.6, 1.7, 3.9], [2, 3])),
  unary("Gelu", x),
  unary("Gelu", x, { approximate: "tanh" }),
  unary("Mish", x),
  unary("Swish", x, { alpha: 1.3 }),
  { op: "PRelu", inputs: [cornerless, tensor([0.1, 0.2, 0.3])] },
  { op: "Clip", inputs: [cornerless, tensor(-1), tensor(1)] },
  { op: "Clip", inputs: [cornerless, undefined, tensor(1)], note: "no lower bound" },
  { op: "Where", inputs: [tensor([[true], [false]]), uniform([2, 3]), uniform([3], -1, 1, 2)] },
  { op: "Identity", inputs: [x] },
  { op: "Cast", attributes: { to: "float32" }, inputs: [x] },
  { op: "CastLike", inputs: [x, tensor([1])], wanted: [true, false] },
  { op: "Dropout", inputs: [x], outputs: 1, note: "inference" },
  {
    op: "Dropout",
    attributes: { seed: 7 },
    inputs: [x, tensor(0.4), scalar(true)],
    wanted: [true, false],
    note: "training",
  },
  { op: "CumSum", inputs: [x, int64([1], [])] },
  { op: "CumSum", attributes: { exclusive: 1, reverse: 1 }, inputs: [x, int64([2], [])] },
];
