/** RNN, GRU and LSTM. @module */
import type { AttributeValue } from "../../../core/graph/graph.ts";
import type { Draft, Size } from "../draft.ts";
import { type Maker, type Makers, open } from "./kit.ts";

function recurrent(op: "RNN" | "GRU" | "LSTM", gates: number): Maker {
  return (d: Draft) => {
    const side = (): Size => (d.dice.chance(0.3) ? d.dice.pick(open) : d.dice.between(1, 4));
    const there = d.dice.chance(0.6)
      ? d.find((t) =>
        t.dtype === "float32" && t.rank === 3 && typeof d.sizes(t)[2] === "number" &&
        d.sizes(t).every((s) => s !== undefined && s !== 0)
      )
      : undefined;
    const x = there ?? d.source([side(), side(), d.dice.between(1, 5)], "float32");
    const [, batch, size] = d.sizes(x), units = d.dice.between(1, 6);
    const direction = d.dice.pick(["forward", "forward", "reverse", "bidirectional"]),
      dirs = direction === "bidirectional" ? 2 : 1;
    if (batch === undefined || size === undefined) return undefined;
    const w = d.source([dirs, gates * units, size], "float32", "small"),
      r = d.source([dirs, gates * units, units], "float32", "small");
    const inputs: (string | undefined)[] = [x.name, w.name, r.name];
    inputs.push(
      d.dice.chance(0.6) ? d.source([dirs, 2 * gates * units], "float32", "small").name : undefined,
    );
    const fixedBatch = typeof batch === "number", steps = Math.min(...x.samples.map((s) => s.shape[0] ?? 1));
    inputs.push(
      fixedBatch && d.dice.chance(0.3) && steps > 0
        ? d.ints(Array.from({ length: batch }, () => d.dice.between(1, steps)), "int32")
        : undefined,
    );
    const state = () => (d.dice.chance(0.5) ? d.source([dirs, batch, units], "float32").name : undefined);
    inputs.push(state());
    if (op === "LSTM") {
      inputs.push(state());
      inputs.push(d.dice.chance(0.25) ? d.source([dirs, 3 * units], "float32", "small").name : undefined);
    }
    while (inputs.at(-1) === undefined) inputs.pop();
    const attributes: Record<string, AttributeValue> = { hidden_size: units };
    if (direction !== "forward" || d.dice.chance(0.3)) attributes["direction"] = direction;
    if (op === "GRU" && d.dice.chance(0.5)) attributes["linear_before_reset"] = 1;
    if (op === "LSTM" && d.dice.chance(0.1)) attributes["input_forget"] = 1;
    // onnxruntime clips no LSTM's cell before its activation, as ONNX says it.
    if (op !== "LSTM" && d.dice.chance(0.15)) attributes["clip"] = 0.5;
    if (d.dice.chance(0.25)) {
      const one = () => d.dice.pick(["Tanh", "Relu", "Sigmoid", "Softsign", "HardSigmoid", "Elu"]);
      const per = op === "RNN" ? [one] : op === "GRU" ? [() => "Sigmoid", one] : [() => "Sigmoid", one, one];
      attributes["activations"] = Array.from({ length: dirs }, () => per.map((f) => f())).flat();
    }
    return { op, inputs, attributes, outputs: op === "LSTM" ? d.dice.between(1, 3) : d.dice.between(1, 2) };
  };
}
/** Their makers. */
export const recurrents: Makers = {
  RNN: recurrent("RNN", 1),
  GRU: recurrent("GRU", 3),
  LSTM: recurrent("LSTM", 4),
};
