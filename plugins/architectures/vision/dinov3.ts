/** KerasHub's DINOV3 (Siméoni et al. 2025). @module */
import { ConfigError } from "../../../core/values/errors.ts";
import type { Ref } from "../draft.ts";
import { after, part, patches, some } from "./dino.ts";
import { type ImageBackbone, imageBackbone, inList, type Net, type Variable } from "./kit.ts";
import { inline } from "./windows.ts";

/** Cosines and sines of the patches' places, `[1, patches, 1, features of a head]`. */
function waves(
  rows: number,
  columns: number,
  size: number,
  theta: number,
): readonly (readonly number[][][][])[] {
  const rates = Array.from({ length: Math.ceil(size / 4) }, (_, i) => theta ** -(i * 4 / size));
  const angles = Array.from({ length: rows * columns }, (_, i) => {
    const place = [(Math.floor(i / columns) + 0.5) / rows, (i % columns + 0.5) / columns];
    const half = place.flatMap((at) => rates.map((rate) => 2 * Math.PI * (2 * at - 1) * rate));
    return [...half, ...half];
  });
  return [Math.cos, Math.sin].map((wave) => [angles.map((list) => [list.map((a) => Math.fround(wave(a)))])]);
}
interface Heads {
  readonly path: string;
  readonly count: number;
  readonly before: number;
  readonly waves: readonly [Ref, Ref];
  readonly biases: readonly boolean[];
}
/** Attention whose patches are turned by their places; the steps in front aren't. */
function attention(n: Net, x: Ref, { path, count, before, waves: [cos, sin], biases }: Heads): Ref {
  const dim = n.channels(x), size = Math.floor(dim / count), half = Math.floor(size / 2);
  const slice = (start: number | null, stop: number | null) => ({
    class_name: "__slice__",
    config: { start, stop, step: null },
  });
  const all = slice(null, null);
  const heads = (name: string, biased: boolean) =>
    n.reshape(`${path}/${name}_heads`, n.dense(`${path}/${name}_dense`, x, dim, { use_bias: biased }), [
      -1,
      count,
      size,
    ]);
  const turned = (name: string, y: Ref) => {
    const steps = part(n, `${path}/${name}_patches`, y, before, null);
    const cut = (from: number | null, to: number | null) =>
      n.operation("GetItem", `${path}/${name}_${from}`, [steps, [all, all, all, slice(from, to)]]);
    const negative = n.operation("Negative", `${path}/${name}_negative`, [cut(half, null)]);
    const swapped = n.operation("Concatenate", `${path}/${name}_swapped`, [[negative, cut(null, half)]], {
      axis: -1,
    });
    const moved = n.both(
      "Add",
      `${path}/${name}_moved`,
      n.both("Multiply", `${path}/${name}_cos`, steps, cos),
      n.operation("Multiply", `${path}/${name}_sin`, [swapped, sin]),
    );
    return after(n, `${path}/${name}_turned`, [part(n, `${path}/${name}_first`, y, 0, before), moved]);
  };
  const by = (name: string, y: Ref, axes: readonly number[]) =>
    n.operation("Transpose", `${path}/${name}`, [y], { axes });
  const query = by("query_t", turned("query", heads("query", biases[0] === true)), [0, 2, 1, 3]);
  const key = by("key_t", turned("key", heads("key", biases[1] === true)), [0, 2, 3, 1]);
  const value = by("value_t", heads("value", biases[2] === true), [0, 2, 1, 3]);
  const scores = n.operation("Multiply", `${path}/scores`, [
    n.operation("Matmul", `${path}/products`, [query, key]),
    size ** -0.5,
  ]);
  const weights = n.operation("Softmax", `${path}/weights`, [scores], { axis: -1 }, {}, "nn");
  const mixed = by("mixed_t", n.operation("Matmul", `${path}/mixed`, [weights, value]), [0, 2, 1, 3]);
  return n.reshape(`${path}/joined`, n.with(mixed, dim), [-1, dim]);
}
/** DINOV3. */
export const dinov3: ImageBackbone = imageBackbone("DINOV3Backbone", (h, n, images) => {
  const dim = h.number("hidden_dim"), patch = h.number("patch_size"), count = h.count("num_layers");
  const registers = h.count("num_register_tokens", 4),
    heads = h.number("num_heads"),
    units = h.number("intermediate_dim");
  const masked = h.flag("use_mask_token", true),
    shape = h.sizes("image_shape", [518, 518, 3]),
    [height, width] = shape;
  if (typeof height !== "number" || typeof width !== "number") {
    throw new ConfigError("DINOV3Backbone.image_shape: expected a height and a width", {
      place: "image_shape",
    });
  }
  const name = h.any("name"),
    own = typeof name === "string" ? `${name}_` : "",
    token = { shape: [1, 1, dim], rows: true };
  const list: readonly Variable[] = [
    token,
    ...(masked ? [{ shape: [1, 1, dim] }] : []),
    ...(registers > 0 ? [{ shape: [1, registers, dim], rows: true }] : []),
  ];
  const embedding = { type: "DINOV3Embedding", name: `${own}embeddings` };
  const start = n.with(
    inline(h, n, embedding, [{ value: images, sizes: shape }], (inner, [image]) => {
      const x = some([image ?? images], 0), values = inner.variables("", x, list);
      const steps = patches(inner, "patch_embeddings/projection", x, patch, dim), first = some(values, 0);
      return after(
        inner,
        "joined",
        registers > 0 ? [first, some(values, list.length - 1), steps] : [first, steps],
      );
    }),
    dim,
  );
  const tables = waves(
    Math.floor(height / patch),
    Math.floor(width / patch),
    Math.floor(dim / heads),
    h.number("rope_theta", 100),
  );
  const biases = ["query", "key", "value"].map((part) => h.flag(`use_${part}_bias`, true));
  const options = {
    out: h.flag("use_proj_bias", true),
    mlp: { use_bias: h.flag("use_mlp_bias", true) },
    gated: h.flag("use_gated_mlp", false),
    activation: h.any("hidden_activation", "gelu"),
    dropout: h.number("attention_dropout", 0),
    path: h.number("drop_path_rate", 0),
    epsilon: h.number("layer_norm_eps", 1e-5),
  };
  h.any("layer_scale_init_value");
  const outputs: Record<string, Ref> = {}, from = { value: start, sizes: [null, dim] };
  const end = n.with(
    inline(h, n, { type: "DINOV3Encoder", name: `${own}encoder` }, [from], (inner, [first]) => {
      let x = some([first ?? start], 0);
      const zero = inner.operation("ZerosLike", "zero", [inner.operation("GetItem", "one", [x, [0, 0, 0]])]);
      const [cos, sin] = tables.map((table, i) => inner.operation("Add", `wave_${i}`, [zero, table])) as [
        Ref,
        Ref,
      ];
      for (let i = 0; i < count; i++) {
        const path = inList("layers", "DINOV3Layer", i),
          rate = count < 2 ? 0 : options.path * i / (count - 1);
        const scaled = (part: string, y: Ref) =>
          inner.both(
            "Multiply",
            `${path}/${part}_product`,
            y,
            some(inner.variables(`${path}/${part}`, y, [{ shape: [dim], init: "ones" }]), 0),
          );
        const level = inner.level(`${path}/norm1`, x, options.epsilon);
        const attended = attention(inner, level, {
          path: `${path}/attention`,
          count: heads,
          before: 1 + registers,
          waves: [cos, sin],
          biases,
        });
        let y = inner.drop(`${path}/attention/dropout`, attended, options.dropout);
        y = scaled(
          "layer_scale1",
          inner.dense(`${path}/attention/output_dense`, y, dim, { use_bias: options.out }),
        );
        const seen = inner.add(`${path}/add_1`, [inner.drop(`${path}/drop_path`, y, rate, 2), x]);
        const even = inner.level(`${path}/norm2`, seen, options.epsilon), { activation } = options;
        const first = inner.dense(`${path}/mlp/${options.gated ? "gate" : "up"}_proj`, even, units, {
          ...options.mlp,
          activation,
        });
        y = options.gated
          ? inner.both(
            "Multiply",
            `${path}/mlp/gated`,
            first,
            inner.dense(`${path}/mlp/up_proj`, even, units, options.mlp),
          )
          : first;
        y = scaled("layer_scale2", inner.dense(`${path}/mlp/down_proj`, y, dim, options.mlp));
        x = inner.add(`${path}/add_2`, [inner.drop(`${path}/drop_path_2`, y, rate, 2), seen]);
        outputs[`stage${i + 1}`] = x;
      }
      return { "": x, ...outputs };
    }),
    dim,
  );
  const even = h.flag("apply_layernorm", false),
    level = (x: Ref) => n.level(`${own}layernorm`, x, options.epsilon);
  const order = ["", ...Object.keys(outputs)].sort(), out = level(end);
  n.pyramid.set("stem", even ? level(start) : start);
  for (const stage of Object.keys(outputs)) {
    const map = n.with({ ...end, tensor: order.indexOf(stage) }, dim);
    n.pyramid.set(stage, even ? level(map) : map);
  }
  return out;
}, { input: "pixel_values", record: true });
