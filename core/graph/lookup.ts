/** Plugins looked up by kind and name, whatever kinds there are. @module */

/** Looks plugins of some kinds up. A part of Lapis asks for the kinds that it needs, and no others. */
export interface Lookup<Kinds> {
  /** A plugin, or undefined. Operators outside ai.onnx are named `domain.Name`. */
  find<K extends keyof Kinds>(kind: K, name: string): Kinds[K] | undefined;
  /** A plugin. @throws {LapisError} that suggests the nearest name. */
  get<K extends keyof Kinds>(kind: K, name: string): Kinds[K];
  /** Every plugin of a kind, in the order they were listed. */
  all<K extends keyof Kinds>(kind: K): readonly Kinds[K][];
}
