/** The page's files: its own scripts joined into one classic script, and the libraries it draws with. @module */
import { InputError } from "../../mod.ts";

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  readonly text: string;
}
const script = "text/javascript; charset=utf-8", styles = "text/css; charset=utf-8";
/** Text imports are part of the module graph: they need no permission, from a checkout and from a registry alike. */
type Text = { readonly default: string };
const textOf = ({ default: text }: Text): string => text;

/** The page's own modules, each after those it imports. */
async function modules(): Promise<readonly string[]> {
  const found = await Promise.all([
    import("./page/dom.js", { with: { type: "text" } }),
    import("./page/format.js", { with: { type: "text" } }),
    import("./page/source.js", { with: { type: "text" } }),
    import("./page/draw.js", { with: { type: "text" } }),
    import("./page/curves.js", { with: { type: "text" } }),
    import("./page/cards.js", { with: { type: "text" } }),
    import("./page/graph.js", { with: { type: "text" } }),
    import("./page/unrolled.js", { with: { type: "text" } }),
    import("./page/neurons.js", { with: { type: "text" } }),
    import("./page/network.js", { with: { type: "text" } }),
    import("./page/computation.js", { with: { type: "text" } }),
    import("./page/distributions.js", { with: { type: "text" } }),
    import("./page/feed.js", { with: { type: "text" } }),
    import("./page/activations.js", { with: { type: "text" } }),
    import("./page/training.js", { with: { type: "text" } }),
    import("./page/experiments.js", { with: { type: "text" } }),
    import("./page/forecasts.js", { with: { type: "text" } }),
    import("./page/confusion.js", { with: { type: "text" } }),
    import("./page/main.js", { with: { type: "text" } }),
  ]);
  return found.map((module) => textOf(module as unknown as Text));
}

/** The page's styles by subject, in the order in which they hold. */
async function sheets(): Promise<readonly string[]> {
  const found = await Promise.all([
    import("./page/styles/colours.css", { with: { type: "text" } }),
    import("./page/styles/frame.css", { with: { type: "text" } }),
    import("./page/styles/graph.css", { with: { type: "text" } }),
    import("./page/styles/cards.css", { with: { type: "text" } }),
    import("./page/styles/figures.css", { with: { type: "text" } }),
    import("./page/styles/screens.css", { with: { type: "text" } }),
  ]);
  return found.map((sheet) => textOf(sheet as unknown as Text));
}

/** Modules in one scope: a page opened from a disk loads classic scripts only. */
function joined(sources: readonly string[]): string {
  const plain = sources.map((source) =>
    source.replace(/^import\b[^;]*? from "\.\/[\w-]+\.js";$/gm, "").replace(/^export (?=\w)/gm, "")
  );
  return `"use strict";\n(() => {\n${plain.join("\n")}\n})();\n`;
}

/** A module with one default export as a classic script that sets a global. */
function asGlobal(source: string, name: string): string {
  const made = source.replace(/export\{(\w+) as default\};?\s*$/, `globalThis.${name}=$1;`);
  if (made === source) throw new InputError(`${name}: its module has no default export`);
  return `(()=>{${made}})();\n`;
}

/** Every file of the page by its address below the page's; libraries are read when they are asked for. */
export const pageFiles: Readonly<Record<string, () => Promise<PageFile>>> = {
  "page.css": async () => ({ type: styles, text: (await sheets()).join("") }),
  "page.js": async () => ({ type: script, text: joined(await modules()) }),
  "lib/cytoscape.js": async () => ({
    type: script,
    text: asGlobal(
      textOf(
        await import("cytoscape/dist/cytoscape.esm.min.mjs", {
          with: { type: "text" },
        }) as unknown as Text,
      ),
      "cytoscape",
    ),
  }),
  "lib/elk.js": async () => ({
    type: script,
    text: textOf(
      await import("elkjs/lib/elk.bundled.js", { with: { type: "text" } }) as unknown as Text,
    ),
  }),
  "lib/uplot.js": async () => ({
    type: script,
    text: textOf(
      await import("uplot/dist/uPlot.iife.min.js", { with: { type: "text" } }) as unknown as Text,
    ),
  }),
  "lib/uplot.css": async () => ({
    type: styles,
    text: textOf(await import("uplot/dist/uPlot.min.css", { with: { type: "text" } }) as unknown as Text),
  }),
};

/** What the page may load and do: its own files, nothing else. */
export const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Text that stands for itself inside HTML. */
export function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign);
}
/** The page itself; `files` says that it is opened from a disk, its data in scripts. */
export function pageHtml(title: string, files: boolean): string {
  const meta = files
    ? `\n<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src 'self' data: blob:">`
    : "";
  return `<!doctype html>
<html lang="en" data-mode="${files ? "files" : "live"}">
<head>
<meta charset="utf-8">${meta}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)} · Lapis</title>
<link id="__________cytoscape_stylesheet" rel="stylesheet" href="page.css">
<link rel="icon" href="data:,">
</head>
<body>
<a class="skip" href="#view">Skip to the view</a>
<div id="app"><p class="loading" role="status">Loading…</p></div>
<script src="page.js"></script>
</body>
</html>
`;
}
