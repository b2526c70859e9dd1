/** What a stand-alone module is made from: the plan with addresses, slots and states. @module */
import type { GraphInput } from "../../../../core/graph/graph.ts";
import type { Dim } from "../../../../core/values/shape.ts";
import type { ModuleBuilder } from "../assembler/assembler.ts";
import type { Plan } from "../../room/plan/plan.ts";
import type { Table } from "../../room/memory/table.ts";
import type { Storage } from "../../room/memory/views.ts";
import type { ModuleInfo } from "./info.ts";
import type { Blocks } from "./place.ts";

/** An input or output: slots of the table with its address, bytes and sizes. */
export interface PortSlots {
  readonly name: string;
  readonly address: number;
  readonly bytes: number;
  readonly dims: readonly number[];
}
/** A state that stays in the module between runs. */
export interface State {
  readonly input: GraphInput;
  readonly shape: readonly Dim[];
  /** Where it stays. */
  readonly home: Storage;
  /** Slots of where it stays, of where a run reads it, and of where a run leaves its successor. */
  readonly slots: {
    readonly home: number;
    readonly now: number;
    readonly next?: number;
    readonly bytes: number;
  };
}
/** Words that the module keeps for itself: their addresses. */
export interface Control {
  /** 1 once dims are bound. */
  readonly bound: number;
  /** 1 once a run has left states. */
  readonly held: number;
  /** Where a lookup's index was out of range, and (int64) that index. */
  readonly position: number;
  readonly index: number;
  /** The sizes that the states were made for, by axis. */
  readonly stateSizes: readonly { readonly dim: Dim; readonly address: number }[];
}
/** What the functions of a module share while they are written. */
export interface ModulePlan {
  readonly compiled: Plan;
  readonly info: ModuleInfo;
  readonly m: ModuleBuilder;
  readonly control: Control;
  readonly inputs: readonly PortSlots[];
  readonly outputs: readonly PortSlots[];
  readonly states: readonly State[];
  readonly blocks: Blocks;
  readonly table: Table;
  readonly tableBase: number;
  /** Addresses of what keeps its place. */
  readonly kept: ReadonlyMap<Storage, number>;
  /** First values of states and inputs that may be left out, by input. */
  readonly values: ReadonlyMap<string, number>;
  /** Address after all of that. */
  readonly end: number;
  readonly maxBytes: number;
}
