/** Mutated files are read, or refused by name; what would take more memory than allowed is refused before it is made. @module */
import { deepStrictEqual, rejects } from "node:assert/strict";
import { type Builder, GraphBuilder } from "../../core/graph/builder.ts";
import type { Value } from "../../core/graph/graph.ts";
import { tensorType } from "../../core/values/shape.ts";
import { tensor } from "../../core/values/tensor.ts";
import { registry } from "../../mod.ts";
import { engines } from "../support/engines.ts";
import { check, samples } from "./check.ts";

for (const kind of ["onnx", "h5", "keras"] as const) {
  Deno.test(`150 mutated .${kind} files are read or refused by name`, async () => {
    const files = await samples(kind), problems: string[] = [];
    for (let seed = 1; seed <= 150; seed++) {
      const { problem } = await check(files[(seed * 7) % files.length] ?? "", kind, seed);
      if (problem !== undefined) problems.push(`${seed}: ${problem}`);
    }
    deepStrictEqual(problems, []);
  });
}

Deno.test("a result beyond the limit of a tensor is refused before it is made, by its operator", async () => {
  const makers: Readonly<Record<string, (b: Builder, x: Value, n: Value) => Value>> = {
    Expand: (b, x, n) => b.expand(x, n),
    Tile: (b, x, n) => b.tile(x, n),
    Pad: (b, x, n) => b.pad(x, b.concat([n, n], { axis: 0 })),
    Resize: (b, x, n) => b.resize(x, undefined, undefined, n),
    ConstantOfShape: (b, _, n) => b.constantOfShape(n),
  };
  for (const [op, make] of Object.entries(makers)) {
    for (const size of [[3e4, 3e5], [2 ** 40, 2 ** 40]]) {
      for (const known of [true, false]) {
        for (const engine of engines) {
          const told = `${op} ${size} ${known} ${engine.name}`;
          await rejects(
            async () => {
              const b = new GraphBuilder(registry, { name: "large" });
              const x = b.input("x", tensorType("float32", [1, 1]));
              b.output("y", make(b, x, known ? b.ints(size) : b.input("n", tensorType("int64", [2]))));
              using session = await engine.compile(b.build(), { registry });
              await session.run({ x: tensor([[1]]), ...(!known && { n: tensor(size, [2], "int64") }) });
            },
            { name: "LimitError" },
            told,
          );
        }
      }
    }
  }
});
