/** ONNX models: reading, writing, and the `.pb` files of test data. @module */
export { type OnnxModel, readOnnx, readOnnxFiles, type ReadOptions } from "./read.ts";
export { decodeTensor, encodeTensor, type TensorContext } from "./tensors.ts";
export { decodeValue, encodeValue } from "./values.ts";
export type { ExternalFiles } from "./external.ts";
export { writeOnnx, type WriteOptions } from "./write.ts";
export { onnx } from "./format.ts";
