/** Convolutions, pools, resizes and what else slides a window over images. @module */
import type { DType } from "../../../core/values/dtype.ts";
import type { AttributeValue } from "../../../core/graph/graph.ts";
import type { Draft, DraftedTensor, Size } from "../draft.ts";
import { type Maker, type Makers, open } from "./kit.ts";

type Given = Record<string, AttributeValue>;

/** An image `[batch, channels, …spatial]` that is there or new. */
export function image(d: Draft, dims: number, channels?: number, dtype: DType = "float32"): DraftedTensor {
  const fits = (t: DraftedTensor) =>
    t.dtype === dtype && t.rank === dims + 2 && typeof d.sizes(t)[1] === "number" && t.samples.every((s) =>
      s.data.length > 0
    ) && (channels === undefined || d.sizes(t)[1] === channels);
  const found = d.dice.chance(0.6) ? d.find(fits) : undefined;
  const side = (): Size => (d.dice.chance(0.15) ? d.dice.pick(open) : d.dice.between(1, dims > 2 ? 5 : 9));
  return found ??
    d.source([
      d.dice.chance(0.3) ? d.dice.pick(open) : d.dice.between(1, 2),
      channels ?? d.dice.pick([1, 2, 3, 4, 6, 8]),
      ...Array.from({ length: dims }, side),
    ], dtype);
}
/** Channels of an image. */
export const channelsOf = (d: Draft, x: DraftedTensor) => {
  const c = d.sizes(x)[1];
  return typeof c === "number" ? c : 1;
};
/** A list of things made one by one. */
export const times = <T>(n: number, make: () => T): T[] => Array.from({ length: n }, make);

/** Kernel, strides, dilations and pads of a window; what isn't said is left out at times. */
export function windows(d: Draft, x: DraftedTensor, kernel: readonly number[], pooled = false): Given {
  const dims = kernel.length, out: Given = {};
  if (d.dice.chance(0.5)) out["strides"] = times(dims, () => d.dice.between(1, 3));
  if (d.dice.chance(0.3)) out["dilations"] = times(dims, () => d.dice.between(1, 2));
  const p = d.dice.uniform();
  // onnxruntime pads pools for their kernels as they are, not as dilated.
  if (p < 0.15 && !(pooled && out["dilations"] !== undefined)) {
    // Where windows leave gaps, onnxruntime's SAME pads pools by less than nothing.
    const strides = out["strides"] as number[] | undefined;
    const gaps = pooled && kernel.some((k, i) => (strides?.[i] ?? 1) > k);
    out["auto_pad"] = gaps ? "VALID" : d.dice.pick(["SAME_UPPER", "SAME_LOWER", "VALID"]);
  } else if (p < 0.7) {
    const most = (i: number) => (pooled ? Math.max(0, (kernel[i] ?? 1) - 1) : 2);
    out["pads"] = [...kernel.keys(), ...kernel.keys()].map((i) => d.dice.between(0, most(i)));
  }
  if (pooled && d.dice.chance(0.3)) out["ceil_mode"] = 1;
  void x;
  return out;
}
const kernelOf = (d: Draft, x: DraftedTensor, dims: number) =>
  times(dims, () => d.dice.between(1, 3)).map((k, i) =>
    d.dice.chance(0.85) ? Math.min(k, Math.max(1, Math.min(...x.samples.map((s) => s.shape[i + 2] ?? 1)))) : k
  );

function conv(d: Draft, op = "Conv") {
  const dims = d.dice.pick([1, 2, 2, 2, 3]),
    x = image(d, dims, undefined, d.dice.chance(0.1) ? "float64" : "float32"),
    c = channelsOf(d, x);
  const divisors = times(c, () => 0).map((_, i) => i + 1).filter((n) => c % n === 0);
  const group = d.dice.chance(0.4) ? d.dice.pick(divisors) : 1, kernel = kernelOf(d, x, dims);
  const per = d.dice.between(1, 4), outs = op === "Conv" ? per * group : per;
  const w = d.source(op === "Conv" ? [outs, c / group, ...kernel] : [c, outs, ...kernel], x.dtype, "small");
  const bias = d.dice.chance(0.5) ? [d.source([op === "Conv" ? outs : outs * group], x.dtype).name] : [];
  const attributes: Given = {
    ...windows(d, x, kernel),
    ...(group > 1 && { group }),
    ...(d.dice.chance(0.5) && { kernel_shape: kernel }),
  };
  if (op === "ConvTranspose") {
    const strides = attributes["strides"] as number[] | undefined;
    // Where windows leave gaps, onnxruntime's SAME gives less than ONNX's `size * stride`.
    if (strides?.some((s, i) => s > (kernel[i] ?? 1))) delete attributes["auto_pad"];
    if (strides && d.dice.chance(0.3)) attributes["output_padding"] = strides.map((s) => d.dice.below(s));
    if (
      d.dice.chance(0.1) &&
      x.samples.every((s) => s.shape.slice(2).join() === x.samples[0]?.shape.slice(2).join())
    ) {
      attributes["output_shape"] = (x.samples[0]?.shape.slice(2) ?? []).map((n, i) =>
        n * (strides?.[i] ?? 1) + d.dice.below(2)
      );
    }
  }
  return { op, inputs: [x.name, w.name, ...bias], attributes };
}
function pool(op: string): Maker {
  return (d) => {
    const dims = d.dice.pick([1, 2, 2, 2, 3]), x = image(d, dims), kernel = kernelOf(d, x, dims);
    const attributes: Given = { kernel_shape: kernel, ...windows(d, x, kernel, true) };
    if (op === "AveragePool" && d.dice.chance(0.4)) attributes["count_include_pad"] = 1;
    if (op === "LpPool" && d.dice.chance(0.5)) attributes["p"] = d.dice.between(1, 3);
    const second = op === "MaxPool" && d.dice.chance(0.2);
    if (second && d.dice.chance(0.3)) attributes["storage_order"] = 1;
    return { op, inputs: [x.name], attributes, outputs: second ? 2 : 1 };
  };
}
const whole = (op: string): Maker => (d) => ({
  op,
  inputs: [image(d, d.dice.between(1, 3)).name],
  ...(op === "GlobalLpPool" && { attributes: { p: d.dice.between(1, 3) } }),
});

function resize(d: Draft) {
  const dims = d.dice.between(1, 2), x = image(d, dims, undefined, d.dice.chance(0.1) ? "int32" : "float32");
  const mode = x.dtype === "int32"
    ? "nearest"
    : d.dice.pick(["nearest", "nearest", "linear", "linear", "cubic"]);
  const attributes: Given = { mode };
  if (d.dice.chance(0.8)) {
    attributes["coordinate_transformation_mode"] = d.dice.pick([
      "half_pixel",
      "pytorch_half_pixel",
      "align_corners",
      "asymmetric",
      "half_pixel_symmetric",
    ]);
  }
  if (mode === "nearest" && d.dice.chance(0.8)) {
    attributes["nearest_mode"] = d.dice.pick(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]);
  }
  if (mode === "cubic" && d.dice.chance(0.4)) attributes["cubic_coeff_a"] = -0.5;
  if (mode === "cubic" && d.dice.chance(0.4)) attributes["exclude_outside"] = 1;
  if (d.dice.chance(0.15) && mode !== "nearest") attributes["antialias"] = 1;
  const sizes = d.sizes(x);
  if (d.dice.chance(0.4) && sizes.every((s) => typeof s === "number")) {
    const wanted = [...sizes.slice(0, 2) as number[], ...times(dims, () => d.dice.between(1, 9))];
    return { op: "Resize", inputs: [x.name, "", "", d.ints(wanted)], attributes };
  }
  // Under align_corners ONNX' reference and suite count scale·size outputs, onnxruntime whole ones.
  const whole = attributes["coordinate_transformation_mode"] === "align_corners";
  // With antialias onnxruntime leaves an axis alone whose size stays, whatever its scale.
  const factors = whole
    ? [1, 2, 3]
    : attributes["antialias"]
    ? [0.5, 1, 2, 3]
    : [0.5, 0.6, 1, 1.5, 2, 2.5, 3, 0.75, 1.3];
  const scales = Float32Array.from([1, 1, ...times(dims, () => d.dice.pick(factors))]);
  // Where all sizes stay, onnxruntime hands the image on, whatever the scales.
  const stays = x.samples.some(({ shape }) => shape.every((n, i) => Math.floor(n * (scales[i] ?? 1)) === n));
  if (stays && scales.some((s) => s !== 1)) return undefined;
  return {
    op: "Resize",
    inputs: [x.name, "", d.constant({ dtype: "float32", shape: [dims + 2], data: scales }).name],
    attributes,
  };
}
/** Their makers. */
export const windowed: Makers = {
  Conv: (d) => conv(d),
  ConvTranspose: (d) => conv(d, "ConvTranspose"),
  MaxPool: pool("MaxPool"),
  AveragePool: pool("AveragePool"),
  LpPool: pool("LpPool"),
  GlobalAveragePool: whole("GlobalAveragePool"),
  GlobalMaxPool: whole("GlobalMaxPool"),
  GlobalLpPool: whole("GlobalLpPool"),
  Resize: resize,
  GridSample: (d) => {
    const x = image(d, 2), n = d.sizes(x)[0];
    if (n === undefined) return undefined;
    const grid = d.source(
      [n, d.dice.between(1, 4), d.dice.between(1, 4), 2],
      "float32",
      d.dice.chance(0.6) ? "unit" : "normal",
    );
    const mode = d.dice.pick(
      d.opset < 20 ? ["bilinear", "nearest", "bicubic"] : ["linear", "nearest", "cubic"],
    );
    return {
      op: "GridSample",
      inputs: [x.name, grid.name],
      attributes: {
        mode,
        padding_mode: d.dice.pick(["zeros", "border", "reflection"]),
        align_corners: d.dice.below(2),
      },
    };
  },
  AffineGrid: (d) => ({
    op: "AffineGrid",
    inputs: [
      d.source([2, 2, 3]).name,
      d.ints([2, d.dice.between(1, 3), d.dice.between(2, 4), d.dice.between(2, 4)]),
    ],
    attributes: { align_corners: d.dice.below(2) },
  }),
  Col2Im: (d) => {
    const k = times(2, () => d.dice.between(1, 2)),
      out = times(2, () => d.dice.between(2, 5)),
      c = d.dice.between(1, 2);
    const blocks = out.reduce((n, s, i) => n * (s - (k[i] ?? 1) + 1), 1);
    return {
      op: "Col2Im",
      inputs: [
        d.source([d.dice.pick(["n", 1]), c * (k[0] ?? 1) * (k[1] ?? 1), blocks]).name,
        d.ints(out),
        d.ints(k),
      ],
    };
  },
  MaxUnpool: (d) => {
    const x = d.source([1, 2, 2, 2]);
    const flat = times(8, () => 0).map((_, i) =>
      Math.floor(i / 4) * 16 + (i % 4 < 2 ? (i % 2) * 2 : 8 + (i % 2) * 2) + d.dice.below(2)
    );
    return {
      op: "MaxUnpool",
      inputs: [x.name, d.ints(flat, "int64", [1, 2, 2, 2])],
      attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    };
  },
  RoiAlign: (d) => {
    const x = d.source([2, d.dice.between(1, 3), d.dice.between(3, 6), d.dice.between(3, 6)]);
    const rois = d.constant({
      dtype: "float32",
      shape: [2, 4],
      data: Float32Array.of(0, 0, 2, 2.5, 0.5, 1, 2.2, 2.9),
    });
    return {
      op: "RoiAlign",
      inputs: [x.name, rois.name, d.ints([0, 1])],
      attributes: {
        output_height: 2,
        output_width: 3,
        sampling_ratio: d.dice.below(3),
        mode: d.dice.pick(["avg", "avg", "max"]),
        ...(d.dice.chance(0.5) && { coordinate_transformation_mode: "output_half_pixel" }),
      },
    };
  },
};
