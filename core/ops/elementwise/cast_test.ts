/** What numbers become that an integer can't hold: as onnxruntime has it on x86, on every engine. @module */
import { deepStrictEqual, rejects } from "node:assert/strict";
import { compile, engines, graphOf, tensorOf } from "../../../tests/support/engines.ts";
import { onnxruntime } from "../../../plugins/backends/onnxruntime/mod.ts";
import type { DType } from "../../values/dtype.ts";
import { tensorType } from "../../values/shape.ts";
import { castTensor, tensor } from "../../values/tensor.ts";

const given = [NaN, Infinity, -Infinity, 3e9, -3e9, 5e9, 1e20, -1e20, 2 ** 63, 300.7, -1.5, 70000];
const min32 = -(2 ** 31), min64 = -(2n ** 63n), top64 = 2n ** 63n;
const words = (...list: (number | bigint)[]) => list.map(String);
/** What `given` becomes of float32 and float64. */
const wanted: Readonly<Partial<Record<DType, readonly string[]>>> = {
  int8: words(0, 0, 0, 0, 0, 0, 0, 0, 0, 44, -1, 112),
  uint8: words(0, 0, 0, 0, 0, 0, 0, 0, 0, 44, 255, 112),
  int16: words(0, 0, 0, 0, 0, 0, 0, 0, 0, 300, -1, 4464),
  uint16: words(0, 0, 0, 0, 0, 0, 0, 0, 0, 300, 65535, 4464),
  int32: words(min32, min32, min32, min32, min32, min32, min32, min32, min32, 300, -1, 70000),
  uint32: words(2 ** 31, 0, 2 ** 31, 3e9, 2 ** 31, 0, 0, 2 ** 31, 0, 300, 2 ** 32 - 1, 70000),
  int64: words(min64, min64, min64, 3e9, -3e9, 5e9, min64, min64, min64, 300, -1, 70000),
  uint64: words(
    top64,
    0,
    top64,
    3e9,
    2n ** 64n - 3000000000n,
    5e9,
    0,
    top64,
    top64,
    300,
    2n ** 64n - 1n,
    70000,
  ),
  bool: words(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
};
const ofHalf: Readonly<Partial<Record<DType, readonly string[]>>> = {
  int32: words(min32, min32, min32, 300, -1),
  uint32: words(0, 0, 0, 300, 2 ** 32 - 1),
  int64: words(min64, min64, min64, 300, -1),
  uint64: words(top64, 0, top64, 300, 2n ** 64n - 1n),
};
/** The elements of a cast, in one value and often enough for every vector lane and tail. */
async function casts(from: DType, to: DType, numbers: readonly number[], times: number) {
  const graph = graphOf((b) => {
    b.output("y", b.cast(b.input("x", tensorType(from, ["n"])), { to }));
  });
  const list = Array.from({ length: times }, () => numbers).flat(), found: Record<string, string[]> = {};
  const x = castTensor(tensor(list, [list.length], "float64"), from);
  for (const engine of [...engines, onnxruntime]) {
    if ((await engine.available()) !== true) continue;
    using session = await compile(engine, graph);
    found[engine.name] = Array.from(
      tensorOf((await session.run({ x }))["y"]).data as ArrayLike<unknown>,
      String,
    );
  }
  return found;
}

Deno.test("NaN and numbers out of an integer's range become what they do in onnxruntime", async () => {
  for (
    const [from, to, numbers, want] of [
      ...Object.entries(wanted).flatMap(([to, want]) =>
        (["float32", "float64"] as const).map((from) => [from, to as DType, given, want] as const)
      ),
      ...Object.entries(ofHalf).map(([to, want]) =>
        ["float16", to as DType, [NaN, Infinity, -Infinity, 300, -1.5], want] as const
      ),
    ]
  ) {
    for (const times of [1, 5]) {
      const all = Array.from({ length: times }, () => want).flat();
      for (const [engine, got] of Object.entries(await casts(from, to, numbers, times))) {
        deepStrictEqual(got, all, `${engine}: ${from} to ${to}`);
      }
    }
  }
});

Deno.test("bfloat16 becomes integers as float32 does", async () => {
  const numbers = [NaN, Infinity, -Infinity, 2 ** 40, -(2 ** 40), 300, -1.5];
  const want = words(2 ** 31, 0, 2 ** 31, 0, 2 ** 31, 300, 2 ** 32 - 1);
  const graph = graphOf((b) => {
    const x = b.cast(b.input("x", tensorType("float32", ["n"])), { to: "bfloat16" });
    b.output("y", b.cast(x, { to: "uint32" }));
  });
  for (const engine of engines) {
    using session = await compile(engine, graph);
    const { data } = tensorOf((await session.run({ x: tensor(numbers) }))["y"]);
    deepStrictEqual(Array.from(data as ArrayLike<unknown>, String), want, engine.name);
  }
});

Deno.test("words become integers as the numbers do that they say", async () => {
  const graph = graphOf((b) => {
    b.output("y", b.cast(b.input("x", tensorType("string", ["n"])), { to: "int64" }));
  });
  for (const engine of engines) {
    using session = await compile(engine, graph);
    const run = (...list: string[]) => session.run({ x: tensor(list) });
    const { data } = tensorOf((await run("12", " -7 ", "3.9", "9007199254740993", "nan", "1e400"))["y"]);
    deepStrictEqual([...data], [12n, -7n, 3n, 9007199254740993n, min64, min64], engine.name);
    await rejects(run("twelve"), { name: "InputError", message: /"twelve" is not a number/ });
  }
});
