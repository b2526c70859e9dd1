/** Classes of KerasHub's that are not read, each with its reason. @module */
import type { ArchitectureDef } from "../../core/network/architecture.ts";
import { UnsupportedError } from "../../core/values/errors.ts";
import { packages } from "./kit.ts";

const gemma3n = "KerasHub 0.32 itself restores other weights from such a file than it wrote";
const gemma4 = "its layers share keys and add embeddings of their own, which no layer here computes yet";
const diffusion = "it is several networks in a loop that draws noise";
const prompts = "its graph depends on whether masks are among the prompts, which Keras decides as it runs";
const queries = "its decoder, which moves its queries, is made of layers that aren't known here";
/** Reasons by class. */
export const leftOut: Readonly<Record<string, string>> = {
  BASNetBackbone: "its decoder and refining network are made of layers that aren't known here",
  BASNetImageSegmenter: "BASNetBackbone is not read",
  BLIP2Backbone: "its query transformer and language models are made of layers that aren't known here",
  BLIP2CausalLM: "BLIP2Backbone is not read",
  BLIP2Seq2SeqLM: "BLIP2Backbone is not read",
  DFineBackbone: queries,
  DFineObjectDetector: "DFineBackbone is not read",
  DepthAnythingBackbone: "its neck and head are made of layers that aren't known here",
  DepthAnythingDepthEstimator: "DepthAnythingBackbone is not read",
  FluxBackbone: diffusion,
  FluxTextToImage: diffusion,
  MobileNetV5Backbone: "its blocks, chosen by codes of text, are made of layers that aren't known here",
  MobileNetV5ImageClassifier: "MobileNetV5Backbone is not read",
  PARSeqBackbone: "its decoder of permuted queries is made of layers that aren't known here",
  PARSeqCausalLM: "PARSeqBackbone is not read",
  SAM3PromptableConceptBackbone: prompts,
  SAM3PromptableConceptImageSegmenter: prompts,
  SAMBackbone: prompts,
  SAMImageSegmenter: prompts,
  StableDiffusion3Backbone: diffusion,
  StableDiffusion3ImageToImage: diffusion,
  StableDiffusion3Inpaint: diffusion,
  StableDiffusion3TextToImage: diffusion,
  VideoPrismBackbone: "its attention over space and time is made of layers that aren't known here",
  Gemma3nBackbone: gemma3n,
  Gemma3nCausalLM: gemma3n,
  Gemma4Backbone: gemma4,
  Gemma4CausalLM: gemma4,
  Gemma4AssistantCausalLM: "it drafts tokens for another model's states, which its file doesn't hold",
};

/** Their definitions, which say the reason when such a file is read. */
export const refused: readonly ArchitectureDef[] = Object.entries(leftOut).map(([name, reason]) => ({
  kind: "architecture",
  name,
  packages,
  network() {
    throw new UnsupportedError(
      `${name} is not supported: ${reason}; save it as ONNX in Python: model.export("model.onnx", format="onnx")`,
      { place: name },
    );
  },
}));
