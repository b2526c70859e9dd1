/** Layers that change images at random in training; in inference images pass as they are. @module */
import { UnsupportedError } from "../../../core/values/errors.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import { asFloat, inputAt } from "../../../core/ops/words.ts";
import { type Opaque, opaqueField } from "../shared/fields.ts";
import type { Schema } from "../../../core/values/schema.ts";

/** Options of a layer that changes images at random, as files hold them. */
export type AugmentationConfig = Readonly<Record<string, Opaque>>;

const placed = " fillMode fillValue interpolation", colour = "factor valueRange";
/** The options of each layer beside `dataFormat` and `seed`. */
const table: Readonly<Record<string, string>> = {
  RandomFlip: "mode",
  RandomRotation: "factor" + placed,
  RandomZoom: "heightFactor widthFactor" + placed,
  RandomTranslation: "heightFactor widthFactor" + placed,
  RandomShear: "xFactor yFactor" + placed,
  RandomPerspective: "factor scale" + placed,
  RandomElasticTransform: `${colour} scale${placed}`,
  RandomContrast: colour,
  RandomBrightness: colour,
  RandomHue: colour,
  RandomSaturation: colour,
  RandomSharpness: colour,
  RandomPosterization: colour,
  RandomGrayscale: "factor",
  RandomColorDegeneration: colour,
  RandomColorJitter: "valueRange brightnessFactor contrastFactor saturationFactor hueFactor",
  RandomInvert: colour,
  RandomGaussianBlur: `${colour} kernelSize sigma`,
  RandomErasing: `${colour} scale fillValue`,
  RandAugment: "valueRange numOps factor interpolation",
  AugMix: "valueRange numChains chainDepth factor alpha allOps interpolation",
  MixUp: "alpha",
  CutMix: "factor",
  Solarization: "valueRange additionFactor thresholdFactor",
  MaxNumBoundingBoxes: "maxNumber",
  RandomHeight: "factor interpolation",
  RandomWidth: "factor interpolation",
};

/** The layers that Keras 2 has too, with what of their options it lacks; none of them says where channels stand there. */
const inKeras2: Readonly<Record<string, readonly string[]>> = {
  RandomFlip: [],
  RandomRotation: [],
  RandomZoom: [],
  RandomTranslation: [],
  RandomContrast: ["value_range"],
  RandomBrightness: [],
  RandomHeight: [],
  RandomWidth: [],
};
/** A layer's fields as a version of Keras takes them. @throws {UnsupportedError} for what Keras 2 hasn't. */
function saved(name: string, fields: Readonly<Record<string, unknown>>, major: 2 | 3) {
  if (major === 3) return {};
  const without = inKeras2[name];
  if (!without) throw new UnsupportedError("Keras 2 has no such layer");
  if (fields.data_format === "channels_first") {
    throw new UnsupportedError("Keras 2 changes images with channels last alone");
  }
  const left = new Set(["data_format", ...without]);
  return { config: Object.fromEntries(Object.entries(fields).filter(([key]) => !left.has(key))) };
}

function augmentation(name: string, options: string): LayerDef<AugmentationConfig, never> {
  const config: Record<string, Schema<AugmentationConfig>[string]> = {};
  for (const option of `${options} dataFormat seed`.split(" ")) {
    config[option] = opaqueField("Kept for Keras' files; training in Keras uses it.");
  }
  return {
    kind: "layer",
    name,
    summary: "Changes images at random in Keras' training; passes them in inference.",
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
    keras: {
      call: ["inputs", "training"],
      ignore: ["bounding_box_format", "auto_vectorize", "rng_type"],
      save: (fields, major) => saved(name, fields, major),
    },
  };
}
/** Every layer that changes images at random in training. */
export const augmentationDefs: readonly LayerDef<AugmentationConfig, never>[] = Object.entries(table).map((
  [name, options],
) => augmentation(name, options));
