/** Dims as instructions: what `evalDim` computes, in float64, where whole numbers are exact and nothing wraps around. @module */
import { BackendError } from "../../../../core/values/errors.ts";
import { type Dim, dimKey, dimText } from "../../../../core/values/shape.ts";
import type { FunctionBuilder, PlainOp } from "../assembler/assembler.ts";

const operations: Readonly<Record<string, readonly PlainOp[]>> = {
  add: ["f64.add"],
  mul: ["f64.mul"],
  floordiv: ["f64.div", "f64.floor"],
  min: ["f64.min"],
  max: ["f64.max"],
};

/** Pushes dims in one function; an expression is computed where it comes up first, which has to be outside of branches. */
export class SizeCode {
  readonly #f: FunctionBuilder;
  readonly #known = new Map<string, number>();

  /** `symbols` are the float64 locals of the dims by name. */
  constructor(f: FunctionBuilder, symbols: ReadonlyMap<string, number>) {
    this.#f = f;
    for (const [name, local] of symbols) this.#known.set(name, local);
  }

  /** Pushes a dim as float64. */
  push(dim: Dim): void {
    const f = this.#f;
    if (typeof dim === "number") return void f.f64(dim);
    const key = dimKey(dim), known = this.#known.get(key);
    if (known !== undefined) return void f.get(known);
    if (typeof dim === "string" || "unknown" in dim) {
      throw new BackendError(`no input tells the size ${dimText(dim)}`);
    }
    this.push(dim.a);
    this.push(dim.b);
    const local = f.local("f64");
    f.op(...operations[dim.op] ?? []).tee(local);
    this.#known.set(key, local);
  }

  /** Turns the pushed float64 into int32, modulo 2³² as addresses and strides want it. */
  word(): void {
    this.#f.op("i64.trunc_sat_f64_s", "i32.wrap_i64");
  }
}
