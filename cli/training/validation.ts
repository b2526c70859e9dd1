/** Which rows of the training part are held back for validation, and what one part has that another lacks. @module */
import { isTensor, toNumbers } from "../../public/tensors.ts";
import { lackingIn, splitRows } from "../../public/data.ts";
import { InputError, type Tensor } from "../../mod.ts";
import type { FitConfig } from "./config.ts";
import type { Samples } from "./prepare.ts";
import { isTexts, pickedRows, type RawPart, rowsIn } from "./sources.ts";

/** The training part without the rows that are held back, and these. */
export interface HeldBack {
  readonly train: RawPart;
  readonly validation: RawPart | undefined;
}

/** The class of every row: names, whole numbers, or where a row's one is; undefined for numbers of other kinds. */
export function classesIn(y: Tensor | readonly string[] | undefined): ArrayLike<string | number> | undefined {
  if (y === undefined || isTexts(y)) return y;
  const numbers = toNumbers(y), rows = y.shape[0] ?? 0, width = rows === 0 ? 0 : numbers.length / rows;
  if (width === 1) return numbers.every((v: number) => Number.isInteger(v)) ? numbers : undefined;
  if (y.shape.length !== 2) return undefined;
  const places = Array.from({ length: rows }, (_, r) => {
    const row = numbers.slice(r * width, (r + 1) * width), at = row.indexOf(1);
    return row.every((v: number, i: number) => v === (i === at ? 1 : 0)) ? at : -1;
  });
  return places.includes(-1) ? undefined : places;
}

/**
 * Holds back `fit.validationSplit` of the rows: drawn by seed, each class in its share; the end where `fit.shuffle` is false, or of
 * one long text.
 */
export function heldBack(raw: RawPart, fit: FitConfig, options: {
  readonly target: "class" | "number";
  readonly seed: number;
  readonly long: boolean;
}): HeldBack {
  const { validationSplit: share, shuffle, validationSeed } = fit, { x } = raw;
  if (share === 0) return { train: raw, validation: undefined };
  const rows = rowsIn(x);
  if (share === 1 || !options.long && rows < 2) {
    throw new InputError(
      `${raw.files}: fit.validationSplit ${share} leaves none of ${rows} rows to train on`,
    );
  }
  const parts = { train: 1 - share, validation: share };
  if (options.long && isTexts(x)) {
    const letters = Array.from(x.join("")), at = Math.floor(letters.length * (1 - share));
    const part = (from: number, to: number) => ({ ...raw, x: [letters.slice(from, to).join("")] });
    return { train: part(0, at), validation: part(at, letters.length) };
  }
  const classes = options.target === "class" ? classesIn(raw.y) : undefined;
  const split = splitRows(rows, {
    parts,
    seed: validationSeed ?? options.seed,
    shuffle,
    ...(shuffle && classes && { classes }),
  });
  return { train: pickedRows(raw, split.train), validation: pickedRows(raw, split.validation) };
}

/** Sentences on what one part's targets have and another's lack. */
export function lacksOf(
  parts: Readonly<Record<string, Samples | undefined>>,
  target: "class" | "number",
  labels: readonly string[] | undefined,
): readonly string[] {
  const given = Object.entries(parts).flatMap(([name, part]) => {
    const y = part?.y, targets = !isTensor(y) ? undefined : target === "class" ? classesIn(y) : flat(y);
    return targets ? [{ name, targets }] : [];
  });
  return given.length < 2 ? [] : lackingIn(given, target, labels);
}
const flat = (y: Tensor) => (y.shape.slice(1).every((d) => d === 1) ? toNumbers(y) : undefined);
