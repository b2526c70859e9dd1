/**
 * A second engine in the room: kernels as plain TypeScript loops, a program that is walked, and memory that answers at once or,
 * as a device apart would, later. @module
 */
import type { BackendDef } from "../../../core/graph/backend.ts";
import { BackendError, LimitError } from "../../../core/values/errors.ts";
import { engineBackend } from "../../../plugins/backends/room/backend.ts";
import type { Arg, Item, Segment } from "../../../plugins/backends/room/lowering/program.ts";
import type { Table } from "../../../plugins/backends/room/memory/table.ts";
import type { Plan } from "../../../plugins/backends/room/plan/plan.ts";
import type { Device } from "../../../plugins/backends/room/target.ts";
import { type LoopKernel, loopKernels } from "./kernels.ts";
import { Memory } from "./memory.ts";
import { rules } from "./rules.ts";

/** What runs, given the words of the table and the counters of the loops around. */
type Step = (words: Int32Array, counters: Map<number, number>) => void;

/** Makes steps of items: arguments become slots of the table. */
class Program {
  readonly memory = new Memory();
  readonly segments = new Map<string, readonly Step[]>();
  readonly #table: Table;
  readonly #owner: Plan["owner"];

  constructor({ prologue, main, owner }: Plan, table: Table) {
    this.#table = table;
    this.#owner = owner;
    for (const part of [...prologue, ...main]) {
      if (part.kind === "segment") this.segments.set(part.name, part.items.map((i) => this.#step(i)));
    }
  }
  #value(arg: Arg): (words: Int32Array, counters: Map<number, number>) => number {
    if (typeof arg === "number") return () => arg;
    const slot = this.#table.slot(arg.storage && this.#owner(arg.storage), arg.offset);
    const steps = (arg.steps ?? []).map(({ loop, stride }) => ({
      loop,
      slot: this.#table.slot(undefined, stride),
    }));
    return (words, counters) =>
      steps.reduce(
        (sum, s) => sum + (counters.get(s.loop) ?? 0) * (words[s.slot] as number),
        words[slot] as number,
      );
  }
  #step(item: Item): Step {
    if (item.kind === "host") throw new BackendError("a host step inside a segment");
    if (item.kind === "call") {
      const args = item.args.map((arg) => this.#value(arg)), kernel = item.kernel as LoopKernel;
      return (words, counters) => kernel.run(this.memory, args.map((value) => value(words, counters)));
    }
    const trips = this.#value({ offset: item.trips }), steps = item.items.map((i) => this.#step(i));
    return (words, counters) => {
      const count = trips(words, counters);
      for (let i = 0; i < count; i++) {
        counters.set(item.id, i);
        for (const step of steps) step(words, counters);
      }
    };
  }
}

class LoopDevice implements Device {
  readonly base = 64;
  readonly #program: Program;
  readonly apart: boolean;
  #words: Int32Array = new Int32Array(0);
  constructor(program: Program, later: boolean) {
    this.#program = program;
    this.apart = later;
  }
  get #memory(): Memory {
    return this.#program.memory;
  }
  grow(bytes: number): void {
    if (bytes > 2 ** 30) throw new LimitError(`no memory for a plan of ${bytes} bytes`);
    this.#memory.grow(bytes);
  }
  bind(words: Int32Array): void {
    this.#words = words;
  }
  write(address: number, bytes: Uint8Array): void {
    this.#memory.bytes(address, bytes.length).set(bytes);
  }
  read(address: number, bytes: number): Uint8Array | Promise<Uint8Array> {
    const own = this.#memory.bytes(address, bytes).slice();
    return this.apart ? new Promise((told) => setTimeout(() => told(own), 0)) : own;
  }
  run({ name }: Segment): void {
    const counters = new Map<number, number>();
    for (const step of this.#program.segments.get(name) ?? []) step(this.#words, counters);
  }
  close(): void {}
}

/** The engine; with `later` every read of its memory is a promise. */
export function loops(later: boolean): BackendDef {
  return engineBackend({
    name: later ? "loops-later" : "loops",
    summary: "TypeScript loops in the engines' room",
    available: () => Promise.resolve(true),
    target: { kernels: loopKernels, rules },
    open: (plan, table) => new LoopDevice(new Program(plan, table), later),
  });
}
