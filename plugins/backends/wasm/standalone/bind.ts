/** `bind`: checks the dims, lays out the arena, makes room, and fills the table that the module's code reads. @module */
import { BackendError } from "../../../../core/values/errors.ts";
import { type Dim, eachSymbol } from "../../../../core/values/shape.ts";
import { SLACK } from "../../room/target.ts";
import type { FunctionBuilder } from "../assembler/assembler.ts";
import { elementBytes, type Storage } from "../../room/memory/views.ts";
import type { ModulePlan } from "./moduleplan.ts";
import { SizeCode } from "./sizecode.ts";

const PAGE = 65536;
/** What `bind` returns. */
const OK = 0, SIZES = 1, MEMORY = 2, STATES = 3;

/** Writes `bind(dims…)`: 0, or why not: 1 sizes that don't fit, 2 no memory, 3 states that another size holds. */
export function emitBind(plan: ModulePlan): void {
  const { m, info, control, states, blocks, end, maxBytes } = plan;
  const place = blocks.emitPlace(m);
  m.addFunction("bind", info.dims.map(() => "i32"), ["i32"], (f) => {
    const stop = (code: number) => void f.if(() => f.i32(code).op("return"));
    f.i32(0).i32(0).mem("i32.store", control.bound);
    const symbols = new Map(info.dims.map((name, i) => {
      const local = f.local("f64");
      f.get(i).op("f64.convert_i32_s").set(local).get(local).f64(0).op("f64.lt");
      stop(SIZES);
      return [name, local] as const;
    }));
    const code = new SizeCode(f, symbols);
    const told = (dim: Dim) => {
      let all = true;
      eachSymbol(dim, (name) => all &&= symbols.has(name));
      return all;
    };
    const negative = (dim: Dim) => {
      code.push(dim);
      // Not a number, where a size was divided by zero, is no size either.
      f.f64(0).op("f64.ge", "i32.eqz");
      stop(SIZES);
    };
    for (const { a, b } of plan.compiled.agreements) {
      if (!told(a) || !told(b)) continue;
      code.push(a);
      code.push(b);
      f.op("f64.ne");
      stop(SIZES);
    }
    checkStates(f, plan, code, stop);

    for (const storage of blocks.list) {
      if (typeof storage.bytes === "number") continue;
      negative(storage.bytes);
      blocks.setBytes(f, storage, () => {
        code.push(storage.bytes);
        f.f64(SLACK).op("f64.add");
      });
    }
    const homes = new Map<Storage, number>(), arena = f.local("f64");
    f.f64(end).set(arena);
    for (const { home } of states) {
      const local = f.local("f64");
      homes.set(home, local);
      f.get(arena).set(local).get(arena);
      code.push(home.bytes);
      f.f64(SLACK + 63).op("f64.add").f64(64).op("f64.div", "f64.floor").f64(64).op("f64.mul", "f64.add").set(
        arena,
      );
    }
    const total = f.local("f64"), missing = f.local("i32");
    f.get(arena).call(place).f64(SLACK).op("f64.add", "f64.add").tee(total);
    f.f64(maxBytes).op("f64.le", "i32.eqz");
    stop(MEMORY);
    f.get(total).f64(PAGE).op("f64.div", "f64.ceil");
    code.word();
    f.op("memory.size", "i32.sub").tee(missing).i32(0).op("i32.gt_s").if(() => {
      f.get(missing).op("memory.grow").i32(-1).op("i32.eq");
      stop(MEMORY);
    });
    fillTable(f, plan, code, arena, homes);
    fillContents(f, plan, code);
    for (const { dim, address } of control.stateSizes) {
      f.i32(address);
      code.push(dim);
      code.word();
      f.mem("i32.store");
    }
    f.i32(0).i32(1).mem("i32.store", control.bound).i32(OK);
  }, { export: true });
}

/** States that a run has left fit only the sizes they were made for; first values have sizes of their own. */
function checkStates(
  f: FunctionBuilder,
  plan: ModulePlan,
  code: SizeCode,
  stop: (code: number) => void,
): void {
  const { control, states } = plan;
  for (const { input, shape } of states) {
    shape.forEach((dim, axis) => {
      if (!input.value || typeof dim === "number") return;
      code.push(dim);
      f.f64(input.value.shape[axis] ?? 0).op("f64.ne");
      stop(SIZES);
    });
  }
  for (const { dim, address } of control.stateSizes) {
    code.push(dim);
    code.word();
    f.i32(0).mem("i32.load", address).op("i32.ne").i32(0).mem("i32.load", control.held).op("i32.and");
    stop(STATES);
  }
}

/** Words of the table that depend on the dims. */
function fillTable(
  f: FunctionBuilder,
  { table, tableBase, kept, blocks, compiled }: ModulePlan,
  code: SizeCode,
  arena: number,
  homes: ReadonlyMap<Storage, number>,
): void {
  table.slots.forEach(({ storage, dim }, i) => {
    if (typeof dim === "number" && storage?.kind !== "arena") return;
    f.i32(tableBase + 4 * i);
    code.push(dim);
    if (storage) {
      const home = homes.get(storage), address = kept.get(storage);
      if (home !== undefined) f.get(home);
      else if (address !== undefined) f.f64(address);
      else if (compiled.lives.from.has(storage)) {
        blocks.pushOffset(f, storage);
        f.get(arena).op("f64.add");
      } else throw new BackendError("a value has no place in memory");
      f.op("f64.add");
    }
    code.word();
    f.mem("i32.store");
  });
}

/** Integer values that follow from the dims; a session has written those that are the same for every binding. */
function fillContents(f: FunctionBuilder, { compiled, kept }: ModulePlan, code: SizeCode): void {
  for (const [storage, { dims, dtype }] of compiled.lowering.filled) {
    const address = kept.get(compiled.owner(storage)), bytes = elementBytes(dtype);
    if (address === undefined || dims.every((d) => typeof d === "number")) continue;
    dims.forEach((dim, i) => {
      f.i32(address + i * bytes);
      code.push(dim);
      f.op("i64.trunc_sat_f64_s");
      if (bytes === 8) f.mem("i64.store");
      else f.op("i32.wrap_i64").mem(bytes === 4 ? "i32.store" : bytes === 2 ? "i32.store16" : "i32.store8");
    });
  }
}
