/** A plan's program as a module: a driver function for each segment, which calls kernels with words of the table. @module */
import { BackendError, LimitError } from "../../../core/values/errors.ts";
import type { Dim } from "../../../core/values/shape.ts";
import { type Arg, callsOf, type Item, type Loop } from "../room/lowering/program.ts";
import type { Owner } from "../room/memory/lifetimes.ts";
import type { Table } from "../room/memory/table.ts";
import type { Storage } from "../room/memory/views.ts";
import type { Plan } from "../room/plan/plan.ts";
import type * as room from "../room/kernels.ts";
import { type FunctionBuilder, type Kernel, ModuleBuilder } from "./assembler/assembler.ts";

/** A module that imports its memory, with the addresses that it takes for itself. */
export interface Program {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the argument table lies. */
  readonly tableBase: number;
  /** Address after it, a multiple of 64. */
  readonly end: number;
}
/** What engines take as one module. */
const MODULE_BYTES = 2 ** 30;

/** Writes a plan's program. */
export function writeProgram(plan: Plan, table: Table, relaxed: boolean): Program {
  const m = new ModuleBuilder({ relaxed, memory: { min: 1 } });
  const segments = [...plan.prologue, ...plan.main].flatMap((
    part,
  ) => (part.kind === "segment" ? [part] : []));
  const functions = addKernels(m, segments.flatMap(({ items }) => items));
  const tableBase = Math.ceil(m.dataEnd / 64) * 64;
  for (const { name, items } of segments) {
    emitDriver(m, { name, items, functions, table, base: tableBase, owner: plan.owner, export: true });
  }
  const end = Math.ceil((tableBase + 4 * table.slots.length) / 64) * 64;
  const bytes = m.finish();
  if (bytes.length > MODULE_BYTES) throw new LimitError(`the plan's code takes ${bytes.length} bytes`);
  return { bytes, tableBase, end };
}

/** Adds the kernels of a list to a module, and gives the functions of their keys. */
export function addKernels(m: ModuleBuilder, items: readonly Item[]): ReadonlyMap<string, number> {
  const functions = new Map<string, number>();
  for (const { kernel } of callsOf(items)) {
    if (!functions.has(kernel.key)) functions.set(kernel.key, m.kernel(generated(kernel)));
  }
  return functions;
}
/** A kernel of this engine. */
function generated(kernel: room.Kernel): Kernel {
  if ("emit" in kernel && "params" in kernel) return kernel as Kernel;
  throw new BackendError(`kernel ${kernel.key} is of another engine`);
}

/** A function that runs items in order. */
export interface Driver {
  readonly name: string;
  readonly items: readonly Item[];
  /** Functions of the kernels by key, which are there before it: a function is written in one go. */
  readonly functions: ReadonlyMap<string, number>;
  /** Slots of its arguments, and the address of the first one's word. */
  readonly table: Table;
  readonly base: number;
  readonly owner: Owner;
  readonly export?: boolean;
}
/** Writes a driver and gives its index. */
export function emitDriver(m: ModuleBuilder, driver: Driver): number {
  const { name, functions, table, base, owner } = driver;
  return m.addFunction(name, [], [], (f) => {
    const counters = new Map<number, number>();
    const load = (storage: Storage | undefined, dim: Dim) => {
      f.i32(0).mem("i32.load", base + 4 * table.slot(storage && owner(storage), dim));
    };
    const push = (arg: Arg) => {
      if (typeof arg === "number") return void f.i32(arg);
      if (!arg.storage && typeof arg.offset === "number" && !arg.steps?.length) return void f.i32(arg.offset);
      load(arg.storage, arg.offset);
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
        } else emitLoop(f, item, counters, () => emit(item.items), () => push({ offset: item.trips }));
      }
    };
    emit(driver.items);
  }, driver);
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
