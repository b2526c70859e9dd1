/** Blocks placed in the order of time, each in the smallest gap that is free then, as `layoutInTime` does it. @module */
import type { FunctionBuilder, ModuleBuilder } from "../assembler/assembler.ts";

/** A block's record: bytes and offset; then, once it has ended, the gap that it left: start, end and the next gap's record. */
const OFFSET = 8, START = 16, END = 24, NEXT = 32;
/** Bytes of a record. */
export const RECORD_IN_TIME = 40;

/** Locals of the function. */
interface Locals {
  /** A block's record, the first gap's, and those of a walk over the gaps: one, the one before, and the one before that. */
  readonly block: number;
  readonly head: number;
  readonly gap: number;
  readonly before: number;
  readonly earlier: number;
  /** The best gap and the one before it. */
  readonly best: number;
  readonly bestBefore: number;
  /** Bytes: of the block, of a gap, of the best gap; the arena's top, and the most it ever took. */
  readonly size: number;
  readonly room: number;
  readonly least: number;
  readonly top: number;
  readonly total: number;
}

/**
 * A function that goes through the words of events from `first` to `last`, a record's address each, plus 1 where the block ends.
 * Returns the arena's bytes as float64.
 */
export function emitInTime(m: ModuleBuilder, first: number, last: number, align: number): number {
  return m.addFunction("place", [], ["f64"], (f) => {
    const [
      event = 0,
      ends = 0,
      block = 0,
      head = 0,
      gap = 0,
      before = 0,
      earlier = 0,
      best = 0,
      bestBefore = 0,
    ] = f
      .locals("i32", 9);
    const [size = 0, room = 0, least = 0, top = 0, total = 0] = f.locals("f64", 5);
    const l: Locals = { block, head, gap, before, earlier, best, bestBefore, size, room, least, top, total };
    f.i32(first).set(event);
    f.block((done) => {
      f.loop((next) => {
        f.get(event).i32(last).op("i32.ge_u").brIf(done);
        f.get(event).mem("i32.load").tee(block).i32(1).op("i32.and").set(ends);
        f.get(block, ends).op("i32.sub").tee(block).mem("f64.load").f64(align).op("f64.div", "f64.ceil");
        f.f64(align).op("f64.mul").set(size);
        f.get(head).set(gap).i32(0).set(before).i32(0).set(earlier);
        f.get(ends).if(() => give(f, l), () => take(f, l));
        f.inc(event, 4).br(next);
      });
    });
    f.get(total);
  });
}

/** Runs `body` for gap after gap, until it leaves or there is none. */
function walk(f: FunctionBuilder, l: Locals, body: (leave: { readonly depth: number }) => void): void {
  f.block((leave) => {
    f.loop((again) => {
      f.get(l.gap).op("i32.eqz").brIf(leave);
      body(leave);
      f.get(l.before).set(l.earlier).get(l.gap).tee(l.before).mem("i32.load", NEXT).set(l.gap).br(again);
    });
  });
}
/** Makes what stands on the stack the gap after another's record, or the first. */
function link(f: FunctionBuilder, l: Locals, after: number, push: () => void): void {
  f.get(after).if(() => {
    f.get(after);
    push();
    f.mem("i32.store", NEXT);
  }, () => {
    push();
    f.set(l.head);
  });
}

/** The block takes the smallest gap that it fits in, or the top. */
function take(f: FunctionBuilder, l: Locals): void {
  f.i32(0).set(l.best).f64(Infinity).set(l.least);
  walk(f, l, () => {
    f.get(l.gap).mem("f64.load", END).get(l.gap).mem("f64.load", START).op("f64.sub").tee(l.room);
    f.get(l.size).op("f64.ge").get(l.room, l.least).op("f64.lt", "i32.and").if(() => {
      f.get(l.gap).set(l.best).get(l.before).set(l.bestBefore).get(l.room).set(l.least);
    });
  });
  f.get(l.best).if(() => {
    f.get(l.block, l.best).mem("f64.load", START).mem("f64.store", OFFSET);
    f.get(l.least, l.size).op("f64.eq").if(
      () => link(f, l, l.bestBefore, () => f.get(l.best).mem("i32.load", NEXT)),
      () => f.get(l.best, l.best).mem("f64.load", START).get(l.size).op("f64.add").mem("f64.store", START),
    );
  }, () => {
    f.get(l.block, l.top).mem("f64.store", OFFSET);
    f.get(l.top, l.size).op("f64.add").set(l.top);
  });
  f.get(l.total).get(l.block).mem("f64.load", OFFSET).get(l.block).mem("f64.load").op("f64.add", "f64.max")
    .set(l.total);
}

/** The block's memory becomes a gap, joined to those beside it; one at the top goes. */
function give(f: FunctionBuilder, l: Locals): void {
  const start = () => f.get(l.block).mem("f64.load", OFFSET), end = () => start().get(l.size).op("f64.add");
  walk(f, l, (leave) => {
    f.get(l.gap).mem("f64.load", START);
    start().op("f64.gt").brIf(leave);
  });
  // The gap before takes the block, or the block's record becomes a gap of its own.
  const apart = () => {
    link(f, l, l.before, () => f.get(l.block));
    f.get(l.block);
    start().mem("f64.store", START).get(l.block, l.gap).mem("i32.store", NEXT);
    f.get(l.before).set(l.earlier).get(l.block).set(l.before);
  };
  f.get(l.before).if(() => {
    f.get(l.before).mem("f64.load", END);
    start().op("f64.ne").if(apart);
  }, apart);
  f.get(l.before);
  end().mem("f64.store", END);
  f.get(l.gap).if(() => {
    f.get(l.gap).mem("f64.load", START);
    end().op("f64.eq").if(() => {
      f.get(l.before, l.gap).mem("f64.load", END).mem("f64.store", END);
      f.get(l.before, l.gap).mem("i32.load", NEXT).tee(l.gap).mem("i32.store", NEXT);
    });
  });
  f.get(l.before).mem("f64.load", END).get(l.top).op("f64.eq").if(() => {
    f.get(l.before).mem("f64.load", START).set(l.top);
    link(f, l, l.earlier, () => f.i32(0));
  });
}
