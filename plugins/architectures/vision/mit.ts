/** KerasHub's MiT, SegFormer's encoder (Xie et al. 2021), and SegFormer. @module */
import type { ArchitectureDef } from "../../../core/network/architecture.ts";
import { ConfigError } from "../../../core/values/errors.ts";
import type { Ref } from "../draft.ts";
import { backbone, Hyperparameters, keras } from "../kit.ts";
import { block, type ImageBackbone, imageBackbone, innerModel, layers, Net, stack } from "./kit.ts";
import { at } from "./resnet.ts";

/** Images in patches that overlap, as steps. */
const patching = block("OverlappingPatchingAndEmbedding", (h, n, x) => {
  const size = h.number("patch_size", 7),
    strides = h.number("stride", 4),
    width = h.number("project_dim", 32);
  const padded = n.pad("padding", x, Math.floor(size / 2));
  const y = n.conv("proj", padded, width, size, { strides, use_bias: true });
  return n.level("norm", n.reshape("steps", y, [-1, width]), 1e-5);
});
/** Attention over steps that are images, keys and values of fewer of them. */
function attention(n: Net, x: Ref, side: number, heads: number, ratio: number): Ref {
  const width = n.channels(x), size = Math.floor(width / heads), path = "attn";
  const split = (name: string, y: Ref) =>
    n.operation("Transpose", `${name}_heads`, [n.reshape(`${name}_split`, y, [-1, heads, size])], {
      axes: [0, 2, 1, 3],
    });
  const query = split("query", n.dense(`${path}/q`, x, width));
  let from = x;
  if (ratio > 1) {
    const image = n.reshape("image", x, [side, side, width]);
    from = n.conv(`${path}/sr`, image, width, ratio, { strides: ratio, use_bias: true });
    from = n.level(`${path}/norm`, n.reshape("reduced", from, [-1, width]), 1e-5);
  }
  const key = split("key", n.dense(`${path}/k`, from, width)),
    value = split("value", n.dense(`${path}/v`, from, width));
  const turned = n.operation("Transpose", "key_turned", [key], { axes: [0, 1, 3, 2] });
  const scores = n.operation("Multiply", "scores", [
    n.operation("Matmul", "products", [query, turned]),
    size ** -0.5,
  ]);
  const weights = n.with(n.operation("Softmax", "weights", [scores], { axis: -1 }, {}, "nn"), 1);
  const mixed = n.operation("Matmul", "mixed", [n.drop(`${path}/dropout`, weights, 0.1), value]);
  const joined = n.operation("Transpose", "turned", [mixed], { axes: [0, 2, 1, 3] });
  const y = n.reshape("joined", n.with(joined, width), [-1, width]);
  return n.drop(`${path}/proj_drop`, n.dense(`${path}/proj`, y, width), 0.1);
}
const encoder = layers("HierarchicalTransformerEncoder", (h, d, [sizes = []]) => {
  const n = new Net(d), x = n.input("input", sizes), width = h.number("project_dim");
  const side = Math.floor(Math.sqrt(sizes[0] ?? NaN)), epsilon = h.number("layer_norm_epsilon", 1e-6);
  if (!Number.isInteger(side)) throw new ConfigError("expected a number of steps that is known");
  const rate = h.number("drop_prob", 0), ratio = h.number("sr_ratio");
  const drop = (name: string, y: Ref) => n.drop(name, y, rate, 2);
  const seen = attention(n, n.level("norm1", x, epsilon), side, h.number("num_heads"), ratio);
  const first = n.add("add_1", [x, drop("drop_path", seen)]);
  let y = n.dense("mlp/fc1", n.level("norm2", first, epsilon), width * 4);
  y = n.depthwise("mlp/dwconv", n.reshape("mlp_image", y, [side, side, width * 4]), 3, {
    padding: "same",
    use_bias: true,
  });
  y = n.dense(
    "mlp/fc2",
    n.act("mlp_gelu", n.reshape("mlp_steps", y, [-1, width * 4]), "gelu_by_tanh"),
    width,
  );
  return d.finish(x, n.add("add_2", [first, drop("drop_path_2", y)]));
});
const mit = imageBackbone("MiTBackbone", (h, n, images) => {
  const depths = h.list("layerwise_depths"), heads = h.list("layerwise_num_heads");
  const ratios = h.list("layerwise_sr_ratios"), patches = h.list("layerwise_patch_sizes");
  const strides = h.list("layerwise_strides"),
    widths = h.list("hidden_dims"),
    most = h.number("max_drop_path_rate");
  const total = depths.reduce((a, b) => a + b, 0), sizes = h.sizes("image_shape", [null, null, 3]);
  let [height, width] = sizes, x = images, block = 0;
  for (let i = 0; i < h.count("num_layers"); i++) {
    if (typeof height !== "number" || typeof width !== "number") {
      throw new ConfigError("MiTBackbone.image_shape: expected a height and a width");
    }
    const size = at(patches, i), stride = at(strides, i), dim = at(widths, i);
    const out = (n: number) => Math.floor((n + 2 * Math.floor(size / 2) - size) / stride) + 1;
    const steps = out(height) * out(width);
    const config = { project_dim: dim, patch_size: size, stride };
    x = n.block("OverlappingPatchingAndEmbedding", `patch_and_embed_${i}`, x, config, dim);
    for (let k = 0; k < at(depths, i); k++, block++) {
      const part = {
        type: "HierarchicalTransformerEncoder",
        name: `hierarchical_encoder_${i}_${k}`,
        module: "keras_hub",
        shape: [null, steps, dim],
        config: {
          project_dim: dim,
          num_heads: at(heads, i),
          sr_ratio: at(ratios, i),
          drop_prob: total < 2 ? 0 : most * block / (total - 1),
        },
      };
      x = n.with(n.d.call(part, [x]), dim);
    }
    [height, width] = [Math.floor(height / stride), Math.floor(width / stride)];
    x = n.reshape(`output_level_${i}`, n.level(`layer_norm_${i}`, x, 1e-5), [height, width, dim]);
    n.pyramid.set(`P${i + 1}`, x);
  }
  return x;
});
/** MiT. */
export const mitBackbone: ImageBackbone = mit;
/** SegFormer: maps of an encoder brought to one size and joined. */
export const segFormer: ArchitectureDef = backbone("SegFormerBackbone", (h, d) => {
  const { config } = innerModel(h, "image_encoder", [mit]), own = new Hyperparameters("MiTBackbone", config);
  const widths = own.list("hidden_dims"), filters = h.number("projection_filters"), n = new Net(d);
  const shape = own.sizes("image_shape"), stride = at(own.list("layerwise_strides"), 0);
  const [height, width] = [0, 1].map((axis) => Math.floor((shape[axis] ?? NaN) / stride));
  const images = n.input("input_layer", shape);
  const features = d.call({
    type: "Functional",
    name: "functional",
    config: mit.pyramid(config, widths.map((_, i) => `P${i + 1}`)),
  }, [images]);
  const resized = keras("Resizing", "resizing", { height, width, interpolation: "bilinear" });
  const maps = widths.map((dim, tensor) => {
    const x = n.with({ ...features, tensor }, dim);
    return n.with(d.call(resized, [n.dense(`linear_${tensor}_${dim}`, x, filters)]), filters);
  });
  const joined = n.concat("concatenate", maps.toReversed());
  const fuse = stack("sequential", [
    keras("Conv2D", "fuse_conv", { filters, kernel_size: 1, use_bias: false }),
    keras("BatchNormalization", "fuse_norm", { epsilon: 1e-5, momentum: 0.9 }),
    keras("Activation", "fuse_activation", { activation: "relu" }),
  ]);
  return d.finish(images, d.call(fuse, [joined]));
});
/** Their layers that are made of layers. */
export const mitLayers: readonly ArchitectureDef[] = [patching, encoder];
