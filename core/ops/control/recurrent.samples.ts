/** Samples of the recurrent operators. @module */
import type { Attributes } from "../../graph/graph.ts";
import { type OpSample, uniform } from "../sample.ts";
import { tensor } from "../../values/tensor.ts";

const gatesOf = { RNN: 1, GRU: 3, LSTM: 4 };
const [time, batch, features, units] = [4, 2, 3, 2];

/** What a sample has beside X, W and R. */
interface More {
  readonly bias?: boolean;
  readonly lengths?: readonly number[];
  readonly initial?: boolean;
  readonly peepholes?: boolean;
}
function sample(op: keyof typeof gatesOf, note: string, attributes: Attributes, more: More = {}): OpSample {
  const dirs = attributes["direction"] === "bidirectional" ? 2 : 1, gates = gatesOf[op] * units;
  const [first, second] = attributes["layout"] === 1 ? [batch, time] : [time, batch];
  const state = attributes["layout"] === 1 ? [batch, dirs, units] : [dirs, batch, units];
  const inputs = [
    uniform([first, second, features]),
    uniform([dirs, gates, features], -1, 1, 2),
    uniform([dirs, gates, units], -1, 1, 3),
    more.bias ? uniform([dirs, 2 * gates], -1, 1, 4) : undefined,
    more.lengths ? tensor([...more.lengths], [batch], "int32") : undefined,
    more.initial ? uniform(state, -1, 1, 5) : undefined,
    ...(op === "LSTM" ? [more.initial ? uniform(state, -1, 1, 6) : undefined] : []),
    ...(op === "LSTM" && more.peepholes ? [uniform([dirs, 3 * units], -1, 1, 7)] : []),
  ];
  return { op, attributes: { hidden_size: units, ...attributes }, inputs, note };
}

/** Samples of RNN, GRU and LSTM. */
export const recurrentSamples: readonly OpSample[] = [
  ...(["RNN", "GRU", "LSTM"] as const).flatMap((op) => [
    sample(op, "forward", {}),
    sample(op, "reverse, initial state", { direction: "reverse" }, { bias: true, initial: true }),
    sample(op, "both ways, lengths", { direction: "bidirectional" }, {
      bias: true,
      lengths: [2, 4],
      initial: true,
    }),
    sample(op, "batch first, clipped", { layout: 1, clip: 0.5 }, { bias: true, lengths: [3, 1] }),
  ]),
  sample("GRU", "reset after", { linear_before_reset: 1, direction: "bidirectional" }, {
    bias: true,
    initial: true,
  }),
  sample("LSTM", "peepholes", {}, { bias: true, peepholes: true, initial: true }),
  sample("LSTM", "coupled gates", { input_forget: 1, activations: ["HardSigmoid", "Softsign", "Affine"] }, {
    bias: true,
  }),
  sample("RNN", "alphas", {
    direction: "bidirectional",
    activations: ["LeakyRelu", "ScaledTanh"],
    activation_alpha: [0.2, 0.5],
    activation_beta: [0.7],
  }, { bias: true }),
];
