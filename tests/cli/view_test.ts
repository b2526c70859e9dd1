/** `lapis view`, `report` and `graph`: what the server lets in, the page in a real Chromium, files that open from a disk. @module */
import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { type Browser, chromium, type Page } from "playwright-core";
import { answererOf, type Shown } from "../../cli/view/answers.ts";
import type {
  ActivationsStart,
  CellData,
  ConfusionData,
  DistributionsData,
  NetworkData,
  NeuronsData,
} from "../../cli/view/data.ts";
import { shownFrom } from "../../cli/view/open.ts";
import { noRecords } from "../../cli/view/records.ts";
import { serveView, type ViewServer } from "../../cli/view/server.ts";
import { subjectOf } from "../../cli/view/subject.ts";
import { adam, dense, input, type Model, sequential, type Tensor, tensor } from "../../mod.ts";
import { classesOf, classificationReport } from "../../public/evaluation.ts";
import { simpleRnn } from "../../public/layers.ts";
import { toNumbers } from "../../public/tensors.ts";
import { inFolder, lapis } from "../support/cli.ts";
import { exists, importsOf, root } from "../support/sources.ts";

const path = (below: string) => decodeURIComponent(new URL(below, root).pathname);
const bilstm = path("examples/data/nusax_bilstm/model.keras"),
  reviews = path("examples/data/nusax-sentiment/indonesian/test.csv");

async function findChromium(): Promise<string | undefined> {
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    if (await exists(`/usr/bin/${name}`)) return `/usr/bin/${name}`;
  }
  return undefined;
}
const executablePath = await findChromium();

const quiet = {
  terminal: { out: () => {}, err: () => {}, width: 80, interactive: false },
  log: () => {},
};

/** Three classes of flowers by four sizes, made up: enough for every view. */
function flowers(): { readonly x: Tensor; readonly y: Tensor } {
  const rows = 30, x: number[][] = [], y: number[] = [];
  for (let i = 0; i < rows; i++) {
    const c = i % 3;
    x.push([0, 1, 2, 3].map((f) => Math.sin(i * (f + 1)) * 0.4 + (f === c ? 1.5 : 0)));
    y.push(c);
  }
  return { x: tensor(x), y: tensor(y, [rows], "int32") };
}
function mlp(name = "hidden"): Model {
  const model = sequential([
    input({ shape: [4] }),
    dense({ units: 5, activation: "relu", name }),
    dense({ units: 3, activation: "softmax", name: "scores" }),
  ], { name: "flowers", seed: 3 });
  model.compile({ optimizer: adam({}), loss: "sparseCategoricalCrossentropy" });
  return model;
}
function shownOf(model: Model, x?: Tensor, y?: Tensor): Shown {
  const names = { input: model.inputs[0]?.name ?? "", output: model.outputs[0]?.name ?? "" };
  const subject = subjectOf(model.name, model, { folder: "the test" }, {
    ...(x && { feed: { tensors: { [names.input]: x }, rows: x.shape[0] ?? 0 } }),
    ...(y && { targets: { [names.output]: y } }),
    rows: 256,
  });
  return { name: model.name, subject, records: noRecords() };
}

async function withServer(shown: Shown, work: (server: ViewServer) => Promise<void>): Promise<void> {
  const server = serveView(shown.name, answererOf(shown));
  try {
    await work(server);
  } finally {
    await server.close();
  }
}
/** The status of a request with headers of its own, as another program of this machine could send it. */
async function rawStatus(
  url: string,
  headers: Readonly<Record<string, string>>,
  method = "GET",
): Promise<number> {
  const { hostname, port, pathname } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const lines = Object.entries({ host: `${hostname}:${port}`, connection: "close", ...headers });
  const request = `${method} ${pathname} HTTP/1.1\r\n${lines.map(([k, v]) => `${k}: ${v}\r\n`).join("")}\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const answer = new Uint8Array(64), read = await connection.read(answer);
  return Number(new TextDecoder().decode(answer.subarray(0, read ?? 0)).split(" ")[1]);
}

Deno.test("what only pages need isn't fetched by other commands", async () => {
  const imports = await importsOf(["cli/main.ts"]), reached = new Set(["cli/main.ts"]);
  // A set's new members are visited too.
  for (const from of reached) {
    for (const i of imports) if (i.from === from && !i.typeOnly) reached.add(i.to);
  }
  const packages = [...reached].filter((to) => to.startsWith("npm:"));
  ok(packages.some((to) => to.startsWith("npm:commander")));
  deepStrictEqual(packages.filter((to) => /hono|cytoscape|elkjs|uplot|onnxruntime/.test(to)), []);
});

Deno.test("only this machine's page gets in: another Host, Origin, site or token is refused", async () => {
  await withServer(shownOf(mlp()), async ({ url }) => {
    const { host, origin } = new URL(url);
    strictEqual(await rawStatus(url, {}), 200);
    strictEqual(await rawStatus(url, { origin }), 200);
    strictEqual(await rawStatus(url, { host: "evil.example" }), 403);
    strictEqual(await rawStatus(url, { host: `evil.example:${new URL(url).port}` }), 403);
    strictEqual(await rawStatus(url, { origin: "https://evil.example" }), 403);
    strictEqual(await rawStatus(url, { origin: "null" }), 403);
    strictEqual(await rawStatus(url, { "sec-fetch-site": "cross-site" }), 403);
    strictEqual(await rawStatus(`${origin}/`, {}), 403);
    strictEqual(await rawStatus(`${origin}/${"0".repeat(48)}/`, {}), 403);
    strictEqual(await rawStatus(`${origin}/page.js`, { host }), 403);
    strictEqual(await rawStatus(`${url}api/network`, { origin: "https://evil.example" }, "POST"), 403);
  });
});

Deno.test("the page's policy lets nothing in from elsewhere; its questions are checked", async () => {
  await withServer(shownOf(mlp()), async ({ url }) => {
    const page = await fetch(url);
    const policy = page.headers.get("content-security-policy") ?? "";
    match(policy, /default-src 'none'/);
    ok(!/unsafe|https?:|\*/.test(policy), policy);
    strictEqual(page.headers.get("referrer-policy"), "no-referrer");
    ok(!/https?:\/\//.test(await page.text()), "the page names no other address");
    const post = async (name: string, body: string, type = "application/json") => {
      const answer = await fetch(`${url}api/${name}`, {
        method: "POST",
        headers: { "content-type": type },
        body,
      });
      await answer.body?.cancel();
      return answer.status;
    };
    strictEqual(await post("network", "{}"), 200);
    strictEqual(await post("network", "{}", "text/plain"), 415);
    strictEqual(await post("network", "[]"), 400);
    strictEqual(await post("network", "{"), 400);
    strictEqual(await post("constructor", "{}"), 400);
    strictEqual(await post("cell", '{"layer":"nothing"}'), 400);
    for (const below of ["../../deno.json", "%2e%2e/deno.json", "lib/../../main.ts", "constructor"]) {
      const answer = await fetch(`${url}${below}`);
      ok(answer.status === 403 || answer.status === 404, `${below}: ${answer.status}`);
      await answer.body?.cancel();
    }
  });
});

Deno.test("a neuron's sums are the layer's, its edges are the weights and gradients", async () => {
  const { x, y } = flowers(), model = mlp(), ask = answererOf(shownOf(model, x, y));
  const { neurons, connections } = await ask("neurons", { units: 12 }) as NeuronsData;
  const seen = await model.activations(tensor(Array.from(toNumbers(x).subarray(0, 4)), [1, 4]));
  const scores = toNumbers(seen.get("scores") as Tensor);
  const outputs = neurons.filter((n) => n.kind === "output");
  strictEqual(outputs.length, 3);
  // Sums of five products in float64 and in float32 part in the last bits: 8 · 2⁻²⁴ of numbers below 1.
  outputs.forEach((n, i) =>
    ok(Math.abs((n.value ?? NaN) - (scores[i] ?? 0)) < 5e-7, `${n.value} ${scores[i]}`)
  );
  const kernel = [...model.weights].find(([name]) => name.endsWith("hidden/kernel"));
  const slopes = await model.gradients(x, y), name = kernel?.[0] ?? "";
  const edge = connections.find((c) => c.from === "x2" && c.to === "hidden:s4");
  strictEqual(edge?.weight, toNumbers(kernel?.[1] ?? tensor(0))[2 * 5 + 4]);
  strictEqual(edge?.gradient, toNumbers(slopes.weights.get(name) ?? tensor(0))[2 * 5 + 4]);
});

Deno.test("gates of an LSTM, GRU and SimpleRNN end in the layer's own output", async () => {
  const { gru } = await import("../../public/layers.ts");
  const { lstm } = await import("../../mod.ts");
  for (
    const layer of [
      lstm({ units: 4, returnSequences: true, name: "cell" }),
      gru({ units: 4, returnSequences: true, name: "cell" }),
      gru({
        units: 4,
        returnSequences: true,
        resetAfter: false,
        recurrentActivation: "hardSigmoid",
        name: "cell",
      }),
      simpleRnn({ units: 4, returnSequences: true, activation: "relu", name: "cell" }),
    ]
  ) {
    const model = sequential([input({ shape: [6, 3] }), layer], { seed: 5 });
    const x = tensor(Array.from({ length: 18 }, (_, i) => Math.cos(i)), [1, 6, 3]);
    const { steps } = await answererOf(shownOf(model, x))("cell", { layer: "cell" }) as CellData;
    const seen = toNumbers((await model.activations(x)).get("cell") as Tensor);
    strictEqual(steps.length, 6);
    steps.forEach(({ values }, t) =>
      values.h?.forEach((h, i) =>
        ok(Math.abs(h - (seen[t * 4 + i] ?? 0)) < 2e-6, `${layer.def.name} ${t} ${h} ${seen[t * 4 + i]}`)
      )
    );
  }
});

Deno.test("cells over time leave out what a Masking layer masks, and say what they don't follow", async () => {
  const { apply, lstm, model: network } = await import("../../mod.ts");
  const { gru, masking } = await import("../../public/layers.ts");
  const cells = sequential([
    input({ shape: [6, 2], batchSize: 1 }),
    masking({ maskValue: -1 }),
    gru({ units: 3, returnSequences: true, name: "cell" }),
    simpleRnn({ units: 2, stateful: true, name: "kept" }),
  ], { seed: 5 });
  const x = tensor(Array.from({ length: 12 }, (_, i) => [2, 3, 8, 9].includes(i) ? -1 : Math.cos(i)), [
    1,
    6,
    2,
  ]);
  const ask = answererOf(shownOf(cells, x));
  const { steps, notes } = await ask("cell", { layer: "cell" }) as CellData;
  deepStrictEqual(steps.map((s) => s.masked), [false, true, false, false, true, false]);
  deepStrictEqual(notes, []);
  const seen = toNumbers((await cells.activations(x)).get("cell") as Tensor);
  steps.forEach(({ values }, t) =>
    values.h?.forEach((h, i) => ok(Math.abs(h - (seen[t * 3 + i] ?? 0)) < 2e-6, `${t} ${h}`))
  );
  const kept = await ask("cell", { layer: "kept" }) as CellData;
  strictEqual(kept.steps.filter((s) => s.masked).length, 2);
  match(kept.notes.join(), /keeps its states/);

  // Keras' files name the mask as a tensor of its own.
  const data = input({ shape: [3, 2], name: "data" }),
    marks = input({ shape: [3], dtype: "bool", name: "marks" });
  const named = network({
    inputs: [data, marks],
    outputs: apply(gru({ units: 2, name: "cell" }), data, { mask: marks }),
  });
  const subject = subjectOf("named", named, { folder: "the test" }, {
    feed: {
      tensors: { data: tensor([1, 2, 3, 4, 5, 6], [1, 3, 2]), marks: tensor([1, 0, 1], [1, 3], "bool") },
      rows: 1,
    },
    rows: 1,
  });
  const marked = await answererOf({ name: "named", subject, records: noRecords() })("cell", {
    layer: "cell",
  }) as CellData;
  deepStrictEqual(marked.steps.map((s) => s.masked), [false, true, false]);
  const { edges } = await answererOf({ name: "named", subject, records: noRecords() })(
    "network",
    {},
  ) as NetworkData;
  ok(edges.some(([from, to]) => from === "input:marks" && to === "cell"), "the mask's edge is drawn");

  const inner = sequential([
    input({ shape: [4, 3] }),
    gru({ units: 3, returnSequences: true, name: "one" }),
    lstm({ units: 3, name: "two" }),
  ], { name: "inner" });
  const given = input({ shape: [4, 3] });
  const outer = network({ inputs: given, outputs: apply(inner, given) });
  await rejects(answererOf(shownOf(outer))("cell", { layer: "inner/two" }), /inside another model/);
});

Deno.test("a layer's gradient at every step and the probed values agree with finite differences", async () => {
  const model = sequential([
    input({ shape: [5, 2] }),
    simpleRnn({ units: 3, name: "cell" }),
    dense({ units: 1, name: "y" }),
  ], { seed: 2 });
  const x = Array.from({ length: 10 }, (_, i) => Math.sin(i + 1));
  const { steps } = await answererOf(shownOf(model, tensor(x, [1, 5, 2])))(
    "distributions",
    {},
  ) as DistributionsData;
  const at = async (moved: readonly number[]) =>
    Number(toNumbers(await model.predict(tensor([...moved], [1, 5, 2])) as Tensor)[0]);
  strictEqual(steps.length, 1);
  const h = 1e-2;
  for (let t = 0; t < 5; t++) {
    const parts: number[] = [];
    for (let f = 0; f < 2; f++) {
      const up = [...x], down = [...x], i = 2 * t + f;
      up[i] = (up[i] ?? 0) + h;
      down[i] = (down[i] ?? 0) - h;
      parts.push((await at(up) - await at(down)) / (2 * h));
    }
    // Central differences in float32: h² of the curvature and 2⁻²⁴ / h of rounding, both near 1e-5 here.
    ok(Math.abs((steps[0]?.norms[t] ?? NaN) - Math.hypot(...parts)) < 2e-4, `step ${t}`);
  }
});

Deno.test("dead units and lost gradients are named in words", async () => {
  const { x, y } = flowers(), model = mlp();
  const bias = [...model.weights.keys()].find((name) => name.endsWith("hidden/bias")) ?? "";
  model.setWeight(bias, tensor([-100, -100, -100, 0, 0]));
  const { findings, moments } = await answererOf(shownOf(model, x, y))(
    "distributions",
    {},
  ) as DistributionsData;
  ok(findings.some(({ level, text }) => level === "serious" && text.startsWith("hidden: 3 of 5 ReLU units")));
  const kernel = moments.at(-1)?.rows.find(({ path }) => path.endsWith("hidden/kernel"));
  strictEqual(kernel?.weights.counts.length, 30);
  strictEqual(kernel?.weights.counts.reduce((a, b) => a + b, 0), 20);
});

Deno.test("the matrix of mistakes is that of the classification report, its samples are of their cells", async () => {
  const { x, y } = flowers(), model = mlp();
  const found = await answererOf(shownOf(model, x, y))("confusion", {}) as ConfusionData;
  const predicted = classesOf(await model.predict(x) as Tensor);
  const report = classificationReport(y.data as Int32Array, predicted, 3);
  deepStrictEqual(found.matrix, report.confusion);
  strictEqual(found.macroF1, report.macroF1);
  for (const [cell, cards] of Object.entries(found.cells)) {
    for (const { row } of cards) strictEqual(`${y.data[row]},${predicted[row]}`, cell);
  }
});

Deno.test("attention maps are rows of probabilities, saliency is the gradient of the chosen score", async () => {
  const { input, apply, model: functional } = await import("../../mod.ts");
  const { multiHeadAttention, globalAveragePooling1d } = await import("../../public/layers.ts");
  const x = input({ shape: [4, 3] });
  const attended = apply(multiHeadAttention({ numHeads: 2, keyDim: 2, name: "look" }), [x, x]);
  const pooled = apply(globalAveragePooling1d({}), attended);
  const made = functional({ inputs: x, outputs: apply(dense({ units: 2, activation: "softmax" }), pooled) });
  const data = tensor(Array.from({ length: 12 }, (_, i) => Math.sin(i)), [1, 4, 3]);
  const { samples } = await answererOf(shownOf(made, data))("activations", {}) as ActivationsStart;
  const [look] = samples[0]?.data.attention ?? [];
  strictEqual(look?.layer, "look");
  strictEqual(look?.heads.length, 2);
  for (const { pixels, width, height } of look?.heads ?? []) {
    deepStrictEqual([width, height], [4, 4]);
    const bytes = Uint8Array.from(atob(pixels), (c) => c.charCodeAt(0));
    // Each of the four probabilities is rounded to 1/255.
    for (let row = 0; row < 4; row++) {
      const sum = bytes.subarray(4 * row, 4 * row + 4).reduce((a, b) => a + b, 0);
      ok(Math.abs(sum - 255) <= 2, `${sum}`);
    }
  }
});

Deno.test("drawings hold every layer, text stands for itself; wrong use is told", async () => {
  await inFolder(async (folder) => {
    const model = mlp("<img src=x onerror=alert(1)>");
    await Deno.writeFile(`${folder}/m.keras`, await model.toBytes(".keras"));
    for (const ending of ["svg", "dot"]) {
      const { exit, err } = await lapis("graph", `${folder}/m.keras`, "-o", `${folder}/m.${ending}`);
      strictEqual(exit, 0, err);
      const text = await Deno.readTextFile(`${folder}/m.${ending}`);
      for (const part of ["scores", "[batch, 3]", "Dense"]) ok(text.includes(part), `${ending}: ${part}`);
      if (ending === "svg") ok(!text.includes("<img"), "markup in a name");
    }
    strictEqual((await lapis("graph", `${folder}/m.keras`)).exit, 2);
    strictEqual((await lapis("graph", `${folder}/m.keras`, "-o", `${folder}/m.txt`)).exit, 2);
    await Deno.writeTextFile(
      `${folder}/h.json`,
      JSON.stringify({ epoch: [0, 1], history: { loss: [2, 1] } }),
    );
    match((await lapis("graph", `${folder}/h.json`)).out, /loss/);
    await Deno.writeTextFile(`${folder}/odd.json`, "[1]");
    strictEqual((await lapis("report", `${folder}/odd.json`, "-o", `${folder}/r`)).exit, 3);
    strictEqual((await lapis("report", `${folder}/nothing`, "-o", `${folder}/r`)).exit, 3);
  });
});

Deno.test("a profiled session gives the same bits, and its steps tell their time and bytes", async () => {
  const model = mlp(), { registry } = model, graph = model.graph(), name = model.inputs[0]?.name ?? "";
  const { x } = flowers();
  for (const engine of ["wasm", "plain"]) {
    const backend = registry.get("backend", engine);
    using usual = await backend.compile(graph, { registry });
    using profiled = await backend.compile(graph, { registry, profile: true });
    deepStrictEqual(await profiled.run({ [name]: x }), await usual.run({ [name]: x }));
    ok(usual.plan().every(({ milliseconds }) => milliseconds === undefined), engine);
    const steps = profiled.plan().filter(({ where }) => where !== "wasm, once");
    ok(steps.length > 0 && steps.every(({ milliseconds }) => (milliseconds ?? -1) >= 0), engine);
    ok(steps.every(({ bytes }) => (bytes ?? 0) > 0), engine);
  }
});

/** A page in Chromium that remembers what went wrong in it. */
async function inBrowser(work: (browser: Browser) => Promise<void>): Promise<void> {
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ["--no-sandbox"],
  });
  try {
    await work(browser);
  } finally {
    await browser.close();
  }
}
async function openPage(
  browser: Browser,
  url: string,
  options = {},
): Promise<{ page: Page; wrong: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options }),
    wrong: string[] = [];
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && wrong.push(m.text()));
  page.on("pageerror", (e) => wrong.push(e.message));
  page.on("request", (r) => {
    if (
      !r.url().startsWith(new URL(url).protocol) ||
      (r.url().startsWith("http") && new URL(r.url()).hostname !== "127.0.0.1")
    ) {
      wrong.push(`outside: ${r.url()}`);
    }
  });
  await page.goto(url);
  return { page, wrong };
}
async function goTo(page: Page, view: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(view)}`);
  await page.waitForSelector(`#view[data-view="${view}"]`, { timeout: 20_000 });
}
/** What axe finds that is serious or critical, as rule and place. */
async function seriousIn(page: Page): Promise<string[]> {
  const axe = (await import("axe-core/axe.min.js", { with: { type: "text" } })) as unknown as {
    default: string;
  };
  // The page's policy refuses scripts from elsewhere, so axe comes in by the debugger's own door.
  await page.evaluate(axe.default);
  return await page.evaluate<string[]>(`axe.run().then(({ violations }) => violations
    .filter((v) => v.impact === "serious" || v.impact === "critical")
    .flatMap((v) => v.nodes.map((n) => v.id + " " + n.target.join(" ") + " " + n.failureSummary)))`);
}

const inChromium = (name: string, work: (browser: Browser) => Promise<void>) =>
  Deno.test({ name, ignore: executablePath === undefined, fn: () => inBrowser(work) });

inChromium(
  "every view of the real BiLSTM opens without an error, and axe finds nothing serious",
  async (browser) => {
    const options = { input: [reviews], target: [reviews], rows: "16" };
    const shown = await shownFrom([bilstm], options, quiet), { subject } = shown;
    ok(subject);
    await withServer(shown, async ({ url }) => {
      const { page, wrong } = await openPage(browser, url);
      await page.waitForSelector("[data-ready=layers]");
      for (const scheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        for (const view of ["computation", "distributions", "activations", "confusion", "network"]) {
          await goTo(page, view);
          if (view === "network") await page.waitForSelector("[data-ready=layers]");
          deepStrictEqual(await seriousIn(page), [], `${view}, ${scheme}`);
        }
      }
      // The list beside the drawing opens cards, several stay.
      await page.click(".index summary");
      await page.click(".index button:text('embedding')");
      await page.click(".index button:text('forward_lstm')");
      strictEqual(await page.locator(".card").count(), 2);
      match(await page.locator(".card").first().innerText(), /recurrentKernel[\s\S]*\[64, 256\]/);
      await page.click(".card button:text('Unroll over time')");
      await page.waitForSelector("[data-ready=time]");
      // Enter on a node of the drawing does what a click does.
      await page.focus(".graph-canvas");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("Enter");
      await page.waitForSelector("[data-gate=h]");
      // Probabilities move while typing, and are the API's.
      await goTo(page, "activations");
      await page.fill("textarea", "Pelayanan buruk dan makanan tidak enak");
      await page.waitForSelector("[data-best=negative]");
      const scores = JSON.parse(await page.getAttribute("[data-scores]", "data-scores") ?? "[]") as number[];
      const { textVectorizer } = await import("../../public/text.ts");
      const ids = textVectorizer({ vocabulary: subject.assets.vocabulary ?? [], length: 100 })
        .transform(["Pelayanan buruk dan makanan tidak enak"]);
      deepStrictEqual(scores, Array.from(toNumbers(await subject.model.predict(ids) as Tensor)));
      // A cell of the matrix shows its samples.
      await goTo(page, "confusion");
      await page.click("[data-cell='0,0']");
      const first = await page.locator(".samples li").first().getAttribute("data-row");
      const { cells } = await answererOf(shown)("confusion", {}) as ConfusionData;
      strictEqual(first, `${cells["0,0"]?.[0]?.row}`);
      deepStrictEqual(wrong, []);
    });
  },
);

inChromium(
  "neurons: a click on an edge shows its weight and gradient, several stay open",
  async (browser) => {
    const { x, y } = flowers(), model = mlp(), shown = shownOf(model, x, y);
    const { connections } = await answererOf(shown)("neurons", { units: 12 }) as NeuronsData;
    await withServer(shown, async ({ url }) => {
      const { page, wrong } = await openPage(browser, url);
      await page.click("[data-choice=neurons]");
      await page.waitForSelector("[data-ready=neurons]");
      const kinds = await page.locator(".legend li").allInnerTexts();
      for (const kind of ["Input", "Weighted sum", "Activation", "Bias", "Output"]) {
        ok(kinds.includes(kind), kind);
      }
      deepStrictEqual(await seriousIn(page), []);
      const weighted = connections.map((c, i) => ({ ...c, i })).filter((c) => c.weight !== undefined).slice(
        0,
        2,
      );
      for (const { i, weight, gradient } of weighted) {
        await page.evaluate(
          `void document.querySelector(".graph-canvas")._cyreg.cy.getElementById("edge:${i}").emit("tap")`,
        );
        const card = page.locator(`[data-card="edge:${i}"]`);
        strictEqual(Number(await card.locator("[data-weight]").getAttribute("data-weight")), weight);
        strictEqual(Number(await card.locator("[data-gradient]").getAttribute("data-gradient")), gradient);
      }
      strictEqual(await page.locator(".card").count(), 2);
      await page.click(`[data-card="edge:${weighted[0]?.i}"] button`);
      strictEqual(await page.locator(".card").count(), 1);
      deepStrictEqual(wrong, []);
    });
  },
);

inChromium(
  "a name that is markup shows as text, in a page and in a report from the disk",
  async (browser) => {
    const name = "<img src=x onerror=alert(1)>", { x, y } = flowers(), shown = shownOf(mlp(name), x, y);
    const check = async (url: string) => {
      const { page, wrong } = await openPage(browser, url);
      let asked = false;
      page.on("dialog", (d) => (asked = true, void d.dismiss()));
      for (
        const { id } of [{ id: "network" }, { id: "computation" }, { id: "distributions" }, {
          id: "activations",
        }, { id: "confusion" }]
      ) {
        await goTo(page, id);
        if (id === "distributions") {
          ok(
            (await page.locator("h3").allInnerTexts()).some((t) => t.includes(name)),
          );
        }
      }
      strictEqual(await page.locator("img").count(), 0);
      strictEqual(asked, false);
      deepStrictEqual(wrong, []);
      await page.close();
    };
    await withServer(shown, ({ url }) => check(url));
    await inFolder(async (folder) => {
      const { writeReport } = await import("../../cli/view/files.ts");
      const files = await writeReport(shown, `${folder}/report`);
      for (const file of files.filter((f) => f.startsWith("data/"))) {
        ok(!(await Deno.readTextFile(`${folder}/report/${file}`)).includes("<"), file);
      }
      await check(`file://${folder}/report/index.html`);
    });
  },
);

inChromium("runs side by side, an experiment and a forecast show their numbers", async (browser) => {
  await inFolder(async (folder) => {
    const write = (name: string, data: unknown) =>
      Deno.writeTextFile(`${folder}/${name}`, JSON.stringify(data));
    await write("a.json", { epoch: [0, 1, 2], history: { loss: [3, 2, 1], valLoss: [3.5, 2.5, 2] } });
    await write("b.json", { epoch: [0, 1], history: { loss: [4, 2.25] } });
    await write("results.json", {
      metric: "valLoss",
      better: "min",
      trials: [8, 16, 32].map((units, i) => ({
        trial: i + 1,
        values: { units, rate: 0.1 },
        status: "done",
        runs: [{ seed: 0, metrics: { valLoss: 1 / units } }],
      })),
      chosen: { trial: 3 },
    });
    await write("forecast.json", {
      name: "passengers",
      values: [1, 2, 3, 4, 5],
      start: 3,
      prediction: [4.5, 5],
      lower: [4, 4],
      upper: [5, 6],
      window: 3,
    });
    const paths = ["a.json", "b.json", "results.json", "forecast.json"].map((name) => `${folder}/${name}`);
    await withServer(await shownFrom(paths, {}, quiet), async ({ url }) => {
      const { page, wrong } = await openPage(browser, url);
      await goTo(page, "training");
      const table = await page.locator(".scroll table").innerText();
      match(table, /a\.json\s+3\s+1\s+2/);
      match(table, /b\.json\s+2\s+2\.25/);
      deepStrictEqual(await seriousIn(page), [], "training");
      await goTo(page, "experiments");
      match(await page.locator(".scroll table").innerText(), /3 \(best\)/);
      match(await page.locator(".bars").innerText(), /units\s+100\.0 %[\s\S]*rate\s+0\.0 %/);
      deepStrictEqual(await seriousIn(page), [], "experiments");
      await goTo(page, "forecasts");
      // Errors of 4.5 for 4 and of 5 for 5.
      strictEqual(await page.locator("[data-metric=mae]").innerText(), "0.25");
      deepStrictEqual(await seriousIn(page), [], "forecasts");
      deepStrictEqual(wrong, []);
    });
  });
});

inChromium("a fit's page shows it as it runs, pauses it, and stops it", async (browser) => {
  const { openLive } = await import("../../cli/view/live.ts");
  const { x, y } = flowers(), model = mlp();
  let stopped = false, saved = 0;
  const live = openLive({
    name: "fit",
    model,
    rows: 30,
    x,
    y,
    stop: () => void (stopped = true),
    save: () => Promise.resolve(`saved ${++saved}`),
  });
  const { page, wrong } = await openPage(browser, live.server.url);
  await page.waitForSelector("#view[data-view=training]");
  const fit = model.fit(x, y, {
    epochs: 100_000,
    batchSize: 10,
    verbose: 0,
    callbacks: [...live.callbacks, {
      onEpochEnd: (_, __, run) => {
        if (stopped) run.stop();
      },
    }],
  });
  await page.waitForSelector("[data-stat=loss]");
  await page.click("[data-action=pause]");
  await page.waitForSelector("[data-action=resume]");
  const before = live.recorder.run().epochs;
  await page.waitForTimeout(200);
  strictEqual(live.recorder.run().epochs, before);
  await page.click("text=Save");
  await page.waitForSelector("text=saved 1");
  await page.click("text=Stop");
  const { history } = await fit;
  await live.end("ended");
  deepStrictEqual(live.recorder.run().history.loss, history.loss);
  ok(live.recorder.moments.length <= 32 && live.recorder.moments.length > 0);
  strictEqual(live.recorder.run().batches?.loss?.length, 3 * (history.loss?.length ?? 0));
  deepStrictEqual(wrong.filter((w) => !/ERR_CONNECTION|ERR_INCOMPLETE|Failed to fetch/.test(w)), []);
});
