/** Registry and backends for suites that run ONNX files. @module */
import type { BackendDef } from "../core/backend.ts";
import { runGraph } from "../core/execute.ts";
import { defaultLimits } from "../core/limits.ts";
import { networkOps } from "../core/ops/mod.ts";
import { bindInputs } from "../core/plan.ts";
import { createRegistry, type Registry } from "../core/registry.ts";

const reference: BackendDef = {
  kind: "backend",
  name: "plain",
  summary: "Node by node.",
  available: () => Promise.resolve(true),
  supports: () => true,
  compile: (graph, { registry }) =>
    Promise.resolve({
      backend: "plain",
      run(inputs) {
        bindInputs(graph, inputs, new Set(["data"]));
        const values = graph.inputs.filter((i) => i.role !== "constant").map((i) =>
          inputs[i.name] ?? i.value
        );
        const results = runGraph(graph, values, { registry, limits: defaultLimits });
        return Promise.resolve(Object.fromEntries(graph.outputs.map((o, i) => [o.name, results[i]!])));
      },
      read: () => {
        throw new Error("not here");
      },
      write: () => {},
      resetStates: () => {},
      memory: () => ({ weights: 0, packed: 0, activations: 0, workspace: 0 }),
      plan: () => [],
      compilations: 1,
      close: () => {},
      [Symbol.dispose]: () => {},
    }),
};

export function testRegistry(): Promise<Registry> {
  return Promise.resolve(createRegistry([{ owner: "core", plugins: [...networkOps, reference] }]));
}
export function backendOf(name: string, registry: Registry): Promise<BackendDef> {
  return Promise.resolve(registry.get("backend", name));
}
