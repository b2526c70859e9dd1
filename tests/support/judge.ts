/** Checks operators against onnxruntime: the same node on the same inputs, in both engines. @module */
import assert from "node:assert/strict";
import { GraphBuilder } from "../../core/graph/builder.ts";
import type { BackendDef } from "../../core/graph/backend.ts";
import type { Attributes } from "../../core/graph/graph.ts";
import { tensorType } from "../../core/values/shape.ts";
import { castTensor, isTensor, type RuntimeValue, type Tensor } from "../../core/values/tensor.ts";
import { typeOfValue } from "../../core/ops/execute.ts";
import { registry } from "../../mod.ts";
import { onnxruntime } from "../../plugins/backends/onnxruntime/mod.ts";
import { plain } from "../../plugins/backends/plain/mod.ts";
import { difference, type Tolerance } from "../compare.ts";

/** How a node is judged. */
export interface Judging extends Partial<Tolerance> {
  readonly outputs?: number;
  /** By how much whole numbers may differ; not at all unless given. */
  readonly steps?: number;
  /** Inputs that are constants, as sizes and scales often are. */
  readonly constants?: readonly number[];
  /** Engines that are judged; plain unless said. */
  readonly engines?: readonly BackendDef[];
  /** Outputs that are compared; all unless said. */
  readonly only?: readonly number[];
  /** True for all axes of inputs but the last to be open; equal sizes have one name. */
  readonly open?: boolean;
}
/** What a node gives on plain. */
export async function results(
  op: string,
  attributes: Attributes,
  inputs: readonly (RuntimeValue | undefined)[],
  judging: Judging = {},
): Promise<readonly RuntimeValue[]> {
  const { graph, fed } = nodeGraph(op, attributes, inputs, judging);
  using session = await plain.compile(graph, { registry });
  return Object.values(await session.run(fed));
}
function nodeGraph(
  op: string,
  attributes: Attributes,
  inputs: readonly (RuntimeValue | undefined)[],
  { outputs, constants = [], open = false }: Judging,
) {
  const b = new GraphBuilder(registry), fed: Record<string, RuntimeValue> = {};
  const values = inputs.map((value, i) => {
    if (value === undefined) return undefined;
    if (constants.includes(i) && isTensor(value)) return b.constant(value, `c${i}`);
    fed[`x${i}`] = value;
    const type = typeOfValue(value);
    if (!open || type.kind !== "tensor") return b.input(`x${i}`, type);
    const shape = (type.shape ?? []).map((d, axis, all) => (axis < all.length - 1 ? `n${d}` : d));
    return b.input(`x${i}`, tensorType(type.dtype, shape));
  });
  b.op(op, values, attributes, outputs === undefined ? {} : { outputs }).forEach((v, i) =>
    b.output(`y${i}`, v)
  );
  return { graph: b.build(), fed };
}

/** Runs a node on plain and in onnxruntime, and compares every output. @throws naming what differs. */
export async function judged(
  op: string,
  attributes: Attributes,
  inputs: readonly (Tensor | undefined)[],
  judging: Judging = {},
): Promise<void> {
  const { steps, engines = [plain] } = judging;
  const { rtol = 1e-5, atol = 1e-6 } = steps === undefined ? judging : { rtol: 0, atol: steps };
  const read = (v: RuntimeValue | undefined) =>
    steps !== undefined && isTensor(v) ? castTensor(v, "float64") : v;
  const { graph, fed } = nodeGraph(op, attributes, inputs, judging);
  using native = await onnxruntime.compile(graph, { registry });
  const want = await native.run(fed);
  for (const engine of engines) {
    using own = await engine.compile(graph, { registry });
    const got = await own.run(fed);
    for (const [i, { name }] of graph.outputs.entries()) {
      if (judging.only && !judging.only.includes(i)) continue;
      const expected = read(want[name]);
      assert.ok(expected, `${op}: onnxruntime gave no ${name}`);
      const found = difference(read(got[name]), expected, { rtol, atol });
      const options = JSON.stringify(attributes, (_, v) => typeof v === "bigint" ? `${v}` : v);
      assert.equal(found, undefined, `${op} ${options} on ${engine.name}, ${name}: ${found}`);
    }
  }
}
