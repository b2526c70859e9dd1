/** The engine in a page: the inference bundle in Chromium, served from this machine. @module */
import { deepEqual, ok } from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { executablePath, inPage } from "../support/browser.ts";
import { cnn, program, reference } from "../support/elsewhere.ts";
import { root } from "../support/sources.ts";

/** The bundle of what a page needs for inference, minified. */
async function bundle(): Promise<Uint8Array<ArrayBuffer>> {
  const file = await Deno.makeTempFile({ suffix: ".js" });
  try {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["bundle", "--platform", "browser", "--minify", "-o", file, "inference.ts"],
      cwd: root,
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return await Deno.readFile(file);
  } finally {
    await Deno.remove(file);
  }
}

/** Bytes of what a server that keeps its scripts compressed sends. */
const zipped = (bytes: Uint8Array) => gzipSync(bytes, { level: 9 }).byteLength;

Deno.test("the bundle for a page is at most 200 KB, minified and compressed", async () => {
  const size = zipped(await bundle());
  console.log(`inference bundle: ${(size / 1000).toFixed(1)} KB minified + gzip -9`);
  ok(size <= 200_000, `${size} bytes`);
});

Deno.test({
  name: "a page in Chromium runs the CIFAR CNN with the outputs of Deno",
  ignore: executablePath === undefined,
  fn: async () => {
    const got = await inPage(
      {
        "/lapis.js": ["text/javascript", await bundle()],
        "/program.js": ["text/javascript", program],
        "/model.keras": ["application/octet-stream", await Deno.readFile(cnn)],
      },
      `const lapis = await import("/lapis.js");
      const { main } = await import("/program.js");
      return await main(lapis, new Uint8Array(await (await fetch("/model.keras")).arrayBuffer()));`,
    );
    deepEqual(got, await reference());
  },
});
