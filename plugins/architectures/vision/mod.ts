/** KerasHub's classes of images, sound and both: backbones, and classes of layers made of layers. @module */
import type { ArchitectureDef } from "../../../core/network/architecture.ts";
import { clipLayers, clips } from "./clip.ts";
import { cspNet } from "./csp.ts";
import { dinoLayers, dinos } from "./dino.ts";
import { hgLayers, hgNet } from "./hgnet.ts";
import { mitBackbone, mitLayers, segFormer } from "./mit.ts";
import { mobile, mobileLayers } from "./mobile.ts";
import { dinov3 } from "./dinov3.ts";
import { moonshine } from "./moonshine.ts";
import { paliGemma } from "./paligemma.ts";
import { pyramidLayers, pyramids } from "./pyramids.ts";
import { plain } from "./resnet.ts";
import { windowed } from "./windows.ts";

/** Backbones of images. */
export const visionBackbones: readonly ArchitectureDef[] = [
  ...plain,
  cspNet,
  ...mobile,
  hgNet,
  ...dinos,
  mitBackbone,
  segFormer,
  ...clips,
  ...pyramids,
  ...windowed,
  dinov3,
  paliGemma,
  moonshine,
];
/** Layers of theirs that are made of layers. */
export const visionLayers: readonly ArchitectureDef[] = [
  ...mobileLayers,
  ...hgLayers,
  ...dinoLayers,
  ...mitLayers,
  ...clipLayers,
  ...pyramidLayers,
];
