/** Keras' STFT: waves of every frequency under a window, as the kernels of spectra. @module */
import { UnsupportedError } from "../../core/values/errors.ts";
import type { InitializerDef } from "../../core/network/layer.ts";
import { tensor } from "../../core/values/tensor.ts";
import { type NamedFactory, namedFactory } from "../../core/network/named.ts";

/** Options of {@link stft}. */
export interface StftOptions {
  /** Cosines, or falling sines; real unless given. */
  readonly side?: "real" | "imag";
  /** The window over every wave: hann, hamming, its values, or none where null; hann unless given. */
  readonly window?: string | readonly number[] | null;
  /** What the window is scaled by: the root of its squares' sum, its sum, or nothing where null; density unless given. */
  readonly scaling?: "density" | "spectrum" | null;
  /** The window is periodic, not symmetric; false unless given. */
  readonly periodic?: boolean;
}

const shares: Readonly<Record<string, number>> = { hann: 0.5, hamming: 0.54 };

function windowOf(window: unknown, periodic: boolean, length: number): readonly number[] | undefined {
  if (window === null || window === undefined) return undefined;
  if (Array.isArray(window)) return window as readonly number[];
  const share = shares[String(window)], turn = 2 * Math.PI / Math.max(1, periodic ? length : length - 1);
  if (share === undefined) {
    throw new UnsupportedError(`stft window: only hann and hamming are supported, got ${window}`);
  }
  return Array.from({ length }, (_, i) => (length === 1 ? 1 : share - (1 - share) * Math.cos(turn * i)));
}
/** Waves of every frequency under a window. */
export const stft: NamedFactory<InitializerDef, StftOptions> = namedFactory({
  kind: "initializer",
  name: "stft",
  config: {
    side: { default: "real" },
    window: { default: "hann" },
    scaling: { default: "density" },
    periodic: { default: false },
  },
  fill([length = 1, , bins = 1], { side, window, scaling, periodic }) {
    const values = windowOf(window, periodic === true, length), data = new Float32Array(length * bins);
    const sum = (of: (w: number) => number) => (values ?? []).reduce((n, w) => n + of(w), 0);
    const scale = !values
      ? 1
      : scaling === "density"
      ? Math.sqrt(sum((w) => w * w))
      : scaling === "spectrum"
      ? sum(Math.abs)
      : 1;
    for (let i = 0; i < length; i++) {
      for (let k = 0; k < bins; k++) {
        const turn = -2 * Math.PI * i * k / (2 * (bins - 1));
        data[i * bins + k] = (side === "imag" ? Math.sin(turn) : Math.cos(turn)) * (values?.[i] ?? 1) / scale;
      }
    }
    return tensor(data, [length, 1, bins]);
  },
});
