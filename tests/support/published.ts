/** What the package's entries publish, as `deno doc` sees it. @module */
import { root } from "./sources.ts";

/** Entries by name: `.`, `layers`, …; the command line has none. */
export async function entries(): Promise<ReadonlyMap<string, string>> {
  const text = await Deno.readTextFile(new URL("deno.json", root));
  const [, block = ""] = /"exports": (\{[^}]*\})/.exec(text) ?? [];
  const all = Object.entries(JSON.parse(block) as Record<string, string>);
  return new Map(
    all.filter(([name]) => name !== "./cli").map(([name, file]) => [name.replace(/^\.\//, ""), file]),
  );
}
/** A published name. */
export interface PublicSymbol {
  /** The entry that has it. */
  readonly space: string;
  /** Its name. */
  readonly name: string;
  /** What `deno doc` says of it. */
  readonly declarations: readonly { readonly kind: string; readonly def: unknown }[];
}
/** Every name of every entry but `inference`. */
export async function publicSymbols(): Promise<readonly PublicSymbol[]> {
  const all: PublicSymbol[] = [];
  for (const [space, file] of await entries()) {
    if (space === "inference") continue;
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["doc", "--json", file],
      cwd: root,
      stderr: "null",
    }).output();
    const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as {
      readonly nodes: Readonly<Record<string, { readonly symbols: readonly Omit<PublicSymbol, "space">[] }>>;
    };
    for (const { symbols } of Object.values(nodes)) all.push(...symbols.map((s) => ({ space, ...s })));
  }
  return all;
}
