/** A network built anew has its layers' weights, and draws none. @module */
import { deepEqual, equal } from "node:assert/strict";
import { dense, extractLayers, input, registry, sequential, tensor } from "../../mod.ts";
import type { InitializerDef } from "../../public/plugins.ts";

Deno.test("layers that are taken out have their weights as they are, and nothing is initialised", async () => {
  let filled = 0;
  const counting: InitializerDef = {
    kind: "initializer",
    name: "counting",
    summary: "fills with how often it was asked",
    config: {},
    fill: (shape) => tensor(new Float32Array(shape.reduce((n, d) => n * d, 1)).fill(++filled), shape),
  };
  const own = registry.with(counting), kernelInitializer = "counting";
  const layers = ["a", "b", "c"].map((name) => dense({ units: 2, kernelInitializer, name }));
  using m = sequential([input({ shape: [2], registry: own }), ...layers], { name: "m", registry: own });
  m.compile({ loss: "mse", optimizer: "sgd" });
  await m.fit(tensor([[1, 2]]), tensor([[3, 4]]), { verbose: 0 });
  equal(filled, 3);
  using part = extractLayers(m, { outputs: ["b"] });
  equal(filled, 3);
  deepEqual([...part.weights.values()], [...m.weights.values()].slice(0, 4));
  part.setWeight([...part.weights.keys()][1] ?? "", tensor([7, 7]));
  deepEqual([...[...m.weights.values()][1]?.data ?? []], [7, 7], "a part shares its layers' weights");
});
