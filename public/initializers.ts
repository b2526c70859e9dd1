/**
 * Initializers, for `kernelInitializer` and the like: each stands for itself, or is called with options. Their names as
 * strings do as well.
 *
 * ```ts
 * import { heNormal, zeros } from "@lapis/lapis/initializers";
 * import { dense } from "@lapis/lapis/layers";
 * const layer = dense({ units: 8, kernelInitializer: heNormal({ seed: 1 }), biasInitializer: zeros });
 * ```
 * @module
 */
import type { InitializerDef } from "../core/network/layer.ts";
import { type NamedFactory, namedFactory } from "../core/network/named.ts";
import * as constants from "../plugins/initializers/constant.ts";
import * as random from "../plugins/initializers/random.ts";
import * as frequencies from "../plugins/initializers/stft.ts";

export type { NamedFactory, NamedSpec } from "../core/network/named.ts";

/** A seed of the initializer's own; the model's unless given. */
export interface SeedOption {
  /** The seed. */
  readonly seed?: number;
}
/** One value everywhere. */
export const constant: NamedFactory<InitializerDef, { readonly value?: number }> = namedFactory(
  constants.constant,
);
/** Normal, of variance 2 / (fanIn + fanOut) (Glorot and Bengio 2010). */
export const glorotNormal: NamedFactory<InitializerDef, SeedOption> = namedFactory(random.glorotNormal);
/** Uniform, of variance 2 / (fanIn + fanOut) (Glorot and Bengio 2010). */
export const glorotUniform: NamedFactory<InitializerDef, SeedOption> = namedFactory(random.glorotUniform);
/** Normal, of variance 2 / fanIn (He et al. 2015). */
export const heNormal: NamedFactory<InitializerDef, SeedOption> = namedFactory(random.heNormal);
/** Uniform, of variance 2 / fanIn (He et al. 2015). */
export const heUniform: NamedFactory<InitializerDef, SeedOption> = namedFactory(random.heUniform);
/** The identity matrix, times a gain. */
export const identity: NamedFactory<InitializerDef, { readonly gain?: number }> = namedFactory(
  constants.identity,
);
/** Normal, of variance 1 / fanIn (LeCun et al. 1998). */
export const lecunNormal: NamedFactory<InitializerDef, SeedOption> = namedFactory(random.lecunNormal);
/** Uniform, of variance 1 / fanIn (LeCun et al. 1998). */
export const lecunUniform: NamedFactory<InitializerDef, SeedOption> = namedFactory(random.lecunUniform);
/** Ones. */
export const ones: NamedFactory<InitializerDef> = namedFactory(constants.ones);
/** Orthogonal rows or columns, times a gain (Saxe et al. 2013). */
export const orthogonal: NamedFactory<InitializerDef, { readonly gain?: number; readonly seed?: number }> =
  namedFactory(random.orthogonal);
/** Normal, with a mean and a standard deviation. */
export const randomNormal: NamedFactory<
  InitializerDef,
  { readonly mean?: number; readonly stddev?: number; readonly seed?: number }
> = namedFactory(random.randomNormal);
/** Evenly between two bounds. */
export const randomUniform: NamedFactory<
  InitializerDef,
  { readonly minval?: number; readonly maxval?: number; readonly seed?: number }
> = namedFactory(random.randomUniform);
/** Waves of every frequency under a window. */
export const stft: NamedFactory<
  InitializerDef,
  {
    readonly side?: "real" | "imag";
    readonly window?: string | readonly number[] | null;
    readonly scaling?: "density" | "spectrum" | null;
    readonly periodic?: boolean;
  }
> = namedFactory(frequencies.stft);
/** Normal, drawn again beyond two standard deviations. */
export const truncatedNormal: NamedFactory<
  InitializerDef,
  { readonly mean?: number; readonly stddev?: number; readonly seed?: number }
> = namedFactory(random.truncatedNormal);
/** Zeros, and ones for an LSTM's forget gate (Jozefowicz et al. 2015). */
export const unitForgetBias: NamedFactory<InitializerDef> = namedFactory(constants.unitForgetBias);
/** Of variance scale / fan; the fan and the distribution are chosen. */
export const varianceScaling: NamedFactory<
  InitializerDef,
  {
    readonly scale?: number;
    readonly mode?: "fan_in" | "fan_out" | "fan_avg";
    readonly distribution?: "truncated_normal" | "untruncated_normal" | "uniform";
    readonly seed?: number;
  }
> = namedFactory(random.varianceScaling);
/** Zeros. */
export const zeros: NamedFactory<InitializerDef> = namedFactory(constants.zeros);
