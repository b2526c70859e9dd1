/** Families of operators that passes treat alike. @module */

/** Operators of one tensor, element by element; further inputs are scalars. */
export const unary: ReadonlySet<string> = new Set(
  ("Abs Acos Acosh Asin Asinh Atan Atanh BitwiseNot Cast Ceil Celu Clip Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid HardSwish " +
    "Identity IsInf IsNaN LeakyRelu Log Mish Neg Not Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign " +
    "Sqrt Swish Tan Tanh ThresholdedRelu").split(" "),
);
/** Operators of several tensors that broadcast. */
export const broadcasting: ReadonlySet<string> = new Set(
  ("Add And BitwiseAnd BitwiseOr BitwiseXor Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or PRelu Pow " +
    "Sub Sum Where Xor").split(" "),
);
/** Operators over axes, which they drop or keep as 1. */
export const reductions: ReadonlySet<string> = new Set(
  "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare"
    .split(" "),
);
/** Operators along one axis, said by an attribute. */
export const alongAxis: ReadonlySet<string> = new Set(["Hardmax", "LogSoftmax", "Softmax"]);
