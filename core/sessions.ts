/** A model's compiled sessions: one a mode, made when first used, their weights and states kept equal. @module */
import type { BackendDef, CompileOptions, Session } from "./backend.ts";
import { BackendError } from "./errors.ts";
import type { Graph } from "./graph.ts";
import type { Registry } from "./registry.ts";
import type { RuntimeValue, Tensor } from "./tensor.ts";

/** Backends in the order they are tried when none is named. */
const preferred = ["wasm", "plain", "onnxruntime"];

/**
 * The backend with a name, or the first available one where none is named.
 * @throws {BackendError} saying why it is not available.
 */
export async function chooseBackend(registry: Registry, name?: string): Promise<BackendDef> {
  if (name !== undefined) {
    const found = registry.find("backend", name);
    if (!found) {
      const names = registry.all("backend").map((b) => b.name).join(", ") || "none";
      throw new BackendError(`no backend named ${name}: there are ${names}`);
    }
    const why = await found.available();
    if (why !== true) throw new BackendError(`backend ${name} is not available: ${why}`);
    return found;
  }
  const reasons: string[] = [];
  for (const candidate of preferred) {
    const found = registry.find("backend", candidate);
    const why = found ? await found.available() : "not registered";
    if (found && why === true) return found;
    reasons.push(`${candidate}: ${why}`);
  }
  throw new BackendError(`no backend is available (${reasons.join("; ")})`);
}

interface Entry {
  readonly graph: Graph;
  readonly session: Session;
  /** When each value in this session was last right. */
  readonly seen: Map<string, number>;
}

/** Makes a session out of a graph. */
export type Compile = (graph: Graph) => Promise<Session>;

/** Sessions by mode. Runs wait for one another, since a session holds one run's activations. */
export class Sessions {
  readonly #registry: Registry;
  readonly #options: Omit<CompileOptions, "registry">;
  readonly #around: (graph: Graph, compile: Compile) => Promise<Session>;
  #backendName: string | undefined;
  #backend: BackendDef | undefined;
  readonly #others = new Map<string, BackendDef>();
  readonly #entries = new Map<string, Promise<Entry>>();
  readonly #ready = new Map<string, Entry>();
  /** Values that a run changed: where the newest one is, and since when. */
  readonly #changed = new Map<string, { readonly key: string; readonly at: number }>();
  #clock = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** Sessions on the named backend, or the first available one; `around` may put another session around each. */
  constructor(
    registry: Registry,
    backend: string | undefined,
    options: Omit<CompileOptions, "registry">,
    around = (graph: Graph, compile: Compile): Promise<Session> => compile(graph),
  ) {
    this.#registry = registry;
    this.#around = around;
    this.#backendName = backend;
    this.#options = options;
  }

  /** The backend's name, once one was chosen or where it was asked for. */
  get backend(): string | undefined {
    return this.#backend?.name ?? this.#backendName;
  }

  /** The engine for a session: the model's, or another that was asked for by name. */
  async #engine(name: string | undefined): Promise<BackendDef> {
    if (name === undefined || name === this.backend) {
      return this.#backend ??= await chooseBackend(this.#registry, this.#backendName);
    }
    const known = this.#others.get(name) ?? await chooseBackend(this.#registry, name);
    this.#others.set(name, known);
    return known;
  }

  async #open(key: string, make: () => Graph, backend?: string): Promise<Entry> {
    if (this.#closed) throw new BackendError("the model was closed");
    const known = this.#entries.get(key);
    if (known) return await known;
    const opening = (async () => {
      const engine = await this.#engine(backend);
      const graph = make();
      const options = { ...this.#options, registry: this.#registry };
      const session = await this.#around(graph, (g) => engine.compile(g, options));
      const entry: Entry = { graph, session, seen: new Map() };
      this.#ready.set(key, entry);
      return entry;
    })();
    this.#entries.set(key, opening);
    try {
      return await opening;
    } catch (error) {
      this.#entries.delete(key);
      throw error;
    }
  }

  /** The session of a mode, compiled when first asked for, its weights up to date. */
  async session(key: string, make: () => Graph, backend?: string): Promise<Session> {
    const entry = await this.#open(key, make, backend);
    this.#refresh(key, entry);
    return entry.session;
  }

  #refresh(key: string, entry: Entry): void {
    for (const input of entry.graph.inputs) {
      const newest = this.#changed.get(input.name);
      if (!newest || newest.key === key || (entry.seen.get(input.name) ?? 0) >= newest.at) continue;
      const from = this.#ready.get(newest.key);
      if (from) entry.session.write(input.name, from.session.read(input.name));
      entry.seen.set(input.name, newest.at);
    }
  }

  /** Runs a mode's session once, on the model's engine unless another is named. */
  run(
    key: string,
    make: () => Graph,
    inputs: Readonly<Record<string, RuntimeValue>>,
    backend?: string,
  ): Promise<Record<string, RuntimeValue>> {
    const turn = this.#queue.then(async () => {
      const entry = await this.#open(key, make, backend);
      this.#refresh(key, entry);
      const results = await entry.session.run(inputs);
      const at = ++this.#clock;
      for (const { updates } of entry.graph.outputs) {
        if (updates !== undefined) this.#changed.set(updates, { key, at });
      }
      return results;
    });
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Values that runs changed, read from where they are newest. */
  *changed(): Generator<readonly [string, Tensor]> {
    for (const [path, { key }] of this.#changed) {
      const entry = this.#ready.get(key);
      if (entry) yield [path, entry.session.read(path)];
    }
  }
  /** One value that runs changed, where it is newest. */
  value(path: string): Tensor | undefined {
    const newest = this.#changed.get(path), entry = newest && this.#ready.get(newest.key);
    return entry?.session.read(path);
  }
  /** Puts a value into one session, from which the others get it. */
  place(key: string, path: string, value: Tensor): void {
    const entry = this.#ready.get(key);
    if (!entry) throw new BackendError(`there is no session ${key} yet`);
    entry.session.write(path, value);
    this.#changed.set(path, { key, at: ++this.#clock });
  }
  /** Frees the sessions whose key begins with `prefix`; what they changed is handed on to the others. */
  drop(prefix: string): void {
    for (const [path, { key }] of [...this.#changed]) {
      if (!key.startsWith(prefix)) continue;
      const value = this.value(path);
      if (value) this.write(path, value);
    }
    for (const [key, { session }] of [...this.#ready]) {
      if (!key.startsWith(prefix)) continue;
      session.close();
      this.#ready.delete(key);
      this.#entries.delete(key);
    }
  }
  /** Writes a value into every session that has it. */
  write(path: string, value: Tensor): void {
    this.#changed.delete(path);
    for (const { graph, session } of this.#ready.values()) {
      if (graph.inputs.some((i) => i.name === path)) session.write(path, value);
    }
  }
  /** Puts the states of every session back to their first values. */
  resetStates(): void {
    for (const { graph, session } of this.#ready.values()) {
      session.resetStates();
      for (const i of graph.inputs) if (i.role === "state") this.#changed.delete(i.name);
    }
  }
  /** Frees all sessions. */
  close(): void {
    this.#closed = true;
    for (const { session } of this.#ready.values()) session.close();
    this.#ready.clear();
    this.#entries.clear();
  }
}
