/** Plain image networks of KerasHub's: ResNet of all kinds, VGG, DenseNet, Xception. @module */
import { ConfigError } from "../../../core/values/errors.ts";
import type { Ref } from "../draft.ts";
import { type ImageBackbone, imageBackbone, type Net } from "./kit.ts";

const around = [[0, 0], [1, 1], [1, 1], [0, 0]] as const;
/** A pooling of three by three whose border is never the largest. */
export function paddedMaximum(n: Net, x: Ref, name: string): Ref {
  const constants = { constant_values: -Infinity };
  const padded = n.operation("Pad", "pad", [x], { pad_width: around, mode: "constant" }, constants);
  return n.pool("MaxPooling2D", name, n.with(padded, n.channels(x)), 3, 2);
}

interface Block {
  readonly name: string;
  readonly filters: number;
  readonly stride: number;
  readonly shortcut: boolean;
  readonly before: boolean;
  readonly type: string;
}
/** Two convolutions, or three around a narrow one, and the way past them (He et al. 2015, 2016; He et al. 2018 for `vd`). */
function residual(n: Net, x: Ref, { name, filters, stride, shortcut, before, type }: Block): Ref {
  const bn = (part: string, y: Ref) => n.norm(`${name}_${part}_bn`, y, 1e-5, 0.9);
  const relu = (part: string, y: Ref) => n.act(`${name}_${part}_relu`, y, "relu");
  const narrow = type.startsWith("bottleneck"), width = narrow ? 4 * filters : filters;
  const start = before ? relu("pre_activation", bn("pre_activation", x)) : x;
  let past = x;
  if (shortcut) {
    past = start;
    const pooled = type.endsWith("_vd");
    if (pooled && !before && stride > 1) {
      past = n.pool("AveragePooling2D", `${name}_0_pool`, past, 2, stride, "same");
    }
    past = n.conv(`${name}_0_conv`, past, width, 1, { strides: pooled ? 1 : stride });
    if (!before) past = bn("0", past);
  }
  const spatial = (part: string, y: Ref, strides: number) => {
    const padded = strides > 1 ? n.pad(`${name}_${part}_pad`, y, 1) : y;
    return n.conv(`${name}_${part}_conv`, padded, filters, 3, {
      strides,
      padding: strides > 1 ? "valid" : "same",
    });
  };
  let y = narrow ? n.conv(`${name}_1_conv`, start, filters, 1) : spatial("1", start, stride);
  y = relu("1", bn("1", y));
  y = narrow
    ? n.conv(`${name}_3_conv`, relu("2", bn("2", spatial("2", y, stride))), width, 1)
    : spatial("2", y, 1);
  if (before) return n.add(`${name}_out`, [past, y]);
  return n.act(`${name}_out`, n.add(`${name}_add`, [past, bn(narrow ? "3" : "2", y)]), "relu");
}
const blockTypes = ["basic_block", "bottleneck_block", "basic_block_vd", "bottleneck_block_vd"] as const;
const resNet = imageBackbone("ResNetBackbone", (h, n, images) => {
  const filters = h.list("input_conv_filters"), kernels = h.list("input_conv_kernel_sizes");
  const before = h.flag("use_pre_activation", false), type = h.choice("block_type", blockTypes);
  const [first = 64, ...more] = filters, [size = 7, ...sizes] = kernels;
  let x = n.pad("conv1_pad", images, Math.floor((size - 1) / 2));
  x = n.conv("conv1_conv", x, first, size, { strides: 2 });
  const level = (i: number, y: Ref) => n.act(`conv${i}_relu`, n.norm(`conv${i}_bn`, y, 1e-5, 0.9), "relu");
  more.forEach((count, i) => {
    x = n.conv(`conv${i + 2}_conv`, level(i + 1, x), count, at(sizes, i), { padding: "same" });
  });
  if (!before) x = level(filters.length, x);
  x = before
    ? paddedMaximum(n, x, "pool1_pool")
    : n.pool("MaxPooling2D", "pool1_pool", n.pad("pool1_pad", x, 1), 3, 2);
  const widths = h.list("stackwise_num_filters"), counts = h.list("stackwise_num_blocks");
  const strides = h.list("stackwise_num_strides");
  widths.forEach((width, stack) => {
    for (let i = 0; i < at(counts, stack); i++) {
      x = residual(n, x, {
        name: `stack${stack}_block${i}`,
        filters: width,
        stride: i === 0 ? at(strides, stack) : 1,
        shortcut: i === 0 && (type !== "basic_block" || stack > 0),
        before,
        type,
      });
    }
    n.pyramid.set(`P${stack + 2}`, x);
  });
  return before ? n.act("post_relu", n.norm("post_bn", x, 1e-5, 0.9), "relu") : x;
});
/** An element that has to be there. @throws {ConfigError} */
export function at<T>(list: readonly T[], index: number): T {
  const value = list[index];
  if (value === undefined) {
    throw new ConfigError(`expected a list of more than ${index} elements, got ${list.length}`);
  }
  return value;
}

const vgg = imageBackbone("VGGBackbone", (h, n, images) => {
  const widths = h.list("stackwise_num_filters");
  let x = images;
  h.list("stackwise_num_repeats").forEach((repeats, i) => {
    for (let k = 1; k <= repeats; k++) {
      const more = { padding: "same", use_bias: true, activation: "relu" };
      x = n.conv(`block${i + 1}_conv${k}`, x, at(widths, i), 3, more);
    }
    x = n.pool("MaxPooling2D", `block${i + 1}_pool`, x, 2, 2);
  });
  return x;
});

const denseNet = imageBackbone("DenseNetBackbone", (h, n, images) => {
  const growth = h.number("growth_rate", 32), kept = h.number("compression_ratio", 0.5);
  const level = (name: string, y: Ref) => n.act(`${name}relu`, n.norm(`${name}bn`, y, 1.001e-5), "relu");
  let x = n.conv("conv1_conv", images, 64, 7, { strides: 2, padding: "same" });
  x = n.pool("MaxPooling2D", "pool1", level("conv1_", x), 3, 2, "same");
  const repeats = h.list("stackwise_num_repeats");
  repeats.forEach((count, i) => {
    for (let k = 1; k <= count; k++) {
      const name = `stack${i + 1}_block${k}`;
      const inner = n.conv(`${name}_1_conv`, level(`${name}_1_`, x), 4 * growth, 1);
      const y = n.conv(`${name}_2_conv`, level(`${name}_2_`, inner), growth, 3, { padding: "same" });
      x = n.concat(`${name}_concat`, [x, y]);
    }
    n.pyramid.set(`P${i + 2}`, x);
    if (i === repeats.length - 1) return;
    const name = `transition${i + 1}`, width = Math.trunc(n.channels(x) * kept);
    x = n.conv(`${name}_conv`, level(`${name}_`, x), width, 1);
    x = n.pool("AveragePooling2D", `${name}_pool`, x, 2, 2);
  });
  return level("", x);
});

const xception = imageBackbone("XceptionBackbone", (h, n, images) => {
  const blocks = h.any("stackwise_conv_filters"), pooled = h.any("stackwise_pooling");
  if (!Array.isArray(blocks) || !Array.isArray(pooled)) {
    throw new ConfigError("XceptionBackbone: expected lists of filters and poolings");
  }
  const separable = (name: string, y: Ref, filters: number) => {
    const config = { filters, kernel_size: 3, padding: "same", use_bias: false };
    return n.norm(`${name}_bn`, n.with(n.layer("SeparableConv2D", name, y, config), filters), 1e-3);
  };
  let x = images;
  blocks.forEach((list: unknown, i) => {
    const widths = (Array.isArray(list) ? list : [list]).map(Number), start = x;
    const first = i === 0, last = i === blocks.length - 1;
    widths.forEach((filters, k) => {
      const name = `block${i + 1}_${first ? "" : "sep"}conv${k + 1}`;
      if (first) x = n.norm(`${name}_bn`, n.conv(name, x, filters, 3, { strides: k === 0 ? 2 : 1 }), 1e-3);
      if (!first && !last && !(i === 1 && k === 0)) x = n.act(`${name}_act`, x, "relu");
      if (!first) x = separable(name, x, filters);
      if (first || last) x = n.act(`${name}_act`, x, "relu");
    });
    if (pooled[i] === true) x = n.pool("MaxPooling2D", `block${i + 1}_pool`, x, 3, 2, "same");
    if (first || last) return;
    const name = `block${i + 1}_residual`, width = n.channels(x);
    let past = start;
    if (width !== n.channels(start)) {
      past = n.norm(
        `${name}_bn`,
        n.conv(`${name}_conv`, start, width, 1, { strides: 2, padding: "same" }),
        1e-3,
      );
    }
    x = n.add(`${name}_add`, [x, past]);
  });
  return x;
});

/** ResNet, VGG, DenseNet, Xception. */
export const plain: readonly ImageBackbone[] = [resNet, vgg, denseNet, xception];
