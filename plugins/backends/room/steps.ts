/** A plan's steps for people: segments, kernels, operators, bytes. @module */
import type { PlanStep } from "../../../core/graph/backend.ts";
import { opName } from "../../../core/graph/graph.ts";
import { type DimEnv, evalDim } from "../../../core/values/shape.ts";
import type { Item, Stage } from "./lowering/program.ts";
import type { Storage } from "./memory/views.ts";
import type { Plan } from "./plan/plan.ts";

/** The steps of a plan, with the milliseconds that parts took where those are known. */
export function planSteps(
  backend: string,
  { prologue, main }: Pick<Plan, "prologue" | "main">,
  env: DimEnv,
  times: ReadonlyMap<Stage, number> | undefined,
): readonly PlanStep[] {
  const steps: PlanStep[] = [];
  const written = (storages: readonly Storage[]) =>
    storages.reduce((n, s) => n + (evalDim(s.bytes, env) ?? 0), 0);
  const walk = (items: readonly Item[], segment: number, where: string, time: object): void => {
    for (const item of items) {
      if (item.kind === "loop") walk(item.items, segment, `${where}, loop`, time);
      else if (item.kind === "call") {
        const { kernel: { key: kernel }, writes } = item, nodes = item.nodes.map(opName);
        const scope = item.nodes.at(-1)?.scope ?? "";
        steps.push({ segment, where, kernel, nodes, scope, bytes: written(writes), ...time });
      }
    }
  };
  const all = [
    ...prologue.map((part) => [part, `${backend}, once`] as const),
    ...main.map((part) => [part, backend] as const),
  ];
  all.forEach(([part, where], segment) => {
    const milliseconds = times?.get(part), time = milliseconds === undefined ? {} : { milliseconds };
    if (part.kind === "segment") return walk(part.items, segment, where, time);
    const { node } = part;
    steps.push({
      segment,
      where: "host",
      kernel: "plain",
      nodes: [opName(node)],
      scope: node.scope,
      ...time,
    });
  });
  return steps;
}
