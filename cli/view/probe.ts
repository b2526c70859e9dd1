/** Gradients of any value of a graph: zeros are added to it, and what flows to them is read. @module */
import { castTensor, type Graph, type Model, type Registry, type Tensor, tensor } from "../../mod.ts";
import { gradient, type Node } from "../../public/graph.ts";
import { isTensor, zeros } from "../../public/tensors.ts";

/** What was found at a sample, by value id. */
export interface Probed {
  readonly values: ReadonlyMap<number, Tensor>;
  readonly gradients: ReadonlyMap<number, Tensor>;
}
const isFloat = (graph: Graph, id: number) => {
  const type = graph.types[id];
  return type?.kind === "tensor" && (type.dtype === "float32" || type.dtype === "float64");
};

/** The graph with an output for each value, and, with `cotangent`, the gradients of `Σ output · seed` for those. */
function probing(
  graph: Graph,
  wanted: readonly number[],
  output: number,
  registry: Registry,
  backward: boolean,
): Graph {
  const types = [...graph.types],
    probes = new Map<number, { readonly input: number; readonly sum: number }>();
  const add = (type: Graph["types"][number]) => types.push(type) - 1;
  for (const id of backward ? wanted.filter((v) => isFloat(graph, v)) : []) {
    const type = types[id];
    if (type) probes.set(id, { input: add(type), sum: add(type) });
  }
  const through = (id: number) => probes.get(id)?.sum ?? id;
  const node = (
    op: string,
    inputs: readonly number[],
    outputs: readonly number[],
    attributes = {},
  ): Node => ({
    op,
    domain: "",
    inputs,
    outputs,
    attributes,
    graphs: {},
    scope: "",
  });
  const sums = (ids: readonly number[]) =>
    ids.flatMap((id) => {
      const probe = probes.get(id);
      return probe ? [node("Add", [id, probe.input], [probe.sum])] : [];
    });
  const nodes = [
    ...sums(graph.inputs.map((i) => i.id)),
    ...graph.nodes.flatMap((n) => [{ ...n, inputs: n.inputs.map(through) }, ...sums(n.outputs)]),
  ];
  const outputs = wanted.map((id) => ({ name: `value:${id}`, id: through(id) }));
  if (!backward) return { ...graph, types, nodes, outputs };
  const type = types[output];
  if (type?.kind !== "tensor") return { ...graph, types, nodes, outputs };
  const seed = add(type), product = add(type), loss = add({ kind: "tensor", dtype: type.dtype, shape: [] });
  nodes.push(
    node("Mul", [through(output), seed], [product]),
    node("ReduceSum", [product], [loss], { keepdims: 0 }),
  );
  const made: Graph = {
    ...graph,
    types,
    nodes,
    inputs: [
      ...graph.inputs,
      { name: "seed", id: seed, role: "data" },
      ...[...probes].map(([id, { input }]) => ({ name: `probe:${id}`, id: input, role: "data" as const })),
    ],
    outputs: [...outputs, { name: "loss", id: loss }],
  };
  return gradient(made, "loss", [...probes.keys()].map((id) => `probe:${id}`), registry);
}

/**
 * Values of a graph at a sample, and the gradients of `Σ output · seed(output)` for those that hold floats. `seed` is
 * what flows into the output: the derivative of whatever is asked about.
 */
export async function probe(
  model: Model,
  graph: Graph,
  sample: Readonly<Record<string, Tensor>>,
  wanted: readonly number[],
  output: number,
  seed?: (output: Tensor) => ArrayLike<number>,
): Promise<Probed> {
  const { registry } = model, engine = registry.get("backend", "wasm");
  const backend = await engine.available() === true ? engine : registry.get("backend", "plain");
  const run = async (made: Graph, inputs: Readonly<Record<string, Tensor>>) => {
    using session = await backend.compile(made, { registry });
    return await session.run(inputs);
  };
  const ids = [...new Set([...wanted, output])];
  const first = await run(probing(graph, ids, output, registry, false), sample);
  const values = new Map<number, Tensor>();
  for (const id of ids) {
    const value = first[`value:${id}`];
    if (isTensor(value)) values.set(id, value);
  }
  const result = values.get(output), gradients = new Map<number, Tensor>();
  if (!seed || !result || !isFloat(graph, output)) return { values, gradients };
  const flowing = castTensor(tensor(Float64Array.from(seed(result)), result.shape), result.dtype);
  const inputs: Record<string, Tensor> = { ...sample, seed: flowing };
  const floats = ids.filter((id) => isFloat(graph, id));
  for (const id of floats) {
    const value = values.get(id);
    if (value) inputs[`probe:${id}`] = zeros(value.shape, value.dtype);
  }
  const second = await run(probing(graph, ids, output, registry, true), inputs);
  for (const id of floats) {
    const found = second[`gradient/probe:${id}`];
    if (isTensor(found)) gradients.set(id, found);
  }
  return { values, gradients };
}

/** The graph whose outputs are every layer's, with the id of each by its path, and that of the model's first output. */
export function layerGraph(
  model: Model,
): { readonly graph: Graph; readonly ids: ReadonlyMap<string, number>; readonly output: number } {
  const graph = model.graph({ outputs: "layers" });
  const ids = new Map(graph.outputs.filter((o) => o.updates === undefined).map((o) => [o.name, o.id]));
  const kept = { ...graph, outputs: graph.outputs.filter((o) => o.updates === undefined) };
  const out = model.graph().outputs.find((o) => o.updates === undefined);
  return { graph: kept, ids, output: out?.id ?? -1 };
}
