/** Operators' samples as graphs of their own. @module */
import { GraphBuilder } from "../../core/builder.ts";
import { typeOfValue } from "../../core/execute.ts";
import type { Graph } from "../../core/graph.ts";
import type { OpSample } from "../../core/ops/sample.ts";
import { registry, type Tensor } from "../../mod.ts";

/** The samples of every operator of networks. */
export async function allSamples(): Promise<readonly OpSample[]> {
  const found: OpSample[] = [];
  for await (const entry of Deno.readDir(new URL("../../core/ops/", import.meta.url))) {
    if (!entry.name.endsWith(".samples.ts")) continue;
    const module = await import(`../../core/ops/${entry.name}`) as Readonly<Record<string, unknown>>;
    for (const list of Object.values(module)) if (Array.isArray(list)) found.push(...list as OpSample[]);
  }
  return found;
}
/** The operator with its first tensor as the input, and all others as weights. */
export function sampleGraph(sample: OpSample): { readonly graph: Graph; readonly x: Tensor } | undefined {
  const b = new GraphBuilder(registry, { name: "sample" });
  const first = sample.inputs.findIndex((t) => t !== undefined && t.shape.length > 0),
    x = sample.inputs[first];
  if (!x || !/^(float32|int64|int32|bool)$/.test(x.dtype)) return undefined;
  const values = sample.inputs.map((t, i) =>
    t && (i === first ? b.input("x", typeOfValue(t)) : b.constant(t, `w${i}`))
  );
  const outputs = b.op(sample.op, values, sample.attributes ?? {}, {
    ...(sample.outputs !== undefined && { outputs: sample.outputs }),
    ...(sample.graphs && { graphs: sample.graphs }),
  });
  outputs.forEach((v, i) => b.output(`y${i}`, v));
  return { graph: b.build(), x };
}
