/** Schedules of the learning rate, each with its options' type: the one list that a schedule stands in. @module */
export {
  type CosineConfig as CosineDecayConfig,
  cosineDecay,
  cosineDecayRestarts,
  type DecayConfig,
  exponentialDecay,
  inverseTimeDecay,
  oneCycle,
  type OneCycleConfig,
  type PiecewiseConfig,
  piecewiseConstantDecay,
  type PolynomialConfig,
  polynomialDecay,
  type RestartsConfig,
} from "./optimizers/schedules.ts";
