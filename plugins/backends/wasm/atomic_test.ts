/** A run that is refused leaves everything that it would have replaced as it was. @module */
import { deepStrictEqual, equal, ok, rejects } from "node:assert/strict";
import type { DType } from "../../../core/values/dtype.ts";
import type { Role } from "../../../core/graph/graph.ts";
import { tensorType } from "../../../core/values/shape.ts";
import { castTensor, tensor, toNumbers } from "../../../core/values/tensor.ts";
import { onnxruntime } from "../onnxruntime/mod.ts";
import { compile, engines, graphOf } from "../../../tests/support/engines.ts";
import { wasm } from "./mod.ts";

/** A value that grows by x at every run, computed before rows of a table are looked up (on the host where it is of float64). */
function counting(role: Role, dtype: DType, when: "before" | "after") {
  return graphOf((b) => {
    const x = b.input("x", tensorType("float32", [2]));
    const ids = b.input("ids", tensorType("int64", ["n"]));
    const w = b.input("w", tensorType("float32", [2]), role, tensor([1, 2]));
    const grow = () => b.output("next", b.add(w, x), "w");
    if (when === "before") grow();
    const table = b.constant(castTensor(tensor([[1, 2], [3, 4]]), dtype));
    const rows = b.gather(table, ids);
    b.output("y", b.mul(b.cast(rows, { to: "float32" }), x));
    if (when === "after") grow();
  });
}
const x = tensor([1, 1]), ids = (id: number) => tensor([0, id], [2], "int64");

Deno.test("what a refused run would have replaced stays", async () => {
  for (const role of ["parameter", "statistic", "slot", "state"] as const) {
    for (const dtype of ["float32", "float64"] as const) {
      for (const when of ["before", "after"] as const) {
        for (const engine of [...engines, onnxruntime]) {
          using session = await compile(engine, counting(role, dtype, when));
          await session.run({ x, ids: ids(1) });
          await rejects(session.run({ x, ids: ids(9) }), /9/, engine.name);
          const told = `${engine.name} ${role} ${dtype} ${when}`;
          deepStrictEqual([...toNumbers(await session.read("w"))], [2, 3], told);
          await session.run({ x, ids: ids(-1) });
          deepStrictEqual([...toNumbers(await session.read("w"))], [3, 4], told);
        }
      }
    }
  }
});

Deno.test("without a lookup what is replaced is computed in its own memory, in one segment", async () => {
  using session = await compile(
    wasm,
    graphOf((b) => {
      const w = b.input("w", tensorType("float32", [2]), "parameter", tensor([1, 2]));
      b.output("next", b.add(w, b.input("x", tensorType("float32", [2]))), "w");
    }),
  );
  await session.run({ x });
  equal(session.plan().length, 1);
  ok(!session.plan().some((step) => step.kernel.startsWith("copy")));
});
