/** The kernel generators of the wasm backend. @module */

export * from "./common.ts";
export * from "./products/gemm.ts";
export * from "./products/pack.ts";
export * from "./elementwise/elementwise.ts";
export * from "./convolution/conv.ts";
export * from "./convolution/depthwise.ts";
export * from "./convolution/pad.ts";
export * from "./convolution/pool.ts";
export * from "./reduce/reduce.ts";
export * from "./reduce/softmax.ts";
export * from "./reduce/layernorm.ts";
export * from "./memory/gather.ts";
export * from "./memory/copy.ts";
export * from "./convolution/poolgrad.ts";
export * from "./memory/philox.ts";
export * from "./convolution/depthwisegrad.ts";
