/** TensorFlow's functions that Keras 2's functional models hold (TFOpLambda, SlicingOpLambda), as operations of Keras 3. @module */
import type { Argument, CallEntry } from "../../reading/nodes.ts";

/** A function of TensorFlow under Keras 3's names. */
export interface Translation {
  readonly operation: string;
  /** Keras 3's names of TensorFlow's arguments, in TensorFlow's order; null for one that changes nothing here. */
  readonly args: Readonly<Record<string, string | null>>;
  /** Arguments that Keras 3's operation has and TensorFlow's hasn't. */
  readonly more?: Readonly<Record<string, Argument>>;
}
/** Functions by their path below `tf`. */
export type Functions = Readonly<Record<string, Translation>>;
/** Functions whose operation is their own name in PascalCase, with the names of their arguments. */
export function named(
  prefix: string,
  names: string,
  args: Translation["args"],
): Readonly<Record<string, Translation>> {
  const pascal = (name: string) => name.replace(/(?:^|_)([a-z])/g, (_, c: string) => c.toUpperCase());
  return Object.fromEntries(
    names.split(" ").map((name) => [prefix + name, { operation: pascal(name), args }]),
  );
}
/** A function whose operation has another name; arguments are `tensorflow=keras`, `same`, or `!idle` for one that changes nothing. */
export function other(operation: string, args: string, more?: Translation["more"]): Translation {
  const pairs = args.split(" ").map((arg): [string, string | null] => {
    const [from = "", to = from] = arg.split("=");
    return from.startsWith("!") ? [from.slice(1), null] : [from, to];
  });
  return { operation, args: Object.fromEntries(pairs), ...(more && { more }) };
}
const two = { x: "x1", y: "x2" }, last = { axis: -1 }, first = { axis: 0 };
const gather = other("Take", "params=x indices !validate_indices !name axis batch_dims", first);
const shape = other("Shape", "input=x !name out_type=dtype", { dtype: "int32" });
const reduce = { input_tensor: "x", axis: "axis", keepdims: "keepdims" };
const pad = other("Pad", "tensor=x paddings=pad_width mode !name constant_values");
const squeeze = other("Squeeze", "input=x axis"), transpose = other("Transpose", "a=x perm=axes !conjugate");

/** Functions by their path below `tf`. */
export const usualFunctions: Readonly<Record<string, Translation>> = {
  ...named(
    "math.",
    "add subtract multiply divide divide_no_nan maximum minimum equal not_equal greater greater_equal " +
      "less less_equal logical_and logical_or",
    two,
  ),
  ...named(
    "math.",
    "logical_not negative sign square sqrt rsqrt reciprocal exp expm1 log log1p sin cos tan tanh sigmoid " +
      "erf floor ceil round",
    { x: "x" },
  ),
  ...named("nn.", "sigmoid tanh", { x: "x" }),
  ...named("nn.", "relu relu6 elu selu softplus softsign silu", { features: "x" }),
  "__operators__.add": other("Add", "x=x1 y=x2"),
  "__operators__.eq": other("Equal", "self=x1 other=x2"),
  "__operators__.ne": other("NotEqual", "self=x1 other=x2"),
  "math.truediv": other("Divide", "x=x1 y=x2"),
  "math.floordiv": other("FloorDivide", "x=x1 y=x2"),
  "math.floormod": other("Mod", "x=x1 y=x2"),
  "math.pow": other("Power", "x=x1 y=x2"),
  "math.abs": other("Absolute", "x"),
  "math.softplus": other("Softplus", "features=x"),
  "math.is_nan": other("Isnan", "x"),
  "nn.gelu": other("Gelu", "features=x approximate", { approximate: false }),
  "nn.swish": other("Silu", "features=x"),
  "nn.leaky_relu": other("LeakyRelu", "features=x alpha=negative_slope", { negative_slope: 0.2 }),
  "nn.softmax": other("Softmax", "logits=x axis", last),
  "nn.log_softmax": other("LogSoftmax", "logits=x axis", last),
  "linalg.matmul": other("Matmul", "a=x1 b=x2 transpose_a transpose_b"),
  "math.l2_normalize": other("Normalize", "x axis", { epsilon: 1e-6 }),
  ...named("math.reduce_", "sum mean max min prod any all std logsumexp", reduce),
  "math.reduce_variance": { operation: "Var", args: reduce },
  "math.argmax": other("Argmax", "input=x axis output_type=dtype", { ...first, dtype: "int64" }),
  "math.argmin": other("Argmin", "input=x axis output_type=dtype", { ...first, dtype: "int64" }),
  "math.cumsum": other("Cumsum", "x axis exclusive reverse", first),
  cast: other("Cast", "x dtype"),
  identity: other("Copy", "input=x"),
  stop_gradient: other("StopGradient", "input=variable"),
  reshape: other("Reshape", "tensor=x shape=newshape"),
  expand_dims: other("ExpandDims", "input=x axis"),
  squeeze,
  "compat.v1.squeeze": squeeze,
  transpose,
  "compat.v1.transpose": transpose,
  concat: other("Concatenate", "values=xs axis"),
  stack: other("Stack", "values=x axis"),
  unstack: other("Unstack", "value=x num axis"),
  split: other("Split", "value=x num_or_size_splits axis"),
  tile: other("Tile", "input=x multiples=repeats"),
  repeat: other("Repeat", "input=x repeats axis"),
  reverse: other("Flip", "tensor=x axis"),
  roll: other("Roll", "input=x shift axis"),
  gather,
  "compat.v1.gather": gather,
  shape,
  "compat.v1.shape": shape,
  one_hot: other("OneHot", "indices=x depth=num_classes on_value off_value axis dtype", last),
  ones_like: other("OnesLike", "input=x dtype"),
  zeros_like: other("ZerosLike", "input=x dtype"),
  where: other("Where", "condition x=x1 y=x2"),
  clip_by_value: other("Clip", "t=x clip_value_min=x_min clip_value_max=x_max"),
  pad,
  "compat.v1.pad": pad,
  "__operators__.getitem": other("GetItem", "tensor=x slice_spec=key"),
  "nn.depth_to_space": other("DepthToSpace", "input=x block_size !data_format"),
  "nn.space_to_depth": other("SpaceToDepth", "input=x block_size !data_format"),
};

/** Slices as Keras 3 writes them. */
function key(a: Argument): Argument {
  if (Array.isArray(a)) return a.map(key);
  if (typeof a !== "object" || a === null) return a;
  const { class_name: name } = a as Readonly<Record<string, Argument>>;
  if (name === "__ellipsis__") return { class_name: "__ellipsis__", config: {} };
  return "start" in a && "stop" in a
    ? { class_name: "__slice__", config: a as Readonly<Record<string, Argument>> }
    : a;
}
/** A call of one of TensorFlow's functions as one of Keras 3; undefined for a function that isn't known. */
export function translated(
  name: string,
  call: CallEntry,
  functions: Functions,
): { readonly className: string; readonly kwargs: Readonly<Record<string, Argument>> } | undefined {
  const found = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (!found) return undefined;
  const kwargs: Record<string, Argument> = { ...found.more }, names = Object.keys(found.args);
  const set = (from: string, value: Argument) => {
    const to = found.args[from];
    // What isn't known keeps its name, so that the operation refuses it.
    if (to !== null && value !== null) {
      kwargs[to ?? from] = found.operation === "GetItem" ? key(value) : value;
    }
  };
  call.args.forEach((a, i) => set(names[i] ?? `argument ${i}`, a));
  for (const [k, v] of Object.entries(call.kwargs)) if (k !== "name") set(k, v);
  return { className: found.operation, kwargs };
}
