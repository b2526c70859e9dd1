/** A functional model's configuration in the making, its layers in the order in which Keras would hold them. @module */

/** A tensor: an output of a call of a layer. */
export interface Ref {
  readonly layer: string;
  readonly node: number;
  readonly tensor: number;
}
type Json = Readonly<Record<string, unknown>>;
/** What a call is given: tensors, lists of them, constants. */
export type Argument = Ref | number | string | boolean | null | Json | readonly Argument[];

interface Call {
  readonly parents: readonly Ref[];
  readonly json: Json;
}
interface Member {
  readonly json: Json;
  readonly calls: Call[];
}
const isRef = (x: unknown): x is Ref => typeof x === "object" && x !== null && "tensor" in x && "node" in x;
function refsIn(x: Argument): readonly Ref[] {
  if (isRef(x)) return [x];
  if (Array.isArray(x)) return (x as readonly Argument[]).flatMap(refsIn);
  return typeof x === "object" && x !== null ? Object.values(x).flatMap((v) => refsIn(v as Argument)) : [];
}
function written(x: Argument): unknown {
  if (isRef(x)) {
    return { class_name: "__keras_tensor__", config: { keras_history: [x.layer, x.node, x.tensor] } };
  }
  if (Array.isArray(x)) return (x as readonly Argument[]).map(written);
  if (typeof x !== "object" || x === null) return x;
  return Object.fromEntries(Object.entries(x).map(([key, v]) => [key, written(v as Argument)]));
}

/** A layer in the making: its class, its name, its configuration. */
export interface DraftLayer {
  /** Class name. */
  readonly type: string;
  /** Its name. */
  readonly name: string;
  /** Its configuration, names as in files. */
  readonly config?: Json;
  /** Where the class is from: Keras' own unless said. */
  readonly module?: string;
  /** Group of its weights below the owner's, where its name doesn't say it. */
  readonly place?: string;
  /** The shape it is built for, where a class made of layers has to know it. */
  readonly shape?: readonly (number | null)[];
  /** The shapes that it is built for by name, where those are several. */
  readonly built?: Json;
}

/** Collects layers and their calls. */
export class Draft {
  readonly #members = new Map<string, Member>();
  readonly #common: Json;
  readonly #owner: string | undefined;
  /**
   * `common` goes into every layer's configuration. With an `owner`, which is a layer made of layers, names are the
   * attributes that lead to them in Keras (`mlp/dense`), below which their weights lie; the empty one is a whole model.
   */
  constructor(common: Json = {}, owner?: string) {
    this.#common = common;
    this.#owner = owner;
  }
  #named(name: string): string {
    if (this.#owner === "") return name.replaceAll("/", "_");
    return this.#owner === undefined ? name : `${this.#owner}_${name.replaceAll("/", "_")}`;
  }
  /** An input of sizes after the batch's, null where they vary. */
  input(own: string, shape: readonly (number | null)[], dtype = "int32"): Ref {
    const name = this.#named(own);
    const config = { name, batch_shape: [null, ...shape], dtype };
    this.#members.set(name, {
      json: { module: "keras.layers", class_name: "InputLayer", config },
      calls: [],
    });
    return { layer: name, node: 0, tensor: 0 };
  }
  /** Sizes of an input after the batch's. */
  sizes({ layer }: Ref): readonly (number | null)[] {
    const config = this.#members.get(layer)?.json.config as {
      readonly batch_shape?: readonly (number | null)[];
    };
    return config.batch_shape?.slice(1) ?? [];
  }
  /** Calls a layer, which is made at its first call; a name called again is the same layer. */
  call(part: DraftLayer, args: readonly Argument[], kwargs: Readonly<Record<string, Argument>> = {}): Ref {
    const { type, config = {}, module = "keras.layers", shape, built } = part, name = this.#named(part.name);
    let member = this.#members.get(name);
    if (!member) {
      // Operations have no element type, and models inside have their own.
      const own = module.startsWith("keras.src.ops") || "layers" in config ? {} : this.#common;
      const json = {
        module,
        class_name: type,
        config: { name, ...own, ...config },
        drafted: true,
        ...((part.place !== undefined || this.#owner !== undefined) && { place: part.place ?? part.name }),
        ...(shape && { build_config: { input_shape: shape } }),
        ...(built && { build_config: built }),
      };
      this.#members.set(name, member = { json, calls: [] });
    }
    const given = Object.entries(kwargs).sort(([k], [l]) => k < l ? -1 : 1);
    const parents = [...args, ...given.map(([, value]) => value)].flatMap(refsIn);
    const json = {
      args: args.map(written),
      kwargs: Object.fromEntries(given.map(([key, value]) => [key, written(value)])),
    };
    member.calls.push({ parents, json });
    return { layer: name, node: member.calls.length - 1, tensor: 0 };
  }
  /** A bare operation of Keras. */
  operation(type: string, name: string, args: readonly Argument[]): Ref {
    return this.call({ type, name, module: "keras.src.ops.numpy" }, args);
  }
  /** The configuration. */
  finish(
    inputs: Readonly<Record<string, Ref>> | Ref,
    outputs: Readonly<Record<string, Ref>> | Ref,
    more: Json = {},
  ): Json {
    const listed = (ends: Readonly<Record<string, Ref>> | Ref) =>
      isRef(ends) ? [ends] : Object.keys(ends).sort().flatMap((key) => ends[key] ?? []);
    const triple = (r: Ref) => [r.layer, r.node, r.tensor];
    const ends = (x: Readonly<Record<string, Ref>> | Ref) =>
      isRef(x) ? [triple(x)] : Object.fromEntries(Object.entries(x).map(([key, ref]) => [key, triple(ref)]));
    const layers = this.#order(listed(inputs), listed(outputs)).map((name) => {
      const member = this.#members.get(name);
      return { ...member?.json, name, inbound_nodes: member?.calls.map((c) => c.json) ?? [] };
    });
    return { ...more, layers, input_layers: ends(inputs), output_layers: ends(outputs) };
  }
  /** Layers as Keras holds them: by their distance from the outputs, then as a walk back from those meets them. */
  #order(inputs: readonly Ref[], outputs: readonly Ref[]): readonly string[] {
    const keyOf = (r: Ref) => `${r.node}:${r.layer}`;
    const met = new Map<string, number>(), done = new Set<string>(), nodes: Ref[] = [];
    const parentsOf = (r: Ref) => this.#members.get(r.layer)?.calls[r.node]?.parents ?? [];
    const walk = (r: Ref) => {
      if (done.has(keyOf(r))) return;
      if (!met.has(r.layer)) met.set(r.layer, met.size);
      parentsOf(r).forEach(walk);
      done.add(keyOf(r));
      nodes.push(r);
    };
    outputs.forEach(walk);
    const depths = new Map<string, number>(), layers = new Map<string, number>();
    for (const node of nodes.toReversed()) {
      const depth = Math.max(depths.get(keyOf(node)) ?? 0, layers.get(node.layer) ?? 0);
      layers.set(node.layer, depth);
      depths.set(keyOf(node), depth);
      for (const parent of parentsOf(node)) {
        depths.set(keyOf(parent), Math.max(depth + 1, depths.get(keyOf(parent)) ?? 0));
      }
    }
    for (const { layer } of inputs) {
      if (layers.has(layer)) continue;
      layers.set(layer, 0);
      met.set(layer, -1);
    }
    const at = (of: ReadonlyMap<string, number>, name: string) => of.get(name) ?? 0;
    return [...layers.keys()].sort((a, b) => at(layers, b) - at(layers, a) || at(met, a) - at(met, b));
  }
}
