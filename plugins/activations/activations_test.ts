/** Activations against their formulas in JavaScript's own float64. @module */
import { deepEqual, ok } from "node:assert/strict";
import { GraphBuilder } from "../../core/graph/builder.ts";
import { runGraph } from "../../core/ops/execute.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { networkOps } from "../../core/ops/mod.ts";
import { createRegistry } from "../../core/registry.ts";
import { isTensor, tensor, toNumbers } from "../../core/values/tensor.ts";
import { activations } from "./mod.ts";

const registry = createRegistry([...networkOps, ...activations]);
function values(
  name: string,
  x: readonly number[],
  options: Record<string, unknown> = {},
): readonly number[] {
  const b = new GraphBuilder(registry);
  const input = b.input("x", { kind: "tensor", dtype: "float64", shape: [1, x.length] });
  b.output("y", b.identity(b.activation(name, input, options)));
  const [y] = runGraph(b.build(), [tensor([...x], [1, x.length], "float64")], {
    registry,
    limits: defaultLimits,
  });
  return isTensor(y) ? [...toNumbers(y)] : [];
}
const at = [-4.5, -3, -2.2, -1, -0.5, -0.3, 0, 0.2, 0.5, 1, 1.7, 3, 6.5];
const clip = (x: number, low: number, high: number) => Math.min(high, Math.max(low, x));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x)), softplus = (x: number) => Math.log1p(Math.exp(x));
const alpha = 1.6732632423543772, scale = 1.0507009873554805;

const formulas: Record<string, (x: number) => number> = {
  linear: (x) => x,
  relu: (x) => Math.max(x, 0),
  relu6: (x) => clip(x, 0, 6),
  leakyRelu: (x) => (x > 0 ? x : 0.2 * x),
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  selu: (x) => scale * (x > 0 ? x : alpha * Math.expm1(x)),
  celu: (x) => Math.max(x, 0) + Math.min(0, Math.expm1(x)),
  sigmoid,
  hardSigmoid: (x) => clip(x + 3, 0, 6) / 6,
  hardSigmoidKeras2: (x) => clip(0.2 * x + 0.5, 0, 1),
  sparseSigmoid: (x) => clip((x + 1) / 2, 0, 1),
  tanh: Math.tanh,
  hardTanh: (x) => clip(x, -1, 1),
  softplus,
  softsign: (x) => x / (1 + Math.abs(x)),
  silu: (x) => x * sigmoid(x),
  swish: (x) => x * sigmoid(x),
  mish: (x) => x * Math.tanh(softplus(x)),
  exponential: Math.exp,
  hardSilu: (x) => x * clip(x + 3, 0, 6) / 6,
  hardSwish: (x) => x * clip(x + 3, 0, 6) / 6,
  hardShrink: (x) => (Math.abs(x) > 0.5 ? x : 0),
  softShrink: (x) => Math.sign(x) * Math.max(0, Math.abs(x) - 0.5),
  tanhShrink: (x) => x - Math.tanh(x),
  logSigmoid: (x) => -softplus(-x),
  sparsePlus: (x) => (x <= -1 ? 0 : x >= 1 ? x : (x + 1) ** 2 / 4),
  squareplus: (x) => (x + Math.sqrt(x * x + 4)) / 2,
  threshold: (x) => (x > 0 ? x : 0),
};
for (const [name, formula] of Object.entries(formulas)) {
  Deno.test(`${name} is its formula`, () => {
    values(name, at).forEach((y, i) => {
      const x = at[i] ?? 0, wanted = formula(x);
      ok(
        Math.abs(y - wanted) <= 3e-7 * Math.max(1, Math.abs(wanted)),
        `${name}(${x}) = ${y}, expected ${wanted}`,
      );
    });
  });
}
const near = (got: readonly number[], wanted: readonly number[]) =>
  deepEqual(got.map((v) => Math.round(v * 1e6) / 1e6 + 0), wanted.map((v) => Math.round(v * 1e6) / 1e6 + 0));

Deno.test("every activation is tested here or below", () => {
  const others = ["gelu", "softmax", "logSoftmax", "glu", "sparsemax"];
  deepEqual(activations.map((a) => a.name).sort(), [...Object.keys(formulas), ...others].sort());
});
Deno.test("gelu is exact, or by tanh where asked", () => {
  near(values("gelu", [-1, 0.5, 2]), [-0.158655, 0.345731, 1.9545]);
  near(values("gelu", [-1, 0.5, 2], { approximate: true }), [-0.158808, 0.345714, 1.954598]);
});
Deno.test("relu takes a slope, a ceiling and a threshold", () => {
  near(values("relu", [-2, 0.5, 1.5, 9], { negativeSlope: 0.1, maxValue: 6, threshold: 1 }), [
    -0.3,
    -0.05,
    1.5,
    6,
  ]);
});
Deno.test("softmax sums to 1 and logSoftmax is its logarithm", () => {
  const p = values("softmax", [1, 2, 3]);
  near(p, [0.090031, 0.244728, 0.665241]);
  near(values("logSoftmax", [1, 2, 3]), p.map(Math.log));
});
Deno.test("glu gates one half by the other", () => near(values("glu", [1, 2, 0, 100]), [0.5, 2]));
Deno.test("sparsemax is Keras', which leaves nothing where two members' running sums add up too high", () => {
  near(values("sparsemax", [1, 2, 4]), [0, 0, 1]);
  near(values("sparsemax", [1, 2, 2.5]), [0, 0, 0]);
  near(values("sparsemax", [0, 0, 0, 0]), [0.25, 0.25, 0.25, 0.25]);
});
