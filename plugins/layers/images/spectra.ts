/** Spectra of sound: STFTSpectrogram and MelSpectrogram. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import { ShapeError, UnsupportedError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { LayerContext, LayerDef } from "../../../core/network/layer.ts";
import { windowAttributes } from "../../../core/ops/windowwords.ts";
import {
  asFloat,
  inputAt,
  paramAt,
  range,
  reshape,
  scalarLike,
  shapeOf,
  shapeOfRank,
  sizeAt,
  slicesOf,
  transpose,
  weight,
} from "../../../core/ops/words.ts";
import { dataFormatField } from "../shared/fields.ts";
import type { DataFormat } from "../../../core/network/specs.ts";
import { bool, choice, type Field, field, float, int, nullable } from "../../../core/values/schema.ts";
import { tensor } from "../../../core/values/tensor.ts";

/** A window's name, or its values. */
export type Window = string | readonly number[];
const windowField = (): Field<Window | null> =>
  nullable(field<Window>({
    default: "hann",
    expects: "a window's name, or a list of numbers",
    read: (raw) =>
      typeof raw === "string" || Array.isArray(raw) && raw.every((n) => typeof n === "number")
        ? raw as Window
        : undefined,
  }));

/** Options of {@link stftSpectrogramDef}, resolved. */
export interface StftSpectrogramConfig {
  /** What of the spectrum comes out. */
  readonly mode: "log" | "magnitude" | "psd" | "real" | "imag" | "angle" | "stft";
  /** Samples of a frame. */
  readonly frameLength: number;
  /** Samples from frame to frame; half a frame where null. */
  readonly frameStep: number | null;
  /** Size of the transformation; the next power of two where null. */
  readonly fftLength: number | null;
  /** Window of every frame. */
  readonly window: Window | null;
  /** The window is periodic, not symmetric. */
  readonly periodic: boolean;
  /** What the window is scaled by. */
  readonly scaling: "density" | "spectrum" | null;
  /** How frames treat the borders. */
  readonly padding: "valid" | "same";
  /** Channels and frequencies are axes of their own. */
  readonly expandDims: boolean;
  /** Where the channels stand: after the sizes, or before them. */
  readonly dataFormat: DataFormat;
}
type StftParam = "realKernel" | "imagKernel";
type StftContext = LayerContext<StftSpectrogramConfig, StftParam>;

/** The signal under one kernel: `[batch, channels, frequencies, frames]`. */
function transformed({ b, config, params }: StftContext, x: Value, name: StftParam, channels: number): Value {
  const { frameLength, frameStep, padding } = config, step = frameStep ?? Math.floor(frameLength / 2);
  const time = shapeOf(x.type)[2];
  // [batch, channels, time] → [batch·channels, 1, time]
  const flat = b.reshape(x, b.ints([-1, 1, typeof time === "number" ? time : 0]));
  if (typeof time !== "number") throw new ShapeError("expected a known number of samples");
  const kernel = transpose(b, paramAt(params, name), [2, 1, 0]);
  const y = b.conv(flat, kernel, windowAttributes(flat, [frameLength], [step], [1], padding));
  return b.reshape(y, b.ints([-1, channels, sizeAt(y.type, 1), sizeAt(y.type, 2)]));
}
/** Axes as the layer puts them out. */
function arranged(b: Builder, y: Value, { dataFormat, expandDims }: StftSpectrogramConfig): Value {
  const last = dataFormat === "channels_last";
  if (expandDims) return transpose(b, y, last ? [0, 3, 2, 1] : [0, 1, 3, 2]);
  const joined = b.reshape(y, b.ints([0, sizeAt(y.type, 1) * sizeAt(y.type, 2), -1]));
  return last ? transpose(b, joined, [0, 2, 1]) : joined;
}
/** The angle of (x, y) in all four quadrants. */
function angle(b: Builder, y: Value, x: Value): Value {
  const zero = scalarLike(b, 0, x), pi = scalarLike(b, Math.PI, x), half = scalarLike(b, Math.PI / 2, x);
  const upper = b.greaterOrEqual(y, zero), left = b.less(x, zero);
  const onAxis = b.equal(x, zero), level = b.equal(y, zero);
  const safe = b.where(onAxis, scalarLike(b, 1, x), x),
    arc = b.atan(b.div(y, safe));
  const turned = b.where(upper, b.add(arc, pi), b.sub(arc, pi));
  const upright = b.where(level, zero, b.where(upper, half, b.neg(half)));
  return b.where(onAxis, upright, b.where(left, turned, arc));
}
function stft(context: StftContext): readonly Value[] {
  const { b, config, inputs } = context, { mode, dataFormat } = config;
  const given = asFloat(b, inputAt(inputs, 0));
  shapeOfRank(given.type, 3, "[batch, time, channels]");
  const x = dataFormat === "channels_last" ? transpose(b, given, [0, 2, 1]) : given;
  const channels = sizeAt(x.type, 1), part = (name: StftParam) => transformed(context, x, name, channels);
  const shown = (y: Value) => [arranged(b, y, config)];
  if (mode === "real") return shown(part("realKernel"));
  if (mode === "imag") return shown(part("imagKernel"));
  const real = part("realKernel"), imaginary = part("imagKernel");
  if (mode === "angle") return shown(angle(b, imaginary, real));
  if (mode === "stft") return shown(b.concat([real, imaginary], { axis: 2 }));
  const square = (v: Value) => b.mul(v, v), power = b.add(square(real), square(imaginary));
  if (mode === "psd") {
    // Every frequency but the first and last stands for its mirror image too.
    const count = sizeAt(power.type, 2);
    const twice = tensor(
      Float32Array.from({ length: count }, (_, i) => (i === 0 || i === count - 1 ? 1 : 2)),
      [count, 1],
    );
    return shown(b.mul(power, b.constant(twice)));
  }
  const least = scalarLike(b, 1e-7, power), magnitude = b.sqrt(b.max([power, least]));
  return shown(mode === "magnitude" ? magnitude : b.log(b.max([magnitude, least])));
}

const stftSpectrogramDef: LayerDef<StftSpectrogramConfig, StftParam> = {
  kind: "layer",
  name: "STFTSpectrogram",
  mask: "consume",
  config: {
    mode: choice({
      default: "log",
      of: ["log", "magnitude", "psd", "real", "imag", "angle", "stft"],
    }),
    frameLength: int({ min: 1, default: 256 }),
    frameStep: nullable(int({ min: 1 })),
    fftLength: nullable(
      int({ min: 1 }),
    ),
    window: windowField(),
    periodic: bool({ default: false }),
    scaling: nullable(
      choice({ default: "density", of: ["density", "spectrum"] }),
    ),
    padding: choice({ default: "valid", of: ["valid", "same"] }),
    expandDims: bool({ default: false }),
    dataFormat: dataFormatField(),
  },
  params(config) {
    const { mode, frameLength, window, periodic, scaling } = config;
    const size = config.fftLength ?? 2 ** Math.ceil(Math.log2(frameLength)),
      shape = [
        frameLength,
        1,
        Math.floor(size / 2) + 1,
      ];
    const kernel = (side: string) => weight(shape, { name: "stft", side, window, periodic, scaling });
    return {
      ...(mode !== "imag" && { realKernel: kernel("real") }),
      ...(mode !== "real" && { imagKernel: kernel("imag") }),
    };
  },
  build: stft,
  keras: { since: 3 },
};
/** Spectra of frames, `[batch, time, channels] → [batch, frames, channels·frequencies]`; the time is a known number. */
export const stftSpectrogram: Factory<StftSpectrogramConfig> = factory(stftSpectrogramDef);

/** Options of {@link melSpectrogramDef}, resolved. */
export interface MelSpectrogramConfig {
  /** Size of the transformation. */
  readonly fftLength: number;
  /** Samples from frame to frame. */
  readonly sequenceStride: number;
  /** Samples of a frame; all of the transformation's where null. */
  readonly sequenceLength: number | null;
  /** Window of every frame. */
  readonly window: Window | null;
  /** Samples a second. */
  readonly samplingRate: number;
  /** Number of bands. */
  readonly numMelBins: number;
  /** Lowest frequency, in Hz. */
  readonly minFreq: number;
  /** Highest frequency, in Hz; half the samples a second where null. */
  readonly maxFreq: number | null;
  /** Powers come out in decibels. */
  readonly powerToDb: boolean;
  /** How far below the loudest anything may lie, in decibels. */
  readonly topDb: number;
  /** Exponent of the magnitudes. */
  readonly magExp: number;
  /** Least power that is told from silence. */
  readonly minPower: number;
  /** Power of 0 decibels. */
  readonly refPower: number;
}
/** A frame's window in the middle of a transformation. @throws {UnsupportedError} for a name other than hann and hamming. */
function framed(window: Window | null, length: number, size: number): Float64Array {
  const out = new Float64Array(size), from = Math.floor((size - length) / 2);
  if (window === null) return out.fill(1);
  for (let i = 0; i < length; i++) {
    out[from + i] = typeof window === "string" ? periodic(window, i, length) : window[i] ?? 0;
  }
  return out;
}
function periodic(window: string, i: number, length: number): number {
  const share = { hann: 0.5, hamming: 0.54 }[window];
  if (share === undefined) {
    throw new UnsupportedError(`window: only hann and hamming are supported, got ${window}`);
  }
  return length === 1
    ? 1
    : share - (1 - share) * Math.cos(2 * Math.PI * i / (length + (length % 2 ? -1 : 0)));
}
/** Weights of frequencies in bands that are even on the mel scale, `[frequencies, bands]`. */
function melWeights(config: MelSpectrogramConfig, bins: number): Float32Array {
  const { samplingRate, numMelBins: bands, minFreq } = config;
  const mel = (hertz: number) => 1127 * Math.log(1 + hertz / 700);
  const low = mel(minFreq), high = mel(config.maxFreq ?? Math.trunc(samplingRate / 2));
  const edge = (i: number) => low + (high - low) * i / (bands + 1);
  const out = new Float32Array(bins * bands);
  for (let k = 1; k < bins; k++) {
    const at = mel(samplingRate / 2 * k / (bins - 1));
    for (let m = 0; m < bands; m++) {
      const rising = (at - edge(m)) / (edge(m + 1) - edge(m)),
        falling = (edge(m + 2) - at) / (edge(m + 2) - edge(m + 1));
      out[k * bands + m] = Math.max(0, Math.min(rising, falling));
    }
  }
  return out;
}
const melSpectrogramDef: LayerDef<MelSpectrogramConfig, never> = {
  kind: "layer",
  name: "MelSpectrogram",
  mask: "consume",
  config: {
    fftLength: int({ min: 2, default: 2048 }),
    sequenceStride: int({ min: 1, default: 512 }),
    sequenceLength: nullable(
      int({ min: 1 }),
    ),
    window: windowField(),
    samplingRate: float({ default: 16000 }),
    numMelBins: int({ min: 1, default: 128 }),
    minFreq: float({ default: 20 }),
    maxFreq: nullable(float()),
    powerToDb: bool({ default: true }),
    topDb: float({ default: 80 }),
    magExp: float({ default: 2 }),
    minPower: float({ default: 1e-10 }),
    refPower: float({ default: 1 }),
  },
  params: () => ({}),
  build({ b, config, inputs }) {
    const x = asFloat(b, inputAt(inputs, 0)), { fftLength: size, sequenceStride: stride, magExp } = config;
    shapeOfRank(x.type, 2, "[batch, time]");
    const half = Math.floor(size / 2), bins = half + 1, padded = mirrored(b, x, half);
    const window = framed(config.window, config.sequenceLength ?? size, size),
      data = new Float32Array(2 * bins * size);
    for (let k = 0; k < bins; k++) {
      for (let i = 0; i < size; i++) {
        const turn = 2 * Math.PI * (k * i % size) / size, w = window[i] ?? 0;
        data[k * size + i] = w * Math.cos(turn);
        data[(bins + k) * size + i] = -w * Math.sin(turn);
      }
    }
    const kernel = b.constant(tensor(data, [2 * bins, 1, size]));
    const y = b.conv(padded, kernel, windowAttributes(padded, [size], [stride], [1], "valid"));
    const parts = reshape(b, y, [{ axis: 0 }, 2, bins, sizeAt(y.type, 2)]);
    const [real, imaginary] = slicesOf(b, parts, 1, 2) as [Value, Value];
    const square = (v: Value) => b.mul(v, v),
      energy = b.add(square(real), square(imaginary));
    const power = magExp === 2 ? energy : b.pow(energy, scalarLike(b, magExp / 2, x));
    const bands = b.constant(tensor(melWeights(config, bins), [bins, config.numMelBins]));
    const mel = b.matMul(transpose(b, bands, [1, 0]), power);
    return [config.powerToDb ? decibels(b, mel, config) : mel];
  },
  keras: { since: 3 },
};
/** Powers of mel bands in time, `[batch, time] → [batch, bands, frames]`; the time is a known number. */
export const melSpectrogram: Factory<MelSpectrogramConfig> = factory(melSpectrogramDef);
/** A signal with its mirror images at both ends, as one channel: `[batch, 1, half + time + half]`. */
function mirrored(b: Builder, x: Value, half: number): Value {
  const time = sizeAt(x.type, 1);
  if (time <= half) throw new ShapeError(`expected more than ${half} samples, got ${time}`);
  const places = range(-half, time + half).map((i) => (i < 0 ? -i : i < time ? i : 2 * (time - 1) - i));
  const y = b.gather(x, b.constant(tensor(places, [places.length], "int64")), { axis: 1 });
  return b.unsqueeze(y, b.ints([1]));
}
function decibels(b: Builder, mel: Value, { minPower, refPower, topDb }: MelSpectrogramConfig): Value {
  const like = (n: number) => scalarLike(b, n, mel);
  const level = b.mul(b.log(b.max([mel, like(minPower)])), like(10 / Math.LN10));
  const shifted = b.sub(level, like(10 * Math.log10(Math.max(Math.abs(refPower), minPower))));
  const loudest = b.reduceMax(shifted, b.ints(range(0, shapeOf(shifted.type).length)), {
    keepdims: 1,
  });
  return b.max([shifted, b.sub(loudest, like(topDb))]);
}
