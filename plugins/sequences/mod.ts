/** Sequences: trained models token by token, decoding, long texts in chunks, gradients over time. @module */
export * from "./batches.ts";
export * from "./decoding.ts";
export * from "./generator.ts";
export * from "./gradientnorms.ts";
export { argmax, logProbabilities, type Sampler, sampler, type SamplingOptions } from "./sampling.ts";
export {
  type StepFunction,
  type Stepper,
  stepper,
  type StepperOptions,
  type StepState,
  takeState,
} from "./stepper.ts";
