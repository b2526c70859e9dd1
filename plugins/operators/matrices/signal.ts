/** Spectra: discrete Fourier transforms, windows, mel filters. @module */
import { item } from "../../../core/values/item.ts";
import type { DType } from "../../../core/values/dtype.ts";
import { InputError, ShapeError } from "../../../core/values/errors.ts";
import type { InferContext, OldNode, OpDef } from "../../../core/graph/op.ts";
import { result } from "../../../core/ops/arrays.ts";
import {
  defineOp,
  dtypeField,
  dtypeOfCode,
  floats,
  indexTypes,
  inputOf,
  knownIntegers,
  optionalAt,
  tensorAt,
} from "../../../core/ops/define.ts";
import { numbersOf } from "../../../core/ops/kernels.ts";
import { bool, type Field } from "../../../core/values/schema.ts";
import {
  addDims,
  type Dim,
  dimsOf,
  divDims,
  freshDim,
  normalAxis,
  subDims,
  tensorType,
} from "../../../core/values/shape.ts";
import { sizeOf, type Tensor, toIntegers, toNumbers } from "../../../core/values/tensor.ts";
import { boundedSize } from "../bounds.ts";
import { transform } from "./fourier.ts";

/** One whole number that an input holds. */
function wholeAt(t: Tensor | undefined): number | undefined {
  return t && toIntegers(t)[0];
}
/** A scalar integer input as a dim. */
function dimAt(c: InferContext<unknown>, index: number): Dim | undefined {
  return c.inputs[index] === undefined ? undefined : c.dims(index)?.[0] ?? freshDim();
}

interface Dft {
  readonly inverse: boolean;
  readonly onesided: boolean;
}
/** Complex rows of one axis, zero-padded or cut to `length`; a one-sided spectrum is completed by its mirror image. */
function gathered(x: Tensor, axis: number, length: number, mirrored: boolean): Float64Array {
  const values = toNumbers(x), per = x.shape.at(-1) ?? 1, size = item(x.shape, axis);
  const inner = sizeOf(x.shape.slice(axis + 1, -1)), outer = sizeOf(x.shape.slice(0, axis));
  const rows = new Float64Array(outer * inner * length * 2);
  const count = Math.min(size, mirrored ? Math.floor(length / 2) + 1 : length);
  for (let o = 0; o < outer; o++) {
    for (let k = 0; k < count; k++) {
      for (let n = 0; n < inner; n++) {
        const from = ((o * size + k) * inner + n) * per, row = (o * inner + n) * length * 2;
        const re = values[from] as number, im = per > 1 ? values[from + 1] as number : 0;
        rows[row + 2 * k] = re;
        rows[row + 2 * k + 1] = im;
        if (!mirrored || k === 0 || 2 * k === length) continue;
        rows[row + 2 * (length - k)] = re;
        rows[row + 2 * (length - k) + 1] = -im;
      }
    }
  }
  return rows;
}
/** What a transform gives along its axis: how many elements, and how many numbers each. */
function dftOutput(length: Dim, { inverse, onesided }: Dft): readonly [count: Dim, per: number] {
  if (!onesided) return [length, 2];
  return inverse ? [length, 1] : [addDims(divDims(length, 2), 1), 2];
}
const defaultLength = (size: number, { inverse, onesided }: Dft) =>
  inverse && onesided ? 2 * (size - 1) : size;

const dft: OpDef = defineOp<Dft>({
  name: "DFT",
  since: 20,
  summary: "The discrete Fourier transform along an axis of `[..., 1]` (real) or `[..., 2]` (complex)",
  attributes: {
    inverse: bool({ doc: "from spectrum to signal", default: false }),
    onesided: bool({
      doc: "only the half of a real signal's spectrum that the other follows from",
      default: false,
    }),
  },
  arity: [1, 3],
  accuracy: "rounding",
  infer(c) {
    const x = inputOf(c, 0, floats), shape = dimsOf(x), given = dimAt(c, 1);
    const known = c.inputs[2] === undefined ? -2 : knownIntegers(c, 2)?.[0];
    if (known === undefined) {
      // Whichever axis it is, the parts stand last, and a whole transform keeps every size.
      const [, per] = dftOutput(1, c.attributes), kept = !c.attributes.onesided && c.inputs[1] === undefined;
      const dims = shape.map((d, i) => (i === shape.length - 1 ? per : kept ? d : freshDim()));
      return [tensorType(x.dtype, dims)];
    }
    const axis = normalAxis(known, shape.length), size = item(shape, axis);
    const usual: Dim = c.attributes.inverse && c.attributes.onesided
      ? typeof size === "number" ? 2 * (size - 1) : subDims(addDims(size, size), 2)
      : size;
    const [count, per] = dftOutput(given ?? usual, c.attributes);
    return [
      tensorType(x.dtype, shape.map((d, i) => (i === axis ? count : i === shape.length - 1 ? per : d))),
    ];
  },
  gradient: "none",
  plain(inputs, { attributes, limits }) {
    const x = tensorAt(inputs, 0), rank = x.shape.length;
    const axis = normalAxis(wholeAt(optionalAt(inputs, 2)) ?? -2, rank), size = item(x.shape, axis);
    if (axis === rank - 1) throw new ShapeError("the last axis holds the parts of a number, no signal");
    const length = wholeAt(optionalAt(inputs, 1)) ?? defaultLength(size, attributes);
    if (length < 1) throw new InputError(`a transform of ${length} elements`);
    const { inverse, onesided } = attributes;
    boundedSize([...x.shape.toSpliced(axis, 1, length), 2], "float64", limits);
    const rows = gathered(x, axis, length, inverse && onesided);
    const inner = sizeOf(x.shape.slice(axis + 1, -1)), outer = sizeOf(x.shape.slice(0, axis));
    const [count, per] = dftOutput(length, attributes) as [number, number];
    const out = new Float64Array(outer * inner * count * per);
    for (let r = 0; r < outer * inner; r++) {
      const y = transform(rows.subarray(r * length * 2, (r + 1) * length * 2), inverse);
      const o = Math.floor(r / inner), n = r % inner;
      for (let k = 0; k < count; k++) {
        for (let p = 0; p < per; p++) out[((o * count + k) * inner + n) * per + p] = y[2 * k + p] as number;
      }
    }
    return [result(out, x.shape.map((d, i) => (i === axis ? count : i === rank - 1 ? per : d)), x.dtype)];
  },
  /** Opset 17 gave the axis as an attribute, 1 unless given. */
  upgrade(_, { attributes: { axis = 1, ...attributes }, inputs: [x, length], ...node }: OldNode): OldNode {
    const at = node.builder.scalar(Number(axis), "int64");
    return { ...node, attributes, inputs: [x, length, at] };
  },
});

const stft: OpDef = defineOp<{ readonly onesided: boolean }>({
  name: "STFT",
  since: 17,
  summary:
    "Spectra `[batch, frames, bins, 2]` of frames of a signal `[batch, time, 1 or 2]`, each times a window",
  attributes: { onesided: bool({ doc: "the first half of the bins", default: true }) },
  arity: [2, 4],
  accuracy: "rounding",
  infer(c) {
    const x = inputOf(c, 0, floats), [batch = 1, time = 1] = dimsOf(x), step = dimAt(c, 1) ?? 1;
    const window = c.inputs[2] && dimsOf(c.inputs[2])[0], length = dimAt(c, 3) ?? window ?? time;
    const frames = addDims(divDims(subDims(time, length), step), 1);
    const bins = c.attributes.onesided ? addDims(divDims(length, 2), 1) : length;
    return [tensorType(x.dtype, [batch, frames, bins, 2])];
  },
  gradient: "none",
  plain(inputs, { attributes: { onesided }, limits }) {
    const x = tensorAt(inputs, 0), [batch = 1, time = 1, per = 1] = x.shape, values = toNumbers(x);
    const window = optionalAt(inputs, 2), factors = window && toNumbers(window);
    const step = wholeAt(tensorAt(inputs, 1)) ?? 1;
    const length = wholeAt(optionalAt(inputs, 3)) ?? window?.shape[0] ?? time;
    if (step < 1 || length < 1 || length > time) {
      throw new InputError(`frames of ${length} in steps of ${step} over a signal of ${time}`);
    }
    if (factors && factors.length !== length) {
      throw new ShapeError(`a window of ${factors.length} on frames of ${length}`);
    }
    const frames = Math.floor((time - length) / step) + 1,
      bins = onesided ? Math.floor(length / 2) + 1 : length;
    const out = new Float64Array(boundedSize([batch, frames, bins, 2], "float64", limits)),
      frame = new Float64Array(2 * length);
    for (let f = 0; f < batch * frames; f++) {
      const start = Math.floor(f / frames) * time + (f % frames) * step;
      for (let i = 0; i < length; i++) {
        const w = factors?.[i] ?? 1;
        for (let p = 0; p < per; p++) frame[2 * i + p] = w * (values[(start + i) * per + p] ?? 0);
      }
      out.set(transform(frame, false).subarray(0, 2 * bins), f * bins * 2);
    }
    return [result(out, [batch, frames, bins, 2], x.dtype)];
  },
});

const typeCode: Field<number> = { ...dtypeField("element type"), required: false, default: 1 };
/** A window that is a sum of cosines. */
function windowOp(name: string, since: number, weights: readonly number[]): OpDef {
  return defineOp<{ readonly periodic: boolean; readonly output_datatype: number }>({
    name,
    since,
    summary: `The window ${weights.map((w, i) => i === 0 ? w : `${w}·cos(${2 * i}πn/N)`).join(" + ")}`,
    attributes: {
      periodic: bool({ doc: "N is the size; else the size less one, which is symmetric", default: true }),
      output_datatype: typeCode,
    },
    arity: [1, 1],
    accuracy: "rounding",
    infer(c) {
      inputOf(c, 0, indexTypes);
      return [tensorType(dtypeOfCode(c.attributes.output_datatype), [dimAt(c, 0) ?? freshDim()])];
    },
    gradient: "none",
    plain(inputs, { attributes: { periodic, output_datatype }, limits }) {
      const size = wholeAt(tensorAt(inputs, 0)) ?? 0, n = periodic ? size : size - 1;
      boundedSize([size], "float64", limits);
      const value = (_: unknown, i: number) =>
        weights.reduce((sum, w, k) => sum + w * Math.cos(n === 0 ? 0 : (2 * Math.PI * k * i) / n), 0);
      return [result(Float64Array.from({ length: size }, value), [size], dtypeOfCode(output_datatype))];
    },
  });
}

/** Positions of filters' edges among the bins of a spectrum, evenly spaced on the mel scale. */
function melEdges(bins: number, length: number, rate: number, low: number, high: number): Int32Array {
  const mel = (hertz: number) => 2595 * Math.log10(1 + hertz / 700);
  const from = mel(low), step = (mel(high) - from) / (bins + 2);
  return Int32Array.from({ length: bins + 2 }, (_, i) => {
    const hertz = 700 * (10 ** ((from + i * step) / 2595) - 1);
    return Math.floor(((length + 1) * hertz) / rate);
  });
}
const melWeights: OpDef = defineOp<{ readonly output_datatype: number }>({
  name: "MelWeightMatrix",
  since: 17,
  summary: "Triangular filters `[bins of a spectrum, mel bins]` that turn a spectrum into a mel spectrum",
  attributes: { output_datatype: typeCode },
  arity: [5, 5],
  accuracy: "rounding",
  infer(c) {
    const length = dimAt(c, 1) ?? freshDim();
    return [
      tensorType(dtypeOfCode(c.attributes.output_datatype), [
        addDims(divDims(length, 2), 1),
        dimAt(c, 0) ?? freshDim(),
      ]),
    ];
  },
  gradient: "none",
  plain(inputs, { attributes: { output_datatype }, limits }) {
    const [bins = 0, length = 0, rate = 1, low = 0, high = 0] = inputs.map((_, i) =>
      numbersOf(tensorAt(inputs, i))[0] ?? 0
    );
    const rows = Math.floor(length / 2) + 1, edges = melEdges(bins, length, rate, low, high);
    const out = new Float64Array(boundedSize([rows, bins], "float64", limits));
    const put = (row: number, bin: number, v: number) => {
      if (row >= 0 && row < rows) out[row * bins + bin] = v;
    };
    for (let i = 0; i < bins; i++) {
      const [begin = 0, peak = 0, end = 0] = edges.subarray(i, i + 3);
      if (begin === peak) put(peak, i, 1);
      for (let k = begin; k <= peak && peak > begin; k++) put(k, i, (k - begin) / (peak - begin));
      for (let k = peak; k < end; k++) put(k, i, (end - k) / (end - peak));
    }
    const dtype: DType = dtypeOfCode(output_datatype);
    return [result(out, [rows, bins], dtype)];
  },
});

/** Operators on spectra. */
export const signalOps: readonly OpDef[] = [
  dft,
  stft,
  windowOp("HannWindow", 17, [0.5, -0.5]),
  windowOp("HammingWindow", 17, [25 / 46, -21 / 46]),
  windowOp("BlackmanWindow", 17, [0.42, -0.5, 0.08]),
  melWeights,
];
