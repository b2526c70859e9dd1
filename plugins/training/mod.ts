/** Definitions of all of training's parts. @module */
import type { PartDef } from "../../core/training/contract.ts";
import * as constraints from "./constraints.ts";
import * as losses from "./losses/mod.ts";
import * as metrics from "./metrics/mod.ts";
import * as optimizers from "./optimizers/mod.ts";
import * as regularizers from "./regularizers.ts";
import * as schedules from "./schedules.ts";

/** Every loss, metric, optimizer, schedule, regularizer and constraint. */
export const trainingParts: readonly PartDef[] = [
  losses,
  metrics,
  optimizers,
  schedules,
  regularizers,
  constraints,
].flatMap((module) => Object.values(module).map(({ def }): PartDef => def));
