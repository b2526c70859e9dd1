/** The arena laid out by the module itself, by the size of its blocks or, where they are many, in the order of time. @module */
import { BackendError } from "../../../../core/values/errors.ts";
import { item } from "../../../../core/values/item.ts";
import { type DimEnv, eachSymbol, evalDim } from "../../../../core/values/shape.ts";
import { SLACK } from "../../room/target.ts";
import type { FunctionBuilder, ModuleBuilder } from "../assembler/assembler.ts";
import { type Event, eventsOf, FEW } from "../../room/memory/layout.ts";
import type { Lives } from "../../room/memory/lifetimes.ts";
import { emitInTime, RECORD_IN_TIME } from "./intime.ts";
import type { Storage } from "../../room/memory/views.ts";

/** A block's record in memory: bytes and offset as float64; first and last step as int32, or what `intime.ts` needs. */
export const OFFSET = 8;
const FROM = 16, TO = 20;
const ALIGN = 64;

/** The arena's blocks with their records. */
export class Blocks {
  readonly list: readonly Storage[];
  readonly #base: number;
  readonly #records: ReadonlyMap<Storage, number>;
  readonly #lives: Lives;
  /** Bytes of a record. */
  readonly #record: number;
  /** The order in which blocks begin and end, where it is that of time: its words stand after the records. */
  readonly #events: readonly Event[] | undefined;

  /** More than `few` blocks are laid out in the order of time, which takes no more than time in proportion. */
  constructor(lives: Lives, base: number, few: number = FEW) {
    this.#lives = lives;
    this.#base = base;
    const sizes = new Map(
      [...lives.from.keys()].filter((s) => s.kind === "arena").map((s) => [s, typical(s)]),
    );
    // The order only makes the layout tight, so one for sizes in the middle does for all.
    const bySize = () =>
      [...sizes].sort(([a, m], [b, n]) => n - m || a.id - b.id).map(([storage]) => storage);
    const many = sizes.size > few;
    this.list = many ? [...sizes.keys()] : bySize();
    this.#record = many ? RECORD_IN_TIME : 24;
    this.#records = new Map(this.list.map((storage, i) => [storage, base + i * this.#record]));
    if (!many) return;
    const blocks = this.list.map((storage) => ({
      bytes: (sizes.get(storage) ?? 0) + SLACK,
      ...livesOf(lives, storage),
    }));
    this.#events = eventsOf(blocks, ALIGN);
  }
  get #afterRecords(): number {
    return this.#base + this.list.length * this.#record;
  }
  /** Address after the last record and event. */
  get end(): number {
    return this.#afterRecords + 4 * (this.#events?.length ?? 0);
  }
  #recordOf(storage: Storage): number {
    const address = this.#records.get(storage);
    if (address === undefined) throw new BackendError("a value has no place in memory");
    return address;
  }
  /** Records and events as they are before the dims are bound. */
  data(): Uint8Array {
    const bytes = new Uint8Array(this.end - this.#base), view = new DataView(bytes.buffer);
    this.list.forEach((storage, i) => {
      const size = evalDim(storage.bytes, new Map()), { from, to } = livesOf(this.#lives, storage);
      view.setFloat64(i * this.#record, (size ?? 0) + SLACK, true);
      if (this.#events) return;
      view.setInt32(i * this.#record + FROM, from, true);
      view.setInt32(i * this.#record + TO, to, true);
    });
    this.#events?.forEach(({ block, ends }, i) => {
      const word = this.#recordOf(item(this.list, block)) + (ends ? 1 : 0);
      view.setUint32(this.#afterRecords - this.#base + 4 * i, word, true);
    });
    return bytes;
  }
  /** Stores a block's bytes; `push` pushes them. */
  setBytes(f: FunctionBuilder, storage: Storage, push: () => void): void {
    f.i32(this.#recordOf(storage));
    push();
    f.mem("f64.store");
  }
  /** Pushes where a block lies in the arena, as float64. */
  pushOffset(f: FunctionBuilder, storage: Storage): void {
    f.i32(this.#recordOf(storage)).mem("f64.load", OFFSET);
  }

  /** A function that places all blocks and returns the arena's bytes as float64. */
  emitPlace(m: ModuleBuilder): number {
    return this.#events ? emitInTime(m, this.#afterRecords, this.end, ALIGN) : this.#emitBySize(m);
  }
  /** Largest first, each at the lowest gap that fits. */
  #emitBySize(m: ModuleBuilder): number {
    return m.addFunction("place", [], ["f64"], (f) => {
      const [block, other, from, to] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
      const [bytes, start, total] = [f.local("f64"), f.local("f64"), f.local("f64")];
      f.i32(this.#base).set(block);
      f.block((done) => {
        f.loop((next) => {
          f.get(block).i32(this.#afterRecords).op("i32.ge_u").brIf(done);
          f.get(block).mem("f64.load").set(bytes).get(block).mem("i32.load", FROM).set(from);
          f.get(block).mem("i32.load", TO).set(to).f64(0).set(start);
          f.loop((again) => {
            f.i32(this.#base).set(other);
            f.block((fits) => {
              f.loop((scan) => {
                f.get(other, block).op("i32.eq").brIf(fits);
                this.#pushClash(f, { other, from, to, start, bytes });
                f.if(() => {
                  f.get(other).mem("f64.load").get(other).mem("f64.load", OFFSET).op("f64.add");
                  f.f64(ALIGN).op("f64.div", "f64.ceil").f64(ALIGN).op("f64.mul").set(start).br(again);
                });
                f.inc(other, this.#record).br(scan);
              });
            });
          });
          f.get(block, start).mem("f64.store", OFFSET);
          f.get(total, start, bytes).op("f64.add", "f64.max").set(total);
          f.inc(block, this.#record).br(next);
        });
      });
      f.get(total);
    });
  }
  /** Pushes whether a block that was placed lives at the same time and in the same place. */
  #pushClash(
    f: FunctionBuilder,
    l: { readonly other: number; readonly from: number; readonly to: number; start: number; bytes: number },
  ): void {
    f.get(l.other).mem("i32.load", TO).get(l.from).op("i32.ge_s");
    f.get(l.other).mem("i32.load", FROM).get(l.to).op("i32.le_s", "i32.and");
    f.get(l.start, l.other).mem("f64.load").get(l.other).mem("f64.load", OFFSET).op("f64.add", "f64.lt");
    f.op("i32.and").get(l.other).mem("f64.load", OFFSET).get(l.start, l.bytes).op(
      "f64.add",
      "f64.lt",
      "i32.and",
    );
  }
}

const livesOf = ({ from, to }: Lives, storage: Storage) => {
  const first = from.get(storage), last = to.get(storage);
  if (first === undefined || last === undefined) throw new BackendError("a value of the arena is never used");
  return { from: first, to: last };
};
/** Bytes with every symbol at 32. */
function typical(storage: Storage): number {
  const env = new Map<string, number>();
  eachSymbol(storage.bytes, (name) => env.set(name, 32));
  return evalDim(storage.bytes, env satisfies DimEnv) ?? 0;
}
