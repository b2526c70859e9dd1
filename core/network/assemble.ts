/** Assembles graphs from networks: weights made once a layer, masks carried along, updates chained. @module */
import type { Assembled, AssembleOptions, AssemblyView } from "./assembled.ts";
import { GraphBuilder } from "../graph/builder.ts";
import { ConfigError, LapisError, LimitError, ShapeError } from "../values/errors.ts";
import { byteLength } from "../values/dtype.ts";
import type { Graph, Value } from "../graph/graph.ts";
import type { CallOptions, Layer, ParamSpec } from "./layer.ts";
import type { LayerNode, WeightEntry } from "./tree.ts";
import { defaultLimits, type Limits } from "../values/limits.ts";
import { fieldToSnake, nameOf } from "./names.ts";
import {
  type ApplyOptions,
  callOptions,
  inputTypes,
  type Network,
  networkConfigOf,
  runCalls,
  type SymbolicTensor,
} from "./network.ts";
import type { NetworkPlugins } from "./layer.ts";
import {
  asTensor,
  shapeText,
  staticShape,
  type TensorType,
  tensorType,
  type Type,
  UnknownRank,
} from "../values/shape.ts";
import { sizeOf } from "../values/tensor.ts";

export type { Assembled, AssembleOptions, AssemblyView } from "./assembled.ts";

interface Slot {
  readonly entry: WeightEntry;
  readonly input: Value;
  current: Value;
}
interface MutableNode extends LayerNode {
  readonly weights: WeightEntry[];
  children: MutableNode[];
  outputs: readonly Type[];
  readonly slots: Map<string, Slot>;
  /** Where inner layers stand: their path, and what their weights' paths begin with. */
  readonly place: Place;
  built: boolean;
}
interface Place {
  readonly path: string;
  readonly weights: string;
  readonly trainable: boolean;
  node?: MutableNode;
}

class Assembly {
  readonly b: GraphBuilder;
  readonly #options: AssembleOptions;
  readonly #limits: Limits;
  readonly nodes = new Map<Layer, MutableNode>();
  readonly #paths = new Set<string>();
  readonly activations = new Map<string, Value[]>();
  /** Ids of data inputs. */
  readonly data = new Set<number>();

  constructor(registry: NetworkPlugins, name: string, options: AssembleOptions) {
    this.b = new GraphBuilder(registry, { name });
    this.#options = options;
    this.#limits = options.limits ?? defaultLimits;
  }

  #node(layer: Layer, place: Place): MutableNode {
    const known = this.nodes.get(layer);
    if (known) return known;
    const name = nameOf(layer), path = place.path === "" ? name : `${place.path}/${name}`;
    if (path.split("/").length > this.#limits.depth) {
      throw new LimitError(`layer ${name}: layers are nested more than ${this.#limits.depth} deep`, {
        layer: name,
      });
    }
    const inner = networkConfigOf(layer), said = this.#options.trainable;
    // A model's flag is that of its layers.
    const isTrainable = () =>
      place.trainable && (inner !== undefined || (said?.get(layer) ?? layer.trainable));
    // A functional model's layers are made before it and don't have its name in their weights' paths.
    const weights = inner?.kind === "Functional"
      ? ""
      : inner?.network
      ? `${name}/`
      : `${place.weights}${name}/`;
    const held = place.node?.layer.def.children?.(place.node.layer.config).find((c) => c.layer === layer);
    const node: Omit<MutableNode, "place"> = {
      name,
      path,
      layer,
      attribute: held?.attribute,
      get trainable() {
        return isTrainable();
      },
      weights: [],
      children: [],
      outputs: [],
      slots: new Map(),
      built: false,
    };
    const placed: MutableNode = Object.assign(node, {
      place: {
        path,
        weights,
        get trainable() {
          return isTrainable();
        },
      },
    });
    placed.place.node = placed;
    this.nodes.set(layer, placed);
    return placed;
  }

  /** Applies a layer, making its weights the first time. */
  call(
    layer: Layer,
    inputs: readonly Value[],
    call: CallOptions,
    place: Place,
    training: boolean,
    settled = this.#options.sampling !== true,
  ): readonly Value[] {
    const node = this.#node(layer, place);
    if (place.node && !place.node.children.includes(node)) place.node.children.push(node);
    const own = inputs.find((v) => v.owner !== this.b)?.owner;
    const b = own instanceof GraphBuilder ? own : this.b;
    return located(node, () =>
      b.scopeAs(node.path, () => {
        const lost = (i: number) => call.lost?.[i] === true || !training && call.lost?.[i] === "inference";
        const reached = inputs.map((v, i) => (lost(i) ? b.masked(v, undefined) : v));
        const masked = withMasks(b, reached, call.mask);
        const params = this.#params(node, masked.map((v) => v.type));
        const heeded = !(call.yields && settled) && !(call.training && this.#options.draws === false);
        const asks = call.training !== undefined && heeded;
        const mode = asks ? call.training === true : training, fixed = settled || asks;
        const masks = (call.passes === "own" ? reached : masked)
          .map((v) => (call.passes === "none" ? undefined : v.mask));
        const outputs = layer.def.build({
          b,
          config: layer.config,
          inputs: masked,
          masks,
          params,
          training: mode,
          trainable: node.trainable,
          call,
          ...(this.#options.whole && { whole: this.#options.whole }),
          update: (param, next) => this.#update(node, param, next),
          layer: (inner, values, options = {}) => this.call(inner, values, options, node.place, mode, fixed),
        });
        const rule = layer.def.mask, [first] = masks;
        const results = rule === "make"
          ? outputs
          : outputs.map((v) => b.masked(v, rule === "pass" ? first : undefined));
        if (!node.built) {
          node.outputs = results.map((v) => v.type);
          node.built = true;
          orderChildren(node);
        }
        if (b === this.b) {
          this.activations.set(node.path, [...this.activations.get(node.path) ?? [], ...results]);
        }
        return results;
      }));
  }

  #params(node: MutableNode, types: readonly Type[]): Record<string, Value> {
    const { layer, slots } = node;
    const specs = layer.def.params(layer.config, types) as Record<string, ParamSpec | undefined>;
    const out: Record<string, Value> = {};
    for (const [param, spec] of Object.entries(specs)) {
      if (!spec) continue;
      const known = slots.get(param);
      if (!known && node.built) throw new ShapeError(`weight ${param} appeared only at the second call`);
      const slot = known ?? this.#make(node, param, spec);
      const shape = staticShape(spec.shape);
      if (!shape || shape.join() !== slot.entry.shape.join()) {
        throw new ShapeError(
          `weight ${param} has shape [${
            slot.entry.shape.join(", ")
          }] from the first call; these inputs need ${shapeText(spec.shape)}`,
        );
      }
      slots.set(param, slot);
      out[param] = slot.current;
    }
    return out;
  }

  #make(node: MutableNode, param: string, spec: ParamSpec): Slot {
    const { role = "parameter", dtype = "float32" } = spec;
    const shape = staticShape(spec.shape);
    if (!shape) {
      throw new ShapeError(
        role === "state"
          ? `state ${param} needs a fixed batch size, got ${
            shapeText(spec.shape)
          }: give the input a batchSize`
          : `weight ${param} needs sizes that are known, got ${shapeText(spec.shape)}`,
      );
    }
    const bytes = byteLength(dtype, sizeOf(shape));
    if (!(bytes <= this.#limits.tensorBytes)) {
      throw new LimitError(
        `weight ${param} of shape [${
          shape.join(", ")
        }] takes ${bytes} bytes, more than the limit of ${this.#limits.tensorBytes}`,
      );
    }
    const below = spec.path ?? fieldToSnake(param);
    let path = below.startsWith("/") ? node.name + below : node.place.weights + below;
    if (this.#paths.has(path)) path = `${node.path}/${below.replace(/^\//, "")}`;
    for (let i = 1, base = path; this.#paths.has(path); i++) path = `${base}_${i}`;
    this.#paths.add(path);
    const entry: WeightEntry = {
      path,
      param,
      spec,
      shape,
      dtype,
      role,
      get trainable() {
        return role === "parameter" && node.trainable;
      },
    };
    node.weights.push(entry);
    const input = this.b.input(path, tensorType(dtype, shape), role, this.#options.weights?.get(path));
    return { entry, input, current: input };
  }

  #update(node: MutableNode, param: string, next: Value): void {
    const slot = node.slots.get(param);
    if (!slot) throw new LapisError("layer", `update of an unknown weight ${param}`);
    if (next.owner !== this.b) throw new LapisError("layer", `update of ${param} from inside a loop`);
    slot.current = next;
  }

  /** Layers and weights with their values. */
  view(outputs: readonly Value[]): AssemblyView {
    const nodes = [...this.nodes.values()];
    const slots = nodes.flatMap((n) => [...n.slots.values()]);
    return {
      b: this.b,
      outputs,
      weights: new Map(slots.map(({ entry, input }) => [entry.path, input])),
      layers: nodes.map((node) => ({ node, outputs: this.activations.get(node.path) ?? [] })),
    };
  }

  /** An input that is an output as well passes through an Identity, so that the two keep their names. */
  output(name: string, value: Value): void {
    this.b.output(name, this.data.has(value.id) ? this.b.identity(value) : value);
  }

  finish(): Graph {
    for (const { slots } of this.nodes.values()) {
      for (const { entry, input, current } of slots.values()) {
        if (current !== input) this.b.output(`next:${entry.path}`, current, entry.path);
      }
    }
    return this.b.build();
  }
}

/** Puts inner layers in the order their definition gives, which is that of Keras' weights. */
function orderChildren(node: MutableNode): void {
  const order = (node.layer.def.children?.(node.layer.config) ?? []).map((c) => c.layer);
  const rank = (n: MutableNode) => {
    const at = order.indexOf(n.layer);
    return at < 0 ? order.length : at;
  };
  node.children = [...node.children].sort((x, y) => rank(x) - rank(y));
}

function withMasks(b: GraphBuilder, inputs: readonly Value[], mask: CallOptions["mask"]): readonly Value[] {
  if (mask === undefined) return inputs;
  const list = Array.isArray(mask) ? mask as readonly (Value | null)[] : undefined;
  return inputs.map((v, i) =>
    b.masked(v, (list ? list[i] : i === 0 ? mask as Value | null : v.mask) ?? undefined)
  );
}

/** Puts the layer's path before what went wrong in it. */
function located<T>(node: LayerNode, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const label = `layer "${node.path}" (${node.layer.def.name})`;
    if (error instanceof UnknownRank) {
      const detail = { place: node.path, layer: node.path, cause: error };
      throw new ShapeError(`${label}: an input's rank is not known`, detail);
    }
    if (!(error instanceof LapisError) || error.layer !== undefined) throw error;
    const scope = `${node.path} (`;
    const rest = error.message.startsWith(scope)
      ? `, ${error.message.slice(scope.length).replace(/\)/, "")}`
      : `: ${error.message}`;
    error.message = label + rest;
    error.layer = node.path;
    if (error.place !== node.path) {
      Object.defineProperty(error, "place", { value: node.path, enumerable: true });
    }
    throw error;
  }
}

/** Types of a layer's outputs and of their masks. */
export interface TracedOutput {
  /** Element type and shape. */
  readonly type: TensorType;
  /** The mask's, where one rides beside it. */
  readonly mask?: TensorType;
}
/** Applies a layer to types alone, so that a mistake is an error at its own line. */
export function traceLayer(
  registry: NetworkPlugins,
  layer: Layer,
  inputs: readonly SymbolicTensor[],
  options: ApplyOptions,
): readonly TracedOutput[] {
  const assembly = new Assembly(registry, nameOf(layer), {});
  const b = assembly.b, made = new Map<SymbolicTensor, Value>();
  const value = (t: SymbolicTensor): Value => {
    let v = made.get(t);
    if (!v) {
      const name = `x${made.size}`;
      v = b.input(name, t.type);
      if (t.mask) v = b.masked(v, b.input(`${name}_mask`, t.mask));
      made.set(t, v);
    }
    return v;
  };
  const place = { path: "", weights: "", trainable: true };
  const outputs = assembly.call(layer, inputs.map(value), callOptions(options, value), place, false);
  return outputs.map((v) => {
    const type = asTensor(v.type, `layer ${nameOf(layer)}: output`);
    return v.mask ? { type, mask: asTensor(v.mask.type) } : { type };
  });
}

/**
 * A network's whole graph, its layers as a tree, and where its layers' outputs are.
 * @throws {ShapeError} naming the layer by its path.
 */
export function assemble(
  network: Network,
  registry: NetworkPlugins,
  options: AssembleOptions = {},
): Assembled {
  const assembly = new Assembly(registry, network.name, options), { b } = assembly;
  const place: Place = {
    path: "",
    weights: network.kind === "Sequential" ? `${network.name}/` : "",
    trainable: true,
  };
  const training = options.training ?? false;
  const values = new Map<SymbolicTensor, Value>();
  const types = inputTypes(network);
  network.inputs.forEach((t, i) => {
    const value = b.input(network.inputNames[i] ?? `input_${i}`, types[i] ?? t.type);
    assembly.data.add(value.id);
    values.set(t, value);
  });
  const outputs = runCalls(
    network,
    values,
    (layer, inputs, call = {}) => assembly.call(layer, inputs, call, place, training),
  );
  const activations = new Map<string, readonly string[]>();
  if (options.extend) options.extend(assembly.view(outputs));
  else if (options.outputs === "layers") {
    for (const [path, list] of assembly.activations) {
      const names = list.map((_, i) => (list.length === 1 ? path : `${path}:${i}`));
      list.forEach((v, i) => assembly.output(names[i] ?? path, v));
      activations.set(path, names);
    }
  } else outputs.forEach((v, i) => assembly.output(network.outputNames[i] ?? `output_${i}`, v));
  const tree = network.layers.map((layer) => {
    const node = assembly.nodes.get(layer);
    if (!node) {
      throw new ConfigError(`layer ${nameOf(layer)}: is not connected to the model's outputs`, {
        place: nameOf(layer),
      });
    }
    return node;
  });
  return { graph: assembly.finish(), tree, activations };
}
