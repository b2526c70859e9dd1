/** Zero padding and cropping of one, two and three axes. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import { asFloat, inputAt, scalarLike, shapeOfRank } from "../../../core/ops/words.ts";
import { dataFormatField } from "../shared/fields.ts";
import type { DataFormat } from "../../../core/network/specs.ts";
import { type Field, field, isRecord } from "../../../core/values/schema.ts";
import { withoutFields } from "../shared/spelled.ts";

/** Elements before and after, for each axis. */
export type Sides = readonly (readonly [number, number])[];
/** Options of the padding layers, resolved. */
export interface ZeroPaddingConfig {
  /** Zeros before and after. */
  readonly padding: Sides;
  /** Where the channels stand: after the sizes, or before them. */
  readonly dataFormat: DataFormat;
}
/** Options of the cropping layers, resolved. */
export interface CroppingConfig {
  /** Elements left out before and after. */
  readonly cropping: Sides;
  /** Where the channels stand: after the sizes, or before them. */
  readonly dataFormat: DataFormat;
}

const sideNames = ["top_pad", "bottom_pad", "left_pad", "right_pad"];
const whole = (raw: unknown): raw is number =>
  typeof raw === "number" && Number.isSafeInteger(raw) && raw >= 0;
function pairOf(raw: unknown): readonly [number, number] | undefined {
  if (whole(raw)) return [raw, raw];
  if (!Array.isArray(raw) || raw.length !== 2) return undefined;
  const [before, after] = raw;
  return whole(before) && whole(after) ? [before, after] : undefined;
}
/** Two and two of a list, as Keras 1 may hold sides. */
const pairsIn = (list: readonly unknown[]) => list.flatMap((v, i) => (i % 2 ? [] : [[v, list[i + 1]]]));
/** One number for all sides, a number or pair for each axis; for one axis a pair is before and after. */
function sidesField(rank: number, otherwise: number): Field<Sides> {
  return field<Sides>({
    default: Array.from({ length: rank }, () => [otherwise, otherwise]),
    expects: rank === 1
      ? "a number, or [before, after]"
      : `a number, or ${rank} of a number or [before, after]`,
    read(raw) {
      if (whole(raw)) return Array.from({ length: rank }, () => [raw, raw]);
      // Keras 1's `{ top_pad: 1, … }`.
      const named = isRecord(raw) && rank < 3 ? sideNames.slice(-2 * rank).map((k) => raw[k] ?? 0) : raw;
      if (!Array.isArray(named)) return undefined;
      const list: readonly unknown[] = named;
      if (rank === 1) {
        const pair = pairOf(list.length === 1 ? list[0] : list);
        return pair && [pair];
      }
      const pairs = (list.length === 2 * rank ? pairsIn(list) : list).map(pairOf).filter((p) =>
        p !== undefined
      );
      return pairs.length === rank ? pairs : undefined;
    },
  });
}
const axesText = [
  "[batch, time, channels]",
  "[batch, height, width, channels]",
  "[batch, depth, height, width, channels]",
];
const offsetOf = (format: DataFormat) => (format === "channels_first" ? 2 : 1);
function zeroPadding(rank: 1 | 2 | 3): LayerDef<ZeroPaddingConfig, never> {
  return {
    kind: "layer",
    name: `ZeroPadding${rank}D`,
    mask: "consume",
    config: { padding: sidesField(rank, 1), dataFormat: dataFormatField() },
    params: () => ({}),
    build({ b, config, inputs }) {
      const x = asFloat(b, inputAt(inputs, 0));
      shapeOfRank(x.type, rank + 2, axesText[rank - 1] ?? "");
      const pads = new Array<number>(2 * (rank + 2)).fill(0), from = offsetOf(config.dataFormat);
      config.padding.forEach(([before, after], i) => {
        pads[from + i] = before;
        pads[from + i + rank + 2] = after;
      });
      return [b.pad(x, b.ints(pads), scalarLike(b, 0, x), { mode: "constant" })];
    },
    keras: {
      ...(rank === 1 && {
        save: (fields, major) => ({
          config: {
            ...(major === 2 ? withoutFields(fields, { data_format: "channels_last" }) : fields),
            padding: [fields.padding].flat(2),
          },
        }),
      }),
    },
  };
}
function cropping(rank: 1 | 2 | 3): LayerDef<CroppingConfig, never> {
  return {
    kind: "layer",
    name: `Cropping${rank}D`,
    mask: "consume",
    config: {
      cropping: sidesField(rank, rank === 1 ? 1 : 0),
      dataFormat: dataFormatField(),
    },
    params: () => ({}),
    build({ b, config, inputs }) {
      const x = inputAt(inputs, 0), from = offsetOf(config.dataFormat);
      shapeOfRank(x.type, rank + 2, axesText[rank - 1] ?? "");
      const starts = config.cropping.map(([before]) => before);
      const stops = config.cropping.map(([, after]) => (after === 0 ? 2 ** 31 - 1 : -after));
      return [b.slice(x, b.ints(starts), b.ints(stops), b.ints(starts.map((_, i) => from + i)))];
    },
    keras: {
      ...(rank === 1 && {
        save: (fields) => ({
          config: {
            ...withoutFields(fields, { data_format: "channels_last" }),
            cropping: [fields.cropping].flat(2),
          },
        }),
      }),
    },
  };
}

const zeroPadding1dDef: LayerDef<ZeroPaddingConfig, never> = zeroPadding(1);
/** Zeros before and after the steps of `[batch, time, channels]`. */
export const zeroPadding1d: Factory<ZeroPaddingConfig> = factory(zeroPadding1dDef);
const zeroPadding2dDef: LayerDef<ZeroPaddingConfig, never> = zeroPadding(2);
/** Zeros around images. */
export const zeroPadding2d: Factory<ZeroPaddingConfig> = factory(zeroPadding2dDef);
const zeroPadding3dDef: LayerDef<ZeroPaddingConfig, never> = zeroPadding(3);
/** Zeros around volumes. */
export const zeroPadding3d: Factory<ZeroPaddingConfig> = factory(zeroPadding3dDef);
const cropping1dDef: LayerDef<CroppingConfig, never> = cropping(1);
/** Leaves out steps at both ends. */
export const cropping1d: Factory<CroppingConfig> = factory(cropping1dDef);
const cropping2dDef: LayerDef<CroppingConfig, never> = cropping(2);
/** Leaves out the borders of images. */
export const cropping2d: Factory<CroppingConfig> = factory(cropping2dDef);
const cropping3dDef: LayerDef<CroppingConfig, never> = cropping(3);
/** Leaves out the borders of volumes. */
export const cropping3d: Factory<CroppingConfig> = factory(cropping3dDef);
