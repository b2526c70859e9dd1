/** KerasHub's DeepLabV3 (Chen et al. 2017) and RetinaNet (Lin et al. 2017), which read maps of features of another network. @module */
import type { ArchitectureDef } from "../../../core/network/architecture.ts";
import { ConfigError, UnsupportedError } from "../../../core/values/errors.ts";
import type { Draft, Ref } from "../draft.ts";
import { backbone, hub, type Hyperparameters, keras } from "../kit.ts";
import { cspNet } from "./csp.ts";
import { hgNet } from "./hgnet.ts";
import { type ImageBackbone, inList, innerModel, layers, Net } from "./kit.ts";
import { mitBackbone } from "./mit.ts";
import { mobile } from "./mobile.ts";
import { at, plain } from "./resnet.ts";

/** Networks whose maps of features others read. */
const encoders: readonly ImageBackbone[] = [...plain, cspNet, ...mobile, hgNet, mitBackbone];

const weightless =
  /^(InputLayer|Activation|ReLU|LeakyReLU|Add|Concatenate|Multiply|Dropout|Pad|ZeroPadding2D|\w+Pooling2D)$/;
/** The group of a normalization behind the maps of features. @throws {UnsupportedError} for other layers there. */
function beside(
  def: ImageBackbone,
  own: Readonly<Record<string, unknown>>,
  config: Readonly<Record<string, unknown>>,
): string | undefined {
  type Entry = { readonly class_name: string; readonly name: string };
  const all = def.network(own).layers as readonly Entry[], seen = config.layers as readonly Entry[];
  const names = new Set(seen.map((layer) => layer.name));
  const rest = all.filter((layer) => !names.has(layer.name) && !weightless.test(layer.class_name));
  const [only, ...others] = rest;
  if (!only) return undefined;
  if (only.class_name !== "BatchNormalization" || others.length > 0) {
    throw new UnsupportedError(`image_encoder: has layers behind its maps of features, such as ${only.name}`);
  }
  const norms = all.filter((layer) => layer.class_name === only.class_name);
  return inList("", only.class_name, norms.indexOf(only)).slice(1);
}
interface Maps {
  /** Levels in the order of the outputs. */
  readonly levels: readonly string[];
  readonly of: (level: string) => Ref;
}
/** Maps of features of the network that is a hyperparameter, all or those named. */
function mapsOf(
  h: Hyperparameters,
  n: Net,
  images: Ref,
  name: string,
  wanted?: (levels: readonly string[]) => readonly string[],
): Maps {
  const inner = innerModel(h, "image_encoder", encoders),
    def = encoders.find((d) => d.name === inner.def.name);
  if (!def) throw new UnsupportedError(`image_encoder: a ${inner.def.name} has no maps of features`);
  const all = def.levels(inner.config), levels = [...wanted?.([...all.keys()]) ?? all.keys()].sort();
  const config = def.pyramid(inner.config, levels), more = beside(def, inner.config, config);
  const width = [...all.values()].at(-1) ?? 0;
  const last = more === undefined ? images : n.unused(`image_encoder/layers/${more}`, images, width);
  const called = n.d.call({ type: "Functional", name, config }, [last]);
  return {
    levels,
    of(level) {
      const tensor = levels.indexOf(level);
      if (tensor < 0) {
        throw new ConfigError(`image_encoder: has no map of features ${level}`, { place: level });
      }
      return n.with({ ...called, tensor }, all.get(level) ?? 0);
    },
  };
}
/** Convolutions of several widths over one map, and its mean, side by side. */
const pooling = layers("SpatialPyramidPooling", (h, d, [sizes = []]) => {
  const n = new Net(d), x = n.input("input", sizes.map((size, i) => i < 2 ? null : size));
  const filters = h.number("num_channels", 256), activation = h.any("activation", "relu");
  const unit = (path: string, from: Ref, kernel: number, more = {}) => {
    const y = n.norm(
      `${path}/layers/batch_normalization`,
      n.conv(`${path}/layers/conv2d`, from, filters, kernel, more),
      1e-3,
    );
    return n.act(`${path}/activation`, y, activation);
  };
  const own = (i: number) => inList("aspp_parallel_channels", "Sequential", i),
    rates = h.list("dilation_rates");
  const maps = [unit(own(0), x, 1)];
  rates.forEach((rate, i) => maps.push(unit(own(i + 1), x, 3, { padding: "same", dilation_rate: rate })));
  const mean = n.layer("GlobalAveragePooling2D", "mean", x, { keepdims: true });
  const single = unit(own(rates.length + 1), mean, 1);
  const zeros = n.operation("ZerosLike", "zeros", [at(maps, 0)]);
  maps.push(n.with(n.operation("Add", "resized", [zeros, single]), filters));
  const y = unit("projection", n.concat("joined", maps), 1);
  return d.finish(x, n.drop("dropout", y, h.number("dropout", 0)));
});
const two = (value: unknown) => Array.isArray(value) ? value.map(Number) : [Number(value), Number(value)];
/** DeepLabV3, and with a map of an earlier level V3+. */
const deepLab = backbone("DeepLabV3Backbone", (h, d) => {
  const n = new Net(d), images = n.input("inputs", h.sizes("image_shape", [null, null, 3]));
  const maps = mapsOf(h, n, images, "functional"), key = String(h.any("spatial_pyramid_pooling_key"));
  const low = h.any("low_level_feature_key", null),
    size = two(h.any("upsampling_size")),
    filters = h.number("projection_filters", 48);
  const pooled = n.block("SpatialPyramidPooling", "spatial_pyramid_pooling", maps.of(key), {
    dilation_rates: h.list("dilation_rates"),
  }, 256);
  const up = (name: string, x: Ref, by: unknown) =>
    n.layer("UpSampling2D", name, x, { size: by, interpolation: "bilinear" });
  const unit = (name: string, x: Ref, width: number) => {
    const y = n.norm(`${name}_norm`, n.conv(`${name}_conv`, x, width, 1, { padding: "same" }), 1e-3);
    return n.layer("ReLU", `${name}_relu`, y);
  };
  let x = up("encoder_output_upsampling", pooled, size);
  if (typeof low === "string") {
    x = n.concat("encoder_decoder_concat", [x, unit("decoder", maps.of(low), filters)]);
  }
  const factor = Math.floor(2 ** Number(key.at(-1)) / at(size, 0));
  return d.finish(images, up("backbone_output_upsampling", unit("segmentation_head", x, 256), factor));
});
const level = (i: number) => `P${i}`;
/** Maps of all levels from coarse to fine, each with what the coarser one knows. */
const pyramid = layers("FeaturePyramid", (h, d, sizes) => {
  const n = new Net(d),
    least = h.number("min_level"),
    most = h.number("max_level"),
    coarse = h.flag("use_p5", false);
  ["kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer", "data_format"].forEach(
    (key) => h.any(key),
  );
  ["batch_norm_momentum"].forEach((key) => h.any(key));
  const filters = h.number("num_filters", 256), normed = h.flag("use_batch_norm", false);
  const epsilon = h.number("batch_norm_epsilon", 1e-3), activation = h.any("activation", "relu");
  const last = least + sizes.length - 1, wide = { use_bias: true, padding: "same" };
  const inputs = sizes.map((size, i) => n.input(level(least + i), [null, null, size.at(-1) ?? null]));
  const out: Record<string, Ref> = {},
    of = (i: number) => {
      const found = out[level(i)];
      if (found) return found;
      throw new ConfigError(`FeaturePyramid: has no level ${i}`);
    };
  const norm = (list: string, i: number, x: Ref) =>
    normed ? n.norm(inList(list, "BatchNormalization", i - least), x, epsilon, epsilon) : x;
  for (let i = last; i >= least; i--) {
    let x = n.conv(
      inList("lateral_conv_layers", "Conv2D", i - least),
      at(inputs, i - least),
      filters,
      1,
      wide,
    );
    if (i < last) {
      x = n.add(`merge_${i}`, [x, n.layer("UpSampling2D", `upsampling_${i}`, of(i + 1), { size: 2 })]);
    }
    out[level(i)] = norm("lateral_batch_norm_layers", i, x);
  }
  const conv = (i: number, x: Ref, strides: number) =>
    n.conv(inList("output_conv_layers", "Conv2D", i - least), x, filters, 3, { ...wide, strides });
  for (let i = last; i >= least; i--) out[level(i)] = conv(i, of(i), 1);
  for (let i = last + 1; i <= most; i++) {
    let x = i === last + 1 && coarse ? at(inputs, i - 1 - least) : of(i - 1);
    if (i > last + 1) x = n.act(`activation_${i}`, x, activation);
    out[level(i)] = norm("output_batch_norms", i, conv(i, x, 2));
  }
  for (let i = least; normed && i <= last; i++) {
    out[level(i)] = n.unused(inList("output_batch_norms", "BatchNormalization", i - least), of(i), filters);
  }
  return d.finish(Object.fromEntries(inputs.map((x, i) => [level(least + i), x])), out);
});
const retina = backbone("RetinaNetBackbone", (h, d) => {
  const n = new Net(d), images = n.input("inputs", h.sizes("image_shape", [null, null, 3]));
  h.any("data_format");
  const least = h.number("min_level"), most = h.number("max_level");
  const maps = mapsOf(h, n, images, "backbone", (levels) => {
    const last = Math.min(Math.max(...levels.map((l) => Number(l.slice(1)))), most);
    return Array.from({ length: last - least + 1 }, (_, i) => level(least + i));
  });
  const inputs = Object.fromEntries(maps.levels.map((l) => [l, maps.of(l)]));
  const shapes = Object.fromEntries(maps.levels.map((l) => [l, [null, null, null, n.channels(maps.of(l))]]));
  const part = hub("FeaturePyramid", "fpn", {
    min_level: least,
    max_level: most,
    use_p5: h.flag("use_p5", false),
    use_batch_norm: h.flag("use_fpn_batch_norm", false),
  });
  const called = d.call({ ...part, built: { input_shape: shapes } }, [inputs]);
  const all = Array.from(
    { length: most - least + 1 },
    (_, i) => [level(least + i), { ...called, tensor: i }] as const,
  );
  return d.finish(images, Object.fromEntries(all));
});
/** Convolutions that predict boxes or classes at every place of a map. */
const head = layers("PredictionHead", (h, d, [sizes = []]) => {
  ["kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer", "data_format"].forEach(
    (key) => h.any(key),
  );
  ["use_prior_probability", "prior_probability"].forEach((key) => h.any(key));
  const n = new Net(d),
    start = n.input("input", [null, null, sizes.at(-1) ?? null]),
    grouped = h.flag("use_group_norm", false);
  const filters = h.number("num_filters"), activation = h.any("activation", "relu");
  let x = start;
  for (let i = 0; i < h.count("num_conv_layers"); i++) {
    x = n.conv(inList("conv_layers", "Conv2D", i), x, filters, 3, { padding: "same", use_bias: !grouped });
    if (grouped) {
      const config = { groups: 32, axis: -1, epsilon: 1e-3 };
      x = n.layer("GroupNormalization", inList("group_norm_layers", "GroupNormalization", i), x, config);
    }
    x = n.act(`activation_${i}`, x, activation);
  }
  const y = n.conv("prediction_layer", x, h.number("output_filters"), 3, { padding: "same", use_bias: true });
  return d.finish(start, y);
}, { builtByCall: true });
/** The detector's heads over every level: numbers before boxes are made of them. */
export function detectorHeads(
  h: Hyperparameters,
  d: Draft,
  maps: Readonly<Record<string, Ref>>,
  anchors: number,
): Readonly<Record<string, Ref>> {
  const n = new Net(d), classes = h.number("num_classes"), levels = Object.keys(maps).sort();
  const common = {
    num_filters: 256,
    num_conv_layers: h.count("pre_logits_num_conv_layers", 4),
    use_group_norm: h.flag("use_prediction_head_norm", false),
  };
  const over = (name: string, last: number, prefix: string, joined: string) => {
    const part = hub("PredictionHead", name, { ...common, output_filters: anchors * last });
    const parts = levels.map((key) => {
      const x = d.call({ ...part, shape: [null, null, null, 256] }, [maps[key] ?? null]);
      return d.call(keras("Reshape", `${prefix}_${key}`, { target_shape: [-1, last] }), [x]);
    });
    return n.with(d.call(keras("Concatenate", joined, { axis: 1 }), [parts]), last);
  };
  return {
    bbox_regression: over("box_head", 4, "box_pred", "bbox_regression"),
    cls_logits: over("classification_head", classes, "cls_pred", "cls_logits"),
  };
}
/** DeepLabV3, RetinaNet. */
export const pyramids: readonly ArchitectureDef[] = [deepLab, retina];
/** Their layers that are made of layers. */
export const pyramidLayers: readonly ArchitectureDef[] = [pooling, pyramid, head];
