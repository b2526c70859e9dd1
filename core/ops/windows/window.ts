/** Windows that slide over spatial axes: sizes, paddings and outputs of convolution and pooling. @module */
import { item } from "../../values/item.ts";
import { ShapeError, UnsupportedError } from "../../values/errors.ts";
import { choice, type Field, int, list, nullable } from "../../values/schema.ts";
import {
  addDims,
  ceilDivDims,
  type Dim,
  divDims,
  freshDim,
  maxDims,
  minDims,
  mulDims,
  productDims,
  subDims,
} from "../../values/shape.ts";

/** How a window is padded, where `pads` doesn't say. */
export type AutoPad = "NOTSET" | "SAME_UPPER" | "SAME_LOWER" | "VALID";
/** The attributes that say how a window slides. */
export interface Sliding {
  readonly auto_pad: AutoPad;
  readonly dilations: readonly number[] | null;
  readonly pads: readonly number[] | null;
  readonly strides: readonly number[] | null;
}
/** A list of whole numbers that may be left out. */
export const optionalInts = (doc: string, min?: number): Field<readonly number[] | null> =>
  nullable(list({ doc, of: int({ doc, ...(min !== undefined && { min }) }) }));
/** Their fields. */
export const slidingFields: { readonly [K in keyof Sliding]: Field<Sliding[K]> } = {
  auto_pad: choice({
    doc:
      "NOTSET: pads as given; SAME: as many outputs as steps fit, the odd pad at the end (UPPER) or start; VALID: none.",
    of: ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"],
    default: "NOTSET",
  }),
  dilations: optionalInts("Distance of the window's elements along each spatial axis; 1 unless given.", 1),
  pads: optionalInts(
    "Elements added at the start of each spatial axis, then at the end of each; 0 unless given.",
  ),
  strides: optionalInts("Steps between windows along each spatial axis; 1 unless given.", 1),
};

/** Attributes of Conv and of its gradients. */
export interface ConvAttributes extends Sliding {
  readonly group: number;
  readonly kernel_shape: readonly number[] | null;
}
/** Their fields. */
export const convFields: { readonly [K in keyof ConvAttributes]: Field<ConvAttributes[K]> } = {
  ...slidingFields,
  group: int({ doc: "Groups that channels are divided into.", default: 1, min: 1 }),
  kernel_shape: optionalInts("The kernel's spatial shape; W's unless given.", 1),
};

/** A spatial attribute with its default, checked for length. @throws {ShapeError} */
export function along(
  values: readonly number[] | null,
  rank: number,
  otherwise: number,
  what: string,
): readonly number[] {
  if (values === null) return new Array<number>(rank).fill(otherwise);
  if (values.length === rank) return values;
  throw new ShapeError(`${what}: expected ${rank} numbers for ${rank} axes, got ${values.length}`);
}
/** Elements that a dilated window spans: (kernel − 1)·dilation + 1. */
export function span(kernel: Dim, dilation: number): Dim {
  return addDims(mulDims(subDims(kernel, 1), dilation), 1);
}

/**
 * Outputs along each spatial axis. With `ceil` a last window may reach past the end, but must start before it. An axis
 * that no window fits into gives none where `least` is 0, else it is an error.
 */
export function slidingOutput(
  input: readonly Dim[],
  kernel: readonly Dim[],
  sliding: Sliding,
  ceil = false,
  least: 0 | 1 = 1,
): readonly Dim[] {
  const rank = input.length;
  const elements = productDims(kernel);
  if (typeof elements === "number" && elements >= 2 ** 31) {
    throw new UnsupportedError(`a window of ${elements} elements: fewer than 2^31 are taken`);
  }
  const strides = along(sliding.strides, rank, 1, "strides");
  const dilations = along(sliding.dilations, rank, 1, "dilations");
  const pads = along(sliding.pads, 2 * rank, 0, "pads");
  return input.map((size, i) => {
    const stride = item(strides, i);
    if (sliding.auto_pad.startsWith("SAME")) return ceilDivDims(size, stride);
    const [begin, end] = sliding.auto_pad === "VALID" ? [0, 0] : [item(pads, i), item(pads, i + rank)];
    const padded = addDims(size, begin + end), window = span(item(kernel, i), item(dilations, i));
    const room = subDims(padded, window);
    // Rounded up, a window may miss less than a stride: the output is of one window, or of none.
    if (typeof room === "number" && room < (ceil || least === 0 ? -stride : 0)) {
      throw new ShapeError(
        `a window spans ${window} elements, and axis ${i + 2} has only ${padded} with its pads`,
      );
    }
    if (!ceil) return addDims(divDims(room, stride), 1);
    return minDims(addDims(ceilDivDims(room, stride), 1), ceilDivDims(addDims(size, begin), stride));
  });
}

/** A window's way over an input, all in numbers. */
export interface Geometry {
  readonly input: readonly number[];
  readonly kernel: readonly number[];
  readonly output: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Pads at the start and at the end of each axis. */
  readonly begin: readonly number[];
  readonly end: readonly number[];
}
/** The geometry of a convolution or pooling. */
export function geometryOf(
  input: readonly number[],
  kernel: readonly number[],
  sliding: Sliding,
  ceil = false,
  least: 0 | 1 = 1,
): Geometry {
  const rank = input.length;
  const strides = along(sliding.strides, rank, 1, "strides");
  const dilations = along(sliding.dilations, rank, 1, "dilations");
  const output = slidingOutput(input, kernel, sliding, ceil, least) as readonly number[];
  const begin: number[] = [], end: number[] = [];
  for (let i = 0; i < rank; i++) {
    const [b, e] = padsAlong(i, input[i] as number, kernel[i] as number, sliding, rank) as [number, number];
    begin.push(b);
    end.push(e);
  }
  return { input, kernel, output, strides, dilations, begin, end };
}
/** Pads at the start and the end of one axis. */
export function padsAlong(
  axis: number,
  size: Dim,
  kernel: Dim,
  sliding: Sliding,
  rank: number,
): readonly [Dim, Dim] {
  const { auto_pad, pads } = sliding;
  if (auto_pad === "VALID") return [0, 0];
  if (auto_pad === "NOTSET") return [pads?.[axis] ?? 0, pads?.[axis + rank] ?? 0];
  const stride = item(along(sliding.strides, rank, 1, "strides"), axis);
  const window = span(kernel, item(along(sliding.dilations, rank, 1, "dilations"), axis));
  const total = stride === 1
    ? subDims(window, 1)
    : maxDims(0, subDims(addDims(mulDims(subDims(ceilDivDims(size, stride), 1), stride), window), size));
  const half = divDims(total, 2), rest = subDims(total, half);
  return auto_pad === "SAME_UPPER" ? [half, rest] : [rest, half];
}

/** Input offsets, or −1 in the padding: for each element of the window a row over the outputs `from` to `to`. */
export function windowOffsets(g: Geometry, from: number, to: number): Int32Array {
  const { input, kernel, output, strides, dilations, begin } = g, rank = input.length;
  const elements = kernel.reduce((n, k) => n * k, 1), count = to - from;
  const offsets = new Int32Array(elements * count),
    place = new Int32Array(rank),
    element = new Int32Array(rank);
  for (let e = 0; e < elements; e++) {
    unravel(e, kernel, element);
    unravel(from, output, place);
    for (let p = 0; p < count; p++) {
      let at = 0;
      for (let axis = 0; axis < rank; axis++) {
        const size = input[axis] as number;
        const x = (place[axis] as number) * (strides[axis] as number) +
          (element[axis] as number) * (dilations[axis] as number) -
          (begin[axis] as number);
        if (x < 0 || x >= size) {
          at = -1;
          break;
        }
        at = at * size + x;
      }
      offsets[e * count + p] = at;
      for (let axis = rank - 1; axis >= 0; axis--) {
        const next = (place[axis] as number) + 1;
        place[axis] = next === output[axis] ? 0 : next;
        if (next !== output[axis]) break;
      }
    }
  }
  return offsets;
}
function unravel(flat: number, shape: readonly number[], index: Int32Array): void {
  let rest = flat;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    index[axis] = rest % size;
    rest = Math.floor(rest / size);
  }
}

/** Strides, dilations and pads of a window in numbers, with which ONNX operators need no `auto_pad` or `ceil_mode`. */
export interface FixedSliding {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly begin: readonly number[];
  readonly end: readonly number[];
}
/** A window's way in numbers. @throws {UnsupportedError} where pads depend on a size that isn't known. */
export function fixedSliding(
  sizes: readonly Dim[] | undefined,
  kernel: readonly Dim[],
  a: Sliding,
  ceil = false,
): FixedSliding {
  const rank = kernel.length;
  const strides = along(a.strides, rank, 1, "strides"), dilations = along(a.dilations, rank, 1, "dilations");
  const output = ceil ? slidingOutput(sizes ?? kernel.map(() => freshDim()), kernel, a, true) : [];
  const begin: number[] = [], end: number[] = [];
  kernel.forEach((k, i) => {
    const size = sizes?.[i] ?? freshDim(), stride = item(strides, i);
    const [first, last] = padsAlong(i, size, k, a, rank);
    const reached = addDims(mulDims(subDims(output[i] ?? 1, 1), stride), span(k, item(dilations, i)));
    begin.push(fixed(first));
    end.push(fixed(ceil && stride > 1 ? maxDims(last, subDims(reached, addDims(size, first))) : last));
  });
  return { strides, dilations, begin, end };
}
function fixed(pad: Dim): number {
  if (typeof pad === "number") return pad;
  throw new UnsupportedError(
    "pads that depend on an unknown size can't be written out: give the size, or pads",
  );
}
