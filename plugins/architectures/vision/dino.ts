/** KerasHub's DeiT (Touvron et al. 2021) and DINOV2 (Oquab et al. 2023). @module */
import type { ArchitectureDef } from "../../../core/network/architecture.ts";
import { ConfigError } from "../../../core/values/errors.ts";
import type { Ref } from "../draft.ts";
import type { Hyperparameters } from "../kit.ts";
import { block, type ImageBackbone, imageBackbone, inList, layers, Net, type Variable } from "./kit.ts";
import { at } from "./resnet.ts";

/** Two sizes; a number alone is both. */
export function pair(h: Hyperparameters, key: string): readonly [number, number] {
  const list = h.list(key), first = at(list, 0);
  return [first, list[1] ?? first];
}
/** Images in patches as steps. */
export function patches(n: Net, name: string, x: Ref, size: unknown, width: number, bias = true): Ref {
  const y = n.conv(name, x, width, size, { strides: size, use_bias: bias });
  return n.reshape(`${name}_steps`, y, [-1, width]);
}
/** Steps one after another. */
export function after(n: Net, name: string, list: readonly Ref[]): Ref {
  const [first] = list, y = n.d.call({ type: "Concatenate", name, config: { axis: 1 } }, [list]);
  return first ? n.with(y, n.channels(first)) : y;
}
/** The elements that have to be there. */
export function some(list: readonly Ref[], index: number): Ref {
  return at(list, index);
}
const deitEmbeddings = block("DeiTEmbeddings", (h, n, images) => {
  ["num_channels", "num_patches", "num_positions"].forEach((key) => h.any(key));
  const [height, width] = pair(h, "image_size"),
    [rows, columns] = pair(h, "patch_size"),
    dim = h.number("hidden_dim");
  const count = Math.floor(height / rows) * Math.floor(width / columns),
    token = { shape: [1, 1, dim], rows: true };
  const masked: readonly Variable[] = h.flag("use_mask_token", false) ? [{ shape: [1, 1, dim] }] : [];
  const steps = patches(n, "patch_embedding", images, [rows, columns], dim);
  const own = n.variables("", images, [...masked, token, token, {
    shape: [1, count + 2, dim],
    init: "randomNormal",
  }]);
  const [first, second, positions] = own.slice(masked.length) as [Ref, Ref, Ref];
  const all = n.add("positioned", [after(n, "joined", [first, second, steps]), positions]);
  return n.drop("dropout", all, h.number("dropout_rate", 0));
});
const deitEncoder = block("DeiTEncoder", (h, n, start) => {
  h.any("key_dim");
  const dim = h.number("hidden_dim"),
    heads = h.number("num_heads"),
    epsilon = h.number("layer_norm_epsilon", 1e-6);
  const options = { use_bias: h.flag("use_mha_bias", true), dropout: h.number("attention_dropout", 0) };
  const rate = h.number("dropout_rate", 0), units = h.number("intermediate_dim");
  let x = start;
  for (let i = 0; i < h.count("num_layers"); i++) {
    const own = inList("encoder_layers", "DeiTEncoderBlock", i);
    const level = n.level(`${own}/layer_norm_1`, x, epsilon);
    const seen = n.add(`${own}/add_1`, [
      n.attention(`${own}/mha`, level, heads, Math.floor(dim / heads), options),
      x,
    ]);
    let y = n.dense(`${own}/mlp/dense`, n.level(`${own}/layer_norm_2`, seen, epsilon), units, {
      activation: "gelu",
    });
    y = n.drop(`${own}/output_layer/dropout`, n.dense(`${own}/output_layer/dense`, y, dim), rate);
    x = n.add(`${own}/add_2`, [y, seen]);
  }
  return n.level("layer_norm", x, epsilon);
});
const deit = imageBackbone("DeiTBackbone", (h, n, images) => {
  const [height, width, channels] = h.sizes("image_shape"), dim = h.number("hidden_dim");
  const x = n.block("DeiTEmbeddings", "deit_patching_and_embedding", images, {
    image_size: [height, width],
    patch_size: pair(h, "patch_size"),
    hidden_dim: dim,
    num_channels: channels,
    dropout_rate: h.number("dropout_rate", 0),
  }, dim);
  return n.block(
    "DeiTEncoder",
    "deit_encoder",
    x,
    {
      num_layers: h.count("num_layers"),
      num_heads: h.number("num_heads"),
      hidden_dim: dim,
      intermediate_dim: h.number("intermediate_dim"),
      use_mha_bias: h.flag("use_mha_bias", true),
      dropout_rate: h.number("dropout_rate", 0),
      attention_dropout: h.number("attention_dropout", 0),
      layer_norm_epsilon: h.number("layer_norm_epsilon", 1e-6),
    },
    dim,
    3,
  );
});

const dinoEmbedding = block("DINOV2Embedding", (h, n, images) => {
  const dim = h.number("hidden_dim"),
    size = h.number("patch_size"),
    registers = h.count("num_register_tokens", 0);
  const [height, width] = pair(h, "image_shape"),
    [fromHeight, fromWidth] = pair(h, "position_embedding_shape");
  const count = (a: number, b: number) => Math.floor(a / size) * Math.floor(b / size);
  const own: Variable[] = [{ shape: [1, 1, dim], rows: true }];
  if (h.flag("use_mask_token", true)) own.push({ shape: [1, dim] });
  if (registers > 0) own.push({ shape: [1, registers, dim], rows: true });
  own.push({ shape: [1, count(height, width) + 1, dim] });
  own.push({ shape: [1, count(fromHeight, fromWidth) + 1, dim], kept: true, init: "truncatedNormal" });
  const values = n.variables("", images, own),
    token = some(values, 0),
    positions = some(values, own.length - 1);
  const steps = patches(n, "patch_embeddings/projection", images, size, dim);
  const antialias = h.flag("antialias_in_interpolation", false);
  const same = fromHeight === height && fromWidth === width;
  const placed = same ? positions : resized(n, positions, {
    from: Math.floor(Math.sqrt(count(fromHeight, fromWidth))),
    to: [Math.floor(height / size), Math.floor(width / size)],
    antialias,
  });
  let x = n.add("positioned", [after(n, "joined", [token, steps]), placed]);
  if (registers > 0) {
    x = after(n, "registered", [token_(n, x), some(values, own.length - 3), rest(n, x, 1)]);
  }
  return n.drop("dropout", x, h.number("dropout_rate", 0));
});
const slice = (start: number | null, stop: number | null) => ({
  class_name: "__slice__",
  config: { start, stop, step: null },
});
const token_ = (n: Net, x: Ref) => part(n, "class_token_kept", x, 0, 1);
const rest = (n: Net, x: Ref, from: number) => part(n, `steps_from_${from}`, x, from, null);
/** Steps from one to another. */
export function part(n: Net, name: string, x: Ref, from: number | null, to: number | null): Ref {
  return n.with(n.operation("GetItem", name, [x, [slice(null, null), slice(from, to)]]), n.channels(x));
}
/** Learned positions of a square of patches brought to another size, those of the first step kept. */
export function resized(
  n: Net,
  positions: Ref,
  { from, to, antialias }: {
    readonly from: number;
    readonly to: readonly number[];
    readonly antialias: boolean;
  },
): Ref {
  const dim = n.channels(positions), square = [1, from, from, dim];
  const image = n.operation("Reshape", "position_image", [part(n, "position_steps", positions, 1, null)], {
    newshape: square,
  });
  const options = { size: to, interpolation: "bicubic", antialias, data_format: "channels_last" };
  const larger = n.operation("Resize", "position_resized", [image], options, {}, "image");
  const steps = n.with(n.operation("Reshape", "position_flat", [larger], { newshape: [1, -1, dim] }), dim);
  return after(n, "position_joined", [part(n, "position_class", positions, 0, 1), steps]);
}
const dinoEncoder = layers("DINOV2Encoder", (h, d, [sizes = []]) => {
  const n = new Net(d),
    start = n.input("input", sizes),
    dim = h.number("hidden_dim"),
    heads = h.number("num_heads");
  const units = h.number("intermediate_dim"),
    rate = h.number("dropout_rate", 0),
    path = h.number("drop_path_rate", 0);
  const gated = h.flag("use_swiglu_ffn", false);
  h.any("layer_scale_init_value");
  const outputs: Record<string, Ref> = {};
  let x = start;
  for (let i = 0; i < h.count("num_layers"); i++) {
    const own = inList("layers", "DINOV2Layer", i),
      scaled = (name: string, y: Ref) =>
        n.both(
          "Multiply",
          `${own}/${name}_product`,
          y,
          some(n.variables(`${own}/${name}`, y, [{ shape: [dim], init: "ones" }]), 0),
        );
    const level = n.level(`${own}/norm1`, x);
    let y = n.attention(`${own}/attention/attention`, level, heads, Math.floor(dim / heads), {
      dropout: rate,
    });
    y = scaled("layer_scale1", n.drop(`${own}/attention/dropout`, y, rate));
    const seen = n.add(`${own}/add_1`, [n.drop(`${own}/drop_path`, y, path, 2), x]);
    y = n.level(`${own}/norm2`, seen);
    y = gated ? swiglu(n, `${own}/mlp`, y, units) : n.dense(
      `${own}/mlp/fc2`,
      n.dense(`${own}/mlp/fc1`, y, units, { activation: "gelu" }),
      dim,
    );
    x = n.add(`${own}/add_2`, [n.drop(`${own}/drop_path_2`, scaled("layer_scale2", y), path, 2), seen]);
    outputs[`stage${i + 1}`] = x;
  }
  return d.finish(start, { "": x, ...outputs });
});
function swiglu(n: Net, path: string, x: Ref, intermediate: number): Ref {
  const dim = n.channels(x), units = Math.floor((Math.trunc(intermediate * 2 / 3) + 7) / 8) * 8;
  const both = n.dense(`${path}/weights_in`, x, 2 * units);
  const split = n.operation("Split", `${path}/split`, [both], { indices_or_sections: 2, axis: -1 });
  const gate = n.act(`${path}/gate`, n.with(split, units), "silu");
  return n.dense(
    `${path}/weights_out`,
    n.both("Multiply", `${path}/gated`, gate, { ...split, tensor: 1 }),
    dim,
  );
}
const dino = imageBackbone("DINOV2Backbone", (h, n, images) => {
  const dim = h.number("hidden_dim"), name = h.any("name"), own = typeof name === "string" ? `${name}_` : "";
  const [height, width] = h.sizes("image_shape", [224, 224, 3]), count = h.count("num_layers");
  const [fromHeight, fromWidth] = h.sizes("position_embedding_shape", [518, 518, 3]);
  if (typeof height !== "number" || typeof width !== "number") {
    throw new ConfigError("DINOV2Backbone.image_shape: expected a height and a width");
  }
  const x = n.block("DINOV2Embedding", `${own}embeddings`, images, {
    hidden_dim: dim,
    patch_size: h.number("patch_size"),
    image_shape: [height, width],
    num_register_tokens: h.count("num_register_tokens", 0),
    use_mask_token: h.flag("use_mask_token", true),
    dropout_rate: h.number("dropout_rate", 0),
    position_embedding_shape: [fromHeight, fromWidth],
    antialias_in_interpolation: h.flag("antialias_in_interpolation", false),
  }, dim);
  const y = n.block(
    "DINOV2Encoder",
    `${own}encoder`,
    x,
    {
      num_layers: count,
      hidden_dim: dim,
      num_heads: h.number("num_heads"),
      intermediate_dim: h.number("intermediate_dim"),
      layer_scale_init_value: h.number("layer_scale_init_value", 1),
      use_swiglu_ffn: h.flag("use_swiglu_ffn", false),
      dropout_rate: h.number("dropout_rate", 0),
      drop_path_rate: h.number("drop_path_rate", 0),
    },
    dim,
    3,
  );
  const even = h.flag("apply_layernorm", false);
  const stages = Array.from({ length: count }, (_, i) => `stage${i + 1}`), order = ["", ...stages].sort();
  const level = (z: Ref) => n.level(`${own}layernorm`, z);
  const out = level(y);
  n.pyramid.set("stem", even ? level(x) : x);
  for (const stage of stages) {
    const map = n.with({ ...y, tensor: order.indexOf(stage) }, dim);
    n.pyramid.set(stage, even ? level(map) : map);
  }
  return out;
}, { input: "images", record: true });

/** DeiT, DINOV2. */
export const dinos: readonly ImageBackbone[] = [deit, dino];
/** Their layers that are made of layers. */
export const dinoLayers: readonly ArchitectureDef[] = [
  deitEmbeddings,
  deitEncoder,
  dinoEmbedding,
  dinoEncoder,
];
