/** KerasHub's PaliGemma (Beyer et al. 2024): an image's steps in front of a text's, through Gemma. @module */
import type { ArchitectureDef } from "../../../core/network/architecture.ts";
import type { Ref } from "../draft.ts";
import { backbone, hub, type Hyperparameters, keras, scaled, tokens } from "../kit.ts";
import { after, patches, some } from "./dino.ts";
import { inList, Net } from "./kit.ts";
import { inline } from "./windows.ts";

const same = (...keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, key]));
/** The encoder of images, as SigLIP's. */
function vision(h: Hyperparameters, n: Net, images: Ref, side: number, classes: number): Ref {
  const dim = h.number("vit_hidden_dim"), heads = h.number("vit_num_heads"), size = Math.floor(dim / heads);
  const patch = h.number("vit_patch_size"), units = Number(h.any("vit_intermediate_dim", null) ?? 4304);
  const pooling = h.choice("vit_pooling", ["none", "gap", "zero"], "none"), count = h.count("vit_num_layers");
  const activation = h.any("vit_classifier_activation", null), name = h.any("vit_name", null);
  const part = { type: "PaliGemmaVit", name: typeof name === "string" ? name : "pali_gemma_vit" };
  const y = inline(h, n, part, [{ value: images, sizes: [side, side, 3] }], (inner, [image]) => {
    const own = "layers/pali_gemma_vit_encoder", all = Math.floor(side / patch) ** 2;
    let x = patches(
      inner,
      `${own}/vision_embeddings/patch_embedding`,
      some([image ?? images], 0),
      patch,
      dim,
    );
    const table = hub("PositionEmbedding", `${own}/vision_embeddings/position_embedding`, {
      sequence_length: all,
    });
    x = inner.add(`${own}/positioned`, [x, inner.with(inner.d.call(table, [x]), dim)]);
    for (let i = 0; i < count; i++) {
      const path = `${own}/${inList("resblocks", "PaliGemmaVitEncoderBlock", i)}`,
        level = inner.level(`${path}/layer_norm_1`, x);
      const split = (kind: string, axes: readonly number[]) =>
        inner.operation("Transpose", `${path}/${kind}_heads`, [
          inner.reshape(`${path}/${kind}_split`, inner.dense(`${path}/attn/${kind}_proj`, level, dim), [
            -1,
            heads,
            size,
          ]),
        ], { axes });
      const products = inner.operation("Matmul", `${path}/products`, [
        split("query", [0, 2, 1, 3]),
        split("key", [0, 2, 3, 1]),
      ]);
      const scores = inner.operation("TrueDivide", `${path}/scores`, [
        products,
        Math.fround(Math.sqrt(size)),
      ]);
      const weights = inner.operation("Softmax", `${path}/weights`, [scores], { axis: -1 }, {}, "nn");
      const mixed = inner.operation("Matmul", `${path}/mixed`, [weights, split("value", [0, 2, 1, 3])]);
      const back = inner.with(
        inner.operation("Transpose", `${path}/back`, [mixed], { axes: [0, 2, 1, 3] }),
        dim,
      );
      const seen = inner.dense(
        `${path}/attn/out_proj`,
        inner.reshape(`${path}/joined`, back, [-1, dim]),
        dim,
      );
      const middle = inner.add(`${path}/add_1`, [seen, x]);
      const wide = inner.dense(`${path}/mlp_dense_1`, inner.level(`${path}/layer_norm_2`, middle), units);
      x = inner.add(`${path}/add_2`, [
        middle,
        inner.dense(`${path}/mlp_dense_2`, inner.act(`${path}/gelu`, wide, "gelu_by_tanh"), dim),
      ]);
    }
    x = inner.level(`${own}/encoder_layer_norm`, x);
    if (pooling === "gap") {
      x = inner.with(inner.operation("Mean", "mean", [x], { axis: 1, keepdims: false }), dim);
    }
    if (pooling === "zero") x = inner.first("first", x);
    return inner.dense("layers/dense", x, classes, { activation });
  });
  return n.with(y, classes);
}
/** PaliGemma. */
export const paliGemma: ArchitectureDef = backbone("PaliGemmaBackbone", (h, d) => {
  const n = new Net(d), side = h.number("image_size"), size = h.number("hidden_dim");
  const inputs = {
    images: n.input("images", [side, side, 3]),
    token_ids: d.input("token_ids", [null]),
    padding_mask: d.input("padding_mask", [null]),
    response_mask: d.input("response_mask", [null]),
  };
  const seen = vision(h, n, inputs.images, side, size), cap = h.any("final_logit_soft_cap", null);
  const rows = d.call(tokens(h, size, { logit_soft_cap: cap, tie_weights: true }), [inputs.token_ids]);
  let x = after(n, "concatenate", [seen, n.with(scaled(d, rows, size), size)]);
  const slides = h.flag("use_sliding_window_attention", false);
  for (let i = 0; i < h.count("num_layers"); i++) {
    const config = {
      hidden_dim: size,
      ...h.pick({
        ...same("intermediate_dim", "num_query_heads", "num_key_value_heads", "head_dim", "dropout"),
        ...same(
          "query_head_dim_normalize",
          "use_post_ffw_norm",
          "use_post_attention_norm",
          "sliding_window_size",
        ),
        logit_soft_cap: "attention_logit_soft_cap",
      }),
      use_sliding_window_attention: slides && i % 2 === 0,
    };
    const { padding_mask, response_mask } = inputs;
    x = n.with(
      d.call(hub("PaliGemmaDecoderBlock", `decoder_block_${i}`, config), [x], {
        padding_mask,
        response_mask,
      }),
      size,
    );
  }
  const epsilon = h.number("layer_norm_epsilon", 1e-6);
  return d.finish(inputs, d.call(hub("RMSNormalization", "final_normalization", { epsilon }), [x]));
});
/** The layer of a text's table. */
export const tableOf = (config: Readonly<Record<string, unknown>>) =>
  keras("ReversibleEmbedding", "token_embedding", config);
