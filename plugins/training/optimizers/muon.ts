/** Muon: steps of matrices made orthogonal. @module */
import type { Value } from "../../../core/graph/graph.ts";
import { bool, float, int, list, nullable, text } from "../../../core/values/schema.ts";
import type {
  OptimizerConfig,
  OptimizerDef,
  Trainable,
  UpdateContext,
} from "../../../core/training/contract.ts";
import { type PartFactory, partFactory } from "../../../core/training/parts.ts";
import {
  add,
  common,
  div,
  keras,
  mul,
  parts,
  plus,
  remaining,
  since3,
  sqrt,
  sub,
  times,
  towards,
} from "./optimizerkit.ts";

/** Options of {@link muonDef}. */
export interface MuonConfig extends OptimizerConfig {
  /** Adam's share of the old mean. */
  readonly adamBeta1: number;
  /** Adam's share of the old mean square. */
  readonly adamBeta2: number;
  /** Added to Adam's root mean square. */
  readonly epsilon: number;
  /** Weight decay of what Adam trains. */
  readonly adamWeightDecay: number | null;
  /** Adam's rate over Muon's. */
  readonly adamLrRatio: number;
  /** Adam trains weights whose path one of these regular expressions finds. */
  readonly excludeLayers: readonly string[];
  /** Adam trains weights with `embedding` in their path. */
  readonly excludeEmbeddings: boolean;
  /** Coefficients of the Newton-Schulz iteration. */
  readonly muonA: number;
  /** Coefficients of the Newton-Schulz iteration. */
  readonly muonB: number;
  /** Coefficients of the Newton-Schulz iteration. */
  readonly muonC: number;
  /** Share of the last momentum that a step keeps. */
  readonly momentum: number;
  /** Newton-Schulz iterations. */
  readonly nsSteps: number;
  /** Look ahead by the momentum. */
  readonly nesterov: boolean;
  /** Steps are as long as this share of those of Adam; as they come where null. */
  readonly rmsRate: number | null;
}
/** True for what Adam trains beside Muon. */
function byAdam({ path, shape }: Pick<Trainable, "path" | "shape">, config: MuonConfig): boolean {
  return shape.length !== 2 || (config.excludeEmbeddings && path.toLowerCase().includes("embedding")) ||
    config.excludeLayers.some((word) => new RegExp(word).test(path));
}
const adamStep = (c: UpdateContext<MuonConfig>): Value => {
  const { adamBeta1: beta1, adamBeta2: beta2, epsilon, adamLrRatio } = c.config;
  const rate = times(c, c.rate, adamLrRatio);
  const alpha = div(c, mul(c, rate, sqrt(c, remaining(c, beta2))), remaining(c, beta1));
  const m = towards(c, c.slot("momentum"), c.gradient, 1 - beta1);
  const v = towards(c, c.slot("velocity"), c.squared(), 1 - beta2);
  c.setSlot("momentum", m);
  c.setSlot("velocity", v);
  return sub(c, c.variable, div(c, mul(c, m, alpha), plus(c, sqrt(c, v), epsilon)));
};
const muonDef: OptimizerDef<MuonConfig> = {
  kind: "optimizer",
  name: "muon",
  config: {
    ...common(0.001, 0.004),
    adamBeta1: float({ default: 0.9 }),
    adamBeta2: float({ default: 0.999 }),
    epsilon: float({ default: 1e-7 }),
    adamWeightDecay: { ...nullable(float()), default: 0.004 },
    adamLrRatio: float({ default: 1 }),
    excludeLayers: list({
      of: text(),
      default: [],
    }),
    excludeEmbeddings: bool({ default: true }),
    muonA: float({ default: 3.4445 }),
    muonB: float({ default: -4.775 }),
    muonC: float({ default: 2.0315 }),
    momentum: float({ default: 0.95 }),
    nsSteps: int({ default: 5, min: 0 }),
    nesterov: bool({ default: true }),
    rmsRate: { ...nullable(float()), default: 0.2 },
  },
  parts,
  keras: {
    ...keras,
    save: since3,
    fields: { ...keras.fields, adamBeta1: "adam_beta_1", adamBeta2: "adam_beta_2" },
  },
  slots: (config) => [[
    { name: "momentum" },
    { name: "velocity", shape: (w) => (byAdam(w, config) ? w.shape : undefined) },
  ]],
  decayOf: (path, shape, config) =>
    byAdam({ path, shape }, config) ? config.adamWeightDecay : config.weightDecay,
  update(c) {
    const { b, config, variable: w, gradient: g } = c;
    const shape = w.type.kind === "tensor" ? w.type.shape as readonly number[] : [];
    if (byAdam({ path: c.path, shape }, config)) return adamStep(c);
    const { momentum, nesterov, muonA, muonB, muonC, nsSteps, rmsRate } = config;
    const m = add(c, times(c, c.slot("momentum"), momentum), g);
    c.setSlot("momentum", m);
    const turned = (x: Value) => b.transpose(x, { perm: [1, 0] });
    const product = (x: Value, y: Value) => b.matMul(x, y);
    const [rows = 1, columns = 1] = shape, tall = rows > columns;
    let x = nesterov ? add(c, g, times(c, m, momentum)) : m;
    if (tall) x = turned(x);
    x = div(c, x, plus(c, sqrt(c, b.reduceSum(mul(c, x, x), { keepdims: 0 })), 1e-7));
    for (let i = 0; i < nsSteps; i++) {
      const own = product(x, turned(x));
      const even = add(c, times(c, own, muonB), product(times(c, own, muonC), own));
      x = add(c, times(c, x, muonA), product(even, x));
    }
    if (tall) x = turned(x);
    const step = mul(c, x, c.rate), long = Math.sqrt(Math.max(rows, columns));
    return sub(c, w, rmsRate === null ? step : times(c, step, long * rmsRate));
  },
};
/** Steps made orthogonal by Newton and Schulz' iteration, for matrices; Adam's for all else (Jordan et al. 2024). */
export const muon: PartFactory<OptimizerDef, MuonConfig> = partFactory<OptimizerDef>(muonDef);
