/** onnxruntime in a process of its own: its crash is an error, what follows goes on, and nothing is left behind. @module */
import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { GraphBuilder } from "../../../core/graph/builder.ts";
import { BackendError } from "../../../core/values/errors.ts";
import type { Graph } from "../../../core/graph/graph.ts";
import { networkOps } from "../../../core/ops/mod.ts";
import { createRegistry } from "../../../core/registry.ts";
import { tensorType } from "../../../core/values/shape.ts";
import { isTensor, type Tensor, tensor } from "../../../core/values/tensor.ts";
import { onnxruntime, onnxruntimeWith } from "./mod.ts";
import { type Message, pack, Unpacker } from "./wire.ts";

const registry = createRegistry(networkOps);
const none: Tensor = { dtype: "float32", shape: [0, 4], data: new Float32Array(0) };
/** The largest two of each row: onnxruntime 1.30 divides by zero where there are no rows, and the processor ends it. */
function largest(): Graph {
  const b = new GraphBuilder(registry, { name: "largest" });
  const x = b.input("x", tensorType("float32", ["batch", 4]));
  const [values] = b.topK(x, b.ints([2]), { axis: 1 });
  if (values) b.output("y", values);
  return b.build();
}
function negative(): Graph {
  const b = new GraphBuilder(registry, { name: "negative" });
  b.output("y", b.neg(b.input("x", tensorType("float32", ["n"]))));
  return b.build();
}
const numbers = (out: Readonly<Record<string, unknown>>) => {
  const y = out.y as Tensor;
  ok(isTensor(y));
  return [...y.data as Float32Array];
};

Deno.test("a crash of onnxruntime is an error that names it; the session and its neighbours go on", async () => {
  using crashing = await onnxruntime.compile(largest(), { registry });
  using other = await onnxruntime.compile(negative(), { registry });
  deepStrictEqual(numbers(await crashing.run({ x: tensor([[1, 4, 2, 3]]) })), [4, 3]);
  await rejects(crashing.run({ x: none }), (error) => {
    ok(error instanceof BackendError);
    match(error.message, /onnxruntime failed: its process died of SIGFPE \(a division by zero\)/);
    return true;
  });
  deepStrictEqual(numbers(await other.run({ x: tensor([1, -2]) })), [-1, 2]);
  deepStrictEqual(numbers(await crashing.run({ x: tensor([[5, 1, 2, 3]]) })), [5, 3]);
});

Deno.test("runs that overlap each get their own answer", async () => {
  using session = await onnxruntime.compile(negative(), { registry });
  const given = Array.from({ length: 20 }, (_, i) => tensor(new Float32Array(1 + i * 500).fill(i + 1)));
  const results = await Promise.all(given.map((x) => session.run({ x })));
  results.forEach((out, i) => deepStrictEqual(new Set(numbers(out)), new Set([-(i + 1)])));
});

Deno.test("in this process it computes the same, without a way there and back", async () => {
  using session = await onnxruntimeWith({ process: "this" }).compile(negative(), { registry });
  deepStrictEqual(numbers(await session.run({ x: tensor([3]) })), [-3]);
});

Deno.test("messages arrive whole, however they are cut, their parts at aligned places", () => {
  const parts = [
    new Uint8Array([1, 2, 3]),
    new Uint8Array(0),
    new Uint8Array(new Float64Array([1.5, -2]).buffer),
  ];
  const heads = [{ id: 1, text: "ä" }, { id: 2, text: "" }];
  const bytes = new Uint8Array(heads.flatMap((head) => pack({ head, parts }).flatMap((piece) => [...piece])));
  for (const size of [1, 3, 16, 17, bytes.length]) {
    const found: Message<(typeof heads)[number]>[] = [];
    const unpacker = new Unpacker<(typeof heads)[number]>((message) => found.push(message));
    for (let at = 0; at < bytes.length; at += size) unpacker.push(bytes.slice(at, at + size));
    deepStrictEqual(found.map((m) => m.head), heads);
    for (const message of found) {
      deepStrictEqual(message.parts.map((p) => [...p]), parts.map((p) => [...p]));
      ok(message.parts.every((p) => p.byteOffset % 8 === 0));
    }
  }
});

/** What a program prints that uses the engine; it may not hang. */
async function printed(program: string): Promise<string> {
  const here = new URL("./mod.ts", import.meta.url).href,
    core = new URL("../../../core/", import.meta.url).href;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "-"],
    cwd: new URL("../../../", import.meta.url),
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`
    import { onnxruntime } from "${here}";
    import { GraphBuilder } from "${core}graph/builder.ts";
    import { networkOps } from "${core}ops/mod.ts";
    import { createRegistry } from "${core}registry.ts";
    import { tensor } from "${core}values/tensor.ts";
    const registry = createRegistry(networkOps), b = new GraphBuilder(registry);
    b.output("y", b.neg(b.input("x", { kind: "tensor", dtype: "float32", shape: [1] })));
    const session = await onnxruntime.compile(b.build(), { registry });
    console.log((await session.run({ x: tensor([2]) })).y.data[0]);
    // Linux lists the processes that a process began.
    const children = async () => {
      const lists = [];
      for await (const task of Deno.readDir("/proc/self/task")) {
        lists.push(await Deno.readTextFile("/proc/self/task/" + task.name + "/children").catch(() => ""));
      }
      return lists.join(" ").trim();
    };
    ${program}`));
  await writer.close();
  return new TextDecoder().decode((await child.output()).stdout).trim();
}
Deno.test({
  name: "the process is gone after the last session, and with the program that never closed one",
  ignore: Deno.build.os !== "linux",
  async fn() {
    strictEqual(
      await printed(`
        console.log((await children()) === "" ? "none" : "some");
        session.close();
        for (let n = 0; n < 100 && (await children()) !== ""; n++) await new Promise((r) => setTimeout(r, 100));
        console.log((await children()) === "" ? "none" : "some");`),
      "-2\nsome\nnone",
    );
    const [, pid = ""] = (await printed("console.log(await children());")).split("\n");
    match(pid, /^\d+$/);
    for (let n = 0; n < 50 && await Deno.stat(`/proc/${pid}`).then(() => true, () => false); n++) {
      await new Promise((r) => setTimeout(r, 100));
    }
    ok(!await Deno.stat(`/proc/${pid}`).then(() => true, () => false), "it goes with the program");
  },
});
