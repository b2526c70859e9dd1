/** Patterns of files, by the library that knows them; only a command that is given one loads it. @module */
import zeptomatch from "zeptomatch";

/** Whether paths match a pattern: `*`, `?`, `[a-z]`, `{a,b}`, `**` over folders. */
export function matcher(pattern: string): (path: string) => boolean {
  const form = zeptomatch.compile(pattern);
  return (path) => form.test(path);
}
