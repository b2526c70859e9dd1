/** The part of onnxruntime-node that is used. @module */

/** A tensor of onnxruntime. */
export interface EngineTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
}
/** A session of onnxruntime. */
export interface EngineSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** True once its process died; a session of this process is never lost. */
  readonly lost?: boolean;
  run(feeds: Readonly<Record<string, EngineTensor>>): Promise<Readonly<Record<string, EngineTensor>>>;
  release(): Promise<void>;
}
/** The part of onnxruntime-node that is used. */
export interface Engine {
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => EngineTensor;
  readonly InferenceSession: {
    create(model: Uint8Array | string, options: Readonly<Record<string, unknown>>): Promise<EngineSession>;
  };
}
