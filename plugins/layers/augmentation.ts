/** Layers that change images at random in training; in inference images pass as they are. @module */
import { UnsupportedError } from "../../core/errors.ts";
import type { LayerDef } from "../../core/layer.ts";
import { asFloat, inputAt, type Opaque, opaqueField } from "../../core/layerkit.ts";
import type { Schema } from "../../core/schema.ts";

/** Options of a layer that changes images at random, as files hold them. */
export type AugmentationConfig = Readonly<Record<string, Opaque>>;

const colour = ["factor", "valueRange"];
const placed = ["fillMode", "fillValue", "interpolation"];
/** The options of each layer beside `dataFormat` and `seed`, and what it does in Keras' training. */
const table: Readonly<Record<string, readonly [summary: string, options: readonly string[]]>> = {
  RandomFlip: ["mirrors images", ["mode"]],
  RandomRotation: ["turns images", ["factor", ...placed]],
  RandomZoom: ["enlarges or shrinks images", ["heightFactor", "widthFactor", ...placed]],
  RandomTranslation: ["moves images", ["heightFactor", "widthFactor", ...placed]],
  RandomShear: ["slants images", ["xFactor", "yFactor", ...placed]],
  RandomPerspective: ["distorts images in perspective", ["factor", "scale", "interpolation", "fillValue"]],
  RandomElasticTransform: ["distorts images like rubber", [...colour, "scale", ...placed]],
  RandomContrast: ["changes contrast", colour],
  RandomBrightness: ["changes brightness", colour],
  RandomHue: ["changes hue", colour],
  RandomSaturation: ["changes saturation", colour],
  RandomSharpness: ["changes sharpness", colour],
  RandomPosterization: ["reduces the bits of colours", colour],
  RandomGrayscale: ["takes colour away", ["factor"]],
  RandomColorDegeneration: ["fades colours", colour],
  RandomColorJitter: ["changes brightness, contrast, saturation and hue", [
    "valueRange",
    "brightnessFactor",
    "contrastFactor",
    "saturationFactor",
    "hueFactor",
  ]],
  RandomInvert: ["inverts colours", colour],
  RandomGaussianBlur: ["blurs images", [...colour, "kernelSize", "sigma"]],
  RandomErasing: ["erases a part of images", [...colour, "scale", "fillValue"]],
  RandAugment: ["applies several changes", ["valueRange", "numOps", "factor", "interpolation"]],
  AugMix: ["mixes chains of changes", [
    ...["valueRange", "numChains", "chainDepth", "factor", "alpha", "allOps", "interpolation"],
  ]],
  MixUp: ["mixes images in pairs", ["alpha"]],
  CutMix: ["puts parts of images into others", ["factor"]],
};

function augmentation(
  name: string,
  summary: string,
  options: readonly string[],
): LayerDef<AugmentationConfig, never> {
  const config: Record<string, Schema<AugmentationConfig>[string]> = {};
  for (const option of [...options, "dataFormat", "seed"]) {
    config[option] = opaqueField("kept for Keras' files; training in Keras uses it");
  }
  return {
    kind: "layer",
    name,
    summary: `${summary} at random in Keras' training; passes them in inference`,
    mask: "pass",
    config,
    params: () => ({}),
    build({ b, inputs, training }) {
      if (training) {
        throw new UnsupportedError(
          "changes images at random in training, which isn't supported: change them beforehand",
        );
      }
      return [asFloat(b, inputAt(inputs, 0))];
    },
    keras: { call: ["inputs", "training"], ignore: ["bounding_box_format", "auto_vectorize", "rng_type"] },
  };
}
/** Every layer that changes images at random in training. */
export const augmentationDefs: readonly LayerDef<AugmentationConfig, never>[] = Object.entries(table).map((
  [name, [summary, options]],
) => augmentation(name, summary, options));
