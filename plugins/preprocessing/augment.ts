/** Images changed at random while a model is trained: flipped, shifted, turned, cropped. @module */
import { ConfigError, InputError, shown } from "../../core/values/errors.ts";
import { Random } from "../../core/values/random.ts";
import { bool, choice, float, parseConfig, type Schema } from "../../core/values/schema.ts";
import { type Tensor, tensor, toNumbers } from "../../core/values/tensor.ts";
import type { Augment } from "../../core/training/types.ts";
import { type AxisPlace, type FillMode, type Place, resample } from "./series/resample.ts";

/** How images are changed; the names are those of Keras' ImageDataGenerator. */
export interface AugmentOptions {
  /** Half of the images are mirrored left to right. */
  readonly horizontalFlip: boolean;
  /** Half of the images are turned upside down. */
  readonly verticalFlip: boolean;
  /** Farthest shift to either side: whole pixels from 1, below 1 a share of the width. */
  readonly widthShiftRange: number;
  /** Farthest shift up or down: whole pixels from 1, below 1 a share of the height. */
  readonly heightShiftRange: number;
  /** Greatest angle to either side, in degrees. */
  readonly rotationRange: number;
  /** A window of at least this share of both sides is cut out at a random place and stretched to the whole. */
  readonly crop: number;
  /** What stands beyond the edges: the edge (`nearest`), `cval` (`constant`), the image mirrored or repeated. */
  readonly fillMode: FillMode;
  /** The number that stands beyond the edges where `fillMode` is `constant`. */
  readonly cval: number;
}

const shift = () =>
  float({
    min: 0,
    default: 0,
  });
/** The options of {@link augmentImages}, as configurations give them. */
export const augmentFields: Schema<AugmentOptions> = {
  horizontalFlip: bool({ default: false }),
  verticalFlip: bool({ default: false }),
  widthShiftRange: shift(),
  heightShiftRange: shift(),
  rotationRange: float({
    min: 0,
    max: 180,
    default: 0,
  }),
  crop: float({
    min: 0.05,
    max: 1,
    default: 1,
  }),
  fillMode: choice({
    of: ["nearest", "constant", "reflect", "wrap"],
    default: "nearest",
  }),
  cval: float({ default: 0 }),
};

/** Whole pixels, or a share of a size. */
function offset(range: number, size: number, random: Random): number {
  const u = random.uniform();
  return range >= 1 ? Math.floor(u * (2 * range + 1)) - range : (2 * u - 1) * range * size;
}
/** The random place of one image. */
function placeOf(o: AugmentOptions, height: number, width: number, random: Random): Place {
  const flipX = o.horizontalFlip && random.uniform() < 0.5, flipY = o.verticalFlip && random.uniform() < 0.5;
  const dy = o.heightShiftRange > 0 ? offset(o.heightShiftRange, height, random) : 0;
  const dx = o.widthShiftRange > 0 ? offset(o.widthShiftRange, width, random) : 0;
  const angle = o.rotationRange > 0 ? ((2 * random.uniform() - 1) * o.rotationRange * Math.PI) / 180 : 0;
  const share = o.crop < 1 ? o.crop + (1 - o.crop) * random.uniform() : 1;
  const axis = (size: number, flipped: boolean, moved: number): AxisPlace => ({
    scale: flipped ? -share : share,
    shift: (share < 1 ? (random.uniform() - 0.5) * size * (1 - share) : 0) - moved,
  });
  return { y: axis(height, flipY, dy), x: axis(width, flipX, dx), angle };
}

/**
 * Changes every image of a batch at random, while a model is trained: `fit(x, y, { augment: augmentImages({ horizontalFlip: true }) })`.
 * Images are `[batch, height, width]` or `[batch, height, width, channels]`. What an image becomes depends on the seed, the epoch
 * and its place in the epoch alone, so that a resumed fit sees the same images.
 * @throws {ConfigError} for an unknown or wrong option; the step throws an InputError for what isn't images.
 */
export function augmentImages(options: Partial<AugmentOptions>): Augment {
  const read = parseConfig(augmentFields, { ...options }, "augment");
  for (const name of ["widthShiftRange", "heightShiftRange"] as const) {
    const range = read[name];
    if (range >= 1 && !Number.isInteger(range)) {
      throw new ConfigError(
        `augment.${name}: expected whole pixels, or a share below 1, got ${shown(range)}`,
        { place: `augment.${name}` },
      );
    }
  }
  return (x, { seed, epoch, batch }): Tensor => {
    const [rows = 0, height = 0, width = 0, channels = 1] = x.shape;
    if (x.shape.length !== 3 && x.shape.length !== 4) {
      throw new InputError(
        `augment: expected images [batch, height, width, channels], got [${x.shape.join(", ")}]`,
      );
    }
    const from = toNumbers(x), out = new Float32Array(from.length), each = height * width * channels;
    const random = Random.of(seed, "augment", `${epoch}`, batch);
    const frame = { height, width, channels, fillMode: read.fillMode, cval: read.cval };
    for (let at = 0; at < rows * each; at += each) {
      const place = placeOf(read, height, width, random);
      resample(from.subarray(at, at + each), out.subarray(at, at + each), frame, place);
    }
    return tensor(out, x.shape);
  };
}
