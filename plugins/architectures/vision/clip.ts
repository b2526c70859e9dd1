/** KerasHub's pairs of an image's and a text's encoder: CLIP (Radford et al. 2021), MetaCLIP 2, SigLIP (Zhai et al. 2023). @module */
import type { ArchitectureDef } from "../../../core/network/architecture.ts";
import type { Draft, Ref } from "../draft.ts";
import { backbone, hub, type Hyperparameters, keras } from "../kit.ts";
import { after, patches, some } from "./dino.ts";
import { block, channelsLast, innerModel, layers, Net } from "./kit.ts";

/** An activation, with the one that Keras doesn't have. */
function activated(n: Net, name: string, x: Ref, activation: unknown): Ref {
  if (activation === "gelu_approximate") return n.act(name, x, "gelu_by_tanh");
  if (activation !== "quick_gelu") return n.act(name, x, activation);
  const gate = n.act(`${name}_gate`, n.both("Multiply", `${name}_scaled`, x, 1.702), "sigmoid");
  return n.both("Multiply", name, x, gate);
}
interface EncoderNames {
  readonly attention: string;
  readonly norms: readonly [string, string];
  readonly dense: readonly [string, string];
  readonly epsilon: number;
}
const clipNames: EncoderNames = {
  attention: "attention",
  norms: ["layer_norm_1", "layer_norm_2"],
  dense: ["dense_1", "dense_2"],
  epsilon: 1e-5,
};
/** A transformer's layer, normalized before each part. */
function encoderLayer(
  h: Hyperparameters,
  n: Net,
  x: Ref,
  names: EncoderNames,
  defaults: readonly unknown[],
): Ref {
  const dim = h.number("hidden_dim"), heads = h.number("num_heads"), [act, isCausal] = defaults;
  const config = { num_heads: heads, key_dim: Math.floor(dim / heads) };
  const level = n.level(names.norms[0], x, names.epsilon);
  const causal = h.flag("use_causal_mask", isCausal === true);
  const seen = n.d.call(keras("MultiHeadAttention", names.attention, config), [level, level], {
    use_causal_mask: causal,
  });
  const first = n.add("add_1", [x, n.with(seen, dim)]);
  const inner = n.dense(
    names.dense[0],
    n.level(names.norms[1], first, names.epsilon),
    h.number("intermediate_dim"),
  );
  const y = activated(n, "activated", inner, h.any("intermediate_activation", act));
  return n.add("add_2", [first, n.dense(names.dense[1], y, dim)]);
}
/** Steps of an encoder's layers. */
interface Stack {
  readonly type: string;
  readonly activation: string;
  readonly more?: Readonly<Record<string, unknown>>;
}
function stack(
  h: Hyperparameters,
  n: Net,
  start: Ref,
  { type, activation, more = {} }: Stack,
): readonly Ref[] {
  const own = ownOf(h), dim = h.number("hidden_dim"), all: Ref[] = [];
  let x = start;
  for (let i = 0; i < h.count("num_layers"); i++) {
    const config = {
      hidden_dim: dim,
      num_heads: h.number("num_heads"),
      intermediate_dim: h.number("intermediate_dim"),
      intermediate_activation: h.any("intermediate_activation", activation),
      ...more,
    };
    x = n.with(
      n.d.call({ ...hub(type, `${own}encoder_block_${i}`, config), shape: [null, null, dim] }, [x]),
      dim,
    );
    all.push(x);
  }
  return all;
}
function ownOf(h: Hyperparameters): string {
  const name = h.any("name");
  return typeof name === "string" ? `${name}_` : "";
}
/** All steps at the end, and those of a layer before it where they are asked for. */
function outputs(h: Hyperparameters, end: Ref, all: readonly Ref[]): Ref | Readonly<Record<string, Ref>> {
  const index = h.any("intermediate_output_index", null);
  if (typeof index !== "number") return end;
  const middle = all.at(index);
  return middle ? { sequence_output: end, intermediate_output: middle } : end;
}
const quick = "quick_gelu";

/** An image's patches behind a learned step, with positions. */
function visionEmbedding(name: string, stored: boolean): ArchitectureDef {
  return block(name, (h, n, images) => {
    const dim = h.number("hidden_dim"),
      size = h.number("patch_size"),
      side = Math.floor(h.number("image_size") / size);
    const count = side * side + 1, positions = { shape: [1, count], kept: true, type: "int64" };
    const own = n.variables("", images, [
      { shape: [dim], init: "randomNormal" },
      ...(stored ? [positions] : []),
    ]);
    const steps = patches(n, "patch_embedding", images, size, dim, false);
    const one = n.operation("Reshape", "class_step", [some(own, 0)], { newshape: [1, 1, dim] });
    const first = n.operation("Add", "class_steps", [
      n.operation("ZerosLike", "zeros", [part(n, steps)]),
      one,
    ]);
    const table = keras("Embedding", "position_embedding", { input_dim: count, output_dim: dim });
    const all = after(n, "joined", [n.with(first, dim), steps]);
    if (stored) return n.add("positioned", [all, n.with(n.d.call(table, [some(own, 1)]), dim)]);
    const rows = hub("PositionEmbedding", "position_embedding", { sequence_length: count });
    return n.add("positioned", [all, n.with(n.d.call(rows, [all]), dim)]);
  });
}
const part = (n: Net, x: Ref) => {
  const slice = (start: number | null, stop: number | null) => ({
    class_name: "__slice__",
    config: { start, stop, step: null },
  });
  return n.operation("GetItem", "first_step", [x, [slice(null, null), slice(0, 1)]]);
};
function clipLayer(name: string): ArchitectureDef {
  return block(name, (h, n, x) => encoderLayer(h, n, x, clipNames, [quick, true]));
}
/** CLIP's encoders; MetaCLIP's image encoder isn't normalized at its end. */
function clipVision(prefix: string, normalized: boolean): ArchitectureDef {
  return backbone(`${prefix}VisionEncoder`, (h, d) => {
    channelsLast(h);
    const n = new Net(d),
      own = ownOf(h),
      sizes = h.sizes("image_shape", [224, 224, 3]),
      dim = h.number("hidden_dim");
    const images = n.input("images", sizes),
      config = {
        hidden_dim: dim,
        patch_size: h.number("patch_size"),
        image_size: sizes[0],
      };
    const x = n.block(`${prefix}VisionEmbedding`, `${own}embedding`, images, config, dim);
    const level = n.level(`${own}pre_layer_norm`, x, 1e-5);
    const all = stack(h, n, level, {
      type: `${prefix}EncoderLayer`,
      activation: quick,
      more: { use_causal_mask: false },
    });
    const last = all.at(-1) ?? level, end = normalized ? n.level(`${own}layer_norm`, last, 1e-5) : last;
    return d.finish({ images }, outputs(h, end, all));
  });
}
function clipText(prefix: string, epsilon: number): ArchitectureDef {
  return backbone(`${prefix}TextEncoder`, (h, d) => {
    const n = new Net(d), own = ownOf(h), ids = d.input("token_ids", [null]);
    const embedding = hub("TokenAndPositionEmbedding", `${own}embedding`, {
      vocabulary_size: h.number("vocabulary_size"),
      sequence_length: h.number("max_sequence_length", 77),
      embedding_dim: h.number("embedding_dim"),
    });
    const x = n.with(d.call(embedding, [ids]), h.number("embedding_dim"));
    const all = stack(h, n, x, { type: `${prefix}EncoderLayer`, activation: quick });
    const end = n.level(`${own}layer_norm`, all.at(-1) ?? x, epsilon);
    return d.finish({ token_ids: ids }, outputs(h, end, all));
  });
}
/** Likeness of every text to every image: products of directions, times a learned number. */
function head(name: string, biased: boolean): ArchitectureDef {
  return layers(name, (_, d, [vision = [null], text = [null]]) => {
    const n = new Net(d), image = n.with(d.input("vision_embedding", vision, "float32"), 1);
    const words = d.input("text_embedding", text, "float32");
    const own = n.variables("", image, [{ shape: [] }, ...(biased ? [{ shape: [] }] : [])]);
    const even = (side: string, x: Ref) => {
      const squares = n.operation("Power", `${side}_squares`, [x, 2]);
      const length = n.operation("Sqrt", `${side}_length`, [
        n.operation("Sum", `${side}_sum`, [squares], { axis: -1, keepdims: true }),
      ]);
      return n.operation("Divide", `${side}_direction`, [x, length]);
    };
    const turned = n.operation("Transpose", "turned", [even("vision", image)], { axes: [1, 0] });
    const products = n.operation("Matmul", "products", [even("text", words), turned]);
    const scale = n.operation("Exp", "scale", [some(own, 0)]);
    let logits = n.operation("Multiply", "scaled", [products, scale]);
    if (biased) logits = n.operation("Add", "biased", [logits, some(own, 1)]);
    const back = n.operation("Transpose", "vision_logits", [logits], { axes: [1, 0] });
    return d.finish({ a: image, b: words }, { a: back, b: logits });
  }, { positional: true });
}
function pairOf(h: Hyperparameters, d: Draft, defs: readonly ArchitectureDef[]) {
  const vision = innerModel(h, "vision_encoder", defs), text = innerModel(h, "text_encoder", defs);
  const shape = vision.config.image_shape, n = new Net(d);
  const images = n.input("images", Array.isArray(shape) ? shape : [224, 224, 3]),
    ids = d.input("token_ids", [null]);
  const seen = vision.call(d, { images }), read = text.call(d, { token_ids: ids });
  const main = (call: (output?: string) => Ref, index: unknown) =>
    call(typeof index === "number" ? "sequence_output" : undefined);
  return {
    n,
    inputs: { images, token_ids: ids },
    vision: n.with(main(seen, vision.config.intermediate_output_index), Number(vision.config.hidden_dim)),
    text: n.with(main(read, text.config.intermediate_output_index), Number(text.config.hidden_dim)),
  };
}
function logits(d: Draft, type: string, name: string, width: number, vision: Ref, text: Ref) {
  const config = hub(type, name, {}),
    shape = { vision_embedding_shape: [null, width], text_embedding_shape: [null, width] };
  const both = d.call({ ...config, built: shape }, [[vision, text]]);
  return { vision_logits: both, text_logits: { ...both, tensor: 1 } };
}
/** The step of a text at its largest id, or at the first id of a kind. */
function textStep(n: Net, x: Ref, ids: Ref, end?: number): Ref {
  const marks = end === undefined ? ids : n.operation(
    "Cast",
    "marks",
    [n.operation("Equal", "equal", [ids, end])],
    { dtype: "float32" },
    {},
    "core",
  );
  const index = n.operation("Argmax", "argmax", [marks], { axis: -1 });
  const wide = n.operation("Reshape", "index", [index], { newshape: [-1, 1, 1] });
  const step = n.operation("TakeAlongAxis", "step", [x, wide], { axis: 1 });
  return n.with(n.operation("Squeeze", "squeezed", [step], { axis: 1 }), n.channels(x));
}
/** The step of an image's class, and the one that stands for a text. */
function poolers(prefix: string): readonly ArchitectureDef[] {
  const text = layers(`${prefix}TextPooler`, (h, d) => {
    const end = h.any("eos_token_id", prefix === "CLIP" ? undefined : 2), n = new Net(d);
    const x = n.with(d.input("text_embeddings", [null, null], "float32"), 1),
      ids = d.input("token_ids", [null]);
    return d.finish({ a: x, b: ids }, textStep(n, x, ids, typeof end === "number" ? end : undefined));
  }, { positional: true });
  return [block(`${prefix}VisionPooler`, (_, n, x) => n.first("class_step", x)), text];
}
function clip(prefix: string, headName: string, end?: number): ArchitectureDef {
  const defs = [clipVision(prefix, end === undefined), clipText(prefix, end === undefined ? 1e-6 : 1e-5)];
  return backbone(`${prefix}Backbone`, (h, d) => {
    const { n, inputs, vision, text } = pairOf(h, d, defs), width = h.number("projection_dim");
    let seen = n.first("vision_step", vision);
    if (end !== undefined) seen = n.level("vision_post_layer_norm", seen, 1e-5);
    const image = n.dense("vision_projection", seen, width, { use_bias: false });
    const words = n.dense("text_projection", textStep(n, text, inputs.token_ids, end), width, {
      use_bias: false,
    });
    return d.finish(inputs, logits(d, `${prefix}Head`, headName, width, image, words));
  });
}

const sigNames: EncoderNames = {
  attention: "self_attn",
  norms: ["layer_norm1", "layer_norm2"],
  dense: ["mlp/fc1", "mlp/fc2"],
  epsilon: 1e-6,
};
const tanh = "gelu_approximate";
const sigLayer = block(
  "SigLIPEncoderLayer",
  (h, n, x) =>
    encoderLayer(h, n, x, { ...sigNames, epsilon: h.number("layer_norm_epsilon", 1e-6) }, [tanh, false]),
);
const sigVisionEmbedding = block("SigLIPVisionEmbedding", (h, n, images) => {
  const dim = h.number("hidden_dim"),
    size = h.number("patch_size"),
    side = Math.floor(h.number("image_size") / size);
  const ids = n.variables("", images, [{ shape: [1, side * side], kept: true, type: "int32" }]);
  const table = keras("Embedding", "position_embedding", { input_dim: side * side, output_dim: dim });
  const steps = patches(n, "patch_embedding", images, size, dim);
  return n.add("positioned", [steps, n.with(n.d.call(table, [some(ids, 0)]), dim)]);
});
const sigTextEmbedding = layers("SigLIPTextEmbedding", (h, d) => {
  const n = new Net(d),
    ids = d.input("input", [null]),
    dim = h.number("embedding_dim"),
    steps = h.number("sequence_length");
  h.any("embeddings_initializer");
  const options = {
    output_dim: dim,
    tie_weights: h.flag("tie_weights", true),
    mask_zero: h.flag("mask_zero", false),
  };
  const table = (name: string, rows: number) =>
    keras("ReversibleEmbedding", name, { input_dim: rows, ...options });
  const own = n.variables("", n.with(ids, 1), [{ shape: [1, steps], kept: true, type: "int32" }]);
  const tokens = n.with(d.call(table("token_embedding", h.number("vocabulary_size")), [ids]), dim);
  const positions = n.with(d.call(table("position_embedding", steps), [some(own, 0)]), dim);
  return d.finish(ids, n.add("embedded", [tokens, positions]));
});
const sigPooling = block("SigLIPMultiHeadAttentionPooling", (h, n, x) => {
  const dim = h.number("hidden_dim"),
    heads = h.number("num_heads"),
    epsilon = h.number("layer_norm_epsilon", 1e-6);
  const [probe] = n.variables("", x, [{ shape: [1, 1, dim], rows: true, init: "glorotUniform" }]);
  const config = { num_heads: heads, key_dim: Math.floor(dim / heads) };
  const seen = n.with(n.d.call(keras("MultiHeadAttention", "attention", config), [probe ?? x, x]), dim);
  const inner = n.dense("mlp/fc1", n.level("layer_norm", seen, epsilon), h.number("intermediate_dim"));
  const y = n.dense("mlp/fc2", activated(n, "activated", inner, h.any("activation", tanh)), dim);
  return n.first("first_step", n.add("add", [seen, y]));
});
const sigVision = backbone("SigLIPVisionEncoder", (h, d) => {
  channelsLast(h);
  const n = new Net(d),
    own = ownOf(h),
    sizes = h.sizes("image_shape", [224, 224, 3]),
    dim = h.number("hidden_dim");
  const images = n.input("images", sizes), epsilon = h.number("layer_norm_epsilon", 1e-6);
  const config = { hidden_dim: dim, patch_size: h.number("patch_size"), image_size: sizes[0] };
  const x = n.block("SigLIPVisionEmbedding", `${own}embedding`, images, config, dim);
  const more = { layer_norm_epsilon: epsilon };
  const all = stack(h, n, x, { type: "SigLIPEncoderLayer", activation: tanh, more });
  const level = n.level(`${own}post_layer_norm`, all.at(-1) ?? x, 1e-6);
  const pooling = hub("SigLIPMultiHeadAttentionPooling", `${own}head`, {
    hidden_dim: dim,
    intermediate_dim: h.number("intermediate_dim"),
    num_heads: h.number("num_heads"),
    activation: h.any("intermediate_activation", tanh),
    layer_norm_epsilon: epsilon,
  });
  return d.finish({ images }, d.call({ ...pooling, shape: [null, null, dim] }, [level]));
});
const sigText = backbone("SigLIPTextEncoder", (h, d) => {
  const n = new Net(d), own = ownOf(h), ids = d.input("token_ids", [null]), dim = h.number("embedding_dim");
  const epsilon = h.number("layer_norm_epsilon", 1e-6);
  const embedding = hub("SigLIPTextEmbedding", `${own}embedding`, {
    vocabulary_size: h.number("vocabulary_size"),
    sequence_length: h.number("max_sequence_length", 64),
    embedding_dim: dim,
  });
  const x = n.with(d.call({ ...embedding, shape: [null, null] }, [ids]), dim);
  const more = { layer_norm_epsilon: epsilon };
  const all = stack(h, n, x, { type: "SigLIPEncoderLayer", activation: tanh, more });
  const level = n.level(`${own}post_layer_norm`, all.at(-1) ?? x, epsilon);
  const slice = { class_name: "__slice__", config: { start: null, stop: null, step: null } };
  const last = n.with(n.operation("GetItem", "last_step", [level, [slice, -1]]), h.number("hidden_dim"));
  const width = h.any("projection_dim", null) ?? h.number("hidden_dim");
  return d.finish({ token_ids: ids }, n.dense(`${own}head`, last, Number(width)));
});
const sig = backbone("SigLIPBackbone", (h, d) => {
  const { n, inputs, vision, text } = pairOf(h, d, [sigVision, sigText]);
  return d.finish(inputs, logits(d, "SigLIPHead", "siglip_head", n.channels(vision), vision, text));
});

/** CLIP, MetaCLIP 2, SigLIP and their encoders. */
export const clips: readonly ArchitectureDef[] = [
  clipVision("CLIP", true),
  clipText("CLIP", 1e-6),
  clip("CLIP", "clip_head"),
  clipVision("MetaCLIP2", false),
  clipText("MetaCLIP2", 1e-5),
  clip("MetaCLIP2", "metaclip_2_head", 2),
  sigVision,
  sigText,
  sig,
];
/** Their layers that are made of layers. */
export const clipLayers: readonly ArchitectureDef[] = [
  visionEmbedding("CLIPVisionEmbedding", true),
  visionEmbedding("MetaCLIP2VisionEmbedding", false),
  clipLayer("CLIPEncoderLayer"),
  clipLayer("MetaCLIP2EncoderLayer"),
  ...poolers("CLIP"),
  ...poolers("MetaCLIP2"),
  head("CLIPHead", false),
  head("MetaCLIP2Head", false),
  head("SigLIPHead", true),
  sigLayer,
  sigVisionEmbedding,
  sigTextEmbedding,
  sigPooling,
];
