/** Masks that Keras 3 doesn't hand on by itself, written as the operation that makes them: `not_equal(ids, 0)`. @module */
import type { LayerCall, Network, SymbolicTensor } from "../../../core/network/network.ts";
import { nameOf } from "../../../core/network/names.ts";
import type { Json } from "../json.ts";
import { shapeList } from "./layers.ts";
import { serialized } from "./values.ts";

/** What a mask is made of: a tensor, and the value that it leaves out. */
interface MaskSource {
  readonly tensor: SymbolicTensor;
  readonly value: number;
}
/** Where the mask beside a tensor comes from, up through calls of one tensor; undefined where that isn't one comparison. */
function sourceOf(t: SymbolicTensor): MaskSource | undefined {
  for (let call: LayerCall | undefined = t.call; call; call = call.inputs[0]?.call) {
    const [tensor, ...others] = call.inputs, { def, config } = call.layer;
    if (!tensor || others.length > 0) return undefined;
    const value = def.keras?.maskedValue?.(config);
    if (value !== undefined) return { tensor, value };
  }
  return undefined;
}

/** The operations that a network's masks need, each once. */
export class MaskNodes {
  /** As layers of a functional configuration. */
  readonly entries: Json[] = [];
  readonly #known = new Map<SymbolicTensor, Json>();
  readonly #taken: Set<string>;
  constructor(network: Network) {
    this.#taken = new Set([...network.inputNames, ...network.layers.map(nameOf)]);
  }
  /** The mask beside a tensor as an argument; undefined where it can't be said. `ref` refers to a tensor of the network. */
  maskOf(t: SymbolicTensor, ref: (source: SymbolicTensor) => Json): Json | undefined {
    const source = sourceOf(t);
    if (!source) return undefined;
    const known = this.#known.get(source.tensor);
    if (known) return known;
    // Keras names the masks that it makes itself not_equal, not_equal_1, …
    const base = `${
      source.tensor.name ?? (source.tensor.call ? nameOf(source.tensor.call.layer) : "input")
    }_mask`;
    let name = base;
    for (let i = 1; this.#taken.has(name); i++) name = `${base}_${i}`;
    this.#taken.add(name);
    this.entries.push({
      ...serialized("keras.src.ops.numpy", "NotEqual", { name }, "NotEqual"),
      name,
      inbound_nodes: [{ args: [ref(source.tensor), source.value], kwargs: {} }],
    });
    const mask = {
      class_name: "__keras_tensor__",
      config: { shape: shapeList(source.tensor.type), dtype: "bool", keras_history: [name, 0, 0] },
    };
    this.#known.set(source.tensor, mask);
    return mask;
  }
}
