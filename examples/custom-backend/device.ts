/** A make-believe device: memory apart from the program's, commands that it takes in order and carries out later. @module */
import type { Tensor } from "@lapis/lapis";

/** A place in the device's memory. What lies there is told only by reading it; its type and size are known here too. */
export interface Buffer {
  readonly id: number;
  readonly dtype: Tensor["dtype"];
  readonly shape: readonly number[];
}
/** What a command computes on the device out of what lies there. */
export type Command = (inputs: readonly Tensor[]) => readonly Tensor[];

/** The device. A real one would be a graphics card, another process or another machine. */
export class Device {
  readonly #memory = new Map<number, Tensor>();
  #next = 0;
  #queue: Promise<unknown> = Promise.resolve();

  /** Does work after all work before it, and not now. */
  #later<T>(work: () => T): Promise<T> {
    const done = this.#queue.then(() => new Promise<void>((go) => setTimeout(go))).then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }
  #place(value: Tensor): Buffer {
    const buffer = { id: this.#next++, dtype: value.dtype, shape: value.shape };
    this.#memory.set(buffer.id, value);
    return buffer;
  }
  #at({ id }: Buffer): Tensor {
    const value = this.#memory.get(id);
    if (!value) throw new RangeError(`the device holds nothing at ${id}`);
    return value;
  }

  /** Takes a copy of a tensor over. */
  upload(value: Tensor): Buffer {
    return this.#place({ ...value, data: value.data.slice() });
  }
  /** Runs a command on buffers, and makes one of each of its results. */
  submit(command: Command, inputs: readonly Buffer[]): Promise<readonly Buffer[]> {
    return this.#later(() => command(inputs.map((b) => this.#at(b))).map((value) => this.#place(value)));
  }
  /** A copy of what lies in a buffer. */
  download(buffer: Buffer): Promise<Tensor> {
    return this.#later(() => {
      const value = this.#at(buffer);
      return { ...value, data: value.data.slice() };
    });
  }
  /** Gives a buffer's memory back, after the work that was asked for before. */
  free(buffer: Buffer): void {
    this.#later(() => this.#memory.delete(buffer.id));
  }
  /** Buffers that were not given back. */
  get buffers(): number {
    return this.#memory.size;
  }
  /** Ends once everything that was asked for is done. */
  async idle(): Promise<void> {
    await this.#later(() => undefined);
  }
}
