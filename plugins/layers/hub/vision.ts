/** ViT's layers: images in patches as steps, and its encoder. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import {
  activate,
  asFloat,
  expand,
  inputAt,
  paramAt,
  range,
  sizeAt,
  toFirst,
  transpose,
  weight,
} from "../../../core/ops/words.ts";
import { bool, choice, float, int, sizes } from "../../../core/values/schema.ts";
import {
  at,
  attend,
  dense,
  denseSpecs,
  dropped,
  fromHeads,
  norm,
  normSpecs,
  one,
  type Specs,
  toHeads,
} from "./kit.ts";
import { hidden } from "./names.ts";
import { beforeZeroMasked, zeroMaskedField } from "../shared/spelled.ts";

/** Options of {@link vitPatchingDef}, resolved. */
export interface VitPatchingConfig {
  /** Height and width of the images. */
  readonly imageSize: readonly number[];
  /** Height and width of a patch. */
  readonly patchSize: readonly number[];
  /** Features of a step. */
  readonly hiddenDim: number;
  /** Channels of the images. */
  readonly numChannels: number;
  /** A learned step stands before the patches. */
  readonly useClassToken: boolean;
  /** The patches' projection has a bias. */
  readonly usePatchBias: boolean;
  /** Where the channels stand: after the sizes, or before them. */
  readonly dataFormat: "channels_last" | "channels_first";
}
const patches = at("patch_embedding");
/** Patches of images `[batch, …]` through a convolution, as steps. */
export function patchSteps(
  b: Builder,
  image: Value,
  kernel: Value,
  bias: Value | undefined,
  strides: readonly number[],
): Value {
  const y = b.conv(image, transpose(b, kernel, [3, 2, 0, 1]), bias, { strides: [...strides] });
  const features = sizeAt(y.type, 1);
  return transpose(b, b.reshape(y, b.ints([0, features, -1])), [0, 2, 1]);
}
/** Images as steps `[batch, patches (+ 1), features]`, learned rows of positions added (Dosovitskiy et al. 2021). */
export const vitPatchingDef: LayerDef<VitPatchingConfig> = {
  kind: "layer",
  name: "ViTPatchingAndEmbedding",
  mask: "consume",
  config: {
    imageSize: sizes({ rank: 2, min: 1 }),
    patchSize: sizes({ rank: 2, min: 1 }),
    hiddenDim: int({ min: 1 }),
    numChannels: int({ min: 1, default: 3 }),
    useClassToken: bool({ default: true }),
    usePatchBias: bool({ default: true }),
    dataFormat: choice({
      default: "channels_last",
      of: ["channels_last", "channels_first"],
    }),
  },
  params(c) {
    const size = c.hiddenDim, [height = 1, width = 1] = c.patchSize;
    const count = range(0, 2).reduce(
      (n, i) => n * Math.floor((c.imageSize[i] ?? 1) / (c.patchSize[i] ?? 1)),
      1,
    );
    return {
      ...(c.useClassToken && { classToken: weight([1, 1, size], "randomNormal") }),
      ...denseSpecs(
        patches,
        [height, width, c.numChannels, size],
        "glorotUniform",
        c.usePatchBias ? [size] : undefined,
      ),
      ...one(
        at("position_embedding"),
        "embeddings",
        [count + (c.useClassToken ? 1 : 0), size],
        "randomUniform",
      ),
    };
  },
  build({ b, config: c, inputs, params }) {
    const image = toFirst(b, asFloat(b, inputAt(inputs, 0)), c.dataFormat);
    const kernel = paramAt(params, "patch_embedding.kernel");
    let y = patchSteps(b, image, kernel, params["patch_embedding.bias"], c.patchSize);
    if (c.useClassToken) {
      const token = expand(b, paramAt(params, "classToken"), [{ axis: 0 }, 1, c.hiddenDim], y);
      y = b.concat([token, y], { axis: 1 });
    }
    return [b.add(y, paramAt(params, "position_embedding.embeddings"))];
  },
  keras: hidden("ViTPatchingAndEmbedding", { ignore: ["num_patches", "num_positions"] }),
};

/** Options of {@link vitEncoderDef}, resolved. */
export interface VitEncoderConfig {
  /** Number of layers. */
  readonly numLayers: number;
  /** Number of heads. */
  readonly numHeads: number;
  /** Features of a step. */
  readonly hiddenDim: number;
  /** Units between the two dense layers. */
  readonly mlpDim: number;
  /** The attention has biases. */
  readonly useMhaBias: boolean;
  /** The dense layers have biases. */
  readonly useMlpBias: boolean;
  /** Share of the outputs that is dropped in training. */
  readonly dropoutRate: number;
  /** Share of the attention's scores that is dropped in training. */
  readonly attentionDropout: number;
  /** Added to the variance. */
  readonly layerNormEpsilon: number;
  /** Masked scores become 0 even where all are masked. */
  readonly zeroMasked: boolean;
}
/** Keras names the layers of a list by class and position. */
const block = (i: number) => `encoder_layers/vi_t_encoder_block${i === 0 ? "" : `_${i}`}`;
function blockSpecs(c: VitEncoderConfig, group: string): Specs {
  const { hiddenDim: size, numHeads: heads } = c, width = Math.floor(size / heads);
  const init = "glorotUniform";
  const heading = (name: string) =>
    denseSpecs(
      at(`${group}/mha/${name}_dense`),
      [size, heads, width],
      init,
      c.useMhaBias ? [heads, width] : undefined,
    );
  const mlp = (name: string, from: number, to: number) =>
    denseSpecs(at(`${group}/mlp/${name}`), [from, to], init, c.useMlpBias ? [to] : undefined);
  return {
    ...normSpecs(at(`${group}/layer_norm_1`), size),
    ...heading("query"),
    ...heading("key"),
    ...heading("value"),
    ...denseSpecs(
      at(`${group}/mha/output_dense`),
      [heads, width, size],
      init,
      c.useMhaBias ? [size] : undefined,
    ),
    ...normSpecs(at(`${group}/layer_norm_2`), size),
    ...mlp("dense_1", size, c.mlpDim),
    ...mlp("dense_2", c.mlpDim, size),
  };
}
/** A stack of encoders' layers, normalized before each part and at the end: `[batch, steps, features]`, shape unchanged. */
export const vitEncoderDef: LayerDef<VitEncoderConfig> = {
  kind: "layer",
  name: "ViTEncoder",
  mask: "consume",
  config: {
    numLayers: int({ min: 1 }),
    numHeads: int({ min: 1 }),
    hiddenDim: int({ min: 1 }),
    mlpDim: int({ min: 1 }),
    useMhaBias: bool({ default: true }),
    useMlpBias: bool({ default: true }),
    dropoutRate: float({ min: 0, max: 1, default: 0 }),
    attentionDropout: float({ min: 0, max: 1, default: 0 }),
    layerNormEpsilon: float({ default: 1e-6 }),
    zeroMasked: zeroMaskedField(),
  },
  params: (c) => ({
    ...range(0, c.numLayers).reduce<Specs>((all, i) => ({ ...all, ...blockSpecs(c, block(i)) }), {}),
    ...normSpecs(at("layer_norm"), c.hiddenDim),
  }),
  build(context) {
    const { b, config: c, inputs, params } = context;
    let x = dropped(context, asFloat(b, inputAt(inputs, 0)), c.dropoutRate);
    for (const group of range(0, c.numLayers).map(block)) {
      const level = norm(b, x, params, at(`${group}/layer_norm_1`), c.layerNormEpsilon);
      const heads = (name: string) => toHeads(b, level, params, at(`${group}/mha/${name}_dense`));
      const [mixed] = attend(context, heads("query"), heads("key"), heads("value"), {
        scale: 1 / Math.sqrt(Math.floor(c.hiddenDim / c.numHeads)),
        mask: {},
        zeroed: c.zeroMasked,
        dropout: c.attentionDropout,
      });
      const seen = fromHeads(b, mixed, params, at(`${group}/mha/output_dense`));
      x = b.add(dropped(context, seen, c.dropoutRate), x);
      const even = norm(b, x, params, at(`${group}/layer_norm_2`), c.layerNormEpsilon);
      const inner = activate(b, "gelu", dense(b, even, params, at(`${group}/mlp/dense_1`)));
      const kept = dropped(context, inner, c.dropoutRate);
      const outer = dense(b, kept, params, at(`${group}/mlp/dense_2`));
      x = b.add(x, dropped(context, outer, c.dropoutRate));
    }
    return [norm(b, x, params, at("layer_norm"), c.layerNormEpsilon)];
  },
  keras: hidden("ViTEncoder", { own: ["zeroMasked"], upgrade: beforeZeroMasked }),
};
