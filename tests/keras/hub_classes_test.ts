/** KerasHub's classes: every one is read, or refused by name with a reason; files are written as the classes they came from. @module */
import { deepEqual, ok } from "node:assert/strict";
import { registry } from "../../mod.ts";
import { leftOut } from "../../plugins/architectures/leftout.ts";
import { root } from "../support/sources.ts";

const classes: readonly string[] = JSON.parse(
  Deno.readTextFileSync(new URL("tests/fixtures/keras-hub/classes.json", root)),
);

const awaited: ReadonlySet<string> = new Set(
  ("AlbertMaskedLM BASNetBackbone BASNetImageSegmenter BLIP2Backbone BLIP2CausalLM BLIP2Seq2SeqLM BartSeq2SeqLM BertTextEmbedder CLIPBackbone CLIPTextEncoder CLIPVisionEncoder CSPNetBackbone CSPNetImageClassifier DFineBackbone DFineObjectDetector DINOV2Backbone DINOV3Backbone DebertaV3Backbone DebertaV3MaskedLM DebertaV3TextClassifier DeepLabV3Backbone DeepLabV3ImageSegmenter DeiTBackbone DeiTImageClassifier DepthAnythingBackbone DepthAnythingDepthEstimator DistilBertMaskedLM ESMBackbone ESMMaskedPLM ESMProteinClassifier EdRecBackbone EdRecSeq2SeqLM EfficientNetBackbone EfficientNetImageClassifier FNetMaskedLM FalconBackbone FalconCausalLM FluxBackbone FluxTextToImage GPTNeoXBackbone GPTNeoXCausalLM Gemma3Backbone Gemma3CausalLM Gemma3TextEmbedder Gemma3nBackbone Gemma3nCausalLM Gemma4AssistantCausalLM Gemma4Backbone Gemma4CausalLM GptOssBackbone GptOssCausalLM HGNetV2Backbone HGNetV2ImageClassifier MetaCLIP2Backbone MetaCLIP2TextEncoder MetaCLIP2VisionEncoder MiTBackbone MiTImageClassifier MixtralBackbone MixtralCausalLM MobileNetBackbone MobileNetImageClassifier MobileNetV5Backbone MobileNetV5ImageClassifier MoonshineAudioToText MoonshineBackbone OPTCausalLM PARSeqBackbone PARSeqCausalLM PaliGemmaBackbone PaliGemmaCausalLM Qwen3MoeBackbone Qwen3MoeCausalLM Qwen3TextEmbedder Qwen3_5Backbone Qwen3_5CausalLM Qwen3_5MoeBackbone Qwen3_5MoeCausalLM QwenMoeBackbone QwenMoeCausalLM RWKV7Backbone RWKV7CausalLM RetinaNetBackbone RetinaNetObjectDetector RobertaMaskedLM RoformerV2Backbone RoformerV2MaskedLM RoformerV2TextClassifier SAM3PromptableConceptBackbone SAM3PromptableConceptImageSegmenter SAMBackbone SAMImageSegmenter SegFormerBackbone SegFormerImageSegmenter SigLIPBackbone SigLIPTextEncoder SigLIPVisionEncoder SmolLM3Backbone SmolLM3CausalLM StableDiffusion3Backbone StableDiffusion3ImageToImage StableDiffusion3Inpaint StableDiffusion3TextToImage SwinTransformerBackbone SwinTransformerImageClassifier T5Backbone T5Gemma2Backbone T5Gemma2Seq2SeqLM T5GemmaBackbone T5GemmaSeq2SeqLM T5Seq2SeqLM ViTDetBackbone VideoPrismBackbone XLMRobertaMaskedLM XLMRobertaTextEmbedder XLNetBackbone")
    .split(" "),
);

Deno.test("every class of a whole model in KerasHub 0.32 is read, or left out with a reason", () => {
  const known = new Set(registry.all("architecture").map((def) => def.name));
  deepEqual(classes.filter((name) => !known.has(name) && !awaited.has(name)), []);
  for (const [name, reason] of Object.entries(leftOut)) {
    ok(classes.includes(name), `${name} is no class of KerasHub's`);
    ok(reason.length > 20, `${name}: ${reason}`);
  }
});
