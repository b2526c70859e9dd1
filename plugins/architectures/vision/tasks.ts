/** KerasHub's models for tasks of images. @module */
import type { ArchitectureDef } from "../../../core/network/architecture.ts";
import type { Draft, Ref } from "../draft.ts";
import { backbone as drafted, firstStep, type Hyperparameters, keras } from "../kit.ts";
import { type Body, bodyOf } from "../body.ts";
import { Net, stack } from "./kit.ts";
import { tableOf } from "./paligemma.ts";
import { detectorHeads } from "./pyramids.ts";

type Json = Readonly<Record<string, unknown>>;
const isJson = (x: unknown): x is Json => typeof x === "object" && x !== null && !Array.isArray(x);
type Task = (def: ArchitectureDef) => ArchitectureDef;
/** A task on a backbone. */
export function task(
  name: string,
  draw: (h: Hyperparameters, d: Draft, body: Body) => Ref | Readonly<Record<string, Ref>>,
): Task {
  return (def) =>
    drafted(name, (h, d) => {
      const body = bodyOf(h, d, def);
      return d.finish(body.inputs, draw(h, d, body));
    });
}
/** Maps of features to one vector. */
function pooler(h: Hyperparameters, more: Json = {}) {
  const type = h.choice("pooling", ["avg", "max"], "avg") === "avg" ? "Average" : "Max";
  return keras(`Global${type}Pooling2D`, "pooler", more);
}
function predictions(h: Hyperparameters) {
  const activation = h.any("activation", null);
  return keras("Dense", "predictions", { units: h.number("num_classes"), activation });
}
/** A class of the mean or largest features. */
export function pooled(name: string, output?: string): Task {
  return task(name, (h, d, body) => {
    const x = d.call(pooler(h), [body.output(output)]);
    const kept = d.call(keras("Dropout", "output_dropout", { rate: h.number("dropout", 0) }), [x]);
    return d.call(predictions(h), [kept]);
  });
}
const vgg = task("VGGImageClassifier", (h, d, body) => {
  const pooling = h.choice("pooling", ["avg", "max", "flatten"], "avg"),
    units = h.number("pooling_hidden_dim", 4096);
  const activation = "relu", drop = keras("Dropout", "output_dropout", { rate: h.number("dropout", 0) });
  if (pooling === "flatten") {
    const dense = (name: string) => keras("Dense", name, { units, activation });
    const parts = [keras("Flatten", "flatten"), dense("fc1"), drop, dense("fc2"), predictions(h)];
    return d.call(stack("head", parts), [body.output()]);
  }
  const conv = (name: string, kernel_size: number, padding: string) =>
    keras("Conv2D", name, { filters: units, kernel_size, activation, padding });
  const parts = [conv("fc1", 7, "valid"), drop, conv("fc2", 1, "same"), pooler(h), predictions(h)];
  return d.call(stack("head", parts), [body.output()]);
});

const mobileNet = task("MobileNetImageClassifier", (h, d, body) => {
  const x = d.call(keras("GlobalAveragePooling2D", "pooler", { keepdims: true }), [body.output()]);
  const config = { filters: h.number("num_features", 1024), kernel_size: 1, activation: "hard_silu" };
  const y = d.call(keras("Flatten", "flatten"), [d.call(keras("Conv2D", "classifier_conv", config), [x])]);
  return d.call(keras("Dense", "predictions", { units: h.number("num_classes") }), [y]);
});
const hgNet = task("HGNetV2ImageClassifier", (h, d, body) => {
  const sizes = body.said("hidden_sizes"), last = Array.isArray(sizes) ? sizes.at(-1) : undefined;
  const filters = h.any("head_filters", null) ?? last, rows = body.said("stackwise_stage_filters");
  const stages = Array.isArray(rows) ? rows.length : 0, n = new Net(d);
  const width = Array.isArray(rows) && Array.isArray(rows[stages - 1]) ? Number(rows[stages - 1][2]) : 0;
  const x = n.block("HGNetV2ConvLayer", "head_last", n.with(body.output(`stage${stages}`), width), {
    in_channels: last,
    out_channels: filters,
    kernel_size: 1,
    stride: 1,
    groups: 1,
    activation: "relu",
    use_learnable_affine_block: body.said("use_learnable_affine_block") === true,
  }, Number(filters));
  const flat = d.call(keras("Flatten", "flatten"), [d.call(pooler(h), [x])]);
  const kept = d.call(keras("Dropout", "output_dropout", { rate: h.number("dropout", 0) }), [flat]);
  return h.number("num_classes") > 0 ? d.call(predictions(h), [kept]) : kept;
});
/** The step in front, or the mean of all. */
export function stepOf(h: Hyperparameters, d: Draft, x: Ref): Ref {
  if (h.choice("pooling", ["token", "gap"], "token") === "token") return firstStep(d, x);
  return d.call({
    type: "Mean",
    name: "mean",
    config: { axis: [1], keepdims: false },
    module: "keras.src.ops.numpy",
  }, [x]);
}
const vit = task("ViTImageClassifier", (h, d, body) => {
  const units = h.any("intermediate_dim", null);
  let x = stepOf(h, d, body.output());
  if (units !== null) x = d.call(keras("Dense", "pre_logits", { units, activation: "tanh" }), [x]);
  return d.call(predictions(h), [
    d.call(keras("Dropout", "output_dropout", { rate: h.number("dropout", 0) }), [x]),
  ]);
});
const deit = task("DeiTImageClassifier", (h, d, body) => {
  h.any("dropout");
  return d.call(predictions(h), [stepOf(h, d, body.output())]);
});
const segFormer = task("SegFormerImageSegmenter", (h, d, body) => {
  const { inputs } = body, [height, width] = "layer" in inputs ? d.sizes(inputs as Ref) : [];
  const x = d.call(keras("Dropout", "dropout", { rate: 0.1 }), [body.output()]);
  const head = keras("Conv2D", "output_segmentation_head", {
    filters: h.number("num_classes"),
    kernel_size: 1,
  });
  const resizing = keras("Resizing", "resizing", { height, width, interpolation: "bilinear" });
  return d.call(resizing, [d.call(head, [x])]);
});

const deepLab = task("DeepLabV3ImageSegmenter", (h, d, body) => {
  const config = { filters: h.number("num_classes"), kernel_size: 1, use_bias: false, padding: "same" };
  const activation = h.any("activation", null);
  return d.call(keras("Conv2D", "segmentation_output", { ...config, activation }), [body.output()]);
});
const retina = task("RetinaNetObjectDetector", (h, d, body) => {
  ["bounding_box_format", "label_encoder", "prediction_decoder", "activation"].forEach((key) => h.any(key));
  const raw = h.any("anchor_generator"),
    least = Number(body.said("min_level")),
    most = Number(body.said("max_level"));
  const anchors = isJson(raw) && isJson(raw.config) ? raw.config : {};
  const ratios = anchors.aspect_ratios, scales = Number(anchors.num_scales);
  const levels = Array.from({ length: most - least + 1 }, (_, i) => `P${least + i}`);
  const maps = Object.fromEntries(levels.map((level) => [level, body.output(level)]));
  return detectorHeads(h, d, maps, scales * (Array.isArray(ratios) ? ratios.length : NaN));
});
const swin = task("SwinTransformerImageClassifier", (h, d, body) => {
  const rate = h.number("dropout", 0), config = { axis: 1, keepdims: false };
  h.any("pooling");
  const x = d.call({ type: "Mean", name: "mean", config, module: "keras.src.ops.numpy" }, [body.output()]);
  return d.call(predictions(h), [d.call(keras("Dropout", "output_dropout", { rate }), [x])]);
});

const paliGemma = task("PaliGemmaCausalLM", (_, d, body) => {
  const count = Math.floor(Number(body.said("image_size")) / Number(body.said("vit_patch_size"))) ** 2;
  const scores = d.call(tableOf(body.layer("token_embedding") ?? {}), [body.output()], { reverse: true });
  const slice = (start: number | null) => ({
    class_name: "__slice__",
    config: { start, stop: null, step: null },
  });
  return d.operation("GetItem", "text_scores", [scores, [slice(null), slice(count), slice(null)]]);
});
const moonshine = task("MoonshineAudioToText", (_, d, body) => {
  const table = body.layer("layers_reversible_embedding") ?? {};
  return d.call({ ...tableOf(table), name: "layers_reversible_embedding" }, [
    body.output("decoder_sequence_output"),
  ], {
    reverse: true,
  });
});

const tasks: Readonly<Record<string, readonly Task[]>> = {
  ResNetBackbone: [pooled("ResNetImageClassifier")],
  VGGBackbone: [vgg],
  DenseNetBackbone: [pooled("DenseNetImageClassifier")],
  XceptionBackbone: [pooled("XceptionImageClassifier")],
  CSPNetBackbone: [pooled("CSPNetImageClassifier")],
  EfficientNetBackbone: [pooled("EfficientNetImageClassifier")],
  MobileNetBackbone: [mobileNet],
  HGNetV2Backbone: [hgNet],
  MiTBackbone: [pooled("MiTImageClassifier")],
  DeiTBackbone: [deit],
  ViTBackbone: [vit],
  SegFormerBackbone: [segFormer],
  DeepLabV3Backbone: [deepLab],
  RetinaNetBackbone: [retina],
  SwinTransformerBackbone: [swin],
  PaliGemmaBackbone: [paliGemma],
  MoonshineBackbone: [moonshine],
};
/** Models for tasks of these backbones. */
export function visionTasks(backbones: readonly ArchitectureDef[]): readonly ArchitectureDef[] {
  return backbones.flatMap((def) => (tasks[def.name] ?? []).map((make) => make(def)));
}
