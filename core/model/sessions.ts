/** A model's compiled sessions: one a mode, made when first used, their weights and states kept equal. @module */
import type { PrinterDef } from "../values/printing.ts";
import type { BackendDef, Session, SessionOptions } from "../graph/backend.ts";
import { BackendError, LapisError, shown } from "../values/errors.ts";
import type { Graph } from "../graph/graph.ts";
import { Pauses } from "../values/pause.ts";
import type { Lookup } from "../graph/lookup.ts";
import type { OperatorKinds } from "../graph/op.ts";
import type { RuntimeValue, Tensor } from "../values/tensor.ts";

/** Looks up the engines, and what graphs are built of. */
export type Engines = Lookup<
  OperatorKinds & { readonly backend: BackendDef; readonly printer: PrinterDef }
>;

/** Backends in the order they are tried when none is named. */
const preferred = ["wasm", "plain", "onnxruntime"];

/**
 * The backend with a name, or the first available one where none is named.
 * @throws {BackendError} saying why it is not available.
 */
export async function chooseBackend(registry: Engines, name?: string): Promise<BackendDef> {
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
/** Runs a mode's session once, on the model's engine unless another is named. */
export type RunOnce = (
  key: string,
  make: () => Graph,
  inputs: Readonly<Record<string, RuntimeValue>>,
  backend?: string,
) => Promise<Record<string, RuntimeValue>>;

/** What sessions ask of the models that share layers with theirs. */
export interface OtherModels {
  /** Takes over what others have changed, before a turn. */
  before(): void;
  /** What has to be read home first in models that changed weights of this one last. */
  away(): readonly Promise<void>[];
  /** Hears of a value that a run replaced. */
  changed(path: string): void;
}
/**
 * Sessions by mode, and the state that they work on: weights, statistics, slots and recurrent states, of which each lies at home
 * or in the session that changed it last. Runs take turns; between them a run's changes are all there or none. What an engine
 * reads only asynchronously is read home within a turn.
 */
export class Sessions {
  readonly #registry: Engines;
  readonly #options: Omit<SessionOptions, "registry">;
  readonly #around: (graph: Graph, compile: Compile) => Promise<Session>;
  #backendName: string | undefined;
  #backend: BackendDef | undefined;
  readonly #engines = new Map<string, BackendDef>();
  readonly #others: OtherModels | undefined;
  readonly #entries = new Map<string, Promise<Entry>>();
  readonly #ready = new Map<string, Entry>();
  /** Where the newest value is, at home where no session is named, and since when. */
  readonly #newest = new Map<string, { readonly key: string | undefined; readonly at: number }>();
  /** Values as they are now, wherever else they lie. */
  readonly #home = new Map<string, Tensor>();
  /** Paths of recurrent states. */
  readonly #states = new Set<string>();
  /** What was written or asked for during a turn, which goes on with what it began with. */
  readonly #late = new Set<string>();
  #lateReset = false;
  #busy = false;
  #clock = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  /** Gives timers and sockets their turn between runs. */
  readonly #pauses = new Pauses();

  /** Sessions on the named backend, or the first available one; `around` may put another session around each. */
  constructor(
    registry: Engines,
    backend: string | undefined,
    options: Omit<SessionOptions, "registry">,
    around = (graph: Graph, compile: Compile): Promise<Session> => compile(graph),
    others?: OtherModels,
  ) {
    this.#others = others;
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
    const known = this.#engines.get(name) ?? await chooseBackend(this.#registry, name);
    this.#engines.set(name, known);
    return known;
  }
  /** @throws {BackendError} once the model was closed. */
  #open(): void {
    if (this.#closing) throw new BackendError("the model was closed");
  }

  async #entry(key: string, make: () => Graph, backend?: string): Promise<Entry> {
    this.#open();
    const known = this.#entries.get(key);
    if (known) return await known;
    const opening = (async () => {
      const engine = await this.#engine(backend);
      await this.#readHome();
      const graph = make();
      const options = { ...this.#options, registry: this.#registry };
      const session = await this.#around(graph, (g) => engine.compile(g, options));
      if (this.#closing) session.close();
      this.#open();
      const entry: Entry = { graph, session, seen: new Map() };
      for (const { name, role } of graph.inputs) if (role === "state") this.#states.add(name);
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

  /** The next turn: whatever is written meanwhile reaches the sessions at its end. */
  #turn<T>(work: () => Promise<T>): Promise<T> {
    const away = this.#others?.away() ?? [];
    const begin = away.length === 0 ? this.#queue : Promise.all([this.#queue, ...away]);
    const turn = begin.then(async () => {
      this.#others?.before();
      this.#busy = true;
      try {
        return await work();
      } finally {
        this.#busy = false;
        if (this.#lateReset) this.resetStates();
        for (const path of this.#late) this.#hand(path);
        this.#late.clear();
      }
    });
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
  /** The session of a mode, compiled when first asked for, its weights up to date. */
  session(key: string, make: () => Graph, backend?: string): Promise<Session> {
    return this.#turn(async () => {
      const entry = await this.#entry(key, make, backend);
      await this.#refresh(key, entry);
      return entry.session;
    });
  }

  /** Gives a session what others or the model changed since it ran. */
  async #refresh(key: string, entry: Entry): Promise<void> {
    const stale = entry.graph.inputs.filter(({ name }) => {
      const newest = this.#newest.get(name);
      return newest && newest.key !== key && (entry.seen.get(name) ?? 0) < newest.at;
    });
    const names = new Set(stale.map((i) => i.name));
    if (names.size > 0) await this.#readHome((_, path) => names.has(path));
    for (const { name, value: own } of stale) {
      const value = this.value(name);
      // A session that was made of this very value has it.
      if (value && (entry.seen.has(name) || value !== own)) entry.session.write(name, value);
      entry.seen.set(name, this.#newest.get(name)?.at ?? 0);
    }
  }
  /** Hands a value that lies at home to every session that has it. */
  #hand(path: string): void {
    const newest = this.#newest.get(path), value = this.#home.get(path);
    if (!newest || !value) return;
    for (const { graph, session, seen } of this.#ready.values()) {
      if (!graph.inputs.some((i) => i.name === path)) continue;
      session.write(path, value);
      seen.set(path, newest.at);
    }
  }

  /** Runs a mode's session once, on the model's engine unless another is named. */
  run(
    key: string,
    make: () => Graph,
    inputs: Readonly<Record<string, RuntimeValue>>,
    backend?: string,
  ): Promise<Record<string, RuntimeValue>> {
    return this.together((run) => run(key, make, inputs, backend));
  }
  /** Several runs with nothing between them: all of them see the same weights. */
  together<T>(work: (run: RunOnce) => Promise<T>): Promise<T> {
    return this.#turn(async () => {
      const begun = new Set<string>();
      return await work(async (key, make, inputs, backend) => {
        const entry = await this.#entry(key, make, backend);
        this.#open();
        if (!begun.has(key)) await this.#refresh(key, entry);
        begun.add(key);
        this.#pauses.begin();
        const results = await entry.session.run(inputs);
        const at = ++this.#clock;
        for (const { updates } of entry.graph.outputs) {
          // What was written meanwhile takes the run's place.
          if (updates === undefined || this.#late.has(updates)) continue;
          this.#newest.set(updates, { key, at });
          this.#home.delete(updates);
          this.#others?.changed(updates);
        }
        await this.#pauses.end();
        return results;
      });
    });
  }

  /** Gives the loop its turn where that is due, between steps that compute beside their runs as well. */
  async pause(): Promise<void> {
    await this.#pauses.take();
  }

  /** When a run or a write last changed a value; undefined where none did. */
  since(path: string): number | undefined {
    return this.#newest.get(path)?.at;
  }
  /**
   * One value that runs or writes changed, where it is newest.
   * @throws {LapisError} of the code `unsynced` for one that lies with an engine which reads asynchronously.
   */
  value(path: string): Tensor | undefined {
    const newest = this.#newest.get(path), home = this.#home.get(path);
    if (home || newest?.key === undefined) return home;
    const session = this.#ready.get(newest.key)?.session;
    if (!session) throw new BackendError(`${shown(path)} was lost: its session failed before it was read`);
    if (session.readSync) return session.readSync(path);
    throw new LapisError(
      "unsynced",
      `${shown(path)} lies with backend ${session.backend}, which reads asynchronously: ` +
        "await model.synced() first",
      { place: path },
    );
  }
  /** Reads home what lies with engines that read asynchronously, after the runs that were begun. */
  synced(): Promise<void> | undefined {
    if (this.#closing) return this.#closing;
    return this.#apart().size > 0 ? this.#turn(() => this.#readHome()) : undefined;
  }
  /** Keys of sessions that read asynchronously. */
  #apart(chosen: (key: string) => boolean = () => true): ReadonlySet<string> {
    return new Set([...this.#ready].flatMap(([key, e]) => (chosen(key) && !e.session.readSync ? [key] : [])));
  }
  /** The same within a turn. */
  async #readHome(chosen: (key: string, path: string) => boolean = () => true): Promise<void> {
    const apart = this.#apart();
    if (apart.size === 0) return;
    await Promise.all([...this.#newest].map(async ([path, newest]) => {
      const { key } = newest;
      if (key === undefined || !apart.has(key) || this.#home.has(path) || !chosen(key, path)) return;
      const value = await this.#ready.get(key)?.session.read(path);
      // What was written meanwhile stays.
      if (value && this.#newest.get(path) === newest) this.#home.set(path, value);
    }));
  }
  /** Puts a value in place of what is there, in every session that has it. */
  write(path: string, value: Tensor): void {
    this.#home.set(path, value);
    this.#newest.set(path, { key: undefined, at: ++this.#clock });
    if (this.#busy) this.#late.add(path);
    else this.#hand(path);
  }
  /** Frees the sessions chosen; what they changed and can be read at once, or was, comes home. */
  #free(chosen: (key: string) => boolean): void {
    for (const [path, { key, at }] of this.#newest) {
      if (key === undefined || !chosen(key)) continue;
      const value = this.#home.get(path) ?? this.#ready.get(key)?.session.readSync?.(path);
      if (!value) continue;
      this.#home.set(path, value);
      this.#newest.set(path, { key: undefined, at });
    }
    for (const [key, { session }] of [...this.#ready]) {
      if (!chosen(key)) continue;
      session.close();
      this.#ready.delete(key);
      this.#entries.delete(key);
    }
  }
  /** Reads the rest home before; what can't be read says so when it is asked for. */
  async #leave(chosen: (key: string) => boolean): Promise<void> {
    try {
      await this.#readHome(chosen);
    } finally {
      this.#free(chosen);
    }
  }
  /** Frees the sessions whose key begins with `prefix`, before the next run; what they changed comes home. */
  drop(prefix: string): void {
    const chosen = (key: string) => key.startsWith(prefix);
    if (!this.#busy && this.#apart(chosen).size === 0) this.#free(chosen);
    else this.#turn(() => this.#leave(chosen)).catch(() => undefined);
  }
  /** Forgets values that no session has any more. */
  forget(paths: Iterable<string>): void {
    for (const path of paths) {
      this.#newest.delete(path);
      this.#home.delete(path);
    }
  }
  /** Puts the states of every session back to their first values. */
  resetStates(): void {
    this.#lateReset = this.#busy;
    if (this.#busy) return;
    for (const { session } of this.#ready.values()) session.resetStates();
    this.forget(this.#states);
  }
  /** Brings all state home and frees the sessions: at once where all of them read synchronously. */
  close(): Promise<void> {
    if (this.#closing) return this.#closing;
    const all = () => true;
    if (this.#apart().size > 0) return this.#closing = this.#queue.then(() => this.#leave(all));
    this.#closing = Promise.resolve();
    this.#free(all);
    return this.#closing;
  }
}
