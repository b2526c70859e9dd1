/** A lowered graph: kernel calls, loops and host steps in order, with arguments that are known once dims are bound. @module */
import { type Dim, type DimEnv, dimKey, evalDim } from "../../../core/shape.ts";
import { BackendError } from "../../../core/errors.ts";
import type { Node } from "../../../core/graph.ts";
import type { FunctionBuilder, Kernel, ModuleBuilder } from "./assembler.ts";
import type { Step, Storage, View } from "./views.ts";

/** An argument: a number, or an address or extent that binding tells, moving with the loops around the call. */
export type Arg = number | {
  readonly storage?: Storage;
  readonly dim: Dim;
  readonly steps?: readonly Step[];
};

/** A kernel call. `reads` and `writes` are what lifetimes are made of. */
export interface Call {
  readonly kind: "call";
  readonly kernel: Kernel;
  args: readonly Arg[];
  reads: readonly Storage[];
  writes: readonly Storage[];
  readonly nodes: readonly string[];
  readonly scope: string;
  /** Elementwise calls may write over an input that lies the same way: pairs of (output, input) storages. */
  readonly inPlace?: readonly (readonly [Storage, Storage])[];
  /** A copy of a whole storage, byte for byte, onto what it replaces: it can go where the two may share memory. */
  readonly back?: boolean;
}
/** A counted loop over calls. */
export interface Loop {
  readonly kind: "loop";
  readonly id: number;
  readonly trips: Dim;
  readonly items: Item[];
  readonly scope: string;
}
/** A node that runs on its plain kernel in TypeScript. */
export interface Host {
  readonly kind: "host";
  readonly node: Node;
  readonly inputs: readonly (HostValue | undefined)[];
  readonly outputs: readonly (HostValue | undefined)[];
}
/** A value as host steps see it: by its id, and its view where it lies in memory too. */
export interface HostValue {
  readonly id: number;
  readonly view?: View;
}
/** A step of a program. */
export type Item = Call | Loop | Host;

/** The address of a view, plus bytes. */
export function at(view: View, plus: Dim = 0): Arg {
  return {
    storage: view.storage,
    dim: plus === 0 ? view.offset : addOffset(view.offset, plus),
    steps: view.steps,
  };
}
function addOffset(a: Dim, b: Dim): Dim {
  return typeof a === "number" && typeof b === "number" ? a + b : { op: "add", a, b };
}
/** An extent. */
export function extent(dim: Dim): Arg {
  return typeof dim === "number" ? dim : { dim };
}

/** Slots of the argument table: equal arguments share one. */
export class Table {
  readonly slots: { readonly storage?: Storage; readonly dim: Dim }[] = [];
  readonly #index = new Map<string, number>();
  /** The slot of an address or extent. */
  slot(storage: Storage | undefined, dim: Dim): number {
    const key = `${storage?.id ?? "-"}:${dimKey(dim)}`;
    let found = this.#index.get(key);
    if (found === undefined) {
      found = this.slots.length;
      this.slots.push({ ...(storage && { storage }), dim });
      this.#index.set(key, found);
    }
    return found;
  }
  /** The table's words for bound dims and placed storages. */
  fill(env: DimEnv, address: (storage: Storage) => number): Int32Array {
    const words = new Int32Array(this.slots.length);
    this.slots.forEach(({ storage, dim }, i) => {
      const value = evalDim(dim, env);
      if (value !== undefined) words[i] = value + (storage ? address(storage) : 0);
    });
    return words;
  }
}

/** Writes a function that runs items in order, reading its arguments from the table at `base`, and gives its index. */
export function emitDriver(
  m: ModuleBuilder,
  name: string,
  items: readonly Item[],
  table: Table,
  base: number,
  owner: (storage: Storage) => Storage,
  options: { readonly export?: boolean } = {},
): number {
  // Kernels are added to the module before the driver that calls them: a function is written in one go.
  const functions = new Map<string, number>();
  const addKernels = (list: readonly Item[]): void => {
    for (const item of list) {
      if (item.kind === "call") functions.set(item.kernel.key, m.kernel(item.kernel));
      else if (item.kind === "loop") addKernels(item.items);
    }
  };
  addKernels(items);
  return m.addFunction(name, [], [], (f) => {
    const counters = new Map<number, number>();
    const load = (storage: Storage | undefined, dim: Dim) => {
      f.i32(0).mem("i32.load", base + 4 * table.slot(storage && owner(storage), dim));
    };
    const push = (arg: Arg) => {
      if (typeof arg === "number") return void f.i32(arg);
      if (!arg.storage && typeof arg.dim === "number" && !arg.steps?.length) return void f.i32(arg.dim);
      load(arg.storage, arg.dim);
      for (const step of arg.steps ?? []) {
        const counter = counters.get(step.loop);
        if (counter === undefined) {
          throw new BackendError(`${name}: an address moves with a loop that isn't around it`);
        }
        load(undefined, step.stride);
        f.get(counter).op("i32.mul", "i32.add");
      }
    };
    const emit = (list: readonly Item[]): void => {
      for (const item of list) {
        if (item.kind === "host") throw new BackendError(`${name}: a host step inside a segment`);
        if (item.kind === "call") {
          item.args.forEach(push);
          const index = functions.get(item.kernel.key);
          if (index === undefined) throw new BackendError(`${name}: kernel ${item.kernel.key} is missing`);
          f.call(index);
        } else emitLoop(f, item, counters, () => emit(item.items), () => push({ dim: item.trips }));
      }
    };
    emit(items);
  }, options);
}

function emitLoop(
  f: FunctionBuilder,
  item: Loop,
  counters: Map<number, number>,
  body: () => void,
  trips: () => void,
): void {
  const counter = f.local("i32"), left = f.local("i32");
  counters.set(item.id, counter);
  f.i32(0).set(counter);
  trips();
  f.set(left);
  f.times(left, () => {
    body();
    f.inc(counter, 1);
  });
}

/** First and last position of every arena storage in a flattened program. */
export interface Lives {
  readonly from: Map<Storage, number>;
  readonly to: Map<Storage, number>;
}
/** Lifetimes: what is written before a loop and read in it lives to the loop's end; what a loop leaves behind, from its start. */
export function lifetimes(
  items: readonly Item[],
  begin: readonly Storage[] = [],
  end: readonly Storage[] = [],
  owner: (storage: Storage) => Storage = (s) => s,
): Lives {
  const from = new Map<Storage, number>(), to = new Map<Storage, number>();
  const loops: { start: number; end: number }[] = [];
  const uses: { storage: Storage; at: number }[] = [];
  let clock = 0;
  const walk = (list: readonly Item[]): void => {
    for (const item of list) {
      if (item.kind === "loop") {
        const index = loops.push({ start: clock++, end: 0 }) - 1;
        walk(item.items);
        const loop = loops[index];
        if (loop) loop.end = clock++;
        continue;
      }
      const now = clock++;
      const touch = (storage: Storage | undefined) =>
        storage && uses.push({ storage: owner(storage), at: now });
      if (item.kind === "call") {
        item.reads.forEach((s) => touch(s));
        item.writes.forEach((s) => touch(s));
      } else {
        item.inputs.forEach((v) => touch(v?.view?.storage));
        item.outputs.forEach((v) => touch(v?.view?.storage));
      }
    }
  };
  walk(items);
  for (const s of begin) uses.push({ storage: owner(s), at: -1 });
  for (const s of end) uses.push({ storage: owner(s), at: clock });
  for (const { storage, at: now } of uses) {
    from.set(storage, Math.min(from.get(storage) ?? now, now));
    to.set(storage, Math.max(to.get(storage) ?? now, now));
  }
  for (const loop of loops) {
    for (const [storage, a] of from) {
      const b = to.get(storage) ?? a;
      const inside = a > loop.start && b < loop.end, apart = b < loop.start || a > loop.end;
      if (inside || apart) continue;
      from.set(storage, Math.min(a, loop.start));
      to.set(storage, Math.max(b, loop.end));
    }
  }
  return { from, to };
}
