/** Random graphs around loops on the wasm engine, beside plain in float64 and onnxruntime. @module */
import { deepStrictEqual, ok } from "node:assert/strict";
import { typeOf } from "../../core/graph/graph.ts";
import { toFloat64 } from "../../plugins/backends/plain/mod.ts";
import { graphOf, registry } from "../support/engines.ts";
import { judgeGraph } from "../support/loopjudge.ts";
import { loopCase } from "../support/loops.ts";
import { asTensor, tensorType } from "../../core/values/shape.ts";

/** Seeds from `first`: each a graph with runs, sizes and writes; every fourth with values that may have no elements. */
const first = 1, count = 240, parts = 5;
for (let part = 0; part < parts; part++) {
  Deno.test(`random loops run as on the other engines (${part + 1} of ${parts})`, async () => {
    const found: Record<number, readonly string[]> = {};
    let native = 0;
    for (let seed = first + part; seed < first + count; seed += parts) {
      const judgement = await judgeGraph(loopCase(seed), registry);
      if (judgement.faults.length > 0) found[seed] = judgement.faults;
      if (judgement.native) native++;
    }
    deepStrictEqual(found, {});
    ok(native >= 0.6 * count / parts, `onnxruntime judged only ${native} of ${count / parts}`);
  });
}

Deno.test("a loop over whole numbers gives float64 where its body does", () => {
  const wide = toFloat64(
    graphOf((b) => {
      const trips = b.input("trips", tensorType("int64", []));
      const body = b.nested("body", [
        { name: "i", type: tensorType("int64", []) },
        { name: "go", type: tensorType("bool", []) },
      ], (inner, [i, go]) => [inner.identity(go), inner.cast(i, { to: 1 })]);
      const [y] = b.loop([trips, b.scalar(true, "bool")], { captures: 0 }, {
        graphs: { body: body.graph },
      });
      if (y) b.output("y", y);
    }),
    registry,
  );
  deepStrictEqual(asTensor(typeOf(wide, wide.outputs[0]?.id ?? -1)).dtype, "float64");
});
