/** The page as static files: one folder that opens by double click, its data in scripts. @module */
import { LapisError } from "../../mod.ts";
import { makeFolder, writeWhole } from "../output.ts";
import { answererOf, type Shown, unrollable, viewsOf } from "./answers.ts";
import { pageFiles, pageHtml } from "./page.ts";

/** JSON as a script's text: nothing in it ends the script or a line. */
export function scriptText(name: string, data: unknown): string {
  const json = JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `lapisData(${JSON.stringify(name)}, ${json});\n`;
}

/** Writes the folder; gives the files' names, the first of them the page. */
export async function writeReport(shown: Shown, folder: string): Promise<readonly string[]> {
  const answer = answererOf(shown), views = viewsOf(shown).map((v) => v.id);
  const written: string[] = [];
  const write = async (name: string, text: string): Promise<void> => {
    await writeWhole(`${folder}/${name}`, new TextEncoder().encode(text));
    written.push(name);
  };
  for (const below of ["", "/lib", "/data"]) await makeFolder(`${folder}${below}`);
  await write("index.html", pageHtml(shown.name, true));
  const libraries = [
    ...(views.some((v) => ["network", "computation"].includes(v)) ? ["lib/cytoscape.js", "lib/elk.js"] : []),
    ...(views.some((v) => ["distributions", "training", "forecasts"].includes(v))
      ? ["lib/uplot.js", "lib/uplot.css"]
      : []),
  ];
  for (const name of ["page.css", "page.js", ...libraries]) {
    const file = await pageFiles[name]?.();
    if (file) await write(name, file.text);
  }
  const questions: [string, string, Record<string, unknown>][] = [["about", "about", {}]];
  for (const view of views) questions.push([view, view, {}]);
  if (shown.subject && views.includes("network")) {
    questions.push(["neurons", "neurons", { units: 12 }]);
    unrollable(shown.subject).forEach((layer, i) => questions.push([`cell-${i}`, "cell", { layer }]));
  }
  for (const [file, name, options] of questions) {
    const data = await answer(name, options).catch((error: unknown) => {
      // What a view can't show is told in its place.
      if (error instanceof LapisError) return { error: error.message };
      throw error;
    });
    await write(`data/${file}.js`, scriptText(file, data));
  }
  return written;
}
