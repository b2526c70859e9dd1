/** Functional models of Keras 1, 2 and 3: layers by name, their calls made as soon as what they read is there. @module */
import { ConfigError, FormatError, shown } from "../../../core/values/errors.ts";
import { applyAll, functional } from "../../../core/network/functional.ts";
import type { Layer } from "../../../core/network/layer.ts";
import { networkConfigOf, type SymbolicTensor } from "../../../core/network/network.ts";
import { argumentsOf } from "./calls.ts";
import { type KerasContext, majorOf, versionBefore } from "./context.ts";
import { entryOf, locate } from "./layers.ts";
import { labelOf, type LayerEntry } from "./entry.ts";
import { losingMasks } from "./lostmasks.ts";
import { warnOfMode } from "./modes.ts";
import { type CallEntry, callsOf, endsOf, refsIn, type TensorRef } from "./nodes.ts";
import { isOperation, operationLayer } from "./operations.ts";
import { inputLayer, listOf, type Structure } from "../parts.ts";

/** A layer of a functional model on its way: what it is called on, and its calls' results so far. */
interface Member {
  readonly entry: LayerEntry;
  readonly layer: Layer | undefined;
  readonly calls: readonly CallEntry[];
  readonly results: (readonly SymbolicTensor[] | undefined)[];
  /** What the file's node numbers begin with: a nested functional model's own is node 0. */
  offset: number;
  /** The same, for the model's outputs. */
  outOffset: number;
}

/**
 * Reads a functional model.
 * @throws {ConfigError} naming the layer that has another's name, or reads what isn't there.
 */
export function functionalOf(
  entry: LayerEntry,
  ctx: KerasContext,
  place: string,
  inner: (raw: unknown, where: string) => Layer,
): Structure {
  const list = listOf(entry, place), members = new Map<string, Member>();
  const name = entry.name ?? "functional";
  const ins = endsOf(entry.config.input_layers ?? [], `${place}.input_layers`);
  const outs = endsOf(entry.config.output_layers ?? [], `${place}.output_layers`);
  const several = ins.length > 1;
  list.forEach((raw, i) => {
    const where = `${place}.layers[${i}]`, e = entryOf(raw, where);
    const key = e.name ?? e.className;
    if (members.has(key)) {
      throw new ConfigError(`layer name ${key} is not unique: two layers of model ${name} have it`, {
        place: key,
      });
    }
    const calls = callsOf(e.raw.inbound_nodes, `layer "${key}" (${e.className})`);
    const begins = e.className === "InputLayer" && calls.length === 0;
    const results = begins ? [[inputLayer(e, ctx, several ? key : "")]] : [];
    const layer = begins || isOperation(e, ctx.operations)
      ? undefined
      : inner({ ...e.raw, name: key }, where);
    members.set(key, { entry: e, layer, calls, results, offset: 0, outOffset: 0 });
  });
  number(members, outs.map((o) => o.ref), ctx.version);
  runCalls(members, ctx);
  const get = (ref: TensorRef) => {
    const t = tensorAt(members, ref, "outOffset");
    if (!t) {
      throw new ConfigError(`${place}: tensor ${ref.layer}[${ref.node}][${ref.tensor}] is never computed`, {
        place,
      });
    }
    return t;
  };
  const inputs = ins.map(({ ref }) => get(ref)), outputs = outs.map(({ ref }) => get(ref));
  if (inputs.length === 0 || outputs.length === 0) {
    throw new ConfigError(`${place}: a functional model needs input_layers and output_layers`, { place });
  }
  const named = outs.every((o) => o.key !== undefined) ? outs.map((o) => o.key ?? "") : undefined;
  const whole = functional({ inputs, outputs, name, ...(named && { outputNames: named }) });
  const made = versionBefore(ctx.version, 3, 7) ? whole : losingMasks(whole);
  // The file's order is the one its weights are stored in.
  const reached = new Set(made.layers);
  const layers = [...members.values()].flatMap((m) => (m.layer && reached.has(m.layer) ? [m.layer] : []));
  const rest = made.layers.filter((l) => !layers.includes(l));
  return { network: { ...made, layers: rest.length > 0 ? made.layers : layers }, name };
}

/**
 * Finds which number a model's first call has in references to it: a functional model's own graph is a node too, which
 * Keras 1, 2 and 3.0 count everywhere, and later ones among the outputs alone.
 */
function number(members: ReadonlyMap<string, Member>, outputs: readonly TensorRef[], version: string): void {
  const all = [...members.values()].flatMap((m) =>
    m.calls.flatMap((c) => [...c.args, ...Object.values(c.kwargs)])
  ).flatMap(refsIn);
  const counted = majorOf(version) < 3 || /^3\.0\./.test(version);
  for (const [name, m] of members) {
    if (!m.layer || !networkConfigOf(m.layer) || m.entry.raw.drafted === true) continue;
    const nodesOf = (refs: readonly TensorRef[]) => refs.filter((r) => r.layer === name).map((r) => r.node);
    const read = nodesOf(all), out = nodesOf(outputs), most = m.calls.length - 1;
    const least = Math.min(1, ...read, ...out);
    const functional = m.entry.className !== "Sequential" && majorOf(version) >= 3;
    const seen = functional ? read : [...read, ...out];
    m.offset = counted ? least : Math.max(0, ...seen) > most ? 1 : 0;
    m.outOffset = functional && !out.includes(0) || Math.max(0, ...out) > most ? 1 : counted ? least : 0;
  }
}
function tensorAt(
  members: ReadonlyMap<string, Member>,
  ref: TensorRef,
  offset: "offset" | "outOffset" = "offset",
): SymbolicTensor | undefined {
  const m = members.get(ref.layer);
  return m?.results[ref.node - m[offset]]?.[ref.tensor];
}

const overwritten = ": Keras 2 wrote its calls in a model inside over these; save it as .keras there";
/** Makes every call as soon as what it reads is there. */
function runCalls(members: ReadonlyMap<string, Member>, ctx: KerasContext): void {
  interface Waiting {
    readonly member: Member;
    readonly at: number;
    missing: number;
  }
  const waiting = new Map<string, Waiting[]>(), ready: Waiting[] = [];
  const keyOf = (layer: string, at: number) => `${at}:${layer}`;
  for (const member of members.values()) {
    member.calls.forEach((call, at) => {
      const refs = [...call.args, ...Object.values(call.kwargs)].flatMap(refsIn);
      const wait: Waiting = { member, at, missing: 0 };
      for (const ref of refs) {
        const from = members.get(ref.layer);
        if (!from) {
          throw new ConfigError(
            `${labelOf(member.entry)}: reads from a layer ${shown(ref.layer)} that isn't there` +
              (member.entry.raw.shared_object_id === undefined ? "" : overwritten),
            {
              place: member.entry.name ?? "",
            },
          );
        }
        const node = ref.node - from.offset;
        if (from.results[node]) continue;
        wait.missing++;
        const key = keyOf(ref.layer, node);
        waiting.set(key, [...waiting.get(key) ?? [], wait]);
      }
      if (wait.missing === 0) ready.push(wait);
    });
  }
  let done = 0;
  // In the file's order where the graph leaves a choice.
  for (let i = 0; i < ready.length; i++) {
    const { member, at } = ready[i] as Waiting;
    const call = member.calls[at];
    if (!call) continue;
    member.results[at] = makeCall(members, member, call, ctx);
    done++;
    for (const next of waiting.get(keyOf(member.entry.name ?? member.entry.className, at)) ?? []) {
      if (--next.missing === 0) ready.push(next);
    }
  }
  const total = [...members.values()].reduce((n, m) => n + m.calls.length, 0);
  if (done < total) {
    const stuck = [...members.values()].find((m) => m.calls.some((_, i) => !m.results[i]));
    throw new ConfigError(
      `layer ${shown(stuck?.entry.name)}: is part of a cycle, or reads what is never computed`,
      {
        place: stuck?.entry.name ?? "",
      },
    );
  }
}

function makeCall(
  members: ReadonlyMap<string, Member>,
  { entry, layer }: Member,
  call: CallEntry,
  ctx: KerasContext,
): readonly SymbolicTensor[] {
  const place = entry.name ?? entry.className, label = labelOf(entry);
  const tensor = (ref: TensorRef): SymbolicTensor => {
    const t = tensorAt(members, ref);
    if (!t) {
      throw new ConfigError(
        `${label}: reads ${ref.layer}[${ref.node}][${ref.tensor}], which isn't there`,
        { place },
      );
    }
    return t;
  };
  if (isOperation(entry, ctx.operations)) {
    const { layer: operation, inputs } = operationLayer(entry, call, ctx.operations);
    return applyAll(operation, inputs.map(tensor));
  }
  if (!layer) throw new FormatError(`${label}: an input is called`, { place });
  const { inputs, options } = argumentsOf(call, { label, place, layer, ctx, tensor });
  if (options.training !== undefined) warnOfMode(label, layer, options.training, ctx);
  return locate(label, () => applyAll(layer, inputs, options));
}
