/** KerasHub's classes of images, sound and both: backbones, and classes of layers made of layers. @module */
import type { ArchitectureDef } from "../../../core/network/architecture.ts";
import { plain } from "./resnet.ts";

/** Backbones of images. */
export const visionBackbones: readonly ArchitectureDef[] = [...plain];
/** Layers of theirs that are made of layers. */
export const visionLayers: readonly ArchitectureDef[] = [];
