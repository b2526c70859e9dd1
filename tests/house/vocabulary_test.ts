/** The builder's methods: as the operators are declared, checked by the compiler, and named where one is missing. @module */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { type AttributesOf, GraphBuilder, type Vocabulary } from "@lapis/lapis/graph";
import { registry } from "@lapis/lapis";
import { methodOf } from "../../core/graph/methods.ts";
import type { OpDef } from "../../core/graph/op.ts";
import type { Value } from "../../core/graph/graph.ts";
import { tensorType } from "../../core/values/shape.ts";
import { scalar, tensor } from "../../core/values/tensor.ts";
import { createRegistry } from "../../core/registry.ts";
import { registry as page } from "../../inference.ts";
import { root } from "../support/sources.ts";
import { current } from "./vocabulary.ts";

const fed = () => {
  const b = new GraphBuilder(registry), x = b.input("x", tensorType("float32", ["batch", 4]));
  return { b, x };
};

Deno.test("core/graph/vocabulary.ts is what the operators' declarations say: deno task vocabulary writes it", async () => {
  strictEqual(await Deno.readTextFile(new URL("core/graph/vocabulary.ts", root)), current());
});

Deno.test("methods are named in lower camel case, with the domain before the name of other domains' operators", () => {
  const named = (name: string, domain?: string) =>
    methodOf({ name, ...(domain !== undefined && { domain }) });
  deepStrictEqual(
    ["MatMul", "LSTM", "QLinearConv", "PRelu", "RMSNormalization", "Col2Im", "If"].map((n) => named(n)),
    ["matMul", "lstm", "qLinearConv", "pRelu", "rmsNormalization", "col2Im", "if"],
  );
  deepStrictEqual(
    [named("SVD", "lapis"), named("Gelu", "com.microsoft"), named("Scaler", "ai.onnx.ml")],
    ["svd", "microsoftGelu", "mlScaler"],
  );
});

Deno.test("a method adds its operator: inputs, then attributes, which may follow before optional inputs", () => {
  const { b, x } = fed();
  const w = b.constant(tensor([[1], [2], [3], [4]]));
  b.output("all", b.reduceSum(x, { keepdims: false }));
  b.output("rows", b.reduceSum(x, b.ints([1]), { keepdims: false }));
  b.output("joined", b.concat([x, x], { axis: 1 }));
  b.output("clipped", b.clip(x, undefined, b.scalar(2)));
  b.output("product", b.gemm(x, w, { alpha: 2 }));
  const [values, places] = b.topK(x, b.ints([2]), { axis: 1 });
  b.output("values", values);
  b.output("places", places);
  for (const [i, part] of b.split(x, { axis: 1, num_outputs: 2 }).entries()) b.output(`part${i}`, part);
  const { nodes } = b.build();
  deepStrictEqual(
    nodes.map((
      { op, inputs, outputs, attributes },
    ) => [op, inputs.length, outputs.length, attributes["axis"]]),
    [
      ["ReduceSum", 1, 1, undefined],
      ["ReduceSum", 2, 1, undefined],
      ["Concat", 2, 1, 1],
      ["Clip", 3, 1, undefined],
      ["Gemm", 2, 1, undefined],
      ["TopK", 2, 2, 1],
      ["Split", 1, 2, 1],
    ],
  );
  strictEqual(nodes[0]?.attributes["keepdims"], false);
  strictEqual(nodes[3]?.inputs[1], -1);
});

Deno.test("the compiler refuses a missing input, a misspelt attribute and a value of the wrong kind", () => {
  const { b, x } = fed();
  const refused: readonly (() => unknown)[] = [
    // @ts-expect-error an input is missing
    () => b.mul(x),
    // @ts-expect-error a misspelt attribute
    () => b.concat([x, x], { axes: 1 }),
    // @ts-expect-error an attribute that has to be said
    () => b.concat([x, x]),
    // @ts-expect-error no such mode
    () => b.pad(x, b.ints([0, 0, 1, 1]), { mode: "mirror" }),
    // @ts-expect-error one too many
    () => b.neg(x, x),
  ];
  for (const make of refused) throws(make);
});

Deno.test("a stranger's operator is a method of builders whose registry has it", () => {
  const twice: OpDef = {
    kind: "op",
    name: "Twice",
    domain: "acme",
    since: 1,
    summary: "twice its input",
    attributes: {},
    arity: [1, 1],
    accuracy: "exact",
    body: (b, [x]) => (x ? [b.add(x, x)] : []),
  };
  const b = new GraphBuilder(registry.with(twice)), x = b.constant(scalar(2));
  const { acmeTwice } = b as GraphBuilder & { acmeTwice(x: Value): Value };
  b.output("y", acmeTwice.call(b, x));
  b.output("same", b.one("acme.Twice", [x]));
  deepStrictEqual(b.build().nodes.map(({ op, domain }) => [op, domain]), [["Twice", "acme"], [
    "Twice",
    "acme",
  ]]);
  ok(!("acmeTwice" in new GraphBuilder(registry)));
});

Deno.test("an operator that the registry lacks is named when its method is called", async () => {
  const b = new GraphBuilder(page), x = b.input("x", tensorType("float32", [4]));
  throws(() => b.nonZero(x), /no op named NonZero/);
  throws(() => new GraphBuilder(createRegistry([])).matMul(x, x), /no op named MatMul/);
  // What reads every object by these names finds none.
  strictEqual(await Promise.resolve(b), b);
  ok(JSON.stringify(b).includes("graph"));
});

/** What is public can be written down. */
export type Shown = [Vocabulary["mul"], AttributesOf["Conv"]];
