/** The loops that every engine has kernels for: copies, fills, and fused elementwise expressions. @module */

/** Specialisation of a strided copy. */
export interface CopySpec {
  /** Bytes of an element. */
  readonly size: 1 | 2 | 4 | 8;
  /** Number of loops, 1–8. */
  readonly rank: number;
  /**
   * "run": the last dim is contiguous on both sides. "transpose" (4-byte elements): the last dim is contiguous in Y, the one
   * before it in X. "any": no assumption.
   */
  readonly kind: "run" | "transpose" | "any";
}
/** Specialisation of a fill. */
export interface FillSpec {
  /** Bytes of an element. */
  readonly size: 1 | 2 | 4 | 8;
}

/** Element type of an operand in memory. bool is one byte, 0 or 1. */
export type ElementType = "f32" | "i32" | "i64" | "bool" | "u8";

/** Type of a value inside the loop. u8 is widened to i32 when it is loaded. */
export type ValueType = "f32" | "i32" | "i64" | "bool";

/** Innermost stride of an operand: contiguous (1), one value for the whole run (0), or a run-time byte stride. */
export type InnerStride = 0 | 1 | "any";

/** An operand that is read. */
export interface ElementwiseInput {
  readonly dtype: ElementType;
  readonly inner: InnerStride;
}

/** Operators of one argument on float32. */
export type UnaryOp =
  | "neg"
  | "abs"
  | "sqrt"
  | "reciprocal"
  | "square"
  | "sign"
  | "ceil"
  | "floor"
  | "trunc"
  | "round"
  | "relu"
  | "exp"
  | "log"
  | "expm1"
  | "log1p"
  | "tanh"
  | "sigmoid"
  | "softplus"
  | "softsign"
  | "erf"
  | "sin"
  | "cos"
  | "tan"
  | "isnan"
  | "isinf";
/** Operators of two arguments; all on float32, `add sub mul neg min max` and comparisons on i32 too, add sub mul on i64. */
export type BinaryOp = "add" | "sub" | "mul" | "div" | "min" | "max" | "pow" | "mod" | "fmod";
/** Comparisons of two values of one type; the result is bool. */
export type CompareOp = "eq" | "ne" | "lt" | "le" | "gt" | "ge";
/** Logic on bool. */
export type LogicOp = "and" | "or" | "xor" | "not";

/**
 * One step. `args` are value numbers: inputs come first (0 … inputs-1), then the nodes in order. Activations with
 * pieces (elu, selu, gelu, hard sigmoid …) are compositions of these with `where`.
 */
export type ElementwiseNode =
  | { readonly op: UnaryOp | BinaryOp | CompareOp | LogicOp; readonly args: readonly number[] }
  /** bool condition, then the value where it is true, then where it is false. */
  | { readonly op: "where"; readonly args: readonly number[] }
  | { readonly op: "const"; readonly dtype: ValueType; readonly value: number; readonly args?: readonly [] }
  | { readonly op: "cast"; readonly to: ValueType; readonly args: readonly number[] }
  | { readonly op: "clip"; readonly min: number; readonly max: number; readonly args: readonly number[] }
  | { readonly op: "leaky"; readonly alpha: number; readonly args: readonly number[] };

/** A fused loop. */
export interface ElementwiseSpec {
  readonly inputs: readonly ElementwiseInput[];
  readonly nodes: readonly ElementwiseNode[];
  /** What is stored: value numbers. `inner` defaults to 1. */
  readonly outputs: readonly {
    readonly dtype: ElementType;
    readonly value: number;
    readonly inner?: 1 | "any";
  }[];
  /** Outer loops around the innermost one, 0–7. */
  readonly rank: number;
}
