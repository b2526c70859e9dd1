/** EinsumDense: a product with a kernel along the axes that an equation names. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import { ConfigError, ShapeError, shown } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import {
  activate,
  asFloat,
  inputAt,
  paramAt,
  range,
  reshape,
  shapeOf,
  sizeAt,
  sizesOf,
  transpose,
  weight,
} from "../../../core/ops/words.ts";
import { activationField, type KernelConfig, kernelFields } from "../shared/fields.ts";
import type { ActivationSpec } from "../../../core/network/specs.ts";
import { field, nullable, text } from "../../../core/values/schema.ts";
import { type Dim, type Type, typeText } from "../../../core/values/shape.ts";

/** Options of {@link einsumDenseDef}, resolved. */
export interface EinsumDenseConfig extends Omit<KernelConfig, "useBias"> {
  /** The equation of input, kernel and output: `abc,cd->abd`; dots stand for axes on one side. */
  readonly equation: string;
  /** Sizes of the output without the batch axis; null where the input's. */
  readonly outputShape: readonly (number | null)[];
  /** Axes of the output that have a bias of their own; none where null. */
  readonly biasAxes: string | null;
  /** Function applied last. */
  readonly activation: ActivationSpec;
}
const parts = /^(\.{3})?([a-zA-Z]+)(\.{3})?,([a-zA-Z]+)->(\.{3})?([a-zA-Z]+)(\.{3})?$/;

/** Shapes of kernel and bias. @throws {ShapeError} */
function shapesOf(
  config: EinsumDenseConfig,
  x: Type | undefined,
): { readonly kernel: readonly Dim[]; readonly bias: readonly Dim[] } {
  const match = parts.exec(config.equation.replaceAll(" ", "")) ?? [];
  const [, left, input = "", right, kernel = "", , output = ""] = match;
  const shape = shapeOf(x), free = shape.length - input.length;
  if (free < 0 || free > 0 && !left && !right) {
    throw new ShapeError(`equation ${shown(config.equation)} names ${input.length} axes, got ${typeText(x)}`);
  }
  const inputSize = (c: string): Dim | undefined =>
    input.includes(c) ? shape[input.indexOf(c) + (left ? free : 0)] : undefined;
  // The output's sizes count from the end where dots lead, else from the batch axis.
  const sizes: (number | null)[] = [...config.outputShape], behind = right ? free : 0;
  const outputSize = (c: string): Dim | undefined => {
    const at = output.indexOf(c);
    if (at < 0) return undefined;
    const size = left ? sizes[sizes.length - (output.length - at)] : sizes[at - 1];
    return size ?? inputSize(c);
  };
  const known = (c: string): Dim => {
    const size = outputSize(c) ?? inputSize(c);
    if (size === undefined) {
      throw new ShapeError(`equation ${shown(config.equation)}: the size of ${c} is not known`);
    }
    return size;
  };
  const axes = config.biasAxes ?? "", from = Math.min(...[...axes].map((c) => output.indexOf(c)));
  const bias = axes === "" ? [] : [
    ...[...output.slice(from)].map((c) => axes.includes(c) ? known(c) : 1),
    ...new Array<number>(behind).fill(1),
  ];
  return { kernel: [...kernel].map(known), bias };
}

/** The letters of an equation with dots written out as capitals from the end, which equations here don't reach. */
function lettersOf(equation: string, rank: number): readonly [string, string, string] {
  const [left = "", output = ""] = equation.replaceAll(" ", "").split("->"),
    [input = "", kernel = ""] = left.split(",");
  const free = rank - input.replace("...", "").length;
  const hidden = [..."ZYXWVUTS"].filter((c) => !equation.includes(c)).slice(0, free).join("");
  return [input.replace("...", hidden), kernel, output.replace("...", hidden)];
}
/** The product as one of matrices where each letter is free or summed over; an Einsum where the kernel differs along free axes. */
function product(b: Builder, x: Value, kernel: Value, equation: string): Value {
  const rank = shapeOf(x.type).length, [input, weights, output] = lettersOf(equation, rank);
  const shared = [...weights].filter((c) => input.includes(c)),
    summed = shared.filter((c) => !output.includes(c));
  const free = [...input].filter((c) => !summed.includes(c)),
    made = [...weights].filter((c) => !shared.includes(c));
  const lost = free.some((c) => !output.includes(c)) || new Set(input).size < input.length;
  if (summed.length === 0 || shared.length > summed.length || lost) {
    return b.einsum([x, kernel], { equation });
  }
  const place = (letters: string) => (c: string) => letters.indexOf(c);
  const turned = transpose(b, x, [...free, ...summed].map(place(input)));
  const matrix = transpose(b, kernel, [...summed, ...made].map(place(weights)));
  const size = (c: string) => sizeAt(kernel.type, weights.indexOf(c)),
    count = (list: readonly string[]) => list.reduce((n, c) => n * size(c), 1);
  const before = sizesOf(turned, range(0, free.length));
  const flat = summed.length === 1 ? turned : reshape(b, turned, [...before, count(summed)]);
  let y = b.matMul(flat, b.reshape(matrix, b.ints([count(summed), count(made)])));
  if (made.length !== 1) y = reshape(b, y, [...sizesOf(y, range(0, free.length)), ...made.map(size)], y);
  const order = [...free, ...made];
  return transpose(b, y, [...output].map((c) => order.indexOf(c)));
}

// Whether there is a bias, its axes say.
const { useBias: _, ...weightFields } = kernelFields();
/** The definition of {@link einsumDense}. */
export const einsumDenseDef: LayerDef<EinsumDenseConfig, "kernel" | "bias"> = {
  kind: "layer",
  name: "EinsumDense",
  mask: "consume",
  config: {
    equation: text(),
    outputShape: field<readonly (number | null)[]>({
      expects: "an integer, or a list of integers and null",
      read: (raw) => {
        const list: unknown[] = Array.isArray(raw) ? raw : [raw];
        const fits = list.every((n) => n === null || Number.isSafeInteger(n) && (n as number) >= 1);
        return fits ? list as (number | null)[] : undefined;
      },
    }),
    biasAxes: nullable(text()),
    activation: activationField(),
    ...weightFields,
  },
  params(config, [x]) {
    const { kernel, bias } = shapesOf(config, x);
    return {
      kernel: weight(kernel, config.kernelInitializer),
      ...(config.biasAxes !== null && { bias: weight(bias, config.biasInitializer) }),
    };
  },
  build({ b, config, inputs, params }) {
    const x = asFloat(b, inputAt(inputs, 0));
    const y = product(b, x, paramAt(params, "kernel"), config.equation);
    return [
      activate(
        b,
        config.activation,
        config.biasAxes === null ? y : b.add(y, paramAt(params, "bias")),
      ),
    ];
  },
  check({ equation }, path) {
    if (!parts.test(equation.replaceAll(" ", ""))) {
      throw new ConfigError(`${path}.equation: expected a form like abc,cd->abd, got ${shown(equation)}`, {
        place: `${path}.equation`,
      });
    }
  },
  keras: { ignore: ["lora_rank", "lora_alpha", "quantization_config", "gptq_unpacked_column_size"] },
};
/** A product with a kernel along the axes that an equation names, as in `abc,cd->abd`. */
export const einsumDense: Factory<EinsumDenseConfig, "equation" | "outputShape"> = factory(einsumDenseDef);
