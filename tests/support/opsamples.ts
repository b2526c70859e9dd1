/** Operators' samples as graphs of their own. @module */
import { GraphBuilder } from "../../core/graph/builder.ts";
import { typeOfValue } from "../../core/ops/execute.ts";
import type { Graph } from "../../core/graph/graph.ts";
import type { OpSample } from "../../core/ops/sample.ts";
import { registry, type Tensor } from "../../mod.ts";
import { root, sourceFiles } from "./sources.ts";

/** The samples of each family: its file's name, and the operators' samples in it. */
export async function families(): Promise<readonly (readonly [string, readonly OpSample[]])[]> {
  const files = (await sourceFiles("core/ops")).filter((path) => path.endsWith(".samples.ts"));
  const found: [string, readonly OpSample[]][] = [];
  for (const file of files) {
    const module = await import(new URL(file, root).href) as Readonly<Record<string, unknown>>;
    for (const list of Object.values(module)) {
      if (Array.isArray(list)) found.push([file.slice(file.lastIndexOf("/") + 1), list as OpSample[]]);
    }
  }
  return found.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The samples of every operator of networks. */
export async function allSamples(): Promise<readonly OpSample[]> {
  return (await families()).flatMap(([, samples]) => samples);
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
