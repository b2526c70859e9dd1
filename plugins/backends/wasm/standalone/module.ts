/** The stand-alone module: kernels and weights of a compiled graph, with functions that bind dims and run it. @module */
import { BackendError, LimitError } from "../../../../core/values/errors.ts";
import { evalDim } from "../../../../core/values/shape.ts";
import { SLACK } from "../../room/target.ts";
import { ModuleBuilder } from "../assembler/assembler.ts";
import type { Plan } from "../../room/plan/plan.ts";
import { Table } from "../../room/memory/table.ts";
import { bytesOf } from "../../room/memory/tensors.ts";
import { denseBytes, type Storage, type View } from "../../room/memory/views.ts";
import { addKernels, emitDriver } from "../program.ts";
import { emitBind } from "./bind.ts";
import { emitQuestions, emitReset, emitRun } from "./functions.ts";
import { dataInputs, type ModuleInfo } from "./info.ts";
import type { Control, ModulePlan, PortSlots, State } from "./moduleplan.ts";
import { Blocks } from "./place.ts";

const PAGE = 65536;
/** V8 refuses modules beyond this. */
const MODULE_BYTES = 2 ** 30;

/** A module with what it is made of. */
export interface StandaloneModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes of weights and other constants in it. */
  readonly weights: number;
  /** Bytes of memory that it begins with. */
  readonly memory: number;
}

/**
 * Writes the module. `contents` are what a session keeps in memory, weights packed.
 * @throws {LimitError} with the figures, for a model that no engine would take.
 */
export function writeModule(
  compiled: Plan,
  contents: ReadonlyMap<Storage, Uint8Array>,
  info: ModuleInfo,
  maxBytes: number,
): StandaloneModule {
  const m = new ModuleBuilder(), { graph, owner } = compiled;
  const segments = compiled.main.flatMap((part) => (part.kind === "segment" ? [part] : []));
  const functions = addKernels(m, segments.flatMap(({ items }) => items));
  const table = new Table(), states = statesOf(compiled, table);
  const control = placeControl(m.dataEnd, states), blocks = new Blocks(compiled.lives, control.end);
  const tableBase = align(blocks.end, 64);
  const drivers = segments.map(({ name, items }) =>
    emitDriver(m, { name, items, functions, table, base: tableBase, owner })
  );
  const ports = (names: readonly { readonly name: string }[], views: ReadonlyMap<string, View>) =>
    names.flatMap(({ name }): PortSlots[] => {
      const view = views.get(name);
      return view ? [{ name, ...slotsOf(view, compiled, table) }] : [];
    });
  const inputs = ports(dataInputs(graph), compiled.inputs);
  const outputs = ports(graph.outputs.filter((o) => o.updates === undefined), compiled.outputs);

  const { kept, values, end } = placeKept(compiled, table, tableBase + 4 * table.slots.length);
  if (end + SLACK > maxBytes) {
    throw new LimitError(
      `the module's weights and constants take ${end} bytes of memory, more than ${maxBytes}`,
    );
  }
  const plan: ModulePlan = {
    ...{
      compiled,
      info,
      m,
      control,
      inputs,
      outputs,
      states,
      blocks,
      table,
      tableBase,
      kept,
      values,
      end,
      maxBytes,
    },
  };
  emitBind(plan);
  emitRun(plan, drivers);
  emitReset(plan);
  emitQuestions(plan);

  m.place(control.end, blocks.data());
  m.place(tableBase, tableData(plan));
  let weights = 0;
  const put = (address: number, bytes: Uint8Array) => {
    const { start, part } = withoutZeros(bytes);
    if (part.length > 0) m.place(address + start, part);
    weights += part.length;
  };
  for (const [storage, address] of kept) put(address, contents.get(storage) ?? new Uint8Array(0));
  for (const { name, value } of compiled.graph.inputs) {
    const address = values.get(name);
    if (address !== undefined && value) put(address, bytesOf(value));
  }
  if (weights > MODULE_BYTES) {
    throw new LimitError(
      `the module's weights and constants take ${weights} bytes; engines take modules of ${MODULE_BYTES} at most`,
    );
  }
  const pages = Math.ceil((end + SLACK) / PAGE);
  const bytes = m.finish({
    own: { pages },
    custom: { name: "lapis", bytes: new TextEncoder().encode(JSON.stringify(info)) },
  });
  return { bytes, weights, memory: pages * PAGE };
}

const align = (n: number, to: number) => Math.ceil(n / to) * to;

function slotsOf(view: View, { owner }: Plan, table: Table): Omit<PortSlots, "name"> {
  return {
    address: table.slot(owner(view.storage), view.offset),
    bytes: table.slot(undefined, denseBytes(view.shape, view.dtype)),
    dims: view.shape.map((dim) => table.slot(undefined, dim)),
  };
}

/** What a session would hold between runs beside the memory. */
function statesOf(compiled: Plan, table: Table): readonly State[] {
  const { graph, inputs, outputs, lowering } = compiled, data = new Set(dataInputs(graph));
  return graph.inputs.flatMap((input) => {
    const view = inputs.get(input.name);
    if (data.has(input) || input.role === "constant" || view?.storage.kind !== "arena") return [];
    const output = graph.outputs.find((o) => o.updates === input.name),
      next = output && outputs.get(output.name);
    const home = lowering.storage(view.storage.bytes, "value", 1),
      { address, bytes } = slotsOf(view, compiled, table);
    const slots = { home: table.slot(home, 0), now: address, bytes };
    return [{
      ...{ input, home, shape: view.shape },
      slots: next ? { ...slots, next: slotsOf(next, compiled, table).address } : slots,
    }];
  });
}

function placeControl(from: number, states: readonly State[]): Control & { readonly end: number } {
  let next = align(from, 64);
  const word = () => (next += 4) - 4;
  const bound = word(), held = word(), index = word(), _high = word(), position = word();
  const stateSizes = states.flatMap(({ shape }) =>
    shape.filter((d) => typeof d !== "number").map((dim) => ({ dim, address: word() }))
  );
  return { bound, held, position, index, stateSizes, end: align(next, 8) };
}

function placeKept(
  { lowering, owner, graph }: Plan,
  table: Table,
  from: number,
): { readonly kept: Map<Storage, number>; readonly values: Map<string, number>; readonly end: number } {
  const kept = new Map<Storage, number>(), values = new Map<string, number>();
  let end = align(from, 64);
  const place = (bytes: number) => {
    const address = end;
    end = align(address + bytes + SLACK, 64);
    return address;
  };
  const used = [
    ...table.slots.map(({ storage }) => storage),
    ...lowering.statuses.map((s) => owner(s.storage)),
  ];
  for (const storage of used) {
    if (storage?.kind !== "kept" || kept.has(storage)) continue;
    const bytes = evalDim(storage.bytes, new Map());
    if (bytes === undefined) throw new BackendError("a kept value has no fixed size");
    kept.set(storage, place(bytes));
  }
  for (const { name, role, value } of graph.inputs) {
    if (value && ["data", "random", "state"].includes(role)) values.set(name, place(bytesOf(value).length));
  }
  return { kept, values, end };
}

/** The table's words as far as they don't depend on dims. */
function tableData({ table, kept }: ModulePlan): Uint8Array {
  const words = new Int32Array(table.slots.length);
  table.slots.forEach(({ storage, dim }, i) => {
    if (typeof dim === "number") words[i] = dim + (storage ? kept.get(storage) ?? 0 : 0);
  });
  return new Uint8Array(words.buffer);
}

/** Bytes without the zeros at both ends: memory is zero to begin with. */
function withoutZeros(bytes: Uint8Array): { readonly start: number; readonly part: Uint8Array } {
  let start = 0, end = bytes.length;
  while (start < end && bytes[start] === 0) start++;
  while (end > start && bytes[end - 1] === 0) end--;
  return { start, part: bytes.subarray(start, end) };
}
