/** Convolutions whose windows each have a kernel of their own (Keras 1 and 2). @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import { ShapeError, UnsupportedError } from "../../../core/values/errors.ts";
import { type SlidingConfig, slidingFields, slidingKeras } from "../shared/sliding.ts";
import type { LayerContext, LayerDef } from "../../../core/network/layer.ts";
import {
  activate,
  asFloat,
  inputAt,
  paramAt,
  range,
  reshape,
  shapeOfRank,
  weight,
} from "../../../core/ops/words.ts";
import { int } from "../../../core/values/schema.ts";
import type { Type } from "../../../core/values/shape.ts";
import { sizeOf, tensor } from "../../../core/values/tensor.ts";

/** Options of the locally connected layers, resolved. */
export interface LocallyConnectedConfig extends Omit<SlidingConfig, "dilationRate"> {
  /** Number of output channels. */
  readonly filters: number;
  /** How the kernel is kept: 1 by windows, 2 as a dense matrix of which most is unused, 3 the used elements alone. */
  readonly implementation: number;
}
type Param = "kernel" | "bias";

/** The sizes that a layer works with; channels and spatial axes of the input are known numbers. */
function geometry(config: LocallyConnectedConfig, type: Type | undefined) {
  const { kernelSize, strides, padding, dataFormat, filters } = config, rank = kernelSize.length;
  const known = shapeOfRank(type, rank + 2, "[batch, …sizes, channels]").slice(1).map((d) => {
    if (typeof d !== "number") {
      throw new ShapeError("expected known sizes, since every window has its kernel");
    }
    return d;
  });
  const first = dataFormat === "channels_first", channels = (first ? known[0] : known.at(-1)) ?? 1;
  const sizes = first ? known.slice(1) : known.slice(0, -1);
  const at = (list: readonly number[], i: number) => list[i] ?? 1;
  const outs = sizes.map((n, i) =>
    Math.ceil((padding === "same" ? n : n - at(kernelSize, i) + 1) / at(strides, i))
  );
  // Keras centres every window, whatever the strides and the size.
  const before = sizes.map((_, i) => padding === "same" ? Math.floor(at(kernelSize, i) / 2) : 0);
  return { rank, first, channels, sizes, outs, before, kernelSize, strides, filters };
}
type Geometry = ReturnType<typeof geometry>;

/** All places in a grid, the last axis fastest. */
function places(sizes: readonly number[]): readonly (readonly number[])[] {
  return sizes.reduce<number[][]>((all, n) => all.flatMap((p) => range(0, n).map((i) => [...p, i])), [[]]);
}
/** Where an element stands among the elements of an image; −1 outside of it. */
function flatten(
  place: readonly number[],
  channel: number,
  sizes: readonly number[],
  channels: number,
  first: boolean,
) {
  let at = first ? channel : 0;
  for (const [i, p] of place.entries()) {
    const size = sizes[i] ?? 1;
    if (p < 0 || p >= size) return -1;
    at = at * size + p;
  }
  return first ? at : at * channels + channel;
}
/** For every window and each of its elements, in the kernel's order: where it stands in the input, or −1. */
function windows(g: Geometry): readonly (readonly number[])[] {
  const inside = places(g.kernelSize), channels = range(0, g.channels);
  const elements = g.first
    ? channels.flatMap((c) => inside.map((p) => ({ p, c })))
    : inside.flatMap((p) => channels.map((c) => ({ p, c })));
  return places(g.outs).map((out) =>
    elements.map(({ p, c }) => {
      const place = p.map((k, i) => (out[i] ?? 0) * (g.strides[i] ?? 1) - (g.before[i] ?? 0) + k);
      return flatten(place, c, g.sizes, g.channels, g.first);
    })
  );
}
/** Where the kernel of every window, element and filter stands among the stored ones, after a first that is 0. */
function kernelPlaces(
  g: Geometry,
  implementation: number,
  list: readonly (readonly number[])[],
): Float64Array {
  const { filters, outs, channels, sizes } = g,
    inputs = sizeOf(sizes) * channels,
    all = sizeOf(outs) * filters;
  const found: { readonly at: number; readonly order: number }[] = [];
  const per = list[0]?.length ?? 0, result = new Float64Array(list.length * per * filters);
  list.forEach((elements, p) => {
    elements.forEach((input, k) => {
      for (let f = 0; f < filters; f++) {
        const at = (p * per + k) * filters + f, output = g.first ? f * list.length + p : p * filters + f;
        if (input < 0) continue;
        // A dense kernel is [inputs, outputs]; used elements alone stand by output, then input.
        if (implementation === 2) result[at] = 1 + input * all + output;
        else found.push({ at, order: output * inputs + input });
      }
    });
  });
  found.sort((a, b) => a.order - b.order).forEach(({ at }, i) => result[at] = 1 + i);
  return result;
}

function kernelShape(g: Geometry, implementation: number): readonly number[] {
  const { outs, channels, filters, kernelSize, sizes } = g;
  if (implementation === 1) return [sizeOf(outs), sizeOf(kernelSize) * channels, filters];
  if (implementation === 2) {
    return g.first ? [channels, ...sizes, filters, ...outs] : [...sizes, channels, ...outs, filters];
  }
  return [windows(g).flat().filter((i) => i >= 0).length * filters];
}
function build({ b, config, inputs, params }: LayerContext<LocallyConnectedConfig, Param>) {
  const x = asFloat(b, inputAt(inputs, 0)), g = geometry(config, x.type), list = windows(g);
  const ids = (values: ArrayLike<number>, shape: readonly number[]) =>
    b.constant(tensor(BigInt64Array.from(Array.from(values, BigInt)), shape, "int64"));
  const zeroFirst = (v: Parameters<typeof reshape>[1], axis: number) =>
    b.pad(v, b.ints(axis === 0 ? [1, 0] : [0, 1, 0, 0]), { mode: "constant" });
  const per = list[0]?.length ?? 0, [positions, { filters }] = [list.length, g];
  const flat = zeroFirst(reshape(b, x, [{ axis: 0 }, sizeOf(g.sizes) * g.channels]), 1);
  // [batch, windows, elements] → [windows, batch, elements] · [windows, elements, filters]
  const seen = b.gather(flat, ids(list.flat().map((i) => i + 1), [positions, per]), { axis: 1 });
  const stored = paramAt(params, "kernel"), { implementation } = config;
  const kernel = implementation === 1 ? stored : b.gather(
    zeroFirst(b.reshape(stored, b.ints([-1])), 0),
    ids(kernelPlaces(g, implementation, list), [positions, per, filters]),
    { axis: 0 },
  );
  const product = b.matMul(b.transpose(seen, { perm: [1, 0, 2] }), kernel);
  const order = g.first ? [1, 2, 0] : [1, 0, 2];
  const turned = b.transpose(product, { perm: order });
  const shape = g.first ? [filters, ...g.outs] : [...g.outs, filters];
  let y = reshape(b, turned, [{ axis: 0 }, ...shape], x);
  // Keras reads a bias [...sizes, filters] as [filters, ...sizes] without turning it.
  if (config.useBias) y = b.add(y, b.reshape(paramAt(params, "bias"), b.ints(shape)));
  return [activate(b, config.activation, y)];
}

function locallyConnected(rank: 1 | 2): LayerDef<LocallyConnectedConfig, Param> {
  const { dilationRate: _, ...sliding } = slidingFields(rank);
  const theirs = slidingKeras<LocallyConnectedConfig>(rank);
  return {
    kind: "layer",
    name: `LocallyConnected${rank}D`,
    mask: "consume",
    config: {
      filters: int({ min: 1 }),
      ...sliding,
      padding: slidingFields(2).padding,
      implementation: int({ min: 1, max: 3, default: 1 }),
    },
    params(config, [x]) {
      const g = geometry(config, x);
      return {
        kernel: weight(kernelShape(g, config.implementation), config.kernelInitializer),
        ...(config.useBias && { bias: weight([...g.outs, g.filters], config.biasInitializer) }),
      };
    },
    build,
    check({ padding, implementation }, path) {
      if (padding === "same" && implementation === 1) {
        throw new ShapeError(`${path}: expected padding valid with implementation 1, got same`);
      }
    },
    keras: {
      ...(theirs.upgrade && { upgrade: theirs.upgrade }),
      ignore: theirs.ignore ?? [],
      save(_, major) {
        if (major === 2) return {};
        throw new UnsupportedError("Keras 3 has no locally connected layers");
      },
    },
  };
}
const locallyConnected1dDef: LayerDef<LocallyConnectedConfig, Param> = locallyConnected(1);
/** A convolution with a kernel for each window, over time, `[batch, time, channels] → [batch, time', filters]`; sizes are known numbers. */
export const locallyConnected1d: Factory<LocallyConnectedConfig, "filters" | "kernelSize"> = factory(
  locallyConnected1dDef,
);
const locallyConnected2dDef: LayerDef<LocallyConnectedConfig, Param> = locallyConnected(2);
/** A convolution with a kernel for each window, over images, `[batch, height, width, channels] → [batch, height', width', filters]`; sizes are known numbers. */
export const locallyConnected2d: Factory<LocallyConnectedConfig, "filters" | "kernelSize"> = factory(
  locallyConnected2dDef,
);
