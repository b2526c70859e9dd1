/** Layers that change nothing: Identity, InputLayer. @module */
import { type Factory, factory } from "../../core/network/factory.ts";
import type { LayerDef } from "../../core/network/layer.ts";
import { inputAt } from "../../core/ops/words.ts";
import { bool, type Field, field, list, nullable } from "../../core/values/schema.ts";
import { type DType, isDType } from "../../core/values/dtype.ts";
import { ShapeError } from "../../core/values/errors.ts";

type NoConfig = Readonly<Record<never, never>>;

const identityDef: LayerDef<NoConfig, never> = {
  kind: "layer",
  name: "Identity",
  mask: "pass",
  config: {},
  params: () => ({}),
  build: ({ inputs }) => [inputAt(inputs, 0)],
  keras: { classNames: ["Identity", "TFDIdentity"], masksSince: 3 },
};
/** Its input as it is. */
export const identity: Factory<Readonly<Record<never, never>>> = factory(identityDef);

/** Options of {@link inputLayerDef}, resolved. */
export interface InputLayerConfig {
  /** Sizes with the batch first; null where a size is known only when running. */
  readonly batchShape: readonly (number | null)[];
  /** Element type. */
  readonly dtype: DType;
  /** Given as a sparse tensor. */
  readonly sparse: boolean;
  /** Given as a ragged tensor. */
  readonly ragged: boolean;
  /** May be left out. */
  readonly optional: boolean;
}
const sizeOrNull = nullable(field<number>({
  expects: "a whole number",
  read: (raw) => (Number.isSafeInteger(raw) && Number(raw) >= 0 ? Number(raw) : undefined),
}));
function dtypeField(): Field<DType> {
  return field<DType>({
    default: "float32",
    expects: "an element type",
    read: (raw) => (raw === null ? "float32" : isDType(raw) ? raw : undefined),
  });
}
const never = () => bool({ default: false });
const inputLayerDef: LayerDef<InputLayerConfig, never> = {
  kind: "layer",
  name: "InputLayer",
  mask: "pass",
  config: {
    batchShape: list({ of: sizeOrNull }),
    dtype: dtypeField(),
    sparse: never(),
    ragged: never(),
    optional: never(),
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
/** Where a model begins. */
export const inputLayer: Factory<InputLayerConfig, "batchShape"> = factory(inputLayerDef);
