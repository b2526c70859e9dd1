/** KerasHub's networks of attention in windows: Swin (Liu et al. 2021) and ViTDet (Li et al. 2022), which SAM has. @module */
import { ConfigError, UnsupportedError } from "../../../core/values/errors.ts";
import { Draft, type Ref } from "../draft.ts";
import { type Hyperparameters, keras } from "../kit.ts";
import { some } from "./dino.ts";
import { type ImageBackbone, imageBackbone, inList, Net, stack } from "./kit.ts";
import { at } from "./resnet.ts";

/** A layer of a backbone as a network of its own, at the place that the class has in files. */
export function inline(
  h: Hyperparameters,
  n: Net,
  { type, name, index = 0 }: { readonly type: string; readonly name: string; readonly index?: number },
  inputs: readonly {
    readonly value: Ref;
    readonly sizes: readonly (number | null)[];
    readonly type?: string;
  }[],
  draw: (inner: Net, inputs: readonly Ref[]) => Ref | Readonly<Record<string, Ref>>,
): Ref {
  const d = new Draft(h.common(), name), inner = new Net(d);
  const own = inputs.map(({ sizes, type }, i) =>
    inner.with(d.input(`input_${i}`, sizes, type ?? "float32"), sizes.at(-1) ?? 1)
  );
  const out = draw(inner, own);
  const ends = own.length === 1 ? at(own, 0) : Object.fromEntries(own.map((x, i) => [`${i}`, x]));
  const place = inList("layers", type, index), values = inputs.map(({ value }) => value);
  const part = { type: "Functional", name, config: d.finish(ends, out), place };
  return n.d.call(part, [values.length === 1 ? at(values, 0) : values]);
}
const op = (n: Net, type: string, name: string, x: Ref, config: Readonly<Record<string, unknown>>) =>
  n.with(n.operation(type, name, [x], config), n.channels(x));
const shaped = (n: Net, name: string, x: Ref, newshape: readonly number[]) =>
  op(n, "Reshape", name, x, { newshape });
const slice = (start: number | null, stop: number | null, step: number | null = null) => ({
  class_name: "__slice__",
  config: { start, stop, step },
});
/** Zeros below and to the right. */
function padded(n: Net, name: string, x: Ref, down: number, right: number): Ref {
  if (down === 0 && right === 0) return x;
  return n.pad(name, x, [[0, down], [0, right]]);
}
/** Images `[batch, height, width, …]` in windows `[batch · windows, size · size, …]`, and back. */
function windows(n: Net, name: string, x: Ref, [height, width]: readonly number[], size: number): Ref {
  const [rows, columns] = [Math.floor((height ?? 0) / size), Math.floor((width ?? 0) / size)],
    dim = n.channels(x);
  const split = shaped(n, `${name}_split`, x, [-1, rows, size, columns, size, dim]);
  const turned = op(n, "Transpose", `${name}_turned`, split, { axes: [0, 1, 3, 2, 4, 5] });
  return shaped(n, `${name}_windows`, turned, [-1, size * size, dim]);
}
function unwindowed(
  n: Net,
  name: string,
  x: Ref,
  [height = 0, width = 0]: readonly number[],
  size: number,
): Ref {
  const dim = n.channels(x);
  const split = shaped(n, `${name}_split`, x, [
    -1,
    Math.floor(height / size),
    Math.floor(width / size),
    size,
    size,
    dim,
  ]);
  const turned = op(n, "Transpose", `${name}_turned`, split, { axes: [0, 1, 3, 2, 4, 5] });
  return shaped(n, `${name}_image`, turned, [-1, height, width, dim]);
}
/** Queries, keys and values `[…, heads, steps, size]` out of one dense layer. */
function three(n: Net, name: string, x: Ref, steps: number, heads: number, size: number): readonly Ref[] {
  const split = n.operation("Reshape", `${name}_split`, [x], { newshape: [-1, steps, 3, heads, size] });
  const turned = n.operation("Transpose", `${name}_turned`, [split], { axes: [2, 0, 3, 1, 4] });
  return [0, 1, 2].map((i) => n.with(n.operation("GetItem", `${name}_${i}`, [turned, [i]]), size));
}
/** Index of each pair of places of a window in its table of offsets. */
function offsets(size: number): readonly (readonly number[])[] {
  const places = Array.from({ length: size * size }, (_, i) => [Math.floor(i / size), i % size] as const);
  return places.map(([y, x]) =>
    places.map(([v, u]) => (y - v + size - 1) * (2 * size - 1) + x - u + size - 1)
  );
}
/** Which pairs of places of the moved windows weren't neighbours before: −100 for those. */
function strangers(height: number, width: number, size: number, shift: number): unknown {
  const region = (i: number, whole: number) => i < whole - size ? 0 : i < whole - shift ? 1 : 2;
  const all: number[][][] = [];
  for (let top = 0; top < height; top += size) {
    for (let left = 0; left < width; left += size) {
      const own = Array.from({ length: size * size }, (_, i) => {
        const [y, x] = [top + Math.floor(i / size), left + i % size];
        return y < height && x < width ? 3 * region(y, height) + region(x, width) : 0;
      });
      all.push(own.map((a) => own.map((b) => a === b ? 0 : -100)));
    }
  }
  return all.map((window) => [window]);
}
interface SwinBlock {
  readonly path: string;
  readonly sizes: readonly [number, number];
  readonly heads: number;
  readonly window: number;
  readonly shift: number;
  readonly ratio: number;
  readonly bias: boolean;
  readonly dropout: number;
  readonly attention: number;
  readonly drop: number;
}
function swinBlock(n: Net, start: Ref, c: SwinBlock): Ref {
  const { path, window: size, heads, sizes: [height, width] } = c, dim = n.channels(start);
  const shift = Math.min(height, width) <= size ? 0 : c.shift,
    head = Math.floor(dim / heads),
    steps = size * size;
  const [down, right] = [height, width].map((s) => (size - s % size) % size) as [number, number];
  const all = [height + down, width + right];
  let x = shaped(n, `${path}/image`, n.level(`${path}/norm1`, start, 1e-5), [-1, height, width, dim]);
  if (shift > 0) x = op(n, "Roll", `${path}/moved`, x, { shift: [-shift, -shift], axis: [1, 2] });
  x = windows(n, `${path}/in`, padded(n, `${path}/padded`, x, down, right), all, size);
  const joined = n.dense(`${path}/attn/qkv`, x, 3 * dim, { use_bias: c.bias });
  const [query, key, value] = three(n, `${path}/heads`, joined, steps, heads, head) as [Ref, Ref, Ref];
  const turned = n.operation("Transpose", `${path}/key_turned`, [key], { axes: [0, 1, 3, 2] });
  const scaled = n.operation("Multiply", `${path}/scaled`, [query, head ** -0.5]);
  const [table] = n.variables(`${path}/attn`, x, [{
    shape: [(2 * size - 1) ** 2, heads],
    init: "truncatedNormal",
  }]);
  const biases = n.operation("Take", `${path}/biases`, [table ?? x, offsets(size)], { axis: 0 });
  let scores = n.operation("Add", `${path}/biased`, [
    n.operation("Matmul", `${path}/scores`, [scaled, turned]),
    n.operation("Transpose", `${path}/biases_turned`, [biases], { axes: [2, 0, 1] }),
  ]);
  if (shift > 0) {
    const count = all[0] as number / size * (all[1] as number / size);
    const split = n.operation("Reshape", `${path}/scores_split`, [scores], {
      newshape: [-1, count, heads, steps, steps],
    });
    const masked = n.operation("Add", `${path}/masked`, [
      split,
      strangers(height, width, size, shift) as number[],
    ]);
    scores = n.operation("Reshape", `${path}/scores_joined`, [masked], {
      newshape: [-1, heads, steps, steps],
    });
  }
  const weights = n.with(n.operation("Softmax", `${path}/weights`, [scores], { axis: -1 }, {}, "nn"), 1);
  const mixed = n.operation("Matmul", `${path}/mixed`, [
    n.drop(`${path}/attention_drop`, weights, c.attention),
    value,
  ]);
  const back = n.with(n.operation("Transpose", `${path}/mixed_turned`, [mixed], { axes: [0, 2, 1, 3] }), dim);
  let y = n.dense(`${path}/attn/proj`, shaped(n, `${path}/joined`, back, [-1, steps, dim]), dim);
  y = unwindowed(n, `${path}/out`, n.drop(`${path}/proj_drop`, y, c.dropout), all, size);
  if (shift > 0) y = op(n, "Roll", `${path}/moved_back`, y, { shift: [shift, shift], axis: [1, 2] });
  if (down + right > 0) {
    y = n.with(
      n.operation("GetItem", `${path}/cut`, [y, [slice(null, null), slice(0, height), slice(0, width)]]),
      dim,
    );
  }
  y = shaped(n, `${path}/steps`, y, [-1, height * width, dim]);
  const middle = n.add(`${path}/add_1`, [start, n.drop(`${path}/drop_path`, y, c.drop, 2)]);
  let z = n.dense(`${path}/mlp/fc1`, n.level(`${path}/norm2`, middle, 1e-5), Math.trunc(dim * c.ratio), {
    activation: "gelu",
  });
  z = n.dense(`${path}/mlp/fc2`, n.drop(`${path}/mlp_drop`, z, c.dropout), dim);
  z = n.drop(`${path}/drop_path_2`, n.drop(`${path}/mlp_drop_2`, z, c.dropout), c.drop, 2);
  return n.add(`${path}/add_2`, [middle, z]);
}
/** Four neighbours as one step of twice the features. */
function merged(n: Net, x: Ref, height: number, width: number): Ref {
  const dim = n.channels(x), image = shaped(n, "downsample/image", x, [-1, height, width, dim]);
  const even = padded(n, "downsample/padded", image, height % 2, width % 2);
  const parts = [[0, 0], [1, 0], [0, 1], [1, 1]].map(([row = 0, column = 0], i) =>
    n.with(
      n.operation("GetItem", `downsample/part_${i}`, [
        even,
        [slice(null, null), slice(row, null, 2), slice(column, null, 2)],
      ]),
      dim,
    )
  );
  const y = n.level("downsample/norm", n.concat("downsample/joined", parts), 1e-5);
  return n.reshape("downsample/steps", n.dense("downsample/reduction", y, 2 * dim, { use_bias: false }), [
    -1,
    2 * dim,
  ]);
}
const swin = imageBackbone("SwinTransformerBackbone", (h, n, images) => {
  const shape = h.sizes("image_shape"), patch = h.number("patch_size", 4), width = h.number("embed_dim");
  const depths = h.list("depths"), heads = h.list("num_heads"), window = h.number("window_size");
  const most = h.number("drop_path", 0.1),
    total = depths.reduce((a, b) => a + b, 0),
    dropout = h.number("dropout_rate", 0);
  const common = {
    window,
    ratio: h.number("mlp_ratio", 4),
    bias: h.flag("qkv_bias", true),
    dropout,
    attention: h.number("attention_dropout", 0),
  };
  const even = h.flag("patch_norm", true), [tall, wide] = shape;
  if (typeof tall !== "number" || typeof wide !== "number") {
    throw new ConfigError("SwinTransformerBackbone.image_shape: expected a height and a width");
  }
  let x = n.with(
    inline(
      h,
      n,
      { type: "PatchEmbedding", name: "patch_embedding" },
      [{ value: images, sizes: shape }],
      (inner, [image]) => {
        const y = inner.conv("proj", some([image ?? images], 0), width, patch, {
          strides: patch,
          use_bias: true,
        });
        const steps = inner.reshape("steps", y, [-1, width]);
        return even ? inner.level("norm", steps, 1e-5) : steps;
      },
    ),
    width,
  );
  x = n.drop("pos_drop", x, dropout);
  let [height, across] = [Math.floor(tall / patch), Math.floor(wide / patch)], block = 0;
  depths.forEach((depth, i) => {
    const dim = width * 2 ** i,
      last = i === depths.length - 1,
      from = { value: x, sizes: [height * across, dim] };
    const stage = { type: "SwinTransformerStage", name: `stage_${i}`, index: i };
    x = n.with(
      inline(h, n, stage, [from], (inner, [start]) => {
        let y = some([start ?? x], 0);
        for (let k = 0; k < depth; k++, block++) {
          y = swinBlock(inner, y, {
            ...common,
            path: inList("blocks", "SwinTransformerBlock", k),
            sizes: [height, across],
            heads: at(heads, i),
            shift: k % 2 === 0 ? 0 : Math.floor(window / 2),
            drop: total < 2 ? 0 : most * block / (total - 1),
          });
        }
        return last ? y : merged(inner, y, height, across);
      }),
      last ? dim : 2 * dim,
    );
    if (!last) [height, across] = [Math.floor(height / 2), Math.floor(across / 2)];
  });
  return n.level("norm", x, 1e-5);
});

interface DetBlock {
  readonly sizes: number;
  readonly heads: number;
  readonly window: number;
  readonly units: number;
  readonly bias: boolean;
  readonly relative: boolean;
}
/** Scores of a window's places with what their rows and columns say (`rel_pos_h`, `rel_pos_w`). */
function placed(n: Net, scores: Ref, query: Ref, size: number, dim: number): Ref {
  const table = { shape: [2 * size - 1, dim] };
  const [rows, columns] = n.variables("attention/add_decomposed_relative_pe", query, [table, table]);
  const apart = Array.from(
    { length: size },
    (_, q) => Array.from({ length: size }, (_, k) => q - k + size - 1),
  );
  const image = n.operation("Reshape", "query_image", [query], { newshape: [-1, size, size, dim] });
  const along = (name: string, from: Ref | undefined, subscripts: string, shape: readonly number[]) => {
    const own = n.operation("Take", `${name}_rows`, [from ?? query, apart], { axis: 0 });
    const y = n.operation("Einsum", `${name}_products`, [image, own], { subscripts });
    return n.operation("Reshape", `${name}_wide`, [y], { newshape: shape });
  };
  const split = n.operation("Reshape", "scores_image", [scores], { newshape: [-1, size, size, size, size] });
  const tall = n.operation("Add", "with_rows", [
    split,
    along("height", rows, "bhwc,hkc->bhwk", [-1, size, size, size, 1]),
  ]);
  const both = n.operation("Add", "with_columns", [
    tall,
    along("width", columns, "bhwc,wkc->bhwk", [-1, size, size, 1, size]),
  ]);
  return n.operation("Reshape", "scores_steps", [both], { newshape: [-1, size * size, size * size] });
}
function detBlock(n: Net, start: Ref, c: DetBlock): Ref {
  const dim = n.channels(start), head = Math.floor(dim / c.heads), size = c.window > 0 ? c.window : c.sizes;
  const more = (size - c.sizes % size) % size, all = [c.sizes + more, c.sizes + more], steps = size * size;
  const x = windows(n, "in", padded(n, "padded", n.level("layer_norm1", start), more, more), all, size);
  const joined = n.dense("attention/qkv", x, 3 * dim, { use_bias: c.bias });
  const flat = three(n, "heads", joined, steps, c.heads, head).map((y, i) =>
    n.with(n.operation("Reshape", `flat_${i}`, [y], { newshape: [-1, steps, head] }), head)
  );
  const [query, key, value] = flat as [Ref, Ref, Ref];
  const turned = n.operation("Transpose", "key_turned", [key], { axes: [0, 2, 1] });
  let scores = n.operation("Matmul", "scores", [
    n.operation("Multiply", "scaled", [query, head ** -0.5]),
    turned,
  ]);
  if (c.relative) scores = placed(n, scores, query, size, head);
  const weights = n.operation("Softmax", "weights", [scores], { axis: -1 }, {}, "nn");
  const mixed = n.operation("Matmul", "mixed", [weights, value]);
  const split = n.operation("Reshape", "mixed_heads", [mixed], { newshape: [-1, c.heads, steps, head] });
  const back = n.with(n.operation("Transpose", "mixed_turned", [split], { axes: [0, 2, 1, 3] }), dim);
  let y = n.dense("attention/projection", shaped(n, "joined", back, [-1, steps, dim]), dim);
  y = unwindowed(n, "out", y, all, size);
  if (more > 0) {
    y = n.with(
      n.operation("GetItem", "cut", [y, [slice(null, null), slice(0, c.sizes), slice(0, c.sizes)]]),
      dim,
    );
  }
  const middle = n.add("add_1", [start, y]);
  const inner = n.dense("mlp_block/dense_net/layers/dense", n.level("layer_norm2", middle), c.units, {
    activation: "gelu",
  });
  return n.add("add_2", [middle, n.dense("mlp_block/dense_net/layers/dense_1", inner, dim)]);
}
const vitDet = imageBackbone("ViTDetBackbone", (h, n, images) => {
  const shape = h.sizes("image_shape", [null, null, 3]),
    patch = h.number("patch_size", 16),
    dim = h.number("hidden_size");
  const [side] = shape, count = h.count("num_layers"), whole = h.list("global_attention_layer_indices");
  if (typeof side !== "number" || side !== shape[1]) {
    throw new UnsupportedError("ViTDetBackbone.image_shape: expected a square", { place: "image_shape" });
  }
  h.any("layer_norm_epsilon");
  const sizes = Math.floor(side / patch), square = [sizes, sizes, dim], window = h.number("window_size", 14);
  const block = {
    sizes,
    heads: h.number("num_heads"),
    units: h.number("intermediate_dim"),
    bias: h.flag("use_bias", true),
    relative: h.flag("use_rel_pos", true),
  };
  const even = n.operation("TrueDivide", "scaled", [
    n.operation("Subtract", "centered", [images, [0.485, 0.456, 0.406]]),
    [0.229, 0.224, 0.225],
  ]);
  let x = n.with(
    inline(
      h,
      n,
      { type: "ViTDetPatchingAndEmbedding", name: "patching" },
      [{ value: even, sizes: shape }],
      (inner, [image]) =>
        inner.conv("projection", some([image ?? images], 0), dim, patch, { strides: patch, use_bias: true }),
    ),
    dim,
  );
  if (h.flag("use_abs_pos", true)) {
    x = n.with(
      inline(
        h,
        n,
        { type: "AddPositionalEmbedding", name: "positions" },
        [{ value: x, sizes: square }],
        (inner, [y]) => {
          const start = some([y ?? x], 0);
          return inner.add("add", [start, some(inner.variables("", start, [{ shape: [1, ...square] }]), 0)]);
        },
      ),
      dim,
    );
  }
  for (let index = 0; index < count; index++) {
    const part = { type: "WindowedTransformerEncoder", name: `encoder_${index}`, index };
    const own = { ...block, window: whole.includes(index) ? 0 : window };
    x = n.with(
      inline(
        h,
        n,
        part,
        [{ value: x, sizes: square }],
        (inner, [y]) => detBlock(inner, some([y ?? x], 0), own),
      ),
      dim,
    );
  }
  const filters = h.number("num_output_channels", 256), norm = { axis: -1, epsilon: 1e-6 };
  const conv = (name: string, kernel_size: number) =>
    keras("Conv2D", name, { filters, kernel_size, padding: "same", use_bias: false });
  const neck = stack("neck", [
    conv("neck_conv_1", 1),
    keras("LayerNormalization", "neck_norm_1", norm),
    conv("neck_conv_2", 3),
    keras("LayerNormalization", "neck_norm_2", norm),
  ]);
  return n.with(n.d.call(neck, [x]), filters);
}, { input: "images" });

/** Swin, ViTDet. */
export const windowed: readonly ImageBackbone[] = [swin, vitDet];
