/** KerasHub's EfficientNet (both versions) and MobileNet. @module */
import type { ArchitectureDef } from "../../../core/network/architecture.ts";
import { ConfigError } from "../../../core/values/errors.ts";
import type { Ref } from "../draft.ts";
import type { Hyperparameters } from "../kit.ts";
import { block, type ImageBackbone, imageBackbone, type Net } from "./kit.ts";
import { at } from "./resnet.ts";

type Json = Readonly<Record<string, unknown>>;
/** Channels weighed by what a pooled, narrow way says of them. */
function excited(
  n: Net,
  x: Ref,
  reduce: string,
  expand: string,
  narrow: number,
  activations: readonly unknown[],
): Ref {
  const [first, second] = activations, width = n.channels(x), wide = { use_bias: true };
  const mean = n.layer("GlobalAveragePooling2D", `${reduce}_squeeze`, x, { keepdims: true });
  let se = n.conv(reduce, mean, narrow, 1, { ...wide, activation: first });
  se = n.conv(expand, se, width, 1, { ...wide, activation: second });
  return n.with(n.d.call({ type: "Multiply", name: `${reduce}_excite` }, [[x, se]]), width);
}
interface Inverted {
  readonly input: number;
  readonly output: number;
  readonly kernel: number;
  readonly strides: number;
  readonly expand: number;
  readonly squeeze: number;
  readonly dropout: number;
  readonly activation: unknown;
  readonly after: unknown;
  readonly past: boolean;
  readonly epsilon: number;
  readonly momentum: number;
}
function read(h: Hyperparameters): Inverted {
  const input = h.number("input_filters"),
    output = h.number("output_filters"),
    strides = h.number("strides", 1);
  const plain = h.flag("nores", false);
  return {
    input,
    output,
    kernel: h.number("kernel_size", 3),
    strides,
    expand: h.number("expand_ratio", 1),
    squeeze: h.number("se_ratio", 0),
    dropout: h.number("dropout", 0.2),
    activation: h.any("activation", "swish"),
    after: h.any("projection_activation", null),
    past: strides === 1 && input === output && !plain,
    epsilon: h.number("batch_norm_epsilon", 1e-3),
    momentum: h.number("batch_norm_momentum", 0.9),
  };
}
const half = (size: number) => Math.floor(size / 2);
function joined(n: Net, c: Inverted, x: Ref, y: Ref): Ref {
  return c.past ? n.add("add", [n.drop("dropout_layer", y, c.dropout, 3), x]) : y;
}
const narrowed = (c: Inverted) => Math.max(1, Math.trunc(c.input * c.squeeze));
const squeezes = (c: Inverted) => c.squeeze > 0 && c.squeeze <= 1;
const cba = block("CBABlock", (h, n, x) => {
  const c = read(h), padded = n.pad("conv1_pad", x, half(c.kernel));
  const y = n.norm(
    "bn1",
    n.conv("conv1", padded, c.output, c.kernel, { strides: c.strides }),
    c.epsilon,
    c.momentum,
  );
  return joined(n, c, x, n.act("act", y, c.activation));
});
const fused = block("FusedMBConvBlock", (h, n, x) => {
  const c = read(h), width = c.input * c.expand, size = h.number("projection_kernel_size", 1);
  let y = n.conv("conv1", n.pad("conv1_pad", x, half(c.kernel)), width, c.kernel, { strides: c.strides });
  y = n.act("act", n.norm("bn1", y, c.epsilon, c.momentum), c.activation);
  if (squeezes(c)) y = excited(n, y, "se_conv1", "se_conv2", narrowed(c), [c.activation, "sigmoid"]);
  y = n.conv("output_conv", n.pad("output_conv_pad", y, half(size)), c.output, size);
  y = n.norm("bn2", y, c.epsilon, c.momentum);
  if (c.expand === 1 && typeof c.after === "string") y = n.act("projection_act", y, c.after);
  return joined(n, c, x, y);
});
const unfused = block("MBConvBlock", (h, n, x) => {
  const c = read(h), width = c.input * c.expand, size = c.expand === 1 ? c.kernel : 1;
  const level = (name: string, y: Ref) => n.norm(name, y, c.epsilon, c.momentum);
  let y = x;
  if (c.expand !== 1) {
    y = n.act("act", level("bn1", n.conv("conv1", y, width, 1, { padding: "same" })), c.activation);
  }
  y = level("bn2", n.depthwise("depthwise", y, c.kernel, { strides: c.strides, padding: "same" }));
  y = n.act("act_2", y, c.activation);
  if (squeezes(c)) y = excited(n, y, "se_conv1", "se_conv2", narrowed(c), [c.activation, "sigmoid"]);
  y = n.conv("output_conv", n.pad("output_conv_pad", y, half(size)), c.output, size);
  return joined(n, c, x, level("bn3", y));
});
/** A block of the first version, its layers in the network itself. */
function first(n: Net, x: Ref, name: string, c: Inverted): Ref {
  const width = c.input * c.expand, level = (part: string, y: Ref) => n.norm(`${name}${part}`, y, c.epsilon);
  let y = x;
  if (c.expand !== 1) {
    y = level("expand_bn", n.conv(`${name}expand_conv`, y, width, 1, { padding: "same" }));
    y = n.act(`${name}expand_activation`, y, c.activation);
  }
  y = n.depthwise(`${name}dwconv`, n.pad(`${name}dwconv_pad`, y, half(c.kernel)), c.kernel, {
    strides: c.strides,
  });
  y = n.act(`${name}dwconv_activation`, level("dwconv_bn", y), c.activation);
  if (squeezes(c)) {
    y = excited(n, y, `${name}se_reduce`, `${name}se_expand`, narrowed(c), [c.activation, "sigmoid"]);
  }
  y = level("project_bn", n.conv(`${name}project`, y, c.output, 1, { padding: "same" }));
  if (typeof c.after === "string") y = n.act(`${name}projection_activation`, y, c.after);
  if (!c.past) return y;
  return n.add(`${name}add`, [n.drop(`${name}drop`, y, c.dropout, 3), x]);
}
const versions: Readonly<Record<string, string>> = {
  fused: "FusedMBConvBlock",
  unfused: "MBConvBlock",
  cba: "CBABlock",
};
const efficientNet = imageBackbone("EfficientNetBackbone", (h, n, images) => {
  const divisor = h.number("depth_divisor", 8), least = h.number("min_depth", 8);
  const strict = h.flag("use_depth_divisor_as_min_depth", false),
    capped = h.flag("cap_round_filter_decrease", false);
  const rounded = (filters: number, width: number) => {
    const wanted = filters * width, near = Math.floor(Math.trunc(wanted + divisor / 2) / divisor) * divisor;
    const made = Math.max(strict ? divisor : least, near);
    return Math.trunc(capped && made < 0.9 * wanted ? made + divisor : made);
  };
  const widths = h.list("stackwise_width_coefficients"), depths = h.list("stackwise_depth_coefficients");
  const inputs = h.list("stackwise_input_filters"), outputs = h.list("stackwise_output_filters");
  const kernels = h.list("stackwise_kernel_sizes"), repeats = h.list("stackwise_num_repeats");
  const expands = h.list("stackwise_expansion_ratios"), strides = h.list("stackwise_strides");
  const squeezed = h.list("stackwise_squeeze_and_excite_ratios");
  const forced = h.list("stackwise_force_input_filters", kernels.map(() => 0));
  const types = h.any("stackwise_block_types"), plain = h.any("stackwise_nores_option", []);
  if (!Array.isArray(types) || !Array.isArray(plain)) {
    throw new ConfigError("stackwise_block_types: expected a list");
  }
  const activation = h.any("activation", "swish"), after = h.any("projection_activation", null);
  const momentum = h.number("batch_norm_momentum", 0.9), epsilon = h.number("batch_norm_epsilon", 1e-5);
  const dropout = h.number("dropout", 0.2), blocks = repeats.reduce((a, b) => a + b, 0);
  const padding = h.any("stem_conv_padding", "valid");
  let x = h.flag("include_stem_padding", true) ? n.pad("stem_conv_pad", images, 1) : images;
  x = n.conv("stem_conv", x, rounded(at(inputs, 0), at(widths, 0)), 3, { strides: 2, padding });
  x = n.act("stem_activation", n.norm("stem_bn", x, epsilon, momentum), activation);
  let level = 1, id = 0;
  kernels.forEach((kernel, i) => {
    const output = rounded(at(outputs, i), at(widths, i));
    const count = Math.ceil(at(depths, i) * at(repeats, i));
    for (let j = 0; j < count; j++, id++) {
      const stride = j === 0 ? at(strides, i) : 1, force = at(forced, i);
      const input = force > 0
        ? rounded(force, at(widths, i))
        : j === 0
        ? rounded(at(inputs, i), at(widths, i))
        : output;
      if (stride !== 1) n.pyramid.set(`P${level++}`, x);
      const name = `block${i + 1}${String.fromCharCode(97 + j)}_`,
        type = String(types[i]),
        rate = dropout * id / blocks;
      if (type === "v1") {
        x = first(n, x, name, {
          ...{ input, output, kernel, strides: stride, expand: at(expands, i), squeeze: at(squeezed, i) },
          ...{ activation, after, epsilon, momentum, dropout: rate, past: stride === 1 && input === output },
        });
        continue;
      }
      const wide = type === "cba" ? {} : { expand_ratio: at(expands, i), se_ratio: at(squeezed, i) };
      const className = versions[type];
      if (className === undefined) throw new ConfigError(`stackwise_block_types: unknown type ${type}`);
      const config: Json = {
        input_filters: input,
        output_filters: output,
        kernel_size: kernel,
        strides: stride,
        activation,
        dropout: rate,
        batch_norm_momentum: momentum,
        batch_norm_epsilon: epsilon,
        nores: plain[i] === true,
        ...wide,
        ...(type === "fused" && { projection_activation: after }),
      };
      x = n.block(className, name, x, config, output);
    }
  });
  const top = rounded(h.number("num_features", 1280), at(widths, widths.length - 1));
  x = n.norm("top_bn", n.conv("top_conv", x, top, 1, { padding: "same" }), epsilon, momentum);
  x = n.act("top_activation", x, activation);
  n.pyramid.set(`P${level}`, x);
  return x;
}, { shape: "input_shape" });

/** A multiple of eight that is no tenth less. */
function adjusted(x: number): number {
  const near = Math.max(8, Math.floor(Math.trunc(x + 4) / 8) * 8);
  return near < 0.9 * x ? near + 8 : near;
}
const squeeze = (n: Net, name: string, x: Ref, ratio: number) =>
  excited(n, x, `${name}/conv_reduce`, `${name}/conv_expand`, adjusted(n.channels(x) * ratio), [
    "relu",
    "hard_sigmoid",
  ]);
const grouped = (n: Net, name: string, x: Ref, kernel: number, stride: number) =>
  n.conv(name, x, n.channels(x), kernel, { strides: stride, groups: n.channels(x) });
const level = (n: Net, name: string, x: Ref) => n.norm(name, x, 1e-5, 0.9);
const separated = block("DepthwiseConvBlock", (h, n, x) => {
  h.number("infilters");
  const ratio = h.any("squeeze_excite_ratio", null);
  let y = grouped(n, "conv1", n.pad("pad", x, 1), h.number("kernel_size", 3), h.number("stride", 2));
  y = n.act("activation1", level(n, "batch_normalization1", y), "relu");
  if (typeof ratio === "number" && ratio !== 0) y = squeeze(n, "se_layer", y, ratio);
  y = level(n, "batch_normalization2", n.conv("conv2", y, h.number("filters"), 1));
  return h.flag("residual", false) ? n.add("add", [y, x]) : y;
});
const inverted = block("InvertedResidualBlock", (h, n, x) => {
  const activation = h.any("activation"), filters = h.number("filters"), stride = h.number("stride");
  const ratio = h.any("squeeze_excite_ratio", null),
    padding = h.number("padding"),
    input = h.number("infilters");
  let y = level(n, "batch_normalization1", n.conv("conv1", x, adjusted(h.number("expansion")), 1));
  y = n.pad("pad", n.act("activation1", y, activation), padding);
  y = level(n, "batch_normalization2", grouped(n, "conv2", y, h.number("kernel_size"), stride));
  y = n.act("activation2", y, activation);
  if (typeof ratio === "number" && ratio !== 0) y = squeeze(n, "squeeze_excite", y, ratio);
  y = level(n, "batch_normalization3", n.conv("conv3", y, filters, 1));
  return stride === 1 && input === filters ? n.add("add", [x, y]) : y;
});
const activated = block("ConvBnActBlock", (h, n, x) => {
  const y = level(n, "batch_normalization", n.conv("conv", x, h.number("filter"), 1));
  return n.act("activation_layer", y, h.any("activation"));
});
const mobileNet = imageBackbone("MobileNetBackbone", (h, n, images) => {
  const table = (key: string) => {
    const value = h.any(key);
    if (Array.isArray(value) && value.every(Array.isArray)) return value as readonly (readonly unknown[])[];
    throw new ConfigError(`MobileNetBackbone.${key}: expected lists`, { place: key });
  };
  const start = adjusted(h.number("input_num_filters", 16));
  h.any("output_num_filters");
  h.any("output_activation");
  let x = n.conv("input_conv", n.pad("input_pad", images, 1), start, 3, { strides: 2 });
  x = n.act("input_activation", level(n, "input_batch_norm", x), h.any("input_activation", "hard_swish"));
  const filters = h.number("depthwise_filters");
  x = n.block("DepthwiseConvBlock", "block_0_0", x, {
    infilters: start,
    filters,
    stride: h.number("depthwise_stride"),
    squeeze_excite_ratio: h.any("squeeze_and_excite", null),
    residual: h.flag("depthwise_residual", false),
  }, filters);
  const widths = table("stackwise_num_filters"), expansions = table("stackwise_expansion");
  const kernels = table("stackwise_kernel_size"), strides = table("stackwise_num_strides");
  const ratios = table("stackwise_se_ratio"), activations = table("stackwise_activation");
  const paddings = table("stackwise_padding"), counts = h.list("stackwise_num_blocks");
  counts.forEach((count, i) => {
    for (let j = 0; j < count; j++) {
      const width = adjusted(Number(at(at(widths, i), j)));
      x = n.block("InvertedResidualBlock", `block_${i + 1}_${j}`, x, {
        expansion: at(at(expansions, i), j),
        infilters: n.channels(x),
        filters: width,
        kernel_size: at(at(kernels, i), j),
        stride: at(at(strides, i), j),
        squeeze_excite_ratio: at(at(ratios, i), j),
        activation: at(at(activations, i), j),
        padding: at(at(paddings, i), j),
      }, width);
    }
  });
  const last = adjusted(h.number("last_layer_filter"));
  const config = { filter: last, activation: "hard_swish" };
  return n.block("ConvBnActBlock", `block_${counts.length + 1}_0`, x, config, last);
});

/** EfficientNet, MobileNet. */
export const mobile: readonly ImageBackbone[] = [efficientNet, mobileNet];
/** Their layers that are made of layers. */
export const mobileLayers: readonly ArchitectureDef[] = [cba, fused, unfused, separated, inverted, activated];
