/** What folding asks of operators. @module */
import { deepEqual, notDeepEqual } from "node:assert/strict";
import { Model, registry, scalar, tensor } from "../../mod.ts";
import type { OpDef } from "../../public/plugins.ts";
import { GraphBuilder } from "./builder.ts";
import { tensorType } from "../values/shape.ts";

let runs = 0;
/** Adds how often it ran. */
const jitter = (deterministic?: boolean): OpDef => ({
  kind: "op",
  name: "Jitter",
  domain: "acme",
  since: 1,
  summary: "another number at every run",
  attributes: {},
  arity: [1, 1],
  infer: (c) => [c.inputs[0] ?? tensorType("float32")],
  gradient: "none",
  accuracy: "exact",
  ...(deterministic !== undefined && { deterministic }),
  plain: () => [tensor([++runs, 0])],
});

Deno.test("an operator that draws runs at every run, one that says it doesn't is folded", async () => {
  for (const deterministic of [true, false, undefined]) {
    const own = registry.with(jitter(deterministic)), b = new GraphBuilder(own, { name: "g" });
    const x = b.input("x", tensorType("float32", [2]));
    b.output("y", b.add(x, b.one("acme.Jitter", [b.constant(tensor([0, 0]))])));
    using m = Model.fromGraph(b.build(), own, { backend: "wasm" });
    const [first, second] = [await m.run({ x: tensor([0, 0]) }), await m.run({ x: tensor([0, 0]) })];
    if (deterministic) deepEqual(second["y"], first["y"]);
    else notDeepEqual(second["y"], first["y"]);
  }
});

Deno.test("what ONNX draws over constants is drawn anew", async () => {
  const drawing: [string, (b: GraphBuilder) => ReturnType<GraphBuilder["one"]>][] = [
    ["RandomNormal", (b) => b.randomNormal({ shape: [8] })],
    ["RandomUniformLike", (b) => b.randomUniformLike(b.constant(tensor(new Float32Array(8))))],
    [
      "Bernoulli",
      (b) => b.bernoulli(b.constant(tensor(new Float32Array(64).fill(0.5)))),
    ],
    [
      "Dropout",
      (b) =>
        b.dropout(
          b.constant(tensor(new Float32Array(64).fill(1))),
          b.constant(scalar(0.5)),
          b.constant(tensor([true], [], "bool")),
        )[0],
    ],
  ];
  for (const [name, draw] of drawing) {
    for (const backend of ["wasm", "plain"]) {
      const b = new GraphBuilder(registry, { name: "g" });
      b.output("y", b.mul(b.input("x", tensorType("float32", [])), draw(b)));
      using m = Model.fromGraph(b.build(), registry, { backend });
      const [first, second] = [await m.run({ x: scalar(1) }), await m.run({ x: scalar(1) })];
      notDeepEqual(second["y"], first["y"], `${name} on ${backend}`);
    }
  }
});
