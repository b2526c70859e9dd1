/** The kinds of plugins that models are made, trained, read and written with. @module */
import type { BackendDef } from "../graph/backend.ts";
import type { Lookup } from "../graph/lookup.ts";
import type { ArchitectureDef } from "../network/architecture.ts";
import type { NetworkKinds } from "../network/layer.ts";
import type { PartKinds } from "../training/contract.ts";
import type { FormatOf, SaverOf } from "./format.ts";
import type { PrinterDef } from "../values/printing.ts";

/** The plugin of each kind, for models `M` and their trainers `T`. */
export interface KindsOf<M extends { readonly registry: unknown }, T> extends NetworkKinds, PartKinds {
  /** An engine. */
  readonly backend: BackendDef;
  /** A class of models. */
  readonly architecture: ArchitectureDef;
  /** A file format. */
  readonly format: FormatOf<M>;
  /** What saves models. */
  readonly saver: SaverOf<M>;
  /** How tensors print. */
  readonly printer: PrinterDef;
  /** A trainer. */
  readonly trainer: T;
}
/** Plugins with a name for whoever brings them, which errors use. */
export interface BundleOf<P> {
  /** Whoever brings them, for messages. */
  readonly owner: string;
  /** The plugins. */
  readonly plugins: readonly P[];
}
/** Looks plugins of every kind up; immutable. */
export interface RegistryOf<M extends { readonly registry: unknown }, T> extends Lookup<KindsOf<M, T>> {
  /** A registry with more plugins. */
  with(
    ...more: readonly (KindsOf<M, T>[keyof KindsOf<M, T>] | BundleOf<KindsOf<M, T>[keyof KindsOf<M, T>]>)[]
  ): RegistryOf<M, T>;
}
