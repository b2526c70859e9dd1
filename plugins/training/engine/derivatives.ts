/** A model's exact gradients: for every weight and every input of floats, at one batch. @module */
import { gradient, gradientName } from "../../../core/graph/differentiate.ts";
import { isDifferentiable } from "../../../core/graph/gradient.ts";
import { type Graph, typeOf } from "../../../core/graph/graph.ts";
import { eachWeight } from "../../../core/network/tree.ts";
import { isTensor, toNumbers } from "../../../core/values/tensor.ts";
import type { OutputLoss } from "./compiled.ts";
import type { Fed } from "./data.ts";
import { formKey } from "./form.ts";
import { lossGraph, lossName } from "./forward.ts";
import { withoutValues } from "./runner.ts";
import { randomKeys } from "./graphs.ts";
import type { Gradients, ModelParts } from "../../../core/training/types.ts";

/** Computes gradients; graphs are made once for each kind of loss. */
export class Derivatives {
  readonly #parts: ModelParts;
  readonly #graphs = new Map<string, Graph>();
  readonly #ids = new Map<object, number>();
  constructor(parts: ModelParts) {
    this.#parts = parts;
  }
  /** Keeps definitions of one name apart. */
  #idOf(def: object): number {
    const id = this.#ids.get(def) ?? this.#ids.size;
    this.#ids.set(def, id);
    return id;
  }
  /** Paths of all parameters, frozen ones too. */
  #parameters(): string[] {
    const { model, graph } = this.#parts;
    if (graph) {
      return graph.inputs.flatMap((i) =>
        i.role === "parameter" && isDifferentiable(typeOf(graph, i.id)) ? [i.name] : []
      );
    }
    return [...eachWeight(model.tree)].flatMap(([e]) => (e.role === "parameter" ? [e.path] : []));
  }
  /** The gradients at a batch. */
  async run(
    losses: readonly OutputLoss[],
    fed: Fed,
    training: boolean,
    seed: number,
    step: number,
  ): Promise<Gradients> {
    const parts = this.#parts, { model, registry, sessions } = parts;
    const inputs = model.inputs.filter((p) => isDifferentiable(p.type)).map((p) => p.name);
    const paths = this.#parameters();
    const parted = losses.map((l) => [l.output.name, this.#idOf(l.loss.def), l.loss.config, l.weight]);
    const key = `gradients:${JSON.stringify([parted, training, formKey(fed)])}`;
    const make = () => {
      const forward = lossGraph(parts, {
        training,
        compiled: { losses, metrics: [], keras: 3, meanOver: "kept" },
        form: fed,
        weights: model.weights,
      });
      const derived = gradient(forward, lossName, [...inputs, ...paths], registry);
      // Gradients change nothing: statistics and states stay.
      const graph: Graph = { ...derived, outputs: derived.outputs.filter((o) => o.updates === undefined) };
      this.#graphs.set(key, withoutValues(graph));
      return graph;
    };
    if (!this.#graphs.has(key)) await sessions.session(key, make);
    const keys = randomKeys(this.#graphs.get(key) ?? make(), seed, step);
    const results = await sessions.run(key, make, { ...fed.tensors, ...keys });
    const named = (names: readonly string[]) =>
      new Map(names.flatMap((name) => {
        const value = results[gradientName(name)];
        return isTensor(value) ? [[name, value] as const] : [];
      }));
    const loss = results[lossName];
    return {
      loss: isTensor(loss) ? Number(toNumbers(loss)[0]) : NaN,
      inputs: named(inputs),
      weights: named(paths),
    };
  }
}
