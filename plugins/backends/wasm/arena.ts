/** A session's memory: what is kept for its life, and an arena laid out anew for every binding of the dims. @module */
import { BackendError, LimitError } from "../../../core/errors.ts";
import { layoutArena } from "../../../core/plan.ts";
import { type DimEnv, evalDim } from "../../../core/shape.ts";
import type { Tensor } from "../../../core/tensor.ts";
import type { Compiled } from "./compile.ts";
import { readView, writeView } from "./memory.ts";
import type { Lives } from "./program.ts";
import type { Storage, View } from "./views.ts";

const PAGE = 65536;
/** Bytes that a kernel may touch beyond the end of a value. */
export const SLACK = 64;

/** What one binding of the dims fixes. */
export interface Bound {
  readonly table: Int32Array;
  readonly addresses: ReadonlyMap<Storage, number>;
  readonly arenaBytes: number;
  /** What the values in the arena take without the kernels' workspace. */
  valueBytes(): number;
}

/** The memory of one session. Sizes are checked before it grows, and views of its buffer are never kept. */
export class Arena {
  readonly memory: WebAssembly.Memory;
  readonly kept = new Map<Storage, number>();
  /** The binding whose table lies in memory. */
  current: Bound | undefined;
  readonly #c: Compiled;
  readonly #base: number;
  readonly #maxBytes: number;

  constructor(compiled: Compiled, maxBytes: number) {
    this.#c = compiled;
    this.#maxBytes = maxBytes;
    this.#base = this.#placeKept();
    this.#check(this.#base);
    this.memory = new WebAssembly.Memory({ initial: Math.ceil((this.#base + SLACK) / PAGE) });
  }

  #placeKept(): number {
    const { table, lowering, inputs, owner, keptBase } = this.#c;
    const all = new Set<Storage>();
    for (const slot of table.slots) if (slot.storage) all.add(slot.storage);
    for (const storage of [...lowering.constants.keys(), ...lowering.filled.keys()]) all.add(owner(storage));
    for (const view of inputs.values()) all.add(owner(view.storage));
    for (const status of lowering.statuses) all.add(owner(status.storage));
    let next = keptBase;
    for (const storage of all) {
      if (storage.kind !== "kept") continue;
      const bytes = evalDim(storage.bytes, new Map());
      if (bytes === undefined) throw new BackendError("a kept value has no fixed size");
      this.kept.set(storage, next);
      next = Math.ceil((next + bytes + SLACK) / 64) * 64;
    }
    return next;
  }
  #check(bytes: number): void {
    if (bytes + SLACK > this.#maxBytes) {
      throw new LimitError(`the plan takes ${bytes} bytes, more than the ${this.#maxBytes} allowed`);
    }
  }
  /** Writes a kept value. */
  put(storage: Storage, value: Tensor): void {
    const address = this.kept.get(this.#c.owner(storage));
    if (address !== undefined) writeView(this.memory.buffer, address, value);
  }
  /** Lays the arena out for bound dims; what `before` placed stays where it is. */
  lay(env: DimEnv, lives: Lives, before?: Bound): Bound {
    const storages: Storage[] = [],
      blocks: { bytes: number; from: number; to: number; value: boolean }[] = [];
    for (const [storage, from] of lives.from) {
      if (storage.kind !== "arena" || before?.addresses.has(storage)) continue;
      const bytes = evalDim(storage.bytes, env);
      if (bytes === undefined) continue;
      storages.push(storage);
      blocks.push({
        bytes: bytes + SLACK,
        from,
        to: lives.to.get(storage) ?? from,
        value: storage.what === "value",
      });
    }
    const start = before ? this.#base + before.arenaBytes : this.#base;
    const { offsets, bytes } = layoutArena(blocks);
    const end = start + bytes;
    this.#check(end);
    const addresses = new Map<Storage, number>(before?.addresses);
    storages.forEach((storage, i) => addresses.set(storage, start + (offsets[i] ?? 0)));
    const at = (storage: Storage) => this.kept.get(storage) ?? addresses.get(storage) ?? 0;
    return {
      table: this.#c.table.fill(env, at),
      addresses,
      arenaBytes: Math.ceil((end - this.#base) / 64) * 64,
      valueBytes: () => layoutArena(blocks.filter((b) => b.value)).bytes + (before?.valueBytes() ?? 0),
    };
  }
  /** Makes room and puts a binding's table where the module reads it. */
  use(bound: Bound): void {
    if (this.current === bound) return;
    const missing = this.#base + bound.arenaBytes + SLACK - this.memory.buffer.byteLength;
    if (missing > 0) {
      try {
        this.memory.grow(Math.ceil(missing / PAGE));
      } catch {
        throw new LimitError(`no memory for a plan of ${this.#base + bound.arenaBytes} bytes`);
      }
    }
    new Int32Array(this.memory.buffer, this.#c.tableBase, bound.table.length).set(bound.table);
    this.current = bound;
  }
  /** Where a value lies. */
  addressOf(bound: Bound, storage: Storage): number {
    const s = this.#c.owner(storage);
    const address = this.kept.get(s) ?? bound.addresses.get(s);
    if (address === undefined) throw new BackendError("a value has no place in memory");
    return address;
  }

  /** Reads a view as a tensor of its own. */
  read(bound: Bound, view: View, env: DimEnv): Tensor {
    return readView(this.memory.buffer, this.addressOf(bound, view.storage), view, env);
  }
}
