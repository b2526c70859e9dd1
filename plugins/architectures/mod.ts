/** KerasHub's classes of models. @module */
import type { ArchitectureDef } from "../../core/network/architecture.ts";
import { decoders } from "./decoders.ts";
import { encoders } from "./encoders.ts";
import { pairs } from "./pairs.ts";
import { tasksOf } from "./tasks.ts";

const backbones: readonly ArchitectureDef[] = [...encoders, ...decoders, ...pairs];

/** Classes of models whose files hold hyperparameters alone: backbones, and models for tasks made of those. */
export const architectures: readonly ArchitectureDef[] = [...backbones, ...tasksOf(backbones)];
