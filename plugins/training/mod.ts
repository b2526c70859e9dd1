/** All of training's parts. @module */
import type { PartDef } from "../../core/training/contract.ts";
import { constraints } from "./constraints.ts";
import { crossentropies } from "./losses/crossentropy.ts";
import { ctcDef } from "./losses/ctc.ts";
import { numberLosses } from "./losses/losses.ts";
import { classMetrics } from "./metrics/metricdefs.ts";
import { aucDef } from "./metrics/auc.ts";
import { curveMetrics } from "./metrics/curvemetrics.ts";
import { iouMetrics } from "./metrics/ioumetrics.ts";
import { lossMetrics } from "./metrics/lossmetrics.ts";
import { overlapLosses } from "./losses/overlap.ts";
import { numberMetrics } from "./metrics/numbermetrics.ts";
import { scoreMetrics } from "./metrics/scoremetrics.ts";
import { optimizers } from "./optimizers/optimizers.ts";
import { regularizers } from "./regularizers.ts";
import { schedules } from "./optimizers/schedules.ts";

/** Every loss, metric, optimizer, schedule, regularizer and constraint. */
export const trainingParts: readonly PartDef[] = [
  ...numberLosses,
  ...crossentropies,
  ...overlapLosses,
  ctcDef,
  ...classMetrics,
  ...scoreMetrics,
  aucDef,
  ...curveMetrics,
  ...iouMetrics,
  ...lossMetrics,
  ...numberMetrics,
  ...optimizers,
  ...schedules,
  ...regularizers,
  ...constraints,
];
