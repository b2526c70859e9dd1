/** An image read at moved, stretched and turned places, with what stands beyond its edges said. @module */

/** What stands beyond the edges. */
export type FillMode = "nearest" | "constant" | "reflect" | "wrap";
/** Where an axis is read: around its middle, `scale` times as far apart (negative: mirrored), `shift` pixels along. */
export interface AxisPlace {
  readonly scale: number;
  readonly shift: number;
}
/** Where an image is read. */
export interface Place {
  readonly y: AxisPlace;
  readonly x: AxisPlace;
  /** In radians. */
  readonly angle: number;
}
/** An image's sizes and what stands beyond it. */
export interface Frame {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly fillMode: FillMode;
  readonly cval: number;
}

/** The pixel that stands at `i` of an axis of `size`; -1 for none. Reflecting repeats the edge: `cba|abc|cba`. */
function pixelAt(i: number, size: number, mode: FillMode): number {
  if (i >= 0 && i < size) return i;
  if (mode === "constant") return -1;
  if (mode === "nearest") return i < 0 ? 0 : size - 1;
  const period = mode === "wrap" ? size : 2 * size, at = ((i % period) + period) % period;
  return at < size ? at : period - 1 - at;
}

/** Reads an image `[height, width, channels]` at a place into another, between pixels linearly; whole shifts and mirroring are exact. */
export function resample(
  from: ArrayLike<number>,
  into: Float32Array,
  { height, width, channels, fillMode, cval }: Frame,
  { y, x, angle }: Place,
): void {
  const cy = (height - 1) / 2, cx = (width - 1) / 2, cos = Math.cos(angle), sin = Math.sin(angle);
  const corners = new Int32Array(4), weights = new Float64Array(4);
  for (let i = 0, at = 0; i < height; i++) {
    for (let j = 0; j < width; j++, at += channels) {
      const sy = cy + y.scale * (cos * (i - cy) - sin * (j - cx)) + y.shift;
      const sx = cx + x.scale * (sin * (i - cy) + cos * (j - cx)) + x.shift;
      const top = Math.floor(sy), left = Math.floor(sx), fy = sy - top, fx = sx - left;
      for (let k = 0; k < 4; k++) {
        const low = k < 2, near = k % 2 === 0;
        const row = pixelAt(low ? top : top + 1, height, fillMode);
        const column = pixelAt(near ? left : left + 1, width, fillMode);
        corners[k] = row < 0 || column < 0 ? -1 : (row * width + column) * channels;
        weights[k] = (low ? 1 - fy : fy) * (near ? 1 - fx : fx);
      }
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let k = 0; k < 4; k++) {
          const corner = corners[k] ?? -1, weight = weights[k] ?? 0;
          if (weight !== 0) sum += weight * (corner < 0 ? cval : from[corner + c] ?? 0);
        }
        into[at + c] = sum;
      }
    }
  }
}
