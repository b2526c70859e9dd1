/** A configuration of data alone: of pictures or tables, as `--data` names them. @module */
import { type Context, listOption, UsageError } from "./command.ts";
import { isTable } from "./inputs.ts";
import { beginPictures } from "./pictures/begun.ts";
import { beginTable, type Begun } from "./training/begun.ts";

/** Looks at what `--data` names and makes a configuration of it. @throws {UsageError} for data of other kinds. */
export async function beginData(
  options: Readonly<Record<string, unknown>>,
  { log, terminal }: Context,
  otherwise = "expected",
): Promise<Begun> {
  const pictures = await beginPictures(options, (line) => log(line));
  if (pictures) return pictures;
  const files = listOption(options, "data");
  if (files.length > 0 && files.every(isTable)) return await beginTable(files, options, terminal.width);
  throw new UsageError(
    `${otherwise} a table and its column: --data FILE.csv --target COLUMN; ` +
      "or a folder of pictures, a folder a class: --data FOLDER",
  );
}
