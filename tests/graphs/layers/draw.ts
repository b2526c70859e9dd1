/** Random models of layers: several inputs and outputs, masks, shared and nested layers. @module */
import * as lapis from "../../../mod.ts";
import { LapisError, type Layer, type Model, type SymbolicTensor, type Tensor } from "../../../mod.ts";
import { Dice } from "../dice.ts";

/** A model with data for it. */
export interface DrawnModel {
  readonly model: Model;
  readonly inputs: readonly Tensor[];
  /** The layers, for people. */
  readonly about: string;
}
type Kind = "vector" | "sequence" | "image";
const activations = [
  "relu",
  "tanh",
  "sigmoid",
  "softplus",
  "softsign",
  "elu",
  "selu",
  "gelu",
  "silu",
  "mish",
  "hardSigmoid",
];

/** Draws layers by the rank of what they take. */
class Maker {
  readonly dice: Dice;
  readonly used: string[] = [];
  constructor(dice: Dice) {
    this.dice = dice;
  }
  units(): number {
    return this.dice.between(1, 5);
  }
  keep(): Layer {
    const d = this.dice;
    return d.pick<() => Layer>([
      () => lapis.layers.activation({ activation: d.pick(activations) }),
      () => lapis.layers.batchNormalization({ scale: d.chance(0.7), center: d.chance(0.7) }),
      () => lapis.layers.layerNormalization({ epsilon: 0.01 }),
      () => lapis.layers.leakyRelu({ negativeSlope: 0.2 }),
      () => lapis.layers.prelu(),
      () => lapis.layers.elu(),
      () => lapis.layers.dropout({ rate: 0.3 }),
      () => lapis.layers.unitNormalization(),
      () => lapis.layers.rmsNormalization(),
      () => lapis.layers.softmax(),
      () => lapis.layers.gaussianNoise({ stddev: 0.2 }),
      () => lapis.layers.activityRegularization({ l1: 0.01 }),
    ])();
  }
  recurrent(sequences: boolean): Layer {
    const d = this.dice;
    const common = {
      units: this.units(),
      returnSequences: sequences,
      ...(d.chance(0.3) && { goBackwards: true }),
      ...(d.chance(0.2) && { useBias: false }),
      ...(d.chance(0.2) && { activation: d.pick(["relu", "softsign"]) }),
    };
    const one = d.pick<() => Layer>([
      () => lapis.layers.lstm(common),
      () => lapis.layers.gru({ ...common, resetAfter: d.chance(0.5) }),
      () => lapis.layers.simpleRnn(common),
      () => lapis.layers.lstm({ ...common, recurrentActivation: "hardSigmoidKeras2" }),
    ])();
    if (d.chance(0.7)) return one;
    const mode = d.pick(["concat", "sum", "ave", "mul"] as const);
    return lapis.layers.bidirectional(lapis.layers.gru({ ...common, goBackwards: false }), {
      mergeMode: mode,
    });
  }
  next(kind: Kind, masked: boolean): Layer {
    const d = this.dice, padding = d.pick(["same", "valid"] as const), size = d.between(1, 3);
    if (d.chance(0.3)) return this.keep();
    if (kind === "vector") {
      return lapis.layers.dense({
        units: this.units(),
        activation: d.pick(activations),
        useBias: d.chance(0.8),
      });
    }
    if (kind === "sequence") {
      const anyway = [
        () => this.recurrent(true),
        () => lapis.layers.dense({ units: this.units(), activation: d.pick(activations) }),
        () => lapis.layers.timeDistributed(lapis.layers.dense({ units: this.units() })),
      ];
      const unmasked = [
        () =>
          lapis.layers.conv1d({
            filters: this.units(),
            kernelSize: size,
            padding: d.pick(["same", "valid", "causal"]),
            ...(d.chance(0.3) && { dilationRate: 2 }),
          }),
        () => lapis.layers.separableConv1d({ filters: this.units(), kernelSize: size, padding }),
        () => lapis.layers.conv1dTranspose({ filters: this.units(), kernelSize: size, padding }),
        () => lapis.layers.maxPooling1d({ poolSize: 2, padding }),
        () => lapis.layers.averagePooling1d({ poolSize: 2, padding }),
        () => lapis.layers.zeroPadding1d({ padding: [1, 2] }),
        () => lapis.layers.cropping1d({ cropping: [1, 0] }),
        () => lapis.layers.upSampling1d({ size: 2 }),
        () => lapis.layers.permute({ dims: [2, 1] }),
      ];
      return d.pick<() => Layer>(masked ? anyway : [...anyway, ...unmasked])();
    }
    const both = { kernelSize: d.pick<number | [number, number]>([size, [2, 1], [1, 3]]), padding };
    return d.pick<() => Layer>([
      () => lapis.layers.conv2d({ filters: this.units(), ...both, activation: d.pick(activations) }),
      () => lapis.layers.conv2d({ filters: this.units(), ...both, strides: 2 }),
      () => lapis.layers.conv2d({ filters: this.units(), ...both, dilationRate: 2 }),
      () => lapis.layers.depthwiseConv2d({ ...both, depthMultiplier: d.between(1, 2) }),
      () => lapis.layers.separableConv2d({ filters: this.units(), ...both }),
      () => lapis.layers.conv2dTranspose({ filters: this.units(), ...both, strides: d.between(1, 2) }),
      () => lapis.layers.maxPooling2d({ poolSize: 2, padding }),
      () => lapis.layers.averagePooling2d({ poolSize: 2, padding }),
      () => lapis.layers.zeroPadding2d({ padding: [[1, 0], [0, 2]] }),
      () => lapis.layers.cropping2d({ cropping: [[1, 0], [0, 1]] }),
      () => lapis.layers.upSampling2d({ size: [2, 1], interpolation: d.pick(["nearest", "bilinear"]) }),
    ])();
  }
  /** A layer's result; another layer where its sizes don't fit. */
  put(x: SymbolicTensor, make: () => Layer): SymbolicTensor {
    for (let tries = 0; tries < 6; tries++) {
      try {
        const layer = make(), y = lapis.apply(layer, x);
        this.used.push(layer.def.name);
        return y;
      } catch (error) {
        if (!(error instanceof LapisError)) throw error;
      }
    }
    return x;
  }
  /** A shared layer, or one beside what it takes, joined again. */
  branch(x: SymbolicTensor, make: () => Layer): SymbolicTensor {
    const d = this.dice;
    try {
      const layer = make(), a = lapis.apply(layer, x);
      const b = d.chance(0.5)
        ? lapis.apply(layer, lapis.apply(lapis.layers.activation({ activation: "tanh" }), x))
        : x;
      const merges = [
        lapis.layers.concatenate,
        lapis.layers.add,
        lapis.layers.multiply,
        lapis.layers.maximum,
        lapis.layers.average,
        lapis.layers.subtract,
      ];
      this.used.push(`branch(${layer.def.name})`);
      return lapis.apply(
        lapis.graph.typeText(a.type) === lapis.graph.typeText(b.type)
          ? d.pick(merges)()
          : lapis.layers.concatenate(),
        [a, b],
      );
    } catch (error) {
      if (!(error instanceof LapisError)) throw error;
      return x;
    }
  }
  toVector(x: SymbolicTensor, kind: Kind, masked: boolean): SymbolicTensor {
    const d = this.dice;
    if (kind === "vector") return x;
    if (kind === "image") {
      return lapis.apply(
        d.pick([
          lapis.layers.globalAveragePooling2d,
          lapis.layers.globalMaxPooling2d,
          lapis.layers.flatten,
        ])(),
        x,
      );
    }
    if (masked || d.chance(0.5)) return lapis.apply(this.recurrent(false), x);
    return lapis.apply(
      d.pick([lapis.layers.globalAveragePooling1d, lapis.layers.globalMaxPooling1d, lapis.layers.flatten])(),
      x,
    );
  }
  trunk(rows: number): { readonly given: SymbolicTensor; readonly x: SymbolicTensor; readonly data: Tensor } {
    const d = this.dice, kind = d.pick(["vector", "sequence", "ids", "image"] as const);
    const side = () => d.between(3, 6);
    const shape = kind === "vector"
      ? [side()]
      : kind === "ids"
      ? [side()]
      : kind === "image"
      ? [side(), side(), d.between(1, 3)]
      : [side(), d.between(1, 4)];
    const given = lapis.input({ shape, ...(kind === "ids" && { dtype: "int32" as const }) });
    const data = kind === "ids"
      ? lapis.tensor(
        Array.from(
          { length: rows * (shape[0] ?? 1) },
          (_, i) => (i % (shape[0] ?? 1) === 0 ? 1 : d.below(8)),
        ),
        [rows, ...shape],
        "int32",
      )
      : d.tensor([rows, ...shape]);
    let masked = false, x = given;
    if (kind === "ids") {
      masked = d.chance(0.6);
      x = lapis.apply(
        lapis.layers.embedding({ inputDim: 8, outputDim: d.between(2, 4), maskZero: masked }),
        x,
      );
    } else if (kind === "sequence" && d.chance(0.3)) {
      masked = true;
      x = lapis.apply(lapis.layers.masking({ maskValue: 0 }), x);
    }
    const as: Kind = kind === "ids" ? "sequence" : kind;
    for (let i = d.between(1, 4); i > 0; i--) {
      x = d.chance(0.2)
        ? this.branch(
          x,
          () =>
            as === "image"
              ? lapis.layers.conv2d({ filters: this.units(), kernelSize: 3, padding: "same" })
              : lapis.layers.dense({ units: this.units() }),
        )
        : this.put(x, () => this.next(as, masked));
    }
    return { given, x: this.toVector(x, as, masked), data };
  }
}

/** The model of a seed. */
export function drawModel(seed: number): DrawnModel {
  const dice = new Dice(seed), maker = new Maker(dice), rows = dice.between(2, 5);
  const trunks = Array.from({ length: dice.chance(0.7) ? 1 : 2 }, () => maker.trunk(rows));
  const [first] = trunks;
  if (!first) throw new RangeError("no trunk");
  let x = trunks.length === 1 ? first.x : lapis.apply(lapis.layers.concatenate(), trunks.map((t) => t.x));
  if (dice.chance(0.3)) {
    const inner = lapis.input({
      shape: (x.type.shape ?? []).slice(1).map((n) => (typeof n === "number" ? n : null)),
    });
    const tower = lapis.model({
      inputs: inner,
      outputs: maker.put(
        lapis.apply(lapis.layers.dense({ units: 3, activation: "tanh" }), inner),
        () => maker.keep(),
      ),
    });
    x = lapis.apply(tower, x);
    maker.used.push("nested");
  }
  const heads = Array.from(
    { length: dice.chance(0.75) ? 1 : 2 },
    () =>
      lapis.apply(
        lapis.layers.dense({
          units: dice.between(2, 3),
          activation: dice.pick(["linear", "softmax", "sigmoid"]),
        }),
        x,
      ),
  );
  const model = lapis.model({ inputs: trunks.map((t) => t.given), outputs: heads });
  // Biases of zeros and statistics of ones hide what is mixed up.
  for (const [path, value] of model.weights) {
    if (value.dtype !== "float32") continue;
    model.setWeight(path, {
      ...value,
      data: Float32Array.from(value.data as Float32Array, (v) => v + 0.2 * dice.uniform()),
    });
  }
  return { model, inputs: trunks.map((t) => t.data), about: maker.used.join(" ") };
}
