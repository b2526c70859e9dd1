/** KerasHub's classes of models. @module */
import type { ArchitectureDef } from "../../core/architecture.ts";
import { decoders } from "./decoders.ts";
import { encoders } from "./encoders.ts";
import { pairs } from "./pairs.ts";

/** Classes of models whose files hold hyperparameters alone. */
export const architectures: readonly ArchitectureDef[] = [...encoders, ...decoders, ...pairs];
