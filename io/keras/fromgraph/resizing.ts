/** Resizing, and blocks between channels and space, as Keras' layers, channels last. @module */
import { item } from "../../../core/values/item.ts";
import { UnsupportedError } from "../../../core/values/errors.ts";
import type { Node } from "../../../core/graph/graph.ts";
import { type Dim, dimText } from "../../../core/values/shape.ts";
import { toNumbers } from "../../../core/values/tensor.ts";
import type { Draft } from "./draft.ts";
import { inputOf, numberOf, numbersOf, outputOf } from "./attributes.ts";
import { type Converters, sameShape } from "./elementwise.ts";
import { channelsLast, type Groups } from "./views.ts";

const lastOf = (d: Draft, id: number) => d.view(id, channelsLast(d.shape(id).length));
/** The sizes before and after, channels second, and how the axes lie: last where only those between change. */
function resized(
  d: Draft,
  node: Node,
): {
  readonly from: readonly Dim[];
  readonly to: readonly Dim[];
  readonly groups: Groups;
  readonly order: readonly number[];
} {
  const from = d.shape(inputOf(node)), to = d.shape(outputOf(node)), natural = from.map((_, axis) => axis);
  const ends = (shape: readonly Dim[]) => [shape[0] ?? 1, shape.at(-1) ?? 1];
  const last = from.length > 2 && !sameShape(from.slice(0, 2), to.slice(0, 2)) &&
    sameShape(ends(from), ends(to));
  if (!last) return { from, to, groups: channelsLast(from.length), order: natural };
  const order = [0, from.length - 1, ...natural.slice(1, -1)];
  const second = (shape: readonly Dim[]) => order.map((axis) => item(shape, axis));
  return { from: second(from), to: second(to), groups: natural.map((axis) => [axis]), order };
}
/** Resizing to given sizes, as TensorFlow does it. */
function resizeTo(d: Draft, node: Node, scales: ArrayLike<number> | undefined): void {
  const x = inputOf(node), { from, to, groups } = resized(d, node), { attributes } = node;
  const out = to.slice(2),
    mode = `${attributes["mode"]}`,
    way = `${attributes["coordinate_transformation_mode"]}`;
  const exact = out.every((n, i) => {
    const own = from[i + 2], said = scales?.[i + 2];
    return typeof n === "number" && typeof own === "number" &&
      (said === undefined || Math.abs(said * own - n) < 1e-4);
  });
  const nearest = mode === "nearest" && way === "half_pixel" &&
    attributes["nearest_mode"] === "round_prefer_ceil";
  const smooth = mode === "linear" && way.startsWith("half_pixel");
  if (from.length !== 4 || !exact || !nearest && !smooth || numberOf(attributes, "antialias", 0) !== 0) {
    throw new UnsupportedError(
      `Keras has no resizing of mode ${mode} with ${way} coordinates to [${out.map(dimText).join(", ")}]`,
    );
  }
  const config = { size: out, interpolation: nearest ? "nearest" : "bilinear" };
  d.set(outputOf(node), groups, d.operation("Resize", config, [d.view(x, groups)]));
}
/** Enlarging by whole factors. */
function resize(d: Draft, node: Node): void {
  const x = inputOf(node), { from, to, groups, order } = resized(d, node), rank = from.length - 2;
  const { attributes } = node,
    mode = `${attributes["mode"]}`,
    way = `${attributes["coordinate_transformation_mode"]}`;
  if (rank < 1 || rank > 3 || !sameShape(from.slice(0, 2), to.slice(0, 2))) {
    throw new UnsupportedError(`resizing ${rank} axes`);
  }
  if ((attributes["keep_aspect_ratio_policy"] ?? "stretch") !== "stretch") {
    throw new UnsupportedError("Keras' resizing keeps no aspect ratio");
  }
  const scales = d.constant(node.inputs[2]),
    given = scales && toNumbers(scales).length > 0 ? toNumbers(scales) : undefined;
  const chosen = numbersOf(attributes, "axes")?.map((a) => (a < 0 ? a + from.length : a));
  const listed = given &&
    order.map((axis) => (chosen ? given[chosen.indexOf(axis)] ?? 1 : given[axis] as number));
  const factors = from.slice(2).map((n, i) => {
    const m = to[i + 2], said = listed?.[i + 2];
    return typeof n === "number" && typeof m === "number" ? m / n : said ?? NaN;
  });
  const whole = factors.every((f) => Number.isInteger(f) && f >= 1);
  if (!whole) return resizeTo(d, node, listed);
  const nearest = `${attributes["nearest_mode"] ?? "round_prefer_floor"}`;
  const repeats = mode === "nearest" &&
    (way === "asymmetric" && nearest === "floor" ||
      way.startsWith("half_pixel") && nearest.startsWith("round"));
  const smooth = mode === "linear" && rank === 2 && way.startsWith("half_pixel");
  if (!repeats && !smooth) {
    throw new UnsupportedError(`Keras has no resizing of mode ${mode} with ${way} coordinates`);
  }
  const options = { size: factors, ...(smooth && { interpolation: "bilinear" }) };
  d.set(outputOf(node), groups, d.layer(`UpSampling${rank}D`, options, [d.view(x, groups)]));
}
/** Channels as blocks of pixels and back; Keras orders them as TensorFlow does. */
function blocks(name: "DepthToSpace" | "SpaceToDepth") {
  return (d: Draft, node: Node): void => {
    const block_size = numberOf(node.attributes, "blocksize", 1);
    d.set(outputOf(node), channelsLast(4), d.operation(name, { block_size }, [lastOf(d, inputOf(node))]));
  };
}

/** Operators that resize. */
export const resizing: Converters = {
  DepthToSpace: blocks("DepthToSpace"),
  Resize: resize,
  SpaceToDepth: blocks("SpaceToDepth"),
};
