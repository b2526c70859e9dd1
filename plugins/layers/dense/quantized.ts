/** Layers as `model.quantize("int8" | "int4" | "float8")` of Keras 3 leaves them: run as Keras runs them, not trained. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import { ConfigError, shown, UnsupportedError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { LayerDef, ParamSpec } from "../../../core/network/layer.ts";
import {
  asFloat,
  cast,
  inputAt,
  paramAt,
  range,
  scalarLike,
  shapeOf,
  transpose,
  weight,
} from "../../../core/ops/words.ts";
import { field, isRecord, type Schema } from "../../../core/values/schema.ts";
import type { Dim, Type } from "../../../core/values/shape.ts";
import { denseDef } from "./dense.ts";
import { einsumDenseDef } from "./einsumdense.ts";
import { embeddingDef } from "./embedding.ts";
import { alignScale, scaleShape } from "./quantizedscales.ts";

/** How a layer is quantized. */
export interface Quantization {
  /** Element type of the weights. */
  readonly mode: "int8" | "int4" | "float8";
  /** Rows that share a scale (int4); all where null. */
  readonly block: number | null;
  /** Largest whole number that inputs are rounded to, and what is added to their largest before; null where they stay. */
  readonly inputs: { readonly most: number; readonly epsilon: number } | null;
  /** Length of float8's histories. */
  readonly history: number;
}
/** Options of the quantized layers, resolved: the layer's own, and how it is quantized. */
export type QuantizedConfig = Readonly<Record<string, unknown>> & {
  /** How it is quantized. */
  readonly quantization: Quantization;
};
type Json = Readonly<Record<string, unknown>>;
const inner = (raw: unknown): Json => (isRecord(raw) && isRecord(raw.config) ? raw.config : {});

/** The mode that an element type's policy says, as in `int8`, `int4/128`; undefined for one that isn't quantized. */
function modeOf(dtype: unknown): string | undefined {
  const { mode } = inner(dtype);
  return isRecord(dtype) && /(Quantized|Int4|GPTQ|AWQ|Float8)/.test(`${dtype.class_name}`) &&
      typeof mode === "string"
    ? mode
    : undefined;
}
/** Reads policy and configuration. @throws {UnsupportedError} naming what isn't run. */
function quantizationOf({ dtype, quantization_config: given }: Json): Quantization {
  const said = modeOf(dtype) ?? "", [mode = "", block] = said.split("/");
  if (mode !== "int8" && mode !== "int4" && mode !== "float8") {
    throw new UnsupportedError(`quantization ${shown(said)} is not supported: int8, int4 and float8 are`);
  }
  const size = Number(block ?? inner(given).block_size ?? -1);
  const quantizer = isRecord(given) ? inner(given).activation_quantizer : mode === "int8" ? {} : null;
  if (isRecord(quantizer) && "class_name" in quantizer && quantizer.class_name !== "AbsMaxQuantizer") {
    throw new UnsupportedError(`quantizer ${shown(quantizer.class_name)} of inputs is not supported`);
  }
  const { value_range: bounds, epsilon } = inner(quantizer),
    [, most = 127] = Array.isArray(bounds) ? bounds : [];
  const length = inner(dtype).amax_history_length;
  return {
    mode,
    block: mode === "int4" && size > 0 ? size : null,
    inputs: mode !== "float8" && isRecord(quantizer)
      ? { most: Number(most), epsilon: typeof epsilon === "number" ? epsilon : 1e-7 }
      : null,
    history: typeof length === "number" ? length : 1024,
  };
}

/** Pairs of 4-bit numbers in bytes, the lower first, along the last axis: `[rows, bytes] → [rows, size]`. */
function unpacked(b: Builder, bytes: Value, size: number): Value {
  const x = cast(b, bytes, "float32"), like = (n: number) => scalarLike(b, n, x);
  const wrap = (v: Value, edge: number, by: number) =>
    b.where(b.one(by > 0 ? "Less" : "GreaterOrEqual", [v, like(edge)]), b.add(v, like(by)), v);
  const whole = wrap(x, 0, 256), high = b.floor(b.mul(whole, like(1 / 16)));
  const low = b.sub(whole, b.mul(high, like(16)));
  const both = [low, high].map((v) => b.unsqueeze(wrap(v, 8, -16), b.ints([2])));
  const pairs = b.reshape(b.concat(both, { axis: 2 }), b.ints([0, -1]));
  return b.slice(pairs, b.ints([0]), b.ints([size]), b.ints([1]));
}
/** What float8 keeps of numbers at a scale. */
function throughFloat8(b: Builder, x: Value, scale: Value): Value {
  const most = scalarLike(b, 448, x), least = scalarLike(b, -448, x);
  const narrow = cast(b, b.clip(b.div(x, scale), least, most), "float8e4m3fn");
  return b.mul(cast(b, narrow, "float32"), scale);
}
/** Inputs rounded to whole numbers at a scale of their own, and back. */
function rounded(
  b: Builder,
  x: Value,
  axes: readonly number[],
  { most, epsilon }: { most: number; epsilon: number },
): Value {
  const like = (n: number) => scalarLike(b, n, x);
  const largest = b.reduceMax(b.abs(x), b.ints(axes), { keepdims: 1 });
  const scale = b.div(like(most), b.add(largest, like(epsilon)));
  const whole = b.clip(b.round(b.mul(x, scale)), like(-most), like(most));
  return b.div(whole, scale);
}

/** What differs between the layers. */
interface Kind {
  /** The kernel's parameter, which names those beside it. */
  readonly kernel: "kernel" | "embeddings";
  /** Rows and columns of the kernel as int4 packs it. */
  matrix(shape: readonly number[], config: QuantizedConfig, x: Type | undefined): readonly [number, number];
  /** Where groups of int4 lie: rows of the kernel, or columns. */
  readonly groups: "rows" | "columns";
  /** Axes of the inputs that share a scale. */
  axes(config: QuantizedConfig, x: Value): readonly number[];
  /** Shape of int8's scale, and the scale against the kernel. */
  scaleShape(shape: readonly number[], config: QuantizedConfig, x: Type | undefined): readonly number[];
  aligned(b: Builder, scale: Value, config: QuantizedConfig, kernel: Value, x: Value): Value;
}
const numbers = (shape: readonly Dim[]): readonly number[] =>
  shape.map((d) => {
    if (typeof d !== "number") throw new ConfigError("a quantized layer's kernel needs known sizes");
    return d;
  });

function quantized(name: string, base: LayerDef, kind: Kind): LayerDef<QuantizedConfig, string> {
  const { kernel } = kind, scaleName = `${kernel}Scale`, zeroName = `${kernel}Zero`;
  const own = (config: QuantizedConfig, x: readonly Type[]) =>
    base.params(config, x) as Partial<Record<string, ParamSpec>>;
  const fixed = { role: "statistic" } as const;
  return {
    kind: "layer",
    name,
    summary: `${base.name} as Keras 3's quantize leaves it.`,
    mask: base.mask,
    config: {
      ...base.config as Schema<Record<string, unknown>>,
      quantization: field<Quantization>({
        expects: "mode, block, inputs and history",
        read: (
          raw,
        ) => (isRecord(raw) && typeof raw.mode === "string" ? raw as unknown as Quantization : undefined),
      }),
    } as Schema<QuantizedConfig>,
    params(config, inputs) {
      const { mode, block, history } = config.quantization, { [kernel]: spec, ...rest } = own(config, inputs);
      const shape = numbers(spec?.shape ?? []), [rows, columns] = kind.matrix(shape, config, inputs[0]);
      if (mode === "float8") {
        const scale = () => weight([], "ones", fixed), past = () => weight([history], "zeros", fixed);
        return {
          ...(spec && { [kernel]: spec }),
          ...rest,
          inputsScale: scale(),
          inputsAmaxHistory: past(),
          kernelScale: scale(),
          kernelAmaxHistory: past(),
          outputsGradScale: scale(),
          outputsGradAmaxHistory: past(),
        };
      }
      const size = mode === "int4" ? [rows, Math.ceil(columns / 2)] : shape, byRows = kind.groups === "rows";
      const groups = Math.ceil((byRows ? rows : columns) / (block ?? 1));
      const each = byRows ? columns : rows;
      const scales = block !== null
        ? byRows ? [groups, columns] : [rows, groups]
        : mode === "int4"
        ? [each]
        : kind.scaleShape(shape, config, inputs[0]);
      return {
        [kernel]: weight(size, "zeros", { ...fixed, dtype: "int8" }),
        ...rest,
        [scaleName]: weight(scales, "ones", fixed),
        ...(block !== null && {
          [zeroName]: weight(scales, "zeros", { ...fixed, dtype: "int8" }),
          gIdx: weight([byRows ? rows : columns], "zeros", fixed),
        }),
      };
    },
    build(context) {
      const { b, config, inputs, params, training } = context,
        { mode, block, inputs: steps } = config.quantization;
      if (training) throw new UnsupportedError("a quantized layer is run, not trained");
      const x = kernel === "kernel" ? asFloat(b, inputAt(inputs, 0)) : inputAt(inputs, 0);
      const stored = paramAt(params, kernel), types = inputs.map((v) => v.type);
      const shape = numbers(own(config, types)[kernel]?.shape ?? []),
        [, columns] = kind.matrix(shape, config, types[0]);
      const run = (input: Value, weights: Value, more: Readonly<Record<string, Value>> = {}) =>
        base.build({
          ...context,
          inputs: [b.masked(input, x.mask)],
          params: { ...params, ...more, [kernel]: weights },
        });
      if (mode === "float8") {
        const bias: Value | undefined = params.bias;
        // Keras rounds the bias as well, for the sake of a fused kernel.
        const short = bias && cast(b, cast(b, bias, "bfloat16"), "float32");
        const narrow = throughFloat8(b, stored, paramAt(params, "kernelScale"));
        return run(throughFloat8(b, x, paramAt(params, "inputsScale")), narrow, short && { bias: short });
      }
      const input = steps && kernel === "kernel" && block === null
        ? rounded(b, x, kind.axes(config, x), steps)
        : x;
      const scale = paramAt(params, scaleName), bare = block === null;
      if (mode === "int8") {
        const whole = cast(b, stored, "float32");
        return run(input, b.div(whole, kind.aligned(b, scale, config, whole, x)));
      }
      const whole = unpacked(b, stored, columns), axis = kind.groups === "rows" ? 0 : 1;
      const spread = (v: Value) => b.gather(v, cast(b, paramAt(params, "gIdx"), "int64"), { axis });
      const matrix = bare
        ? b.div(whole, b.unsqueeze(scale, b.ints([axis])))
        : b.mul(b.sub(whole, spread(cast(b, paramAt(params, zeroName), "float32"))), spread(scale));
      return run(input, b.reshape(matrix, b.ints(shape)));
    },
    keras: {
      ...(base.keras?.inputDtype && { inputDtype: base.keras.inputDtype }),
      classNames: [name, base.name],
      ignore: [...base.keras?.ignore ?? [], "quantization_config"],
      since: 3,
      takes: (config) => modeOf(config.dtype) !== undefined,
      upgrade({ dtype, quantization_config: given, ...config }, version) {
        const next = base.keras?.upgrade?.(config, version) ?? config;
        return { ...next, quantization: quantizationOf({ dtype, quantization_config: given }) };
      },
      save() {
        throw new UnsupportedError("a quantized layer isn't written: quantize the model in Keras again");
      },
    },
  };
}

const plain = <C, P extends string>(def: LayerDef<C, P>): LayerDef => def as unknown as LayerDef;
const equationOf = ({ equation }: QuantizedConfig) => String(equation);
/** Dense, EinsumDense and Embedding, quantized. */
export const quantizedDefs: readonly LayerDef<QuantizedConfig, string>[] = [
  quantized("QuantizedDense", plain(denseDef), {
    kernel: "kernel",
    groups: "rows",
    matrix: ([rows = 1, columns = 1]) => [rows, columns],
    axes: (_, x) => [shapeOf(x.type).length - 1],
    scaleShape: ([, columns = 1]) => [columns],
    aligned: (_, scale) => scale,
  }),
  quantized("QuantizedEinsumDense", plain(einsumDenseDef), {
    kernel: "kernel",
    groups: "rows",
    matrix(shape, config, x) {
      const { reduced } = alignScale(equationOf(config), shapeOf(x).length);
      const product = (some: boolean) =>
        shape.reduce((n, d, i) => (reduced.includes(i) === some ? n * d : n), 1);
      return [product(true), product(false)];
    },
    axes: (config, x) => alignScale(equationOf(config), shapeOf(x.type).length).inputReduced,
    scaleShape: (shape, config, x) => scaleShape(equationOf(config), shapeOf(x).length, shape),
    aligned(b, scale, config, kernel, x) {
      const { made, order } = alignScale(equationOf(config), shapeOf(x.type).length);
      const sizes = numbers(shapeOf(kernel.type)),
        flat = b.reshape(scale, b.ints(made.map((i) => sizes[i] ?? 1)));
      const turned = transpose(b, flat, order);
      return b.reshape(turned, b.ints(sizes.map((d, i) => (made.includes(i) ? d : 1))));
    },
  }),
  quantized("QuantizedEmbedding", plain(embeddingDef), {
    kernel: "embeddings",
    groups: "columns",
    matrix: ([rows = 1, columns = 1]) => [rows, columns],
    axes: () => range(0, 0),
    scaleShape: ([rows = 1]) => [rows],
    aligned: (b, scale) => b.unsqueeze(scale, b.ints([1])),
  }),
];
