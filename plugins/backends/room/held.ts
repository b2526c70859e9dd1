/** What every engine's session says of what it holds: names, values that are written or kept, and the end of it. @module */
import type { Feeds, KeptValue } from "../../../core/graph/backend.ts";
import type { DType } from "../../../core/values/dtype.ts";
import { BackendError, InputError, ShapeError, shown } from "../../../core/values/errors.ts";
import { type Graph, type GraphInput, type Role, typeOf } from "../../../core/graph/graph.ts";
import { bindValue } from "./binding.ts";
import { copyOf, isTensor, type RuntimeValue, sizeOf, type Tensor } from "../../../core/values/tensor.ts";

/** Roles of inputs that every run is given. */
export const fedRoles: ReadonlySet<string> = new Set<Role>(["data", "random"]);

/** Refuses whatever is asked of a closed session. */
export function refuseClosed(closed: boolean): void {
  if (closed) throw new BackendError("the session is closed");
}
/** The input that a session holds under a name. @throws {InputError} naming those that it holds. */
export function heldInput(graph: Graph, name: string): GraphInput {
  let held = heldBy.get(graph);
  if (!held) {
    const own = graph.inputs.filter((i) => !fedRoles.has(i.role) && i.role !== "constant");
    heldBy.set(graph, held = new Map(own.map((i) => [i.name, i])));
  }
  const found = held.get(name);
  if (found) return found;
  throw new InputError(
    `the session holds nothing named ${shown(name)}: it holds ${shown([...held.keys()])}`,
    { place: name },
  );
}
const heldBy = new WeakMap<Graph, ReadonlyMap<string, GraphInput>>();
/** A copy of a value for an input that a session holds. @throws {ShapeError} where it doesn't fit. */
export function written(graph: Graph, input: GraphInput, value: Tensor): Tensor {
  const refuse = (message: string, cause?: unknown) =>
    new ShapeError(`write: ${message}`, { place: input.name, cause });
  try {
    bindValue(input, typeOf(graph, input.id), value, new Map());
  } catch (error) {
    throw error instanceof InputError ? refuse(error.message, error) : error;
  }
  const size = sizeOf(value.shape);
  if (size === value.data.length) return copyOf(value);
  throw refuse(
    `input ${shown(input.name)}: [${value.shape.join(", ")}] has ${size} elements, got ${value.data.length}`,
  );
}

/** What is asked of a session, done in the order in which it is asked for: at once where nothing before it goes on. */
export class Order {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  /** True while nothing goes on. */
  get idle(): boolean {
    return this.#waiting === 0;
  }
  /** Does it, and gives what it comes to. */
  do<T>(work: () => T | Promise<T>): T | Promise<T> {
    const answer = this.idle ? work() : this.#last.then(work);
    if (!(answer instanceof Promise)) return answer;
    this.#waiting++;
    const ended = answer.finally(() => this.#waiting--);
    this.#last = ended.catch(() => undefined);
    return ended;
  }
}

/** A value kept by an engine whose memory is this program's. */
class KeptTensor implements KeptValue {
  readonly kind = "kept";
  readonly backend: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  #value: Tensor | undefined;
  constructor(backend: string, value: Tensor) {
    this.backend = backend;
    this.#value = value;
    [this.dtype, this.shape] = [value.dtype, value.shape];
  }
  /** The value itself. @throws {BackendError} once released. */
  get value(): Tensor {
    return this.#value ?? refuseReleased();
  }
  read(): Promise<Tensor> {
    return Promise.resolve(copyOf(this.value));
  }
  release(): void {
    this.#value = undefined;
  }
  [Symbol.dispose](): void {
    this.release();
  }
}
/** Refuses whatever is asked of a value that was released. */
export function refuseReleased(): never {
  throw new BackendError("the kept value was released");
}
/** True for a value that an engine keeps. */
export function isKept(value: RuntimeValue | KeptValue): value is KeptValue {
  return (value as KeptValue | undefined)?.kind === "kept";
}
/** Refuses a value that another engine keeps. @throws {InputError} naming the input and both engines */
export function refuseForeign(engine: string, name: string, value: KeptValue): never {
  throw new InputError(
    `input ${shown(name)}: is kept by ${
      value.backend === engine ? `another engine named ${engine}` : `backend ${value.backend}`
    }, not by backend ${engine}: feed what its read() gives`,
    { place: name },
  );
}
/** What a run is given, with the values that {@link keptBy} made in place of themselves. @throws {InputError} */
export function fedValues(engine: string, feeds: Feeds): Readonly<Record<string, RuntimeValue>> {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, value]) => {
      if (!isKept(value)) return [name, value];
      if (!(value instanceof KeptTensor) || value.backend !== engine) refuseForeign(engine, name, value);
      return [name, value.value];
    }),
  );
}
/**
 * Results of a run as values kept by an engine whose memory is this program's.
 * @throws {InputError} before it begins, naming an output that is no tensor.
 */
export async function keptBy(
  engine: string,
  { outputs, types }: Graph,
  run: () => Promise<Readonly<Record<string, RuntimeValue>>>,
): Promise<Record<string, KeptValue>> {
  const other = outputs.find((o) => o.updates === undefined && types[o.id]?.kind !== "tensor");
  if (other) {
    throw new InputError(
      `output ${shown(other.name)}: only tensors can be kept, not a ${types[other.id]?.kind}`,
      { place: other.name },
    );
  }
  const kept: Record<string, KeptValue> = {};
  for (const [name, value] of Object.entries(await run())) {
    if (isTensor(value)) kept[name] = new KeptTensor(engine, value);
  }
  return kept;
}
