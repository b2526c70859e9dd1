/** KerasHub's classes of models. @module */
import type { ArchitectureDef } from "../../core/network/architecture.ts";
import { decoders } from "./decoders.ts";
import { encoders } from "./encoders.ts";
import { refused } from "./leftout.ts";
import { laterDecoders } from "./laterdecoders.ts";
import { laterEncoders } from "./laterencoders.ts";
import { laterPairs } from "./laterpairs.ts";
import { mixtures } from "./mixtures.ts";
import { pairs } from "./pairs.ts";
import { tasksOf } from "./tasks.ts";
import { visionBackbones, visionLayers } from "./vision/mod.ts";
import { visionTasks } from "./vision/tasks.ts";

const backbones: readonly ArchitectureDef[] = [
  ...encoders,
  ...laterEncoders,
  ...decoders,
  ...laterDecoders,
  ...mixtures,
  ...pairs,
  ...laterPairs,
  ...visionBackbones,
];

/** Classes of models whose files hold hyperparameters alone: backbones, and models for tasks made of those. */
export const architectures: readonly ArchitectureDef[] = [
  ...backbones,
  ...tasksOf(backbones),
  ...visionTasks(backbones),
  ...visionLayers,
  ...refused,
];
