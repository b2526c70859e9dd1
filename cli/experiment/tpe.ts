/**
 * The tree-structured Parzen estimator: points are drawn where good ones lie densely and bad ones don't.
 * Bergstra, Bardenet, Bengio and Kégl, "Algorithms for Hyper-Parameter Optimization", NeurIPS 2011, section 4.
 * @module
 */
import type { Random } from "../../public/tensors.ts";
import { atShare, draw, type Point, type RangeDimension, shareOf, type Space, type Value } from "./space.ts";

/** A point that was tried; `score` is better the larger it is, and undefined where the trial failed. */
export interface Tried {
  readonly point: Point;
  readonly score: number | undefined;
}
/** How the estimator chooses. */
export interface TpeOptions {
  /** Points that are drawn evenly before it begins. */
  readonly startup: number;
  /** Points that are drawn from the good ones' density for one that is taken. */
  readonly candidates: number;
}

/** A mixture of normal densities on [0, 1], cut off at its ends, with a wide one for what wasn't tried. */
interface Mixture {
  readonly means: readonly number[];
  readonly deviations: readonly number[];
}
/** Each share is the mean of a density as wide as its farther neighbour is away, within bounds. */
function mixtureOf(shares: readonly number[]): Mixture {
  const sorted = [...shares, 0.5].sort((a, b) => a - b), least = 1 / Math.min(100, 1 + sorted.length);
  const prior = sorted.indexOf(0.5);
  const deviations = sorted.map((mean, i) => {
    const away = Math.max(mean - (sorted[i - 1] ?? 0), (sorted[i + 1] ?? 1) - mean);
    return i === prior ? 1 : Math.min(1, Math.max(least, away));
  });
  return { means: sorted, deviations };
}
/** Abramowitz and Stegun 7.1.26, good to 1.5e-7. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const poly = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) *
    t;
  return Math.sign(x) * (1 - poly * Math.exp(-x * x));
}
const below = (x: number, mean: number, deviation: number) =>
  (1 + erf((x - mean) / (deviation * Math.SQRT2))) / 2;
function density({ means, deviations }: Mixture, share: number): number {
  let sum = 0;
  means.forEach((mean, i) => {
    const d = deviations[i] ?? 1, z = (share - mean) / d, inside = below(1, mean, d) - below(0, mean, d);
    sum += Math.exp(-z * z / 2) / (d * inside);
  });
  return sum / (means.length * Math.sqrt(2 * Math.PI));
}
function drawFrom({ means, deviations }: Mixture, random: Random): number {
  const i = random.below(means.length), mean = means[i] ?? 0.5, deviation = deviations[i] ?? 1;
  for (let tries = 0; tries < 100; tries++) {
    const share = mean + deviation * random.normal();
    if (share >= 0 && share <= 1) return share;
  }
  return mean;
}

function numberAt(
  d: RangeDimension,
  good: readonly number[],
  bad: readonly number[],
  n: number,
  random: Random,
): number {
  const liked = mixtureOf(good.map((v) => shareOf(d, v))), other = mixtureOf(bad.map((v) => shareOf(d, v)));
  let best = 0.5, most = -Infinity;
  for (let i = 0; i < n; i++) {
    const share = drawFrom(liked, random),
      gain = Math.log(density(liked, share)) - Math.log(density(other, share));
    if (gain > most) [best, most] = [share, gain];
  }
  return atShare(d, best);
}
function choiceOf(
  of: readonly Value[],
  good: readonly Value[],
  bad: readonly Value[],
  n: number,
  random: Random,
): Value {
  const share = (list: readonly Value[]) => {
    const texts = list.map((v) => JSON.stringify(v));
    return of.map((v) =>
      (1 + texts.filter((t) => t === JSON.stringify(v)).length) / (of.length + texts.length)
    );
  };
  const liked = share(good), other = share(bad);
  let best = 0, most = -Infinity;
  for (let i = 0; i < n; i++) {
    let u = random.uniform(), at = 0;
    while (at < of.length - 1 && u >= (liked[at] ?? 0)) u -= liked[at++] ?? 0;
    const gain = (liked[at] ?? 0) / (other[at] ?? 1);
    if (gain > most) [best, most] = [at, gain];
  }
  return of[best];
}

/** The next point to try. Failed points count among the bad ones. */
export function suggest(space: Space, tried: readonly Tried[], options: TpeOptions, random: Random): Point {
  const scored = tried.filter((t) => t.score !== undefined);
  if (scored.length < options.startup) return draw(space, random);
  const sorted = [...tried].sort((a, b) => (b.score ?? -Infinity) - (a.score ?? -Infinity) || 0);
  // The paper's share of points that count as good.
  const goods = Math.max(1, Math.ceil(0.15 * scored.length));
  const good = sorted.slice(0, goods), bad = sorted.slice(goods);
  return Object.fromEntries(
    Object.entries(space).map(([name, d]) => {
      const of = (list: readonly Tried[]) => list.map(({ point }) => point[name]);
      const n = options.candidates;
      return [
        name,
        d.kind === "choice"
          ? choiceOf(d.of, of(good), of(bad), n, random)
          : numberAt(d, of(good) as number[], of(bad) as number[], n, random),
      ];
    }),
  );
}
