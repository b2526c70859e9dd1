/** A lowered graph: kernel calls, loops and host steps in order, with arguments that are known once dims are bound. @module */
import { addDims, type Dim } from "../../../../core/values/shape.ts";
import type { Node } from "../../../../core/graph/graph.ts";
import type { Step, Storage, View } from "../memory/views.ts";
import type { Kernel } from "../kernels.ts";

/** An argument: a number, or an address or extent that binding tells, moving with the loops around the call. */
export type Arg = number | {
  readonly storage?: Storage;
  readonly offset: Dim;
  readonly steps?: readonly Step[];
};

/** A kernel call. `reads` and `writes` are what lifetimes are made of. */
export interface Call {
  readonly kind: "call";
  readonly kernel: Kernel;
  readonly args: readonly Arg[];
  readonly reads: readonly Storage[];
  readonly writes: readonly Storage[];
  readonly nodes: readonly Node[];
  /** Elementwise calls may write over an input that lies the same way: pairs of (output, input) storages. */
  readonly inPlace: readonly (readonly [Storage, Storage])[] | undefined;
  /** A copy of a whole storage, byte for byte, onto what it replaces: it can go where the two may share memory. */
  readonly back: boolean;
}
/** A counted loop over calls. */
export interface Loop {
  readonly kind: "loop";
  readonly id: number;
  readonly trips: Dim;
  readonly items: Item[];
  readonly scope: string;
}
/** A node that runs on its plain kernel in TypeScript. */
export interface Host {
  readonly kind: "host";
  readonly node: Node;
  readonly inputs: readonly (HostValue | undefined)[];
  readonly outputs: readonly (HostValue | undefined)[];
}
/** A value as host steps see it: by its id, and its view where it lies in memory too. */
export interface HostValue {
  readonly id: number;
  readonly view?: View;
}
/** A step of a program. */
export type Item = Call | Loop | Host;

/** Items that run in one go on the engine. */
export interface Segment {
  readonly kind: "segment";
  /** Tells it from the others of its program. */
  readonly name: string;
  readonly items: readonly (Call | Loop)[];
}
/** What a session runs one after another. */
export type Stage = Segment | Host;

/** The address of a view, plus bytes. */
export function at(view: View, plus: Dim = 0): Arg {
  if (plus === 0) return view;
  return { storage: view.storage, offset: addDims(view.offset, plus), steps: view.steps };
}
/** An extent. */
export function extent(dim: Dim): Arg {
  return typeof dim === "number" ? dim : { offset: dim };
}

/** Every call of a list, those in loops too. */
export function* callsOf(items: readonly Item[]): Generator<Call> {
  for (const item of items) {
    if (item.kind === "call") yield item;
    else if (item.kind === "loop") yield* callsOf(item.items);
  }
}

/** Cuts a list at its host steps and after item `checked`; with `each` after every item, so that each can be timed. */
export function partsOf(items: readonly Item[], name: string, each: boolean, checked = -1): readonly Stage[] {
  const out: Stage[] = [];
  let run: (Call | Loop)[] = [];
  const close = () => {
    if (run.length > 0) out.push({ kind: "segment", name: `${name}_${out.length}`, items: run });
    run = [];
  };
  for (const [index, item] of items.entries()) {
    if (item.kind === "host") {
      close();
      out.push(item);
    } else run.push(item);
    if (each || index === checked) close();
  }
  close();
  return out;
}
