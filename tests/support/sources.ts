/** The project's own source files and their real import graph, for the tests of its structure. @module */

/** The repository's root, ending in a slash. */
export const root: URL = new URL("../../", import.meta.url);

/** One import of a source file. */
export interface Import {
  /** Path below the root of the importing file. */
  readonly from: string;
  /** Path below the root, or `npm:…`, `node:…` and the like. */
  readonly to: string;
  readonly typeOnly: boolean;
  readonly dynamic: boolean;
}

/** Paths below the root of all TypeScript files in the given folders and of the given files. */
export async function sourceFiles(...places: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for await (const entry of Deno.readDir(new URL(`${folder}/`, root))) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) await walk(path);
      else if (path.endsWith(".ts")) found.push(path);
    }
  };
  for (const place of places) {
    if (place.endsWith(".ts")) found.push(place);
    else if (await exists(new URL(place, root))) await walk(place);
  }
  return found.sort();
}

/** True when there is a file or folder. */
export async function exists(place: string | URL): Promise<boolean> {
  return await Deno.stat(place).then(() => true, () => false);
}

interface InfoDependency {
  readonly code?: { readonly specifier?: string };
  readonly type?: { readonly specifier?: string };
  readonly isDynamic?: boolean;
}
interface Info {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly InfoDependency[];
  }[];
}

/** Every import of the files, as `deno info` resolves them. */
export async function importsOf(files: readonly string[]): Promise<Import[]> {
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(entry, files.map((f) => `import "${new URL(f, root)}";\n`).join(""));
    const config = new URL("deno.json", root);
    const run = new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--no-lock", "--config", decodeURIComponent(config.pathname), entry],
      stderr: "piped",
    });
    const { success, stdout, stderr } = await run.output();
    if (!success) throw new Error(`deno info: ${new TextDecoder().decode(stderr)}`);
    const info = JSON.parse(new TextDecoder().decode(stdout)) as Info;
    const below = (url: string) => url.startsWith(`${root}`) ? url.slice(`${root}`.length) : url;
    return info.modules.filter((m) => m.specifier.startsWith(`${root}`)).flatMap((m) =>
      (m.dependencies ?? []).map(({ code, type, isDynamic }) => ({
        from: below(m.specifier),
        to: below(code?.specifier ?? type?.specifier ?? ""),
        typeOnly: code === undefined,
        dynamic: isDynamic === true,
      }))
    );
  } finally {
    await Deno.remove(entry);
  }
}
