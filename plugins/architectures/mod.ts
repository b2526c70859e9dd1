/** KerasHub's classes of models. @module */
import type { ArchitectureDef } from "../../core/network/architecture.ts";
import { decoders } from "./decoders.ts";
import { encoders } from "./encoders.ts";
import { refused } from "./leftout.ts";
import { pairs } from "./pairs.ts";
import { tasksOf } from "./tasks.ts";
import { visionBackbones, visionLayers } from "./vision/mod.ts";
import { visionTasks } from "./vision/tasks.ts";

const backbones: readonly ArchitectureDef[] = [...encoders, ...decoders, ...pairs, ...visionBackbones];

/** Classes of models whose files hold hyperparameters alone: backbones, and models for tasks made of those. */
export const architectures: readonly ArchitectureDef[] = [
  ...backbones,
  ...tasksOf(backbones),
  ...visionTasks(backbones),
  ...visionLayers,
  ...refused,
];
