/** The Python modules in which Keras 3 has its operations. @module */

const names: Readonly<Record<string, string>> = {
  core: "Cast Shape Slice StopGradient Unstack",
  image: "Resize",
  math: "Erf Logsumexp Rsqrt TopK",
  nn:
    "Celu DepthToSpace Elu Gelu HardSigmoid HardSilu LeakyRelu LogSigmoid LogSoftmax Mish OneHot Relu Relu6 Selu Sigmoid Silu Softmax Softplus Softsign SpaceToDepth Threshold",
};
const modules = new Map(
  Object.entries(names).flatMap(([module, list]) => list.split(" ").map((name) => [name, module] as const)),
);
/** The module of an operation; `keras.src.ops.numpy` for most. */
export function moduleOf(operation: string): string {
  return `keras.src.ops.${modules.get(operation) ?? "numpy"}`;
}
