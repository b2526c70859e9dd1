/** KerasHub's CSPNet: networks whose stages pass a part of the channels by (Wang et al. 2019), Darknet among them. @module */
import { UnsupportedError } from "../../../core/values/errors.ts";
import type { Ref } from "../draft.ts";
import type { Hyperparameters } from "../kit.ts";
import { type ImageBackbone, imageBackbone, type Net } from "./kit.ts";
import { at, paddedMaximum } from "./resnet.ts";

/** Python's round: halves to the even number. */
function rounded(x: number): number {
  const near = Math.round(x);
  return near - x === 0.5 && near % 2 !== 0 ? near - 1 : near;
}
/** What all stages have in common. */
interface Kind {
  readonly activation: unknown;
  readonly groups: number;
  readonly stage: "dark" | "csp" | "cs3";
  readonly block: "dark_block" | "edge_block" | "bottleneck_block";
  readonly averaged: boolean;
  readonly growing: boolean;
  readonly linear: boolean;
}
interface Stage extends Kind {
  readonly name: string;
  readonly filters: number;
  readonly stride: number;
  readonly depth: number;
  readonly bottle: number;
  readonly blockRatio: number;
  readonly expand: number;
}
function act(n: Net, { activation }: Kind, name: string, x: Ref): Ref {
  return activation === "leaky_relu"
    ? n.layer("LeakyReLU", name, x, { negative_slope: 0.01 })
    : n.act(name, x, activation);
}
/** A convolution, normalized and activated unless it is linear. */
function unit(
  n: Net,
  kind: Kind,
  name: string,
  x: Ref,
  filters: number,
  kernel: number,
  more: { readonly linear?: boolean } & Readonly<Record<string, unknown>> = {},
): Ref {
  const { linear, ...config } = more;
  const y = n.norm(`${name}_bn`, n.conv(`${name}_conv`, x, filters, kernel, config), 1e-5);
  return linear ? y : act(n, kind, `${name}_activation`, y);
}
/** Convolutions around, or after, a narrow one, and the way past them. */
function residual(n: Net, s: Stage, name: string, x: Ref, filters: number): Ref {
  const hidden = rounded(filters * s.bottle), spatial = { padding: "same", groups: s.groups };
  if (s.block === "bottleneck_block") {
    let y = unit(n, s, `${name}_1`, x, hidden, 1);
    y = unit(n, s, `${name}_2`, y, hidden, 3, spatial);
    y = unit(n, s, `${name}_3`, y, filters, 1, { linear: true });
    return act(n, s, `${name}_activation_4`, n.add(`${name}_add`, [y, x]));
  }
  const edge = s.block === "edge_block";
  let y = unit(n, s, `${name}_1`, x, hidden, edge ? 3 : 1, edge ? spatial : {});
  y = unit(n, s, `${name}_2`, y, filters, edge ? 1 : 3, edge ? {} : spatial);
  return n.add(`${name}_add`, [y, x]);
}
/** Half the size, and other channels. */
function down(n: Net, s: Stage, x: Ref, filters: number): Ref {
  const { name, groups, averaged, stride } = s;
  if (averaged) {
    const small = stride === 2 ? n.pool("AveragePooling2D", `${name}_avg_pool`, x, 2, 2) : x;
    return unit(n, s, `${name}_down`, small, s.filters, 1, { groups });
  }
  const padded = stride > 1 ? n.pad(`${name}_pad`, x, 1) : x;
  return unit(n, s, `${name}_down`, padded, filters, 3, { strides: stride, groups });
}
/** Two halves of the channels. @throws {UnsupportedError} where it would be more than two parts. */
function halves(n: Net, s: Stage, x: Ref, half: number): readonly [Ref, Ref] {
  const parts = Math.floor(n.channels(x) / half);
  if (parts !== 2 || n.channels(x) % 2 !== 0) {
    throw new UnsupportedError(`${s.name}: ${n.channels(x)} channels can't be halved`);
  }
  const split = n.operation("Split", `${s.name}_split`, [x], { indices_or_sections: 2, axis: -1 });
  return [n.with(split, half), n.with({ ...split, tensor: 1 }, half)];
}
function stageOf(n: Net, s: Stage, x: Ref): Ref {
  const width = rounded(s.filters * s.blockRatio), { name } = s;
  const blocks = (y: Ref) => {
    for (let i = 0; i < s.depth; i++) y = residual(n, s, `${name}_block_${i}`, y, width);
    return y;
  };
  if (s.stage === "dark") return blocks(down(n, s, x, s.filters));
  const inner = rounded(s.filters * s.expand), half = Math.floor(inner / 2);
  let y = s.stride === 1 ? x : down(n, s, x, s.growing ? s.filters : n.channels(x));
  y = unit(n, s, `${name}_exp`, y, inner, 1, { linear: s.linear });
  const [first, second] = halves(n, s, y, half);
  if (s.stage === "cs3") {
    return unit(n, s, `${name}_transition`, n.concat(`${name}_concat`, [blocks(first), second]), half, 1);
  }
  const moved = unit(n, s, `${name}_transition_b`, blocks(second), half, 1);
  return unit(n, s, `${name}_transition`, n.concat(`${name}_concat`, [first, moved]), s.filters, 1);
}
function stem(h: Hyperparameters, n: Net, kind: Kind, images: Ref): readonly [Ref, number] {
  const filters = h.list("stem_filters"),
    kernel = h.number("stem_kernel_size"),
    strides = h.number("stem_strides");
  const pooling = h.any("stem_pooling", null), padding = h.any("stem_padding", "valid");
  let x = images, reduced = 1;
  filters.forEach((count, i) => {
    const last = i === filters.length - 1;
    const stride = i === 0 && strides > 1 || last && strides > 2 && pooling === null ? 2 : 1;
    if (stride > 1) x = n.pad(`csp_stem_pad_${i}`, x, Math.floor((kernel - 1) / 2));
    const config = { strides: stride, padding: i === 0 ? padding : "valid" };
    x = unit(n, kind, `csp_stem_${i}`, x, count, kernel, config);
    reduced *= stride;
  });
  if (pooling !== "max") return [x, reduced];
  return [paddedMaximum(n, x, "csp_stem_pool"), reduced * 2];
}
/** CSPNet. */
export const cspNet: ImageBackbone = imageBackbone("CSPNetBackbone", (h, n, images) => {
  const kind: Kind = {
    activation: h.any("activation", "leaky_relu"),
    groups: h.number("groups", 1),
    stage: h.choice("stage_type", ["dark", "csp", "cs3"]),
    block: h.choice("block_type", ["dark_block", "edge_block", "bottleneck_block"]),
    averaged: h.flag("avg_down", false),
    growing: h.flag("down_growth", false),
    linear: h.flag("cross_linear", false),
  };
  const [start, reduced] = stem(h, n, kind, images), most = h.number("output_strides", 32);
  const widths = h.list("stackwise_num_filters"), depths = h.list("stackwise_depth");
  const strides = h.list("stackwise_strides"), bottles = h.list("bottle_ratio", [1]);
  const blocks = h.list("block_ratio", [1]), expands = h.list("expand_ratio", [1]);
  const one = (list: readonly number[], i: number) => list[i] ?? at(list, list.length - 1);
  let x = start, size = reduced;
  depths.forEach((depth, i) => {
    const stride = one(strides, i);
    if (size >= most && stride > 1) {
      throw new UnsupportedError("CSPNetBackbone.output_strides: dilated stages are not supported", {
        place: "output_strides",
      });
    }
    size *= stride;
    x = stageOf(n, {
      ...kind,
      name: `stage_${i}`,
      filters: at(widths, i),
      stride,
      depth,
      bottle: one(bottles, i),
      blockRatio: one(blocks, i),
      expand: one(expands, i),
    }, x);
    n.pyramid.set(`P${i + 2}`, x);
  });
  return x;
});
