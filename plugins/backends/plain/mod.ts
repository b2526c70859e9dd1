/** The plain backend: TypeScript loops, always right, float64 too; the others are checked against it. @module */
import { type BackendDef, checkCompile } from "../../../core/graph/backend.ts";
import { opName } from "../../../core/graph/graph.ts";
import { defaultLimits } from "../../../core/values/limits.ts";
import { PlainSession } from "./session.ts";

export { toFloat64 } from "./float64.ts";

/** Runs every graph whose operators have plain kernels or bodies. */
export const plain: BackendDef = {
  kind: "backend",
  name: "plain",
  summary: "TypeScript loops: slow, exact, everywhere",
  available: () => Promise.resolve(true),
  supports: () => true,
  compile(graph, options) {
    checkCompile("plain", options);
    const { registry, limits = defaultLimits, profile = false } = options;
    // A missing operator is an error now, not at the first run.
    for (const node of graph.nodes) registry.get("op", opName(node));
    return Promise.resolve(new PlainSession(graph, registry, limits, profile));
  },
};
