/** Chromium, where the machine has it, and a page of its own with files from this machine. @module */
import { chromium } from "playwright-core";
import { exists } from "./sources.ts";

/** Where Debian and others put Chromium. */
async function findChromium(): Promise<string | undefined> {
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    const path = `/usr/bin/${name}`;
    if (await exists(path)) return path;
  }
  return undefined;
}
/** Chromium's program, or undefined where there is none. */
export const executablePath: string | undefined = await findChromium();

/** Runs the body of an async function in an empty page beside `files` (path to type and content), and gives its result. */
export async function inPage(
  files: Readonly<Record<string, readonly [string, BodyInit]>>,
  body: string,
): Promise<unknown> {
  const all: typeof files = { "/": ["text/html", "<!doctype html><title>Lapis</title>"], ...files };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const [type, content] = all[new URL(request.url).pathname] ?? [];
    return content === undefined || type === undefined
      ? new Response(null, { status: 404 })
      : new Response(content, { headers: { "content-type": type } });
  });
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ["--no-sandbox"],
  });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.addr.port}/`);
    return await page.evaluate<unknown>(`(async () => { ${body} })()`);
  } finally {
    await browser.close();
    await server.shutdown();
  }
}
