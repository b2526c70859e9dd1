/** A training run on pictures without a configuration: the folder or table looked at, told, and written as a configuration. @module */
import type { Model } from "../../mod.ts";
import { listOption, numberOption, textOption, UsageError } from "../command.ts";
import { givenFiles } from "../given.ts";
import { isFolder, isTable } from "../inputs.ts";
import { targetsFrom } from "../targets.ts";
import { type Begun, saidFit } from "../training/begun.ts";
import type { Json } from "../training/config.ts";
import { transferWith } from "../training/transfer.ts";
import { foundIn, foundInTable, type FoundPictures, holdsPictures, pictureColumn } from "./found.ts";
import { pictureForm } from "./layout.ts";
import { augmentations, choosePlan } from "./plan.ts";

type Options = Readonly<Record<string, unknown>>;

/** What `--data` names, where it is pictures. */
async function found(options: Options): Promise<FoundPictures | undefined> {
  const given = await givenFiles(listOption(options, "data")), [only] = given;
  if (only === undefined || given.length > 1) return undefined;
  if (await isFolder(only)) return await holdsPictures(only) ? await foundIn(only) : undefined;
  if (!isTable(only)) return undefined;
  const column = await pictureColumn(only);
  return column === undefined ? undefined : await foundInTable(only, column, targetsFrom(options).column);
}
/** The size that `--image-size` says. @throws {UsageError} */
function sizeFrom(options: Options): readonly [number, number] | undefined {
  const said = textOption(options, "imageSize");
  if (said === undefined) return undefined;
  const [, height, width] = /^(\d+)(?:[x×,](\d+))?$/i.exec(said) ?? [];
  const size = [Number(height), Number(width ?? height)] as const;
  if (size.every((n) => Number.isInteger(n) && n > 0)) return size;
  throw new UsageError(`--image-size: expected 64, or 64x48 for height and width, got ${said}`);
}

/**
 * Makes a configuration of a folder of pictures, or of a table that names some; undefined where `--data` is neither.
 * `base` is the model that is gone on from, whose layers take the place of new ones.
 */
export async function beginPictures(
  options: Options,
  log: (line: string) => void,
  base?: { readonly model: Model; readonly path: string },
): Promise<Begun | undefined> {
  const pictures = await found(options);
  if (!pictures) return undefined;
  const augment = textOption(options, "augment"), size = sizeFrom(options);
  if (augment !== undefined && !Object.hasOwn(augmentations, augment)) {
    throw new UsageError(`--augment: expected ${Object.keys(augmentations).join(", ")}, got ${augment}`);
  }
  const epochs = numberOption(options, "epochs", { flag: "--epochs", whole: true, min: 1 });
  const learningRate = numberOption(options, "learningRate", { flag: "--learning-rate", min: 0 });
  const divide = numberOption(options, "divide", { flag: "--divide" });
  const transfer = transferWith(null, options);
  const { height, width, colorMode } = pictureForm(base?.model.inputs[0]?.shape ?? []);
  const own = height !== undefined && width !== undefined ? [height, width] as const : undefined;
  const { config, text, notes } = await choosePlan(pictures, {
    ...(size && { size }),
    ...(augment !== undefined && { augment }),
    ...(epochs !== undefined && { epochs }),
    ...(learningRate !== undefined && { learningRate }),
    ...(base && { base: { size: own ?? size, colorMode } }),
  });
  for (const note of notes) log(`note: ${note}`);
  const fit = config.fit as Json;
  const said = saidFit(options, pictures.train.files.length);
  return {
    config: {
      ...config,
      data: { ...config.data as Json, ...(divide !== undefined && { divide }) },
      ...(base && { model: base.path }),
      ...(transfer && { transfer: { ...transfer } }),
      fit: { ...fit, ...said },
    },
    text,
  };
}
