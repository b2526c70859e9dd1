/** KerasHub's HGNetV2. @module */
import type { ArchitectureDef } from "../../../core/network/architecture.ts";
import { ConfigError, shown } from "../../../core/values/errors.ts";
import type { Ref } from "../draft.ts";
import type { Hyperparameters } from "../kit.ts";
import { block, type ImageBackbone, imageBackbone, inList, layers, Net } from "./kit.ts";
import { at } from "./resnet.ts";

interface Conv {
  readonly out: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly groups?: number;
  readonly activation: unknown;
  readonly affine: boolean;
}
/** A convolution, normalized and activated, scaled and shifted by two numbers where it is affine. */
function conv(n: Net, path: string, x: Ref, c: Conv): Ref {
  const prefix = path === "" ? "" : `${path}/`, { stride = 1, groups = 1 } = c;
  let y = n.pad(`${prefix}padding`, x, Math.floor((c.kernel - 1) / 2));
  y = n.conv(`${prefix}convolution`, y, c.out, c.kernel, { strides: stride, groups });
  y = n.norm(`${prefix}normalization`, y, 1e-5, 0.9);
  if (c.activation !== null) y = n.act(`${prefix}activation_layer`, y, c.activation);
  if (!c.affine) return y;
  const [scale, bias] = n.variables(`${prefix}lab`, y, [{ shape: [], init: "ones" }, { shape: [] }]);
  return n.both("Add", `${prefix}shifted`, n.both("Multiply", `${prefix}scaled`, y, scale ?? 1), bias ?? 0);
}
const ignored = (h: Hyperparameters, ...keys: readonly string[]) => keys.forEach((key) => h.any(key));
const convLayer = block("HGNetV2ConvLayer", (h, n, x) => {
  ignored(h, "in_channels", "channel_axis");
  return conv(n, "", x, {
    out: h.number("out_channels"),
    kernel: h.number("kernel_size"),
    stride: h.number("stride"),
    groups: h.number("groups"),
    activation: h.any("activation", null),
    affine: h.flag("use_learnable_affine_block", false),
  });
});
const embeddings = block("HGNetV2Embeddings", (h, n, images) => {
  ignored(h, "channel_axis");
  const [, middle = 0, out = 0] = h.list("stem_channels"), activation = h.any("hidden_act");
  const affine = h.flag("use_learnable_affine_block", false);
  const stem = (name: string, x: Ref, width: number, kernel: number, stride = 1) =>
    conv(n, `${name}_layer`, x, { out: width, kernel, stride, activation, affine });
  const after = [[0, 1], [0, 1]];
  const first = n.pad("padding1", stem("stem1", images, middle, 3, 2), after);
  const narrow = stem("stem2a", first, Math.floor(middle / 2), 2);
  const second = stem("stem2b", n.pad("padding2", narrow, after), middle, 2);
  const both = n.concat("concatenate_layer", [n.pool("MaxPooling2D", "pool_layer", first, 2, 1), second]);
  return stem("stem4", stem("stem3", both, middle, 3, 2), out, 1);
});

interface Stage {
  readonly input: number;
  readonly middle: number;
  readonly output: number;
  readonly blocks: number;
  readonly layers: number;
  readonly kernel: number;
  readonly down: boolean;
  readonly light: boolean;
  readonly affine: boolean;
}
/** Convolutions one after another, all of their maps joined and squeezed. */
function basic(n: Net, path: string, x: Ref, s: Stage, residual: boolean): Ref {
  const maps = [x], affine = s.affine, activation = "relu";
  let y = x;
  for (let i = 0; i < s.layers; i++) {
    if (s.light) {
      const own = `${path}/${inList("layer_list", "HGNetV2ConvLayerLight", i)}`, out = s.middle;
      y = conv(n, `${own}/conv1_layer`, y, { out, kernel: 1, activation: null, affine: false });
      y = conv(n, `${own}/conv2_layer`, y, { out, kernel: s.kernel, groups: out, activation, affine });
    } else {
      const own = `${path}/${inList("layer_list", "HGNetV2ConvLayer", i)}`;
      y = conv(n, own, y, { out: s.middle, kernel: s.kernel, activation, affine });
    }
    maps.push(y);
  }
  const joined = n.concat(`${path}/concatenate_layer`, maps), half = Math.floor(s.output / 2);
  y = conv(n, `${path}/aggregation_squeeze_conv`, joined, { out: half, kernel: 1, activation, affine });
  y = conv(n, `${path}/aggregation_excitation_conv`, y, { out: s.output, kernel: 1, activation, affine });
  return residual ? n.add(`${path}/add_layer`, [y, x]) : y;
}
function stageOf(n: Net, path: string, x: Ref, s: Stage): Ref {
  let y = x;
  if (s.down) {
    const part = { out: s.input, kernel: 3, stride: 2, groups: s.input, activation: null, affine: false };
    y = conv(n, `${path}/downsample_layer`, y, part);
  }
  for (let i = 0; i < s.blocks; i++) {
    y = basic(n, `${path}/${inList("blocks_list", "HGNetV2BasicLayer", i)}`, y, s, i > 0);
  }
  return y;
}
const encoder = layers("HGNetV2Encoder", (h, d, [sizes = []]) => {
  ignored(h, "channel_axis", "data_format");
  const n = new Net(d),
    start = n.input("input", sizes),
    flags = (key: string) => {
      const value = h.any(key);
      if (Array.isArray(value)) return value as readonly unknown[];
      throw new ConfigError(`HGNetV2Encoder.${key}: expected a list, got ${shown(value)}`, { place: key });
    };
  const list = (key: string) => h.list(`stage_${key}`);
  const inputs = list("in_channels"), middles = list("mid_channels"), outputs = list("out_channels");
  const blocks = list("num_blocks"), counts = list("num_of_layers"), kernels = list("kernel_size");
  const down = flags("apply_downsample"), light = flags("use_lightweight_conv_block");
  const affine = h.flag("use_learnable_affine_block", false), maps: Record<string, Ref> = { "00": start };
  let x = start;
  inputs.forEach((input, i) => {
    x = stageOf(n, inList("stages_list", "HGNetV2Stage", i), x, {
      input,
      middle: at(middles, i),
      output: at(outputs, i),
      blocks: at(blocks, i),
      layers: at(counts, i),
      kernel: at(kernels, i),
      down: down[i] === true,
      light: light[i] === true,
      affine,
    });
    maps[`${i + 1}`.padStart(2, "0")] = x;
  });
  return d.finish(start, maps);
});
/** HGNetV2. */
export const hgNet: ImageBackbone = imageBackbone("HGNetV2Backbone", (h, n, images) => {
  ignored(h, "depths", "embedding_size", "hidden_sizes");
  const rows = h.any("stackwise_stage_filters"), affine = h.flag("use_learnable_affine_block", false);
  if (!Array.isArray(rows) || !rows.every(Array.isArray)) {
    throw new ConfigError("HGNetV2Backbone.stackwise_stage_filters: expected lists");
  }
  const column = (i: number) => rows.map((row: readonly unknown[]) => Number(row[i]));
  const own = typeof h.any("name") === "string" ? `${h.any("name")}_` : "", stem = h.list("stem_channels");
  const stages = ["stem", ...rows.map((_, i) => `stage${i + 1}`)],
    out = h.any("out_features", null) ?? stages;
  const embedded = n.block("HGNetV2Embeddings", `${own}embedder`, images, {
    stem_channels: stem,
    hidden_act: h.any("hidden_act"),
    use_learnable_affine_block: affine,
  }, at(stem, 2));
  const maps = n.block("HGNetV2Encoder", `${own}encoder`, embedded, {
    stage_in_channels: column(0),
    stage_mid_channels: column(1),
    stage_out_channels: column(2),
    stage_num_blocks: column(3),
    stage_num_of_layers: column(4),
    stage_kernel_size: column(5),
    apply_downsample: h.any("apply_downsample"),
    use_lightweight_conv_block: h.any("use_lightweight_conv_block"),
    use_learnable_affine_block: affine,
  }, 0);
  const widths = [at(stem, 2), ...column(2)];
  const outputs = stages.map((name, i) => [name, n.with({ ...maps, tensor: i }, at(widths, i))] as const);
  outputs.forEach(([name, x]) => n.pyramid.set(name, x));
  return Object.fromEntries(outputs.filter(([name]) => Array.isArray(out) && out.includes(name)));
}, { input: "pixel_values_input" });
/** Its layers that are made of layers. */
export const hgLayers: readonly ArchitectureDef[] = [convLayer, embeddings, encoder];
