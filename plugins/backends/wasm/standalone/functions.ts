/** The module's other functions: `run`, `reset`, and the getters of addresses and sizes. @module */
import type { FunctionBuilder } from "../assembler/assembler.ts";
import type { ModulePlan, PortSlots } from "./moduleplan.ts";

/** Pushes a word of the table. */
function word(f: FunctionBuilder, { tableBase }: ModulePlan, slot: number): FunctionBuilder {
  return f.i32(0).mem("i32.load", tableBase + 4 * slot);
}

/**
 * Writes `run()`: 0; n where the nth lookup met an index out of range; −1 before dims are bound. All drivers but the first
 * replace states, once no lookup refused anything.
 */
export function emitRun(plan: ModulePlan, [main, ...replacing]: readonly number[]): void {
  const { m, control, states, compiled, kept } = plan;
  m.addFunction("run", [], ["i32"], (f) => {
    f.i32(0).mem("i32.load", control.bound).op("i32.eqz").if(() => f.i32(-1).op("return"));
    if (states.length > 0) {
      f.i32(0).mem("i32.load", control.held).op("i32.eqz").if(() => firstStates(f, plan));
    }
    for (const { slots } of states) {
      word(f, plan, slots.now);
      word(f, plan, slots.home);
      word(f, plan, slots.bytes).memoryCopy();
    }
    if (main !== undefined) f.call(main);
    const found = f.local("i32"), position = f.local("i32");
    compiled.lowering.statuses.forEach(({ storage }, i) => {
      const address = kept.get(compiled.owner(storage)) ?? 0;
      f.i32(0).mem("i32.load", address).tee(position).if(() => {
        f.i32(0).i32(0).mem("i32.store", address);
        f.get(found).op("i32.eqz").if(() => {
          f.i32(i + 1).set(found).i32(0).get(position).i32(1).op("i32.sub");
          f.mem("i32.store", control.position);
          f.i32(0).i32(0).mem("i64.load", address + 8).mem("i64.store", control.index);
        });
      });
    });
    f.get(found).if(() => f.get(found).op("return"));
    for (const driver of replacing) f.call(driver);
    for (const { slots } of states) {
      if (slots.next === undefined) continue;
      word(f, plan, slots.home);
      word(f, plan, slots.next);
      word(f, plan, slots.bytes).memoryCopy();
    }
    if (states.length > 0) f.i32(0).i32(1).mem("i32.store", control.held);
    f.i32(0);
  }, { export: true });
}
/** Puts every state to its first value, or zeros. */
function firstStates(f: FunctionBuilder, plan: ModulePlan): void {
  for (const { input, slots } of plan.states) {
    const value = plan.values.get(input.name);
    word(f, plan, slots.home).i32(value ?? 0);
    word(f, plan, slots.bytes);
    if (value === undefined) f.memoryFill();
    else f.memoryCopy();
  }
}

/** Writes `reset()`, after which states are what they were at first. */
export function emitReset({ m, control }: ModulePlan): void {
  m.addFunction("reset", [], [], (f) => void f.i32(0).i32(0).mem("i32.store", control.held), {
    export: true,
  });
}

/** Writes what tells addresses, bytes and sizes by the number of an input or output; −1 for one that isn't there. */
export function emitQuestions(plan: ModulePlan): void {
  const { m, inputs, outputs, control } = plan;
  const both: [string, readonly PortSlots[]][] = [["input", inputs], ["output", outputs]];
  for (const [what, ports] of both) {
    getter(plan, what, ports.map(({ address }) => address));
    getter(plan, `${what}_bytes`, ports.map(({ bytes }) => bytes));
    m.addFunction(`${what}_dim`, ["i32", "i32"], ["i32"], (f) => {
      ports.forEach(({ dims }, i) => {
        f.get(0).i32(i).op("i32.eq").if(() => answer(f, plan, 1, dims));
      });
      f.i32(-1);
    }, { export: true });
  }
  m.addFunction("fault_position", [], ["i32"], (f) => void f.i32(0).mem("i32.load", control.position), {
    export: true,
  });
  m.addFunction("fault_index", [], ["i64"], (f) => void f.i32(0).mem("i64.load", control.index), {
    export: true,
  });
  const defaults = inputs.map(({ name }) => plan.values.get(name));
  m.addFunction("use_default", ["i32"], ["i32"], (f) => {
    inputs.forEach(({ address, bytes }, i) => {
      const value = defaults[i];
      if (value === undefined) return;
      f.get(0).i32(i).op("i32.eq").if(() => {
        word(f, plan, address).i32(value);
        word(f, plan, bytes).memoryCopy().i32(0).op("return");
      });
    });
    f.i32(-1);
  }, { export: true });
}
function getter(plan: ModulePlan, name: string, slots: readonly number[]): void {
  plan.m.addFunction(name, ["i32"], ["i32"], (f) => {
    answer(f, plan, 0, slots);
    f.i32(-1);
  }, { export: true });
}
/** Returns the word whose number an argument holds, if there is one. */
function answer(f: FunctionBuilder, plan: ModulePlan, argument: number, slots: readonly number[]): void {
  slots.forEach((slot, i) => {
    f.get(argument).i32(i).op("i32.eq").if(() => word(f, plan, slot).op("return"));
  });
}
