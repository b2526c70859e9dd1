/** `lapis view`, `report` and `graph`: what the server lets in, the page in a real Chromium, files that open from a disk. @module */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { type Browser, chromium, type Page } from "playwright-core";
import { main } from "../cli/main.ts";
import { answererOf, type Shown } from "../cli/view/answers.ts";
import type {
  ActivationsStart,
  CellData,
  ConfusionData,
  DistributionsData,
  NeuronsData,
} from "../cli/view/data.ts";
import { shownFrom } from "../cli/view/open.ts";
import { noRecords } from "../cli/view/records.ts";
import { serveView, type ViewServer } from "../cli/view/server.ts";
import { subjectOf } from "../cli/view/subject.ts";
import {
  adam,
  classesOf,
  classificationReport,
  dense,
  input,
  type Model,
  sequential,
  simpleRnn,
  type Tensor,
  tensor,
  toNumbers,
  writeNpy,
} from "../mod.ts";
import { exists, root } from "./support/sources.ts";

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

interface Run {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}
async function lapis(...args: readonly string[]): Promise<Run> {
  let out = "", err = "";
  const exit = await main(args, {
    out: (t) => out += t,
    err: (t) => err += t,
    width: 80,
    interactive: false,
  });
  return { exit, out, err };
}
const quiet = {
  terminal: { out: () => {}, err: () => {}, width: 80, interactive: false },
  log: () => {},
};
async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

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
    for (const below of ["../deno.json", "%2e%2e/deno.json", "lib/../../main.ts", "constructor"]) {
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
  for (const name of ["mod.ts"]) ok(await exists(new URL(name, root)));
  const { gru, lstm } = await import("../mod.ts");
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
