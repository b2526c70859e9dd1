/** Operators that Lapis knows and doesn't run, with the reason and what helps. @module */

const search =
  "a whole search over words: export the decoder alone (optimum, onnxruntime-genai) and search outside";
const gpu = "onnxruntime runs it on GPUs alone: write the model for CPUs";
const packed = "rows packed behind one another, on GPUs alone: optimize the model without packing";
const ordered = "memory in the order of a GPU's tensor cores: quantize the model for CPUs";
const recent = "an operator of newer language models that no exporter's files for CPUs have";
const training = "an operator of onnxruntime's training on GPUs: export the model for inference";
const inner = "onnxruntime's own use while it runs: save the model before that";

/** Reasons by operator of com.microsoft. */
const reasons: ReadonlyMap<string, string> = new Map(
  Object.entries({
    [search]: "BeamSearch GreedySearch Sampling WhisperBeamSearch",
    [packed]:
      "PackedAttention PackedMultiHeadAttention RemovePadding RestorePadding PagedAttention SparsePagedAttention " +
      "PackedSparseAttentionIndexer PackedSparseAttentionIndexerMerge MoEPacked",
    [ordered]:
      "QOrderedAttention QOrderedGelu QOrderedLayerNormalization QOrderedLongformerAttention QOrderedMatMul " +
      "QuantizeWithOrder DequantizeWithOrder",
    [gpu]: "LongformerAttention DecoderAttention DecoderMaskedSelfAttention GemmFloat8 " +
      "QuantizeBFP DequantizeBFP DynamicSparseAttention SparseAttentionIndexer MatMulBlockQuantizedFp4Weight " +
      "MatMulBlockQuantizedFp8Weight MatMulNBitsMlp MatMulNBitsQLoRA MatMulNBitsQkv GemmaRotaryEmbedding RMSNormRotary " +
      "RouterGateUpProj Mamba2Verify ConvStateReplay GatedDeltaNetStateReplay SpeculativePrefixCommit " +
      "HyperConnectionLowRankMix MatMulPacked",
    [training]: "BiasDropout BiasSoftmax BitmaskBiasDropout BitmaskDropout IsAllFinite",
    [recent]: "BranchwiseRMSNorm EngramGate GatedDeltaNet HyperConnectionPostMix " +
      "HyperConnectionPreMix LinearAttentionGate MoEGroupRouter NGramHashMapping " +
      "SparseAttention VarlenCausalConvWithState VarlenNGramHashMapping GatherPacked DynamicTimeWarping " +
      "BifurcationDetector",
    [inner]: "EPContext Snpe MaxpoolWithMask",
    "an operator of models before 2019, of which no exporter is left":
      "AttnLSTM CropAndResize MatMulFpQ4 WordConvEmbedding",
    "sparse tensors as values, which Lapis doesn't have": "SparseToDenseMatMul",
  }).flatMap(([reason, names]) => names.split(" ").map((name) => [name, reason] as const)),
);
const blocked =
  "onnxruntime's order of memory on one kind of machine: save the optimized model at the level extended, not all";

/** Why an operator isn't run, or nothing for one that is simply unknown. */
export function refusal(operator: string): string | undefined {
  const dot = operator.lastIndexOf("."), domain = operator.slice(0, Math.max(0, dot));
  if (domain === "com.microsoft") return reasons.get(operator.slice(dot + 1));
  if (domain === "com.microsoft.nchwc" || domain === "com.ms.internal.nhwc") return blocked;
  if (domain === "ai.onnxruntime.extensions" || domain === "ai.onnx.contrib") {
    return "onnxruntime-extensions' own operator (tokens, pictures): do that step before the model";
  }
  return undefined;
}
/** Operators of com.microsoft that are refused with a reason. */
export const refusedOperators: readonly string[] = [...reasons.keys()];
