/** Equal models have equal shapes and equal files, whatever was built before them, in this process or another. @module */
import { deepEqual, notEqual, strictEqual } from "node:assert/strict";
import { apply, dense, dropout, input, lstm, type Model, model, sequential } from "../../mod.ts";

const date = new Date(0), formats = ["keras", "h5", "weights.h5", "json", "onnx", "safetensors"];
const builds: Readonly<Record<string, () => Model>> = {
  row: () => sequential([input({ shape: [null, 3] }), lstm({ units: 4 }), dense({ units: 2 })], { seed: 1 }),
  deferred: () => {
    const made = sequential([dense({ units: 2 }), dense({ units: 2 })], { seed: 2 });
    made.build([null, null, 3]);
    return made;
  },
  "two inputs": () => {
    const [a, b] = [input({ shape: [null, 3] }), input({ shape: [null, 3] })], shared = dense({ units: 2 });
    return model({
      inputs: [a, b],
      outputs: [apply(dropout({ rate: 0.5 }), apply(shared, a)), apply(shared, b)],
      seed: 3,
    });
  },
  nested: () => {
    const inner = sequential([input({ shape: [null, 3] }), dense({ units: 3 })]);
    const x = input({ shape: [null, 3] });
    return model({ inputs: x, outputs: apply(dense({ units: 1 }), apply(inner, x)), seed: 4 });
  },
};

/** Everything that a build's files hold, by format. */
async function filesOf(make: () => Model): Promise<Record<string, string>> {
  const made = make(), found: Record<string, string> = {};
  made.compile({ loss: "mse", optimizer: "adam" });
  for (const format of formats) {
    const digest = await crypto.subtle.digest(
      "SHA-256",
      await made.toBytes(format, format === "keras" ? { date } : {}) as Uint8Array<ArrayBuffer>,
    );
    found[format] = Array.from(new Uint8Array(digest), (b) => b.toString(16)).join(" ");
  }
  return found;
}

if (Deno.args.includes("--files")) {
  const all = Object.entries(builds).map(async ([name, make]) => [name, await filesOf(make)] as const);
  console.log(JSON.stringify(Object.fromEntries(await Promise.all(all))));
}

Deno.test("sizes that vary are named after the model's own inputs", () => {
  for (const make of Object.values(builds)) deepEqual(make().inputs, make().inputs);
  deepEqual(builds.row?.().inputs[0]?.shape, ["batch", "input_time", 3]);
  deepEqual(builds["two inputs"]?.().inputs.map((p) => p.shape[1]), ["input_time", "input1_time"]);
  const [a, b] = [input({ shape: [null, 3], name: "input" }), input({ shape: [null, 3] })],
    over = dense({ units: 1 });
  const named = model({ inputs: [a, b], outputs: [apply(over, a), apply(over, b)] });
  deepEqual(named.inputs.map((p) => p.shape[1]), ["input_time", "input1_time"]);
  const said = input({ shape: ["steps", 3] });
  strictEqual(
    model({ inputs: said, outputs: apply(dense({ units: 1 }), said) }).inputs[0]?.shape[1],
    "steps",
  );
});

Deno.test("two builds of one model give the same bytes, and another model others", async () => {
  const found = new Set<string>();
  for (const make of Object.values(builds)) {
    const files = await filesOf(make);
    deepEqual(await filesOf(make), files);
    notEqual(files.keras, files.h5);
    found.add(files.keras ?? "");
  }
  strictEqual(found.size, Object.keys(builds).length);
});

Deno.test("another process, which built others before, writes the same bytes", async () => {
  const names = Object.keys(builds).reverse(), here: Record<string, unknown> = {};
  for (const name of names) {
    here[name] = await filesOf(builds[name] ?? (() => model({ inputs: [], outputs: [] })));
  }
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", import.meta.filename ?? "", "--files"],
  }).output();
  strictEqual(success, true, new TextDecoder().decode(stderr));
  deepEqual(JSON.parse(new TextDecoder().decode(stdout)), here);
});
