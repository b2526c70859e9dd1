/**
 * The builder's methods, one an operator: made of the operators' declarations by `deno task vocabulary`.
 * @module
 */
import type { DType } from "../values/dtype.ts";
import type { Type } from "../values/shape.ts";
import type { Tensor } from "../values/tensor.ts";
import type { Graph, Value } from "./graph.ts";

/** What a node may have beside inputs and attributes. */
export interface OpOptions {
  /** Nested graphs by attribute name. */
  readonly graphs?: Readonly<Record<string, Graph>>;
  /** How many outputs are wanted; all that inference gives unless said. */
  readonly outputs?: number;
}
/** No attributes. */
export type NoAttributes = Readonly<Record<never, never>>;

/** The attributes of each operator that has some, by its name. */
export interface AttributesOf {
  /** Of `Mod`. */
  readonly Mod: {
    /** The sign of x, as C's fmod; false unless said. */
    readonly fmod?: boolean | 0 | 1;
  };
  /** Of `LeakyRelu`. */
  readonly LeakyRelu: {
    /** Slope below zero; 0.01 unless said. */
    readonly alpha?: number;
  };
  /** Of `Elu`. */
  readonly Elu: {
    /** What it tends to, negated; 1 unless said. */
    readonly alpha?: number;
  };
  /** Of `Selu`. */
  readonly Selu: {
    /** Alpha; 1.6732631921768188 unless said. */
    readonly alpha?: number;
    /** Gamma; 1.0507010221481323 unless said. */
    readonly gamma?: number;
  };
  /** Of `Celu`. */
  readonly Celu: {
    /** Alpha; 1 unless said. */
    readonly alpha?: number;
  };
  /** Of `ThresholdedRelu`. */
  readonly ThresholdedRelu: {
    /** Threshold; 1 unless said. */
    readonly alpha?: number;
  };
  /** Of `HardSigmoid`. */
  readonly HardSigmoid: {
    /** Slope; 0.2 unless said. */
    readonly alpha?: number;
    /** Value at zero; 0.5 unless said. */
    readonly beta?: number;
  };
  /** Of `Gelu`. */
  readonly Gelu: {
    /** How Φ is computed; "none" unless said. */
    readonly approximate?: "none" | "tanh";
  };
  /** Of `Swish`. */
  readonly Swish: {
    /** Slope inside; 1 unless said. */
    readonly alpha?: number;
  };
  /** Of `BitShift`. */
  readonly BitShift: {
    /** Which way. */
    readonly direction: "LEFT" | "RIGHT";
  };
  /** Of `Cast`. */
  readonly Cast: {
    /** The element type wanted. */
    readonly to: DType | number;
    /** Too large numbers become the largest 8-bit float, not infinity; true unless said. */
    readonly saturate?: boolean | 0 | 1;
    /** How float8e8m0 is rounded; "up" unless said. */
    readonly round_mode?: "up" | "down" | "nearest";
  };
  /** Of `CastLike`. */
  readonly CastLike: {
    /** Too large numbers become the largest 8-bit float, not infinity; true unless said. */
    readonly saturate?: boolean | 0 | 1;
    /** How float8e8m0 is rounded; "up" unless said. */
    readonly round_mode?: "up" | "down" | "nearest";
  };
  /** Of `BitCast`. */
  readonly BitCast: {
    /** The element type wanted. */
    readonly to: DType | number;
  };
  /** Of `Dropout`. */
  readonly Dropout: {
    /** Seed of the generator; another one each run unless given. */
    readonly seed?: number | null;
  };
  /** Of `CumSum`. */
  readonly CumSum: {
    /** Leave each element itself out; false unless said. */
    readonly exclusive?: boolean | 0 | 1;
    /** From the last to the first; false unless said. */
    readonly reverse?: boolean | 0 | 1;
  };
  /** Of `CumProd`. */
  readonly CumProd: AttributesOf["CumSum"];
  /** Of `IsInf`. */
  readonly IsInf: {
    /** Count −∞; true unless said. */
    readonly detect_negative?: boolean | 0 | 1;
    /** Count ∞; true unless said. */
    readonly detect_positive?: boolean | 0 | 1;
  };
  /** Of `ReduceSum`. */
  readonly ReduceSum: {
    /** Keep reduced axes with one element; true unless said. */
    readonly keepdims?: boolean | 0 | 1;
    /** No axes mean none, not all; false unless said. */
    readonly noop_with_empty_axes?: boolean | 0 | 1;
  };
  /** Of `ReduceMean`. */
  readonly ReduceMean: AttributesOf["ReduceSum"];
  /** Of `ReduceMax`. */
  readonly ReduceMax: AttributesOf["ReduceSum"];
  /** Of `ReduceMin`. */
  readonly ReduceMin: AttributesOf["ReduceSum"];
  /** Of `ReduceProd`. */
  readonly ReduceProd: AttributesOf["ReduceSum"];
  /** Of `ReduceL1`. */
  readonly ReduceL1: AttributesOf["ReduceSum"];
  /** Of `ReduceL2`. */
  readonly ReduceL2: AttributesOf["ReduceSum"];
  /** Of `ReduceSumSquare`. */
  readonly ReduceSumSquare: AttributesOf["ReduceSum"];
  /** Of `ReduceLogSum`. */
  readonly ReduceLogSum: AttributesOf["ReduceSum"];
  /** Of `ReduceLogSumExp`. */
  readonly ReduceLogSumExp: AttributesOf["ReduceSum"];
  /** Of `ArgMax`. */
  readonly ArgMax: {
    /** Axis to search; 0 unless said. */
    readonly axis?: number;
    /** Keep the axis with one element; true unless said. */
    readonly keepdims?: boolean | 0 | 1;
    /** The last of equal ones, not the first; false unless said. */
    readonly select_last_index?: boolean | 0 | 1;
  };
  /** Of `ArgMin`. */
  readonly ArgMin: AttributesOf["ArgMax"];
  /** Of `TopK`. */
  readonly TopK: {
    /** Axis to search; -1 unless said. */
    readonly axis?: number;
    /** The largest, not the smallest; true unless said. */
    readonly largest?: boolean | 0 | 1;
    /** In order; always so here; true unless said. */
    readonly sorted?: boolean | 0 | 1;
  };
  /** Of `Reshape`. */
  readonly Reshape: {
    /** 0 means an empty axis, not the input's dim; false unless said. */
    readonly allowzero?: boolean | 0 | 1;
  };
  /** Of `Flatten`. */
  readonly Flatten: {
    /** First axis of the second part; 1 unless said. */
    readonly axis?: number;
  };
  /** Of `Shape`. */
  readonly Shape: {
    /** First axis told; 0 unless said. */
    readonly start?: number;
    /** Axis to stop before. */
    readonly end?: number | null;
  };
  /** Of `Transpose`. */
  readonly Transpose: {
    /** The input's axis for each axis. */
    readonly perm?: readonly number[] | null;
  };
  /** Of `Concat`. */
  readonly Concat: {
    /** Axis to join along. */
    readonly axis: number;
  };
  /** Of `Split`. */
  readonly Split: {
    /** Axis to cut; 0 unless said. */
    readonly axis?: number;
    /** How many equal parts. */
    readonly num_outputs?: number | null;
  };
  /** Of `Pad`. */
  readonly Pad: {
    /** What borders hold; "constant" unless said. */
    readonly mode?: "constant" | "reflect" | "edge" | "wrap";
  };
  /** Of `DepthToSpace`. */
  readonly DepthToSpace: {
    /** Side of a block. */
    readonly blocksize: number;
    /** Depth first or column first; "DCR" unless said. */
    readonly mode?: "DCR" | "CRD";
  };
  /** Of `SpaceToDepth`. */
  readonly SpaceToDepth: AttributesOf["DepthToSpace"];
  /** Of `EyeLike`. */
  readonly EyeLike: {
    /** Element type; the input's unless given. */
    readonly dtype?: DType | number | null;
    /** Which diagonal; above the main one where positive; 0 unless said. */
    readonly k?: number;
  };
  /** Of `Trilu`. */
  readonly Trilu: {
    /** Keep the upper one; true unless said. */
    readonly upper?: boolean | 0 | 1;
  };
  /** Of `ReverseSequence`. */
  readonly ReverseSequence: {
    /** Axis of rows; 1 unless said. */
    readonly batch_axis?: number;
    /** Axis of steps; 0 unless said. */
    readonly time_axis?: number;
  };
  /** Of `Gather`. */
  readonly Gather: {
    /** Axis that is indexed; 0 unless said. */
    readonly axis?: number;
  };
  /** Of `GatherElements`. */
  readonly GatherElements: AttributesOf["Gather"];
  /** Of `GatherND`. */
  readonly GatherND: {
    /** Leading axes that data and indices share; 0 unless said. */
    readonly batch_dims?: number;
  };
  /** Of `ScatterElements`. */
  readonly ScatterElements: {
    /** Axis that is indexed; 0 unless said. */
    readonly axis?: number;
    /** How updates meet what is there; "none" unless said. */
    readonly reduction?: "none" | "add" | "mul" | "max" | "min";
  };
  /** Of `Scatter`. */
  readonly Scatter: AttributesOf["Gather"];
  /** Of `ScatterND`. */
  readonly ScatterND: {
    /** How updates meet what is there; "none" unless said. */
    readonly reduction?: "none" | "add" | "mul" | "max" | "min";
  };
  /** Of `OneHot`. */
  readonly OneHot: {
    /** Where the new axis stands; -1 unless said. */
    readonly axis?: number;
  };
  /** Of `Constant`. */
  readonly Constant: {
    /** Any tensor. */
    readonly value?: Tensor | null;
    /** Any tensor, sparse in files. */
    readonly sparse_value?: Tensor | null;
    /** An int64 scalar. */
    readonly value_int?: number | null;
    /** A float32 scalar. */
    readonly value_float?: number | null;
    /** A string scalar. */
    readonly value_string?: string | null;
    /** An int64 vector. */
    readonly value_ints?: readonly number[] | null;
    /** A float32 vector. */
    readonly value_floats?: readonly number[] | null;
    /** A vector of strings. */
    readonly value_strings?: readonly string[] | null;
  };
  /** Of `ConstantOfShape`. */
  readonly ConstantOfShape: {
    /** One element; float32 zero unless given. */
    readonly value?: Tensor | null;
  };
  /** Of `Range`. */
  readonly Range: {
    /** Precision of narrow floats inside: 1 is float32; 1 unless said. */
    readonly stash_type?: number;
  };
  /** Of `RandomNormal`. */
  readonly RandomNormal: {
    /** Mean; 0 unless said. */
    readonly mean?: number;
    /** Standard deviation; 1 unless said. */
    readonly scale?: number;
    /** Seed; another one each run unless given. */
    readonly seed?: number | null;
    /** Shape. */
    readonly shape: readonly number[];
    /** Element type; 1 unless said. */
    readonly dtype?: DType | number;
  };
  /** Of `RandomNormalLike`. */
  readonly RandomNormalLike: {
    /** Mean; 0 unless said. */
    readonly mean?: number;
    /** Standard deviation; 1 unless said. */
    readonly scale?: number;
    /** Seed; another one each run unless given. */
    readonly seed?: number | null;
    /** Element type; the input's unless given. */
    readonly dtype?: DType | number | null;
  };
  /** Of `RandomUniform`. */
  readonly RandomUniform: {
    /** Lower bound; 0 unless said. */
    readonly low?: number;
    /** Upper bound; 1 unless said. */
    readonly high?: number;
    /** Seed; another one each run unless given. */
    readonly seed?: number | null;
    /** Shape. */
    readonly shape: readonly number[];
    /** Element type; 1 unless said. */
    readonly dtype?: DType | number;
  };
  /** Of `RandomUniformLike`. */
  readonly RandomUniformLike: {
    /** Lower bound; 0 unless said. */
    readonly low?: number;
    /** Upper bound; 1 unless said. */
    readonly high?: number;
    /** Seed; another one each run unless given. */
    readonly seed?: number | null;
    /** Element type; the input's unless given. */
    readonly dtype?: DType | number | null;
  };
  /** Of `Bernoulli`. */
  readonly Bernoulli: {
    /** Element type; the input's unless given. */
    readonly dtype?: DType | number | null;
    /** Seed; another one each run unless given. */
    readonly seed?: number | null;
  };
  /** Of `lapis.Philox`. */
  readonly "lapis.Philox": {
    /** Shape, where it isn't an input. */
    readonly shape?: readonly number[] | null;
    /** Element type; 1 unless said. */
    readonly dtype?: DType | number;
  };
  /** Of `Gemm`. */
  readonly Gemm: {
    /** Factor of the product; 1 unless said. */
    readonly alpha?: number;
    /** Factor of C; 1 unless said. */
    readonly beta?: number;
    /** Take A transposed; false unless said. */
    readonly transA?: boolean | 0 | 1;
    /** Take B transposed; false unless said. */
    readonly transB?: boolean | 0 | 1;
  };
  /** Of `Einsum`. */
  readonly Einsum: {
    /** As in ij,jk->ik; ... stands for axes that broadcast. */
    readonly equation: string;
  };
  /** Of `Conv`. */
  readonly Conv: {
    /** NOTSET: pads as given; SAME: as many outputs as steps fit, the odd pad at the end (UPPER) or start; VALID: none; "NOTSET" unless said. */
    readonly auto_pad?: "NOTSET" | "SAME_UPPER" | "SAME_LOWER" | "VALID";
    /** Distance of the window's elements along each spatial axis; 1 unless given. */
    readonly dilations?: readonly number[] | null;
    /** Elements added at the start of each spatial axis, then at the end of each; 0 unless given. */
    readonly pads?: readonly number[] | null;
    /** Steps between windows along each spatial axis; 1 unless given. */
    readonly strides?: readonly number[] | null;
    /** Groups that channels are divided into; 1 unless said. */
    readonly group?: number;
    /** The kernel's spatial shape; W's unless given. */
    readonly kernel_shape?: readonly number[] | null;
  };
  /** Of `ConvTranspose`. */
  readonly ConvTranspose: {
    /** NOTSET: pads as given; SAME: as many outputs as steps fit, the odd pad at the end (UPPER) or start; VALID: none; "NOTSET" unless said. */
    readonly auto_pad?: "NOTSET" | "SAME_UPPER" | "SAME_LOWER" | "VALID";
    /** Distance of the window's elements along each spatial axis; 1 unless given. */
    readonly dilations?: readonly number[] | null;
    /** Elements added at the start of each spatial axis, then at the end of each; 0 unless given. */
    readonly pads?: readonly number[] | null;
    /** Steps between windows along each spatial axis; 1 unless given. */
    readonly strides?: readonly number[] | null;
    /** Groups that channels are divided into; 1 unless said. */
    readonly group?: number;
    /** The kernel's spatial shape; W's unless given. */
    readonly kernel_shape?: readonly number[] | null;
    /** Elements added at the end of each output axis, that no window needs. */
    readonly output_padding?: readonly number[] | null;
    /** The output's spatial shape; pads follow from it. */
    readonly output_shape?: readonly number[] | null;
  };
  /** Of `MaxPool`. */
  readonly MaxPool: {
    /** NOTSET: pads as given; SAME: as many outputs as steps fit, the odd pad at the end (UPPER) or start; VALID: none; "NOTSET" unless said. */
    readonly auto_pad?: "NOTSET" | "SAME_UPPER" | "SAME_LOWER" | "VALID";
    /** Distance of the window's elements along each spatial axis; 1 unless given. */
    readonly dilations?: readonly number[] | null;
    /** Elements added at the start of each spatial axis, then at the end of each; 0 unless given. */
    readonly pads?: readonly number[] | null;
    /** Steps between windows along each spatial axis; 1 unless given. */
    readonly strides?: readonly number[] | null;
    /** Let a last window reach past the end; false unless said. */
    readonly ceil_mode?: boolean | 0 | 1;
    /** The window along each spatial axis. */
    readonly kernel_shape: readonly number[];
    /** Order that Indices count spatial axes in: 0 row-major, 1 column-major; 0 unless said. */
    readonly storage_order?: number;
  };
  /** Of `AveragePool`. */
  readonly AveragePool: {
    /** NOTSET: pads as given; SAME: as many outputs as steps fit, the odd pad at the end (UPPER) or start; VALID: none; "NOTSET" unless said. */
    readonly auto_pad?: "NOTSET" | "SAME_UPPER" | "SAME_LOWER" | "VALID";
    /** Distance of the window's elements along each spatial axis; 1 unless given. */
    readonly dilations?: readonly number[] | null;
    /** Elements added at the start of each spatial axis, then at the end of each; 0 unless given. */
    readonly pads?: readonly number[] | null;
    /** Steps between windows along each spatial axis; 1 unless given. */
    readonly strides?: readonly number[] | null;
    /** Let a last window reach past the end; false unless said. */
    readonly ceil_mode?: boolean | 0 | 1;
    /** The window along each spatial axis. */
    readonly kernel_shape: readonly number[];
    /** Divide by the whole window, its padding included; false unless said. */
    readonly count_include_pad?: boolean | 0 | 1;
  };
  /** Of `LpPool`. */
  readonly LpPool: {
    /** NOTSET: pads as given; SAME: as many outputs as steps fit, the odd pad at the end (UPPER) or start; VALID: none; "NOTSET" unless said. */
    readonly auto_pad?: "NOTSET" | "SAME_UPPER" | "SAME_LOWER" | "VALID";
    /** Distance of the window's elements along each spatial axis; 1 unless given. */
    readonly dilations?: readonly number[] | null;
    /** Elements added at the start of each spatial axis, then at the end of each; 0 unless given. */
    readonly pads?: readonly number[] | null;
    /** Steps between windows along each spatial axis; 1 unless given. */
    readonly strides?: readonly number[] | null;
    /** Let a last window reach past the end; false unless said. */
    readonly ceil_mode?: boolean | 0 | 1;
    /** The window along each spatial axis. */
    readonly kernel_shape: readonly number[];
    /** The norm's p; 2 unless said. */
    readonly p?: number;
  };
  /** Of `GlobalLpPool`. */
  readonly GlobalLpPool: {
    /** The norm's p; 2 unless said. */
    readonly p?: number;
  };
  /** Of `BatchNormalization`. */
  readonly BatchNormalization: {
    /** Added to the variance; 0.00001 unless said. */
    readonly epsilon?: number;
    /** What running statistics keep of themselves; 0.9 unless said. */
    readonly momentum?: number;
    /** Normalise by the batch, and give new running statistics; false unless said. */
    readonly training_mode?: boolean | 0 | 1;
  };
  /** Of `LayerNormalization`. */
  readonly LayerNormalization: {
    /** First of the axes that are normalised together; -1 unless said. */
    readonly axis?: number;
    /** Added to the variance; 0.00001 unless said. */
    readonly epsilon?: number;
    /** Element type of the statistics; 1 unless said. */
    readonly stash_type?: DType | number;
  };
  /** Of `RMSNormalization`. */
  readonly RMSNormalization: AttributesOf["LayerNormalization"];
  /** Of `InstanceNormalization`. */
  readonly InstanceNormalization: {
    /** Added to the variance; 0.00001 unless said. */
    readonly epsilon?: number;
  };
  /** Of `GroupNormalization`. */
  readonly GroupNormalization: {
    /** Added to the variance; 0.00001 unless said. */
    readonly epsilon?: number;
    /** Groups that channels are divided into. */
    readonly num_groups: number;
    /** Element type of the statistics; 1 unless said. */
    readonly stash_type?: DType | number;
  };
  /** Of `Softmax`. */
  readonly Softmax: {
    /** The axis that is normalised; negative counts from the back; -1 unless said. */
    readonly axis?: number;
  };
  /** Of `LogSoftmax`. */
  readonly LogSoftmax: AttributesOf["Softmax"];
  /** Of `Hardmax`. */
  readonly Hardmax: AttributesOf["Softmax"];
  /** Of `lapis.FlatSoftmax`. */
  readonly "lapis.FlatSoftmax": {
    /** The first axis that is normalised; 1 unless said. */
    readonly axis?: number;
  };
  /** Of `lapis.FlatLogSoftmax`. */
  readonly "lapis.FlatLogSoftmax": AttributesOf["lapis.FlatSoftmax"];
  /** Of `lapis.FlatHardmax`. */
  readonly "lapis.FlatHardmax": AttributesOf["lapis.FlatSoftmax"];
  /** Of `NegativeLogLikelihoodLoss`. */
  readonly NegativeLogLikelihoodLoss: {
    /** None: a loss an element; mean: their weighted mean; sum; "mean" unless said. */
    readonly reduction?: "none" | "sum" | "mean";
    /** A target that counts nothing. */
    readonly ignore_index?: number | null;
  };
  /** Of `SoftmaxCrossEntropyLoss`. */
  readonly SoftmaxCrossEntropyLoss: AttributesOf["NegativeLogLikelihoodLoss"];
  /** Of `Resize`. */
  readonly Resize: {
    /** Widen the filter where the image shrinks; false unless said. */
    readonly antialias?: boolean | 0 | 1;
    /** Axes that roi, scales and sizes speak of; all unless given. */
    readonly axes?: readonly number[] | null;
    /** How an output's place is mapped to the input; "half_pixel" unless said. */
    readonly coordinate_transformation_mode?: "half_pixel" | "half_pixel_symmetric" | "pytorch_half_pixel" | "align_corners" | "asymmetric" | "tf_crop_and_resize";
    /** A of the cubic kernel; -0.75 unless said. */
    readonly cubic_coeff_a?: number;
    /** Give inputs beyond the edge no weight; false unless said. */
    readonly exclude_outside?: boolean | 0 | 1;
    /** Outputs outside the crop; 0 unless said. */
    readonly extrapolation_value?: number;
    /** Whether sizes stretch the image, or bound it with one scale for all axes; "stretch" unless said. */
    readonly keep_aspect_ratio_policy?: "stretch" | "not_larger" | "not_smaller";
    /** Interpolation; "nearest" unless said. */
    readonly mode?: "nearest" | "linear" | "cubic";
    /** How a place is rounded; "round_prefer_floor" unless said. */
    readonly nearest_mode?: "round_prefer_floor" | "round_prefer_ceil" | "floor" | "ceil";
  };
  /** Of `RNN`. */
  readonly RNN: {
    /** Alphas, in the order of the activations that take one. */
    readonly activation_alpha?: readonly number[] | null;
    /** Betas, in the order of the activations that take one. */
    readonly activation_beta?: readonly number[] | null;
    /** Activations of each direction. */
    readonly activations?: readonly string[] | null;
    /** Bound of what enters each activation. */
    readonly clip?: number | null;
    /** Which way steps run; "forward" unless said. */
    readonly direction?: "forward" | "reverse" | "bidirectional";
    /** Units; those of R unless given. */
    readonly hidden_size?: number | null;
    /** 0: X [time, batch, features]; 1: X [batch, time, features]; 0 unless said. */
    readonly layout?: number;
  };
  /** Of `GRU`. */
  readonly GRU: {
    /** Alphas, in the order of the activations that take one. */
    readonly activation_alpha?: readonly number[] | null;
    /** Betas, in the order of the activations that take one. */
    readonly activation_beta?: readonly number[] | null;
    /** Activations of each direction. */
    readonly activations?: readonly string[] | null;
    /** Bound of what enters each activation. */
    readonly clip?: number | null;
    /** Which way steps run; "forward" unless said. */
    readonly direction?: "forward" | "reverse" | "bidirectional";
    /** Units; those of R unless given. */
    readonly hidden_size?: number | null;
    /** 0: X [time, batch, features]; 1: X [batch, time, features]; 0 unless said. */
    readonly layout?: number;
    /** Apply the reset gate after the recurrent product; false unless said. */
    readonly linear_before_reset?: boolean | 0 | 1;
  };
  /** Of `LSTM`. */
  readonly LSTM: {
    /** Alphas, in the order of the activations that take one. */
    readonly activation_alpha?: readonly number[] | null;
    /** Betas, in the order of the activations that take one. */
    readonly activation_beta?: readonly number[] | null;
    /** Activations of each direction. */
    readonly activations?: readonly string[] | null;
    /** Bound of what enters each activation. */
    readonly clip?: number | null;
    /** Which way steps run; "forward" unless said. */
    readonly direction?: "forward" | "reverse" | "bidirectional";
    /** Units; those of R unless given. */
    readonly hidden_size?: number | null;
    /** 0: X [time, batch, features]; 1: X [batch, time, features]; 0 unless said. */
    readonly layout?: number;
    /** The forget gate is one minus the input gate; false unless said. */
    readonly input_forget?: boolean | 0 | 1;
  };
  /** Of `If`. */
  readonly If: {
    /** How many last inputs feed the nested graph's last; 0 unless said. */
    readonly captures?: number;
  };
  /** Of `Loop`. */
  readonly Loop: AttributesOf["If"];
  /** Of `Scan`. */
  readonly Scan: {
    /** How many inputs are sequences. */
    readonly num_scan_inputs: number;
    /** The axis of steps of each sequence. */
    readonly scan_input_axes?: readonly number[] | null;
    /** The direction of each sequence. */
    readonly scan_input_directions?: readonly number[] | null;
    /** The axis of steps of each stacked output. */
    readonly scan_output_axes?: readonly number[] | null;
    /** The direction of each stacked output. */
    readonly scan_output_directions?: readonly number[] | null;
    /** How many last inputs feed the nested graph's last; 0 unless said. */
    readonly captures?: number;
    /** How many last outputs are kept for the gradient; 0 unless said. */
    readonly saved?: number;
  };
  /** Of `lapis.Scan8`. */
  readonly "lapis.Scan8": {
    /** How many inputs are sequences. */
    readonly num_scan_inputs: number;
    /** The direction of each sequence. */
    readonly directions?: readonly number[] | null;
    /** How many last inputs feed the nested graph's last; 0 unless said. */
    readonly captures?: number;
  };
  /** Of `lapis.ConvGradInput`. */
  readonly "lapis.ConvGradInput": AttributesOf["Conv"];
  /** Of `lapis.ConvGradKernel`. */
  readonly "lapis.ConvGradKernel": AttributesOf["Conv"];
  /** Of `lapis.MaxPoolGrad`. */
  readonly "lapis.MaxPoolGrad": {
    /** NOTSET: pads as given; SAME: as many outputs as steps fit, the odd pad at the end (UPPER) or start; VALID: none; "NOTSET" unless said. */
    readonly auto_pad?: "NOTSET" | "SAME_UPPER" | "SAME_LOWER" | "VALID";
    /** Distance of the window's elements along each spatial axis; 1 unless given. */
    readonly dilations?: readonly number[] | null;
    /** Elements added at the start of each spatial axis, then at the end of each; 0 unless given. */
    readonly pads?: readonly number[] | null;
    /** Steps between windows along each spatial axis; 1 unless given. */
    readonly strides?: readonly number[] | null;
    /** Let a last window reach past the end; false unless said. */
    readonly ceil_mode?: boolean | 0 | 1;
    /** The window along each spatial axis. */
    readonly kernel_shape: readonly number[];
  };
  /** Of `lapis.AveragePoolGrad`. */
  readonly "lapis.AveragePoolGrad": AttributesOf["AveragePool"];
  /** Of `Compress`. */
  readonly Compress: {
    /** Axis to pick along. */
    readonly axis?: number | null;
  };
  /** Of `Unique`. */
  readonly Unique: {
    /** Axis whose slices are compared; elements unless given. */
    readonly axis?: number | null;
    /** In ascending order, not that of appearance; true unless said. */
    readonly sorted?: boolean | 0 | 1;
  };
  /** Of `GridSample`. */
  readonly GridSample: {
    /** −1 and 1 are the middles of the outer elements, not their edges; false unless said. */
    readonly align_corners?: boolean | 0 | 1;
    /** Interpolation; "linear" unless said. */
    readonly mode?: "linear" | "nearest" | "cubic";
    /** What lies outside; "zeros" unless said. */
    readonly padding_mode?: "zeros" | "border" | "reflection";
  };
  /** Of `AffineGrid`. */
  readonly AffineGrid: {
    /** −1 and 1 are the middles of the outer elements, not their edges; false unless said. */
    readonly align_corners?: boolean | 0 | 1;
  };
  /** Of `lapis.ResizeGrad`. */
  readonly "lapis.ResizeGrad": AttributesOf["Resize"];
  /** Of `Upsample`. */
  readonly Upsample: {
    /** Nearest, or linear; "nearest" unless said. */
    readonly mode?: string;
    /** Scale of each axis. */
    readonly scales?: readonly number[] | null;
    /** Scale of axis 2. */
    readonly height_scale?: number | null;
    /** Scale of axis 3. */
    readonly width_scale?: number | null;
  };
  /** Of `LRN`. */
  readonly LRN: {
    /** Factor of the mean square; 0.0001 unless said. */
    readonly alpha?: number;
    /** The exponent; 0.75 unless said. */
    readonly beta?: number;
    /** Added to the mean square; 1 unless said. */
    readonly bias?: number;
    /** Channels that are summed over. */
    readonly size: number;
  };
  /** Of `LpNormalization`. */
  readonly LpNormalization: {
    /** The axis that norms are taken along; -1 unless said. */
    readonly axis?: number;
    /** Which norm: 1 or 2; 2 unless said. */
    readonly p?: number;
  };
  /** Of `MeanVarianceNormalization`. */
  readonly MeanVarianceNormalization: {
    /** The axes that statistics are taken over; [0,2,3] unless said. */
    readonly axes?: readonly number[];
  };
  /** Of `SequenceEmpty`. */
  readonly SequenceEmpty: {
    /** Element type of what may be inserted; float32 unless given. */
    readonly dtype?: DType | number | null;
  };
  /** Of `SplitToSequence`. */
  readonly SplitToSequence: {
    /** Axis to cut; 0 unless said. */
    readonly axis?: number;
    /** Keep the axis of single elements; only without sizes; true unless said. */
    readonly keepdims?: boolean | 0 | 1;
  };
  /** Of `ConcatFromSequence`. */
  readonly ConcatFromSequence: {
    /** Axis to join along. */
    readonly axis: number;
    /** Stack along a new axis; false unless said. */
    readonly new_axis?: boolean | 0 | 1;
  };
  /** Of `Optional`. */
  readonly Optional: {
    /** Type of what the optional may hold. */
    readonly type?: Type | null;
  };
  /** Of `Attention`. */
  readonly Attention: {
    /** A query sees the keys up to its own place; false unless said. */
    readonly is_causal?: boolean | 0 | 1;
    /** Heads of K and V, where they have rank 3. */
    readonly kv_num_heads?: number | null;
    /** Keys before its place that a query sees; −1 for all; -1 unless said. */
    readonly left_window_size?: number;
    /** Heads of Q, where it has rank 3. */
    readonly q_num_heads?: number | null;
    /** The fourth output: 0 Q·Kᵀ, 1 after softcap, 2 after the bias, 3 after softmax; 0 unless said. */
    readonly qk_matmul_output_mode?: number;
    /** Keys after its place that a query sees; −1 for all; -1 unless said. */
    readonly right_window_size?: number;
    /** Factor of Q·Kᵀ; 1/√size unless given. */
    readonly scale?: number | null;
    /** Bounds scores by softcap·tanh(score/softcap); 0 for no bound; 0 unless said. */
    readonly softcap?: number;
    /** Element type that softmax is taken in. */
    readonly softmax_precision?: DType | number | null;
  };
  /** Of `QuantizeLinear`. */
  readonly QuantizeLinear: {
    /** Axis that vectors of scales and blocks lie along; 1 unless said. */
    readonly axis?: number;
    /** Elements that share a scale along the axis; 0 for no blocks; 0 unless said. */
    readonly block_size?: number;
    /** Quantized type; the zero point's, or uint8, unless given; 0 unless said. */
    readonly output_dtype?: DType | number;
    /** Type that x is divided in; the scale's unless given; 0 unless said. */
    readonly precision?: DType | number;
    /** Too large numbers become the largest 8-bit float; true unless said. */
    readonly saturate?: boolean | 0 | 1;
  };
  /** Of `DequantizeLinear`. */
  readonly DequantizeLinear: {
    /** Axis that vectors of scales and blocks lie along; 1 unless said. */
    readonly axis?: number;
    /** Elements that share a scale along the axis; 0 for no blocks; 0 unless said. */
    readonly block_size?: number;
    /** Float type; the scale's unless given; 0 unless said. */
    readonly output_dtype?: DType | number;
  };
  /** Of `ConvInteger`. */
  readonly ConvInteger: AttributesOf["Conv"];
  /** Of `QLinearConv`. */
  readonly QLinearConv: AttributesOf["Conv"];
  /** Of `com.microsoft.QLinearLeakyRelu`. */
  readonly "com.microsoft.QLinearLeakyRelu": AttributesOf["LeakyRelu"];
  /** Of `com.microsoft.QLinearSoftmax`. */
  readonly "com.microsoft.QLinearSoftmax": {
    /** Axis that sums to one; -1 unless said. */
    readonly axis?: number;
    /** Opset of ai.onnx whose Softmax is meant. */
    readonly opset: number;
  };
  /** Of `com.microsoft.QLinearAveragePool`. */
  readonly "com.microsoft.QLinearAveragePool": {
    /** NOTSET: pads as given; SAME: as many outputs as steps fit, the odd pad at the end (UPPER) or start; VALID: none; "NOTSET" unless said. */
    readonly auto_pad?: "NOTSET" | "SAME_UPPER" | "SAME_LOWER" | "VALID";
    /** Distance of the window's elements along each spatial axis; 1 unless given. */
    readonly dilations?: readonly number[] | null;
    /** Elements added at the start of each spatial axis, then at the end of each; 0 unless given. */
    readonly pads?: readonly number[] | null;
    /** Steps between windows along each spatial axis; 1 unless given. */
    readonly strides?: readonly number[] | null;
    /** Let a last window reach past the end; false unless said. */
    readonly ceil_mode?: boolean | 0 | 1;
    /** The window along each spatial axis. */
    readonly kernel_shape: readonly number[];
    /** Divide by the whole window, its padding included; false unless said. */
    readonly count_include_pad?: boolean | 0 | 1;
    /** Channels are the last axis; false unless said. */
    readonly channels_last?: boolean | 0 | 1;
  };
  /** Of `com.microsoft.QLinearGlobalAveragePool`. */
  readonly "com.microsoft.QLinearGlobalAveragePool": {
    /** Channels are the last axis; false unless said. */
    readonly channels_last?: boolean | 0 | 1;
  };
  /** Of `com.microsoft.QLinearConcat`. */
  readonly "com.microsoft.QLinearConcat": AttributesOf["Concat"];
  /** Of `com.microsoft.QGemm`. */
  readonly "com.microsoft.QGemm": {
    /** Factor of the product; 1 unless said. */
    readonly alpha?: number;
    /** A is transposed; false unless said. */
    readonly transA?: boolean | 0 | 1;
    /** B is transposed; false unless said. */
    readonly transB?: boolean | 0 | 1;
  };
  /** Of `com.microsoft.DynamicQuantizeLSTM`. */
  readonly "com.microsoft.DynamicQuantizeLSTM": {
    /** Scales of activations. */
    readonly activation_alpha?: readonly number[] | null;
    /** Offsets of activations. */
    readonly activation_beta?: readonly number[] | null;
    /** Activations of gates, cell and output. */
    readonly activations?: readonly string[] | null;
    /** Bound of what enters activations. */
    readonly clip?: number | null;
    /** Way through time; "forward" unless said. */
    readonly direction?: "forward" | "reverse" | "bidirectional";
    /** Units. */
    readonly hidden_size?: number | null;
    /** The forget gate is one minus the input gate; false unless said. */
    readonly input_forget?: boolean | 0 | 1;
  };
  /** Of `com.microsoft.QuantizeLinear`. */
  readonly "com.microsoft.QuantizeLinear": {
    /** Axis that vectors of scales lie along; 1 unless said. */
    readonly axis?: number;
    /** Elements that share a scale along the axis; 0 for no blocks; 0 unless said. */
    readonly block_size?: number;
    /** Too large numbers become the largest 8-bit float; true unless said. */
    readonly saturate?: boolean | 0 | 1;
  };
  /** Of `com.microsoft.DequantizeLinear`. */
  readonly "com.microsoft.DequantizeLinear": {
    /** Axis that vectors of scales lie along; 1 unless said. */
    readonly axis?: number;
    /** Elements that share a scale along the axis; 0 for no blocks; 0 unless said. */
    readonly block_size?: number;
  };
  /** Of `com.microsoft.MatMulNBits`. */
  readonly "com.microsoft.MatMulNBits": {
    /** Rows of the matrix. */
    readonly K: number;
    /** Columns of the matrix. */
    readonly N: number;
    /** Bits of an element; 4 unless said. */
    readonly bits?: 2 | 4 | 8;
    /** Elements that share a scale. */
    readonly block_size: number;
    /** Least accuracy of the sums; ours are exact; 0 unless said. */
    readonly accuracy_level?: number;
    /** 0: as described; others are GPUs' own order; 0 unless said. */
    readonly weight_prepacked?: number;
  };
  /** Of `com.microsoft.QuickGelu`. */
  readonly "com.microsoft.QuickGelu": {
    /** Slope inside the sigmoid; 1.702 unless said. */
    readonly alpha?: number;
  };
  /** Of `com.microsoft.Affine`. */
  readonly "com.microsoft.Affine": {
    /** Factor; 1 unless said. */
    readonly alpha?: number;
    /** Addend, or factor inside; 0 unless said. */
    readonly beta?: number;
  };
  /** Of `Affine`. */
  readonly Affine: AttributesOf["com.microsoft.Affine"];
  /** Of `com.microsoft.ParametricSoftplus`. */
  readonly "com.microsoft.ParametricSoftplus": {
    /** Factor; 1 unless said. */
    readonly alpha?: number;
    /** Factor inside; 1 unless said. */
    readonly beta?: number;
  };
  /** Of `ParametricSoftplus`. */
  readonly ParametricSoftplus: AttributesOf["com.microsoft.ParametricSoftplus"];
  /** Of `com.microsoft.ScaledTanh`. */
  readonly "com.microsoft.ScaledTanh": AttributesOf["com.microsoft.ParametricSoftplus"];
  /** Of `ScaledTanh`. */
  readonly ScaledTanh: AttributesOf["com.microsoft.ParametricSoftplus"];
  /** Of `com.microsoft.Scale`. */
  readonly "com.microsoft.Scale": {
    /** Factor; 1 unless said. */
    readonly scale?: number;
  };
  /** Of `Scale`. */
  readonly Scale: AttributesOf["com.microsoft.Scale"];
  /** Of `com.microsoft.SimplifiedLayerNormalization`. */
  readonly "com.microsoft.SimplifiedLayerNormalization": AttributesOf["LayerNormalization"];
  /** Of `SimplifiedLayerNormalization`. */
  readonly SimplifiedLayerNormalization: AttributesOf["LayerNormalization"];
  /** Of `com.microsoft.SkipLayerNormalization`. */
  readonly "com.microsoft.SkipLayerNormalization": {
    /** Added to the variance; 1e-12 unless said. */
    readonly epsilon?: number;
  };
  /** Of `com.microsoft.SkipSimplifiedLayerNormalization`. */
  readonly "com.microsoft.SkipSimplifiedLayerNormalization": AttributesOf["com.microsoft.SkipLayerNormalization"];
  /** Of `com.microsoft.EmbedLayerNormalization`. */
  readonly "com.microsoft.EmbedLayerNormalization": {
    /** Added to the variance; 1e-12 unless said. */
    readonly epsilon?: number;
    /** Whether the mask's index is wanted; changes no result. */
    readonly mask_index_type?: number | null;
  };
  /** Of `com.microsoft.GroupNorm`. */
  readonly "com.microsoft.GroupNorm": {
    /** 0 for none, 1 for SiLU behind it. */
    readonly activation: number;
    /** Channels are the last axis; true unless said. */
    readonly channels_last?: boolean | 0 | 1;
    /** Added to the variance; 0.00001 unless said. */
    readonly epsilon?: number;
    /** Groups of channels. */
    readonly groups: number;
  };
  /** Of `com.microsoft.SkipGroupNorm`. */
  readonly "com.microsoft.SkipGroupNorm": AttributesOf["com.microsoft.GroupNorm"];
  /** Of `com.microsoft.GatedRMSNorm`. */
  readonly "com.microsoft.GatedRMSNorm": {
    /** Of the gate; "silu" unless said. */
    readonly activation?: "silu" | "swish" | "sigmoid";
    /** Added to the variance; 0.00001 unless said. */
    readonly epsilon?: number;
  };
  /** Of `com.microsoft.FusedMatMul`. */
  readonly "com.microsoft.FusedMatMul": {
    /** Factor of the product; 1 unless said. */
    readonly alpha?: number;
    /** A's last two axes are exchanged; false unless said. */
    readonly transA?: boolean | 0 | 1;
    /** B's last two axes are exchanged; false unless said. */
    readonly transB?: boolean | 0 | 1;
    /** A's first axis belongs before the last; false unless said. */
    readonly transBatchA?: boolean | 0 | 1;
    /** B's first axis belongs before the last; false unless said. */
    readonly transBatchB?: boolean | 0 | 1;
  };
  /** Of `com.microsoft.TransposeMatMul`. */
  readonly "com.microsoft.TransposeMatMul": {
    /** Factor of the product; 1 unless said. */
    readonly alpha?: number;
    /** A's last two axes are exchanged; false unless said. */
    readonly transA?: boolean | 0 | 1;
    /** B's last two axes are exchanged; false unless said. */
    readonly transB?: boolean | 0 | 1;
  };
  /** Of `com.microsoft.FusedMatMulActivation`. */
  readonly "com.microsoft.FusedMatMulActivation": {
    /** Factor of the product; 1 unless said. */
    readonly alpha?: number;
    /** A's last two axes are exchanged; false unless said. */
    readonly transA?: boolean | 0 | 1;
    /** B's last two axes are exchanged; false unless said. */
    readonly transB?: boolean | 0 | 1;
    /** A's first axis belongs before the last; false unless said. */
    readonly transBatchA?: boolean | 0 | 1;
    /** B's first axis belongs before the last; false unless said. */
    readonly transBatchB?: boolean | 0 | 1;
    /** Activation behind it. */
    readonly activation?: string | null;
    /** The activation's alpha, or lower bound. */
    readonly activation_alpha?: number | null;
    /** The activation's beta, or upper bound. */
    readonly activation_beta?: number | null;
    /** The activation's gamma. */
    readonly activation_gamma?: number | null;
    /** The activation's axis. */
    readonly activation_axis?: number | null;
  };
  /** Of `com.microsoft.FusedGemm`. */
  readonly "com.microsoft.FusedGemm": {
    /** Factor of the product; 1 unless said. */
    readonly alpha?: number;
    /** Factor of C; 1 unless said. */
    readonly beta?: number;
    /** A's last two axes are exchanged; false unless said. */
    readonly transA?: boolean | 0 | 1;
    /** B's last two axes are exchanged; false unless said. */
    readonly transB?: boolean | 0 | 1;
    /** Activation behind it. */
    readonly activation?: string | null;
    /** The activation's alpha, or lower bound. */
    readonly activation_alpha?: number | null;
    /** The activation's beta, or upper bound. */
    readonly activation_beta?: number | null;
    /** The activation's gamma. */
    readonly activation_gamma?: number | null;
  };
  /** Of `com.microsoft.FusedConv`. */
  readonly "com.microsoft.FusedConv": {
    /** NOTSET: pads as given; SAME: as many outputs as steps fit, the odd pad at the end (UPPER) or start; VALID: none; "NOTSET" unless said. */
    readonly auto_pad?: "NOTSET" | "SAME_UPPER" | "SAME_LOWER" | "VALID";
    /** Distance of the window's elements along each spatial axis; 1 unless given. */
    readonly dilations?: readonly number[] | null;
    /** Elements added at the start of each spatial axis, then at the end of each; 0 unless given. */
    readonly pads?: readonly number[] | null;
    /** Steps between windows along each spatial axis; 1 unless given. */
    readonly strides?: readonly number[] | null;
    /** Groups that channels are divided into; 1 unless said. */
    readonly group?: number;
    /** The kernel's spatial shape; W's unless given. */
    readonly kernel_shape?: readonly number[] | null;
    /** Activation behind it. */
    readonly activation?: string | null;
    /** The activation's numbers. */
    readonly activation_params?: readonly number[] | null;
  };
  /** Of `com.microsoft.NhwcConv`. */
  readonly "com.microsoft.NhwcConv": AttributesOf["Conv"];
  /** Of `com.microsoft.NhwcFusedConv`. */
  readonly "com.microsoft.NhwcFusedConv": AttributesOf["com.microsoft.FusedConv"];
  /** Of `com.microsoft.Attention`. */
  readonly "com.microsoft.Attention": {
    /** Added to scores of masked keys; -10000 unless said. */
    readonly mask_filter_value?: number;
    /** Heads. */
    readonly num_heads: number;
    /** Factor of the scores; 1/√size unless given. */
    readonly scale?: number | null;
    /** Rotary positions, on GPUs; false unless said. */
    readonly do_rotary?: boolean | 0 | 1;
    /** The cache has its full length, on GPUs; false unless said. */
    readonly past_present_share_buffer?: boolean | 0 | 1;
    /** Elements that are turned. */
    readonly rotary_embedding_dim?: number | null;
    /** A query sees the keys up to its own place; false unless said. */
    readonly unidirectional?: boolean | 0 | 1;
    /** Sizes of Q, K and V. */
    readonly qkv_hidden_sizes?: readonly number[] | null;
  };
  /** Of `com.microsoft.QAttention`. */
  readonly "com.microsoft.QAttention": {
    /** Added to scores of masked keys; -10000 unless said. */
    readonly mask_filter_value?: number;
    /** Heads. */
    readonly num_heads: number;
    /** Factor of the scores; 1/√size unless given. */
    readonly scale?: number | null;
    /** Rotary positions, on GPUs; false unless said. */
    readonly do_rotary?: boolean | 0 | 1;
    /** The cache has its full length, on GPUs; false unless said. */
    readonly past_present_share_buffer?: boolean | 0 | 1;
    /** Elements that are turned. */
    readonly rotary_embedding_dim?: number | null;
    /** A query sees the keys up to its own place; false unless said. */
    readonly unidirectional?: boolean | 0 | 1;
  };
  /** Of `com.microsoft.MultiHeadAttention`. */
  readonly "com.microsoft.MultiHeadAttention": {
    /** Added to scores of masked keys; -10000 unless said. */
    readonly mask_filter_value?: number;
    /** Heads. */
    readonly num_heads: number;
    /** Factor of the scores; 1/√size unless given. */
    readonly scale?: number | null;
    /** A query sees the keys up to its own place; false unless said. */
    readonly unidirectional?: boolean | 0 | 1;
  };
  /** Of `com.microsoft.DecoderMaskedMultiHeadAttention`. */
  readonly "com.microsoft.DecoderMaskedMultiHeadAttention": {
    /** Added to scores of masked keys; -10000 unless said. */
    readonly mask_filter_value?: number;
    /** Heads. */
    readonly num_heads: number;
    /** Factor of the scores; 1/√size unless given. */
    readonly scale?: number | null;
    /** The fourth output is wanted; false unless said. */
    readonly output_qk?: boolean | 0 | 1;
    /** The cache has its full length; false unless said. */
    readonly past_present_share_buffer?: boolean | 0 | 1;
  };
  /** Of `com.microsoft.RotaryEmbedding`. */
  readonly "com.microsoft.RotaryEmbedding": {
    /** Pairs are neighbours, not halves; false unless said. */
    readonly interleaved?: boolean | 0 | 1;
    /** Rows of one batch behind one another, on GPUs; false unless said. */
    readonly is_packed_batching?: boolean | 0 | 1;
    /** Heads; as many as the caches' size gives unless given; 0 unless said. */
    readonly num_heads?: number;
    /** Elements of a head that are turned; 0 for all; 0 unless said. */
    readonly rotary_embedding_dim?: number;
    /** Changes no result in onnxruntime; 1 unless said. */
    readonly scale?: number;
  };
  /** Of `com.microsoft.GroupQueryAttention`. */
  readonly "com.microsoft.GroupQueryAttention": {
    /** A query sees the keys up to its own place; true unless said. */
    readonly causal?: boolean | 0 | 1;
    /** Queries and keys are turned by their places; false unless said. */
    readonly do_rotary?: boolean | 0 | 1;
    /** Epsilon of keys' normalization. */
    readonly k_norm_epsilon?: number | null;
    /** How the cache is quantized; "NONE" unless said. */
    readonly k_quant_type?: "NONE" | "PER_TENSOR" | "PER_CHANNEL";
    /** Bits of a quantized cache. */
    readonly kv_cache_bit_width?: number | null;
    /** Heads of keys and values. */
    readonly kv_num_heads: number;
    /** Keys up to its own that a query sees; −1 for all; -1 unless said. */
    readonly local_window_size?: number;
    /** Heads of queries. */
    readonly num_heads: number;
    /** Epsilon of queries' normalization. */
    readonly q_norm_epsilon?: number | null;
    /** Epsilon of both; 0.000001 unless said. */
    readonly qk_norm_epsilon?: number;
    /** The fourth output: 1 scores, 2 probabilities; 0 unless said. */
    readonly qk_output?: number;
    /** Pairs are neighbours, not halves; false unless said. */
    readonly rotary_interleaved?: boolean | 0 | 1;
    /** Factor of the scores; 1/√size unless given. */
    readonly scale?: number | null;
    /** The cache holds a window alone; false unless said. */
    readonly sliding_window_cache?: boolean | 0 | 1;
    /** 1: one more score of 0 takes part in the softmax; -1 unless said. */
    readonly smooth_softmax?: number;
    /** Bounds scores by softcap·tanh(score/softcap); 0 for no bound; 0 unless said. */
    readonly softcap?: number;
    /** How the cache is quantized; "NONE" unless said. */
    readonly v_quant_type?: "NONE" | "PER_TENSOR" | "PER_CHANNEL";
  };
  /** Of `com.microsoft.Tokenizer`. */
  readonly "com.microsoft.Tokenizer": {
    /** A start and an end mark around each string's tokens. */
    readonly mark: boolean | 0 | 1;
    /** Letters that a token has at least. */
    readonly mincharnum: number;
    /** Padding behind shorter rows. */
    readonly pad_value: string;
    /** Expressions of what stands between tokens; one empty text for tokens of a letter each. */
    readonly separators?: readonly string[] | null;
    /** Expression of a token. */
    readonly tokenexp?: string | null;
  };
  /** Of `com.microsoft.Trilu`. */
  readonly "com.microsoft.Trilu": {
    /** The upper triangle; true unless said. */
    readonly upper?: boolean | 0 | 1;
  };
  /** Of `com.microsoft.Pad`. */
  readonly "com.microsoft.Pad": {
    /** What they are; "constant" unless said. */
    readonly mode?: "constant" | "reflect" | "edge";
  };
  /** Of `com.microsoft.UnfoldTensor`. */
  readonly "com.microsoft.UnfoldTensor": {
    /** Axis of the windows; -1 unless said. */
    readonly dim?: number;
    /** Elements of a window. */
    readonly size: number;
    /** Elements from one window to the next; 1 unless said. */
    readonly step?: number;
  };
  /** Of `com.microsoft.GridSample`. */
  readonly "com.microsoft.GridSample": {
    /** −1 and 1 are the middles of the outer elements; false unless said. */
    readonly align_corners?: boolean | 0 | 1;
    /** Interpolation; "bilinear" unless said. */
    readonly mode?: "bilinear" | "nearest" | "bicubic";
    /** What lies outside; "zeros" unless said. */
    readonly padding_mode?: "zeros" | "border" | "reflection";
  };
  /** Of `com.microsoft.CDist`. */
  readonly "com.microsoft.CDist": {
    /** Which distance; "sqeuclidean" unless said. */
    readonly metric?: "sqeuclidean" | "euclidean";
  };
  /** Of `com.microsoft.Rfft`. */
  readonly "com.microsoft.Rfft": {
    /** 0: the transform isn't scaled; 0 unless said. */
    readonly normalized?: number;
    /** 1: half of the spectrum; 1 unless said. */
    readonly onesided?: number;
    /** Axes of a signal; 1 unless said. */
    readonly signal_ndim?: number;
  };
  /** Of `com.microsoft.Irfft`. */
  readonly "com.microsoft.Irfft": AttributesOf["com.microsoft.Rfft"];
  /** Of `com.microsoft.ConvTransposeWithDynamicPads`. */
  readonly "com.microsoft.ConvTransposeWithDynamicPads": {
    /** NOTSET: pads as given; SAME: as many outputs as steps fit, the odd pad at the end (UPPER) or start; VALID: none; "NOTSET" unless said. */
    readonly auto_pad?: "NOTSET" | "SAME_UPPER" | "SAME_LOWER" | "VALID";
    /** Distance of the window's elements along each spatial axis; 1 unless given. */
    readonly dilations?: readonly number[] | null;
    /** Steps between windows along each spatial axis; 1 unless given. */
    readonly strides?: readonly number[] | null;
    /** Groups that channels are divided into; 1 unless said. */
    readonly group?: number;
    /** The kernel's spatial shape; W's unless given. */
    readonly kernel_shape?: readonly number[] | null;
    /** Elements added at the end of each axis. */
    readonly output_padding?: readonly number[] | null;
  };
  /** Of `com.microsoft.RelativePositionBias`. */
  readonly "com.microsoft.RelativePositionBias": {
    /** Half of the buckets are for keys behind the query; false unless said. */
    readonly is_bidirectional?: boolean | 0 | 1;
    /** Distance from which on one bucket holds all. */
    readonly max_distance: number;
  };
  /** Of `com.microsoft.NGramRepeatBlock`. */
  readonly "com.microsoft.NGramRepeatBlock": {
    /** Words in a row. */
    readonly ngram_size: number;
  };
  /** Of `com.microsoft.QLinearReduceMean`. */
  readonly "com.microsoft.QLinearReduceMean": {
    /** Axes. */
    readonly axes: readonly number[];
    /** Axes stay, with one element. */
    readonly keepdims: boolean | 0 | 1;
  };
  /** Of `com.microsoft.ReduceSumInteger`. */
  readonly "com.microsoft.ReduceSumInteger": AttributesOf["com.microsoft.QLinearReduceMean"];
  /** Of `com.microsoft.QLinearConv`. */
  readonly "com.microsoft.QLinearConv": {
    /** NOTSET: pads as given; SAME: as many outputs as steps fit, the odd pad at the end (UPPER) or start; VALID: none; "NOTSET" unless said. */
    readonly auto_pad?: "NOTSET" | "SAME_UPPER" | "SAME_LOWER" | "VALID";
    /** Distance of the window's elements along each spatial axis; 1 unless given. */
    readonly dilations?: readonly number[] | null;
    /** Elements added at the start of each spatial axis, then at the end of each; 0 unless given. */
    readonly pads?: readonly number[] | null;
    /** Steps between windows along each spatial axis; 1 unless given. */
    readonly strides?: readonly number[] | null;
    /** Groups that channels are divided into; 1 unless said. */
    readonly group?: number;
    /** The kernel's spatial shape; W's unless given. */
    readonly kernel_shape?: readonly number[] | null;
    /** Channels are the last axis; false unless said. */
    readonly channels_last?: boolean | 0 | 1;
  };
  /** Of `com.microsoft.NhwcMaxPool`. */
  readonly "com.microsoft.NhwcMaxPool": {
    /** NOTSET: pads as given; SAME: as many outputs as steps fit, the odd pad at the end (UPPER) or start; VALID: none; "NOTSET" unless said. */
    readonly auto_pad?: "NOTSET" | "SAME_UPPER" | "SAME_LOWER" | "VALID";
    /** Distance of the window's elements along each spatial axis; 1 unless given. */
    readonly dilations?: readonly number[] | null;
    /** Elements added at the start of each spatial axis, then at the end of each; 0 unless given. */
    readonly pads?: readonly number[] | null;
    /** Steps between windows along each spatial axis; 1 unless given. */
    readonly strides?: readonly number[] | null;
    /** A last window may reach past the end; false unless said. */
    readonly ceil_mode?: boolean | 0 | 1;
    /** The window's shape. */
    readonly kernel_shape: readonly number[];
  };
  /** Of `com.microsoft.QEmbedLayerNormalization`. */
  readonly "com.microsoft.QEmbedLayerNormalization": AttributesOf["com.microsoft.SkipLayerNormalization"];
  /** Of `com.microsoft.MatMulBnb4`. */
  readonly "com.microsoft.MatMulBnb4": {
    /** Features that go in. */
    readonly K: number;
    /** Features that come out. */
    readonly N: number;
    /** Elements that share a scale. */
    readonly block_size: number;
    /** 0 for FP4, 1 for NF4. */
    readonly quant_type: number;
    /** Changes no result; false unless said. */
    readonly training_mode?: boolean | 0 | 1;
    /** The matrix is [N, K]; true unless said. */
    readonly transB?: boolean | 0 | 1;
  };
  /** Of `com.microsoft.GatherBlockQuantized`. */
  readonly "com.microsoft.GatherBlockQuantized": {
    /** Bits of an element where bytes hold them; 4 unless said. */
    readonly bits?: 2 | 4 | 8;
    /** Elements that share a scale; 128 unless said. */
    readonly block_size?: number;
    /** Axis of the rows; 0 unless said. */
    readonly gather_axis?: number;
    /** Axis of the blocks; 1 unless said. */
    readonly quantize_axis?: number;
  };
  /** Of `com.microsoft.MoE`. */
  readonly "com.microsoft.MoE": {
    /** Factor inside SwiGLU's sigmoid; 1 unless said. */
    readonly activation_alpha?: number;
    /** Added to SwiGLU's linear half; 0 unless said. */
    readonly activation_beta?: number;
    /** Activation between an expert's two layers; "relu" unless said. */
    readonly activation_type?: "relu" | "relu2" | "gelu" | "silu" | "identity" | "swiglu" | "geglu";
    /** Experts that a token is given to; 1 unless said. */
    readonly k?: number;
    /** Weights of the chosen experts sum to one; false unless said. */
    readonly normalize_routing_weights?: boolean | 0 | 1;
    /** Gate and linear half: 0 apart, 1 interleaved, 2 behind one another; 0 unless said. */
    readonly swiglu_fusion?: number;
    /** Bound of both halves. */
    readonly swiglu_limit?: number | null;
    /** The gate is bounded behind its activation, on GPUs; false unless said. */
    readonly swiglu_limit_after_activation?: boolean | 0 | 1;
    /** Another choice of experts, on GPUs; false unless said. */
    readonly use_sparse_mixer?: boolean | 0 | 1;
  };
  /** Of `com.microsoft.QMoE`. */
  readonly "com.microsoft.QMoE": {
    /** Factor inside SwiGLU's sigmoid; 1 unless said. */
    readonly activation_alpha?: number;
    /** Added to SwiGLU's linear half; 0 unless said. */
    readonly activation_beta?: number;
    /** Activation between an expert's two layers; "relu" unless said. */
    readonly activation_type?: "relu" | "relu2" | "gelu" | "silu" | "identity" | "swiglu" | "geglu";
    /** Experts that a token is given to; 1 unless said. */
    readonly k?: number;
    /** Weights of the chosen experts sum to one; false unless said. */
    readonly normalize_routing_weights?: boolean | 0 | 1;
    /** Gate and linear half: 0 apart, 1 interleaved, 2 behind one another; 0 unless said. */
    readonly swiglu_fusion?: number;
    /** Bound of both halves. */
    readonly swiglu_limit?: number | null;
    /** The gate is bounded behind its activation, on GPUs; false unless said. */
    readonly swiglu_limit_after_activation?: boolean | 0 | 1;
    /** Another choice of experts, on GPUs; false unless said. */
    readonly use_sparse_mixer?: boolean | 0 | 1;
    /** Least accuracy of the sums; ours are exact; 0 unless said. */
    readonly accuracy_level?: number;
    /** Elements that share a scale. */
    readonly block_size?: number | null;
    /** Bits of a weight; 4 unless said. */
    readonly expert_weight_bits?: number;
    /** Those of the first layers. */
    readonly fc1_expert_weight_bits?: number | null;
    /** Those of the second. */
    readonly fc2_expert_weight_bits?: number | null;
    /** Those of the third. */
    readonly fc3_expert_weight_bits?: number | null;
    /** What the weights are; "int" unless said. */
    readonly quant_type?: "int";
    /** 1: an order of the engine's own; -1 unless said. */
    readonly weights_prepacked?: number;
  };
  /** Of `com.microsoft.MurmurHash3`. */
  readonly "com.microsoft.MurmurHash3": {
    /** Uint32, not int32; true unless said. */
    readonly positive?: boolean | 0 | 1;
    /** Where the hash begins; 0 unless said. */
    readonly seed?: number;
  };
  /** Of `com.microsoft.ImageScaler`. */
  readonly "com.microsoft.ImageScaler": {
    /** Added to each channel. */
    readonly bias?: readonly number[] | null;
    /** Factor; 1 unless said. */
    readonly scale?: number;
  };
  /** Of `ImageScaler`. */
  readonly ImageScaler: AttributesOf["com.microsoft.ImageScaler"];
  /** Of `com.microsoft.Crop`. */
  readonly "com.microsoft.Crop": {
    /** Left, top, right and bottom border. */
    readonly border?: readonly number[] | null;
    /** Height and width of the part. */
    readonly scale?: readonly number[] | null;
  };
  /** Of `Crop`. */
  readonly Crop: AttributesOf["com.microsoft.Crop"];
  /** Of `com.microsoft.LinearAttention`. */
  readonly "com.microsoft.LinearAttention": {
    /** Steps that a chunked engine takes at once; changes no result; 64 unless said. */
    readonly chunk_size?: number;
    /** Heads of keys and values. */
    readonly kv_num_heads: number;
    /** Heads of queries. */
    readonly q_num_heads: number;
    /** Factor of the output; 0 for 1/√size; 0 unless said. */
    readonly scale?: number;
    /** 0: the state after the last step alone; 0 unless said. */
    readonly state_window?: number;
    /** How a step changes the state; "gated_delta" unless said. */
    readonly update_rule?: "linear" | "gated" | "delta" | "gated_delta";
  };
  /** Of `com.microsoft.CausalConvWithState`. */
  readonly "com.microsoft.CausalConvWithState": {
    /** Of the result; "none" unless said. */
    readonly activation?: "none" | "silu" | "swish";
    /** Channels are the last axis; false unless said. */
    readonly channels_last?: boolean | 0 | 1;
    /** Steps from one tap to the next; 1 is read; 1 unless said. */
    readonly dilation?: number;
    /** Axes of space; 1 is read; 1 unless said. */
    readonly ndim?: number;
    /** 0: the state after the last step alone; 0 unless said. */
    readonly state_window?: number;
  };
  /** Of `com.microsoft.MRotaryEmbedding`. */
  readonly "com.microsoft.MRotaryEmbedding": {
    /** Pairs are neighbours, not halves; false unless said. */
    readonly interleaved?: boolean | 0 | 1;
    /** Rows of one batch behind one another, on GPUs; false unless said. */
    readonly is_packed_batching?: boolean | 0 | 1;
    /** 0: positions by sections, 1: in turns; 0 unless said. */
    readonly mrope_layout?: number;
    /** Pairs of each position. */
    readonly mrope_section: readonly number[];
    /** Heads; as many as the caches' size gives unless given; 0 unless said. */
    readonly num_heads?: number;
    /** Elements of a head that are turned; 0 for all; 0 unless said. */
    readonly rotary_embedding_dim?: number;
    /** Changes no result in onnxruntime; 1 unless said. */
    readonly scale?: number;
  };
  /** Of `com.microsoft.SwiGLU`. */
  readonly "com.microsoft.SwiGLU": {
    /** Factor inside the sigmoid; 1 unless said. */
    readonly activation_alpha?: number;
    /** Added to the linear half; 0 unless said. */
    readonly activation_beta?: number;
    /** Bound of both halves; none from zero down; 0 unless said. */
    readonly limit?: number;
    /** Changes float16 alone, by a rounding; false unless said. */
    readonly round_activation?: boolean | 0 | 1;
  };
  /** Of `com.microsoft.ScaledSiLU`. */
  readonly "com.microsoft.ScaledSiLU": {
    /** The scale, where none is an input; 1 unless said. */
    readonly alpha?: number;
  };
  /** Of `com.microsoft.GatedRelativePositionBias`. */
  readonly "com.microsoft.GatedRelativePositionBias": {
    /** Heads. */
    readonly num_heads: number;
  };
  /** Of `RotaryEmbedding`. */
  readonly RotaryEmbedding: {
    /** Pairs are neighbours, not halves; false unless said. */
    readonly interleaved?: boolean | 0 | 1;
    /** Heads, where X has rank 3. */
    readonly num_heads?: number | null;
    /** Elements of a head that are turned; 0 for all; 0 unless said. */
    readonly rotary_embedding_dim?: number;
  };
  /** Of `SwiGLU`. */
  readonly SwiGLU: {
    /** Slope inside the sigmoid; 1 unless said. */
    readonly alpha?: number;
  };
  /** Of `Shrink`. */
  readonly Shrink: {
    /** How much nearer; 0 unless said. */
    readonly bias?: number;
    /** What is small; 0.5 unless said. */
    readonly lambd?: number;
  };
  /** Of `LinearAttention`. */
  readonly LinearAttention: {
    /** Steps that a chunked engine takes at once; changes no result; 64 unless said. */
    readonly chunk_size?: number;
    /** Heads of keys and values. */
    readonly kv_num_heads: number;
    /** Heads of queries. */
    readonly q_num_heads: number;
    /** Factor of the output; 0 for 1/√size; 0 unless said. */
    readonly scale?: number;
    /** Gated decays the state, delta replaces what it holds for a key; "gated_delta" unless said. */
    readonly update_rule?: "linear" | "gated" | "delta" | "gated_delta";
  };
  /** Of `CausalConvWithState`. */
  readonly CausalConvWithState: {
    /** Of the result; "none" unless said. */
    readonly activation?: "none" | "silu" | "swish";
  };
  /** Of `TensorScatter`. */
  readonly TensorScatter: {
    /** Axis of the steps; not the first; -2 unless said. */
    readonly axis?: number;
    /** What happens at the end; "linear" unless said. */
    readonly mode?: "linear" | "circular";
  };
  /** Of `SequenceMap`. */
  readonly SequenceMap: AttributesOf["If"];
  /** Of `ai.onnx.preview.FlexAttention`. */
  readonly "ai.onnx.preview.FlexAttention": {
    /** How many last inputs feed the nested graph's last; 0 unless said. */
    readonly captures?: number;
    /** Factor of Q·Kᵀ; 1/√size unless given. */
    readonly scale?: number | null;
    /** Element type of scores and probabilities. */
    readonly softmax_precision?: DType | number | null;
  };
  /** Of `lapis.Cholesky`. */
  readonly "lapis.Cholesky": {
    /** Whether Lᵀ is given; false unless said. */
    readonly upper?: boolean | 0 | 1;
  };
  /** Of `lapis.TriangularSolve`. */
  readonly "lapis.TriangularSolve": {
    /** Whether the lower triangle is meant; false unless said. */
    readonly lower?: boolean | 0 | 1;
  };
  /** Of `lapis.QR`. */
  readonly "lapis.QR": {
    /** Whether Q is square; false unless said. */
    readonly complete?: boolean | 0 | 1;
  };
  /** Of `lapis.SVD`. */
  readonly "lapis.SVD": {
    /** Whether U and V are square; true unless said. */
    readonly full_matrices?: boolean | 0 | 1;
  };
  /** Of `DFT`. */
  readonly DFT: {
    /** From spectrum to signal; false unless said. */
    readonly inverse?: boolean | 0 | 1;
    /** Only the half of a real signal's spectrum that the other follows from; false unless said. */
    readonly onesided?: boolean | 0 | 1;
  };
  /** Of `STFT`. */
  readonly STFT: {
    /** The first half of the bins; true unless said. */
    readonly onesided?: boolean | 0 | 1;
  };
  /** Of `HannWindow`. */
  readonly HannWindow: {
    /** N is the size; else the size less one, which is symmetric; true unless said. */
    readonly periodic?: boolean | 0 | 1;
    /** Element type; 1 unless said. */
    readonly output_datatype?: DType | number;
  };
  /** Of `HammingWindow`. */
  readonly HammingWindow: AttributesOf["HannWindow"];
  /** Of `BlackmanWindow`. */
  readonly BlackmanWindow: AttributesOf["HannWindow"];
  /** Of `MelWeightMatrix`. */
  readonly MelWeightMatrix: {
    /** Element type; 1 unless said. */
    readonly output_datatype?: DType | number;
  };
  /** Of `MaxUnpool`. */
  readonly MaxUnpool: {
    /** The window along each spatial axis. */
    readonly kernel_shape: readonly number[];
    /** Elements the pool had added around; 0 unless given. */
    readonly pads?: readonly number[] | null;
    /** Steps between windows; 1 unless given. */
    readonly strides?: readonly number[] | null;
  };
  /** Of `Col2Im`. */
  readonly Col2Im: {
    /** Distance of the block's elements; 1 unless given. */
    readonly dilations?: readonly number[] | null;
    /** Elements added around; 0 unless given. */
    readonly pads?: readonly number[] | null;
    /** Steps between blocks; 1 unless given. */
    readonly strides?: readonly number[] | null;
  };
  /** Of `CenterCropPad`. */
  readonly CenterCropPad: {
    /** Axes that the shape is of; all unless given. */
    readonly axes?: readonly number[] | null;
  };
  /** Of `DeformConv`. */
  readonly DeformConv: {
    /** Distance of the kernel's elements; 1 unless given. */
    readonly dilations?: readonly number[] | null;
    /** Groups that channels are divided into; 1 unless said. */
    readonly group?: number;
    /** The kernel's spatial shape; W's unless given. */
    readonly kernel_shape?: readonly number[] | null;
    /** Groups of channels that share their offsets; 1 unless said. */
    readonly offset_group?: number;
    /** Elements added around; 0 unless given. */
    readonly pads?: readonly number[] | null;
    /** Steps between windows; 1 unless given. */
    readonly strides?: readonly number[] | null;
  };
  /** Of `NonMaxSuppression`. */
  readonly NonMaxSuppression: {
    /** Boxes are [x, y, width, height] by their centre, not corners; false unless said. */
    readonly center_point_box?: boolean | 0 | 1;
  };
  /** Of `RoiAlign`. */
  readonly RoiAlign: {
    /** Whether coordinates are shifted by half a pixel; "half_pixel" unless said. */
    readonly coordinate_transformation_mode?: "half_pixel" | "output_half_pixel";
    /** How samples of a cell are pooled; "avg" unless said. */
    readonly mode?: "avg" | "max";
    /** Cells down; 1 unless said. */
    readonly output_height?: number;
    /** Cells across; 1 unless said. */
    readonly output_width?: number;
    /** Samples down and across a cell; 0 for as many as it has pixels; 0 unless said. */
    readonly sampling_ratio?: number;
    /** Factor from the regions' coordinates to pixels; 1 unless said. */
    readonly spatial_scale?: number;
  };
  /** Of `MaxRoiPool`. */
  readonly MaxRoiPool: {
    /** Cells down and across. */
    readonly pooled_shape: readonly number[];
    /** Factor from the regions' coordinates to pixels; 1 unless said. */
    readonly spatial_scale?: number;
  };
  /** Of `ImageDecoder`. */
  readonly ImageDecoder: {
    /** Order of the channels; "RGB" unless said. */
    readonly pixel_format?: "RGB" | "BGR" | "Grayscale";
  };
  /** Of `lapis.CrossHash`. */
  readonly "lapis.CrossHash": {
    /** Number of buckets. */
    readonly buckets: number;
  };
  /** Of `StringSplit`. */
  readonly StringSplit: {
    /** What stands between parts; white space unless given. */
    readonly delimiter?: string | null;
    /** Most cuts, from the left; all unless given. */
    readonly maxsplit?: number | null;
  };
  /** Of `StringNormalizer`. */
  readonly StringNormalizer: {
    /** Case of the result; "NONE" unless said. */
    readonly case_change_action?: "NONE" | "LOWER" | "UPPER";
    /** Stop words are compared as they are written; false unless said. */
    readonly is_case_sensitive?: boolean | 0 | 1;
    /** Whose case rules; en_US unless given. */
    readonly locale?: string | null;
    /** Words left out. */
    readonly stopwords?: readonly string[] | null;
  };
  /** Of `RegexFullMatch`. */
  readonly RegexFullMatch: {
    /** Regular expression; the empty one unless given. */
    readonly pattern?: string | null;
  };
  /** Of `TfIdfVectorizer`. */
  readonly TfIdfVectorizer: {
    /** TF counts, IDF weights of those there, TFIDF their product. */
    readonly mode: "TF" | "IDF" | "TFIDF";
    /** Longest n-gram. */
    readonly max_gram_length: number;
    /** Most words left out between two of an n-gram. */
    readonly max_skip_count: number;
    /** Shortest n-gram. */
    readonly min_gram_length: number;
    /** Where the 1-grams, 2-grams, … begin in the pool. */
    readonly ngram_counts: readonly number[];
    /** Column of each n-gram. */
    readonly ngram_indexes: readonly number[];
    /** N-grams of whole numbers, one behind the other. */
    readonly pool_int64s?: readonly number[] | null;
    /** N-grams of words, one behind the other. */
    readonly pool_strings?: readonly string[] | null;
    /** Weight of each n-gram. */
    readonly weights?: readonly number[] | null;
  };
  /** Of `Multinomial`. */
  readonly Multinomial: {
    /** Element type, int32 or int64; 6 unless said. */
    readonly dtype?: DType | number;
    /** Draws a row; 1 unless said. */
    readonly sample_size?: number;
    /** Seed; another one each run unless given. */
    readonly seed?: number | null;
  };
  /** Of `ai.onnx.preview.training.Adagrad`. */
  readonly "ai.onnx.preview.training.Adagrad": {
    /** How the rate falls with the count; 0 unless said. */
    readonly decay_factor?: number;
    /** Added to the root; 0.000001 unless said. */
    readonly epsilon?: number;
    /** Factor of the penalty on weights; 0 unless said. */
    readonly norm_coefficient?: number;
  };
  /** Of `ai.onnx.preview.training.Momentum`. */
  readonly "ai.onnx.preview.training.Momentum": {
    /** Share of the momentum that stays. */
    readonly alpha: number;
    /** Share of the gradient, after the first step. */
    readonly beta: number;
    /** Whether the step looks ahead. */
    readonly mode: "standard" | "nesterov";
    /** Factor of the penalty on weights. */
    readonly norm_coefficient: number;
  };
  /** Of `ai.onnx.preview.training.Adam`. */
  readonly "ai.onnx.preview.training.Adam": {
    /** Share of the mean that stays; 0.9 unless said. */
    readonly alpha?: number;
    /** Share of the mean square that stays; 0.999 unless said. */
    readonly beta?: number;
    /** Added to the root; 0.000001 unless said. */
    readonly epsilon?: number;
    /** Factor of the penalty on weights; 0 unless said. */
    readonly norm_coefficient?: number;
    /** Factor of the penalty after the step; 0 unless said. */
    readonly norm_coefficient_post?: number;
  };
  /** Of `ai.onnx.ml.Binarizer`. */
  readonly "ai.onnx.ml.Binarizer": {
    /** Threshold; 0 unless said. */
    readonly threshold?: number;
  };
  /** Of `ai.onnx.ml.Scaler`. */
  readonly "ai.onnx.ml.Scaler": {
    /** What is taken away. */
    readonly offset?: readonly number[] | null;
    /** Factors. */
    readonly scale?: readonly number[] | null;
  };
  /** Of `ai.onnx.ml.Imputer`. */
  readonly "ai.onnx.ml.Imputer": {
    /** What floats are replaced by. */
    readonly imputed_value_floats?: readonly number[] | null;
    /** What whole numbers are replaced by. */
    readonly imputed_value_int64s?: readonly number[] | null;
    /** Float that is replaced; 0 unless said. */
    readonly replaced_value_float?: number;
    /** Whole number that is replaced; 0 unless said. */
    readonly replaced_value_int64?: number;
  };
  /** Of `ai.onnx.ml.Normalizer`. */
  readonly "ai.onnx.ml.Normalizer": {
    /** Greatest element, sum of sizes, or root of the sum of squares; "MAX" unless said. */
    readonly norm?: "MAX" | "L1" | "L2";
  };
  /** Of `ai.onnx.ml.FeatureVectorizer`. */
  readonly "ai.onnx.ml.FeatureVectorizer": {
    /** Width of each input. */
    readonly inputdimensions?: readonly number[] | null;
  };
  /** Of `ai.onnx.ml.LabelEncoder`. */
  readonly "ai.onnx.ml.LabelEncoder": {
    /** Value of unknown elements; 0 unless said. */
    readonly default_float?: number;
    /** Value of unknown elements; -1 unless said. */
    readonly default_int64?: number;
    /** Value of unknown elements; "_Unused" unless said. */
    readonly default_string?: string;
    /** Value of unknown elements. */
    readonly default_tensor?: Tensor | null;
    /** Elements. */
    readonly keys_floats?: readonly number[] | null;
    /** Elements. */
    readonly keys_int64s?: readonly number[] | null;
    /** Elements. */
    readonly keys_strings?: readonly string[] | null;
    /** Elements. */
    readonly keys_tensor?: Tensor | null;
    /** What they become. */
    readonly values_floats?: readonly number[] | null;
    /** What they become. */
    readonly values_int64s?: readonly number[] | null;
    /** What they become. */
    readonly values_strings?: readonly string[] | null;
    /** What they become. */
    readonly values_tensor?: Tensor | null;
  };
  /** Of `ai.onnx.ml.CategoryMapper`. */
  readonly "ai.onnx.ml.CategoryMapper": {
    /** Numbers. */
    readonly cats_int64s?: readonly number[] | null;
    /** Their words. */
    readonly cats_strings?: readonly string[] | null;
    /** Number of unknown words; -1 unless said. */
    readonly default_int64?: number;
    /** Word for unknown numbers; "_Unused" unless said. */
    readonly default_string?: string;
  };
  /** Of `ai.onnx.ml.OneHotEncoder`. */
  readonly "ai.onnx.ml.OneHotEncoder": {
    /** Categories that are numbers. */
    readonly cats_int64s?: readonly number[] | null;
    /** Categories that are words. */
    readonly cats_strings?: readonly string[] | null;
    /** Unknown elements become zeros; else they are an error; true unless said. */
    readonly zeros?: boolean | 0 | 1;
  };
  /** Of `ai.onnx.ml.ZipMap`. */
  readonly "ai.onnx.ml.ZipMap": {
    /** Names that are numbers. */
    readonly classlabels_int64s?: readonly number[] | null;
    /** Names that are words. */
    readonly classlabels_strings?: readonly string[] | null;
  };
  /** Of `ai.onnx.ml.DictVectorizer`. */
  readonly "ai.onnx.ml.DictVectorizer": {
    /** Keys that are numbers, in order. */
    readonly int64_vocabulary?: readonly number[] | null;
    /** Keys that are words, in order. */
    readonly string_vocabulary?: readonly string[] | null;
  };
  /** Of `ai.onnx.ml.CastMap`. */
  readonly "ai.onnx.ml.CastMap": {
    /** Element type; "TO_FLOAT" unless said. */
    readonly cast_to?: "TO_FLOAT" | "TO_STRING" | "TO_INT64";
    /** SPARSE puts values where their keys say; "DENSE" unless said. */
    readonly map_form?: "DENSE" | "SPARSE";
    /** Length where sparse; 1 unless said. */
    readonly max_map?: number;
  };
  /** Of `ai.onnx.ml.LinearClassifier`. */
  readonly "ai.onnx.ml.LinearClassifier": {
    /** Labels that are numbers. */
    readonly classlabels_ints?: readonly number[] | null;
    /** Labels that are words. */
    readonly classlabels_strings?: readonly string[] | null;
    /** A row of coefficients for each class. */
    readonly coefficients?: readonly number[] | null;
    /** What is added for each class. */
    readonly intercepts?: readonly number[] | null;
    /** How the model was trained; changes no result; 0 unless said. */
    readonly multi_class?: number;
    /** What is made of scores; "NONE" unless said. */
    readonly post_transform?: "NONE" | "SOFTMAX" | "LOGISTIC" | "SOFTMAX_ZERO" | "PROBIT";
  };
  /** Of `ai.onnx.ml.LinearRegressor`. */
  readonly "ai.onnx.ml.LinearRegressor": {
    /** A row of coefficients for each target. */
    readonly coefficients?: readonly number[] | null;
    /** What is added for each target. */
    readonly intercepts?: readonly number[] | null;
    /** What is made of scores; "NONE" unless said. */
    readonly post_transform?: "NONE" | "SOFTMAX" | "LOGISTIC" | "SOFTMAX_ZERO" | "PROBIT";
    /** How many functions; 1 unless said. */
    readonly targets?: number;
  };
  /** Of `ai.onnx.ml.SVMRegressor`. */
  readonly "ai.onnx.ml.SVMRegressor": {
    /** Factors of support vectors. */
    readonly coefficients?: readonly number[] | null;
    /** Gamma, coef0 and degree. */
    readonly kernel_params?: readonly number[] | null;
    /** How rows are compared with support vectors; LINEAR unless given. */
    readonly kernel_type?: "LINEAR" | "POLY" | "RBF" | "SIGMOID" | null;
    /** What is made of scores; "NONE" unless said. */
    readonly post_transform?: "NONE" | "SOFTMAX" | "LOGISTIC" | "SOFTMAX_ZERO" | "PROBIT";
    /** What is added to each decision. */
    readonly rho?: readonly number[] | null;
    /** Support vectors, one behind the other. */
    readonly support_vectors?: readonly number[] | null;
    /** Support vectors; 0 unless said. */
    readonly n_supports?: number;
    /** 1 for what is like the class, −1 for what isn't; false unless said. */
    readonly one_class?: boolean | 0 | 1;
  };
  /** Of `ai.onnx.ml.SVMClassifier`. */
  readonly "ai.onnx.ml.SVMClassifier": {
    /** Factors of support vectors. */
    readonly coefficients?: readonly number[] | null;
    /** Gamma, coef0 and degree. */
    readonly kernel_params?: readonly number[] | null;
    /** How rows are compared with support vectors; LINEAR unless given. */
    readonly kernel_type?: "LINEAR" | "POLY" | "RBF" | "SIGMOID" | null;
    /** What is made of scores; "NONE" unless said. */
    readonly post_transform?: "NONE" | "SOFTMAX" | "LOGISTIC" | "SOFTMAX_ZERO" | "PROBIT";
    /** What is added to each decision. */
    readonly rho?: readonly number[] | null;
    /** Support vectors, one behind the other. */
    readonly support_vectors?: readonly number[] | null;
    /** Labels that are numbers. */
    readonly classlabels_ints?: readonly number[] | null;
    /** Labels that are words. */
    readonly classlabels_strings?: readonly string[] | null;
    /** Slopes that turn decisions into odds. */
    readonly prob_a?: readonly number[] | null;
    /** Offsets that turn decisions into odds. */
    readonly prob_b?: readonly number[] | null;
    /** Support vectors of each class. */
    readonly vectors_per_class?: readonly number[] | null;
  };
  /** Of `ai.onnx.ml.TreeEnsembleClassifier`. */
  readonly "ai.onnx.ml.TreeEnsembleClassifier": {
    /** What each target begins with. */
    readonly base_values?: readonly number[] | null;
    /** The same in float64. */
    readonly base_values_as_tensor?: Tensor | null;
    /** Where the false branch of each node leads. */
    readonly nodes_falsenodeids?: readonly number[] | null;
    /** Feature that each node compares. */
    readonly nodes_featureids?: readonly number[] | null;
    /** How often nodes are met; changes no result. */
    readonly nodes_hitrates?: readonly number[] | null;
    /** The same in float64. */
    readonly nodes_hitrates_as_tensor?: Tensor | null;
    /** Whether NaN takes the true branch. */
    readonly nodes_missing_value_tracks_true?: readonly number[] | null;
    /** How each node compares. */
    readonly nodes_modes?: readonly string[] | null;
    /** Number of each node in its tree. */
    readonly nodes_nodeids?: readonly number[] | null;
    /** Tree of each node. */
    readonly nodes_treeids?: readonly number[] | null;
    /** Where the true branch of each node leads. */
    readonly nodes_truenodeids?: readonly number[] | null;
    /** What each node compares with. */
    readonly nodes_values?: readonly number[] | null;
    /** The same in float64. */
    readonly nodes_values_as_tensor?: Tensor | null;
    /** What is made of scores; "NONE" unless said. */
    readonly post_transform?: "NONE" | "SOFTMAX" | "LOGISTIC" | "SOFTMAX_ZERO" | "PROBIT";
    /** Class of each vote. */
    readonly class_ids?: readonly number[] | null;
    /** Leaf of each vote. */
    readonly class_nodeids?: readonly number[] | null;
    /** Tree of each vote. */
    readonly class_treeids?: readonly number[] | null;
    /** Weight of each vote. */
    readonly class_weights?: readonly number[] | null;
    /** The same in float64. */
    readonly class_weights_as_tensor?: Tensor | null;
    /** Labels that are numbers. */
    readonly classlabels_int64s?: readonly number[] | null;
    /** Labels that are words. */
    readonly classlabels_strings?: readonly string[] | null;
  };
  /** Of `ai.onnx.ml.TreeEnsembleRegressor`. */
  readonly "ai.onnx.ml.TreeEnsembleRegressor": {
    /** What each target begins with. */
    readonly base_values?: readonly number[] | null;
    /** The same in float64. */
    readonly base_values_as_tensor?: Tensor | null;
    /** Where the false branch of each node leads. */
    readonly nodes_falsenodeids?: readonly number[] | null;
    /** Feature that each node compares. */
    readonly nodes_featureids?: readonly number[] | null;
    /** How often nodes are met; changes no result. */
    readonly nodes_hitrates?: readonly number[] | null;
    /** The same in float64. */
    readonly nodes_hitrates_as_tensor?: Tensor | null;
    /** Whether NaN takes the true branch. */
    readonly nodes_missing_value_tracks_true?: readonly number[] | null;
    /** How each node compares. */
    readonly nodes_modes?: readonly string[] | null;
    /** Number of each node in its tree. */
    readonly nodes_nodeids?: readonly number[] | null;
    /** Tree of each node. */
    readonly nodes_treeids?: readonly number[] | null;
    /** Where the true branch of each node leads. */
    readonly nodes_truenodeids?: readonly number[] | null;
    /** What each node compares with. */
    readonly nodes_values?: readonly number[] | null;
    /** The same in float64. */
    readonly nodes_values_as_tensor?: Tensor | null;
    /** What is made of scores; "NONE" unless said. */
    readonly post_transform?: "NONE" | "SOFTMAX" | "LOGISTIC" | "SOFTMAX_ZERO" | "PROBIT";
    /** How trees come together; "SUM" unless said. */
    readonly aggregate_function?: "AVERAGE" | "SUM" | "MIN" | "MAX";
    /** Targets; 1 unless given. */
    readonly n_targets?: number | null;
    /** Target of each vote. */
    readonly target_ids?: readonly number[] | null;
    /** Leaf of each vote. */
    readonly target_nodeids?: readonly number[] | null;
    /** Tree of each vote. */
    readonly target_treeids?: readonly number[] | null;
    /** Weight of each vote. */
    readonly target_weights?: readonly number[] | null;
    /** The same in float64. */
    readonly target_weights_as_tensor?: Tensor | null;
  };
  /** Of `ai.onnx.ml.TreeEnsemble`. */
  readonly "ai.onnx.ml.TreeEnsemble": {
    /** 0 average, 1 sum, 2 least, 3 greatest; 1 unless said. */
    readonly aggregate_function?: number;
    /** Target of each leaf. */
    readonly leaf_targetids?: readonly number[] | null;
    /** What each leaf adds. */
    readonly leaf_weights: Tensor;
    /** Members that nodes ask for, NaN behind each node's. */
    readonly membership_values?: Tensor | null;
    /** Targets. */
    readonly n_targets?: number | null;
    /** Whether the false branch is a leaf. */
    readonly nodes_falseleafs?: readonly number[] | null;
    /** Node or leaf of the false branch. */
    readonly nodes_falsenodeids?: readonly number[] | null;
    /** Feature that each node compares. */
    readonly nodes_featureids?: readonly number[] | null;
    /** How often nodes are met; changes no result. */
    readonly nodes_hitrates?: Tensor | null;
    /** Whether NaN takes the true branch. */
    readonly nodes_missing_value_tracks_true?: readonly number[] | null;
    /** How each node compares: 0 ≤, 1 <, 2 ≥, 3 >, 4 =, 5 ≠, 6 member. */
    readonly nodes_modes: Tensor;
    /** What each node compares with. */
    readonly nodes_splits: Tensor;
    /** Whether the true branch is a leaf. */
    readonly nodes_trueleafs?: readonly number[] | null;
    /** Node or leaf of the true branch. */
    readonly nodes_truenodeids?: readonly number[] | null;
    /** 0 none, 1 softmax, 2 logistic, 3 softmax without zeros, 4 probit; 0 unless said. */
    readonly post_transform?: number;
    /** Node that each tree begins at. */
    readonly tree_roots?: readonly number[] | null;
  };
  /** Of `lapis.Tokens`. */
  readonly "lapis.Tokens": {
    /** What is changed first, in ASCII; "lower_and_strip_punctuation" unless said. */
    readonly standardize?: "lower_and_strip_punctuation" | "lower" | "strip_punctuation" | "none";
    /** Where a text is cut; "whitespace" unless said. */
    readonly split?: "whitespace" | "character" | "none";
    /** Lengths of runs of tokens; none for the tokens themselves; [] unless said. */
    readonly ngrams?: readonly number[];
    /** Tokens in a row; 0 for the longest; 0 unless said. */
    readonly length?: number;
  };
  /** Of `lapis.IndexOf`. */
  readonly "lapis.IndexOf": {
    /** 1 refuses what isn't there; 0 unless said. */
    readonly required?: number;
  };
  /** Of `lapis.HashBucket`. */
  readonly "lapis.HashBucket": {
    /** Number of buckets. */
    readonly buckets: number;
    /** Two words of a key, or none; [] unless said. */
    readonly salt?: readonly number[];
  };
}

/**
 * A method for every operator. Inputs come first, those that may be absent as `undefined` or not at all; attributes follow.
 * An operator of any number of inputs takes a list of them. One that can have several outputs gives all of them.
 */
export interface Vocabulary {
  /** X + y: `Add`. */
  add(first: Value, second: Value): Value;
  /** X − y: `Sub`. */
  sub(first: Value, second: Value): Value;
  /** X·y: `Mul`. */
  mul(first: Value, second: Value): Value;
  /** X / y; integers round toward zero: `Div`. */
  div(first: Value, second: Value): Value;
  /** X to the power y; the result has x's type: `Pow`. */
  pow(first: Value, second: Value): Value;
  /** The remainder: with y's sign, or with x's where fmod is set: `Mod`. */
  mod(first: Value, second: Value, attributes?: AttributesOf["Mod"]): Value;
  /** The largest; NaN wins: `Max`. */
  max(inputs: readonly Value[]): Value;
  /** The smallest; NaN wins: `Min`. */
  min(inputs: readonly Value[]): Value;
  /** The sum: `Sum`. */
  sum(inputs: readonly Value[]): Value;
  /** The mean: `Mean`. */
  mean(inputs: readonly Value[]): Value;
  /** −x: `Neg`. */
  neg(x: Value): Value;
  /** |x|: `Abs`. */
  abs(x: Value): Value;
  /** −1, 0 or 1: `Sign`. */
  sign(x: Value): Value;
  /** ⌊x⌋: `Floor`. */
  floor(x: Value): Value;
  /** ⌈x⌉: `Ceil`. */
  ceil(x: Value): Value;
  /** The nearest whole number, halves to even: `Round`. */
  round(x: Value): Value;
  /** √x: `Sqrt`. */
  sqrt(x: Value): Value;
  /** 1 / x: `Reciprocal`. */
  reciprocal(x: Value): Value;
  /** Eˣ: `Exp`. */
  exp(x: Value): Value;
  /** Ln x: `Log`. */
  log(x: Value): Value;
  /** The error function: `Erf`. */
  erf(x: Value): Value;
  /** Sin x: `Sin`. */
  sin(x: Value): Value;
  /** Cos x: `Cos`. */
  cos(x: Value): Value;
  /** Tan x: `Tan`. */
  tan(x: Value): Value;
  /** Arcsin x: `Asin`. */
  asin(x: Value): Value;
  /** Arccos x: `Acos`. */
  acos(x: Value): Value;
  /** Arctan x: `Atan`. */
  atan(x: Value): Value;
  /** Sinh x: `Sinh`. */
  sinh(x: Value): Value;
  /** Cosh x: `Cosh`. */
  cosh(x: Value): Value;
  /** Tanh x: `Tanh`. */
  tanh(x: Value): Value;
  /** Arsinh x: `Asinh`. */
  asinh(x: Value): Value;
  /** Arcosh x: `Acosh`. */
  acosh(x: Value): Value;
  /** Artanh x: `Atanh`. */
  atanh(x: Value): Value;
  /** 1 / (1 + e⁻ˣ): `Sigmoid`. */
  sigmoid(x: Value): Value;
  /** Max(x, 0): `Relu`. */
  relu(x: Value): Value;
  /** Ln(1 + eˣ), without overflow: `Softplus`. */
  softplus(x: Value): Value;
  /** X, or alpha·x below zero: `LeakyRelu`. */
  leakyRelu(x: Value, attributes?: AttributesOf["LeakyRelu"]): Value;
  /** X, or slope·x below zero; slope is broadcast to x: `PRelu`. */
  pRelu(first: Value, second: Value): Value;
  /** X, or alpha·(eˣ − 1) below zero: `Elu`. */
  elu(x: Value, attributes?: AttributesOf["Elu"]): Value;
  /** Gamma·x, or gamma·alpha·(eˣ − 1) below zero (Klambauer et al. 2017): `Selu`. */
  selu(x: Value, attributes?: AttributesOf["Selu"]): Value;
  /** Alpha·elu(x / alpha): `Celu`. */
  celu(x: Value, attributes?: AttributesOf["Celu"]): Value;
  /** X above alpha, else 0: `ThresholdedRelu`. */
  thresholdedRelu(x: Value, attributes?: AttributesOf["ThresholdedRelu"]): Value;
  /** Alpha·x + beta, clipped to 0 … 1: `HardSigmoid`. */
  hardSigmoid(x: Value, attributes?: AttributesOf["HardSigmoid"]): Value;
  /** X·hardSigmoid(x) with slope 1/6 (Howard et al. 2019): `HardSwish`. */
  hardSwish(x: Value): Value;
  /** X / (1 + |x|): `Softsign`. */
  softsign(x: Value): Value;
  /** X·Φ(x), Φ exact or by tanh (Hendrycks and Gimpel 2016): `Gelu`. */
  gelu(x: Value, attributes?: AttributesOf["Gelu"]): Value;
  /** X·tanh(softplus(x)) (Misra 2019): `Mish`. */
  mish(x: Value): Value;
  /** X·sigmoid(alpha·x): `Swish`. */
  swish(x: Value, attributes?: AttributesOf["Swish"]): Value;
  /** X shifted by y bits: `BitShift`. */
  bitShift(first: Value, second: Value, attributes: AttributesOf["BitShift"]): Value;
  /** Bits set in both: `BitwiseAnd`. */
  bitwiseAnd(first: Value, second: Value): Value;
  /** Bits set in either: `BitwiseOr`. */
  bitwiseOr(first: Value, second: Value): Value;
  /** Bits set in one: `BitwiseXor`. */
  bitwiseXor(first: Value, second: Value): Value;
  /** Every bit turned: `BitwiseNot`. */
  bitwiseNot(x: Value): Value;
  /** The same values under another element type: `Cast`. */
  cast(x: Value, attributes: AttributesOf["Cast"]): Value;
  /** The same values under the second input's element type: `CastLike`. */
  castLike(first: Value, second: Value, attributes?: AttributesOf["CastLike"]): Value;
  /** The same bits under another element type of the same width: `BitCast`. */
  bitCast(x: Value, attributes: AttributesOf["BitCast"]): Value;
  /** The input itself: `Identity`. */
  identity(x: Value): Value;
  /** X where the condition holds, else y: `Where`. */
  where(first: Value, second: Value, third: Value): Value;
  /** X held between min and max; max wins where they cross: `Clip`. */
  clip(first: Value, second?: Value, third?: Value): Value;
  /** In training sets a share of the elements to 0 and scales the rest; else the input itself: `Dropout`. */
  dropout(
    first: Value,
    second?: Value,
    third?: Value,
    attributes?: AttributesOf["Dropout"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** In training sets a share of the elements to 0 and scales the rest; else the input itself: `Dropout`. */
  dropout(
    first: Value,
    second: Value | undefined,
    attributes: AttributesOf["Dropout"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** In training sets a share of the elements to 0 and scales the rest; else the input itself: `Dropout`. */
  dropout(
    first: Value,
    attributes: AttributesOf["Dropout"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** Sums of all elements up to each along an axis: `CumSum`. */
  cumSum(first: Value, second: Value, attributes?: AttributesOf["CumSum"]): Value;
  /** Products likewise: `CumProd`. */
  cumProd(first: Value, second: Value, attributes?: AttributesOf["CumProd"]): Value;
  /** X = y: `Equal`. */
  equal(first: Value, second: Value): Value;
  /** X > y: `Greater`. */
  greater(first: Value, second: Value): Value;
  /** X < y: `Less`. */
  less(first: Value, second: Value): Value;
  /** X ≥ y: `GreaterOrEqual`. */
  greaterOrEqual(first: Value, second: Value): Value;
  /** X ≤ y: `LessOrEqual`. */
  lessOrEqual(first: Value, second: Value): Value;
  /** Both hold: `And`. */
  and(first: Value, second: Value): Value;
  /** Either holds: `Or`. */
  or(first: Value, second: Value): Value;
  /** One alone holds: `Xor`. */
  xor(first: Value, second: Value): Value;
  /** True where the input is false: `Not`. */
  not(x: Value): Value;
  /** True where the input is not a number: `IsNaN`. */
  isNaN(x: Value): Value;
  /** True where the input is infinite: `IsInf`. */
  isInf(x: Value, attributes?: AttributesOf["IsInf"]): Value;
  /** The sum over axes: `ReduceSum`. */
  reduceSum(first: Value, second?: Value, attributes?: AttributesOf["ReduceSum"]): Value;
  /** The sum over axes: `ReduceSum`. */
  reduceSum(first: Value, attributes: AttributesOf["ReduceSum"]): Value;
  /** The mean over axes: `ReduceMean`. */
  reduceMean(first: Value, second?: Value, attributes?: AttributesOf["ReduceMean"]): Value;
  /** The mean over axes: `ReduceMean`. */
  reduceMean(first: Value, attributes: AttributesOf["ReduceMean"]): Value;
  /** The largest over axes: `ReduceMax`. */
  reduceMax(first: Value, second?: Value, attributes?: AttributesOf["ReduceMax"]): Value;
  /** The largest over axes: `ReduceMax`. */
  reduceMax(first: Value, attributes: AttributesOf["ReduceMax"]): Value;
  /** The smallest over axes: `ReduceMin`. */
  reduceMin(first: Value, second?: Value, attributes?: AttributesOf["ReduceMin"]): Value;
  /** The smallest over axes: `ReduceMin`. */
  reduceMin(first: Value, attributes: AttributesOf["ReduceMin"]): Value;
  /** The product over axes: `ReduceProd`. */
  reduceProd(first: Value, second?: Value, attributes?: AttributesOf["ReduceProd"]): Value;
  /** The product over axes: `ReduceProd`. */
  reduceProd(first: Value, attributes: AttributesOf["ReduceProd"]): Value;
  /** The sum of absolute values over axes: `ReduceL1`. */
  reduceL1(first: Value, second?: Value, attributes?: AttributesOf["ReduceL1"]): Value;
  /** The sum of absolute values over axes: `ReduceL1`. */
  reduceL1(first: Value, attributes: AttributesOf["ReduceL1"]): Value;
  /** The square root of the sum of squares over axes: `ReduceL2`. */
  reduceL2(first: Value, second?: Value, attributes?: AttributesOf["ReduceL2"]): Value;
  /** The square root of the sum of squares over axes: `ReduceL2`. */
  reduceL2(first: Value, attributes: AttributesOf["ReduceL2"]): Value;
  /** The sum of squares over axes: `ReduceSumSquare`. */
  reduceSumSquare(first: Value, second?: Value, attributes?: AttributesOf["ReduceSumSquare"]): Value;
  /** The sum of squares over axes: `ReduceSumSquare`. */
  reduceSumSquare(first: Value, attributes: AttributesOf["ReduceSumSquare"]): Value;
  /** The logarithm of the sum over axes: `ReduceLogSum`. */
  reduceLogSum(first: Value, second?: Value, attributes?: AttributesOf["ReduceLogSum"]): Value;
  /** The logarithm of the sum over axes: `ReduceLogSum`. */
  reduceLogSum(first: Value, attributes: AttributesOf["ReduceLogSum"]): Value;
  /** Ln Σ eˣ over axes: `ReduceLogSumExp`. */
  reduceLogSumExp(first: Value, second?: Value, attributes?: AttributesOf["ReduceLogSumExp"]): Value;
  /** Ln Σ eˣ over axes: `ReduceLogSumExp`. */
  reduceLogSumExp(first: Value, attributes: AttributesOf["ReduceLogSumExp"]): Value;
  /** The index of the largest element along an axis: `ArgMax`. */
  argMax(x: Value, attributes?: AttributesOf["ArgMax"]): Value;
  /** The index of the smallest element along an axis: `ArgMin`. */
  argMin(x: Value, attributes?: AttributesOf["ArgMin"]): Value;
  /** The k largest or smallest elements along an axis, and their indices: `TopK`. */
  topK(first: Value, second: Value, attributes?: AttributesOf["TopK"]): readonly [Value, Value];
  /** The same elements under another shape: `Reshape`. */
  reshape(first: Value, second: Value, attributes?: AttributesOf["Reshape"]): Value;
  /** Two axes: the product of the dims before `axis`, and of those from it on: `Flatten`. */
  flatten(x: Value, attributes?: AttributesOf["Flatten"]): Value;
  /** Without the given axes of one element, or without all such: `Squeeze`. */
  squeeze(first: Value, second?: Value): Value;
  /** With axes of one element inserted: `Unsqueeze`. */
  unsqueeze(first: Value, second: Value): Value;
  /** The dims as an int64 vector: `Shape`. */
  shape(x: Value, attributes?: AttributesOf["Shape"]): Value;
  /** The number of elements: `Size`. */
  size(x: Value): Value;
  /** The axes in another order, reversed unless told: `Transpose`. */
  transpose(x: Value, attributes?: AttributesOf["Transpose"]): Value;
  /** Repeated to a shape by broadcasting: `Expand`. */
  expand(first: Value, second: Value): Value;
  /** Repeated along each axis: `Tile`. */
  tile(first: Value, second: Value): Value;
  /** Joined along an axis: `Concat`. */
  concat(inputs: readonly Value[], attributes: AttributesOf["Concat"]): Value;
  /** Parts along an axis: of the sizes given, or equal ones: `Split`. */
  split(
    first: Value,
    second?: Value,
    attributes?: AttributesOf["Split"],
    options?: OpOptions,
  ): readonly Value[];
  /** Parts along an axis: of the sizes given, or equal ones: `Split`. */
  split(first: Value, attributes: AttributesOf["Split"], options?: OpOptions): readonly Value[];
  /** A part along axes, from start to before end, by step; negative steps go backwards: `Slice`. */
  slice(first: Value, second: Value, third: Value, fourth?: Value, fifth?: Value): Value;
  /** With borders of a constant, or of the tensor's own elements; negative widths crop: `Pad`. */
  pad(first: Value, second: Value, third?: Value, fourth?: Value, attributes?: AttributesOf["Pad"]): Value;
  /** With borders of a constant, or of the tensor's own elements; negative widths crop: `Pad`. */
  pad(first: Value, second: Value, third: Value | undefined, attributes: AttributesOf["Pad"]): Value;
  /** With borders of a constant, or of the tensor's own elements; negative widths crop: `Pad`. */
  pad(first: Value, second: Value, attributes: AttributesOf["Pad"]): Value;
  /** Channels spread over blocks of space: `DepthToSpace`. */
  depthToSpace(x: Value, attributes: AttributesOf["DepthToSpace"]): Value;
  /** Blocks of space as channels: `SpaceToDepth`. */
  spaceToDepth(x: Value, attributes: AttributesOf["SpaceToDepth"]): Value;
  /** Ones on a diagonal, zeros elsewhere, in the input's shape: `EyeLike`. */
  eyeLike(x: Value, attributes?: AttributesOf["EyeLike"]): Value;
  /** The upper or lower triangle of the last two axes, zeros elsewhere: `Trilu`. */
  trilu(first: Value, second?: Value, attributes?: AttributesOf["Trilu"]): Value;
  /** The upper or lower triangle of the last two axes, zeros elsewhere: `Trilu`. */
  trilu(first: Value, attributes: AttributesOf["Trilu"]): Value;
  /** Each row's first `length` steps backwards, the rest as they are: `ReverseSequence`. */
  reverseSequence(first: Value, second: Value, attributes?: AttributesOf["ReverseSequence"]): Value;
  /** Slices along an axis by index; negative indices count from the end: `Gather`. */
  gather(first: Value, second: Value, attributes?: AttributesOf["Gather"]): Value;
  /** Rows of dy added up by index into zeros of the given shape: the gradient of Gather on axis 0: `lapis.EmbeddingGradient`. */
  embeddingGradient(first: Value, second: Value, third: Value): Value;
  /** One element for each index, from its own line along an axis: `GatherElements`. */
  gatherElements(first: Value, second: Value, attributes?: AttributesOf["GatherElements"]): Value;
  /** Slices by index tuples: `GatherND`. */
  gatherND(first: Value, second: Value, attributes?: AttributesOf["GatherND"]): Value;
  /** The data with single elements written along an axis: `ScatterElements`. */
  scatterElements(
    first: Value,
    second: Value,
    third: Value,
    attributes?: AttributesOf["ScatterElements"],
  ): Value;
  /** The old name of ScatterElements: `Scatter`. */
  scatter(first: Value, second: Value, third: Value, attributes?: AttributesOf["Scatter"]): Value;
  /** The data with slices written at index tuples: `ScatterND`. */
  scatterND(first: Value, second: Value, third: Value, attributes?: AttributesOf["ScatterND"]): Value;
  /** A new axis that holds the on value at each index and the off value elsewhere: `OneHot`. */
  oneHot(first: Value, second: Value, third: Value, attributes?: AttributesOf["OneHot"]): Value;
  /** A tensor written into the graph: `Constant`. */
  constantOp(attributes?: AttributesOf["Constant"]): Value;
  /** One value in every element of a shape: `ConstantOfShape`. */
  constantOfShape(x: Value, attributes?: AttributesOf["ConstantOfShape"]): Value;
  /** Numbers from start by delta to before limit: `Range`. */
  range(first: Value, second: Value, third: Value, attributes?: AttributesOf["Range"]): Value;
  /** Normally distributed numbers, in a given shape: `RandomNormal`. */
  randomNormal(attributes: AttributesOf["RandomNormal"]): Value;
  /** Normally distributed numbers, in the input's shape: `RandomNormalLike`. */
  randomNormalLike(x: Value, attributes?: AttributesOf["RandomNormalLike"]): Value;
  /** Uniformly distributed numbers, in a given shape: `RandomUniform`. */
  randomUniform(attributes: AttributesOf["RandomUniform"]): Value;
  /** Uniformly distributed numbers, in the input's shape: `RandomUniformLike`. */
  randomUniformLike(x: Value, attributes?: AttributesOf["RandomUniformLike"]): Value;
  /** 1 with the probability that each element says, else 0: `Bernoulli`. */
  bernoulli(x: Value, attributes?: AttributesOf["Bernoulli"]): Value;
  /** Uniform random numbers in [0, 1) by key (two words, or one int64) and counter, in a shape given as attribute or input (Salmon et al. 2011): `lapis.Philox`. */
  philox(first: Value, second: Value, third?: Value, attributes?: AttributesOf["lapis.Philox"]): Value;
  /** Uniform random numbers in [0, 1) by key (two words, or one int64) and counter, in a shape given as attribute or input (Salmon et al. 2011): `lapis.Philox`. */
  philox(first: Value, second: Value, attributes: AttributesOf["lapis.Philox"]): Value;
  /** The matrix product, numpy.matmul: leading axes broadcast, a vector is a row on the left and a column on the right: `MatMul`. */
  matMul(first: Value, second: Value): Value;
  /** Alpha·A·B + beta·C of matrices, A and B transposed where said, C broadcast: `Gemm`. */
  gemm(first: Value, second: Value, third?: Value, attributes?: AttributesOf["Gemm"]): Value;
  /** Alpha·A·B + beta·C of matrices, A and B transposed where said, C broadcast: `Gemm`. */
  gemm(first: Value, second: Value, attributes: AttributesOf["Gemm"]): Value;
  /** Products of operands summed over the axes that the output doesn't name, numpy.einsum: `Einsum`. */
  einsum(inputs: readonly Value[], attributes: AttributesOf["Einsum"]): Value;
  /** Convolution of `[batch, channels, ...]` with `[out, channels/group, ...]`, plus a bias `[out]`: `Conv`. */
  conv(first: Value, second: Value, third?: Value, attributes?: AttributesOf["Conv"]): Value;
  /** Convolution of `[batch, channels, ...]` with `[out, channels/group, ...]`, plus a bias `[out]`: `Conv`. */
  conv(first: Value, second: Value, attributes: AttributesOf["Conv"]): Value;
  /** The transpose of a convolution: `[batch, channels, ...]` with `[channels, out/group, ...]`, plus a bias `[out]`: `ConvTranspose`. */
  convTranspose(
    first: Value,
    second: Value,
    third?: Value,
    attributes?: AttributesOf["ConvTranspose"],
  ): Value;
  /** The transpose of a convolution: `[batch, channels, ...]` with `[channels, out/group, ...]`, plus a bias `[out]`: `ConvTranspose`. */
  convTranspose(first: Value, second: Value, attributes: AttributesOf["ConvTranspose"]): Value;
  /** The maximum of each window, and where it stands in the flattened input: `MaxPool`. */
  maxPool(
    x: Value,
    attributes: AttributesOf["MaxPool"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** The mean of each window: `AveragePool`. */
  averagePool(x: Value, attributes: AttributesOf["AveragePool"]): Value;
  /** The p-norm of each window: `LpPool`. */
  lpPool(x: Value, attributes: AttributesOf["LpPool"]): Value;
  /** The maximum of each channel's image: `GlobalMaxPool`. */
  globalMaxPool(x: Value): Value;
  /** The mean of each channel's image: `GlobalAveragePool`. */
  globalAveragePool(x: Value): Value;
  /** The p-norm of each channel's image: `GlobalLpPool`. */
  globalLpPool(x: Value, attributes?: AttributesOf["GlobalLpPool"]): Value;
  /** Scale and bias over what is normalised by running statistics, or in training by the batch's own (Ioffe and Szegedy 2015): `BatchNormalization`. */
  batchNormalization(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    attributes?: AttributesOf["BatchNormalization"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined];
  /** Mean 0 and variance 1 over the last axes, then scale and bias (Ba et al. 2016): `LayerNormalization`. */
  layerNormalization(
    first: Value,
    second: Value,
    third?: Value,
    attributes?: AttributesOf["LayerNormalization"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined];
  /** Mean 0 and variance 1 over the last axes, then scale and bias (Ba et al. 2016): `LayerNormalization`. */
  layerNormalization(
    first: Value,
    second: Value,
    attributes: AttributesOf["LayerNormalization"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined];
  /** Divided by the root of the mean square over the last axes, then scaled (Zhang and Sennrich 2019): `RMSNormalization`. */
  rmsNormalization(first: Value, second: Value, attributes?: AttributesOf["RMSNormalization"]): Value;
  /** Mean 0 and variance 1 over each channel's image, then scale and bias (Ulyanov et al. 2016): `InstanceNormalization`. */
  instanceNormalization(
    first: Value,
    second: Value,
    third: Value,
    attributes?: AttributesOf["InstanceNormalization"],
  ): Value;
  /** Mean 0 and variance 1 over groups of channels, then one scale and bias a channel (Wu and He 2018): `GroupNormalization`. */
  groupNormalization(
    first: Value,
    second: Value,
    third: Value,
    attributes: AttributesOf["GroupNormalization"],
  ): Value;
  /** Exp(x) divided by its sum along an axis: `Softmax`. */
  softmax(x: Value, attributes?: AttributesOf["Softmax"]): Value;
  /** The logarithm of softmax along an axis: `LogSoftmax`. */
  logSoftmax(x: Value, attributes?: AttributesOf["LogSoftmax"]): Value;
  /** 1 at the first maximum along an axis, 0 elsewhere: `Hardmax`. */
  hardmax(x: Value, attributes?: AttributesOf["Hardmax"]): Value;
  /** Softmax over all axes from one on, as ONNX meant it before opset 13: `lapis.FlatSoftmax`. */
  flatSoftmax(x: Value, attributes?: AttributesOf["lapis.FlatSoftmax"]): Value;
  /** LogSoftmax over all axes from one on, as ONNX meant it before opset 13: `lapis.FlatLogSoftmax`. */
  flatLogSoftmax(x: Value, attributes?: AttributesOf["lapis.FlatLogSoftmax"]): Value;
  /** Hardmax over all axes from one on, as ONNX meant it before opset 13: `lapis.FlatHardmax`. */
  flatHardmax(x: Value, attributes?: AttributesOf["lapis.FlatHardmax"]): Value;
  /** Minus the log probability `[batch, classes, ...]` of the target class `[batch, ...]`, weighted by class: `NegativeLogLikelihoodLoss`. */
  negativeLogLikelihoodLoss(
    first: Value,
    second: Value,
    third?: Value,
    attributes?: AttributesOf["NegativeLogLikelihoodLoss"],
  ): Value;
  /** Minus the log probability `[batch, classes, ...]` of the target class `[batch, ...]`, weighted by class: `NegativeLogLikelihoodLoss`. */
  negativeLogLikelihoodLoss(
    first: Value,
    second: Value,
    attributes: AttributesOf["NegativeLogLikelihoodLoss"],
  ): Value;
  /** Cross entropy of the softmax of scores `[batch, classes, ...]` and target classes `[batch, ...]`: `SoftmaxCrossEntropyLoss`. */
  softmaxCrossEntropyLoss(
    first: Value,
    second: Value,
    third?: Value,
    attributes?: AttributesOf["SoftmaxCrossEntropyLoss"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** Cross entropy of the softmax of scores `[batch, classes, ...]` and target classes `[batch, ...]`: `SoftmaxCrossEntropyLoss`. */
  softmaxCrossEntropyLoss(
    first: Value,
    second: Value,
    attributes: AttributesOf["SoftmaxCrossEntropyLoss"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** An image at another size, by nearest neighbour, linear or cubic interpolation: `Resize`. */
  resize(
    first: Value,
    second?: Value,
    third?: Value,
    fourth?: Value,
    attributes?: AttributesOf["Resize"],
  ): Value;
  /** An image at another size, by nearest neighbour, linear or cubic interpolation: `Resize`. */
  resize(
    first: Value,
    second: Value | undefined,
    third: Value | undefined,
    attributes: AttributesOf["Resize"],
  ): Value;
  /** An image at another size, by nearest neighbour, linear or cubic interpolation: `Resize`. */
  resize(first: Value, second: Value | undefined, attributes: AttributesOf["Resize"]): Value;
  /** An image at another size, by nearest neighbour, linear or cubic interpolation: `Resize`. */
  resize(first: Value, attributes: AttributesOf["Resize"]): Value;
  /** A simple recurrent network, in one or both directions: `RNN`. */
  rnn(
    first: Value,
    second: Value,
    third: Value,
    fourth?: Value,
    fifth?: Value,
    sixth?: Value,
    attributes?: AttributesOf["RNN"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** A simple recurrent network, in one or both directions: `RNN`. */
  rnn(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value | undefined,
    fifth: Value | undefined,
    attributes: AttributesOf["RNN"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** A simple recurrent network, in one or both directions: `RNN`. */
  rnn(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value | undefined,
    attributes: AttributesOf["RNN"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** A simple recurrent network, in one or both directions: `RNN`. */
  rnn(
    first: Value,
    second: Value,
    third: Value,
    attributes: AttributesOf["RNN"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** A gated recurrent unit, in one or both directions; gates in the order z, r, h: `GRU`. */
  gru(
    first: Value,
    second: Value,
    third: Value,
    fourth?: Value,
    fifth?: Value,
    sixth?: Value,
    attributes?: AttributesOf["GRU"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** A gated recurrent unit, in one or both directions; gates in the order z, r, h: `GRU`. */
  gru(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value | undefined,
    fifth: Value | undefined,
    attributes: AttributesOf["GRU"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** A gated recurrent unit, in one or both directions; gates in the order z, r, h: `GRU`. */
  gru(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value | undefined,
    attributes: AttributesOf["GRU"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** A gated recurrent unit, in one or both directions; gates in the order z, r, h: `GRU`. */
  gru(
    first: Value,
    second: Value,
    third: Value,
    attributes: AttributesOf["GRU"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** A long short-term memory, in one or both directions; gates in the order i, o, f, c: `LSTM`. */
  lstm(
    first: Value,
    second: Value,
    third: Value,
    fourth?: Value,
    fifth?: Value,
    sixth?: Value,
    seventh?: Value,
    eighth?: Value,
    attributes?: AttributesOf["LSTM"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined];
  /** A long short-term memory, in one or both directions; gates in the order i, o, f, c: `LSTM`. */
  lstm(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value | undefined,
    attributes: AttributesOf["LSTM"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined];
  /** A long short-term memory, in one or both directions; gates in the order i, o, f, c: `LSTM`. */
  lstm(
    first: Value,
    second: Value,
    third: Value,
    attributes: AttributesOf["LSTM"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined];
  /** The outputs of one nested graph or the other: `If`. */
  if(inputs: readonly Value[], attributes?: AttributesOf["If"], options?: OpOptions): readonly Value[];
  /** A nested graph run again and again, with values carried from trip to trip: `Loop`. */
  loop(inputs: readonly Value[], attributes?: AttributesOf["Loop"], options?: OpOptions): readonly Value[];
  /** A nested graph run for each step of sequences, with states carried from step to step: `Scan`. */
  scanOp(inputs: readonly Value[], attributes: AttributesOf["Scan"], options?: OpOptions): readonly Value[];
  /** Scan as opset 8 had it: each row of the batch by itself, up to its own length: `lapis.Scan8`. */
  scan8(
    inputs: readonly Value[],
    attributes: AttributesOf["lapis.Scan8"],
    options?: OpOptions,
  ): readonly Value[];
  /** The gradient of Conv in X: of dy `[batch, out, ...]`, W, and X's spatial shape: `lapis.ConvGradInput`. */
  convGradInput(
    first: Value,
    second: Value,
    third: Value,
    attributes?: AttributesOf["lapis.ConvGradInput"],
  ): Value;
  /** The gradient of Conv in W: of X, dy `[batch, out, ...]`, and W's spatial shape: `lapis.ConvGradKernel`. */
  convGradKernel(
    first: Value,
    second: Value,
    third: Value,
    attributes?: AttributesOf["lapis.ConvGradKernel"],
  ): Value;
  /** The gradient of MaxPool: of x and dy; where a window has several maxima, the first gets all: `lapis.MaxPoolGrad`. */
  maxPoolGrad(first: Value, second: Value, attributes: AttributesOf["lapis.MaxPoolGrad"]): Value;
  /** The gradient of AveragePool: of dy and X's spatial shape: `lapis.AveragePoolGrad`. */
  averagePoolGrad(first: Value, second: Value, attributes: AttributesOf["lapis.AveragePoolGrad"]): Value;
  /** The indices of all elements that aren't zero: [rank, count]: `NonZero`. */
  nonZero(x: Value): Value;
  /** The slices along an axis where a condition holds; elements of the flattened input without an axis: `Compress`. */
  compress(first: Value, second: Value, attributes?: AttributesOf["Compress"]): Value;
  /** Distinct elements or slices; where each first stood, which one each input is, and how often: `Unique`. */
  unique(
    x: Value,
    attributes?: AttributesOf["Unique"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined, Value | undefined];
  /** `[batch, channels, ...]` sampled at the places of a grid `[batch, ..., axes]`, from −1 to 1, last axis first: `GridSample`. */
  gridSample(first: Value, second: Value, attributes?: AttributesOf["GridSample"]): Value;
  /** The places that affine maps `[batch, axes, axes + 1]` send a regular grid to, as GridSample takes them: `AffineGrid`. */
  affineGrid(first: Value, second: Value, attributes?: AttributesOf["AffineGrid"]): Value;
  /** The gradient of Resize: of dy, X's shape, and Resize's roi, scales and sizes: `lapis.ResizeGrad`. */
  resizeGrad(
    first: Value,
    second: Value,
    third?: Value,
    fourth?: Value,
    fifth?: Value,
    attributes?: AttributesOf["lapis.ResizeGrad"],
  ): Value;
  /** The gradient of Resize: of dy, X's shape, and Resize's roi, scales and sizes: `lapis.ResizeGrad`. */
  resizeGrad(
    first: Value,
    second: Value,
    third: Value | undefined,
    fourth: Value | undefined,
    attributes: AttributesOf["lapis.ResizeGrad"],
  ): Value;
  /** The gradient of Resize: of dy, X's shape, and Resize's roi, scales and sizes: `lapis.ResizeGrad`. */
  resizeGrad(
    first: Value,
    second: Value,
    third: Value | undefined,
    attributes: AttributesOf["lapis.ResizeGrad"],
  ): Value;
  /** The gradient of Resize: of dy, X's shape, and Resize's roi, scales and sizes: `lapis.ResizeGrad`. */
  resizeGrad(first: Value, second: Value, attributes: AttributesOf["lapis.ResizeGrad"]): Value;
  /** Resize as it was before opset 10: asymmetric, rounding down: `Upsample`. */
  upsample(first: Value, second?: Value, attributes?: AttributesOf["Upsample"]): Value;
  /** Resize as it was before opset 10: asymmetric, rounding down: `Upsample`. */
  upsample(first: Value, attributes: AttributesOf["Upsample"]): Value;
  /** X / (bias + alpha/size·Σx²)^beta, summed over neighbouring channels (Krizhevsky et al. 2012): `LRN`. */
  lrn(x: Value, attributes: AttributesOf["LRN"]): Value;
  /** X divided by its 1- or 2-norm along an axis; zeros stay zeros: `LpNormalization`. */
  lpNormalization(x: Value, attributes?: AttributesOf["LpNormalization"]): Value;
  /** Mean 0 and variance 1 over axes: `MeanVarianceNormalization`. */
  meanVarianceNormalization(x: Value, attributes?: AttributesOf["MeanVarianceNormalization"]): Value;
  /** A sequence of the inputs: `SequenceConstruct`. */
  sequenceConstruct(inputs: readonly Value[]): Value;
  /** A sequence of nothing: `SequenceEmpty`. */
  sequenceEmpty(attributes?: AttributesOf["SequenceEmpty"]): Value;
  /** The sequence with a tensor inserted, at the end unless a position is given: `SequenceInsert`. */
  sequenceInsert(first: Value, second: Value, third?: Value): Value;
  /** The sequence without one tensor, the last unless a position is given: `SequenceErase`. */
  sequenceErase(first: Value, second?: Value): Value;
  /** One tensor of a sequence: `SequenceAt`. */
  sequenceAt(first: Value, second: Value): Value;
  /** How many tensors a sequence holds: `SequenceLength`. */
  sequenceLength(x: Value): Value;
  /** The parts of a tensor along an axis: of one size, of the sizes given, or of one element each: `SplitToSequence`. */
  splitToSequence(first: Value, second?: Value, attributes?: AttributesOf["SplitToSequence"]): Value;
  /** The parts of a tensor along an axis: of one size, of the sizes given, or of one element each: `SplitToSequence`. */
  splitToSequence(first: Value, attributes: AttributesOf["SplitToSequence"]): Value;
  /** The tensors of a sequence joined along an axis, or stacked along a new one: `ConcatFromSequence`. */
  concatFromSequence(x: Value, attributes: AttributesOf["ConcatFromSequence"]): Value;
  /** An optional of the input, or an empty one: `Optional`. */
  optional(x?: Value, attributes?: AttributesOf["Optional"]): Value;
  /** An optional of the input, or an empty one: `Optional`. */
  optional(attributes: AttributesOf["Optional"]): Value;
  /** What an optional holds: `OptionalGetElement`. */
  optionalGetElement(x: Value): Value;
  /** Whether an optional holds anything: `OptionalHasElement`. */
  optionalHasElement(x?: Value): Value;
  /** Softmax(Q·Kᵀ·scale + bias)·V over heads (Vaswani et al. 2017), with masks, a cache, and grouped queries: `Attention`. */
  attention(
    first: Value,
    second: Value,
    third: Value,
    fourth?: Value,
    fifth?: Value,
    sixth?: Value,
    seventh?: Value,
    attributes?: AttributesOf["Attention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined, Value | undefined];
  /** Softmax(Q·Kᵀ·scale + bias)·V over heads (Vaswani et al. 2017), with masks, a cache, and grouped queries: `Attention`. */
  attention(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value | undefined,
    attributes: AttributesOf["Attention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined, Value | undefined];
  /** Softmax(Q·Kᵀ·scale + bias)·V over heads (Vaswani et al. 2017), with masks, a cache, and grouped queries: `Attention`. */
  attention(
    first: Value,
    second: Value,
    third: Value,
    attributes: AttributesOf["Attention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined, Value | undefined];
  /** Round(x / scale) + zero point, in the range of the quantized type: `QuantizeLinear`. */
  quantizeLinear(
    first: Value,
    second: Value,
    third?: Value,
    attributes?: AttributesOf["QuantizeLinear"],
  ): Value;
  /** Round(x / scale) + zero point, in the range of the quantized type: `QuantizeLinear`. */
  quantizeLinear(first: Value, second: Value, attributes: AttributesOf["QuantizeLinear"]): Value;
  /** (x − zero point)·scale: `DequantizeLinear`. */
  dequantizeLinear(
    first: Value,
    second: Value,
    third?: Value,
    attributes?: AttributesOf["DequantizeLinear"],
  ): Value;
  /** (x − zero point)·scale: `DequantizeLinear`. */
  dequantizeLinear(first: Value, second: Value, attributes: AttributesOf["DequantizeLinear"]): Value;
  /** X in uint8, with the scale and zero point that cover its range: `DynamicQuantizeLinear`. */
  dynamicQuantizeLinear(x: Value): readonly [Value, Value, Value];
  /** The matrix product of A − zero and B − zero, in int32: `MatMulInteger`. */
  matMulInteger(first: Value, second: Value, third?: Value, fourth?: Value): Value;
  /** The convolution of x − zero with w − zero, in int32: `ConvInteger`. */
  convInteger(
    first: Value,
    second: Value,
    third?: Value,
    fourth?: Value,
    attributes?: AttributesOf["ConvInteger"],
  ): Value;
  /** The convolution of x − zero with w − zero, in int32: `ConvInteger`. */
  convInteger(
    first: Value,
    second: Value,
    third: Value | undefined,
    attributes: AttributesOf["ConvInteger"],
  ): Value;
  /** The convolution of x − zero with w − zero, in int32: `ConvInteger`. */
  convInteger(first: Value, second: Value, attributes: AttributesOf["ConvInteger"]): Value;
  /** The matrix product of two quantized tensors, quantized: `QLinearMatMul`. */
  qLinearMatMul(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    seventh: Value,
    eighth: Value,
  ): Value;
  /** The convolution of quantized tensors, quantized; a bias has the scale of the products: `QLinearConv`. */
  qLinearConv(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    seventh: Value,
    eighth: Value,
    ninth?: Value,
    attributes?: AttributesOf["QLinearConv"],
  ): Value;
  /** The convolution of quantized tensors, quantized; a bias has the scale of the products: `QLinearConv`. */
  qLinearConv(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    seventh: Value,
    eighth: Value,
    attributes: AttributesOf["QLinearConv"],
  ): Value;
  /** The sum of two quantized tensors, quantized: `com.microsoft.QLinearAdd`. */
  microsoftQLinearAdd(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    seventh: Value,
    eighth?: Value,
  ): Value;
  /** The product of two quantized tensors, quantized: `com.microsoft.QLinearMul`. */
  microsoftQLinearMul(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    seventh: Value,
    eighth?: Value,
  ): Value;
  /** LeakyRelu of a quantized tensor, quantized: `com.microsoft.QLinearLeakyRelu`. */
  microsoftQLinearLeakyRelu(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth?: Value,
    attributes?: AttributesOf["com.microsoft.QLinearLeakyRelu"],
  ): Value;
  /** LeakyRelu of a quantized tensor, quantized: `com.microsoft.QLinearLeakyRelu`. */
  microsoftQLinearLeakyRelu(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    attributes: AttributesOf["com.microsoft.QLinearLeakyRelu"],
  ): Value;
  /** Sigmoid of a quantized tensor, quantized: `com.microsoft.QLinearSigmoid`. */
  microsoftQLinearSigmoid(first: Value, second: Value, third: Value, fourth: Value, fifth?: Value): Value;
  /** Softmax of a quantized tensor, quantized: `com.microsoft.QLinearSoftmax`. */
  microsoftQLinearSoftmax(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value | undefined,
    attributes: AttributesOf["com.microsoft.QLinearSoftmax"],
  ): Value;
  /** Softmax of a quantized tensor, quantized: `com.microsoft.QLinearSoftmax`. */
  microsoftQLinearSoftmax(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    attributes: AttributesOf["com.microsoft.QLinearSoftmax"],
  ): Value;
  /** AveragePool of a quantized tensor, quantized: `com.microsoft.QLinearAveragePool`. */
  microsoftQLinearAveragePool(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value | undefined,
    attributes: AttributesOf["com.microsoft.QLinearAveragePool"],
  ): Value;
  /** AveragePool of a quantized tensor, quantized: `com.microsoft.QLinearAveragePool`. */
  microsoftQLinearAveragePool(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    attributes: AttributesOf["com.microsoft.QLinearAveragePool"],
  ): Value;
  /** GlobalAveragePool of a quantized tensor, quantized: `com.microsoft.QLinearGlobalAveragePool`. */
  microsoftQLinearGlobalAveragePool(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth?: Value,
    attributes?: AttributesOf["com.microsoft.QLinearGlobalAveragePool"],
  ): Value;
  /** GlobalAveragePool of a quantized tensor, quantized: `com.microsoft.QLinearGlobalAveragePool`. */
  microsoftQLinearGlobalAveragePool(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    attributes: AttributesOf["com.microsoft.QLinearGlobalAveragePool"],
  ): Value;
  /** Quantized tensors joined in one scale; inputs are the output's scale and zero point, then three a tensor: `com.microsoft.QLinearConcat`. */
  microsoftQLinearConcat(
    inputs: readonly Value[],
    attributes: AttributesOf["com.microsoft.QLinearConcat"],
  ): Value;
  /** Alpha·A·B plus a bias in the scale of the products; quantized where an output scale is given: `com.microsoft.QGemm`. */
  microsoftQGemm(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    seventh?: Value,
    eighth?: Value,
    ninth?: Value,
    attributes?: AttributesOf["com.microsoft.QGemm"],
  ): Value;
  /** Alpha·A·B plus a bias in the scale of the products; quantized where an output scale is given: `com.microsoft.QGemm`. */
  microsoftQGemm(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    seventh: Value | undefined,
    eighth: Value | undefined,
    attributes: AttributesOf["com.microsoft.QGemm"],
  ): Value;
  /** Alpha·A·B plus a bias in the scale of the products; quantized where an output scale is given: `com.microsoft.QGemm`. */
  microsoftQGemm(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    seventh: Value | undefined,
    attributes: AttributesOf["com.microsoft.QGemm"],
  ): Value;
  /** Alpha·A·B plus a bias in the scale of the products; quantized where an output scale is given: `com.microsoft.QGemm`. */
  microsoftQGemm(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    attributes: AttributesOf["com.microsoft.QGemm"],
  ): Value;
  /** A, quantized by its range, times a quantized B, in floats: `com.microsoft.DynamicQuantizeMatMul`. */
  microsoftDynamicQuantizeMatMul(
    first: Value,
    second: Value,
    third: Value,
    fourth?: Value,
    fifth?: Value,
  ): Value;
  /** The product of two quantized matrices, in floats: `com.microsoft.MatMulIntegerToFloat`. */
  microsoftMatMulIntegerToFloat(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth?: Value,
    sixth?: Value,
    seventh?: Value,
  ): Value;
  /** LSTM of which W `[directions, features, 4·units]` and R are quantized, X and each step's h by their range: `com.microsoft.DynamicQuantizeLSTM`. */
  microsoftDynamicQuantizeLSTM(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    seventh: Value,
    eighth: Value,
    ninth: Value,
    tenth: Value,
    input11: Value,
    input12: Value,
    attributes?: AttributesOf["com.microsoft.DynamicQuantizeLSTM"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined];
  /** Round(x / scale) + zero point, in the range of the quantized type: `com.microsoft.QuantizeLinear`. */
  microsoftQuantizeLinear(
    first: Value,
    second: Value,
    third?: Value,
    attributes?: AttributesOf["com.microsoft.QuantizeLinear"],
  ): Value;
  /** Round(x / scale) + zero point, in the range of the quantized type: `com.microsoft.QuantizeLinear`. */
  microsoftQuantizeLinear(
    first: Value,
    second: Value,
    attributes: AttributesOf["com.microsoft.QuantizeLinear"],
  ): Value;
  /** (x − zero point) · scale: `com.microsoft.DequantizeLinear`. */
  microsoftDequantizeLinear(
    first: Value,
    second: Value,
    third?: Value,
    attributes?: AttributesOf["com.microsoft.DequantizeLinear"],
  ): Value;
  /** (x − zero point) · scale: `com.microsoft.DequantizeLinear`. */
  microsoftDequantizeLinear(
    first: Value,
    second: Value,
    attributes: AttributesOf["com.microsoft.DequantizeLinear"],
  ): Value;
  /** A times a matrix of few bits: rows of blocks, each with a scale and a zero point: `com.microsoft.MatMulNBits`. */
  microsoftMatMulNBits(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value | undefined,
    fifth: Value | undefined,
    sixth: Value | undefined,
    attributes: AttributesOf["com.microsoft.MatMulNBits"],
  ): Value;
  /** A times a matrix of few bits: rows of blocks, each with a scale and a zero point: `com.microsoft.MatMulNBits`. */
  microsoftMatMulNBits(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value | undefined,
    fifth: Value | undefined,
    attributes: AttributesOf["com.microsoft.MatMulNBits"],
  ): Value;
  /** A times a matrix of few bits: rows of blocks, each with a scale and a zero point: `com.microsoft.MatMulNBits`. */
  microsoftMatMulNBits(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value | undefined,
    attributes: AttributesOf["com.microsoft.MatMulNBits"],
  ): Value;
  /** A times a matrix of few bits: rows of blocks, each with a scale and a zero point: `com.microsoft.MatMulNBits`. */
  microsoftMatMulNBits(
    first: Value,
    second: Value,
    third: Value,
    attributes: AttributesOf["com.microsoft.MatMulNBits"],
  ): Value;
  /** X·Φ(x) (Hendrycks and Gimpel 2016): `com.microsoft.Gelu`. */
  microsoftGelu(x: Value): Value;
  /** Gelu of A + B: `com.microsoft.BiasGelu`. */
  microsoftBiasGelu(first: Value, second: Value): Value;
  /** Gelu by tanh, of X plus a bias: `com.microsoft.FastGelu`. */
  microsoftFastGelu(first: Value, second?: Value): Value;
  /** Gelu by tanh of X·W plus a bias: `com.microsoft.GemmFastGelu`. */
  microsoftGemmFastGelu(first: Value, second: Value, third?: Value): Value;
  /** X·sigmoid(alpha·x): `com.microsoft.QuickGelu`. */
  microsoftQuickGelu(x: Value, attributes?: AttributesOf["com.microsoft.QuickGelu"]): Value;
  /** X plus a bias for its channels, plus what is skipped to here: `com.microsoft.BiasAdd`. */
  microsoftBiasAdd(first: Value, second: Value, third: Value): Value;
  /** Of X plus a bias, the first half of the channels times Gelu of the second: `com.microsoft.BiasSplitGelu`. */
  microsoftBiasSplitGelu(first: Value, second: Value): Value;
  /** Alpha·x + beta, of ONNX before opset 6: `com.microsoft.Affine`. */
  microsoftAffine(x: Value, attributes?: AttributesOf["com.microsoft.Affine"]): Value;
  /** Alpha·x + beta, of ONNX before opset 6: `Affine`. */
  affine(x: Value, attributes?: AttributesOf["Affine"]): Value;
  /** Alpha·log(1 + exp(beta·x)): `com.microsoft.ParametricSoftplus`. */
  microsoftParametricSoftplus(x: Value, attributes?: AttributesOf["com.microsoft.ParametricSoftplus"]): Value;
  /** Alpha·log(1 + exp(beta·x)): `ParametricSoftplus`. */
  parametricSoftplus(x: Value, attributes?: AttributesOf["ParametricSoftplus"]): Value;
  /** Alpha·tanh(beta·x): `com.microsoft.ScaledTanh`. */
  microsoftScaledTanh(x: Value, attributes?: AttributesOf["com.microsoft.ScaledTanh"]): Value;
  /** Alpha·tanh(beta·x): `ScaledTanh`. */
  scaledTanh(x: Value, attributes?: AttributesOf["ScaledTanh"]): Value;
  /** X times a number: `com.microsoft.Scale`. */
  microsoftScale(x: Value, attributes?: AttributesOf["com.microsoft.Scale"]): Value;
  /** X times a number: `Scale`. */
  scale(x: Value, attributes?: AttributesOf["Scale"]): Value;
  /** X over the root of its mean square along the last axes, times a scale: `com.microsoft.SimplifiedLayerNormalization`. */
  microsoftSimplifiedLayerNormalization(
    first: Value,
    second: Value,
    attributes?: AttributesOf["com.microsoft.SimplifiedLayerNormalization"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** X over the root of its mean square along the last axes, times a scale: `SimplifiedLayerNormalization`. */
  simplifiedLayerNormalization(
    first: Value,
    second: Value,
    attributes?: AttributesOf["SimplifiedLayerNormalization"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** Layer normalization of a sum of input, residual and bias; the sum is the fourth output: `com.microsoft.SkipLayerNormalization`. */
  microsoftSkipLayerNormalization(
    first: Value,
    second: Value,
    third: Value,
    fourth?: Value,
    fifth?: Value,
    attributes?: AttributesOf["com.microsoft.SkipLayerNormalization"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined, Value | undefined];
  /** Layer normalization of a sum of input, residual and bias; the sum is the fourth output: `com.microsoft.SkipLayerNormalization`. */
  microsoftSkipLayerNormalization(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value | undefined,
    attributes: AttributesOf["com.microsoft.SkipLayerNormalization"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined, Value | undefined];
  /** Layer normalization of a sum of input, residual and bias; the sum is the fourth output: `com.microsoft.SkipLayerNormalization`. */
  microsoftSkipLayerNormalization(
    first: Value,
    second: Value,
    third: Value,
    attributes: AttributesOf["com.microsoft.SkipLayerNormalization"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined, Value | undefined];
  /** The same over the root of the mean square alone: `com.microsoft.SkipSimplifiedLayerNormalization`. */
  microsoftSkipSimplifiedLayerNormalization(
    first: Value,
    second: Value,
    third: Value,
    fourth?: Value,
    attributes?: AttributesOf["com.microsoft.SkipSimplifiedLayerNormalization"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined, Value | undefined];
  /** The same over the root of the mean square alone: `com.microsoft.SkipSimplifiedLayerNormalization`. */
  microsoftSkipSimplifiedLayerNormalization(
    first: Value,
    second: Value,
    third: Value,
    attributes: AttributesOf["com.microsoft.SkipSimplifiedLayerNormalization"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined, Value | undefined];
  /** Layer normalization of the sum of word, position and segment embeddings; and how long each row is: `com.microsoft.EmbedLayerNormalization`. */
  microsoftEmbedLayerNormalization(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    seventh: Value,
    eighth?: Value,
    ninth?: Value,
    attributes?: AttributesOf["com.microsoft.EmbedLayerNormalization"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined];
  /** Layer normalization of the sum of word, position and segment embeddings; and how long each row is: `com.microsoft.EmbedLayerNormalization`. */
  microsoftEmbedLayerNormalization(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    seventh: Value,
    eighth: Value | undefined,
    attributes: AttributesOf["com.microsoft.EmbedLayerNormalization"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined];
  /** Layer normalization of the sum of word, position and segment embeddings; and how long each row is: `com.microsoft.EmbedLayerNormalization`. */
  microsoftEmbedLayerNormalization(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    seventh: Value,
    attributes: AttributesOf["com.microsoft.EmbedLayerNormalization"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined];
  /** Group normalization of a picture whose channels are last, and SiLU behind it: `com.microsoft.GroupNorm`. */
  microsoftGroupNorm(
    first: Value,
    second: Value,
    third: Value,
    attributes: AttributesOf["com.microsoft.GroupNorm"],
  ): Value;
  /** The same of a sum of picture, residual and bias; the sum is the second output: `com.microsoft.SkipGroupNorm`. */
  microsoftSkipGroupNorm(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value | undefined,
    attributes: AttributesOf["com.microsoft.SkipGroupNorm"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** The same of a sum of picture, residual and bias; the sum is the second output: `com.microsoft.SkipGroupNorm`. */
  microsoftSkipGroupNorm(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    attributes: AttributesOf["com.microsoft.SkipGroupNorm"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** X over the root of its mean square, times a scale and a gate's activation: `com.microsoft.GatedRMSNorm`. */
  microsoftGatedRMSNorm(
    first: Value,
    second: Value,
    third: Value,
    attributes?: AttributesOf["com.microsoft.GatedRMSNorm"],
  ): Value;
  /** Alpha·A·B, either with its axes exchanged: `com.microsoft.FusedMatMul`. */
  microsoftFusedMatMul(
    first: Value,
    second: Value,
    attributes?: AttributesOf["com.microsoft.FusedMatMul"],
  ): Value;
  /** FusedMatMul by its older name: `com.microsoft.TransposeMatMul`. */
  microsoftTransposeMatMul(
    first: Value,
    second: Value,
    attributes?: AttributesOf["com.microsoft.TransposeMatMul"],
  ): Value;
  /** FusedMatMul with an activation behind it: `com.microsoft.FusedMatMulActivation`. */
  microsoftFusedMatMulActivation(
    first: Value,
    second: Value,
    attributes?: AttributesOf["com.microsoft.FusedMatMulActivation"],
  ): Value;
  /** Gemm with an activation behind it: `com.microsoft.FusedGemm`. */
  microsoftFusedGemm(
    first: Value,
    second: Value,
    third?: Value,
    attributes?: AttributesOf["com.microsoft.FusedGemm"],
  ): Value;
  /** Gemm with an activation behind it: `com.microsoft.FusedGemm`. */
  microsoftFusedGemm(first: Value, second: Value, attributes: AttributesOf["com.microsoft.FusedGemm"]): Value;
  /** Conv, plus what is skipped to here, with an activation behind it: `com.microsoft.FusedConv`. */
  microsoftFusedConv(
    first: Value,
    second: Value,
    third?: Value,
    fourth?: Value,
    attributes?: AttributesOf["com.microsoft.FusedConv"],
  ): Value;
  /** Conv, plus what is skipped to here, with an activation behind it: `com.microsoft.FusedConv`. */
  microsoftFusedConv(
    first: Value,
    second: Value,
    third: Value | undefined,
    attributes: AttributesOf["com.microsoft.FusedConv"],
  ): Value;
  /** Conv, plus what is skipped to here, with an activation behind it: `com.microsoft.FusedConv`. */
  microsoftFusedConv(first: Value, second: Value, attributes: AttributesOf["com.microsoft.FusedConv"]): Value;
  /** Conv of a picture whose channels are last, weights [out, height, width, in]: `com.microsoft.NhwcConv`. */
  microsoftNhwcConv(
    first: Value,
    second: Value,
    third?: Value,
    attributes?: AttributesOf["com.microsoft.NhwcConv"],
  ): Value;
  /** Conv of a picture whose channels are last, weights [out, height, width, in]: `com.microsoft.NhwcConv`. */
  microsoftNhwcConv(first: Value, second: Value, attributes: AttributesOf["com.microsoft.NhwcConv"]): Value;
  /** Conv of a picture whose channels are last, weights [out, height, width, in]: `com.microsoft.NhwcFusedConv`. */
  microsoftNhwcFusedConv(
    first: Value,
    second: Value,
    third?: Value,
    fourth?: Value,
    attributes?: AttributesOf["com.microsoft.NhwcFusedConv"],
  ): Value;
  /** Conv of a picture whose channels are last, weights [out, height, width, in]: `com.microsoft.NhwcFusedConv`. */
  microsoftNhwcFusedConv(
    first: Value,
    second: Value,
    third: Value | undefined,
    attributes: AttributesOf["com.microsoft.NhwcFusedConv"],
  ): Value;
  /** Conv of a picture whose channels are last, weights [out, height, width, in]: `com.microsoft.NhwcFusedConv`. */
  microsoftNhwcFusedConv(
    first: Value,
    second: Value,
    attributes: AttributesOf["com.microsoft.NhwcFusedConv"],
  ): Value;
  /** Attention over heads of what one matrix projects to queries, keys and values: `com.microsoft.Attention`. */
  microsoftAttention(
    first: Value,
    second: Value,
    third: Value | undefined,
    fourth: Value | undefined,
    fifth: Value | undefined,
    sixth: Value | undefined,
    seventh: Value | undefined,
    attributes: AttributesOf["com.microsoft.Attention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** Attention over heads of what one matrix projects to queries, keys and values: `com.microsoft.Attention`. */
  microsoftAttention(
    first: Value,
    second: Value,
    third: Value | undefined,
    attributes: AttributesOf["com.microsoft.Attention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** Attention over heads of what one matrix projects to queries, keys and values: `com.microsoft.Attention`. */
  microsoftAttention(
    first: Value,
    second: Value,
    attributes: AttributesOf["com.microsoft.Attention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** Attention whose projection is a product of quantized matrices: `com.microsoft.QAttention`. */
  microsoftQAttention(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value | undefined,
    seventh: Value | undefined,
    eighth: Value | undefined,
    ninth: Value | undefined,
    attributes: AttributesOf["com.microsoft.QAttention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** Attention whose projection is a product of quantized matrices: `com.microsoft.QAttention`. */
  microsoftQAttention(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value | undefined,
    attributes: AttributesOf["com.microsoft.QAttention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** Attention whose projection is a product of quantized matrices: `com.microsoft.QAttention`. */
  microsoftQAttention(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    attributes: AttributesOf["com.microsoft.QAttention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** Attention over heads of given queries, keys and values, biases added first, with a cache: `com.microsoft.MultiHeadAttention`. */
  microsoftMultiHeadAttention(
    first: Value,
    second: Value | undefined,
    third: Value | undefined,
    fourth: Value | undefined,
    fifth: Value | undefined,
    sixth: Value | undefined,
    seventh: Value | undefined,
    eighth: Value | undefined,
    ninth: Value | undefined,
    tenth: Value | undefined,
    attributes: AttributesOf["com.microsoft.MultiHeadAttention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined, Value | undefined];
  /** Attention over heads of given queries, keys and values, biases added first, with a cache: `com.microsoft.MultiHeadAttention`. */
  microsoftMultiHeadAttention(
    first: Value,
    second: Value | undefined,
    attributes: AttributesOf["com.microsoft.MultiHeadAttention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined, Value | undefined];
  /** Attention over heads of given queries, keys and values, biases added first, with a cache: `com.microsoft.MultiHeadAttention`. */
  microsoftMultiHeadAttention(
    first: Value,
    attributes: AttributesOf["com.microsoft.MultiHeadAttention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined, Value | undefined];
  /** MultiHeadAttention of one step, behind a cache: `com.microsoft.DecoderMaskedMultiHeadAttention`. */
  microsoftDecoderMaskedMultiHeadAttention(
    first: Value,
    second: Value | undefined,
    third: Value | undefined,
    fourth: Value | undefined,
    fifth: Value | undefined,
    sixth: Value | undefined,
    seventh: Value | undefined,
    eighth: Value | undefined,
    ninth: Value | undefined,
    tenth: Value | undefined,
    input11: Value | undefined,
    attributes: AttributesOf["com.microsoft.DecoderMaskedMultiHeadAttention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined, Value | undefined];
  /** MultiHeadAttention of one step, behind a cache: `com.microsoft.DecoderMaskedMultiHeadAttention`. */
  microsoftDecoderMaskedMultiHeadAttention(
    first: Value,
    second: Value | undefined,
    attributes: AttributesOf["com.microsoft.DecoderMaskedMultiHeadAttention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined, Value | undefined];
  /** MultiHeadAttention of one step, behind a cache: `com.microsoft.DecoderMaskedMultiHeadAttention`. */
  microsoftDecoderMaskedMultiHeadAttention(
    first: Value,
    attributes: AttributesOf["com.microsoft.DecoderMaskedMultiHeadAttention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined, Value | undefined];
  /** Pairs of each head's elements, turned by angles that grow with the position (Su et al. 2021): `com.microsoft.RotaryEmbedding`. */
  microsoftRotaryEmbedding(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    attributes?: AttributesOf["com.microsoft.RotaryEmbedding"],
  ): Value;
  /** Causal attention over heads whose keys and values are shared, rotary positions, a cache and a window: `com.microsoft.GroupQueryAttention`. */
  microsoftGroupQueryAttention(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    seventh: Value,
    eighth: Value | undefined,
    ninth: Value | undefined,
    tenth: Value | undefined,
    input11: Value | undefined,
    input12: Value | undefined,
    input13: Value | undefined,
    input14: Value | undefined,
    input15: Value | undefined,
    input16: Value | undefined,
    input17: Value | undefined,
    attributes: AttributesOf["com.microsoft.GroupQueryAttention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined, Value | undefined];
  /** Causal attention over heads whose keys and values are shared, rotary positions, a cache and a window: `com.microsoft.GroupQueryAttention`. */
  microsoftGroupQueryAttention(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    seventh: Value,
    eighth: Value | undefined,
    attributes: AttributesOf["com.microsoft.GroupQueryAttention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined, Value | undefined];
  /** Causal attention over heads whose keys and values are shared, rotary positions, a cache and a window: `com.microsoft.GroupQueryAttention`. */
  microsoftGroupQueryAttention(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    seventh: Value,
    attributes: AttributesOf["com.microsoft.GroupQueryAttention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined, Value | undefined];
  /** The tokens of each string, split at separators or found by an expression of RE2, and padding behind them: `com.microsoft.Tokenizer`. */
  microsoftTokenizer(x: Value, attributes: AttributesOf["com.microsoft.Tokenizer"]): Value;
  /** What it is given: `com.microsoft.SampleOp`. */
  microsoftSampleOp(x: Value): Value;
  /** X with an axis of one element more: `com.microsoft.ExpandDims`. */
  microsoftExpandDims(first: Value, second: Value): Value;
  /** Slices of data at places along its first axes: `com.microsoft.GatherND`. */
  microsoftGatherND(first: Value, second: Value): Value;
  /** Numbers from a start on below a limit: `com.microsoft.Range`. */
  microsoftRange(first: Value, second: Value, third?: Value): Value;
  /** A triangle of each matrix: `com.microsoft.Trilu`. */
  microsoftTrilu(first: Value, second?: Value, attributes?: AttributesOf["com.microsoft.Trilu"]): Value;
  /** A triangle of each matrix: `com.microsoft.Trilu`. */
  microsoftTrilu(first: Value, attributes: AttributesOf["com.microsoft.Trilu"]): Value;
  /** Distinct elements as they appear, which one each input is, and how often: `com.microsoft.Unique`. */
  microsoftUnique(
    x: Value,
    attributes?: NoAttributes,
    options?: OpOptions,
  ): readonly [Value, Value | undefined, Value | undefined];
  /** X with elements more, or fewer, at the ends of its axes: `com.microsoft.Pad`. */
  microsoftPad(
    first: Value,
    second: Value,
    third?: Value,
    attributes?: AttributesOf["com.microsoft.Pad"],
  ): Value;
  /** X with elements more, or fewer, at the ends of its axes: `com.microsoft.Pad`. */
  microsoftPad(first: Value, second: Value, attributes: AttributesOf["com.microsoft.Pad"]): Value;
  /** Windows along an axis, their elements along a new last one: `com.microsoft.UnfoldTensor`. */
  microsoftUnfoldTensor(x: Value, attributes: AttributesOf["com.microsoft.UnfoldTensor"]): Value;
  /** Rows of a table: `com.microsoft.TorchEmbedding`. */
  microsoftTorchEmbedding(first: Value, second: Value, third?: Value, fourth?: Value): Value;
  /** Pictures sampled at the places of a grid: `com.microsoft.GridSample`. */
  microsoftGridSample(
    first: Value,
    second: Value,
    attributes?: AttributesOf["com.microsoft.GridSample"],
  ): Value;
  /** Distances `[m, k]` of each row of A `[m, n]` to each of B `[k, n]`: `com.microsoft.CDist`. */
  microsoftCDist(first: Value, second: Value, attributes?: AttributesOf["com.microsoft.CDist"]): Value;
  /** Half of the spectrum of a real signal `[..., n]`: `[..., n/2 + 1, 2]`: `com.microsoft.Rfft`. */
  microsoftRfft(x: Value, attributes?: AttributesOf["com.microsoft.Rfft"]): Value;
  /** The real signal `[..., n]` of half a spectrum: `com.microsoft.Irfft`. */
  microsoftIrfft(x: Value, attributes?: AttributesOf["com.microsoft.Irfft"]): Value;
  /** Products of complex numbers `[..., 2]`: `com.microsoft.ComplexMul`. */
  microsoftComplexMul(first: Value, second: Value): Value;
  /** Products of complex numbers with conjugate ones: `com.microsoft.ComplexMulConj`. */
  microsoftComplexMulConj(first: Value, second: Value): Value;
  /** ConvTranspose whose paddings are an input: `com.microsoft.ConvTransposeWithDynamicPads`. */
  microsoftConvTransposeWithDynamicPads(
    first: Value,
    second: Value,
    third?: Value,
    fourth?: Value,
    attributes?: AttributesOf["com.microsoft.ConvTransposeWithDynamicPads"],
  ): Value;
  /** ConvTranspose whose paddings are an input: `com.microsoft.ConvTransposeWithDynamicPads`. */
  microsoftConvTransposeWithDynamicPads(
    first: Value,
    second: Value,
    third: Value | undefined,
    attributes: AttributesOf["com.microsoft.ConvTransposeWithDynamicPads"],
  ): Value;
  /** ConvTranspose whose paddings are an input: `com.microsoft.ConvTransposeWithDynamicPads`. */
  microsoftConvTransposeWithDynamicPads(
    first: Value,
    second: Value,
    attributes: AttributesOf["com.microsoft.ConvTransposeWithDynamicPads"],
  ): Value;
  /** The bias `[1, heads, queries, keys]` that T5 adds to scores, by how far apart they are: `com.microsoft.RelativePositionBias`. */
  microsoftRelativePositionBias(
    first: Value,
    second: Value,
    third: Value,
    attributes: AttributesOf["com.microsoft.RelativePositionBias"],
  ): Value;
  /** Scores with −∞ for what would repeat words in a row: `com.microsoft.NGramRepeatBlock`. */
  microsoftNGramRepeatBlock(
    first: Value,
    second: Value,
    attributes: AttributesOf["com.microsoft.NGramRepeatBlock"],
  ): Value;
  /** Where of two quantized tensors, quantized: `com.microsoft.QLinearWhere`. */
  microsoftQLinearWhere(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    seventh: Value,
    eighth: Value,
    ninth: Value,
  ): Value;
  /** Means of a quantized tensor, quantized: `com.microsoft.QLinearReduceMean`. */
  microsoftQLinearReduceMean(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value | undefined,
    attributes: AttributesOf["com.microsoft.QLinearReduceMean"],
  ): Value;
  /** Means of a quantized tensor, quantized: `com.microsoft.QLinearReduceMean`. */
  microsoftQLinearReduceMean(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    attributes: AttributesOf["com.microsoft.QLinearReduceMean"],
  ): Value;
  /** Sums of 8-bit numbers in 32 bits: `com.microsoft.ReduceSumInteger`. */
  microsoftReduceSumInteger(x: Value, attributes: AttributesOf["com.microsoft.ReduceSumInteger"]): Value;
  /** (A − zero)·(B − zero) in 32 bits: `com.microsoft.MulInteger`. */
  microsoftMulInteger(first: Value, second: Value, third: Value, fourth?: Value): Value;
  /** Products of 16-bit matrices in 32 bits: `com.microsoft.MatMulInteger16`. */
  microsoftMatMulInteger16(first: Value, second: Value): Value;
  /** The convolution of quantized tensors, quantized; channels may be last: `com.microsoft.QLinearConv`. */
  microsoftQLinearConv(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    seventh: Value,
    eighth: Value,
    ninth?: Value,
    attributes?: AttributesOf["com.microsoft.QLinearConv"],
  ): Value;
  /** The convolution of quantized tensors, quantized; channels may be last: `com.microsoft.QLinearConv`. */
  microsoftQLinearConv(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    seventh: Value,
    eighth: Value,
    attributes: AttributesOf["com.microsoft.QLinearConv"],
  ): Value;
  /** MaxPool of a picture whose channels are last: `com.microsoft.NhwcMaxPool`. */
  microsoftNhwcMaxPool(x: Value, attributes: AttributesOf["com.microsoft.NhwcMaxPool"]): Value;
  /** EmbedLayerNormalization of quantized tables: `com.microsoft.QEmbedLayerNormalization`. */
  microsoftQEmbedLayerNormalization(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    seventh: Value,
    eighth: Value,
    ninth: Value,
    tenth: Value,
    input11: Value,
    input12: Value,
    input13: Value,
    input14: Value,
    input15: Value,
    input16: Value,
    input17: Value,
    input18: Value,
    attributes?: AttributesOf["com.microsoft.QEmbedLayerNormalization"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** A times a matrix of four-bit floats in blocks (Dettmers et al. 2023): `com.microsoft.MatMulBnb4`. */
  microsoftMatMulBnb4(
    first: Value,
    second: Value,
    third: Value,
    attributes: AttributesOf["com.microsoft.MatMulBnb4"],
  ): Value;
  /** Rows of a table of few bits in blocks, each with a scale and a zero point: `com.microsoft.GatherBlockQuantized`. */
  microsoftGatherBlockQuantized(
    first: Value,
    second: Value,
    third: Value,
    fourth?: Value,
    attributes?: AttributesOf["com.microsoft.GatherBlockQuantized"],
  ): Value;
  /** Rows of a table of few bits in blocks, each with a scale and a zero point: `com.microsoft.GatherBlockQuantized`. */
  microsoftGatherBlockQuantized(
    first: Value,
    second: Value,
    third: Value,
    attributes: AttributesOf["com.microsoft.GatherBlockQuantized"],
  ): Value;
  /** For each token, the weighted sum of what the best of many two-layer networks give: `com.microsoft.MoE`. */
  microsoftMoE(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth?: Value,
    seventh?: Value,
    eighth?: Value,
    attributes?: AttributesOf["com.microsoft.MoE"],
  ): Value;
  /** For each token, the weighted sum of what the best of many two-layer networks give: `com.microsoft.MoE`. */
  microsoftMoE(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value | undefined,
    seventh: Value | undefined,
    attributes: AttributesOf["com.microsoft.MoE"],
  ): Value;
  /** For each token, the weighted sum of what the best of many two-layer networks give: `com.microsoft.MoE`. */
  microsoftMoE(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value | undefined,
    attributes: AttributesOf["com.microsoft.MoE"],
  ): Value;
  /** For each token, the weighted sum of what the best of many two-layer networks give: `com.microsoft.MoE`. */
  microsoftMoE(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    attributes: AttributesOf["com.microsoft.MoE"],
  ): Value;
  /** MoE whose weights have few bits; the chosen experts' weights sum to one: `com.microsoft.QMoE`. */
  microsoftQMoE(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    seventh: Value,
    eighth?: Value,
    ninth?: Value,
    tenth?: Value,
    input11?: Value,
    input12?: Value,
    input13?: Value,
    input14?: Value,
    input15?: Value,
    input16?: Value,
    input17?: Value,
    input18?: Value,
    input19?: Value,
    input20?: Value,
    input21?: Value,
    attributes?: AttributesOf["com.microsoft.QMoE"],
  ): Value;
  /** MoE whose weights have few bits; the chosen experts' weights sum to one: `com.microsoft.QMoE`. */
  microsoftQMoE(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    seventh: Value,
    eighth: Value | undefined,
    attributes: AttributesOf["com.microsoft.QMoE"],
  ): Value;
  /** MoE whose weights have few bits; the chosen experts' weights sum to one: `com.microsoft.QMoE`. */
  microsoftQMoE(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    seventh: Value,
    attributes: AttributesOf["com.microsoft.QMoE"],
  ): Value;
  /** A hash of 32 bits of each element's bytes: `com.microsoft.MurmurHash3`. */
  microsoftMurmurHash3(x: Value, attributes?: AttributesOf["com.microsoft.MurmurHash3"]): Value;
  /** The inverse of each matrix `[..., n, n]`: `com.microsoft.Inverse`. */
  microsoftInverse(x: Value): Value;
  /** A picture `[batch, channels, height, width]` times a number, plus one for each channel: `com.microsoft.ImageScaler`. */
  microsoftImageScaler(x: Value, attributes?: AttributesOf["com.microsoft.ImageScaler"]): Value;
  /** A picture `[batch, channels, height, width]` times a number, plus one for each channel: `ImageScaler`. */
  imageScaler(x: Value, attributes?: AttributesOf["ImageScaler"]): Value;
  /** A picture without its borders, or a part of given height and width: `com.microsoft.Crop`. */
  microsoftCrop(x: Value, attributes?: AttributesOf["com.microsoft.Crop"]): Value;
  /** A picture without its borders, or a part of given height and width: `Crop`. */
  crop(x: Value, attributes?: AttributesOf["Crop"]): Value;
  /** Slice as it was before opset 10: `com.microsoft.DynamicSlice`. */
  microsoftDynamicSlice(first: Value, second: Value, third: Value, fourth?: Value): Value;
  /** Slice as it was before opset 10: `DynamicSlice`. */
  dynamicSlice(first: Value, second: Value, third: Value, fourth?: Value): Value;
  /** Attention through a state that each step adds to, decayed and corrected: `com.microsoft.LinearAttention`. */
  microsoftLinearAttention(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value | undefined,
    fifth: Value | undefined,
    sixth: Value | undefined,
    attributes: AttributesOf["com.microsoft.LinearAttention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** Attention through a state that each step adds to, decayed and corrected: `com.microsoft.LinearAttention`. */
  microsoftLinearAttention(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value | undefined,
    fifth: Value | undefined,
    attributes: AttributesOf["com.microsoft.LinearAttention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** Attention through a state that each step adds to, decayed and corrected: `com.microsoft.LinearAttention`. */
  microsoftLinearAttention(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value | undefined,
    attributes: AttributesOf["com.microsoft.LinearAttention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** Attention through a state that each step adds to, decayed and corrected: `com.microsoft.LinearAttention`. */
  microsoftLinearAttention(
    first: Value,
    second: Value,
    third: Value,
    attributes: AttributesOf["com.microsoft.LinearAttention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** A depthwise convolution over time that sees no later steps, and the last steps for the next call: `com.microsoft.CausalConvWithState`. */
  microsoftCausalConvWithState(
    first: Value,
    second: Value,
    third?: Value,
    fourth?: Value,
    attributes?: AttributesOf["com.microsoft.CausalConvWithState"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** A depthwise convolution over time that sees no later steps, and the last steps for the next call: `com.microsoft.CausalConvWithState`. */
  microsoftCausalConvWithState(
    first: Value,
    second: Value,
    third: Value | undefined,
    attributes: AttributesOf["com.microsoft.CausalConvWithState"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** A depthwise convolution over time that sees no later steps, and the last steps for the next call: `com.microsoft.CausalConvWithState`. */
  microsoftCausalConvWithState(
    first: Value,
    second: Value,
    attributes: AttributesOf["com.microsoft.CausalConvWithState"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** RotaryEmbedding by three positions a step: its time, and its height and width in a picture: `com.microsoft.MRotaryEmbedding`. */
  microsoftMRotaryEmbedding(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    attributes: AttributesOf["com.microsoft.MRotaryEmbedding"],
  ): Value;
  /** Swish(gate)·(up + beta), both bounded; gate and up may lie behind one another: `com.microsoft.SwiGLU`. */
  microsoftSwiGLU(first: Value, second?: Value, attributes?: AttributesOf["com.microsoft.SwiGLU"]): Value;
  /** Swish(gate)·(up + beta), both bounded; gate and up may lie behind one another: `com.microsoft.SwiGLU`. */
  microsoftSwiGLU(first: Value, attributes: AttributesOf["com.microsoft.SwiGLU"]): Value;
  /** Z·sigmoid(z) of z = scale·x: `com.microsoft.ScaledSiLU`. */
  microsoftScaledSiLU(
    first: Value,
    second?: Value,
    attributes?: AttributesOf["com.microsoft.ScaledSiLU"],
  ): Value;
  /** Z·sigmoid(z) of z = scale·x: `com.microsoft.ScaledSiLU`. */
  microsoftScaledSiLU(first: Value, attributes: AttributesOf["com.microsoft.ScaledSiLU"]): Value;
  /** X + Y·gate, the gate one for a row: `com.microsoft.GatedAdd`. */
  microsoftGatedAdd(first: Value, second: Value, third: Value): Value;
  /** A bias by distance `[1, heads, steps, steps]`, gated by each query (WavLM): `com.microsoft.GatedRelativePositionBias`. */
  microsoftGatedRelativePositionBias(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    sixth: Value,
    attributes: AttributesOf["com.microsoft.GatedRelativePositionBias"],
  ): Value;
  /** Pairs of each head's elements, turned by angles that grow with the position (Su et al. 2021): `RotaryEmbedding`. */
  rotaryEmbedding(
    first: Value,
    second: Value,
    third: Value,
    fourth?: Value,
    attributes?: AttributesOf["RotaryEmbedding"],
  ): Value;
  /** Pairs of each head's elements, turned by angles that grow with the position (Su et al. 2021): `RotaryEmbedding`. */
  rotaryEmbedding(
    first: Value,
    second: Value,
    third: Value,
    attributes: AttributesOf["RotaryEmbedding"],
  ): Value;
  /** Swish(A)·B (Shazeer 2020): `SwiGLU`. */
  swiGLU(first: Value, second: Value, attributes?: AttributesOf["SwiGLU"]): Value;
  /** X nearer to zero by bias where it is beyond ±lambd, else 0: `Shrink`. */
  shrink(x: Value, attributes?: AttributesOf["Shrink"]): Value;
  /** Attention through a state that each step adds k⊗v to, decayed and corrected (Katharopoulos 2020, Yang 2024): `LinearAttention`. */
  linearAttention(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value | undefined,
    fifth: Value | undefined,
    sixth: Value | undefined,
    attributes: AttributesOf["LinearAttention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** Attention through a state that each step adds k⊗v to, decayed and corrected (Katharopoulos 2020, Yang 2024): `LinearAttention`. */
  linearAttention(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value | undefined,
    fifth: Value | undefined,
    attributes: AttributesOf["LinearAttention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** Attention through a state that each step adds k⊗v to, decayed and corrected (Katharopoulos 2020, Yang 2024): `LinearAttention`. */
  linearAttention(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value | undefined,
    attributes: AttributesOf["LinearAttention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** Attention through a state that each step adds k⊗v to, decayed and corrected (Katharopoulos 2020, Yang 2024): `LinearAttention`. */
  linearAttention(
    first: Value,
    second: Value,
    third: Value,
    attributes: AttributesOf["LinearAttention"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** A depthwise convolution over time that sees no later steps, and the last steps for the next call: `CausalConvWithState`. */
  causalConvWithState(
    first: Value,
    second: Value,
    third?: Value,
    fourth?: Value,
    attributes?: AttributesOf["CausalConvWithState"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** A depthwise convolution over time that sees no later steps, and the last steps for the next call: `CausalConvWithState`. */
  causalConvWithState(
    first: Value,
    second: Value,
    third: Value | undefined,
    attributes: AttributesOf["CausalConvWithState"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** A depthwise convolution over time that sees no later steps, and the last steps for the next call: `CausalConvWithState`. */
  causalConvWithState(
    first: Value,
    second: Value,
    attributes: AttributesOf["CausalConvWithState"],
    options?: OpOptions,
  ): readonly [Value, Value | undefined];
  /** A cache with an update written into each row from its place on, around the end where circular: `TensorScatter`. */
  tensorScatter(
    first: Value,
    second: Value,
    third?: Value,
    attributes?: AttributesOf["TensorScatter"],
  ): Value;
  /** A cache with an update written into each row from its place on, around the end where circular: `TensorScatter`. */
  tensorScatter(first: Value, second: Value, attributes: AttributesOf["TensorScatter"]): Value;
  /** A nested graph run for each item of a sequence; tensors beside it go into every run: `SequenceMap`. */
  sequenceMap(
    inputs: readonly Value[],
    attributes?: AttributesOf["SequenceMap"],
    options?: OpOptions,
  ): readonly Value[];
  /** Attention whose scores and probabilities nested graphs may change (Dong et al. 2024): `ai.onnx.preview.FlexAttention`. */
  previewFlexAttention(
    inputs: readonly Value[],
    attributes?: AttributesOf["ai.onnx.preview.FlexAttention"],
    options?: OpOptions,
  ): Value;
  /** The triangular matrix L with L·Lᵀ = A: `lapis.Cholesky`. */
  cholesky(x: Value, attributes?: AttributesOf["lapis.Cholesky"]): Value;
  /** The inverse matrix: `lapis.Inverse`. */
  inverse(x: Value): Value;
  /** Sign and logarithm of the determinant's size: `lapis.LogDet`. */
  logDet(x: Value): readonly [Value, Value];
  /** X of A·X = B: `lapis.Solve`. */
  solve(first: Value, second: Value): Value;
  /** X of A·X = B, where A is a triangle: `lapis.TriangularSolve`. */
  triangularSolve(first: Value, second: Value, attributes?: AttributesOf["lapis.TriangularSolve"]): Value;
  /** Q with orthogonal columns and the upper triangle R with Q·R = A (Householder): `lapis.QR`. */
  qr(x: Value, attributes?: AttributesOf["lapis.QR"]): readonly [Value, Value];
  /** U, the singular values in falling order, and Vᵀ with U·diag(s)·Vᵀ = A (one-sided Jacobi): `lapis.SVD`. */
  svd(x: Value, attributes?: AttributesOf["lapis.SVD"]): readonly [Value, Value, Value];
  /** Eigenvalues in rising order and eigenvectors, in columns, of symmetric matrices (Jacobi): `lapis.Eigh`. */
  eigh(x: Value): readonly [Value, Value];
  /** The discrete Fourier transform along an axis of `[..., 1]` (real) or `[..., 2]` (complex): `DFT`. */
  dft(first: Value, second?: Value, third?: Value, attributes?: AttributesOf["DFT"]): Value;
  /** The discrete Fourier transform along an axis of `[..., 1]` (real) or `[..., 2]` (complex): `DFT`. */
  dft(first: Value, second: Value | undefined, attributes: AttributesOf["DFT"]): Value;
  /** The discrete Fourier transform along an axis of `[..., 1]` (real) or `[..., 2]` (complex): `DFT`. */
  dft(first: Value, attributes: AttributesOf["DFT"]): Value;
  /** Spectra `[batch, frames, bins, 2]` of frames of a signal `[batch, time, 1 or 2]`, each times a window: `STFT`. */
  stft(first: Value, second: Value, third?: Value, fourth?: Value, attributes?: AttributesOf["STFT"]): Value;
  /** Spectra `[batch, frames, bins, 2]` of frames of a signal `[batch, time, 1 or 2]`, each times a window: `STFT`. */
  stft(first: Value, second: Value, third: Value | undefined, attributes: AttributesOf["STFT"]): Value;
  /** Spectra `[batch, frames, bins, 2]` of frames of a signal `[batch, time, 1 or 2]`, each times a window: `STFT`. */
  stft(first: Value, second: Value, attributes: AttributesOf["STFT"]): Value;
  /** The window 0.5 + -0.5·cos(2πn/N): `HannWindow`. */
  hannWindow(x: Value, attributes?: AttributesOf["HannWindow"]): Value;
  /** The window 0.5434782608695652 + -0.45652173913043476·cos(2πn/N): `HammingWindow`. */
  hammingWindow(x: Value, attributes?: AttributesOf["HammingWindow"]): Value;
  /** The window 0.42 + -0.5·cos(2πn/N) + 0.08·cos(4πn/N): `BlackmanWindow`. */
  blackmanWindow(x: Value, attributes?: AttributesOf["BlackmanWindow"]): Value;
  /** Triangular filters `[bins of a spectrum, mel bins]` that turn a spectrum into a mel spectrum: `MelWeightMatrix`. */
  melWeightMatrix(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value,
    fifth: Value,
    attributes?: AttributesOf["MelWeightMatrix"],
  ): Value;
  /** Zeros with the maxima that MaxPool found where they stood: `MaxUnpool`. */
  maxUnpool(
    first: Value,
    second: Value,
    third: Value | undefined,
    attributes: AttributesOf["MaxUnpool"],
  ): Value;
  /** Zeros with the maxima that MaxPool found where they stood: `MaxUnpool`. */
  maxUnpool(first: Value, second: Value, attributes: AttributesOf["MaxUnpool"]): Value;
  /** Images out of their windows `[batch, channels·block, windows]`; what overlaps is added: `Col2Im`. */
  col2Im(first: Value, second: Value, third: Value, attributes?: AttributesOf["Col2Im"]): Value;
  /** Axes cut, or filled up with zeros, about their middle: `CenterCropPad`. */
  centerCropPad(first: Value, second: Value, attributes?: AttributesOf["CenterCropPad"]): Value;
  /** The determinant of each square matrix: `Det`. */
  det(x: Value): Value;
  /** Convolution of which each tap is moved by an offset and weighted by a mask (Dai et al. 2017, Zhu et al. 2019): `DeformConv`. */
  deformConv(
    first: Value,
    second: Value,
    third: Value,
    fourth?: Value,
    fifth?: Value,
    attributes?: AttributesOf["DeformConv"],
  ): Value;
  /** Convolution of which each tap is moved by an offset and weighted by a mask (Dai et al. 2017, Zhu et al. 2019): `DeformConv`. */
  deformConv(
    first: Value,
    second: Value,
    third: Value,
    fourth: Value | undefined,
    attributes: AttributesOf["DeformConv"],
  ): Value;
  /** Convolution of which each tap is moved by an offset and weighted by a mask (Dai et al. 2017, Zhu et al. 2019): `DeformConv`. */
  deformConv(first: Value, second: Value, third: Value, attributes: AttributesOf["DeformConv"]): Value;
  /** Indices `[selected, 3]` (batch, class, box) of the best boxes that don't overlap a better one too much: `NonMaxSuppression`. */
  nonMaxSuppression(
    first: Value,
    second: Value,
    third?: Value,
    fourth?: Value,
    fifth?: Value,
    attributes?: AttributesOf["NonMaxSuppression"],
  ): Value;
  /** Indices `[selected, 3]` (batch, class, box) of the best boxes that don't overlap a better one too much: `NonMaxSuppression`. */
  nonMaxSuppression(
    first: Value,
    second: Value,
    third: Value | undefined,
    fourth: Value | undefined,
    attributes: AttributesOf["NonMaxSuppression"],
  ): Value;
  /** Indices `[selected, 3]` (batch, class, box) of the best boxes that don't overlap a better one too much: `NonMaxSuppression`. */
  nonMaxSuppression(
    first: Value,
    second: Value,
    third: Value | undefined,
    attributes: AttributesOf["NonMaxSuppression"],
  ): Value;
  /** Indices `[selected, 3]` (batch, class, box) of the best boxes that don't overlap a better one too much: `NonMaxSuppression`. */
  nonMaxSuppression(first: Value, second: Value, attributes: AttributesOf["NonMaxSuppression"]): Value;
  /** Regions `[regions, 4]` of images, sampled bilinearly and pooled to one size (He et al. 2017): `RoiAlign`. */
  roiAlign(first: Value, second: Value, third: Value, attributes?: AttributesOf["RoiAlign"]): Value;
  /** The maximum of each cell of regions `[regions, 5]` (image, left, top, right, bottom) of images: `MaxRoiPool`. */
  maxRoiPool(first: Value, second: Value, attributes: AttributesOf["MaxRoiPool"]): Value;
  /** The pixels `[height, width, channels]` of a BMP, GIF, JPEG, PNG, PNM or TIFF file; none where it is damaged: `ImageDecoder`. */
  imageDecoder(x: Value, attributes?: AttributesOf["ImageDecoder"]): Value;
  /** Buckets of several tensors together, as TensorFlow's cross_hashed: `lapis.CrossHash`. */
  crossHash(inputs: readonly Value[], attributes: AttributesOf["lapis.CrossHash"]): Value;
  /** The strings of X, each with its string of Y behind it; broadcast: `StringConcat`. */
  stringConcat(first: Value, second: Value): Value;
  /** The parts of each string, filled up with empty ones, and how many there are: `StringSplit`. */
  stringSplit(x: Value, attributes?: AttributesOf["StringSplit"]): readonly [Value, Value];
  /** The words of `[words]` or `[1, words]` without stop words, in one case: `StringNormalizer`. */
  stringNormalizer(x: Value, attributes?: AttributesOf["StringNormalizer"]): Value;
  /** Whether the whole of each string matches a regular expression of RE2: `RegexFullMatch`. */
  regexFullMatch(x: Value, attributes?: AttributesOf["RegexFullMatch"]): Value;
  /** How often each n-gram of a pool stands in `[words]` or in the rows of `[batch, words]`, weighted: `TfIdfVectorizer`. */
  tfIdfVectorizer(x: Value, attributes: AttributesOf["TfIdfVectorizer"]): Value;
  /** Draws `[batch, samples]` of categories with log-probabilities `[batch, categories]`, not normalized: `Multinomial`. */
  multinomial(x: Value, attributes?: AttributesOf["Multinomial"]): Value;
  /** One step of Adagrad (Duchi et al. 2011): `ai.onnx.preview.training.Adagrad`. */
  trainingAdagrad(
    inputs: readonly Value[],
    attributes?: AttributesOf["ai.onnx.preview.training.Adagrad"],
    options?: OpOptions,
  ): readonly Value[];
  /** One step of gradient descent with momentum (Polyak 1964, Nesterov 1983): `ai.onnx.preview.training.Momentum`. */
  trainingMomentum(
    inputs: readonly Value[],
    attributes: AttributesOf["ai.onnx.preview.training.Momentum"],
    options?: OpOptions,
  ): readonly Value[];
  /** One step of Adam (Kingma and Ba 2015): `ai.onnx.preview.training.Adam`. */
  trainingAdam(
    inputs: readonly Value[],
    attributes?: AttributesOf["ai.onnx.preview.training.Adam"],
    options?: OpOptions,
  ): readonly Value[];
  /** Elements of the last axis by index: `ai.onnx.ml.ArrayFeatureExtractor`. */
  mlArrayFeatureExtractor(first: Value, second: Value): Value;
  /** 1 above a threshold, else 0: `ai.onnx.ml.Binarizer`. */
  mlBinarizer(x: Value, attributes?: AttributesOf["ai.onnx.ml.Binarizer"]): Value;
  /** (x − offset)·scale, by one number each or one a feature: `ai.onnx.ml.Scaler`. */
  mlScaler(x: Value, attributes?: AttributesOf["ai.onnx.ml.Scaler"]): Value;
  /** One value, such as NaN, replaced by another, by one number or one a feature: `ai.onnx.ml.Imputer`. */
  mlImputer(x: Value, attributes?: AttributesOf["ai.onnx.ml.Imputer"]): Value;
  /** Rows over their norm; rows of zeros stay: `ai.onnx.ml.Normalizer`. */
  mlNormalizer(x: Value, attributes?: AttributesOf["ai.onnx.ml.Normalizer"]): Value;
  /** Rows of several inputs behind one another, each cut or filled up with zeros to a given width: `ai.onnx.ml.FeatureVectorizer`. */
  mlFeatureVectorizer(
    inputs: readonly Value[],
    attributes?: AttributesOf["ai.onnx.ml.FeatureVectorizer"],
  ): Value;
  /** Each element as the value that stands for it: `ai.onnx.ml.LabelEncoder`. */
  mlLabelEncoder(x: Value, attributes?: AttributesOf["ai.onnx.ml.LabelEncoder"]): Value;
  /** Words as numbers, or numbers as words: `ai.onnx.ml.CategoryMapper`. */
  mlCategoryMapper(x: Value, attributes?: AttributesOf["ai.onnx.ml.CategoryMapper"]): Value;
  /** Each element as zeros with a one in its category's place: `ai.onnx.ml.OneHotEncoder`. */
  mlOneHotEncoder(x: Value, attributes?: AttributesOf["ai.onnx.ml.OneHotEncoder"]): Value;
  /** A map for each row: the columns' names to the row's numbers: `ai.onnx.ml.ZipMap`. */
  mlZipMap(x: Value, attributes?: AttributesOf["ai.onnx.ml.ZipMap"]): Value;
  /** A map's values in the order of a vocabulary, zero where a word isn't in it: `ai.onnx.ml.DictVectorizer`. */
  mlDictVectorizer(x: Value, attributes?: AttributesOf["ai.onnx.ml.DictVectorizer"]): Value;
  /** A map's values in the order of its keys, or each in its key's place: `ai.onnx.ml.CastMap`. */
  mlCastMap(x: Value, attributes?: AttributesOf["ai.onnx.ml.CastMap"]): Value;
  /** The best class of each row by linear scores, and the scores: `ai.onnx.ml.LinearClassifier`. */
  mlLinearClassifier(
    x: Value,
    attributes?: AttributesOf["ai.onnx.ml.LinearClassifier"],
  ): readonly [Value, Value];
  /** Linear functions of each row: `ai.onnx.ml.LinearRegressor`. */
  mlLinearRegressor(x: Value, attributes?: AttributesOf["ai.onnx.ml.LinearRegressor"]): Value;
  /** A support vector machine's number for each row; its sign where the machine knows one class: `ai.onnx.ml.SVMRegressor`. */
  mlSVMRegressor(x: Value, attributes?: AttributesOf["ai.onnx.ml.SVMRegressor"]): Value;
  /** The class that wins most decisions between two, and the decisions or odds: `ai.onnx.ml.SVMClassifier`. */
  mlSVMClassifier(x: Value, attributes?: AttributesOf["ai.onnx.ml.SVMClassifier"]): readonly [Value, Value];
  /** The class that most votes of the trees' leaves are for, and the votes: `ai.onnx.ml.TreeEnsembleClassifier`. */
  mlTreeEnsembleClassifier(
    x: Value,
    attributes?: AttributesOf["ai.onnx.ml.TreeEnsembleClassifier"],
  ): readonly [Value, Value];
  /** What the trees' leaves add up to for each target: `ai.onnx.ml.TreeEnsembleRegressor`. */
  mlTreeEnsembleRegressor(x: Value, attributes?: AttributesOf["ai.onnx.ml.TreeEnsembleRegressor"]): Value;
  /** What the trees' leaves add up to for each target: `ai.onnx.ml.TreeEnsemble`. */
  mlTreeEnsemble(x: Value, attributes: AttributesOf["ai.onnx.ml.TreeEnsemble"]): Value;
  /** Tokens of texts [n]: [n, tokens], filled up with empty strings: `lapis.Tokens`. */
  tokens(x: Value, attributes?: AttributesOf["lapis.Tokens"]): Value;
  /** Places in a vocabulary [size], or -1: `lapis.IndexOf`. */
  indexOf(first: Value, second: Value, attributes?: AttributesOf["lapis.IndexOf"]): Value;
  /** Buckets of strings or whole numbers by FarmHash, or SipHash with a salt: `lapis.HashBucket`. */
  hashBucket(x: Value, attributes: AttributesOf["lapis.HashBucket"]): Value;
}
