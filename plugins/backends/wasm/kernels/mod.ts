/** The kernel generators of the wasm backend. @module */

export * from "./common.ts";
export * from "./gemm.ts";
export * from "./pack.ts";
export * from "./elementwise.ts";
export * from "./conv.ts";
export * from "./depthwise.ts";
export * from "./pad.ts";
export * from "./pool.ts";
export * from "./reduce.ts";
export * from "./softmax.ts";
export * from "./layernorm.ts";
export * from "./gather.ts";
export * from "./copy.ts";
export * from "./poolgrad.ts";
export * from "./philox.ts";
export * from "./depthwisegrad.ts";
