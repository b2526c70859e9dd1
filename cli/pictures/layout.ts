/** Pictures in the layout and scale that a model's input takes. @module */
import { type Augment, type Model, type Tensor, tensor } from "../../mod.ts";
import type { ColorMode } from "../../public/data.ts";
import { reshaped, toNumbers } from "../../public/tensors.ts";

/** Sizes of an input, the batch first. */
export type Shape = readonly (number | string | null)[];
/** Which pictures an input takes, as far as its shape says it. */
export interface PictureForm {
  readonly height: number | undefined;
  readonly width: number | undefined;
  readonly colorMode: ColorMode;
}
const isChannels = (d: unknown): d is number => d === 1 || d === 3 || d === 4;

/** True for an input `[batch, channels, height, width]`, as PyTorch's models have. */
export function channelsFirst(shape: Shape): boolean {
  return shape.length === 4 && isChannels(shape[1]) && !isChannels(shape[3]);
}
/** Height, width and channels of the pictures that an input takes; flat ones are square. */
export function pictureForm(shape: Shape): PictureForm {
  let inner = shape.slice(1).map((d) => (typeof d === "number" ? d : undefined));
  if (channelsFirst(shape)) inner = [inner[1], inner[2], inner[0]];
  if (inner.length === 2) inner = [...inner, 1];
  const [flat] = inner;
  if (inner.length === 1 && flat !== undefined) {
    const channels = [1, 3, 4].find((c) => Number.isInteger(Math.sqrt(flat / c))) ?? 1;
    const side = Math.sqrt(flat / channels);
    inner = [side, side, channels];
  }
  const [height, width, channels = 3] = inner;
  return { height, width, colorMode: channels === 1 ? "grayscale" : channels === 4 ? "rgba" : "rgb" };
}

/** Pictures `[rows, height, width, channels]` with the channels first. */
export function turnedFirst(x: Tensor): Tensor {
  const [rows = 0, height = 0, width = 0, channels = 0] = x.shape, from = toNumbers(x), size = height * width;
  const out = new Float32Array(from.length);
  for (let r = 0, at = 0; r < rows; r++) {
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < size; i++) out[at++] = from[(r * size + i) * channels + c] ?? 0;
    }
  }
  return tensor(out, [rows, channels, height, width]);
}
/** Pictures `[rows, channels, height, width]` with the channels last. */
function turnedLast(x: Tensor): Tensor {
  const [rows = 0, channels = 0, height = 0, width = 0] = x.shape;
  // The same walk, pixels and channels in each other's place.
  return reshaped(
    turnedFirst(reshaped(x, [rows, channels, 1, height * width])),
    [rows, height, width, channels],
  );
}
/** Changes pictures whose channels are first as it does those whose channels are last. */
export function changingFirst(augment: Augment): Augment {
  return (x, place) => turnedFirst(augment(turnedLast(x), place));
}
/** Samples of pictures in the layout that a model's input takes. */
export function fitted<P extends { readonly x: Tensor }>(part: P, shape: Shape | undefined): P {
  return shape && wantsTurning(part.x, shape) ? { ...part, x: turnedFirst(part.x) } : part;
}
/** True where pictures have their channels last and the input takes them first. */
export function wantsTurning(x: Tensor, shape: Shape): boolean {
  if (!channelsFirst(shape) || x.shape.length !== 4 || x.shape[3] !== shape[1]) return false;
  const [, , height, width] = shape;
  const fits = (d: unknown, n: number | undefined) => typeof d !== "number" || d === n;
  return fits(height, x.shape[1]) && fits(width, x.shape[2]) && x.shape[1] !== shape[1];
}

/** Numbers less the mean of their channel, divided by its deviation; channels are last, or first where the input takes them so. */
export function normalized(
  x: Tensor,
  mean: readonly number[],
  std: readonly number[],
  first: boolean,
): Tensor {
  const numbers = toNumbers(x), out = new Float32Array(numbers.length), n = Math.max(mean.length, std.length);
  const step = first ? x.shape.slice(2).reduce((a, b) => a * b, 1) : 1;
  for (let i = 0; i < out.length; i++) {
    const c = Math.floor(i / step) % n;
    out[i] = ((numbers[i] ?? 0) - (mean[c % mean.length] ?? 0)) / (std[c % std.length] ?? 1);
  }
  return tensor(out, x.shape);
}

/** Settings that say how pictures are read. */
export interface SizedPictures {
  readonly image: { readonly size: readonly number[] | null; readonly colorMode: ColorMode };
}
/** The data's settings with the pictures' size and channels that a model takes, where the settings say no size. */
export function picturesFor<D extends SizedPictures>(model: Model | undefined, data: D): D {
  const shape = model?.isGraph === false && !model.built ? undefined : model?.inputs[0]?.shape;
  if (!shape || shape.length !== 4 || data.image.size) return data;
  const { height, width, colorMode } = pictureForm(shape);
  const size = height !== undefined && width !== undefined ? [height, width] : null;
  return { ...data, image: { ...data.image, size, colorMode } };
}
