/**
 * ONNX models: reading, writing, and the `.pb` files of test data. `loadModel` reads whole models.
 * @module
 */
export { type OnnxModel, readOnnx, readOnnxFiles, type ReadOptions } from "./reading/read.ts";
export { decodeTensor, encodeTensor, type TensorContext } from "./tensors.ts";
export { decodeValue, encodeValue } from "./reading/values.ts";
export type { ExternalFiles } from "./reading/external.ts";
export { writeOnnx, type WriteOptions } from "./writing/write.ts";
export { onnx } from "./format.ts";
export { onnxHeader, readOnnxStructure } from "./reading/structure.ts";
