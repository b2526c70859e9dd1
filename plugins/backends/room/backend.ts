/** A backend made of an engine: what the engine brings, the room does the rest. @module */
import { type BackendDef, checkCompile, type SessionOptions } from "../../../core/graph/backend.ts";
import { defaultLimits } from "../../../core/values/limits.ts";
import { Table } from "./memory/table.ts";
import { planGraph } from "./plan/plan.ts";
import type { Plan } from "./plan/plan.ts";
import { engineTest } from "./plan/supports.ts";
import { EngineSession } from "./session.ts";
import type { Device } from "./target.ts";
import type { Target } from "./rules/rule.ts";

/** An engine that shares the room. */
export interface Engine extends Pick<BackendDef, "name" | "summary" | "available"> {
  /** Its kernels and rules. */
  readonly target: Target;
  /** Makes a plan's program: its calls take their arguments from slots of `table`, which this asks for. */
  open(plan: Plan, table: Table, options: SessionOptions): Device | Promise<Device>;
}

/** The backend. */
export function engineBackend(engine: Engine): BackendDef {
  const { name, summary, target } = engine, isEngineNode = engineTest(target.rules);
  return {
    kind: "backend",
    name,
    summary,
    available: () => engine.available(),
    supports: (node, types) =>
      isEngineNode(node, { name: "", inputs: [], nodes: [node], outputs: [], types }, types),
    async compile(graph, options) {
      checkCompile(name, options);
      const { limits = defaultLimits, maxBytes = limits.planBytes, profile = false } = options;
      const plan = planGraph(graph, options.registry, target, { profile }), table = new Table();
      const device = await engine.open(plan, table, options);
      return new EngineSession({ backend: name, plan, table, device, limits, maxBytes, profile });
    },
  };
}
