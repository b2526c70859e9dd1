/**
 * Measures the page of `lapis view` in Chromium: its first paint, and the frames of a curve of 100,000 points while it is
 * panned. Run as `deno run --lock=deno.lock -A bench/view.ts MODEL`.
 * @module
 */
import { chromium } from "playwright-core";
import { answererOf } from "../cli/view/answers.ts";
import { shownFrom } from "../cli/view/open.ts";
import { serveView } from "../cli/view/server.ts";

const quiet = { terminal: { out: () => {}, err: () => {}, width: 80, interactive: false }, log: () => {} };
const median = (list: readonly number[]) =>
  [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN;

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
async function withPage<T>(path: string, work: (url: string) => Promise<T>): Promise<T> {
  const shown = await shownFrom([path], {}, quiet), server = serveView(shown.name, answererOf(shown));
  try {
    return await work(server.url);
  } finally {
    await server.close();
  }
}

const [model = "tests/fixtures/models/cifar_cnn/model.keras"] = Deno.args;
const paints = await withPage(model, async (url) => {
  const found: { paint: number; drawn: number }[] = [];
  for (let i = 0; i < 7; i++) {
    const page = await browser.newPage();
    await page.goto(url);
    await page.waitForSelector("[data-ready=layers]");
    found.push(
      await page.evaluate(`({
      paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
      drawn: performance.now(),
    })`),
    );
    await page.close();
  }
  return found;
});
console.log(`first contentful paint of ${model}: ${median(paints.map((p) => p.paint)).toFixed(0)} ms`);
console.log(`its network laid out and drawn: ${median(paints.map((p) => p.drawn)).toFixed(0)} ms`);

const points = 100_000, file = await Deno.makeTempFile({ suffix: ".json" });
const epoch = Array.from({ length: points }, (_, i) => i);
await Deno.writeTextFile(
  file,
  JSON.stringify({ epoch, history: { loss: epoch.map((i) => 1 / (1 + i / 1e4) + 0.1 * Math.sin(i)) } }),
);
const frames = await withPage(file, async (url) => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(url);
  const over = page.locator(".u-over").first();
  await over.waitFor();
  const box = await over.boundingBox();
  if (!box) throw new Error("the curve isn't there");
  const middle = box.y + box.height / 2;
  // Zoom to a tenth, then drag with Shift.
  await page.mouse.move(box.x + box.width * 0.45, middle);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.55, middle);
  await page.mouse.up();
  await page.evaluate(`globalThis.frames_ = []; let last = performance.now();
    const tick = (now) => { frames_.push(now - last); last = now; requestAnimationFrame(tick); };
    requestAnimationFrame(tick);`);
  await page.keyboard.down("Shift");
  await page.mouse.move(box.x + box.width * 0.8, middle);
  await page.mouse.down();
  for (let i = 0; i < 120; i++) {
    await page.mouse.move(box.x + box.width * (0.8 - 0.005 * i), middle);
    await page.waitForTimeout(8);
  }
  await page.mouse.up();
  return await page.evaluate<number[]>("frames_.slice(2)");
});
const late = frames.filter((ms) => ms > 25).length;
console.log(
  `${points} points panned: ${frames.length} frames, median ${
    median(frames).toFixed(1)
  } ms, ${late} later than 25 ms`,
);
await Deno.remove(file);
await browser.close();
