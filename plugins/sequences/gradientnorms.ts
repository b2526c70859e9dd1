/** How far back a loss reaches: its gradient at every step's hidden state. @module */
import * as args from "../../io/files/arguments.ts";
import { InputError, shown } from "../../core/values/errors.ts";
import { createLayer } from "../../core/network/factory.ts";
import { byName, feed, type ModelData } from "../../core/model/feed.ts";
import { apply, applyAll, input } from "../../core/network/functional.ts";
import type { LayerDef } from "../../core/network/layer.ts";
import { inputAt } from "../../core/ops/words.ts";
import type { Model } from "../../core/model/model.ts";
import { nameOf } from "../../core/network/names.ts";
import type { LayerCall, SymbolicTensor } from "../../core/network/network.ts";
import { bool, checkOptions, int, type OptionNames } from "../../core/values/schema.ts";
import { isTensor, type Tensor, toNumbers, zeros } from "../../core/values/tensor.ts";
import type { GradientOptions } from "../../core/training/types.ts";
import { flatCalls, Replay, type Replayed } from "../../core/model/replay.ts";
import { isRecurrent } from "./split.ts";

interface AtConfig {
  readonly at: number;
  readonly keep: boolean;
}
/** One step of a sequence `[batch, time, …]`, with its mask; without the axis of time unless it is kept. */
const stepAtDef: LayerDef<AtConfig, never> = {
  kind: "layer",
  name: "StepAt",
  summary: "one step of a sequence",
  mask: "make",
  config: { at: int({ doc: "the step", min: 0 }), keep: bool({ doc: "keeps the axis of time" }) },
  params: () => ({}),
  build({ b, config: { at, keep }, inputs }) {
    const x = inputAt(inputs, 0), { mask } = x, axis = b.ints([1]);
    const step = b.slice(b.masked(x, undefined), b.ints([at]), b.ints([at + 1]), axis);
    if (!keep) return [b.squeeze(step, axis)];
    return [b.masked(step, mask && b.slice(mask, b.ints([at]), b.ints([at + 1]), axis))];
  },
};
/** Two values added. */
const moveDef: LayerDef<Record<never, never>, never> = {
  kind: "layer",
  name: "Move",
  summary: "two values added",
  mask: "consume",
  config: {},
  params: () => ({}),
  build: ({ b, inputs }) => [b.add(inputAt(inputs, 0), inputAt(inputs, 1))],
};
/** States `[batch, units]` one after another, `[batch, time, units]`, under the last input's mask. */
const stackDef: LayerDef<Record<never, never>, never> = {
  kind: "layer",
  name: "Stack",
  summary: "states one after another",
  mask: "make",
  config: {},
  params: () => ({}),
  build({ b, inputs }) {
    const last = inputAt(inputs, inputs.length - 1), axis = b.ints([1]);
    const steps = inputs.slice(0, -1).map((h) => b.unsqueeze(h, axis));
    return [b.masked(b.concat(steps, { axis: 1 }), last.mask)];
  },
};

interface StepsConfig {
  readonly units: number;
  readonly goBackwards: boolean;
  readonly returnSequences: boolean;
}
/** The input through which hidden states are moved. */
const moved = "hidden_state_change";

/** A recurrent layer step by step, each hidden state moved by a slice of `change`. */
function unrolled(
  replay: Replay,
  { call, inputs, options }: Replayed,
  change: SymbolicTensor,
): SymbolicTensor[] {
  const config = call.layer.config as StepsConfig, [x, ...further] = inputs, time = x?.type.shape?.[1];
  if (!x || typeof time !== "number") throw new InputError("expected a sequence of known length");
  const one = replay.layer(call.layer, {
    returnState: true,
    returnSequences: false,
    goBackwards: false,
    stateful: false,
  });
  const { initialState, ...rest } = options;
  let states: readonly SymbolicTensor[] = initialState ?? further;
  const hidden: SymbolicTensor[] = [];
  for (let i = 0; i < time; i++) {
    const at = config.goBackwards ? time - 1 - i : i;
    const step = apply(createLayer(stepAtDef, { at, keep: true, name: `step_${at}` }), x);
    const own = states.length > 0 ? { ...rest, initialState: states } : rest;
    const [, h, ...more] = applyAll(one, step, own);
    if (!h) throw new InputError("expected a state");
    const by = apply(createLayer(stepAtDef, { at, keep: false, name: `change_${at}` }), change);
    const next = apply(createLayer(moveDef, { name: `moved_${at}` }), [h, by]);
    hidden.push(next);
    states = [next, ...more];
  }
  const y = config.returnSequences
    ? apply(createLayer(stackDef, { name: "stack" }), [...hidden, x])
    : hidden.at(-1);
  return y ? [y, ...states] : [];
}

/** Options of {@link gradientNorms}. */
export interface GradientNormOptions extends Pick<GradientOptions, "loss" | "lossWeights" | "sampleWeight"> {
  /** Name of the recurrent layer; the model's first unless given. */
  readonly layer?: string;
}
const normNames: OptionNames<GradientNormOptions> = { layer: 0, loss: 0, lossWeights: 0, sampleWeight: 0 };
/** What {@link gradientNorms} finds. */
export interface GradientNorms {
  /** The layer's name. */
  readonly layer: string;
  /** Euclidean norm of ∂loss/∂h over batch and units, by step of the input. */
  readonly norms: Float64Array;
  /** ∂loss/∂h: float32 `[batch, time, units]`. */
  readonly gradients: Tensor;
  /** The loss. */
  readonly loss: number;
}

const kinds = ["SimpleRNN", "LSTM", "GRU"];
function recurrentCall(calls: readonly LayerCall[], name: string | undefined): LayerCall {
  const all = calls.filter(({ layer }) => isRecurrent(layer) && kinds.includes(layer.def.name));
  const found = name === undefined ? all[0] : all.find(({ layer }) => nameOf(layer) === name);
  if (found) return found;
  const there = all.map(({ layer }) => nameOf(layer)).join(", ") || "none";
  throw new InputError(
    `no ${kinds.join(", ")} layer${name === undefined ? "" : ` ${shown(name)}`}; there is ${there}`,
  );
}

/**
 * The gradient of the loss with respect to the hidden state of every step, by all ways from there on (for an LSTM with
 * its cell state held): where norms fall towards the first steps the gradient vanishes, where they grow it explodes.
 *
 * ```ts
 * import { input, sequential } from "@lapis/lapis";
 * import { dense, lstm } from "@lapis/lapis/layers";
 * import { gradientNorms } from "@lapis/lapis/sequences";
 * const model = sequential([input({ shape: [50, 1] }), lstm({ units: 8 }), dense({ units: 1 })]);
 * const x = [Array.from({ length: 50 }, (_, t) => [Math.sin(t)])];
 * const { norms } = await gradientNorms(model, x, [[1]], { loss: "meanSquaredError" }); // 50 norms
 * ```
 * @throws {InputError} for a model without such a layer, or data that doesn't fit.
 */
export async function gradientNorms(
  model: Model,
  x: ModelData,
  y: ModelData,
  options: GradientNormOptions = {},
): Promise<GradientNorms> {
  args.check("gradientNorms", "model", model, args.modelKind);
  checkOptions("gradientNorms", options, normNames);
  const { layer: name, loss = model.savedTraining()?.config["loss"], ...rest } = options, { network } = model;
  if (loss === undefined) throw new InputError("gradientNorms: the model isn't compiled: say the loss");
  const calls = flatCalls(network), call = recurrentCall(calls, name);
  const named = byName(x, model.inputs), replay = new Replay(model), fed: Record<string, Tensor> = {};
  const inputs = network.inputs.map((t, i) => {
    const port = model.inputs[i], value = port && feed(port, named[port.name] as Tensor, true);
    if (!port || !isTensor(value)) throw new InputError("expected tensors");
    fed[port.name] = value;
    const made = input({
      shape: value.shape.slice(1),
      dtype: t.type.dtype,
      name: port.name,
      registry: model.registry,
    });
    replay.tensors.set(t, made);
    return made;
  });
  const rows = Object.values(fed)[0]?.shape[0] ?? 0, before = calls.slice(0, calls.indexOf(call));
  replay.run(before);
  const time = replay.of(call.inputs[0] ?? network.inputs[0] as SymbolicTensor).type.shape?.[1];
  const { units } = call.layer.config as StepsConfig;
  if (typeof time !== "number") {
    throw new InputError("gradientNorms: the layer's sequence has no known length");
  }
  const change = input({ shape: [time, units], name: moved, registry: model.registry });
  replay.run(calls, (now) => now.call === call ? unrolled(replay, now, change) : undefined);
  using steps = replay.model({
    inputs: [...inputs, change],
    outputs: network.outputs.map((t) => replay.of(t)),
    outputNames: network.outputNames,
  }, model.backend === undefined ? {} : { backend: model.backend });
  const found = await steps.gradients({ ...fed, [moved]: zeros([rows, time, units]) }, y, {
    ...rest,
    loss: loss as NonNullable<GradientOptions["loss"]>,
  });
  const gradients = found.inputs.get(moved);
  if (!gradients) throw new InputError("gradientNorms: the loss doesn't depend on the layer");
  const squares = new Float64Array(time), all = toNumbers(gradients);
  for (let i = 0; i < all.length; i++) {
    const at = Math.floor(i / units) % time;
    squares[at] = (squares[at] ?? 0) + Number(all[i]) ** 2;
  }
  return { layer: nameOf(call.layer), norms: squares.map(Math.sqrt), gradients, loss: found.loss };
}
