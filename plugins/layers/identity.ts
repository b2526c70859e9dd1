/** Layers that change nothing, and comparisons that Keras 3 files hold as layers. @module */
import type { LayerDef } from "../../core/layer.ts";
import { inputAt, scalarLike } from "../../core/layerkit.ts";
import { bool, type Field, field, float, list, nullable, text } from "../../core/schema.ts";
import { type DType, isDType } from "../../core/dtype.ts";
import { ShapeError } from "../../core/errors.ts";

type NoConfig = Readonly<Record<never, never>>;

/** Its input as it is. */
export const identityDef: LayerDef<NoConfig, never> = {
  kind: "layer",
  name: "Identity",
  summary: "its input as it is",
  mask: "pass",
  config: {},
  params: () => ({}),
  build: ({ inputs }) => [inputAt(inputs, 0)],
};

/** Options of {@link inputLayerDef}, resolved. */
export interface InputLayerConfig {
  /** Sizes with the batch first; null where a size is known only when running. */
  readonly batchShape: readonly (number | null)[];
  readonly dtype: DType;
  readonly sparse: boolean;
  readonly ragged: boolean;
  readonly optional: boolean;
}
const sizeOrNull = nullable(field<number>({
  doc: "size",
  expects: "a whole number",
  read: (raw) => (Number.isSafeInteger(raw) && Number(raw) >= 0 ? Number(raw) : undefined),
}));
function dtypeField(): Field<DType> {
  return field<DType>({
    doc: "element type",
    default: "float32",
    expects: "an element type",
    read: (raw) => (raw === null ? "float32" : isDType(raw) ? raw : undefined),
  });
}
const never = (doc: string) => bool({ doc, default: false });
/** Where a model begins. */
export const inputLayerDef: LayerDef<InputLayerConfig, never> = {
  kind: "layer",
  name: "InputLayer",
  summary: "where a model begins",
  mask: "pass",
  config: {
    batchShape: list({ doc: "sizes with the batch first, null where they vary", of: sizeOrNull }),
    dtype: dtypeField(),
    sparse: never("given as a sparse tensor"),
    ragged: never("given as a ragged tensor"),
    optional: never("may be left out"),
  },
  params: () => ({}),
  build: ({ inputs }) => [inputAt(inputs, 0)],
  check({ sparse, ragged }, path) {
    if (sparse || ragged) throw new ShapeError(`${path}: sparse and ragged inputs are not supported`);
  },
  keras: {
    upgrade(config) {
      const { batch_input_shape: older, input_dtype: type, ...rest } = config;
      return {
        ...rest,
        ...(older !== undefined && !("batch_shape" in rest) && { batch_shape: older }),
        ...(type !== undefined && !("dtype" in rest) && { dtype: type }),
      };
    },
  },
};

/** Options of {@link notEqualDef}, resolved. */
export interface NotEqualConfig {
  /** What the elements are compared with, where no second tensor is given. */
  readonly value: number;
  readonly dtype: string | null;
}
/** True where the elements differ from a constant or from a second input; Keras 3 writes embeddings' masks so. */
export const notEqualDef: LayerDef<NotEqualConfig, never> = {
  kind: "layer",
  name: "NotEqual",
  summary: "true where elements differ from a constant or a second input",
  mask: "consume",
  config: {
    value: float({ doc: "what the elements are compared with", default: 0 }),
    dtype: nullable(text({ doc: "as the file holds it; the result is bool" })),
  },
  params: () => ({}),
  build({ b, config, inputs, call }) {
    const x = inputAt(inputs, 0), given = call.options?.value;
    const other = inputs[1] ?? call.values?.x2 ??
      scalarLike(b, typeof given === "number" ? given : config.value, x);
    return [b.one("Not", [b.one("Equal", [x, other])])];
  },
};
