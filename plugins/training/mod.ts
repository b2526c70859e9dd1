/** All of training's parts. @module */
import type { PartDef } from "../../core/training/contract.ts";
import { constraints } from "./constraints.ts";
import { crossentropies } from "./crossentropy.ts";
import { numberLosses } from "./losses.ts";
import { classMetrics } from "./metricdefs.ts";
import { numberMetrics } from "./numbermetrics.ts";
import { optimizers } from "./optimizers.ts";
import { regularizers } from "./regularizers.ts";
import { schedules } from "./schedules.ts";

/** Every loss, metric, optimizer, schedule, regularizer and constraint. */
export const trainingParts: readonly PartDef[] = [
  ...numberLosses,
  ...crossentropies,
  ...classMetrics,
  ...numberMetrics,
  ...optimizers,
  ...schedules,
  ...regularizers,
  ...constraints,
];
