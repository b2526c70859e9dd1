/** A session's memory: what is kept for its life, and an arena laid out anew for every binding of the dims. @module */
import { BackendError, LimitError } from "../../../../core/values/errors.ts";
import { type DimEnv, evalDim } from "../../../../core/values/shape.ts";
import type { Tensor } from "../../../../core/values/tensor.ts";
import type { Plan } from "../plan/plan.ts";
import { type Device, SLACK } from "../target.ts";
import { layoutArena, type Lifetime } from "./layout.ts";
import type { Lives } from "./lifetimes.ts";
import type { Table } from "./table.ts";
import { bindView, bytesOf, tensorFrom } from "./tensors.ts";
import type { Storage, View } from "./views.ts";

/** What one binding of the dims fixes. */
export interface Bound {
  readonly words: Int32Array;
  readonly addresses: ReadonlyMap<Storage, number>;
  readonly arenaBytes: number;
  /** What the values in the arena take without the kernels' workspace. */
  valueBytes(): number;
}

/** The memory of one session. Sizes are checked before it grows. */
export class Arena {
  readonly kept = new Map<Storage, number>();
  /** The binding whose words the device has. */
  current: Bound | undefined;
  readonly #plan: Plan;
  readonly #table: Table;
  readonly #device: Device;
  readonly #base: number;
  readonly #maxBytes: number;

  constructor(plan: Plan, table: Table, device: Device, maxBytes: number) {
    this.#plan = plan;
    this.#table = table;
    this.#device = device;
    this.#maxBytes = maxBytes;
    this.#base = this.#placeKept();
    this.#check(this.#base);
    device.grow(this.#base + SLACK);
  }

  #placeKept(): number {
    const { lowering, inputs, owner } = this.#plan;
    const all = new Set<Storage>();
    for (const slot of this.#table.slots) if (slot.storage) all.add(slot.storage);
    for (const storage of [...lowering.constants.keys(), ...lowering.filled.keys()]) all.add(owner(storage));
    for (const view of inputs.values()) all.add(owner(view.storage));
    for (const status of lowering.statuses) all.add(owner(status.storage));
    let next = this.#device.base;
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
    const address = this.kept.get(this.#plan.owner(storage));
    if (address !== undefined) this.#device.write(address, bytesOf(value));
  }
  /** Lays the arena out for bound dims; what `before` placed stays where it is. */
  lay(env: DimEnv, lives: Lives, before?: Bound): Bound {
    const storages: Storage[] = [], blocks: (Lifetime & { readonly value: boolean })[] = [];
    for (const [storage, from] of lives.from) {
      if (storage.kind !== "arena" || before?.addresses.has(storage)) continue;
      const bytes = evalDim(storage.bytes, env);
      if (bytes === undefined) continue;
      const to = lives.to.get(storage) ?? from;
      storages.push(storage);
      blocks.push({ bytes: bytes + SLACK, from, to, value: storage.what === "value" });
    }
    const start = before ? this.#base + before.arenaBytes : this.#base;
    const { offsets, bytes } = layoutArena(blocks);
    const end = start + bytes;
    this.#check(end);
    const addresses = new Map<Storage, number>(before?.addresses);
    storages.forEach((storage, i) => addresses.set(storage, start + (offsets[i] as number)));
    const at = (storage: Storage) => this.kept.get(storage) ?? addresses.get(storage) ?? 0;
    return {
      words: this.#table.fill(env, at),
      addresses,
      arenaBytes: Math.ceil((end - this.#base) / 64) * 64,
      valueBytes: () => layoutArena(blocks.filter((b) => b.value)).bytes + (before?.valueBytes() ?? 0),
    };
  }
  /** Makes room and hands a binding's words to the device. */
  use(bound: Bound): void {
    if (this.current === bound) return;
    this.#device.grow(this.#base + bound.arenaBytes + SLACK);
    this.#device.bind(bound.words);
    this.current = bound;
  }
  /** Where a value lies. */
  addressOf(bound: Bound | undefined, storage: Storage): number {
    const s = this.#plan.owner(storage);
    const address = this.kept.get(s) ?? bound?.addresses.get(s);
    if (address === undefined) throw new BackendError("a value has no place in memory");
    return address;
  }
  /** Writes a value where its storage lies. */
  write(bound: Bound, storage: Storage, value: Tensor): void {
    this.#device.write(this.addressOf(bound, storage), bytesOf(value));
  }
  /** Reads a view as a tensor of its own. */
  read(bound: Bound | undefined, view: View, env: DimEnv): Tensor | Promise<Tensor> {
    const place = bindView(view, env), address = this.addressOf(bound, view.storage) + place.start;
    const bytes = this.#device.read(address, place.bytes), { dtype } = view;
    return bytes instanceof Uint8Array
      ? tensorFrom(bytes, place, dtype)
      : bytes.then((own) => tensorFrom(own, place, dtype));
  }
}
