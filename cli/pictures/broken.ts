/** Pictures that can't be read, listed where the work is done. @module */
import type { BrokenPicture } from "../../public/data.ts";

/** A paragraph that lists them, or none. */
export function brokenText(broken: readonly BrokenPicture[]): readonly string[] {
  if (broken.length === 0) return [];
  const lines = broken.slice(0, 20).map(({ file, reason }) => `  ${file}: ${reason}`);
  const more = broken.length > 20 ? [`  and ${broken.length - 20} more (--json lists all)`] : [];
  return [[`Pictures that can't be read, and were left out: ${broken.length}`, ...lines, ...more].join("\n")];
}
