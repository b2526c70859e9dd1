/** Samples that the operator contract tests run. @module */
export * from "../../core/ops/sample.ts";
