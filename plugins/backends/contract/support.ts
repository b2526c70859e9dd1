/** What the groups of the contract share: how tests are registered, small graphs, and values to compare. @module */
import { createRegistry, type Registry } from "../../../core/registry.ts";
import type { BackendDef, Session, SessionOptions } from "../../../core/graph/backend.ts";
import { GraphBuilder } from "../../../core/graph/builder.ts";
import type { Graph, Role } from "../../../core/graph/graph.ts";
import { networkOps } from "../../../core/ops/mod.ts";
import { type TensorType, tensorType } from "../../../core/values/shape.ts";
import { isTensor, type RuntimeValue, type Tensor, tensor, toNumbers } from "../../../core/values/tensor.ts";

/** Operators of networks, and nothing else. */
export const registry: Registry = createRegistry([{ owner: "core", plugins: networkOps }]);

/** Compiles for the backend under test; the session is closed at the test's end. */
export type Open = (graph: Graph, options?: Omit<SessionOptions, "registry">) => Promise<Session>;
/** Registers one test. */
export type Test = (what: string, run: (open: Open, def: BackendDef) => Promise<void>) => void;

/** Roles of what a session holds. */
export const heldRoles: readonly Role[] = ["parameter", "statistic", "slot", "state"];
/** A type of float32. */
export const f32 = (...shape: (number | string)[]): TensorType => tensorType("float32", shape);
/** The elements of a tensor. */
export function numbers(value: RuntimeValue | undefined): number[] {
  if (!isTensor(value)) throw new TypeError("expected a tensor");
  return [...toNumbers(value)];
}
/** A vector of int64. */
export const ids = (...list: number[]): Tensor => tensor(list, [list.length], "int64");
/** A graph of a few operators. */
export function graphOf(fill: (b: GraphBuilder) => void): Graph {
  const b = new GraphBuilder(registry, { name: "contract" });
  fill(b);
  return b.build();
}
/** y = w · x + s, and s grows by one. */
export const stateful = (): Graph =>
  graphOf((b) => {
    const x = b.input("x", f32("batch", 2));
    const w = b.input("w", f32(2), "parameter", tensor([2, 3]));
    const s = b.input("s", f32("batch", 1), "state");
    b.output("y", b.add(b.mul(x, w), s));
    b.output("next", b.add(s, b.scalar(1)), "s");
  });
/** What {@link stateful} is fed. */
export const one: { readonly x: Tensor } = { x: tensor([[1, 1]]) };
/** y = −x. */
export const still = (): Graph => graphOf((b) => b.output("y", b.neg(b.input("x", f32("n")))));
/** Two values that change before and after rows are looked up that may not be there. */
export const looking = (role: Role): Graph =>
  graphOf((b) => {
    const x = b.input("x", f32(2)), rows = b.input("ids", tensorType("int64", ["n"]));
    const v = b.input("v", f32(2), role, tensor([0, 0])), w = b.input("w", f32(2), role, tensor([1, 2]));
    b.output("v2", b.add(v, x), "v");
    b.output("y", b.gather(b.constant(tensor([1, 2, 3])), rows));
    b.output("w2", b.mul(w, x), "w");
  });
/** Every element of several values, in order. */
export async function read(session: Session, ...names: string[]): Promise<number[][]> {
  return (await Promise.all(names.map((name) => session.read(name)))).map(numbers);
}
